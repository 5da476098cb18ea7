"""Inspect any file: sniff it, run the inspector of what it is, and of whatever else it is too.

Inspectors are named in one table and imported when a file needs them. A format without an
inspector is either inert data or something that cannot be looked into; the two never merge.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import cast

from trustaudit.filefacts import Coverage, Inspection, Observation, PickleGlobal, Use
from trustaudit.formats.declared import declared_notes
from trustaudit.formats.expected import promises_code
from trustaudit.formats.interface import Inspecting, Inspector, Read, ReadRefusedError, Source
from trustaudit.formats.link_text import link_notes
from trustaudit.formats.magic import EXECUTABLES, INERT, OPAQUE, TEXTS
from trustaudit.formats.nested import contained, with_facts
from trustaudit.formats.pickle.values import is_importable
from trustaudit.formats.record import NO_FORMAT, Reading
from trustaudit.formats.sniff import HEAD, Sniffed, sniff
from trustaudit.formats.text_files import inspect_by_name, inspector_of_name
from trustaudit.formats.zip_directory import TAIL, ends_at_end

INSPECTORS: dict[str, str] = {
    "pickle": "trustaudit.formats.pickled:inspect_pickled",
    "zip": "trustaudit.formats.archive:inspect_zip",
    "tar": "trustaudit.formats.tar:inspect_tar",
    "npy": "trustaudit.formats.numpy:inspect_npy",
    "joblib-zf": "trustaudit.formats.compressed:inspect_zf",
    "gzip": "trustaudit.formats.compressed:inspect_compressed",
    "zlib": "trustaudit.formats.compressed:inspect_compressed",
    "bzip2": "trustaudit.formats.compressed:inspect_compressed",
    "xz": "trustaudit.formats.compressed:inspect_compressed",
    "lzma": "trustaudit.formats.compressed:inspect_compressed",
    "lz4": "trustaudit.formats.compressed:inspect_compressed",
    "safetensors": "trustaudit.formats.safetensors:inspect_safetensors",
    "gguf": "trustaudit.formats.gguf.inspector:inspect_gguf",
    "onnx": "trustaudit.formats.onnx.inspector:inspect_onnx",
    "hdf5": "trustaudit.formats.keras.inspector:inspect_hdf5",
    "tensorflow": "trustaudit.formats.tensorflow.inspector:inspect_tensorflow",
    "tflite": "trustaudit.formats.tflite:inspect_tflite",
    "executorch": "trustaudit.formats.executorch:inspect_executorch",
    "coreml": "trustaudit.formats.coreml:inspect_coreml",
    "paddle-program": "trustaudit.formats.paddle:inspect_paddle",
    "msgpack": "trustaudit.formats.msgpack:inspect_msgpack",
    "torch7": "trustaudit.formats.torch7:inspect_torch7",
    "r-data": "trustaudit.formats.rdata:inspect_rdata",
    "catboost": "trustaudit.formats.boosting:inspect_catboost",
    "xgboost-ubj": "trustaudit.formats.ubjson:inspect_ubjson",
    "xml": "trustaudit.formats.xml_models:inspect_xml",
    "json": "trustaudit.formats.structured_text:inspect_json",
    "text": "trustaudit.formats.structured_text:inspect_text",
    "html": "trustaudit.formats.documents:inspect_html",
    "svg": "trustaudit.formats.documents:inspect_svg",
    "pdf": "trustaudit.formats.documents:inspect_pdf",
    "rtf": "trustaudit.formats.documents:inspect_rtf",
    "ole": "trustaudit.formats.documents:inspect_ole",
}

_ARCHIVES = frozenset({"zip", "tar", "gzip", "zlib", "bzip2", "xz", "lzma", "lz4", "joblib-zf"})
_ACCOUNTED = frozenset({"safetensors", "gguf"})
"""Their headers account for every byte up to the end: the tail is not worth a request of its own."""


def inspect_file(source: Source) -> Inspecting:
    """Inspect a file of any kind. What it is comes from its bytes; the name is a hint."""
    return contained(_inspect(source))


def _inspect(source: Source) -> Inspecting:
    head = yield Read(0, HEAD)
    if not head and source.size and not source.forward:
        return Inspection(format="unknown", coverage=Coverage.NONE, reason="no byte could be read")
    size = len(head) if source.forward and len(head) < HEAD else source.size
    early = sniff(head, None, source.path, size)
    tail = yield from _tail(source, head, early)
    found = sniff(head, tail, source.path, size)
    inspection = yield from contained(_inspector_of(found.format, head, source)(source))
    for other in found.also:
        second = yield from contained(_inspector_of(other, head, source)(source))
        inspection = joined(inspection, second, at_end=other == "zip" and ends_at_end(tail or b""))
    inspection = yield from _as_named(inspection, found.format, source)
    notes = _notes(found, head, source.path)
    notes += declared_notes(source.path, head, source.size) + link_notes(source.path, head, source.size)
    return _with_notes(inspection, notes)


def _as_named(inspection: Inspection, found: str, source: Source) -> Inspecting:
    """What is read as text because of its name is looked at as text, whatever its first bytes pretend."""
    inspector = inspector_of_name(source.path) if found not in TEXTS else None
    if inspector is None:
        return inspection
    second = yield from contained(inspector(source))
    return second if found == "unknown" else with_facts(inspection, second)


def _tail(source: Source, head: bytes, found: Sniffed) -> Reading[bytes | None]:
    """The last bytes, where a second reading of the file could hide; None when not looked at."""
    if source.size <= len(head):
        return head[-TAIL:]
    if source.forward or found.format in _ACCOUNTED or (found.format in TEXTS and not found.expected):
        return None
    try:
        return (yield Read(max(0, source.size - TAIL), TAIL))
    except ReadRefusedError:
        return None


def named(target: str) -> object:
    """The function that ``module:function`` names."""
    module, _, function = target.partition(":")
    return getattr(import_module(module), function)


def _inspector_of(name: str, head: bytes, source: Source) -> Inspector:
    if name in _ARCHIVES and source.depth > source.limits.archive_depth:
        return lambda _: _too_deep(name, source)
    inspector: Inspector = lambda _: _without_inspector(name, head, source)  # noqa: E731 - the shape of an inspector
    if name in INSPECTORS:
        inspector = cast("Inspector", named(INSPECTORS[name]))
    if name in TEXTS - {"empty", "lfs-pointer"}:
        return lambda _: inspect_by_name(source, head, inspector)
    return inspector


def _too_deep(name: str, source: Source) -> Inspecting:
    yield from ()
    message = f"an archive inside {source.depth} others is not opened"
    note = Observation(kind="archive-nesting", message=message, data=(("depth", str(source.depth)),))
    limits = ("archive_depth",)
    return Inspection(format=name, coverage=Coverage.NONE, reason=message, limits=limits, observations=(note,))


def _without_inspector(name: str, head: bytes, source: Source) -> Inspecting:
    yield from ()
    if name in EXECUTABLES:
        return Inspection(format=name, coverage=Coverage.NONE, reason=f"executable content ({name}) is not analysed")
    if name in OPAQUE:
        return Inspection(format=name, coverage=Coverage.NONE, reason=f"cannot look inside {name}")
    if name == "lfs-pointer":
        return Inspection(format=name, coverage=Coverage.NONE, reason="a pointer: the content is stored elsewhere")
    if name in TEXTS or name in INERT:
        whole = len(head) >= source.size
        return Inspection(format=name, coverage=Coverage.COMPLETE if whole else Coverage.STRUCTURE)
    reason = f"no inspector for {name}" if name != "unknown" else NO_FORMAT
    return Inspection(format=name, coverage=Coverage.NONE, reason=reason)


def joined(first: Inspection, second: Inspection, *, at_end: bool) -> Inspection:
    """Both readings of one file. A second reading that shows nothing was a chance likeness.

    A zip that does not end where the file ends is rather one kept inside the first reading, as
    pickles of whole checkpoints are: then its odd place is no anomaly, its members still count.
    """
    if not second.members and not any(_runs(entry) for entry in second.globals):
        return first
    kind, seen = "polyglot", second.observations
    if second.members and not at_end:
        kind, seen = "embedded-zip", tuple(note for note in seen if note.member or not note.kind.startswith("zip-"))
    data = (("first", first.format), ("second", second.format))
    note = Observation(kind=kind, message=f"also readable as {second.format}", data=data)
    reasons = [part for part in (first.reason, second.reason) if part]
    return first.model_copy(
        update={
            "coverage": max(first.coverage, second.coverage, key=_RANK.__getitem__),
            "reason": "; ".join(dict.fromkeys(reasons)),
            "limits": tuple(dict.fromkeys(first.limits + second.limits)),
            "globals": first.globals + second.globals,
            "observations": (*first.observations, note, *seen),
            "loads": first.loads + second.loads,
            "members": first.members + second.members,
        }
    )


def _runs(entry: PickleGlobal) -> bool:
    """Whether a loader would run code by a name that can exist; words of a list can look like a bare reference."""
    return entry.use is not Use.REFERENCED and all(
        name is None or is_importable(name) for name in (entry.module, entry.name)
    )


_RANK = {Coverage.COMPLETE: 0, Coverage.STRUCTURE: 1, Coverage.PARTIAL: 2, Coverage.NONE: 2}
_IMPORT_HOOK = re.compile(rb"(?:\A|[\n\r\v\f\x1c-\x1e]|\xc2\x85|\xe2\x80[\xa8\xa9])(?:\xef\xbb\xbf)?import[ \t]")
"""As ``site`` reads it: since Python 3.13 lines end wherever ``str.splitlines`` says, behind an optional mark."""


def _notes(found: Sniffed, head: bytes, path: str) -> list[Observation]:
    notes = []
    if found.expected:
        data = (("actual", found.format), ("expected", found.expected))
        message = f"the name says {found.expected}, the bytes are {found.format}"
        notes.append(Observation(kind="format-mismatch", message=message, data=data))
    if found.format in EXECUTABLES and not (found.format == "script" and promises_code(path)):
        message = f"a program ({found.format})"
        notes.append(Observation(kind="executable-content", message=message, data=(("format", found.format),)))
    if found.format in OPAQUE:
        message = f"{found.format} cannot be looked into"
        notes.append(Observation(kind="opaque-container", message=message, data=(("format", found.format),)))
    if found.format in TEXTS and path.lower().endswith(".pth") and _IMPORT_HOOK.search(head):
        message = "a text .pth with an import line: Python runs it at start when it lies in site-packages"
        notes.append(Observation(kind="pth-import-hook", message=message))
    return notes


def _with_notes(inspection: Inspection, notes: list[Observation]) -> Inspection:
    if not notes:
        return inspection
    return inspection.model_copy(update={"observations": (*notes, *inspection.observations)})
