import pytest

from tests.builders import findings_of, run_check
from tests.checks.templates import repository


@pytest.mark.parametrize(
    ("config", "severity", "confidence"),
    [
        ({"_attn_implementation_internal": "evil/kernel"}, "critical", "high"),
        ({"text_config": {"_experts_implementation_internal": "evil/kernel:fn"}}, "critical", "high"),
        ({"_attn_implementation_internal": "paged|evil/kernel"}, "critical", "high"),
        ({"_attn_implementation_internal": "kernels-community/flash-attn"}, "medium", "medium"),
        ({"attn_implementation": "evil/kernel@main:fn"}, "high", "high"),
        ({"attn_implementation": "paged|evil/kernel"}, "high", "high"),
        ({"_attn_implementation": {"text": "evil/kernel"}}, "high", "high"),
        ({"attn_implementation": "org/kernel"}, "medium", "medium"),
        ({"attn_implementation": "kernels-community/flash-attn"}, "info", "medium"),
        ({"matcher": {"trust_remote_code": True, "auto_map": {"AutoModel": "x.Y"}}}, "high", "medium"),
        ({"matcher": {"trust_remote_code": True, "_name_or_path": "evil/model"}}, "high", "medium"),
        ({"matcher": {"trust_remote_code": True}}, "low", "medium"),
        ({"trust_remote_code": True}, "info", "medium"),
    ],
)
def test_weights(config: dict[str, object], severity: str, confidence: str) -> None:
    (finding,) = findings_of("config-bypass", repository(config_dot_json=config)).values()
    assert (finding.severity, finding.confidence) == (severity, confidence)
    assert finding.location.path == "config.json"


def test_a_model_that_needs_code_anyway_weighs_less() -> None:
    config = {"auto_map": {"AutoModel": "x.Y"}, "llm": {"trust_remote_code": True, "auto_map": {"AutoModel": "z.Y"}}}
    (finding,) = findings_of("config-bypass", repository(config_dot_json=config)).values()
    assert (finding.severity, finding.confidence) == ("medium", "low")


def test_ordinary_settings_pass() -> None:
    config = {"_attn_implementation": "sdpa", "attn_implementation": "flash_attention_2", "trust_remote_code": False}
    assert run_check("config-bypass", repository(config_dot_json=config)).outcome == "pass"


@pytest.mark.parametrize(("trusts", "severity"), [(True, "high"), (False, "")])
def test_the_tokenizer_of_a_prompt_that_is_tuned(trusts: bool, severity: str) -> None:
    adapter = {
        "peft_type": "PROMPT_TUNING",
        "tokenizer_name_or_path": "stranger/tokenizer",
        "tokenizer_kwargs": {"trust_remote_code": trusts},
    }
    found = findings_of("config-bypass", repository(adapter_config_dot_json=adapter)).values()
    assert max((str(finding.severity) for finding in found), key=["low", "high"].index, default="") == severity
