"""What code was seen to do, with the weight that the file's standing and the moment give it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from trustaudit.checks._code_graph import RunFile, Standing, standings
from trustaudit.checks._text import shortened
from trustaudit.checks.interface import CheckMeta
from trustaudit.filefacts import FileFacts, Observation
from trustaudit.finding import Confidence, Finding, Location, Severity
from trustaudit.knowledge.hosts import host_classes
from trustaudit.snapshot import Snapshot

IMPORT, LOAD, CALL, MAIN = "import", "load", "call", "main"

_WHEN = {
    IMPORT: "as soon as the file is imported",
    LOAD: "while the model is being loaded",
    CALL: "when one of its functions is called",
    MAIN: "when the file is started as a program",
}
_WHO = {
    Standing.LOADED: "",
    Standing.TOOL: "",
    Standing.TOLD: "",
    Standing.HOSTED: " (it runs on the Hub, not on the user's machine)",
    Standing.LOOSE: " (loading does not run this file)",
}

_REMEDIATIONS = {
    Standing.LOADED: "do not load this with trust_remote_code=True before you have read the file and believe it",
    Standing.HOSTED: "do not run a copy of this program on your own machine",
}


class CodeFact(Struct, frozen=True):
    """One observation of a source file, and who runs that file."""

    file: FileFacts
    note: Observation
    run: RunFile

    @property
    def phase(self) -> str:
        """When the code runs: import, load, call or main."""
        return self.note.get("phase", IMPORT)

    @property
    def what(self) -> str:
        """The function or sign."""
        return self.note.get("what")

    @property
    def urls(self) -> tuple[str, ...]:
        """Addresses that belong to it."""
        return tuple((self.note.get("url") or self.note.get("urls")).split())

    @property
    def hosts(self) -> frozenset[str]:
        """The classes of all its addresses."""
        return frozenset[str]().union(*(host_classes(url) for url in self.urls))

    @property
    def is_loose(self) -> bool:
        """Whether nothing but a person would run it, unasked."""
        return self.run.standing is Standing.LOOSE

    def weighed(self, severity: Severity, *, loose: int = 2, hosted: Severity = Severity.LOW) -> Severity:
        """``severity`` for a file that a loader or tool runs, lowered one step for a demo.

        ``loose``: steps less where only a person would run it. One step is for what no program does honestly.
        """
        if self.phase == MAIN:
            severity = severity.lowered()
        # What people start themselves may do what programs do, but not what malware does.
        if self.run.standing is Standing.LOOSE or (self.run.standing is Standing.TOLD and loose > 1):
            return severity.lowered(loose)
        if self.run.standing is Standing.HOSTED and severity.rank > hosted.rank:
            return hosted
        return severity


def code_facts(snapshot: Snapshot, *kinds: str) -> Iterator[CodeFact]:
    """Observations of these kinds (without ``python-``), files in the order of their paths."""
    wanted = {f"python-{kind}" for kind in kinds}
    noted = [(file, note) for file in snapshot.file_facts for note in file.observations if note.kind in wanted]
    known = standings(snapshot) if noted else {}
    for file, note in noted:
        yield CodeFact(file, note, known.get(file.path) or _inside(file))


def _inside(file: FileFacts) -> RunFile:
    """Code in an archive runs where the archive's loader runs code."""
    if file.loads:
        return RunFile(file.path, Standing.TOOL, "the archive's loader runs it")
    return RunFile(file.path, Standing.LOOSE, "lies in an archive")


def code_finding(meta: CheckMeta, fact: CodeFact, message: str, severity: Severity, confidence: Confidence) -> Finding:
    """A finding about one observation: what it does, when, and who runs the file."""
    note = fact.note
    return meta.found(
        f"{message}, {_WHEN.get(fact.phase, fact.phase)}{_WHO[fact.run.standing]}",
        location=Location(path=fact.file.path, member=note.member or None, line=note.line),
        severity=severity,
        confidence=confidence,
        evidence=_evidence(fact),
        remediation=_REMEDIATIONS.get(fact.run.standing, "do not run this file"),
        key=":".join(part for part in (fact.what, note.get("sink"), note.get("function"), fact.phase) if part),
    )


def _evidence(fact: CodeFact) -> str:
    note = fact.note
    call = note.get("sink") or fact.what
    text = note.get("text")
    shown = f"{call}({shortened(text)})" if text else call
    parts = [shown, *(f"{name}={shortened(note.get(name))}" for name in ("url", "packages", "repo") if note.get(name))]
    if fact.run.standing is not Standing.LOOSE:
        parts.append(fact.run.why)
    if fact.run.digest:
        parts.append(fact.run.digest)
    return "; ".join(parts)
