"""The identity of the rules: it changes whenever a check, a parser or a table changes.

Results that depend on rules (inspection results in the cache, lockfile entries) carry it.
"""

from __future__ import annotations

import functools
import hashlib
from importlib import resources
from importlib.resources.abc import Traversable

import trustaudit

_RULE_PACKAGES = ("checks", "formats", "identity", "knowledge", "policy")
_CODE_OR_DATA = (".py", ".toml", ".csv", ".json", ".txt", ".gz", ".xz")


@functools.cache
def ruleset_id() -> str:
    """``<version>+<8 hex>``: the digest covers every rule module and table of this installation."""
    digest = hashlib.sha256()
    root = resources.files("trustaudit")
    for package in _RULE_PACKAGES:
        _add(digest, root / package, package)
    return f"{trustaudit.__version__}+{digest.hexdigest()[:8]}"


def _add(digest: hashlib._Hash, folder: Traversable, prefix: str) -> None:
    for item in sorted(folder.iterdir(), key=lambda entry: entry.name):
        name = f"{prefix}/{item.name}"
        if item.is_dir() and item.name != "__pycache__":
            _add(digest, item, name)
        elif item.name.endswith(_CODE_OR_DATA):
            digest.update(f"{name}\0".encode() + item.read_bytes() + b"\0")
