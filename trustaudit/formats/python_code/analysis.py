"""From parsed statements to facts: which capability each call has, when it runs, and what flows into it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from trustaudit.formats.python_code.commands import Command, command_of
from trustaudit.formats.python_code.facts import Fact, Facts
from trustaudit.formats.python_code.flows import drops_of, flows_of, imports_dropped, loads_dropped
from trustaudit.formats.python_code.linking import link_parameters, settle_phases
from trustaudit.formats.python_code.model import Call, Code, Phase
from trustaudit.formats.python_code.names import Names
from trustaudit.formats.python_code.parsing import parse_expression_code
from trustaudit.formats.python_code.signs import signs_of
from trustaudit.formats.python_code.taints import Taints, is_secret_name
from trustaudit.formats.python_code.texts import UNKNOWN, Texts
from trustaudit.formats.python_code.unpickling import is_restricted
from trustaudit.formats.python_code.walk import walk
from trustaudit.formats.shell_lines import installs, shell_traits, urls_in
from trustaudit.knowledge.python_calls import python_calls

_NESTED = 2
"""Code inside strings inside code is followed this deep."""

_CODE_STRINGS = 30
_TOLD = frozenset(
    {
        "process",
        "install",
        "network",
        "execute",
        "load-file",
        "import",
        "unpickle",
        "delete",
        "make-executable",
        "credential",
    }
    | {"spy", "persistence", "evasion", "shellcode", "native", "build", "background", "hub"}
)
"""Groups whose use is a fact of its own; the others matter only where they flow."""

_SLEEP_SECONDS = 60
_REMOTE_METHODS = frozenset(
    {"from_pretrained", "hf_hub_download", "snapshot_download", "from_config", "load_dataset", "pipeline", "load_model"}
    | {"SentenceTransformer", "CrossEncoder", "load", "cached_file", "from_hub", "create_model_and_transforms"}
)


class Seen(Struct, frozen=True):
    """A call with what is known of it."""

    call: Call
    names: tuple[str, ...]
    groups: frozenset[str]
    phase: Phase
    function: str
    command: Command | None = None

    @property
    def node(self) -> ast.Call:
        """The call itself."""
        return self.call.node

    @property
    def what(self) -> str:
        """The function as its documentation names it."""
        return self.names[0] if self.names else ""

    @property
    def arguments(self) -> list[ast.expr]:
        """Everything that is handed over."""
        return [*self.node.args, *(keyword.value for keyword in self.node.keywords)]

    def fact(self, kind: str, what: str = "", **data: str) -> Fact:
        """A fact about this call."""
        pairs = tuple(sorted((key, value) for key, value in data.items() if value))
        return Fact(kind, what or self.what, self.node.lineno, self.phase, self.function, pairs)


class Analysis(Struct, frozen=True):
    """All that is known of one file while facts are drawn from it."""

    code: Code
    names: Names
    texts: Texts
    taints: Taints

    @classmethod
    def of(cls, statements: Iterable[ast.stmt], phase: Phase = Phase.IMPORT) -> Analysis:
        """Walk, link, resolve. ``phase`` is when the module level runs."""
        code = walk(statements)
        code.scopes[0].phase = phase
        link_parameters(code)
        texts = Texts(code)
        names = Names(code, texts)
        settle_phases(code, names)
        return cls(code, names, texts, Taints(code, names, texts))

    def seen(self) -> Iterator[Seen]:
        """Every call, with its meaning; callables handed to others count as called."""
        for call in self.code.calls:
            yield self._seen(call, call.node.func)

    def _seen(self, call: Call, function: ast.expr) -> Seen:
        meanings = self.names.resolve(function, call.scope) | self.names.called_method(call.node, call.scope)
        names = tuple(sorted(meanings, key=_least_first))
        groups = frozenset(group for name in names for group in python_calls().capabilities(name))
        if "unpickle" in groups and is_restricted(call.node, names):
            groups -= {"unpickle"}
        region = self.code.scopes[call.region]
        command = command_of(call.node, names[0], call.scope, self.texts) if "process" in groups else None
        return Seen(call, names, groups, region.phase, region.name if region.kind == "function" else "", command)


def _least_first(name: str) -> tuple[bool, str]:
    return (_TOLD.isdisjoint(python_calls().capabilities(name)), name)


def analyse(statements: Iterable[ast.stmt], facts: Facts, phase: Phase = Phase.IMPORT, depth: int = 0) -> Code:
    """Draw every fact from a file's statements into ``facts``."""
    analysis = Analysis.of(statements, phase)
    calls = list(analysis.seen())
    drops = drops_of(analysis, calls)
    for seen in calls:
        for fact in _facts_of(analysis, seen):
            facts.add(fact)
        for fact in (*flows_of(analysis, seen), *loads_dropped(analysis, seen, drops)):
            facts.add(fact)
    for fact in (*imports_dropped(analysis, drops), *signs_of(analysis, calls)):
        facts.add(fact)
    if depth < _NESTED:
        for text, seen in list(_code_strings(analysis, calls))[:_CODE_STRINGS]:
            _nested(text, seen, facts, depth)
    return analysis.code


def _nested(text: str, seen: Seen, facts: Facts, depth: int) -> None:
    """Facts of code in a string, told at the line of the call that runs it."""
    inner = Facts()
    analyse(parse_expression_code(text), inner, seen.phase, depth + 1)
    for fact in inner.every():
        facts.add(replace(fact, line=seen.node.lineno, data=(*fact.data, ("inside", "string"))))


def _code_strings(analysis: Analysis, calls: list[Seen]) -> Iterator[tuple[str, Seen]]:
    """Constant code given to ``exec`` and its like, or to ``python -c``."""
    for seen in calls:
        if "execute" in seen.groups and seen.node.args:
            for text in analysis.texts.fold(seen.node.args[0], seen.call.scope):
                yield text, seen
        if seen.command is not None and " -c " in seen.command.shown:
            yield seen.command.texts[0].partition(" -c ")[2].strip("\"'"), seen


def _facts_of(analysis: Analysis, seen: Seen) -> Iterator[Fact]:
    for group in sorted(seen.groups & _TOLD):
        yield from _TELLERS.get(group, _plain)(analysis, seen, group)
    if "open" in seen.groups or "environment" in seen.groups:
        yield from _environment(analysis, seen)
    yield from _remote(analysis, seen)
    yield from _handed(analysis, seen)
    if "time.sleep" in seen.names:
        yield from _sleep(seen)


def _plain(analysis: Analysis, seen: Seen, group: str) -> Iterator[Fact]:
    first = seen.node.args[0] if seen.node.args else None
    shape = analysis.texts.shape(first, seen.call.scope) if first is not None else ()
    text = shape[0] if shape else ""
    constant = "yes" if shape and all(UNKNOWN not in part for part in shape) else ""
    origin = " ".join(sorted(analysis.taints.of_all(seen.arguments, seen.call.scope)))
    yield seen.fact(group, text=text.replace(UNKNOWN, "…"), constant=constant, origin=origin)


def _process(_analysis: Analysis, seen: Seen, group: str) -> Iterator[Fact]:
    command = seen.command
    if command is None:
        return
    whole = "\n".join(command.texts)
    traits = " ".join(sorted({trait.name for trait in shell_traits(whole)}))
    packages = "; ".join(dict.fromkeys(name for name, _ in installs(whole)))
    urls = " ".join(urls_in(whole))
    constant = "yes" if command.texts and all(UNKNOWN not in text for text in command.texts) else ""
    tool = "yes" if command.is_tool else ""
    shown = command.shown
    kind = "install" if packages or _INSTALL_WORDS in shown else group
    yield seen.fact(kind, text=shown, tool=tool, traits=traits, packages=packages, urls=urls, constant=constant)


_INSTALL_WORDS = "pip install"


def _network(analysis: Analysis, seen: Seen, group: str) -> Iterator[Fact]:
    urls = list(dict.fromkeys(url for node in seen.arguments[:4] for url in _urls(analysis, node, seen.call.scope)))
    sends = "yes" if _sends(seen) else ""
    known = " ".join(urls)
    yield seen.fact(group, url=known, sends=sends, text=known)


def _urls(analysis: Analysis, node: ast.expr, scope: int) -> Iterator[str]:
    for text in analysis.texts.shape(node, scope):
        yield from urls_in(text)
        if text.replace(".", "").isdigit() and text.count(".") == 3:  # noqa: PLR2004 - an IPv4 address
            yield text.partition(" ")[0]


def _sends(seen: Seen) -> bool:
    """Whether the call carries something away."""
    verbs = (".post", ".put", ".patch", ".sendall", ".send", ".sendto", ".sendmail", ".send_message", ".storbinary")
    if any(name.endswith(verbs) for name in seen.names):
        return True
    return any(keyword.arg in ("data", "json", "files") for keyword in seen.node.keywords)


def _hub(analysis: Analysis, seen: Seen, group: str) -> Iterator[Fact]:
    repo = next((k.value for k in seen.node.keywords if k.arg in ("repo_id", "model_id")), None)
    first = repo or (seen.node.args[0] if seen.node.args else None)
    texts = analysis.texts.fold(first, seen.call.scope) if first is not None else ()
    yield seen.fact(group, repo=texts[0] if texts else "")


def _environment(analysis: Analysis, seen: Seen) -> Iterator[Fact]:
    """Reads of variables that hold secrets."""
    if not {"os.getenv", "os.environ.get", "os.environ.pop"}.intersection(seen.names) or not seen.node.args:
        return
    for name in analysis.texts.fold(seen.node.args[0], seen.call.scope):
        if is_secret_name(name):
            yield seen.fact("secret-variable", name)


def _remote(analysis: Analysis, seen: Seen) -> Iterator[Fact]:
    """Loads that trust another repository's code."""
    node = seen.node
    method = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if method not in _REMOTE_METHODS:
        return
    trusting = next((k.value for k in node.keywords if k.arg == "trust_remote_code"), None)
    if trusting is None or (isinstance(trusting, ast.Constant) and not trusting.value):
        return
    repo = next(
        (k.value for k in node.keywords if k.arg in ("repo_id", "model", "pretrained_model_name_or_path", "path")), None
    )
    first = repo or (node.args[0] if node.args else None)
    texts = analysis.texts.fold(first, seen.call.scope) if first is not None else ()
    fixed = "yes" if isinstance(trusting, ast.Constant) else ""
    yield seen.fact("trusts", f"{method}(trust_remote_code)", repo=texts[0] if texts else "", fixed=fixed)


def _handed(analysis: Analysis, seen: Seen) -> Iterator[Fact]:
    """A function that starts processes or runs code, given to something that will call it."""
    if "runner" not in seen.groups:
        return
    for argument in seen.arguments:
        for name in sorted(analysis.names.resolve(argument, seen.call.scope)):
            group = next((g for g in python_calls().capabilities(name) if g in ("process", "execute", "install")), "")
            if group and not isinstance(argument, ast.Call):
                text = _all_texts(analysis, seen)
                traits = " ".join(sorted({trait.name for trait in shell_traits(text)}))
                yield seen.fact(group, name, handed="yes", text=text, traits=traits)


def _all_texts(analysis: Analysis, seen: Seen) -> str:
    texts = (text for node in seen.arguments for text in analysis.texts.fold(node, seen.call.scope))
    return " ".join(texts)[:400]


def _sleep(seen: Seen) -> Iterator[Fact]:
    value = seen.node.args[0].value if seen.node.args and isinstance(seen.node.args[0], ast.Constant) else 0
    if isinstance(value, int | float) and value >= _SLEEP_SECONDS:
        yield seen.fact("evasion", "time.sleep", text=f"{value} s")


_TELLERS = {"process": _process, "network": _network, "hub": _hub}
