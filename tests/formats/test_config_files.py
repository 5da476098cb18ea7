from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.inspecting import kinds, notes, only
from trustaudit.filefacts import Coverage, FileFacts
from trustaudit.formats.config import files
from trustaudit.formats.config.files import inspect_json_config
from trustaudit.formats.config.git_files import settings_of
from trustaudit.formats.config.modelfile import instructions_of
from trustaudit.formats.config.yaml_events import MAX_DEPTH, parse_yaml
from trustaudit.formats.dispatch import inspect_file
from trustaudit.formats.drivers import inspect_bytes
from trustaudit.formats.interface import Source


def inspect(path: str, content: object) -> FileFacts:
    data = content.encode() if isinstance(content, str) else json.dumps(content).encode()
    return inspect_bytes(inspect_file, data, path)


def loads(path: str, content: object) -> set[tuple[str, str, str]]:
    return {(load.source, load.what, load.declared_in) for load in inspect(path, content).loads}


REFERENCES = {"AutoConfig": "configuration_x.XConfig", "AutoModel": "owner/code--modeling_x.XModel"}
EXPECTED = {
    ("", "configuration_x.XConfig", "auto_map.AutoConfig"),
    ("owner/code", "modeling_x.XModel", "auto_map.AutoModel"),
}


@pytest.mark.parametrize(
    "path",
    ["config.json", "tokenizer_config.json", "preprocessor_config.json", "sub/folder/generation_config.json", "x.json"],
)
def test_auto_map_in_any_file(path: str) -> None:
    assert loads(path, {"model_type": "x", "auto_map": REFERENCES}) == EXPECTED


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"auto_map": REFERENCES}),
        "\ufeff" + json.dumps({"auto_map": REFERENCES}),
        " " * 5000 + json.dumps({"auto_map": REFERENCES}),
        json.dumps({"auto_map": REFERENCES}).replace("auto_map", "auto\\u005fmap"),
        '{"class_name": "X", "config": {}, "auto_map": ' + json.dumps(REFERENCES) + "}",
        '{"learner": {}, "auto_map": ' + json.dumps(REFERENCES) + "}",
        "\x01" + json.dumps({"auto_map": REFERENCES}),
    ],
)
def test_auto_map_however_it_is_written(text: str) -> None:
    if text.startswith("\x01"):
        assert only(inspect("config.json", text), "config-unparsable").get("mentions") == "auto_map"
    else:
        assert loads("config.json", text) == EXPECTED


def test_auto_map_in_other_encodings() -> None:
    data = json.dumps({"auto_map": REFERENCES}).encode("utf-16")
    facts = inspect_bytes(inspect_file, data, "config.json")
    assert {load.what for load in facts.loads} == {"configuration_x.XConfig", "modeling_x.XModel"}


def test_shapes_of_auto_map() -> None:
    assert loads("c.json", {"auto_map": {"AutoTokenizer": ["a.Slow", None]}}) == {
        ("", "a.Slow", "auto_map.AutoTokenizer")
    }
    assert loads("c.json", {"auto_map": "a.B"}) == {("", "a.B", "auto_map")}
    assert loads("c.json", {"text": {"auto_map": {"X": "../a.B"}}}) == {("", "../a.B", "text.auto_map.X")}
    assert loads("c.json", {"a": [{"auto_map": {"X": "a.B"}}]}) == {("", "a.B", "a[0].auto_map.X")}
    assert loads("c.json", {"auto_map": {"X": 3, "Y": {}}}) == set()


def test_a_key_that_stands_twice_is_followed_both_times() -> None:
    text = '{"auto_map": {"AutoModel": "owner/code--modeling_x.XModel"}, "auto_map": {"AutoConfig": "configuration_x.XConfig"}}'
    facts = inspect("config.json", text)
    assert {load.what for load in facts.loads} == {"configuration_x.XConfig", "modeling_x.XModel"}
    assert only(facts, "config-duplicate-key").get("steers") == "yes"


def test_other_fields_that_load_code() -> None:
    revision = "a" * 40
    facts = inspect("config.json", {"auto_map": {"A": "o/r--m.C"}, "code_revision": revision})
    assert facts.loads[0].revision == revision
    assert loads("c.json", {"custom_pipelines": {"pair": {"impl": "pair.Pipe"}}}) == {
        ("", "pair.Pipe", "custom_pipelines.pair.impl")
    }
    assert loads("c.json", {"custom_generate": "o/r"}) == {("o/r", "custom_generate/generate.py", "custom_generate")}
    assert loads("c.json", {"anything": "o/r--m.C"}) == {("o/r", "m.C", "anything")}
    assert loads("c.json", {"title": "a -- b", "path": "x--y", "pattern": "a/b/c--d.e"}) == set()


@pytest.mark.parametrize(
    ("content", "sign"),
    [
        ({"_attn_implementation_internal": "evil/kernel"}, "kernel-internal"),
        ({"a": {"_experts_implementation_internal": "evil/kernel@v1:fn"}}, "kernel-internal"),
        ({"attn_implementation": "evil/kernel:fn"}, "kernel"),
        ({"_attn_implementation": {"text": "evil/kernel"}}, "kernel"),
        ({"kernel_config": {"RMSNorm": "evil/kernel:Norm"}}, "kernel"),
        ({"trust_remote_code": True}, "trust-top"),
        ({"a": {"trust_remote_code": True}}, "trust-nested"),
        ({"a": {"trust_remote_code": True, "auto_map": {}}}, "trust-nested-near-code"),
        ({"a": {"trust_remote_code": True, "_name_or_path": "o/r"}}, "trust-nested-near-code"),
    ],
)
def test_keys_that_answer_for_the_caller(content: object, sign: str) -> None:
    assert only(inspect("config.json", content), "config-override").get("sign") == sign


def test_ordinary_settings_override_nothing() -> None:
    ordinary = {"_attn_implementation": "flash_attention_2", "attn_implementation": None, "trust_remote_code": False}
    assert kinds(inspect("config.json", ordinary)) == set()


@pytest.mark.parametrize(
    ("path", "text", "key", "target"),
    [
        ("config.yaml", "a:\n  _target_: os.system\n", "_target_", "os.system"),
        ("config.yaml", "a: &x os.system\nb:\n  _target_: *x\n", "_target_", "os.system"),
        ("config.yaml", 'a: {"_target_": "o\\x73.system"}', "_target_", "os.system"),
        ("config.yaml", "model:\n  target: ldm.Model\n  params: {}\n", "target", "ldm.Model"),
        ("config.yaml", "model:\n  class_path: a.b.C\n", "class_path", "a.b.C"),
        ("hyperparams.yaml", "model: !new:speechbrain.x.Y\n  a: 1\n", "!new", "speechbrain.x.Y"),
        ("hyperparams.yaml", "f: !apply:os.system\n  - x\n", "!apply", "os.system"),
        ("config.json", '{"a": [{"_target_": "os.system"}]}', "_target_", "os.system"),
        ("any.json", '{"_t\\u0061rget_": "os.system"}', "_target_", "os.system"),
        ("config.yaml", "---\na: 1\n---\n_target_: os.system\n", "_target_", "os.system"),
        ("config.yaml", "_target_: os.system\n_target_: torch.nn.Linear\n", "_target_", "os.system"),
    ],
)
def test_names_to_import_and_call(path: str, text: str, key: str, target: str) -> None:
    facts = inspect(path, text)
    assert (key, target) in {(note.get("key"), note.get("target")) for note in notes(facts, "config-target")}


def test_what_a_forwarding_function_is_given_counts() -> None:
    facts = inspect("c.yaml", "_target_: hydra.utils.get_method\npath: os.system\n")
    assert {note.get("target") for note in notes(facts, "config-target")} == {"hydra.utils.get_method", "os.system"}


def test_targets_in_prose_are_none() -> None:
    facts = inspect("config.yaml", "target: accuracy\nclass_path: x\ntarget_modules: [a.b]\nlabel:\n  target: a.b\n")
    assert kinds(facts) == set()


def test_expressions_of_monai() -> None:
    bundle = {"imports": ["$import os"], "device": "$torch.device('cpu')", "net": {"_target_": "UNet"}}
    texts = {note.get("text") for note in notes(inspect("inference.json", bundle), "config-expression")}
    assert texts == {"import os", "torch.device('cpu')"}
    assert kinds(inspect("config.json", {"price": "$5", "formula": "$x$"})) == set()


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("a: !!python/object/apply:os.system [x]", "python/object/apply:os.system"),
        ("!<tag:yaml.org,2002:python/name:os.system> ''", "python/name:os.system"),
        ("%TAG ! tag:yaml.org,2002:python/\n---\na: !name:os.system ''", "python/name:os.system"),
        ("a: !!python/tuple [1]", "python/tuple"),
        ("- - !!python/module:os ''", "python/module:os"),
    ],
)
def test_python_tags(text: str, tag: str) -> None:
    assert only(inspect("x.yaml", text), "config-python-tag").get("tag").endswith(tag)


def test_yaml_that_breaks_off_keeps_what_stood_before() -> None:
    facts = inspect("config.yaml", "_target_: os.system\na: [\n")
    assert {"config-target", "yaml-unparsable"} <= kinds(facts)
    assert only(inspect("config.yaml", "a: b: !!python/name:x"), "yaml-unparsable").get("mentions") == "!!python"


def test_yaml_limits() -> None:
    deep = parse_yaml("[" * (MAX_DEPTH + 5))
    assert deep.defect is not None
    assert deep.defect.kind == "yaml-too-deep"
    assert inspect("x.yaml", "[" * (MAX_DEPTH + 5)).coverage is Coverage.PARTIAL
    assert parse_yaml("a: 1\n---\n" * 500).defect is not None
    assert inspect("x.yaml", "# x\n" * 1_100_000).coverage is Coverage.PARTIAL


def test_yaml_without_libyaml_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: &x os.system\nb:\n  _target_: *x\nc: !!python/tuple [1, {d: e}]\n"
    fast = parse_yaml(text)
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    slow = parse_yaml(text)
    assert [d.value for d in slow.documents] == [d.value for d in fast.documents]
    assert slow.tags == fast.tags


def test_lines_are_told() -> None:
    assert only(inspect("c.yaml", "a: 1\nb:\n  _target_: x.y\n"), "config-target").line == 3


@pytest.mark.parametrize(
    ("path", "content", "loader", "name"),
    [
        (
            "modules.json",
            [{"idx": 0, "name": "0", "path": "", "type": "evil.Module"}],
            "sentence-transformers",
            "evil.Module",
        ),
        (
            "1_Dense/config.json",
            {"in_features": 1, "out_features": 2, "activation_function": "a.b"},
            "sentence-transformers",
            "a.b",
        ),
        (
            "config.json",
            {"sentence_transformers": {"activation_fn": "a.b"}},
            "sentence-transformers CrossEncoder",
            "a.b",
        ),
        ("config.json", {"sbert_ce_default_activation_function": "a.b"}, "sentence-transformers CrossEncoder", "a.b"),
        (
            "model_index.json",
            {"_class_name": "P", "_diffusers_version": "1", "unet": ["my_unet", "U"]},
            "diffusers",
            "my_unet.U",
        ),
        (
            "adapter_config.json",
            {"auto_mapping": {"parent_library": "evil", "base_model_class": "C"}},
            "PEFT",
            "evil.C",
        ),
        ("MLmodel", "flavors:\n  python_function:\n    loader_module: evil.mod\n", "MLflow", "evil.mod"),
        ("policy_preprocessor.json", {"steps": [{"class": "evil.Step"}]}, "LeRobot", "evil.Step"),
        ("config.yaml", "pipeline:\n  name: evil.Pipeline\n", "pyannote.audio", "evil.Pipeline"),
    ],
)
def test_what_loaders_import(path: str, content: object, loader: str, name: str) -> None:
    note = only(inspect(path, content), "config-import")
    assert (note.get("loader"), note.get("name")) == (loader, name)


def test_components_that_are_none() -> None:
    index = {"_class_name": "P", "_diffusers_version": "1", "checker": [None, None], "sizes": [1, 2], "flag": True}
    assert kinds(inspect("model_index.json", index)) == set()
    assert loads("model_index.json", {**index, "_class_name": ["my_pipe", "P"]}) == {("", "my_pipe.P", "_class_name")}


def test_paths_of_modules() -> None:
    module = {"idx": 0, "name": "0", "path": "../../other", "type": "sentence_transformers.models.Pooling"}
    assert only(inspect("modules.json", [module]), "config-path").get("escape") == "parent"


def test_templates_in_configurations() -> None:
    facts = inspect("config.json", {"rag": {"prompt_template": "{{ x.__class__ }}"}, "template": "plain words"})
    assert {note.member for note in facts.observations} == {"rag.prompt_template"}


@pytest.mark.parametrize("path", ["tokenizer.json", "vocab.json", "records.json"])
def test_data_is_not_read_on(path: str) -> None:
    data = json.dumps({"model": {"vocab": {str(number): number for number in range(60_000)}}}).encode()
    source = Source(path, len(data))
    facts = inspect_bytes(lambda _: inspect_json_config(source), data, path)
    assert (facts.coverage, facts.bytes_read) == (Coverage.STRUCTURE, 0)


def test_a_configuration_beyond_the_limit_is_not_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_CONFIG", 300_000)
    assert inspect("config.json", " " * 300_000 + "{}").coverage is Coverage.PARTIAL


def test_deep_json_is_told() -> None:
    assert "config-unparsable" in kinds(inspect("config.json", "[" * 100_000))
    deep = '{"a": ' * 500 + '{"auto_map": {"X": "a.B"}}' + "}" * 500
    assert [load.what for load in inspect("config.json", deep).loads] == ["a.B"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[submodule "x"]\n\turl = -u./p\n', {("submodule.x.url", "-u./p")}),
        ('[submodule "x"] url = "a\\tb"\n', {("submodule.x.url", "a\tb")}),
        ("[LFS]\n  URL=https://x\n", {("lfs.url", "https://x")}),
        ("url = outside\n# [a]\n", set()),
    ],
)
def test_git_settings(text: str, expected: set[tuple[str, str]]) -> None:
    assert {(name, value) for _, name, value in settings_of(text)} == expected
    facts = inspect(".gitmodules", text)
    assert {(note.get("name"), note.get("value")) for note in notes(facts, "git-setting")} == expected


def test_git_drivers() -> None:
    text = "*.bin filter=lfs diff=lfs merge=lfs -text\n# *.x filter=no\n*.ipynb filter=strip\n*.y text\n"
    assert only(inspect(".gitattributes", text), "git-driver").get("name") == "strip"


def test_modelfiles() -> None:
    text = 'FROM hf.co/a/b\nPARAMETER stop "x"\nSYSTEM """one\nFROM inside\n"""\nADAPTER ./lora.gguf\n'
    assert [(line, name) for line, name, _ in instructions_of(text)] == [
        (1, "FROM"),
        (2, "PARAMETER"),
        (3, "SYSTEM"),
        (6, "ADAPTER"),
    ]
    sources = {(note.get("value"), note.get("where")) for note in notes(inspect("Modelfile", text), "modelfile-source")}
    assert sources == {("hf.co/a/b", "remote"), ("./lora.gguf", "file")}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from(["o/r--m.C", "$import os", "a.b", "../x"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.text(max_size=8)
        | st.sampled_from(
            ["auto_map", "_target_", "type", "path", "idx", "flavors", "steps", "pipeline", "name", "chat_template", "_class_name",
             "custom_pipelines", "trust_remote_code", "attn_implementation", "kernel_config", "auto_mapping", "sentence_transformers"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=30,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(JSON, st.sampled_from(["config.json", "modules.json", "model_index.json", "config.yaml", "MLmodel", "x"]))
def test_any_document_is_answered(document: object, path: str) -> None:
    facts = inspect(path, document)
    assert "inspector-error" not in kinds(facts)
    assert not any(kind.endswith("-unreadable") for kind in kinds(facts)), facts.observations
    assert FileFacts.model_validate_json(facts.model_dump_json()) == facts


NAMES = ["config.json", "config.yaml", "Modelfile", ".gitmodules", ".gitattributes", "chat_template.jinja"]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode), st.sampled_from(NAMES))
def test_any_bytes_are_answered(data: bytes, path: str) -> None:
    facts = inspect_bytes(inspect_file, data, path)
    assert "inspector-error" not in kinds(facts)
    assert not any(kind.endswith("-unreadable") for kind in kinds(facts)), facts.observations
