"""The command that a call starts: its text, its program, and whether that is a well-known tool."""

from __future__ import annotations

import ast
import re

from msgspec import Struct

from trustaudit.formats.python_code.texts import UNKNOWN, Texts

_TOOLS = frozenset(
    {"nvidia-smi", "nvcc", "rocm-smi", "rocminfo", "hipcc", "gcc", "g++", "cc", "c++", "clang", "clang++", "cl", "ld"}
    | {"ldconfig", "lscpu", "lspci", "sysctl", "sw_vers", "which", "where", "whereis", "nproc", "clear", "cls", "tput"}
    | {"ffmpeg", "ffprobe", "ffplay", "sox", "soxi", "mpg123", "mecab", "mecab-config", "espeak", "espeak-ng", "lame"}
    | {
        "soffice",
        "libreoffice",
        "pdftotext",
        "pdfinfo",
        "pdftoppm",
        "tesseract",
        "convert",
        "identify",
        "magick",
        "dot",
    }
    | {"opusdec", "opusenc", "flac", "llvm-config", "ptxas", "cuobjdump", "npu-smi", "xpu-smi", "hl-smi", "neuron-ls"}
    | {"tegrastats", "sinfo", "scontrol", "lsb_release", "getconf"}
)
"""Programs that honest model code starts: they ask the machine something, convert media, compile what is named."""

_ASKING = {
    "git": frozenset({"rev-parse", "describe", "log", "status", "--version", "diff", "branch", "show"}),
    "cmake": frozenset({"--version"}),
    "ninja": frozenset({"--version"}),
    "make": frozenset({"--version"}),
    "python": frozenset({"--version", "-V"}),
    "rustc": frozenset({"--version"}),
    "conda": frozenset({"info", "--version"}),
    "docker": frozenset({"--version", "version"}),
}
_SHELL_SIGNS = re.compile(r"[;|`]|&&|\$\(|>(?!\s{0,2}/dev/null|&1)|<")
_INTERPRETERS = frozenset(
    {"python", "python2", "python3", "pythonw", "bash", "sh", "zsh", "dash", "ksh", "fish", "cmd", "powershell", "pwsh"}
    | {"node", "perl", "ruby", "wscript", "cscript", "mshta", "rundll32", "start", "open", "xdg-open", "sudo", "nohup"}
    | {"setsid", "env", "exec", "chmod", "regsvr32", "explorer", "wine"}
)


class Command(Struct, frozen=True):
    """``texts`` are candidates; ``program`` is the first word of the first, empty when not constant."""

    texts: tuple[str, ...]
    program: str
    is_tool: bool
    runs_arguments: bool
    """Whether the program runs what its arguments name: an interpreter, a shell, a launcher."""

    @property
    def shown(self) -> str:
        """The first text for a person, unknown parts as an ellipsis."""
        return (self.texts[0] if self.texts else "").replace(UNKNOWN, "…")


def command_of(call: ast.Call, what: str, scope: int, texts: Texts) -> Command:
    """The command of a call that starts a process."""
    nodes = _command_nodes(call, what)
    candidates = _candidates(nodes, scope, texts)
    program = _program(candidates[0]) if candidates else ""
    known = [text for text in candidates if text.strip(UNKNOWN + " ")]
    is_tool = bool(known) and len(known) == len(candidates) and all(_is_tool(text) for text in candidates)
    through_shell = ".system" in what or "popen" in what.lower() or _shell_argument(call)
    runs = program in _INTERPRETERS or (program == "" and (through_shell or _is_this_python(nodes)))
    return Command(candidates, program, is_tool, runs)


def _is_this_python(nodes: list[ast.expr]) -> bool:
    """``sys.executable`` in front."""
    first = nodes[0] if nodes else None
    if isinstance(first, ast.List | ast.Tuple) and first.elts:
        first = first.elts[0]
    return isinstance(first, ast.Attribute) and first.attr == "executable"


def _command_nodes(call: ast.Call, what: str) -> list[ast.expr]:
    named = [keyword.value for keyword in call.keywords if keyword.arg in ("args", "cmd", "command")]
    if what.startswith(("os.spawn", "os.posix_spawn")):
        return call.args[1:2] if what.startswith("os.spawn") else call.args[:2]
    if what.startswith("os.exec"):
        return call.args[:2]
    if what.endswith("create_subprocess_exec"):
        return call.args
    return call.args[:1] or named


def _candidates(nodes: list[ast.expr], scope: int, texts: Texts) -> tuple[str, ...]:
    if len(nodes) == 1:
        return texts.shape(nodes[0], scope)
    joined = " ".join((texts.shape(node, scope) or (UNKNOWN,))[0] for node in nodes)
    return (joined,) if joined else ()


def _program(text: str) -> str:
    """The base name of the first word; empty when that is not constant. A path into the unknown keeps its end."""
    word = text.strip().partition(" ")[0].strip("\"'")
    name = re.split(r"[/\\]", word)[-1].lower().removesuffix(".exe")
    return "" if UNKNOWN in name else name


def _is_tool(text: str) -> bool:
    """A known tool by its bare name, or below a folder that is not the repository's own."""
    word = text.strip().partition(" ")[0].strip("\"'")
    if _SHELL_SIGNS.search(text) or word.startswith(("./", "../", ".\\")):
        return False
    program = _program(text)
    asked = _ASKING.get(program)
    rest = text.strip().split()[1:2]
    return program in _TOOLS or (asked is not None and bool(rest) and rest[0] in asked)


def _shell_argument(call: ast.Call) -> bool:
    return any(
        keyword.arg == "shell" and not (isinstance(keyword.value, ast.Constant) and not keyword.value.value)
        for keyword in call.keywords
    )
