import pytest

from tests.builders import findings_of, run_check
from tests.checks.templates import repository
from trustaudit.snapshot import Snapshot


def modules(kind: str, *others: str) -> Snapshot:
    first = {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}
    return repository(*others, modules_dot_json=[first, {"idx": 1, "name": "1", "path": "1_X", "type": kind}])


@pytest.mark.parametrize(
    ("kind", "severity", "confidence"),
    [
        ("os.system", "critical", "high"),
        ("evil_package.Module", "high", "medium"),
        ("wave.Wave_read", "high", "high"),
        ("transformers.AutoModel", "medium", "medium"),
    ],
)
def test_modules_of_sentence_transformers(kind: str, severity: str, confidence: str) -> None:
    (finding,) = findings_of("config-module-import", modules(kind)).values()
    assert (finding.severity, finding.confidence) == (severity, confidence)


def test_modules_that_lie_in_the_repository() -> None:
    (finding,) = findings_of("config-module-import", modules("custom_st.Transformer", "custom_st.py")).values()
    assert finding.severity == "medium"


@pytest.mark.parametrize(
    "kind", ["sentence_transformers.models.Pooling", "pylate.models.Dense", "jinaai/x--custom_st.Transformer"]
)
def test_ordinary_modules_pass(kind: str) -> None:
    assert run_check("config-module-import", modules(kind)).outcome == "pass"


@pytest.mark.parametrize(
    ("name", "severity"), [("torch.nn.modules.activation.Tanh", ""), ("os.abort", "critical"), ("evil.Act", "high")]
)
def test_activation_functions(name: str, severity: str) -> None:
    dense = {"in_features": 1, "out_features": 2, "bias": True, "activation_function": name}
    found = findings_of("config-module-import", repository(**{"2_Dense__config_dot_json": dense}))
    assert [finding.severity for finding in found.values()] == ([severity] if severity else [])


HONEST_PIPELINE = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.30.0",
    "feature_extractor": ["transformers", "CLIPImageProcessor"],
    "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
    "image_encoder": [None, None],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "requires_safety_checker": True,
    "size": [512, 512],
}


def test_honest_pipelines_pass() -> None:
    assert run_check("config-module-import", repository(model_index_dot_json=HONEST_PIPELINE)).outcome == "pass"


@pytest.mark.parametrize(("library", "outcome"), [("kolors", "pass"), ("latte", "pass"), ("colors", "finding")])
def test_components_of_a_family_come_from_its_pipelines(library: str, outcome: str) -> None:
    """Kolors keeps its text encoder with its pipeline: ``diffusers.pipelines.kolors.ChatGLMModel``."""
    index = {**HONEST_PIPELINE, "text_encoder": [library, "ChatGLMModel"]}
    assert run_check("config-module-import", repository(model_index_dot_json=index)).outcome == outcome


@pytest.mark.parametrize(
    ("component", "others", "severity", "confidence"),
    [
        (["my_unet", "Net"], ("unet/my_unet.py",), "medium", "medium"),
        (["my_unet", "Net"], (), "high", "low"),
        (["os", "system"], (), "critical", "high"),
        ([None, "Net"], (), "high", "low"),
        ([["a"], "Net"], (), "high", "low"),
    ],
)
def test_components(component: list[object], others: tuple[str, ...], severity: str, confidence: str) -> None:
    snapshot = repository(*others, model_index_dot_json={**HONEST_PIPELINE, "unet": component})
    (finding,) = findings_of("config-module-import", snapshot).values()
    assert (finding.severity, finding.confidence) == (severity, confidence)


@pytest.mark.parametrize(
    ("library", "severity"),
    [
        ("transformers.models.llama", ""),
        ("transformers_modules.org.x", ""),
        ("__main__", ""),
        ("os", "critical"),
        ("evil", "high"),
    ],
)
def test_parent_library_of_adapters(library: str, severity: str) -> None:
    adapter = {"peft_type": "LORA", "auto_mapping": {"base_model_class": "Model", "parent_library": library}}
    found = findings_of("config-module-import", repository(adapter_config_dot_json=adapter))
    assert [finding.severity for finding in found.values()] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("module", "severity"),
    [("mlflow.sklearn", ""), ("mlflow.pyfunc.model", ""), ("evil.loader", "high"), ("subprocess.run", "critical")],
)
def test_loader_modules(module: str, severity: str) -> None:
    text = f"flavors:\n  python_function:\n    loader_module: {module}\n    python_version: 3.10\n"
    found = findings_of("config-module-import", repository(MLmodel=text))
    assert [finding.severity for finding in found.values()] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("kind", "severity"),
    [
        ("sentence_transformers.sparse_encoder.models.MLMTransformer.MLMTransformer", ""),
        ("torch.serialization.pickle", "critical"),
        ("joblib.memory.numpy_pickle", "medium"),
        ("evil.Route", "high"),
    ],
)
@pytest.mark.parametrize("name", ["router_config_dot_json", "1_Asym__config_dot_json"])
def test_routes_of_sentence_transformers(name: str, kind: str, severity: str) -> None:
    """``load`` of the named class is called with a folder of the repository: of a module, that unpickles."""
    config = {"types": {"query_0": kind}, "structure": {"query": ["query_0"]}, "parameters": {}}
    found = findings_of("config-module-import", repository(**{name: config}))
    assert [finding.severity for finding in found.values()] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("name", "severity"),
    [("sentence_transformers.models.tokenizer.WhitespaceTokenizer.WhitespaceTokenizer", ""), ("os.system", "critical")],
)
def test_tokenizers_of_word_embeddings(name: str, severity: str) -> None:
    config = {"tokenizer_class": name, "update_embeddings": False, "max_seq_length": 100}
    found = findings_of("config-module-import", repository(wordembedding_config_dot_json=config))
    assert [finding.severity for finding in found.values()] == ([severity] if severity else [])


def test_types_without_routes_are_data() -> None:
    config = {"types": {"a": "os.system"}, "structure": "tree", "tokenizer_class": "BertTokenizer"}
    assert run_check("config-module-import", repository(config_dot_json=config)).outcome == "pass"


@pytest.mark.parametrize(
    ("library", "hint", "severity"),
    [
        ("diffusers", ["diffusers", "UNet2DConditionModel"], ""),
        (None, [None, None], ""),
        (None, ["os", "system"], "critical"),
        ("subprocess", ["diffusers", "UNet2DConditionModel"], "critical"),
    ],
)
def test_components_of_modular_pipelines(library: str | None, hint: list[str | None], severity: str) -> None:
    spec = {"repo": "org/base", "subfolder": "unet", "type_hint": hint}
    index = {"_class_name": "ModularPipeline", "_diffusers_version": "0.36.0"}
    index_of = {**index, "unet": [library, library and "UNet2DConditionModel", spec]}
    found = findings_of("config-module-import", repository(modular_model_index_dot_json=index_of))
    assert [finding.severity for finding in found.values()] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("core", "settings", "severity"),
    [("megatron.core", None, ""), ("megatron.core", {"a": 1}, ""), ("os", None, ""), ("os", {"a": 1}, "critical")],
)
def test_megatron_core_of_adapters_is_imported_with_its_settings(
    core: str, settings: dict[str, int] | None, severity: str
) -> None:
    adapter = {"peft_type": "LORA", "megatron_config": settings, "megatron_core": core}
    found = findings_of("config-module-import", repository(adapter_config_dot_json=adapter))
    assert [finding.severity for finding in found.values()] == ([severity] if severity else [])
