"""Fields that name a function or class to import and call: Hydra and its relatives.

``_target_`` (Hydra, NeMo, Uni2TS, MONAI), ``class_path`` (Lightning), ``_component_`` (torchtune),
``target`` beside ``params`` (latent diffusion), ``py/object`` and its like (jsonpickle), ``!new:`` and
``!apply:`` (HyperPyYAML of SpeechBrain), and MONAI's ``$`` values, which are evaluated as Python.
CVE-2025-23304, CVE-2026-22584.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from trustaudit.formats.config.document import Document, Field, texts
from trustaudit.formats.config.facts import Facts

_DOTTED = re.compile(r"[A-Za-z_]\w{0,99}(?:\.\w{1,100}){1,20}")
_TAG_CALLS = re.compile(r"!(new|name|apply|module):(.{1,300})")
_EXPRESSION = re.compile(r"\$[^{\s]")  # "${…}" is an interpolation of OmegaConf
# Outside of MONAI's own files a call has to be in it: ``${hydra:runtime.os.name}`` and ``$HOME/os.log`` are no Python.
_CALLING = re.compile(
    r"\$(?:(?:import|from)\s{1,4}\w|(?=[^(]*\()[^\n]{0,200}(?:__\w{2,20}__|\b(?:os|subprocess)\s{0,4}\.|\b(?:eval|exec)\s{0,4}\())"
)
_BUNDLE = re.compile(r"(?:^|[/!])configs/[^/]{1,200}$")
"""Where a MONAI bundle keeps its configurations; other projects have such a folder too."""

_MAX_EXPRESSIONS = 100
_MAX_ARGUMENTS = 8
MONAI_KEYS = frozenset({"_target_", "bundle_root", "_requires_", "_disabled_", "imports", "ckpt_dir"})


def target_fields(facts: Facts, field: Field) -> None:
    """Note what this field alone has somebody import and call."""
    handler = _HANDLERS.get(field.key)
    if handler is not None:
        handler(facts, field)


def tag_target(facts: Facts, field: Field, tag: str) -> None:
    """A YAML tag of HyperPyYAML."""
    matched = _TAG_CALLS.fullmatch(tag)
    if matched is not None:
        facts.target(field, matched[2], f"!{matched[1]}")


def expression_fields(facts: Facts, document: Document, path: str) -> None:
    """MONAI's expressions. Elsewhere a dollar is a dollar, and where a bundle has its files Python is Python."""
    pattern = _EXPRESSION if _is_monai(document) else _CALLING
    if pattern is _CALLING and not _BUNDLE.search(path):
        return
    left = _MAX_EXPRESSIONS
    for field in document.fields():
        for text in texts(field.value) if not isinstance(field.value, dict) else ():
            if pattern.match(text) and left > 0:
                left -= 1
                facts.expression(field, text[1:])


def _is_monai(document: Document) -> bool:
    """Whether ``$`` means Python here."""
    top = document.value
    if not isinstance(top, dict) or not MONAI_KEYS.isdisjoint(top):
        return isinstance(top, dict)
    return any(isinstance(item, dict) and "_target_" in item for item in top.values())


def _hydra(facts: Facts, field: Field) -> None:
    if not field.text:
        return
    facts.target(field, field.text, field.key)
    handed = field.beside("_args_"), field.beside("path"), field.beside("class_name")
    if _hands_on(field.text):  # hydra.utils.get_method(path="os.system"): what it is given counts as well
        for text in texts(list(handed), _MAX_ARGUMENTS):
            if _DOTTED.fullmatch(text):
                facts.target(field, text, field.key)


def _hands_on(name: str) -> bool:
    return name.startswith(("hydra.utils.", "hydra._internal.", "functools.", "importlib.", "builtins.", "operator."))


def _class_path(facts: Facts, field: Field) -> None:
    if _DOTTED.fullmatch(field.text):
        facts.target(field, field.text, field.key)


def _target(facts: Facts, field: Field) -> None:
    if _DOTTED.fullmatch(field.text) and ("params" in field.parent or field.is_top):
        facts.target(field, field.text, field.key)


_HANDLERS: dict[str, Callable[[Facts, Field], None]] = {
    "_target_": _hydra,
    "class_path": _class_path,
    "_component_": _class_path,
    "target": _target,
    "py/object": _class_path,
    "py/type": _class_path,
    "py/function": _class_path,
}
