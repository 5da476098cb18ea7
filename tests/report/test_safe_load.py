from __future__ import annotations

import ast
from fnmatch import fnmatchcase

import pytest
from huggingface_hub.utils import filter_repo_objects

from tests.builders import COMMIT, make_facts, make_file, make_files, make_info, make_snapshot, unavailable
from tests.policy.judging import make_finding
from tests.report.reporting import report
from trustaudit.filefacts import CodeLoad
from trustaudit.finding import Finding
from trustaudit.report.load_calls import literal
from trustaudit.report.model import SafeLoad


def load(
    *paths: str, ref: str = "org/model", findings: tuple[Finding, ...] = (), info: object = None, **more: object
) -> SafeLoad:
    return report(make_snapshot(ref, files=make_files(*paths), info=info, **more), *findings).safe_load  # type: ignore[arg-type]


def called(library: str | None, *paths: str, **info: object) -> SafeLoad:
    return load(*paths, info=make_info(library_name=library, **info))


@pytest.mark.parametrize(
    ("library", "start"),
    [
        ("transformers", 'AutoModel.from_pretrained("org/model", revision='),
        ("diffusers", 'DiffusionPipeline.from_pretrained("org/model", revision='),
        ("sentence-transformers", 'SentenceTransformer("org/model", revision='),
        ("timm", f'timm.create_model("hf_hub:org/model@{COMMIT}"'),
        ("peft", 'PeftModel.from_pretrained(base_model, "org/model", revision='),
        ("some-other", 'snapshot_download("org/model", revision='),
    ],
)
def test_each_library_has_its_call_and_every_call_is_pinned_python(library: str, start: str) -> None:
    made = called(library, "config.json", "model.safetensors")
    assert made.possible
    assert made.call.startswith(start)
    assert COMMIT in made.call
    assert "trust_remote_code=True" not in made.call
    ast.parse(made.call)


def test_the_task_chooses_the_class() -> None:
    made = called("transformers", "model.safetensors", pipeline_tag="text-generation")
    assert made.call.startswith("AutoModelForCausalLM.from_pretrained(")


@pytest.mark.parametrize(
    ("marker", "start"),
    [
        ("adapter_config.json", "PeftModel"),
        ("model_index.json", "DiffusionPipeline"),
        ("modules.json", "SentenceTransformer"),
        ("config.json", "AutoModel"),
    ],
)
def test_without_a_library_name_its_files_tell(marker: str, start: str) -> None:
    assert called(None, marker, "model.safetensors").call.startswith(start)


def test_safetensors_are_taken_and_pickles_left_behind() -> None:
    made = called("transformers", "config.json", "model.safetensors", "pytorch_model.bin", "training_args.bin")
    assert made.use_safetensors is True
    assert "use_safetensors=True, trust_remote_code=False" in made.call
    assert made.allow_patterns == ("*.json", "*.safetensors")


def test_pickles_alone_load_with_weights_only() -> None:
    made = called("transformers", "config.json", "pytorch_model.bin", "training_args.bin")
    assert "use_safetensors=False, weights_only=True" in made.call
    assert any("torch 2.6" in note for note in made.notes)
    assert made.allow_patterns == ("*.bin", "*.json")
    assert made.ignore_patterns == ("training_args.bin",)


def test_a_flagged_pickle_leaves_no_way() -> None:
    flagged = make_finding("medium", path="pytorch_model.bin")
    made = load("config.json", "pytorch_model.bin", findings=(flagged,))
    assert (made.possible, made.call) == (False, "")
    assert "pytorch_model.bin is named by a finding" in made.notes[0]


def test_a_flagged_pickle_beside_safetensors_is_left_out() -> None:
    flagged = make_finding("medium", path="pytorch_model.bin")
    made = load("config.json", "model.safetensors", "pytorch_model.bin", findings=(flagged,))
    assert made.possible
    assert not any(fnmatchcase("pytorch_model.bin", pattern) for pattern in made.allow_patterns)
    assert "look at the findings first" in made.notes


def test_flagged_files_of_allowed_kinds_are_ignored_by_name() -> None:
    flagged = make_finding("high", "low", path="sub/odd[1]*.json")
    made = load("config.json", "model.safetensors", "sub/odd[1]*.json", findings=(flagged,))
    assert [pattern for pattern in made.ignore_patterns if fnmatchcase("sub/odd[1]*.json", pattern)]
    assert not [pattern for pattern in made.ignore_patterns if fnmatchcase("config.json", pattern)]


def test_an_unread_pickle_is_not_loaded_either() -> None:
    made = load(
        "config.json",
        "pytorch_model.bin",
        file_facts=(make_facts("config.json", "json"),),
        not_inspected=(("pytorch_model.bin", unavailable()),),
    )
    assert not made.possible


def test_a_block_says_do_not_load() -> None:
    made = load("model.safetensors", findings=(make_finding("critical"),))
    assert (made.possible, made.call, made.notes) == (False, "", ("do not load it",))


@pytest.mark.parametrize("library", ["sklearn", "fastai", "stable-baselines3", "joblib"])
def test_loaders_that_unpickle_freely_have_no_safe_way(library: str) -> None:
    made = called(library, "model.pkl")
    assert not made.possible
    assert made.notes[0].startswith("no safe way")


def test_plain_torch_files_load_with_weights_only() -> None:
    made = called(None, "net.pth")
    assert made.call == f'torch.load(hf_hub_download("org/model", "net.pth", revision="{COMMIT}"), weights_only=True)'


def test_bytes_decide_what_a_bin_file_is() -> None:
    pickled = load("net.bin", info=make_info(library_name=None), file_facts=(make_facts("net.bin", "torch-zip"),))
    assert pickled.call.startswith("torch.load(")
    other = load("model.bin", info=make_info(library_name=None), file_facts=(make_facts("model.bin", "unknown"),))
    assert not other.possible


def test_vocabularies_are_no_weights() -> None:
    assert not called("transformers", "config.json", "spiece.model").possible


def test_keras_archives_load_in_safe_mode() -> None:
    made = called("keras", "metadata.json", "model.keras")
    assert made.call.startswith('keras.saving.load_model(hf_hub_download("org/model", "model.keras", revision=')
    assert "safe_mode=True" in made.call


def test_onnx_runs_from_a_pinned_folder() -> None:
    made = called("onnx", "onnx/model.onnx", "onnx/model_fp16.onnx", "config.json")
    assert made.call.startswith('onnxruntime.InferenceSession(snapshot_download("org/model", revision=')
    assert made.call.endswith(' + "/onnx/model.onnx")')
    assert made.allow_patterns == ("*.json", "*.onnx")
    ast.parse(made.call)


@pytest.mark.parametrize("library", ["transformers", "diffusers", "sentence-transformers", "timm", "peft", "other"])
def test_a_call_never_fetches_a_file_in_question(library: str) -> None:
    flagged = make_finding("medium", path="a/model.safetensors").model_copy(
        update={"others": ("chat_template.jinja", "b/MODEL.SAFETENSORS", "notes.bin")}
    )
    files = ("config.json", "model.safetensors", *flagged.paths, "more.jinja")
    made = load(*files, findings=(flagged,), info=make_info(library_name=library))
    tree = ast.parse(made.call)
    (call,) = [
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "snapshot_download"
    ]
    given = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    fetched = list(
        filter_repo_objects(files, allow_patterns=given["allow_patterns"], ignore_patterns=given["ignore_patterns"])
    )
    assert set(fetched) == {"config.json", "model.safetensors", "more.jinja"}


def test_what_the_call_answers_by_itself_leaves_nothing_out() -> None:
    asked = make_finding("high", "low", path="config.json").model_copy(update={"rule": "third-party-code"})
    assert load("config.json", "model.safetensors", findings=(asked,)).ignore_patterns == ()


def test_configuration_stays_in_reach_of_medium_findings_only() -> None:
    medium, high = (make_finding(how, "low", path="config.json") for how in ("medium", "high"))
    files = ("config.json", "tokenizer.json", "model.safetensors")
    assert load(*files, findings=(medium,)).ignore_patterns == ()
    assert load(*files, findings=(high,)).ignore_patterns == ("config.json",)


def test_gguf_is_downloaded_by_name_and_the_middle_size_is_chosen() -> None:
    made = called("gguf", "m-Q2_K.gguf", "m-Q4_K_M.gguf", "m-Q8_0.gguf")
    assert made.call == f'hf_hub_download("org/model", "m-Q4_K_M.gguf", revision="{COMMIT}")'
    assert "one of 3 GGUF files" in made.notes[1]


def test_data_sets_load_pinned_and_scripts_are_named() -> None:
    assert load("data.parquet", ref="datasets/org/data").call == f'load_dataset("org/data", revision="{COMMIT}")'
    scripted = load("data.py", "data.parquet", ref="datasets/org/data")
    assert any("data.py is a loading script" in note for note in scripted.notes)


def test_spaces_are_not_loaded() -> None:
    assert not load("app.py", ref="spaces/org/app").possible


def test_custom_code_is_left_out_and_said() -> None:
    for more in (
        {"info": make_info(auto_map=(("AutoModel", "m.M"),))},
        {"loads": (CodeLoad(what="m", trigger="trust_remote_code"),)},
    ):
        made = load("config.json", "model.safetensors", **more)
        assert "trust_remote_code=False" in made.call
        assert any("names code to run" in note for note in made.notes)


def test_nothing_to_pin_means_nothing_to_call() -> None:
    assert not report(make_snapshot(commit=None)).safe_load.possible
    assert not report(make_snapshot(files=unavailable())).safe_load.possible
    assert not report(make_snapshot(files=())).safe_load.possible
    assert "no weights" in load("README.md", info=make_info(library_name=None)).notes[0]


def test_incomplete_without_a_look_has_no_call_and_with_one_a_caveat() -> None:
    blind = load("config.json", "model.safetensors", not_inspected=(("config.json", unavailable()),))
    assert blind.notes == ("not before it was looked into",)
    looked = load(
        "config.json",
        "model.safetensors",
        "x.pkl",
        file_facts=(make_facts("config.json", "json"), make_facts("model.safetensors", "safetensors")),
        not_inspected=(("x.pkl", unavailable()),),
    )
    assert looked.possible
    assert any("not everything" in note for note in looked.notes)


@pytest.mark.parametrize("name", ['a"; import os #', "a\\", "a\n b", "\u202ex", "\U0001f600", "'"])
def test_literals_hold_any_name(name: str) -> None:
    text = literal(name)
    assert ast.literal_eval(text) == name
    assert text.isascii()
    assert text.isprintable()
    assert " " not in text


def test_hostile_file_names_stay_inside_their_literal() -> None:
    name = '"), os.system("true").gguf'
    files = make_files(make_file(name))
    made = report(make_snapshot(files=files, info=make_info(library_name="gguf"))).safe_load
    call = ast.parse(made.call, mode="eval").body
    assert isinstance(call, ast.Call)
    assert [ast.literal_eval(argument) for argument in call.args] == ["org/model", name]


def test_skops_files_load_with_nothing_trusted() -> None:
    made = called("sklearn", "model.skops", "model.pkl")
    assert made.call == f'skops.io.load(hf_hub_download("org/model", "model.skops", revision="{COMMIT}"), trusted=[])'
    assert "skops or ONNX" in called("sklearn", "model.pkl").notes[0]


@pytest.mark.parametrize("name", ["model.h5", "model.hdf5"])
def test_old_keras_files_have_no_safe_mode(name: str) -> None:
    made = called("keras", name)
    assert not made.possible
    assert "no safe way" in made.notes[0]
