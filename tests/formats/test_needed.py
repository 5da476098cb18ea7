"""What a file's name says about the modules that will read it."""

from __future__ import annotations

from importlib import import_module

import pytest

from trustaudit.formats import needed
from trustaudit.formats.dispatch import INSPECTORS

PYTHON = "trustaudit.formats.python_code"


@pytest.mark.parametrize(
    ("path", "module"),
    [
        ("modeling_x.py", f"{PYTHON}.inspector"),
        ("README.md", "trustaudit.formats.card_text"),
        ("chat_template.jinja", "trustaudit.formats.templates.inspector"),
        ("requirements.txt", "trustaudit.formats.dependencies.inspector"),
        ("config.json", "trustaudit.formats.structured_text"),
        ("sub/pytorch_model.bin", "trustaudit.formats.pickled"),
        ("pytorch_model.BIN", "trustaudit.formats.archive"),
        ("model-Q4_K_M.gguf", "trustaudit.formats.gguf.inspector"),
        ("model-00001-of-00002.safetensors", "trustaudit.formats.safetensors"),
    ],
)
def test_the_inspector_of_a_name_is_loaded(path: str, module: str) -> None:
    assert module in needed.modules_for([path])


def test_large_parts_come_before_what_imports_them_and_each_once() -> None:
    found = list(needed.modules_for(["a.py", "b.py", "README.md"]))
    assert found.index(f"{PYTHON}.taints") < found.index(f"{PYTHON}.flows") < found.index(f"{PYTHON}.inspector")
    assert len(found) == len(set(found))


@pytest.mark.parametrize("path", ["weights", "picture.png", "", ".", "x.unknown", "a/b/.hidden", "\udc80.\x00"])
def test_nothing_is_loaded_for_other_names(path: str) -> None:
    assert list(needed.modules_for([path])) == []


def test_every_module_of_the_tables_is_there() -> None:
    suffixes = {kind for kinds in needed._BY_SUFFIX.values() for kind in kinds}
    assert suffixes <= INSPECTORS.keys()
    for module, parts in needed._PARTS.items():
        for name in (module, *parts):
            assert import_module(name)
