"""CPython's own unpicklers, asked what a stream would import. Runs as a child process with resource limits.

``find_class`` never imports what a stream names: it notes the name, as the default
``find_class`` would have renamed it, and refuses or hands out an inert stub. Protocol: a
4-byte length and the stream on stdin, one JSON line ``{variant: [[module, name], …]}`` on stdout.
"""

from __future__ import annotations

import copyreg
import functools
import io
import json
import pickle
import resource
import signal
import struct
import sys
import types
import warnings
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections.abc import Callable
from typing import Any, Self

EXTENSION = ("extension", "registered")
SECONDS = 5.0
MEMORY = 2 * 1024**3


PROBE = types.ModuleType("__builtin__")
vars(PROBE)["len"] = None  # found unless the name is mapped to builtins


class RefusedError(Exception):
    """Raised instead of importing."""


class _StubType(type):
    def __setitem__(cls, key: object, value: object) -> None:
        pass


class Stub(metaclass=_StubType):
    """Accepts everything that opcodes do to an object."""

    def __new__(cls, *_args: object, **_keywords: object) -> Self:
        return object.__new__(cls)

    def __init__(self, *_args: object, **_keywords: object) -> None:
        pass

    def __call__(self, *_args: object, **_keywords: object) -> Stub:
        return Stub()

    def __setitem__(self, key: object, value: object) -> None:
        pass

    def __setstate__(self, *_state: object) -> None:
        pass

    append = extend = add = __setstate__


def renamed(module: str, name: str) -> tuple[str, str]:
    exact: tuple[str, str] | None = NAME_MAPPING.get((module, name))
    return exact or (IMPORT_MAPPING.get(module, module), name)


def unpickler(base: Any, *, stubs: bool) -> type:  # noqa: ANN401 - two classes without a common base
    """A subclass of one of CPython's unpicklers that imports nothing."""

    class Asking(base):  # type: ignore[misc]
        imports: list[tuple[str, str]]

        def find_class(self, module: str, name: str) -> type[Stub]:
            self.imports.append(renamed(module, name) if self._renames() else (module, name))
            if not stubs:
                raise RefusedError
            return Stub

        def _renames(self) -> bool:
            """Whether fix_imports applies: the protocol is not visible, but what happens to a Python 2 name is."""
            return super().find_class(PROBE.__name__, "len") is len

        def persistent_load(self, _pid: object) -> Stub:
            return Stub()

    return Asking


_REFUSING = unpickler(pickle.Unpickler, stubs=False)
_STUBS = unpickler(pickle.Unpickler, stubs=True)
_PYTHON = unpickler(pickle._Unpickler, stubs=True)

VARIANTS: dict[str, Callable[..., Any]] = {
    "c-refusing": _REFUSING,
    "c-stubs": _STUBS,
    "c-utf8": functools.partial(_STUBS, encoding="utf-8"),
    "python-stubs": _PYTHON,
}


def imports_of(variant: str, data: bytes) -> list[tuple[str, str]]:
    loader = VARIANTS[variant](io.BytesIO(data), buffers=iter(lambda: b"x", None))
    loader.imports = []
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        loader.load()
    except BaseException:  # noqa: BLE001, S110 - whatever a hostile stream provokes; only the names matter
        pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return list(loader.imports)


def _alarm(_number: int, _frame: object) -> None:
    raise RefusedError


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, _alarm)
    warnings.simplefilter("ignore")
    sys.modules[PROBE.__name__] = PROBE
    for code in range(1, 256):
        copyreg.add_extension(EXTENSION[0], f"{EXTENSION[1]}{code}", code)
    while header := sys.stdin.buffer.read(4):
        data = sys.stdin.buffer.read(struct.unpack("<I", header)[0])
        answer = {variant: imports_of(variant, data) for variant in VARIANTS}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
