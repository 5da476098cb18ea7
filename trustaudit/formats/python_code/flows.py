"""What flows where it must not: from the network or a decoder into execution, from a secret into the network."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from trustaudit.formats.python_code.facts import Fact
from trustaudit.formats.python_code.model import Key
from trustaudit.formats.python_code.taints import FETCHING
from trustaudit.formats.python_code.texts import UNKNOWN
from trustaudit.formats.shell_lines import urls_in

if TYPE_CHECKING:
    from trustaudit.formats.python_code.analysis import Analysis, Seen

_INTO_EXECUTION = {
    "network": "network-execute",
    "decode": "decode-execute",
    "xor": "decode-execute",
    "blob": "decode-execute",
    "hub": "hub-execute",
    "file": "file-execute",
}
_INTO_PROCESS = {origin: flow for origin, flow in _INTO_EXECUTION.items() if origin not in ("file", "blob", "xor")}
_INTO_UNPICKLING = {"network": "network-unpickle", "decode": "decode-unpickle", "hub": "hub-unpickle"}
_INTO_NETWORK = {
    "credential": "credential-send",
    "credential-path": "credential-send",
    "environment": "credential-send",
    "spy": "credential-send",
    "secret-variable": "secret-send",
    "host": "host-send",
}
_STARTING_PLACES = frozenset({"persistence-path", "site-path"})
_LOOKUPS = frozenset({"socket.gethostbyname", "socket.getaddrinfo"})
_FILE_NAME = re.compile(r"[\w%.-]{1,100}\.[A-Za-z0-9]{1,8}|(?:\./|/)[\w./-]{2,200}")
_WRITERS = re.compile(r"\.write\w{0,12}$")
_TARGETS = frozenset({"filename", "out", "output", "dst", "local_filename", "path", "fname"})
_TOKENS = 200


class Drop(Struct, frozen=True):
    """A file written with what came from the network or a decoder; ``tokens`` name it."""

    origin: str
    tokens: frozenset[object]
    urls: tuple[str, ...]


def flows_of(analysis: Analysis, seen: Seen) -> Iterator[Fact]:
    """The flows that end in one call."""
    if "execute" in seen.groups:
        yield from _told(analysis, seen, seen.arguments, _INTO_EXECUTION)
    if seen.command is not None:
        yield from _told(analysis, seen, _executed(seen), _INTO_PROCESS)
        yield from _shell_of_a_socket(analysis, seen)
    if "unpickle" in seen.groups:
        yield from _told(analysis, seen, seen.arguments, _INTO_UNPICKLING)
    if "network" in seen.groups:
        yield from _sent(analysis, seen)
    if "redirect" in seen.groups and any(_is_socket(analysis, node, seen) for node in seen.arguments):
        yield seen.fact("flow", "reverse-shell", sink=seen.what)
    yield from _persisted(analysis, seen)


def _told(analysis: Analysis, seen: Seen, nodes: Iterable[ast.AST], table: dict[str, str]) -> Iterator[Fact]:
    """One fact for each kind of flow; ``file`` only where nothing worse is known."""
    origins = analysis.taints.of_all(nodes, seen.call.scope)
    flows = list(dict.fromkeys(table[origin] for origin in sorted(origins) if origin in table))
    if len(flows) > 1 and "file-execute" in flows:
        flows.remove("file-execute")
    for flow in flows:
        text = next((text for node in seen.arguments for text in _texts(analysis, node, seen)), "")
        field = "yes" if flow == "file-execute" and _is_field(analysis, seen) else ""
        yield seen.fact("flow", flow, sink=seen.what, text=text, origin=" ".join(sorted(origins)), field=field)


def _is_field(analysis: Analysis, seen: Seen) -> bool:
    """``eval`` of a stretch of each line: how vocabularies with escaped strings are read (RWKV tokenizers)."""
    argument = seen.node.args[0] if len(seen.arguments) == len(seen.node.args) == 1 else None
    if seen.names != ("builtins.eval",) or not isinstance(argument, ast.Subscript):
        return False
    stretch, line = argument.slice, argument.value
    if not isinstance(stretch, ast.Slice) or not (stretch.lower and stretch.upper) or not isinstance(line, ast.Name):
        return False
    bindings = analysis.code.bindings.get(analysis.code.key_of(seen.call.scope, line.id), [])
    return bool(bindings) and all(_is_item(analysis, binding.expression) for binding in bindings)


def _is_item(analysis: Analysis, expression: ast.expr | None) -> bool:
    return id(expression) in analysis.code.iterated and isinstance(expression, ast.Name | ast.Call)


def _texts(analysis: Analysis, node: ast.AST, seen: Seen) -> list[str]:
    shapes = (text.replace(UNKNOWN, "…") for text in analysis.texts.shape(node, seen.call.scope))
    return [text for text in shapes if text.strip("… ")]


def _executed(seen: Seen) -> list[ast.AST]:
    """The parts of a command that are run: the program, and for interpreters everything else too."""
    command = seen.command
    if command is None or command.is_tool:
        return []
    first = seen.node.args[0] if seen.node.args else None
    if command.runs_arguments:
        return list(seen.arguments)
    if isinstance(first, ast.List | ast.Tuple):
        return list(first.elts[:1])
    return [] if command.program or first is None else [first]


def _sent(analysis: Analysis, seen: Seen) -> Iterator[Fact]:
    origins = analysis.taints.of_all(seen.arguments, seen.call.scope)
    flows = dict.fromkeys(_INTO_NETWORK[origin] for origin in sorted(origins) if origin in _INTO_NETWORK)
    texts = [text for node in seen.arguments for text in _texts(analysis, node, seen)]
    looked_up = bool(_LOOKUPS.intersection(seen.names)) and not any("….".strip() in text for text in texts)
    for flow in flows:
        if flow == "secret-send" and _LOOKUPS.intersection(seen.names):
            yield seen.fact("flow", "secret-lookup", sink=seen.what, origin=" ".join(sorted(origins)))
            continue
        if (
            flow == "credential-send"
            and "credential-path" in origins
            and not origins & {"file", "credential", "environment"}
        ):
            continue
        if looked_up:
            continue
        urls = " ".join(dict.fromkeys(url for text in texts for url in urls_in(text)))
        yield seen.fact("flow", flow, sink=seen.what, url=urls, origin=" ".join(sorted(origins)))


def _shell_of_a_socket(analysis: Analysis, seen: Seen) -> Iterator[Fact]:
    handles = [keyword.value for keyword in seen.node.keywords if keyword.arg in ("stdin", "stdout", "stderr")]
    if any(_is_socket(analysis, node, seen) for node in handles):
        yield seen.fact("flow", "reverse-shell", sink=seen.what)


def _is_socket(analysis: Analysis, node: ast.AST, seen: Seen) -> bool:
    inner = node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else node
    return any(name.startswith("socket.") for name in analysis.names.resolve(inner, seen.call.scope))


def _persisted(analysis: Analysis, seen: Seen) -> Iterator[Fact]:
    """A write to, or a command about, a place from which something starts by itself."""
    if not seen.groups & {"open", "write", "process", "make-executable"}:
        return
    if "open" in seen.groups and not writes(analysis, seen):
        yield from _read(analysis, seen)
        return
    nodes: list[ast.AST] = [*seen.arguments, seen.node.func]
    if analysis.taints.of_all(nodes, seen.call.scope) & _STARTING_PLACES:
        text = next((text for node in seen.arguments for text in _texts(analysis, node, seen)), "")
        yield seen.fact("flow", "persistence", sink=seen.what, text=text)


def _read(analysis: Analysis, seen: Seen) -> Iterator[Fact]:
    if "credential-path" in analysis.taints.of_all([*seen.arguments, seen.node.func], seen.call.scope):
        text = next((text for node in seen.arguments for text in _texts(analysis, node, seen)), "")
        yield seen.fact("credential", "open", text=text)


def writes(analysis: Analysis, seen: Seen) -> bool:
    """Whether an ``open`` is for writing; an unknown mode counts as reading."""
    mode = next((keyword.value for keyword in seen.node.keywords if keyword.arg == "mode"), None)
    position = 0 if any(name.startswith("pathlib.") for name in seen.names) else 1
    if mode is None and len(seen.node.args) > position:
        mode = seen.node.args[position]
    if mode is None:
        return any(name.endswith(("write_text", "write_bytes")) for name in seen.names)
    return any(set(text) & set("wax+") for text in analysis.texts.fold(mode, seen.call.scope))


def drops_of(analysis: Analysis, calls: list[Seen]) -> list[Drop]:
    """Every file of the program's own making whose content came from outside or out of a decoder."""
    return [drop for seen in calls for drop in (_drop(analysis, seen),) if drop is not None and drop.tokens]


def _drop(analysis: Analysis, seen: Seen) -> Drop | None:
    if "download" in seen.groups:
        targets = [keyword.value for keyword in seen.node.keywords if keyword.arg in _TARGETS] or seen.node.args[1:2]
        return Drop("network", _tokens(analysis, targets, seen.call.scope), _all_urls(analysis, seen))
    if "process" in seen.groups and seen.command is not None:
        return _fetched(seen.command.texts)
    if "write" not in seen.groups:
        return None
    origins = analysis.taints.of_all(seen.node.args, seen.call.scope)
    origin = "network" if "network" in origins else "decode" if "decode" in origins else ""
    if not origin:
        return None
    return Drop(origin, _tokens(analysis, _written_to(analysis, seen), seen.call.scope), _all_urls(analysis, seen))


def _fetched(texts: tuple[str, ...]) -> Drop | None:
    text = "\n".join(texts)
    if not FETCHING.search(text):
        return None
    names = frozenset[object](_base(match.group()) for match in _FILE_NAME.finditer(text[:2000]))
    return Drop("network", names, urls_in(text))


def _all_urls(analysis: Analysis, seen: Seen) -> tuple[str, ...]:
    texts = (text for node in seen.arguments for text in _texts(analysis, node, seen))
    return tuple(dict.fromkeys(url for text in texts for url in urls_in(text)))


def _written_to(analysis: Analysis, seen: Seen) -> list[ast.expr]:
    """The expressions that say where: of ``f.write(x)`` what ``f`` was opened with."""
    function = seen.node.func
    if not isinstance(function, ast.Attribute) or not _WRITERS.search(seen.what):
        handles = [handle for node in seen.node.args[1:2] for handle in _opened(analysis, node, seen.call.scope)]
        return handles or seen.node.args[1:2]
    opened = _opened(analysis, function.value, seen.call.scope)
    return opened or [function.value]


def _opened(analysis: Analysis, node: ast.expr, scope: int) -> list[ast.expr]:
    """First arguments of the calls that a file object may come from."""
    sources = [node]
    if isinstance(node, ast.Name):
        bindings = analysis.code.bindings.get(analysis.code.key_of(scope, node.id), [])
        sources = [binding.expression for binding in bindings[:8] if binding.expression is not None]
    found: list[ast.expr] = []
    for source in sources:
        if isinstance(source, ast.Call):
            receiver = [source.func.value] if isinstance(source.func, ast.Attribute) else []
            found += source.args[:1] or receiver
    return found


def loads_dropped(analysis: Analysis, seen: Seen, drops: list[Drop]) -> Iterator[Fact]:
    """A call that runs one of the dropped files."""
    if not drops:
        return
    nodes = _running(seen)
    if not nodes:
        return
    tokens = _tokens(analysis, nodes, seen.call.scope)
    if "import" in seen.groups and seen.node.args:
        tokens |= frozenset(f"{name}.py" for name in analysis.texts.fold(seen.node.args[0], seen.call.scope))
    if seen.command is not None:
        words = [
            word for text in seen.command.texts for word in text.split()[: 8 if seen.command.runs_arguments else 1]
        ]
        tokens |= frozenset(_base(word.strip("\"'")) for word in words if _FILE_NAME.fullmatch(word.strip("\"'")))
    for drop in drops:
        if drop.tokens & tokens:
            flow = "download-execute" if drop.origin == "network" else "drop-execute"
            yield seen.fact("flow", flow, sink=seen.what, url=" ".join(drop.urls))
            return


def imports_dropped(analysis: Analysis, drops: list[Drop]) -> Iterator[Fact]:
    """An import statement that takes one of the dropped files."""
    for module, _, line, phase in analysis.code.imports if drops else ():
        name = f"{module.rpartition('.')[2]}.py"
        for drop in drops:
            if name in drop.tokens:
                flow = "download-execute" if drop.origin == "network" else "drop-execute"
                yield Fact("flow", flow, line, phase, data=(("sink", "import"), ("text", module[:100])))


def _running(seen: Seen) -> list[ast.AST]:
    if seen.command is not None:
        return _executed(seen) or ([] if seen.command.is_tool else list(seen.node.args[:1]))
    running = seen.groups & {"load-file", "execute", "native", "build", "import"}
    return list(seen.arguments) if running else []


def _tokens(analysis: Analysis, nodes: Iterable[ast.AST], scope: int) -> frozenset[object]:
    """What names a file in some expressions: variables, and constants shaped like file names."""
    found: set[object] = set()
    for node in nodes:
        found.update(_named(analysis, node, scope, follow=True))
    return frozenset(found)


def _named(analysis: Analysis, node: ast.AST, scope: int, *, follow: bool) -> Iterator[object]:
    for part in _walked(node):
        if isinstance(part, ast.Name):
            key = analysis.code.key_of(scope, part.id)
            if (key in analysis.code.bindings and part.id not in analysis.code.scopes[0].bound | {"self", "os"}) or (
                key[0] == 0 and _is_value(analysis, key)
            ):
                yield key
            if follow:
                yield from _behind(analysis, key)
        elif isinstance(part, ast.Constant) and isinstance(part.value, str) and _FILE_NAME.fullmatch(part.value):
            yield _base(part.value)
        elif isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == "self":
            yield ("self", part.attr)


def _is_value(analysis: Analysis, key: Key) -> bool:
    """A module-level variable rather than an import or a function."""
    return any(binding.expression is not None for binding in analysis.code.bindings.get(key, ()))


def _behind(analysis: Analysis, key: Key) -> Iterator[object]:
    """Constants a variable was made from; for a parameter also the variables it was called with."""
    parameter = key[0] > 0 and key[1] in analysis.code.scopes[key[0]].parameters
    for binding in analysis.code.bindings.get(key, [])[:16]:
        if binding.expression is None:
            continue
        for token in _named(analysis, binding.expression, binding.scope, follow=False):
            handed_over = parameter and binding.scope != key[0]
            if handed_over or isinstance(token, str):
                yield token


def _walked(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes of an expression, bounded."""
    todo = [node]
    for _ in range(_TOKENS):
        if not todo:
            return
        part = todo.pop()
        yield part
        todo += ast.iter_child_nodes(part)


def _base(path: str) -> str:
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2]
