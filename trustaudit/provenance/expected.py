"""Whom the user's policy expects to have signed: public keys, certificates, and names of identities."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

_PEM = re.compile(r"-----BEGIN (PUBLIC KEY|CERTIFICATE)-----")


class Expected(Struct, frozen=True):
    """The three kinds of entries of ``[signers] expected``.

    ``keys`` and ``certificates`` are PEM texts. A certificate is the signer's own or that of the
    authority which issued it. ``names`` are subject names (an e-mail or workflow address),
    each optionally followed by a blank and the address of the identity provider, or the
    fingerprint of a key as bundles hint at it.
    """

    keys: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.keys or self.certificates or self.names)

    def names_any(self, identities: Iterable[str], issuer: str) -> bool:
        """Whether one of the names means one of the identities; a provider that is named must be the one."""
        told = {identity.casefold() for identity in identities}
        return any(_means(name, told, issuer) for name in self.names)

    @classmethod
    def of(cls, entries: Iterable[str]) -> Expected:
        """Sort the entries of a policy into their kinds."""
        keys: list[str] = []
        certificates: list[str] = []
        names: list[str] = []
        for entry in sorted(entries):
            marked = _PEM.search(entry)
            kind = names if marked is None else keys if marked[1] == "PUBLIC KEY" else certificates
            kind.append(entry.strip())
        return cls(tuple(keys), tuple(certificates), tuple(names))


def _means(name: str, told: set[str], issuer: str) -> bool:
    identity, _, provider = name.strip().partition(" ")
    return identity.casefold() in told and provider.strip() in ("", issuer)
