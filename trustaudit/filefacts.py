"""What was seen inside one file: facts only, in the vocabulary that all formats share.

Inspectors (``formats/``) produce these, the snapshot carries them, checks judge them.
Everything a parser read is hostile text: stored as it was decoded, escaped by whoever prints it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from trustaudit.facts import Fact, Frozen, Unavailable


class Coverage(StrEnum):
    """How much of a file was looked at.

    ``structure``: everything that can execute or misdirect was read, tensor bytes were not.
    """

    COMPLETE = "complete"
    STRUCTURE = "structure"
    PARTIAL = "partial"
    NONE = "none"


class Use(StrEnum):
    """What a pickle does with a global. ``called`` and ``built`` run its code."""

    REFERENCED = "referenced"
    CALLED = "called"
    BUILT = "built"


class PickleGlobal(Frozen):
    """One callable or object that a pickle brings in by name.

    ``module`` and ``name`` are None when they are not constants in the stream (then the
    reference cannot be proven harmless). They are the names as CPython would import them;
    ``spelled`` keeps the original where the Python 2 name map changed it. ``arguments`` is a
    bounded rendering of the constants it was called with. ``offset`` counts in the pickle's
    own container member (``member``) or in the file.
    """

    module: str | None
    name: str | None
    use: Use
    opcode: str
    offset: int
    protocol: int = 0
    arguments: str = ""
    spelled: str = ""
    stream: int = 0
    depth: int = 0
    member: str = ""

    @property
    def qualified(self) -> str:
        """``module.name``, with ``?`` for what is not constant."""
        return f"{self.module or '?'}.{self.name or '?'}"


class Observation(Frozen):
    """One structural fact or anomaly. ``kind`` is a stable kebab-case word such as ``zip-duplicate-member``.

    ``data`` holds named details as text pairs, sorted by the writer.
    """

    kind: str
    message: str
    offset: int | None = None
    length: int | None = None
    line: int | None = None
    member: str = ""
    data: tuple[tuple[str, str], ...] = ()

    def get(self, key: str, default: str = "") -> str:
        """The detail of that name."""
        return next((value for name, value in self.data if name == key), default)


class CodeLoad(Frozen):
    """One door through which code comes in: loading this runs ``what`` from ``source`` at ``revision``.

    ``source`` is a repository id, or empty for the repository itself. ``trigger`` names what
    makes it happen (``trust_remote_code``, ``always``, ``endpoint``).
    """

    what: str
    source: str = ""
    revision: str = ""
    trigger: str = ""
    declared_in: str = ""


class Inspection(Frozen):
    """What an inspector saw of a file's bytes, wherever these came from.

    ``format`` is what the bytes are (``torch-zip``, ``pickle``, ``safetensors``, …);
    ``limits`` names each limit that was reached (then coverage is at most ``partial``);
    ``reason`` says in one sentence why coverage is partial or none.
    """

    format: str
    coverage: Coverage
    reason: str = ""
    limits: tuple[str, ...] = ()
    globals: tuple[PickleGlobal, ...] = ()
    observations: tuple[Observation, ...] = ()
    loads: tuple[CodeLoad, ...] = ()
    members: int = 0


class FileFacts(Inspection):
    """An inspection together with the file it belongs to and what it cost."""

    path: str
    size: int | None = None
    bytes_read: int = 0
    requests: int = 0
    content_key: str = ""


class ProvenanceFile(Frozen):
    """A small file that speaks of other files by their hashes: its whole text, or why it could not be read."""

    path: str
    kind: Literal["signature", "checksums", "bom", "attestation"]
    text: Fact[str]


class Provenance(Frozen):
    """What the repository says about its own bytes, and the hashes needed to compare.

    The Hub lists SHA-256 of large files only; ``digests`` holds path and SHA-256 (hex) of small
    ones that a provenance file names and that were fetched for this, ``unhashed`` those that
    were not, with the reason. Both sorted by path.
    """

    files: tuple[ProvenanceFile, ...] = ()
    digests: tuple[tuple[str, str], ...] = ()
    unhashed: tuple[tuple[str, Unavailable], ...] = ()
