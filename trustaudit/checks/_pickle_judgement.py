"""How bad is a callable that a pickle brings in: knowledge, use and arguments weighed together. Pure.

Severity follows use: what is called or built runs when the file is loaded; what is only
referenced is imported (its module's top level runs) and may be called later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from trustaudit.checks.interface import Context
from trustaudit.filefacts import FileFacts, PickleGlobal, Use
from trustaudit.finding import Confidence, Severity
from trustaudit.knowledge.pickle_globals import GlobalsTable, Grade, Judged, Level
from trustaudit.snapshot import Snapshot


class Threat(StrEnum):
    """Which rule a callable belongs to."""

    DANGEROUS = "dangerous"
    UNRESOLVED = "unresolved"
    UNKNOWN = "unknown"
    LIBRARY = "library"


class Assessed(Struct, frozen=True):
    """One callable of one file, weighed."""

    file: FileFacts
    used: PickleGlobal
    judged: Judged
    threat: Threat
    severity: Severity
    confidence: Confidence
    training: bool


_Weight = tuple[Threat, Severity, Confidence]

# Functions that only put an object together again, by the names libraries give them.
_RECONSTRUCTOR = re.compile(
    r"_*(pyx_)?(un)?pickle\w*|_*(re)?(build|construct|create|restore|make|new|load_state)\w*|newObj|_p|\w+_from_state",
    re.ASCII,
)
# Verbs of functions that fetch, open, run or import what an argument names. No library rebuilds its objects with one.
_REACHING = re.compile(
    r"(?:[a-z\d]*_)*(?:loads?|open|run|main|exec|execute|eval|download|fetch|launch|import|spawn|shell|command"
    r"|commands|urlsave|write|save|dump|install)(?:_[a-z\d]*)*",
    re.ASCII,
)
_NAME_IN_ARGUMENTS = re.compile(r"(?<![\w.'\"])([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)", re.ASCII)
_TEXT_ARGUMENT = re.compile(r"'([^']*)'|\"([^\"]*)\"")
CLASS_CONSTRUCTOR = re.compile(r"(?:\w+\.)+_?[A-Z]\w*, '_(?:unpickle|reconstruct|from_pickle)'", re.ASCII)
_PLAIN_ATTRIBUTE = re.compile(r"[A-Za-z]\w*", re.ASCII)
_RUN = (Use.CALLED, Use.BUILT)
_TELLING_ATTRIBUTES = frozenset(
    {"system", "popen", "Popen", "spawn", "exec", "eval", "execfile", "compile", "open", "remove", "unlink", "rmtree"}
    | {"call", "check_output", "run", "load", "loads"}
)
_BY_NAME = frozenset({"getattr", "setattr", "hasattr", "attrgetter"})


def assess(snapshot: Snapshot, context: Context, *threats: Threat) -> Iterator[Assessed]:
    """Every callable of every inspected file that belongs to one of the threats."""
    table = context.knowledge.pickle_globals
    for file in snapshot.file_facts:
        training = bool(file.globals) and table.is_training_file(file.path)
        for used in file.globals:
            judged = table.judge(used.module, used.name)
            weight = weigh(used, judged, table)
            if weight is not None and weight[0] in threats:
                yield _assessed(file, used, judged, weight, training=training)


def _assessed(file: FileFacts, used: PickleGlobal, judged: Judged, weight: _Weight, *, training: bool) -> Assessed:
    threat, severity, confidence = weight
    if training and threat in (Threat.UNKNOWN, Threat.LIBRARY) and severity.rank <= Severity.MEDIUM.rank:
        severity = Severity.LOW  # inference never reads the file, and trainers store their own classes
    if judged.library == "TorchScript" and file.format == "torchscript" and severity is Severity.MEDIUM:
        severity = Severity.LOW  # classes of the archive's own source, which torch.jit's unpickler alone resolves
    return Assessed(file, used, judged, threat, severity, confidence, training)


def weigh(used: PickleGlobal, judged: Judged, table: GlobalsTable) -> _Weight | None:
    """Threat, severity and confidence; None for plain data."""
    if used.module is None or used.name is None:
        return Threat.UNRESOLVED, Severity.HIGH, Confidence.HIGH
    match judged.level:
        case Level.DATA:
            return None
        case Level.DENY:
            return _denied(used, judged, table)
        case Level.LIBRARY:
            return _library(used)
        case Level.UNKNOWN:
            return _unknown(used, judged)


def _denied(used: PickleGlobal, judged: Judged, table: GlobalsTable) -> _Weight:
    if judged.grade is Grade.DESIGN:
        return Threat.LIBRARY, Severity.MEDIUM, Confidence.HIGH
    if judged.grade is Grade.INDIRECT:
        return _indirect(used, table)
    severity = Severity.CRITICAL if used.use in _RUN else Severity.HIGH
    return Threat.DANGEROUS, severity, Confidence.HIGH


def _indirect(used: PickleGlobal, table: GlobalsTable) -> _Weight:
    """Attribute access and partial application: honest around known classes, a way in around anything else."""
    if used.use not in _RUN:
        return Threat.LIBRARY, Severity.LOW, Confidence.MEDIUM
    reached = [
        table.judge(*name.rpartition(".")[::2]) for name in _NAME_IN_ARGUMENTS.findall(_unquoted(used.arguments))
    ]
    if any(judged.level is Level.DENY and judged.grade is Grade.EXECUTE for judged in reached):
        return Threat.DANGEROUS, Severity.CRITICAL, Confidence.HIGH
    if _fetches_constructor(used, reached):
        return Threat.LIBRARY, Severity.LOW, Confidence.MEDIUM
    if _names_own_class(used, reached):
        return Threat.LIBRARY, Severity.MEDIUM, Confidence.HIGH
    by_name = used.name in _BY_NAME
    if by_name and (_telling(used.arguments) or (used.name != "attrgetter" and not _known_class(reached))):
        return Threat.DANGEROUS, Severity.HIGH, Confidence.MEDIUM
    return Threat.LIBRARY, Severity.MEDIUM, Confidence.MEDIUM


def _names_own_class(used: PickleGlobal, reached: list[Judged]) -> bool:
    """How dill gives a class that it keeps in the file its qualified name; that file is a program by design anyway."""
    if used.name == "getattr":
        return used.arguments == "dill._dill, '_setattr', builtins.setattr"
    own = bool(reached) and reached[0].grade is Grade.DESIGN
    return used.name == "setattr" and own and _texts(used.arguments)[:1] == ["__qualname__"]


def _known_class(reached: list[Judged]) -> bool:
    """Whether the object is named, and named in a library or as data (an enumeration, a nested class)."""
    return bool(reached) and all(judged.level in (Level.DATA, Level.LIBRARY) for judged in reached)


def _unquoted(arguments: str) -> str:
    return _TEXT_ARGUMENT.sub("''", arguments)


def _telling(arguments: str) -> bool:
    """Whether a text argument names something private, dotted or known for harm."""
    texts = _texts(arguments)
    return any(text in _TELLING_ATTRIBUTES or not _PLAIN_ATTRIBUTE.fullmatch(text) for text in texts if text)


def _texts(arguments: str) -> list[str]:
    return [first or second for first, second in _TEXT_ARGUMENT.findall(arguments)]


def _fetches_constructor(used: PickleGlobal, reached: list[Judged]) -> bool:
    """``getattr(ZoneInfo, '_unpickle')``: how classes in C or with caches have their objects made anew."""
    match = CLASS_CONSTRUCTOR.fullmatch(used.arguments)
    return used.name == "getattr" and match is not None and _known_class(reached)


def _library(used: PickleGlobal) -> _Weight:
    if used.use not in _RUN:
        return Threat.LIBRARY, Severity.LOW, Confidence.HIGH
    if _is_class(used) or _RECONSTRUCTOR.fullmatch(used.name or ""):
        return Threat.LIBRARY, Severity.MEDIUM, Confidence.HIGH
    reaching = _REACHING.fullmatch((used.name or "").lstrip("_")) is not None
    return Threat.LIBRARY, Severity.HIGH, Confidence.MEDIUM if reaching else Confidence.LOW


def _unknown(used: PickleGlobal, judged: Judged) -> _Weight:
    runs = used.use in _RUN
    plain = "." not in (used.name or "")
    if used.module in ("__main__", "__mp_main__") and plain:
        return Threat.UNKNOWN, Severity.MEDIUM if runs else Severity.LOW, Confidence.MEDIUM
    if runs and (not plain or not _is_class(used)):
        return Threat.UNKNOWN, Severity.HIGH, Confidence.MEDIUM
    if runs:
        return Threat.UNKNOWN, Severity.MEDIUM, Confidence.MEDIUM
    return Threat.UNKNOWN, Severity.MEDIUM, Confidence.MEDIUM if judged.stdlib else Confidence.LOW


def _is_class(used: PickleGlobal) -> bool:
    """By the naming convention that every library keeps: classes are capitalised."""
    name = (used.name or "").rpartition(".")[2].lstrip("_")
    return name[:1].isupper()
