"""What a refused id was probably meant to say, when its characters only look like ASCII."""

from __future__ import annotations

import unicodedata

from trustaudit.knowledge.name_words import look_alikes

# Format, combining and control characters and blanks: what an eye does not see.
_INVISIBLE = ("Cf", "Mn", "Cc", "Zs")


def ascii_look(text: str) -> str | None:
    """How the text reads to an eye that expects ASCII, or None when it does not read as ASCII at all.

    Compatibility forms (fullwidth, mathematical) are folded, invisible characters, blanks and
    accents dropped, look-alike letters replaced. For comparison; never shown as a name.
    """
    table = look_alikes()
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).translate(table))
    plain = "".join(char for char in folded if unicodedata.category(char) not in _INVISIBLE).translate(table)
    return plain if plain and plain.isascii() else None
