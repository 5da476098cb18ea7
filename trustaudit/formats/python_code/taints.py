"""Where values come from: the network, a decoder, a credential, a file. Names carry it along, flow-insensitively."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from trustaudit.formats.python_code.linking import local_functions
from trustaudit.formats.python_code.model import ATTRIBUTES, RETURNS, Code, Key
from trustaudit.formats.python_code.names import Names
from trustaudit.formats.python_code.texts import Texts
from trustaudit.knowledge.python_calls import python_calls

Taint = frozenset[str]

_SOURCES = {
    "network": "network",
    "hub": "hub",
    "decode": "decode",
    "credential": "credential",
    "host": "host",
    "spy": "spy",
    "open": "file",
    "site": "site-path",
}
_NODES = 3_000
"""Nodes of one expression that are looked at: a longer one is a table of constants."""

_BLOB = re.compile(r"[A-Za-z0-9+/=_-]{400,}|(?:\\x[0-9a-f]{2}){100,}|[0-9a-fA-F]{400,}")
_CREDENTIAL_PATH = re.compile(
    r"\.ssh(?:/|\\|\b)|id_(?:rsa|ed25519|ecdsa|dsa)\b|\.aws(?:/|\\)?(?:credentials|config)?\b|\.netrc\b|\.git-credentials"
    r"|\.docker/config\.json|\.kube/config|\.npmrc\b|\.pypirc\b|huggingface/(?:token|stored_tokens)|\.huggingface/token"
    r"|\.config/gcloud|application_default_credentials|\.azure/|/etc/(?:shadow|passwd)\b|Login\sData|Local\sState"
    r"|cookies\.sqlite|key4\.db|logins\.json|wallet\.dat|\.electrum|MetaMask|Exodus|\.gnupg|Local\sStorage/leveldb"
    r"|\.bash_history|\.zsh_history|kaggle\.json|/proc/self/environ|/var/run/secrets|169\.254\.169\.254",
    re.IGNORECASE,
)
_PERSISTENCE_PATH = re.compile(
    r"\.bashrc|\.bash_profile|\.zshrc|\.zprofile|\.profile\b|crontab|schtasks|authorized_keys|sitecustomize|usercustomize"
    r"|/etc/(?:cron|profile|rc\.local|init\.d|ld\.so\.preload|systemd|sudoers|environment)|\.config/(?:autostart|systemd)"
    r"|LaunchAgents|LaunchDaemons|CurrentVersion\\{1,2}Run|Start\sMenu\\{1,2}Programs\\{1,2}Startup|\bStartup\\{1,2}"
    r"|\.git/hooks|site-packages[^\n]{0,80}\.pth|config\.fish|\.ssh/config",
    re.IGNORECASE,
)
_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|ACCESS_?KEY|CREDENTIAL|PRIVATE_?KEY|^AWS_", re.IGNORECASE
)
_NOT_SECRET = re.compile(
    r"TOKENIZERS|MAX_.{0,20}TOKENS?|NUM_.{0,20}TOKENS?|TOKEN_(?:ID|LEN|LIMIT|COUNT)", re.IGNORECASE
)


FETCHING = re.compile(
    r"\b(?:curl|wget|aria2c|iwr|certutil|bitsadmin|git\s{1,4}clone)\b|invoke-webrequest|downloadfile|downloadstring",
    re.IGNORECASE,
)
"""Words of commands that download."""


def own_groups(names: Iterable[str]) -> frozenset[str]:
    """The capabilities of a call by its possible names."""
    return frozenset(group for name in names for group in python_calls().capabilities(name))


def text_taints(text: str) -> Iterator[str]:
    """What a constant text is the sign of."""
    short = text[:4000]
    if _CREDENTIAL_PATH.search(short):
        yield "credential-path"
    if _PERSISTENCE_PATH.search(short):
        yield "persistence-path"
    if len(text) >= 400 and _BLOB.search(text[:20_000]):  # noqa: PLR2004 - the shortest blob
        yield "blob"


def is_secret_name(name: str) -> bool:
    """Whether an environment variable of that name holds a secret."""
    return bool(_SECRET_NAME.search(name)) and not _NOT_SECRET.search(name)


class Taints:
    """The origins of every name of a file, settled once; ``of`` answers for any expression."""

    def __init__(self, code: Code, names: Names, texts: Texts) -> None:
        self._code, self._names, self._texts = code, names, texts
        self._known: dict[Key, set[str]] = defaultdict(set)
        self._spread()

    def of(self, node: ast.AST | None, scope: int) -> Taint:
        """Origins of an expression's value."""
        if node is None:
            return frozenset()
        own, needs = self._look(node, scope)
        return frozenset(own.union(*(self._known[key] for key in needs if key in self._known)))

    def of_all(self, nodes: Iterable[ast.AST], scope: int) -> Taint:
        """Origins of several."""
        return frozenset[str]().union(*(self.of(node, scope) for node in nodes))

    def _spread(self) -> None:
        """Each name's own origins, then along the edges until nothing moves."""
        readers: dict[Key, set[Key]] = defaultdict(set)
        todo: list[Key] = []
        for key, bindings in self._code.bindings.items():
            for binding in bindings:
                if binding.expression is None:
                    continue
                own, needs = self._look(binding.expression, binding.scope)
                self._known[key] |= own
                for need in needs:
                    readers[need].add(key)
            if self._known[key]:
                todo.append(key)
        while todo:
            key = todo.pop()
            for reader in readers.get(key, ()):
                if not self._known[key] <= self._known[reader]:
                    self._known[reader] |= self._known[key]
                    todo.append(reader)

    def _look(self, node: ast.AST, scope: int) -> tuple[set[str], set[Key]]:
        """(own origins, names whose origins count too) of one expression, in one walk without recursion."""
        own: set[str] = set()
        needs: set[Key] = set()
        todo: list[ast.AST] = [node]
        for _ in range(_NODES):
            if not todo:
                break
            part = todo.pop()
            todo += self._one(part, scope, own, needs)
        return own, needs

    def _one(self, node: ast.AST, scope: int, own: set[str], needs: set[Key]) -> Iterable[ast.AST]:
        """Note what one node brings; returns the nodes still to look at."""
        match node:
            case ast.Constant(value=str(text)):
                own.update(text_taints(text))
            case ast.Constant(value=bytes(data)):
                own.update(text_taints(data[:4000].decode("latin-1")))
            case ast.Name():
                if node.id == "__file__":
                    own.add("own-file")
                needs.add(self._code.key_of(scope, node.id))
            case ast.Attribute():
                return self._attribute(node, scope, own, needs)
            case ast.Call():
                return self._call(node, scope, own, needs)
            case ast.Subscript():
                if self._environment_item(node.value, node.slice, scope, own):
                    return ()
            case ast.BinOp(op=ast.BitXor()):
                own.add("xor")
        return ast.iter_child_nodes(node)

    def _attribute(self, node: ast.Attribute, scope: int, own: set[str], needs: set[Key]) -> Iterable[ast.AST]:
        if node.attr == "environ" and "os.environ" in self._names.resolve(node, scope):
            own.add("environment")
            return ()
        if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            needs.add((ATTRIBUTES, node.attr))
            return ()
        return (node.value,)

    def _call(self, node: ast.Call, scope: int, own: set[str], needs: set[Key]) -> Iterable[ast.AST]:
        names = self._names.resolve(node.func, scope)
        for name in names:
            own.update(_SOURCES[group] for group in python_calls().capabilities(name) if group in _SOURCES)
        if "process" in own_groups(names) and self._fetches(node, scope):
            own.add("network")
        if node.args and self._environment_call(node, names, scope, own):
            return ()
        needs.update((RETURNS, str(number)) for number in local_functions(self._code, node.func))
        receiver = [node.func.value] if isinstance(node.func, ast.Attribute) else []
        return [*receiver, *node.args, *(keyword.value for keyword in node.keywords)]

    def _fetches(self, node: ast.Call, scope: int) -> bool:
        """Whether a command brings something from the network, whose output is then what it brought."""
        texts = (text for argument in node.args[:1] for text in self._texts.shape(argument, scope))
        return any(FETCHING.search(text) for text in texts)

    def _environment_call(self, node: ast.Call, names: Iterable[str], scope: int, own: set[str]) -> bool:
        """``os.environ.get("KEY")`` and ``os.getenv("KEY")``: one variable, not the environment."""
        if not {"os.getenv", "os.environ.get", "os.environ.pop", "os.environ.setdefault"}.intersection(names):
            return False
        self._one_variable(node.args[0], scope, own)
        return True

    def _environment_item(self, container: ast.expr, index: ast.expr, scope: int, own: set[str]) -> bool:
        if not isinstance(container, ast.Attribute | ast.Name) or "os.environ" not in self._names.resolve(
            container, scope
        ):
            return False
        self._one_variable(index, scope, own)
        return True

    def _one_variable(self, index: ast.expr, scope: int, own: set[str]) -> None:
        if any(is_secret_name(name) for name in self._texts.fold(index, scope)):
            own.add("secret-variable")
