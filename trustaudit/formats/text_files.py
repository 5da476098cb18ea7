"""Text files: which inspector reads one is told by its name, as it is by the tools that read them.

Every text is looked through for leaked credentials, whatever else is in it.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib import import_module
from typing import cast

from trustaudit.formats.interface import Inspecting, Inspector, Source
from trustaudit.formats.nested import contained, with_facts
from trustaudit.knowledge.auto_run import is_acted_upon

ROUTES: tuple[tuple[str, str], ...] = (
    ("*.py *.pyw *.pyi", "trustaudit.formats.python_code.inspector:inspect_python"),
    ("*.ipynb", "trustaudit.formats.python_code.notebook:inspect_notebook"),
    (
        "*.md *.mdx *.mdc *.markdown *.rst readme readme.* .cursorrules .windsurfrules .clinerules",
        "trustaudit.formats.card_text:inspect_card",
    ),
    (
        "*requirements*.txt constraints*.txt environment*.y*ml conda*.y*ml pyproject.toml uv.toml setup.cfg pipfile",
        "trustaudit.formats.dependencies.inspector:inspect_dependencies",
    ),
    (
        "*.jinja *.jinja2 *.j2 chat_template *chat_template*.txt",
        "trustaudit.formats.templates.inspector:inspect_template",
    ),
    ("*.json", "trustaudit.formats.structured_text:inspect_json"),
    ("*.yaml *.yml mlmodel", "trustaudit.formats.config.files:inspect_yaml_config"),
    ("modelfile modelfile.* *.modelfile", "trustaudit.formats.config.modelfile:inspect_modelfile"),
    (".gitmodules .gitconfig .lfsconfig", "trustaudit.formats.config.git_files:inspect_git_settings"),
    (".gitattributes", "trustaudit.formats.config.git_files:inspect_git_attributes"),
    (
        "*.sh *.bash *.zsh *.ksh *.csh *.fish *.bat *.cmd *.ps1 *.psm1 *.slurm *.sbatch *.command *.desktop *.vbs",
        "trustaudit.formats.scripts:inspect_script",
    ),
    (
        "dockerfile* *.dockerfile makefile *.mk *.wsf *.hta *.pl *.rb *.php *.lua *.jl *.r",
        "trustaudit.formats.scripts:inspect_script",
    ),
)
"""Name patterns (lower case, of the last path part) and the inspector of such files; the first match counts."""

_TORCHSCRIPT = re.compile(r"(?:^|/)code/__torch__")
"""Source of TorchScript inside an archive: it has the look of Python and is only ever run by its own interpreter."""

_PYTHON_SHEBANG = re.compile(rb"#!.{0,120}\bpython[0-9.w]{0,8}\b")
_SHELL_SHEBANG = re.compile(rb"#!.{0,120}\b(?:ba|z|k|da|fi)?sh\b")


_SETTINGS = re.compile(
    r"(?:^|/)\.(?!github/|gitlab|circleci/|cache/|data/|ipynb_)[\w-]{1,40}/(?:[^/]{1,80}/)?[^/]{1,200}\.(?:json|toml|ya?ml)$",
    re.IGNORECASE,
)
"""Settings of editors and other tools that work in the folder: many name commands to be run at some event."""

_SCRIPTS = "trustaudit.formats.scripts:inspect_script"
_READ_AS_CODE = frozenset({_SCRIPTS, ROUTES[0][1], ROUTES[2][1]})
"""Inspectors that look at command lines themselves, or at Python."""


def inspect_by_name(source: Source, head: bytes, otherwise: Inspector) -> Inspecting:
    """A text file: by the inspector its name has, else by ``otherwise``; then for credentials.

    Where a tool acts upon files of that name by itself, whatever their syntax, the lines are looked at as commands.
    """
    target = route(source.path, head)
    inspector = cast("Inspector", _named(target)) if target else otherwise
    inspection = yield from contained(inspector(source))
    if target not in _READ_AS_CODE and (is_acted_upon(source.path) or _SETTINGS.search(source.path)):
        script = cast("Inspector", _named(_SCRIPTS))
        inspection = with_facts(inspection, (yield from contained(script(source))))
    secrets = cast("Inspector", _named("trustaudit.formats.secrets:inspect_secrets"))
    found = yield from contained(secrets(source))
    if not found.observations:
        return inspection
    return inspection.model_copy(update={"observations": (*inspection.observations, *found.observations)})


def inspector_of_name(path: str) -> Inspector | None:
    """The inspector of files of that name, for bytes that do not look like text: those who read the file do not look.

    Python runs a source that starts with the signature of a picture, if that is also the start of an assignment.
    """
    target = route(path, b"")
    return cast("Inspector", _named(target)) if target else None


def route(path: str, head: bytes) -> str:
    """``module:function`` of the inspector for a text of that name and first bytes; empty when neither tells one."""
    member = path.rpartition("!")[2]
    if member != path and _TORCHSCRIPT.search(member):
        return ""
    name = member.rpartition("/")[2].lower().rstrip(". ")
    named = _target(name)
    if named:
        return named
    if _PYTHON_SHEBANG.match(head):
        return ROUTES[0][1]
    return ROUTES[-1][1] if _SHELL_SHEBANG.match(head) else ""


@lru_cache(maxsize=4096)
def _target(name: str) -> str:
    """Most files of a run have names that were met before; the patterns take 40 µs."""
    return next((target for patterns, target in ROUTES if _fits(name, patterns)), "")


def _fits(name: str, patterns: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns.split())


def _named(target: str) -> object:
    module, _, function = target.partition(":")
    return getattr(import_module(module), function)
