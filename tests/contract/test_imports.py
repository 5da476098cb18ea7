"""Imports follow the arrow, and some things are imported nowhere. Read from the source, so nothing can hide them.

::

    vocabulary ─► hub, knowledge, identity, formats ─► collect ─► checks ─► policy ─► report ─► engine ─► batch ─►
    lockfile ─► store, verify ─► cli
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import trustaudit

ROOT = Path(trustaudit.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))
PURE = ("formats", "checks", "policy", "report", "identity", "knowledge", "lineage", "provenance")

# What each part may not import from the package. "vocabulary" are the modules at the root that all share.
VOCABULARY = ("facts", "errors", "refs", "filefacts", "finding", "snapshot")
ABOVE_ENGINE = ("batch", "lockfile", "store", "verify", "cli")
ABOVE_CHECKS = ("policy", "report", "engine", *ABOVE_ENGINE)
FORBIDDEN = {
    "vocabulary": (
        *("settings", "hub", "formats", "collect", "identity", "knowledge", "lineage", "provenance", "checks"),
        *ABOVE_CHECKS,
    ),
    "hub": ("formats", "collect", "identity", "knowledge", "checks", *ABOVE_CHECKS),
    "formats": ("hub", "collect", "identity", "checks", "settings", *ABOVE_CHECKS),
    "knowledge": ("hub", "collect", "formats", "identity", "checks", *ABOVE_CHECKS),
    "identity": ("hub", "collect", "formats", "settings", *ABOVE_CHECKS),
    "lineage": ("hub", "collect", "formats", "checks", "settings", *ABOVE_CHECKS),
    "provenance": ("hub", "collect", "formats", "identity", "checks", "settings", *ABOVE_CHECKS),
    "collect": ("checks", *ABOVE_CHECKS),
    "checks": ("hub", "collect", "formats", "settings", *ABOVE_CHECKS),
    "policy": ("hub", "collect", "formats", "engine", "settings", *ABOVE_ENGINE),
    "report": ("hub", "collect", "formats", "engine", "settings", *ABOVE_ENGINE),
    "engine": ABOVE_ENGINE,
    "discover": ("hub", "collect", "formats", "checks", "settings", *ABOVE_CHECKS),
    "batch": ("formats", "checks", "lockfile", "store", "verify", "cli"),
    "lockfile": ("formats", "checks", "store", "verify", "cli"),
    "store": ("formats", "checks", "verify", "cli"),
    "verify": ("formats", "checks", "store", "cli"),
}

# Contracts that a room may implement although the rest of their package is out of bounds.
DOORS = {"hub": ("formats.interface",)}

# No clock, network, environment or process where judging must be pure.
IMPURE = frozenset({"os", "time", "socket", "ssl", "httpx", "subprocess", "asyncio", "threading", "random", "secrets"})
# The only places that may touch the outside, each with its reason.
EXEMPT = {
    "formats/drivers.py": "waits for byte ranges: the async driver",
}

# Loading any of these would run what a repository brings.
LOADERS = frozenset(
    {"pickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "torch", "numpy", "tensorflow", "keras"}
)
RUNNERS = frozenset({"eval", "exec", "compile", "__import__", "execfile"})


@cache
def tree_of(path: Path) -> ast.Module:
    """The parsed source of a module."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports_of(path: Path) -> frozenset[str]:
    """Dotted names that a module imports, also inside functions and under TYPE_CHECKING."""
    found: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.update(f"{'.' * node.level}{node.module}.{alias.name}" for alias in node.names)
    return frozenset(found)


def packages_of(path: Path) -> set[str]:
    """First parts of the imported names."""
    return {name.partition(".")[0] for name in imports_of(path)}


def calls_of(path: Path) -> set[str]:
    """Names that a module calls as plain functions."""
    calls = (node.func for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call))
    return {func.id for func in calls if isinstance(func, ast.Name)}


def attributes_of(path: Path) -> set[str]:
    """Names of attributes that a module uses."""
    return {node.attr for node in ast.walk(tree_of(path)) if isinstance(node, ast.Attribute)}


def part_of(path: Path) -> str:
    """The room of a module: its package, ``vocabulary``, or its own name at the root."""
    first = path.relative_to(ROOT).parts[0].removesuffix(".py")
    return "vocabulary" if first in VOCABULARY else first


def lies_in(name: str, room: str) -> bool:
    """Whether an imported name belongs to a module or package."""
    return name == room or name.startswith(f"{room}.")


def violations(of: Callable[[Path], Iterable[str]], modules: Iterable[Path] = MODULES) -> list[str]:
    """``module: name`` for everything that ``of`` finds wrong."""
    return [f"{path.relative_to(ROOT)}: {name}" for path in modules for name in sorted(of(path))]


def against_the_arrow(path: Path) -> Iterable[str]:
    part = part_of(path)
    rooms = [f"trustaudit.{room}" for room in FORBIDDEN.get(part, ())]
    doors = [f"trustaudit.{door}" for door in DOORS.get(part, ())]
    inner = (name for name in imports_of(path) if not any(lies_in(name, door) for door in doors))
    return {name for name in inner if any(lies_in(name, room) for room in rooms)}


def test_imports_follow_the_arrow() -> None:
    assert violations(against_the_arrow) == []


def test_no_import_is_relative() -> None:
    assert violations(lambda path: {name for name in imports_of(path) if name.startswith(".")}) == []


def test_judging_is_pure() -> None:
    judging = [path for path in MODULES if part_of(path) in PURE and path.relative_to(ROOT).as_posix() not in EXEMPT]
    assert judging
    assert violations(lambda path: packages_of(path) & IMPURE, judging) == []


def test_nothing_that_could_run_a_repository_is_imported_or_called() -> None:
    assert violations(lambda path: packages_of(path) & LOADERS) == []
    assert violations(lambda path: calls_of(path) & RUNNERS) == []


def test_only_settings_read_the_environment() -> None:
    others = [path for path in MODULES if path != ROOT / "settings.py"]
    assert violations(lambda path: attributes_of(path) & {"environ", "environb", "getenv"}, others) == []


def test_only_the_hub_opens_sockets() -> None:
    others = [path for path in MODULES if part_of(path) != "hub"]
    assert violations(lambda path: packages_of(path) & {"httpx", "socket", "ssl", "urllib3", "requests"}, others) == []


def test_the_walk_sees_what_it_should(tmp_path: Path) -> None:
    """A rule that finds nothing must be able to find something."""
    module = tmp_path / "sample.py"
    module.write_text("def f():\n    import os.path\n    from httpx import get\n    return eval(os.environ['x'])\n")
    assert packages_of(module) == {"os", "httpx"}
    assert calls_of(module) == {"eval"}
    assert "environ" in attributes_of(module)
