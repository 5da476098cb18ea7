"""Which files can run code, or send a loader elsewhere, when a model is loaded.

Decides one thing: whether a file that could not be read leaves a hole in a verdict. So the
doubtful case counts as "can". An unread file is harmless only if whatever opens a file of
that kind parses it as plain data: a ``.safetensors`` file, for instance, whose loader has no
path to code whatever the bytes are.
"""

from __future__ import annotations

from posixpath import basename
from typing import Final

from trustaudit.knowledge.file_kinds import FileKind, kind_of, kind_of_format
from trustaudit.refs import RepoType

_RUN: Final = frozenset(
    {
        FileKind.PICKLE,
        FileKind.TRAINING_STATE,
        FileKind.CODE_CAPABLE,
        FileKind.AMBIGUOUS,
        FileKind.ARRAYS,
        FileKind.NATIVE,
        FileKind.PYTHON,
        FileKind.TEMPLATE,
    }
)
_ARCHIVES: Final = frozenset({FileKind.ARCHIVE, FileKind.OPAQUE_ARCHIVE, FileKind.PACKAGE})
# ONNX graphs name further files to open. GGUF headers hold vocabularies of up to 15 MB each and a template that every
# current runtime sandboxes: a repository of twenty quantisations may not fit the budget, and that is a note.
_STEERING_WEIGHTS = (".onnx",)
# Whatever the name says: a pickle found in ``notes.txt`` is there to be loaded by somebody.
_PICKLE_FORMATS = ("pickle", "torch", "joblib")
_STEERING_FORMATS = ("onnx",)
# auto_map, chat templates and shard names steer a loader; vocabularies and statistics do not.
_STEERING_CONFIGS = ("config", "index", "template", "modules")


def can_execute(path: str, file_format: str = "", *, repo_type: RepoType = RepoType.MODEL) -> bool:
    """Whether loading may run or follow something in this file.

    ``file_format`` is what the bytes turned out to be; empty when nothing was read. Archives
    count in models only: data sets are sharded into them, and nothing loads code from there.
    """
    kind = kind_of_format(file_format) or kind_of(path)
    if kind in _RUN or kind is FileKind.UNKNOWN or any(word in file_format for word in _PICKLE_FORMATS):
        return True
    if kind in _ARCHIVES:
        return repo_type is RepoType.MODEL
    if kind is FileKind.CONFIG:
        return _is_steering_config(path)
    return file_format in _STEERING_FORMATS or path.casefold().endswith(_STEERING_WEIGHTS)


def is_loadable(path: str, *, surely: bool = False) -> bool:
    """Whether the name alone says that loading it can run code; ``surely`` leaves out names such as ``.bin``."""
    kind = kind_of(path)
    return kind in _RUN and not (surely and kind is FileKind.AMBIGUOUS)


def _is_steering_config(path: str) -> bool:
    name = basename(path).casefold()
    # YAML, TOML and the like can build objects; of JSON only some files are followed.
    return not name.endswith(".json") or any(word in name for word in _STEERING_CONFIGS)
