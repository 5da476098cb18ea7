"""Reading policies: a built-in by name, or a file by path. Nothing is ever looked for.

A path must be given by the user: a policy that lay in the audited repository or happened to
lie in the current folder would let the audited party write its own verdict.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from trustaudit.checks import all_checks
from trustaudit.errors import PolicyError
from trustaudit.policy.denials import OWN_RULES
from trustaudit.policy.schema import (
    ACCEPTANCES,
    DEFAULT_POLICY,
    Licenses,
    Policy,
    PolicyException,
    Publishers,
    Repos,
    Required,
    Signers,
    Thresholds,
)
from trustaudit.policy.signer_files import with_signer_files

MAX_POLICY_BYTES = 1024 * 1024
_TABLES: dict[str, type[BaseModel]] = {
    "thresholds": Thresholds,
    "required": Required,
    "licenses": Licenses,
    "publishers": Publishers,
    "repos": Repos,
    "signers": Signers,
    "exceptions": PolicyException,
}
_PLAIN = {
    "missing": "is missing",
    "tuple_type": "should be a list",
    "dict_type": "should be a table",
    "model_type": "should be a table",
    "string_type": "should be text",
    "string_too_short": "may not be empty",
    "too_short": "may not be empty",
}


def builtin_names() -> tuple[str, ...]:
    """Names of the policies that come with the program, sorted."""
    folder = resources.files("trustaudit.policy") / "builtin"
    return tuple(sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml")))


def policy_text(name_or_path: str | Path) -> str:
    """The TOML of a policy as written, a template for the user's own. Raises PolicyError."""
    if isinstance(name_or_path, str) and not _is_path(name_or_path):
        return _builtin_text(name_or_path)
    return _read(Path(name_or_path).expanduser())


def _builtin_text(name: str) -> str:
    if name not in builtin_names():
        raise PolicyError(f"no built-in policy {name!r}{_nearest(name, builtin_names())}", cause=_choices())
    return (resources.files("trustaudit.policy") / "builtin" / f"{name}.toml").read_text(encoding="utf-8")


def load_policy(name_or_path: str | Path, *, known_rules: Collection[str] | None = None) -> Policy:
    """The policy of that built-in name, or of that file (a path ends in ``.toml`` or has a separator).

    ``known_rules`` are the ids that exist, those of all checks unless given; a policy that names
    another one is refused, since a misspelled exception would silently protect nothing. Raises PolicyError.
    """
    rules = _all_rules if known_rules is None else lambda: known_rules
    if isinstance(name_or_path, str) and not _is_path(name_or_path):
        return _validated(_builtin(name_or_path), f"policy {name_or_path}", rules)
    path = Path(name_or_path).expanduser()
    values = _folded(_toml(_read(path), str(path)), str(path))
    return _validated(with_signer_files(values, path), str(path), rules)


def parse_policy(text: str, *, source: str, known_rules: Collection[str] | None = None) -> Policy:
    """The policy in that TOML text. ``source`` names it in errors; rules are only checked against ``known_rules``."""
    return _validated(_folded(_toml(text, source), source), source, lambda: known_rules)


def _all_rules() -> Collection[str]:
    return tuple(check.meta.id for check in all_checks())


def _validated(values: dict[str, Any], source: str, rules: Callable[[], Collection[str] | None]) -> Policy:
    """``rules`` are asked for where the policy names some: all checks are modules that need not be loaded yet."""
    try:
        policy = Policy.model_validate(values)
    except ValidationError as error:
        raise _refused(source, [_problem(item) for item in error.errors()]) from error
    named = policy.rules_named()
    known = rules() if named else None
    unknown = [
        f"{place}: no rule {rule!r}{_nearest(rule, known)}"
        for place, rule in named
        if known is not None and rule not in (*known, *OWN_RULES)
    ]
    if unknown:
        raise _refused(source, unknown)
    return policy


def _is_path(text: str) -> bool:
    return text.endswith(".toml") or "/" in text or "\\" in text


def _choices() -> str:
    return f"built-in policies: {', '.join(builtin_names())}; a file of your own is named by a path ending in .toml"


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_POLICY_BYTES + 1)
        if len(data) > MAX_POLICY_BYTES:
            raise PolicyError(f"policy {path} is larger than {MAX_POLICY_BYTES} bytes")
        return data.decode("utf-8-sig")  # some editors of Windows begin a text with a mark that TOML does not know
    except UnicodeDecodeError as error:
        raise PolicyError(f"policy {path} is no text in UTF-8") from error
    except OSError as error:
        raise PolicyError(f"policy {path} cannot be read: {error.strerror}", cause=_choices()) from error


def _toml(text: str, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PolicyError(f"{source} is not TOML: {error}") from error


def _folded(values: dict[str, Any], source: str) -> dict[str, Any]:
    """``values`` laid over the built-in policy they extend, which is ``default`` unless they say otherwise."""
    elsewhere = [
        f"{key}: unknown key (it has a file of its own: see docs/ci.md)" for key in ACCEPTANCES if key in values
    ]
    if elsewhere:
        raise _refused(source, elsewhere)
    base = values.get("extends", DEFAULT_POLICY)
    if not isinstance(base, str) or base not in builtin_names():
        raise _refused(source, [f"extends: {base!r} is no built-in policy{_nearest(str(base), builtin_names())}"])
    # A file without a name of its own must not pass for the policy it changes.
    below = {key: value for key, value in _builtin(base).items() if key not in ("name", "description")}
    return _merged(below, {**values, "extends": base})


def _builtin(name: str) -> dict[str, Any]:
    values = tomllib.loads(_builtin_text(name))
    base = values.get("extends")
    return _merged(_builtin(base), values) if base else values


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Tables key by key, everything else as a whole: the simplest rule that one can keep in mind."""
    merged = dict(base)
    for key, value in over.items():
        below = base.get(key)
        merged[key] = {**below, **value} if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _refused(source: str, problems: list[str]) -> PolicyError:
    return PolicyError("\n".join([f"{source} cannot be used:", *(f"  {problem}" for problem in problems)]))


def _problem(error: ErrorDetails) -> str:
    place = _place(error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{place}: unknown key{_nearest(str(error['loc'][-1]), _keys_at(error['loc']))}"
    if error["type"] == "enum":
        expected = str(error.get("ctx", {}).get("expected", ""))
        choices = [word.strip("' ") for word in expected.replace(" or ", ", ").split(",")]
        return f"{place}: {error['input']!r} is not one of {expected}{_nearest(str(error['input']), choices)}"
    said = error["msg"].removeprefix("Value error, ")
    return f"{place}: {_PLAIN.get(error['type'], said)}"


def _place(loc: tuple[int | str, ...]) -> str:
    """``exceptions[2].expires`` of pydantic's location."""
    text = ""
    for part in loc:
        if part != "[key]":
            text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".") or "the top level"


def _keys_at(loc: tuple[int | str, ...]) -> Collection[str]:
    model = _TABLES.get(str(loc[0]), Policy) if len(loc) > 1 else Policy
    return model.model_fields


def _nearest(word: str, known: Collection[str] | None) -> str:
    near = get_close_matches(word, list(known or ()), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
