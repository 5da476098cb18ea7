"""What is odd about one path. Pure text; no knowledge of repositories."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from msgspec import Struct

from trustaudit.finding import Severity
from trustaudit.knowledge.file_kinds import FileKind, kind_of

_MAX_SEGMENT_BYTES = 255

_DRIVE = re.compile(r"[A-Za-z]:")
_BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Zero-width joiners and direction marks are left out: emoji, Persian and Indic names hold them honestly.
_INVISIBLE = re.compile("[\u00ad\u180e\u200b\u2060-\u2064\ufeff\U000e0000-\U000e007f]")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:\..*)?", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile(r"[A-Za-z]")
# Cyrillic letters with the shape of a Latin one, lower case then upper case (Unicode confusables).
_CYRILLIC_LOOK_ALIKES = frozenset(
    "\u0430\u0441\u0435\u043e\u0440\u0445\u0443\u0456\u0458\u0455\u04bb\u0501\u051b\u051d"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0423\u0406\u0408\u0405"
)

# What a file pretends to be when a further extension follows.
_DECOYS = frozenset(
    {
        FileKind.TENSORS,
        FileKind.PICKLE,
        FileKind.CODE_CAPABLE,
        FileKind.GRAPH,
        FileKind.ARRAYS,
        FileKind.CONFIG,
        FileKind.TEXT,
        FileKind.DOCUMENT,
        FileKind.MEDIA,
        FileKind.DATA,
        FileKind.TEMPLATE,
    }
)


class Oddity(Struct, frozen=True):
    """One odd thing: a stable word for it, how bad, and the sentence."""

    key: str
    severity: Severity
    message: str


def oddities(path: str) -> Iterator[Oddity]:
    """Everything odd about one path, without the rest of the listing."""
    for look in _LOOKS:
        found = look(path)
        if found is not None:
            yield found


def folded(path: str) -> str:
    """The path as a case-insensitive, normalising file system sees it."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _traversal(path: str) -> Oddity | None:
    parts = path.replace("\\", "/").split("/")
    if ".." in parts or parts[0] == "" or _DRIVE.match(path):
        return Oddity("traversal", Severity.HIGH, "leads out of the folder it is downloaded to")
    if any(part.casefold() in (".git", "git~1") for part in parts):
        return Oddity("git-folder", Severity.HIGH, "lies in a .git folder, where git takes its settings and hooks from")
    return None


def _bidi(path: str) -> Oddity | None:
    if _BIDI_CONTROLS.search(path):
        return Oddity(
            "bidi", Severity.HIGH, "holds text direction controls, so it is shown as another name than it has"
        )
    return None


def _double_extension(path: str) -> Oddity | None:
    name = path.rpartition("/")[2].rstrip(". ")
    front, _, _ = name.rpartition(".")
    if not kind_of(name).starts_programs or kind_of(name) is FileKind.BYTECODE:
        return None
    if "." in front and kind_of(front) in _DECOYS:
        return Oddity("double-extension", Severity.HIGH, f"is a program that looks like {front.strip()!r}")
    return None


def _control_characters(path: str) -> Oddity | None:
    if any(unicodedata.category(char) == "Cc" for char in path):
        return Oddity("control", Severity.MEDIUM, "holds control characters")
    return None


def _invisible(path: str) -> Oddity | None:
    if _INVISIBLE.search(path):
        return Oddity("invisible", Severity.MEDIUM, "holds invisible characters")
    return None


def _look_alikes(path: str) -> Oddity | None:
    """Latin words in which some letters are Cyrillic ones of the same shape."""
    for word in _WORD.findall(path):
        foreign = [char for char in word if not char.isascii()]
        if foreign and _LATIN.search(word) and _CYRILLIC_LOOK_ALIKES.issuperset(foreign):
            return Oddity("look-alike", Severity.MEDIUM, "mixes Latin letters with Cyrillic ones of the same shape")
    return None


def _backslash(path: str) -> Oddity | None:
    if "\\" in path:
        return Oddity("backslash", Severity.MEDIUM, "holds a backslash, which Windows reads as a folder separator")
    return None


def _trailing(path: str) -> Oddity | None:
    if any(part.endswith((" ", ".")) and part not in (".", "..") for part in path.split("/")):
        return Oddity("trailing", Severity.MEDIUM, "ends in a dot or blank, which Windows drops")
    return None


def _empty_segment(path: str) -> Oddity | None:
    if any(part in ("", ".") for part in path.split("/")[1:]):
        return Oddity("empty-part", Severity.LOW, "has an empty part")
    return None


def _reserved(path: str) -> Oddity | None:
    # Low: CON, NUL and AUX are also language codes that name folders of honest corpora.
    if any(_RESERVED.fullmatch(part) for part in path.split("/")):
        return Oddity("reserved", Severity.LOW, "uses a device name of Windows")
    return None


def _colon(path: str) -> Oddity | None:
    # Low: times of day in log and data files; on Windows it names an alternate stream.
    if ":" in path and not _DRIVE.match(path):
        return Oddity("colon", Severity.LOW, "holds a colon, which Windows reads as a stream of another file")
    return None


def _too_long(path: str) -> Oddity | None:
    if any(len(part.encode("utf-8", "surrogatepass")) > _MAX_SEGMENT_BYTES for part in path.split("/")):
        return Oddity("too-long", Severity.LOW, f"is longer than {_MAX_SEGMENT_BYTES} bytes")
    return None


_LOOKS: tuple[Callable[[str], Oddity | None], ...] = (
    _traversal,
    _bidi,
    _double_extension,
    _control_characters,
    _invisible,
    _look_alikes,
    _backslash,
    _trailing,
    _empty_segment,
    _reserved,
    _colon,
    _too_long,
)
