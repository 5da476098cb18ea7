"""What a zip is, by the names of its members.

A zip can have the members of several layouts at once; each loader sees its own. So every
layout that fits is looked at, and the first gives the format its name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

_TORCH = "trustaudit.formats.torch_zip:note_members"
_STORAGES = r"[^/]*/(?:data|constants|tensors)/\d+"


class Flavour(Struct, frozen=True):
    """A layout. Each of ``needs`` must match some member's whole name.

    ``raw`` matches members that loaders of this layout only copy into tensors, ``script`` those
    that look like Python and are not; ``extras`` name functions that look at the zip as a whole.
    """

    format: str
    needs: tuple[str, ...] = ()
    raw: str = ""
    script: str = ""
    extras: tuple[str, ...] = ()

    def fits(self, names: Sequence[str]) -> bool:
        """Whether members of these names make up this layout."""
        patterns = [re.compile(need) for need in self.needs]
        return all(any(pattern.fullmatch(name) for name in names) for pattern in patterns)


class Layout(Struct, frozen=True):
    """All flavours that fit one zip. ``by_torch``: torch is what loads a file of this name."""

    flavours: tuple[Flavour, ...]
    by_torch: bool = True

    @property
    def format(self) -> str:
        """The name of the first, ``zip`` when none fits."""
        return self.flavours[0].format if self.flavours else "zip"

    @property
    def extras(self) -> tuple[str, ...]:
        """What to run, each once."""
        return tuple(dict.fromkeys(extra for flavour in self.flavours for extra in flavour.extras))

    def is_raw(self, name: str) -> bool:
        """Whether a member of that name is tensor bytes to its loader."""
        return self.by_torch and any(flavour.raw and re.fullmatch(flavour.raw, name) for flavour in self.flavours)

    def is_script(self, name: str) -> bool:
        """Whether a member of that name is TorchScript."""
        return any(flavour.script and re.fullmatch(flavour.script, name) for flavour in self.flavours)


_FLAVOURS: tuple[Flavour, ...] = (
    Flavour("mar", (r"MAR-INF/MANIFEST\.json",), extras=("trustaudit.formats.torch_zip:note_handler",)),
    Flavour(
        "torch-package",
        (r"(?:[^/]+/)?\.data/(?:extern_modules|python_version)",),
        raw=r"[^/]*/\.data/\d+\.storage",
        extras=("trustaudit.formats.torch_zip:note_package",),
    ),
    Flavour(
        "pt2",
        (r"(?:[^/]+/)?(?:archive_format|serialized_exported_program\.json)",),
        raw=r"[^/]*/data/(?:weights/weight|constants/tensor)_\d+",
    ),
    Flavour(
        "torchscript",
        (r"(?:[^/]+/)?constants\.pkl", r"(?:[^/]+/)?(?:code/.*|data\.pkl)"),
        raw=_STORAGES,
        script=r"(?:[^/]+/)?code/.*\.py",
        extras=("trustaudit.formats.torch_zip:note_torchscript", _TORCH),
    ),
    Flavour("torch-zip", (r"(?:[^/]+/)?data\.pkl",), raw=_STORAGES, extras=(_TORCH,)),
    Flavour("skops", (r"schema\.json",), extras=("trustaudit.formats.skops:note_schema",)),
    Flavour(
        "keras",
        (r"config\.json", r"metadata\.json|model\.weights\.h5"),
        extras=("trustaudit.formats.keras.archive:note_config",),
    ),
    Flavour("llamafile", (r"\.args",), extras=("trustaudit.formats.llamafile:note_arguments",)),
    Flavour(
        "stable-baselines3",
        (r"data",),
        extras=("trustaudit.formats.stable_baselines:note_serialized",),
    ),
    Flavour("ooxml", (r"\[Content_Types\]\.xml",), extras=("trustaudit.formats.code_members:note_macros",)),
    Flavour("wheel", (r"[^/]+\.dist-info/(?:WHEEL|METADATA)",)),
    Flavour("jar", (r"META-INF/MANIFEST\.MF",)),
)
_NPZ = Flavour("npz")
_OTHERS = (".npz", ".skops", ".keras", ".mar", ".jar", ".whl")
"""Names by which loaders of other layouts take a zip, whatever members torch would find in it."""


def layout_of(names: Sequence[str], path: str) -> Layout:
    """The layouts of a zip at ``path`` with members of these names."""
    found = tuple(flavour for flavour in _FLAVOURS if flavour.fits(names))
    if not found and names and all(name.endswith(".npy") for name in names):
        found = (_NPZ,)
    return Layout(found, by_torch=not path.lower().endswith(_OTHERS))
