"""Zips that torch writes: checkpoints, TorchScript, torch.package, TorchServe archives."""

from __future__ import annotations

import re

from trustaudit.filefacts import CodeLoad
from trustaudit.formats.archive_record import ArchiveRecord
from trustaudit.formats.interface import Source
from trustaudit.formats.record import MalformedError, Reading, clip
from trustaudit.formats.strict_json import parse_json
from trustaudit.formats.zip_members import read_member
from trustaudit.formats.zip_records import STORED, Member

_CODE = re.compile(r"(?:[^/]+/)?code/.*\.py")
_CODE_BYTES = 8 * 1024 * 1024
_CODE_FILES = 2_000
_MANIFEST = "MAR-INF/MANIFEST.json"

_FILE_OPS = re.compile(r"\b(?:torch|aten|ops\.aten)(?:\.|::)(from_file|save)\s?\(([^)\n]{0,200})")
_OPS = re.compile(r"\bops\.([A-Za-z_]\w{0,60})\.(\w{1,60})")
_CLASSES = re.compile(r"__torch__\.torch\.classes\.([\w.]{1,120})")
_PYTHON_OPS = re.compile(r"\^(\w{1,60})\(|prim::PythonOp")
_KNOWN_OPS = frozenset(
    {
        "prim",
        "aten",
        "quantized",
        "quantized_decomposed",
        "sparse",
        "inductor",
        "c10d",
        "mkldnn",
        "prepacked",
        "_caffe2",
    }
    | {"torchvision", "torchaudio", "torchtext", "fbgemm", "xnnpack", "cudnn", "onednn", "profiler", "static_runtime"}
)


def note_members(record: ArchiveRecord, source: Source, members: tuple[Member, ...]) -> Reading[None]:
    """What torch's own writer never does: packed tensors, two roots."""
    del source
    yield from ()
    pickles = [m for m in members if m.name == "data.pkl" or m.name.endswith("/data.pkl")]
    root = _root(members[0].name) if members else ""
    for member in members:
        is_code = "/code/" in f"/{member.name}"
        if member.method != STORED and not is_code and not member.name.endswith(".debug_pkl"):
            record.about(member.name, "torch-packed-member", "torch stores its members unpacked", member.offset)
    for member in pickles:
        if _root(member.name) != root:
            message = f"a second root beside {clip(root, 80)!r}; torch reads that of the first member"
            record.about(member.name, "torch-second-root", message, member.offset)


def _root(name: str) -> str:
    return name.partition("/")[0] if "/" in name else ""


def note_torchscript(record: ArchiveRecord, source: Source, members: tuple[Member, ...]) -> Reading[None]:
    """TorchScript is no Python, but its operators can name files and call into libraries."""
    seen: set[tuple[str, ...]] = set()
    code = [member for member in members if _CODE.fullmatch(member.name)]
    if len(code) > _CODE_FILES:
        record.limit("torchscript-files")
    for member in code[:_CODE_FILES]:
        data = yield from read_member(source, member, _CODE_BYTES)
        if data is None:
            record.unseen(f"{member.name}: TorchScript source that cannot be read")
            continue
        _note_script(record, member.name, data.decode("utf-8", "replace"), seen)


def _note_script(record: ArchiveRecord, name: str, text: str, seen: set[tuple[str, ...]]) -> None:
    for match in _FILE_OPS.finditer(text):
        arguments = clip(match[2].strip(), 200)
        if _is_new(seen, "file", match[1], arguments):
            record.holds(
                name, "torchscript-file-op", f"{match[1]}({arguments})", None, op=match[1], arguments=arguments
            )
    for match in _OPS.finditer(text):
        if match[1] not in _KNOWN_OPS and _is_new(seen, "op", match[1], match[2]):
            record.holds(name, "torchscript-custom-op", f"{match[1]}::{match[2]}", None, library=match[1], op=match[2])
    for match in _CLASSES.finditer(text):
        if _is_new(seen, "class", match[1]):
            record.holds(name, "torchscript-custom-class", match[1], None, name=match[1])
    for match in _PYTHON_OPS.finditer(text):
        if _is_new(seen, "python", match[1] or ""):
            record.about(name, "torchscript-python-op", "calls back into Python", None, op=match[1] or "PythonOp")


def _is_new(seen: set[tuple[str, ...]], *key: str) -> bool:
    is_new = key not in seen
    seen.add(key)
    return is_new


def note_package(record: ArchiveRecord, source: Source, members: tuple[Member, ...]) -> Reading[None]:
    """The sources of a torch.package are imported by whoever loads a pickle from it."""
    del source
    yield from ()
    sources = [member.name for member in members if member.name.endswith(".py")]
    if sources:
        what = f"{len(sources)} Python modules, {', '.join(clip(name, 80) for name in sources[:3])}"
        record.loads.append(CodeLoad(what=what, trigger="always", declared_in="torch.package"))


def note_handler(record: ArchiveRecord, source: Source, members: tuple[Member, ...]) -> Reading[None]:
    """The handler that TorchServe runs, as the manifest names it."""
    manifest = next((member for member in members if member.name == _MANIFEST), None)
    data = (yield from read_member(source, manifest)) if manifest else None
    try:
        value = parse_json(data or b"", "mar-manifest-json").value
    except MalformedError as defect:
        record.about(_MANIFEST, defect.kind, defect.message, defect.offset)
        return
    model = value.get("model") if isinstance(value, dict) else None
    handler = model.get("handler") if isinstance(model, dict) else None
    if isinstance(handler, str):
        record.loads.append(CodeLoad(what=clip(handler, 200), trigger="endpoint", declared_in=_MANIFEST))
