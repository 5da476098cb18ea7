"""What the instructions of a card weigh, seen together with the rest of the repository."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import dirname, join, normpath

from msgspec import Struct

from trustaudit.checks._observed import Weight
from trustaudit.checks._owner import found_id, is_known_publisher, is_new_account, owner_of, publisher_of
from trustaudit.checks._shell import shell_weight
from trustaudit.checks.interface import Context
from trustaudit.facts import Known
from trustaudit.filefacts import FileFacts, Observation
from trustaudit.finding import Confidence, Severity
from trustaudit.knowledge.file_kinds import FileKind, kind_of
from trustaudit.knowledge.hosts import host_classes
from trustaudit.snapshot import Snapshot

_HIGH = Weight(Severity.HIGH, Confidence.MEDIUM)
_MEDIUM = Weight(Severity.MEDIUM, Confidence.MEDIUM)
_POSSIBLE = Weight(Severity.MEDIUM, Confidence.LOW)
_LOW = Weight(Severity.LOW, Confidence.MEDIUM)
_ELSEWHERE = "says that the weights are to be had elsewhere"
_ANYBODY = frozenset({"hoster", "shortener", "drop", "ip"})
_HARMFUL_FLOWS = frozenset(
    {"network-execute", "download-execute", "decode-execute", "drop-execute", "reverse-shell", "credential-send"}
    | {"persistence"}
)
_HARMFUL_TRAITS = frozenset(
    {"download-run", "download-then-run", "encoded-run", "reverse-shell", "disable-defense", "send-secrets", "mine"}
)
_PROGRAMS = frozenset(
    {FileKind.EXECUTABLE, FileKind.INSTALLER, FileKind.SCRIPT_HOST, FileKind.SHORTCUT, FileKind.PACKAGE}
)


class Lure(Struct, frozen=True):
    """One instruction, with its words and its weight."""

    file: FileFacts
    note: Observation
    message: str
    weight: Weight
    key: str


def lures(snapshot: Snapshot, context: Context) -> Iterator[Lure]:
    """Every instruction that weighs more than nothing."""
    repository = _Repository(snapshot, context)
    for file in snapshot.file_facts:
        for note in file.observations:
            if not note.kind.startswith("card-"):
                continue
            judged = repository.judge(file, note)
            if judged is not None:
                message, weight = judged
                key = ":".join(part for part in (note.kind, _subject(note)) if part)
                yield Lure(file, note, message, weight, key[:160])


def _subject(note: Observation) -> str:
    if note.get("mention"):
        return f"mention:{note.get('trait')}"
    names = ("trait", "advice", "file", "url", "repo")
    return next((note.get(name) for name in names if note.get(name)), "")


class _Repository:
    """What the judgement of one instruction needs to know of everything else."""

    def __init__(self, snapshot: Snapshot, context: Context) -> None:
        self.snapshot, self.context = snapshot, context
        self.facts = {file.path: file for file in snapshot.file_facts}
        self.paths = {entry.path for entry in snapshot.entries} | self.facts.keys()
        self.has_weights = any(kind_of(path).is_weights for path in self.paths)
        self.has_archives = any(kind_of(path) in (FileKind.OPAQUE_ARCHIVE, FileKind.ARCHIVE) for path in self.paths)
        notes = [note for file in snapshot.file_facts for note in file.observations]
        self.starts_programs = any(note.kind == "card-runs" and self._is_program(note.get("file")) for note in notes)
        self.links_programs = any(_leads_to_a_program(note) for note in notes)

    def judge(self, file: FileFacts, note: Observation) -> tuple[str, Weight] | None:
        """What the card does there, and how bad that is."""
        match note.kind:
            case "card-trait":
                return _command(note)
            case "card-runs":
                return self._runs(file, note.get("file"))
            case "card-link":
                return self._link(note)
            case "card-advice":
                return self._advice(note)
            case "card-trusts":
                return self._trusts(note.get("repo"))
            case _:
                return None

    def _is_program(self, name: str) -> bool:
        return kind_of(name) in _PROGRAMS or kind_of(name) is FileKind.WINDOWS_SCRIPT

    def _runs(self, card: FileFacts, name: str) -> tuple[str, Weight] | None:
        """Only files that are there count: what they do where that is known, else what they are."""
        places = (normpath(join(dirname(card.path), name)), name)
        path = next((place for place in places if place in self.paths), "")
        if not path:
            return None
        if self._is_harmful(path):
            return f"tells to start {path}, which downloads, hides or steals", _HIGH
        if kind_of(path) in _PROGRAMS:
            return f"tells to start the program {path}", _HIGH
        return (f"tells to start {path}", _MEDIUM) if kind_of(path) is FileKind.WINDOWS_SCRIPT else None

    def _is_harmful(self, path: str) -> bool:
        file = self.facts.get(path)
        for note in file.observations if file else ():
            traits = {note.get("trait"), *note.get("traits").split()}
            if note.get("what") in _HARMFUL_FLOWS or (traits & _HARMFUL_TRAITS and _is_serious(note)):
                return True
            if note.kind == "script-runs" and path != note.get("file") and self._is_harmful_step(note.get("file")):
                return True
        return False

    def _is_harmful_step(self, name: str) -> bool:
        """One step on: ``start.bat`` that starts ``loader.py``."""
        file = self.facts.get(name)
        return file is not None and any(note.get("what") in _HARMFUL_FLOWS for note in file.observations)

    def _link(self, note: Observation) -> tuple[str, Weight] | None:
        classes = host_classes(note.get("url"))
        leads_to = note.get("leads_to")
        if leads_to == "program":
            return self._program_link(classes, to_start=bool(note.get("to_start")))
        if leads_to == "archive" and classes & _ANYBODY:
            return "links to an archive on a file hoster", _MEDIUM
        if leads_to in ("weights", "page") and not self.has_weights and isinstance(self.snapshot.files, Known):
            elsewhere = leads_to == "page" or not classes & {"hub", "data"}
            return (_ELSEWHERE, _MEDIUM) if elsewhere else None
        if leads_to == "page" and note.get("about") == "weights" and "drive" not in classes:
            return _ELSEWHERE, _POSSIBLE
        return None

    def _program_link(self, classes: frozenset[str], *, to_start: bool) -> tuple[str, Weight] | None:
        if classes & _ANYBODY:
            return "links to a program on a file hoster", _HIGH
        if classes & {"code", "hub", "data", "installer"}:
            return None
        return ("links to a program that it tells to start", _POSSIBLE) if to_start else ("links to a program", _LOW)

    def _advice(self, note: Observation) -> tuple[str, Weight] | None:
        match note.get("advice"):
            case "avoid-scanner":
                serious = self.starts_programs or self.links_programs
                return "tells to get protection out of the way", _HIGH if serious else _MEDIUM
            case "archive-password":
                serious = self.has_archives or self.links_programs
                weight = _POSSIBLE if note.get("to_do") else _LOW
                return "gives the password of an archive", _HIGH if serious else weight
            case "run-box":
                return "tells to paste a command into the Run box", _HIGH
            case "unsafe-flag":
                return "tells to switch a safeguard off", _LOW
            case "official-claim":
                return self._official()
            case _:
                return None

    def _official(self) -> tuple[str, Weight] | None:
        """Anybody may write it; an account of a few days without verification is another matter."""
        publisher = publisher_of(self.snapshot)
        unproven = publisher is not None and not publisher.verified and is_new_account(self.snapshot)
        return ("says that it is official; the account is new and not verified", _MEDIUM) if unproven else None

    def _trusts(self, repo: str) -> tuple[str, Weight] | None:
        info = self.snapshot.repo_info
        bases = info.base_models if info else ()
        own = {
            self.snapshot.ref.id.casefold(),
            found_id(self.snapshot).casefold(),
            *(base.casefold() for base in bases),
        }
        owners = {owner_of(name) for name in own}
        if (
            repo.casefold() in own
            or owner_of(repo).casefold() in owners
            or is_known_publisher(owner_of(repo), self.context)
        ):
            return None
        return f"tells to trust the code of {repo}", _LOW


def _command(note: Observation) -> tuple[str, Weight] | None:
    if note.get("mention"):
        return f"shows a command of the kind {note.get('trait')} as data", _LOW
    weight = shell_weight(note, in_text=True)
    known = weight.severity is Severity.INFO
    return None if known else (f"tells to run a command of the kind {note.get('trait')}", weight)


def _leads_to_a_program(note: Observation) -> bool:
    """A program, an archive, or the page of a hoster, where one lies."""
    leads_to = note.get("leads_to")
    return leads_to in ("program", "archive") or (
        leads_to == "page" and "drive" not in host_classes(note.get("url")) and note.get("about") == "weights"
    )


def _is_serious(note: Observation) -> bool:
    return shell_weight(note, in_text=True).severity.rank >= Severity.HIGH.rank if note.get("trait") else True
