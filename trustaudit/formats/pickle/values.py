"""Symbolic values: what is known of an object that unpickling would make.

None, bool, int, float, str, bytes, tuple, list, dict stand for themselves (long ones are
cut, see machine.py); everything else is one of the classes here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class GlobalRef:
    """An object brought in by name; ``module`` or ``name`` is None when not a constant of the stream."""

    module: str | None
    name: str | None


@dataclass(slots=True, eq=False)
class Instance:
    """The result of calling a watched global, with its arguments and, after BUILD, its state.

    joblib: ``cls.name == "NumpyArrayWrapper"`` and ``state`` is a dict with ``shape`` (tuple of
    int), ``order`` (str), ``dtype`` (an Instance of numpy.dtype when that is watched:
    ``args[0]`` is "f8", "O8", "V16", …, ``state[1]`` the byte order), ``allow_mmap``,
    ``numpy_array_alignment_bytes``. Nothing in it is trustworthy: check every type.
    """

    cls: GlobalRef
    args: object
    state: object = None
