"""Code that loads or builds native code

## What it does
Reports libraries loaded through `ctypes`, `cffi`, `torch.ops.load_library` and the like, and extensions that are
compiled when the model is loaded. Libraries of the system and of CUDA, by their bare names, are left alone.

## Why it matters
Native code does whatever it likes, and nothing here can read it. Compiling at load time runs a compiler on files that
the repository chooses.

## Example
`ctypes.CDLL(os.path.join(os.path.dirname(__file__), "kernels.so"))`

## How to fix
Use the architecture's Python path if it has one, or build the extension yourself from source that you read.

## References
- https://docs.python.org/3/library/ctypes.html
- https://pytorch.org/docs/stable/cpp_extension.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from trustaudit.checks._code import IMPORT, LOAD, CodeFact, code_facts, code_finding
from trustaudit.checks._observed import Weight
from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="code-native-library",
    title="Code that loads or builds native code",
    severity=Severity.HIGH,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_SYSTEM = re.compile(
    r"(?:lib)?(?:c|m|dl|rt|pthread|stdc\+\+|gomp|omp|iomp5|cuda|cudart|nvrtc|cublas\w*|cudnn\w*|nccl|nvidia-ml|hsa\w*|amdhip64"
    r"|mkl_rt|openblas|blas|lapack|z|ssl|crypto|sndfile|sox|espeak(?:-ng)?|kernel32|user32|msvcrt|winmm|System)"
    r"(?:[.-]?[\w.]{0,20}\.(?:so|dll|dylib))?(?:\.\d{1,4}){0,3}",
    re.IGNORECASE,
)


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """One finding per call, bounded in number."""
    return bounded(META, _findings(snapshot))


def _findings(snapshot: Snapshot) -> Iterator[Finding]:
    for fact in code_facts(snapshot, "native", "build"):
        weight = _weight(fact)
        severity = fact.weighed(weight.severity) if weight is not None else Severity.INFO
        if weight is not None and severity is not Severity.INFO:
            what = "compiles native code" if fact.note.kind == "python-build" else "loads a native library"
            yield code_finding(META, fact, what, severity, weight.confidence)


def _weight(fact: CodeFact) -> Weight | None:
    text = fact.note.get("text")
    if fact.note.kind == "python-build":
        return Weight(Severity.MEDIUM, Confidence.MEDIUM)
    if text and _SYSTEM.fullmatch(text):
        return None
    own = "own-file" in fact.note.get("origin").split() or text.startswith(("./", "…/"))
    early = fact.phase in (IMPORT, LOAD)
    if own or (fact.note.get("constant") and text not in ("None", "")):
        return Weight(Severity.HIGH if early else Severity.MEDIUM, Confidence.MEDIUM)
    return Weight(Severity.MEDIUM, Confidence.MEDIUM)
