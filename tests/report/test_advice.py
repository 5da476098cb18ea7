import pytest

from tests.builders import make_facts, make_info, make_snapshot
from tests.inspected import model, repository
from trustaudit.checks._code_graph import Standing, files_that_run
from trustaudit.engine import judge
from trustaudit.filefacts import CodeLoad
from trustaudit.knowledge.loader_advisories import loader_advisories
from trustaudit.report.advice import _HOLDS, advice_for, code_that_would_run, code_to_run


def test_every_entry_can_be_told() -> None:
    assert {entry.when for entry in loader_advisories()} == set(_HOLDS)
    assert all(entry.sentence.startswith("with ") for entry in loader_advisories())


@pytest.mark.parametrize(
    ("files", "library"),
    [
        (("pytorch_model.bin",), "torch"),
        (("model.keras",), "keras"),
        (("model.gguf",), "llama.cpp"),
        (("model.onnx",), "onnx"),
        (("model.skops",), "skops"),
        (("model.nemo",), "nemo_toolkit"),
        (("model_index.json", "pipeline.py"), "diffusers"),
    ],
)
def test_what_matters_for_what_is_there(files: tuple[str, ...], library: str) -> None:
    assert library in [entry.library for entry in advice_for(make_snapshot(files=files))]


def test_custom_code_and_scripts() -> None:
    named = make_snapshot(info=make_info(auto_map=(("AutoModel", "m.M"),)))
    assert [entry.library for entry in advice_for(named)] == ["vllm"]
    load = CodeLoad(what="m.M", trigger="trust_remote_code")
    seen = make_snapshot(file_facts=(make_facts("config.json", "json", loads=(load,)),))
    assert [entry.library for entry in advice_for(seen)] == ["vllm"]
    dataset = make_snapshot("datasets/org/squad", files=("squad.py",))
    assert [entry.library for entry in advice_for(dataset)] == ["datasets"]


def test_plain_safetensors_need_no_advice() -> None:
    assert advice_for(make_snapshot()) == ()


def test_the_code_that_would_run_is_named_with_its_hash() -> None:
    snapshot = model("from .parts import x\n", **{"parts.py": "x = 1\n", "train.py": "x = 2\n"})
    told = code_that_would_run(snapshot)
    assert "modeling_acme.py (sha256:" in told
    assert "parts.py (sha256:" in told
    assert "train.py" not in told
    assert code_that_would_run(make_snapshot()) == ""


def test_the_code_that_would_run_is_listed_for_programs() -> None:
    snapshot = model(
        "from .parts import x\n", **{"parts.py": "x = 1\n", "train.py": "x = 2\n", "handler.py": "y = 1\n"}
    )
    told = code_to_run(snapshot)
    assert [(item.path, item.by) for item in told] == [
        ("modeling_acme.py", "loaded"),
        ("parts.py", "loaded"),
        ("handler.py", "tool"),
    ]
    assert all(item.digest.startswith("sha256:") and item.why for item in told)
    assert judge(snapshot).safe_load.code == told
    assert code_to_run(make_snapshot()) == ()


def test_who_runs_which_file() -> None:
    files = {
        "handler.py": "from .inner import x\nimport outer\n",
        "inner.py": "",
        "outer.py": "",
        "demo.py": "",
        "README.md": "python demo.py\n",
        "sub/config.json": '{"auto_map": {"AutoModel": "modeling_sub.M"}}',
        "sub/modeling_sub.py": "from ..top import y\n",
        "top.py": "",
        "modules.json": '[{"idx": 0, "name": "0", "path": "", "type": "custom_st.Transformer"}]',
        "custom_st.py": "",
        "nothing.py": "",
    }
    standing = {item.path: item.standing for item in files_that_run(repository(files))}
    assert standing == {
        "sub/modeling_sub.py": Standing.LOADED,
        "top.py": Standing.LOADED,
        "custom_st.py": Standing.LOADED,
        "handler.py": Standing.TOOL,
        "inner.py": Standing.TOOL,
        "outer.py": Standing.TOOL,
        "demo.py": Standing.TOLD,
    }


def test_imports_in_a_circle_end() -> None:
    snapshot = model("from . import a\n", **{"a.py": "from . import modeling_acme\nfrom . import a\n"})
    assert [item.path for item in files_that_run(snapshot)] == ["a.py", "modeling_acme.py"]


def test_tagged_custom_code_runs_all_of_the_root() -> None:
    snapshot = repository({"a.py": "", "sub/b.py": ""}, tags=("custom_code",))
    assert [item.path for item in files_that_run(snapshot)] == ["a.py"]
