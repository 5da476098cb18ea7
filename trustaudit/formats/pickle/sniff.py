"""Does this look like a pickle? Protocol 0 and 1 have no magic, so a bounded parse decides."""

from __future__ import annotations


def looks_like_pickle(head: bytes, *, complete: bool) -> bool:
    """Whether ``head``, the first bytes of a file (all of it when ``complete``), starts a pickle.

    64 KiB are plenty, a few hundred bytes usually enough. Text, JSON, images and the
    headers of other model formats are not pickles.
    """
    raise NotImplementedError
