"""The state of one pickle stream while it is executed, and the ways in which execution is interrupted."""

from __future__ import annotations

from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from trustaudit.formats.pickle.facts import ARGUMENTS_DECIDE, PickleFacts
from trustaudit.formats.pickle.memo import Memo
from trustaudit.formats.pickle.values import GlobalRef, Instance, is_importable

MAX_LINE = 64 * 1024
"""Longest text argument that is read as a whole; longer ones are passed over."""

MAX_INSTANCES = 50_000
"""Watched objects kept with their arguments; an honest file has one dtype per array at most."""

MAX_TARGETS = 500
"""Distinct objects noted as changed after their creation; more would say nothing new."""

NESTED_LOADERS = frozenset(
    {
        ("pickle", "load"),
        ("pickle", "loads"),
        ("pickle", "_load"),
        ("pickle", "_loads"),
        ("_pickle", "load"),
        ("_pickle", "loads"),
        ("dill", "load"),
        ("dill", "loads"),
        ("dill._dill", "load"),
        ("dill._dill", "loads"),
        ("cloudpickle", "load"),
        ("cloudpickle", "loads"),
        ("cloudpickle.cloudpickle", "load"),
        ("cloudpickle.cloudpickle", "loads"),
        ("joblib", "load"),
        ("joblib.numpy_pickle", "load"),
        ("numpy", "load"),
        ("numpy.lib.npyio", "load"),
        ("numpy.lib._npyio_impl", "load"),
        ("pandas", "read_pickle"),
        ("pandas.io.pickle", "read_pickle"),
        ("torch", "load"),
        ("torch.serialization", "load"),
        ("torch.serialization", "_load"),
        ("torch.serialization", "_legacy_load"),
        ("torch.storage", "_load_from_bytes"),
        ("torch._utils_internal", "load"),
        ("torch.utils._config_module", "ConfigModule.load_config"),
        ("torch.utils.data.datapipes.utils.decoder", "basichandlers"),
    }
)
"""Functions that unpickle an argument. A constant handed to them is read as a pickle itself."""

FOLDED = frozenset(
    {
        ("_codecs", "encode"),
        ("codecs", "encode"),
        ("builtins", "bytes"),
        ("builtins", "bytearray"),
        ("io", "BytesIO"),
        ("_io", "BytesIO"),
    }
)
"""Functions whose result on constants is a bytes constant again; protocol 2 writes bytes with the first."""


FORWARDING: dict[tuple[str | None, str | None], tuple[int, int | None]] = {
    ("copyreg", "_reconstructor"): (0, None),
    ("copyreg", "__newobj__"): (0, None),
    ("copyreg", "__newobj_ex__"): (0, 1),
    ("torch._tensor", "_rebuild_from_type"): (0, 2),
    ("torch._tensor", "_rebuild_from_type_v2"): (0, 2),
    ("torch.tensor", "_rebuild_from_type"): (0, 2),
    ("torch.tensor", "_rebuild_from_type_v2"): (0, 2),
    ("numpy.random._pickle", "__bit_generator_ctor"): (0, None),
    ("numpy.random._pickle", "__generator_ctor"): (1, 0),
    ("numpy.random._pickle", "__randomstate_ctor"): (1, 0),
    ("jax._src.array", "_reconstruct_array"): (0, 1),
}
"""Functions of honest files that call one of their arguments: its index, and that of what they call it with
(None: whatever follows). Sources: these functions, in CPython 3.11, torch 2.13, NumPy 2.4, JAX 0.4."""

NAMING = frozenset(
    {
        ("dill._dill", "_import_module"),
        ("dill._dill", "_get_attr"),
        ("dill.dill", "_import_module"),
        ("dill.dill", "_get_attr"),
        ("dill", "_import_module"),
        ("cloudpickle.cloudpickle", "subimport"),
        ("cloudpickle", "subimport"),
        ("joblib.externals.cloudpickle.cloudpickle", "subimport"),
    }
)
"""Functions that fetch what their arguments name: a module by text, an attribute of one."""

FIRST_PLAIN_PROTOCOL = 3
"""Below it Python 2 names are rewritten before import."""

TOO_MANY = GlobalRef(None, None)
"""Stands for every global beyond the limit."""


class Interruption(Exception):  # noqa: N818 - not an error: how an opcode leaves the inner loop
    """An opcode hands control back; ``position`` (in the buffer) is where reading goes on."""

    def __init__(self, position: int = 0) -> None:
        super().__init__()
        self.position = position


class NeedMore(Exception):  # noqa: N818 - not an error: more data is to come
    """The argument is not there yet: run the opcode again with more data."""


class Stopped(Interruption):
    """STOP."""


class Paused(Interruption):
    """The BUILD of an object that the container asked for."""


class Framed(Interruption):
    """FRAME: the loop has a new boundary."""


class Payload(StrEnum):
    """What a counted argument is decoded to."""

    TEXT = "text"
    STRING = "string"
    BYTES = "bytes"
    NUMBER = "number"


class LongPayload(Interruption):
    """A counted argument of ``size`` bytes, too long to be kept, starts at ``position``."""

    def __init__(self, position: int, size: int, kind: Payload) -> None:
        super().__init__(position)
        self.size = size
        self.kind = kind


class LongLine(Interruption):
    """A text argument without an end in sight starts at ``position``; ``lines`` are left to pass over."""

    def __init__(self, position: int, lines: int) -> None:
        super().__init__(position)
        self.lines = lines


class Malformed(Exception):  # noqa: N818 - a fact about the stream
    """CPython fails here for certain."""


class LimitHit(Exception):  # noqa: N818 - a fact about the stream
    """A limit was reached; ``args[0]`` names it."""


class NestedReading(Protocol):
    """Reads constants that are pickles themselves: ``nesting.py``."""

    def constant(self, raw: bytes, offset: int) -> None:
        """A bytes constant starts like a pickle."""
        ...

    def argument(self, raw: bytes, offset: int) -> bool:
        """A loader is called with ``raw``; whether that is a pickle."""
        ...


Handler = Callable[["StreamState", bytes, int], int]
"""Executes one opcode: state, buffer, position after the opcode byte; returns where the next opcode starts."""


class StreamState:
    """Stack, marks, memo and surroundings of one stream. Offsets: ``base`` + position in the buffer.

    ``marks`` holds stack heights, as in CPython's C unpickler. ``end`` is the length of the
    valid data in the buffer.
    """

    __slots__ = (
        "base",
        "depth",
        "end",
        "facts",
        "frame_end",
        "handlers",
        "instances",
        "marks",
        "memo",
        "nesting",
        "pause_on",
        "paused_on",
        "protocol",
        "protocols",
        "refs",
        "result",
        "stack",
        "start",
        "stream",
        "targets",
        "watch",
    )

    def __init__(
        self,
        facts: PickleFacts,
        *,
        stream: int,
        depth: int,
        watch: frozenset[tuple[str, str]],
        pause_on: frozenset[tuple[str, str]],
    ) -> None:
        self.facts = facts
        self.stream = stream
        self.depth = depth
        self.watch = watch
        self.pause_on = pause_on
        self.stack: list[object] = []
        self.marks: list[int] = []
        self.memo = Memo(facts.limits.memo)
        self.protocol = 0
        self.protocols: set[int] = set()
        self.base = 0
        self.end = 0
        self.frame_end: int | None = None
        self.start = 0
        self.handlers: list[Handler] = []
        self.refs: dict[tuple[str | None, str | None, str, bool], GlobalRef] = {}
        self.instances = 0
        self.paused_on: Instance | None = None
        self.result: object = None
        self.targets: dict[tuple[str, str], None] = {}
        self.nesting: NestedReading

    def observe(self, kind: str, message: str, position: int, **data: str) -> None:
        """An observation about the opcode that starts at ``position`` of the buffer."""
        self.facts.observe(kind, message, offset=self.base + position, length=None, **data)

    def target(self, opcode: str, target: str) -> None:
        """Note what BUILD or a filling opcode worked on, other than a plain container."""
        if len(self.targets) < MAX_TARGETS:
            self.targets[opcode, target] = None

    def global_ref(
        self, module: str | None, name: str | None, opcode: str, position: int, spelled: str = ""
    ) -> GlobalRef:
        """The object of that name: renamed as CPython would, recorded, one per name and stream.

        ``spelled`` says what stands in the stream when ``module`` or ``name`` is not known.
        """
        old_names = self.protocol < FIRST_PLAIN_PROTOCOL
        key = (module, name, spelled, old_names)
        ref = self.refs.get(key)
        if ref is not None:
            return ref
        if len(self.refs) >= self.facts.limits.globals:
            self.facts.reach("globals")
            return TOO_MANY
        ref = GlobalRef(module, name, spelled, opcode, self.base + position, self.protocol)
        if old_names and module is not None and name is not None:
            _rename(ref, module, name)
        self.refs[key] = ref
        self._register(ref, position)
        return ref

    def _register(self, ref: GlobalRef, position: int) -> None:
        exact = (ref.module, ref.name)
        ref.pauses = exact in self.pause_on
        ref.watched = ref.pauses or exact in self.watch
        ref.loads = exact in NESTED_LOADERS
        ref.folds = exact in FOLDED
        ref.forwards = exact in FORWARDING
        ref.decided = exact in ARGUMENTS_DECIDE
        ref.names = exact in NAMING
        ref.special = ref.watched or ref.loads or ref.folds or ref.forwards or ref.decided or ref.names
        self.facts.referenced(ref, self.stream, self.depth)
        if not all(is_importable(part) for part in exact if part is not None):
            self.observe(
                "pickle-name-characters", "a name that no Python program would import", position, name=ref.qualified
            )


def _rename(ref: GlobalRef, module: str, name: str) -> None:
    """Python 2 names, rewritten as CPython's ``fix_imports`` does; both spellings are kept."""
    ref.module, ref.name = NAME_MAPPING.get((module, name)) or (IMPORT_MAPPING.get(module, module), name)
    if (ref.module, ref.name) != (module, name):
        ref.spelled = f"{module}.{name}"
