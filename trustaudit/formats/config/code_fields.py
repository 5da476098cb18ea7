"""Fields by which transformers and its relatives load Python code from a repository.

Facts from the loaders' own source and documentation: ``auto_map`` and dynamic modules of
transformers, Hub kernels (CVE-2026-4372), ``custom_generate``, ``custom_pipelines``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from trustaudit.formats.config.document import Field, is_true
from trustaudit.formats.config.facts import Facts

_REMOTE_CODE = "trust_remote_code"
_REFERENCE = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}--[\w./\\-]{1,200}")
_KERNEL = re.compile(r"(?:\w{1,30}\|)?[\w-][\w.-]{0,95}/[\w.-]{1,96}(?:@[\w./-]{1,100})?(?::[\w.]{1,100})?")
_MAX_REFERENCES = 16


def code_fields(facts: Facts, field: Field) -> None:
    """Note what this field alone makes a loader run."""
    handler = _HANDLERS.get(field.key)
    if handler is not None:
        handler(facts, field)
    elif field.key.endswith(("_implementation", "_implementation_internal")):
        _implementation(facts, field)
    elif isinstance(field.value, str) and "--" in field.value:
        _anywhere(facts, field)


def _auto_map(facts: Facts, field: Field) -> None:
    revision = field.beside("code_revision")
    for key, reference in _references(field.value):
        source, separator, what = reference.partition("--")
        inner = Field(key, reference, {}, (field.trail, field.key), field.line) if key else field
        pinned = revision if isinstance(revision, str) else ""
        if separator:
            facts.load(inner, what, source, trigger=_REMOTE_CODE, revision=pinned)
        else:
            facts.load(inner, reference, trigger=_REMOTE_CODE)


def _references(value: object) -> Iterator[tuple[str, str]]:
    """(class, reference) pairs; a value may be a text, or a list of a slow and a fast one."""
    pairs = value.items() if isinstance(value, dict) else [("", value)]
    for key, named in pairs:
        for reference in (named if isinstance(named, list) else [named])[:_MAX_REFERENCES]:
            if isinstance(reference, str) and reference:
                yield str(key), reference


def _custom_pipelines(facts: Facts, field: Field) -> None:
    for name, pipeline in field.value.items() if isinstance(field.value, dict) else ():
        impl = pipeline.get("impl") if isinstance(pipeline, dict) else None
        if isinstance(impl, str):
            source, separator, what = impl.rpartition("--")
            inner = Field(f"{name}.impl", impl, {}, (field.trail, field.key), field.line)
            facts.load(inner, what if separator else impl, source, trigger=_REMOTE_CODE)


def _custom_generate(facts: Facts, field: Field) -> None:
    if field.text:
        facts.load(field, "custom_generate/generate.py", field.text, trigger=_REMOTE_CODE)


def _trust(facts: Facts, field: Field) -> None:
    """Harmless where nobody reads it; beside code or another repository it answers for the user (CVE-2026-5241)."""
    if is_true(field.value):
        near = "auto_map" in field.parent or any(_names_repository(key, item) for key, item in field.parent.items())
        place = "top" if field.is_top else "nested"
        facts.override(field, "true", f"trust-{place}{'-near-code' if near else ''}")


def _names_repository(key: str, value: object) -> bool:
    named = key in (
        "_name_or_path",
        "name_or_path",
        "pretrained_model_name_or_path",
        "model_id",
        "repo_id",
        "model_name",
    )
    return named and isinstance(value, str) and value.count("/") == 1


def _implementation(facts: Facts, field: Field) -> None:
    values = field.value.values() if isinstance(field.value, dict) else [field.value]
    for value in values:
        if isinstance(value, str) and "/" in value:
            sign = "kernel" if _KERNEL.fullmatch(value) else "kernel-odd"
            internal = field.key.endswith("_internal")
            facts.override(field, value, f"{sign}-internal" if internal else sign)


def _kernels(facts: Facts, field: Field) -> None:
    """A mapping from layers to kernels of the Hub: ``owner/repo:Layer``."""
    for value in field.value.values() if isinstance(field.value, dict) else ():
        if isinstance(value, str) and _KERNEL.fullmatch(value):
            facts.override(field, value, "kernel")


def _anywhere(facts: Facts, field: Field) -> None:
    """``owner/repo--module.Class`` means code of another repository in whatever field it stands."""
    inside = field.trail[1] if field.trail else ""
    if inside != "auto_map" and _REFERENCE.fullmatch(field.text):
        source, _, what = field.text.partition("--")
        facts.load(field, what, source, trigger=_REMOTE_CODE)


_HANDLERS: dict[str, Callable[[Facts, Field], None]] = {
    "auto_map": _auto_map,
    "custom_pipelines": _custom_pipelines,
    "custom_generate": _custom_generate,
    _REMOTE_CODE: _trust,
    "kernel_config": _kernels,
    "kernel_mapping": _kernels,
}
