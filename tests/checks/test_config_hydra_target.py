import pytest

from tests.builders import findings_of, run_check
from tests.checks.templates import repository

NEMO = """
name: asr
model:
  _target_: nemo.collections.asr.models.EncDecCTCModelBPE
  encoder: {_target_: nemo.collections.asr.modules.ConformerEncoder, d_model: 512}
  optim: {_target_: torch.optim.AdamW, lr: 1e-3}
trainer: {_target_: lightning.pytorch.Trainer, callbacks: [{_target_: pytorch_lightning.callbacks.ModelCheckpoint}]}
data: {dir: {_target_: os.path.join, _args_: [a, b]}, act: {_target_: functools.partial}}
"""
SPEECHBRAIN = """
encoder: !new:speechbrain.lobes.features.Fbank
  n_mels: 80
norm: !new:torch.nn.BatchNorm1d
  input_size: !ref <n>
pretrainer: !new:speechbrain.utils.parameter_transfer.Pretrainer
"""
DIFFUSION = """
model:
  target: ldm.models.diffusion.ddpm.LatentDiffusion
  params: {unet_config: {target: sgm.modules.UNet, params: {}}, own: {target: mymodel.Net, params: {}}}
"""


@pytest.mark.parametrize(
    ("text", "severity", "confidence"),
    [
        ("a: {_target_: os.system, _args_: ['true']}", "critical", "high"),
        ("a: {_target_: builtins.eval}", "critical", "high"),
        ("a: {_target_: eval}", "critical", "high"),
        ("a: {_target_: torch.os.system}", "critical", "high"),
        ("a: !apply:subprocess.run\n  - [true]", "critical", "high"),
        ("a: {class_path: os.system}", "critical", "high"),
        ("a: {target: subprocess.Popen, params: {}}", "critical", "high"),
        ("a: {_target_: hydra.utils.get_method, path: torch.nn.ReLU}", "medium", "medium"),
        ("a: {_target_: wave.Wave_read}", "medium", "medium"),
        ("a: {_target_: somepackage.tools.run}", "medium", "low"),
        ("a: {_target_: somepackage.models.Net}", "low", "medium"),
        ("a: {class_path: somepackage.models.Net}", "low", "medium"),
    ],
)
def test_weights(text: str, severity: str, confidence: str) -> None:
    (finding,) = findings_of("config-hydra-target", repository(config_dot_yaml=text)).values()
    assert (finding.severity, finding.confidence) == (severity, confidence)


def test_the_same_in_json_under_any_name() -> None:
    (finding,) = findings_of(
        "config-hydra-target", repository(whatever_dot_json={"x": [{"_target_": "os.system"}]})
    ).values()
    assert finding.severity == "critical"


def test_what_a_forwarding_function_calls() -> None:
    found = findings_of(
        "config-hydra-target", repository(c_dot_yaml="_target_: hydra.utils.get_method\npath: os.system")
    )
    assert {finding.severity for finding in found.values()} == {"critical", "medium"}


@pytest.mark.parametrize("text", [NEMO, SPEECHBRAIN])
def test_long_honest_configurations_pass(text: str) -> None:
    assert run_check("config-hydra-target", repository(model_config_dot_yaml=text)).outcome == "pass"


def test_latent_diffusion_gives_notes_at_most() -> None:
    (finding,) = findings_of("config-hydra-target", repository(v1_inference_dot_yaml=DIFFUSION)).values()
    assert finding.severity == "low"


def test_interpolations_are_no_expressions() -> None:
    text = "paths: {run: ${oc.env:HOME}/x}\nnet: {_target_: torch.nn.Linear}\nprice: $ 5"
    assert run_check("config-hydra-target", repository(config_dot_yaml=text)).outcome == "pass"


def test_code_of_the_repository_itself() -> None:
    snapshot = repository("mymodel/net.py", config_dot_yaml="_target_: mymodel.net.Net")
    (finding,) = findings_of("config-hydra-target", snapshot).values()
    assert finding.severity == "low"


@pytest.mark.parametrize(
    ("value", "severity"),
    [
        ("$torch.device('cpu')", "medium"),
        ("$import subprocess", "high"),
        ("$os.system('true')", "high"),
        ("$().__class__", "high"),
    ],
)
def test_expressions(value: str, severity: str) -> None:
    bundle = {"imports": ["$import torch"], "x": value, "net": {"_target_": "UNet"}}
    (finding,) = findings_of("config-hydra-target", repository(configs__inference_dot_json=bundle)).values()
    assert (finding.key, finding.severity) == ("expressions", severity)


@pytest.mark.parametrize(
    ("kind", "name", "severity"),
    [
        ("py/function", "os.system", "critical"),
        ("py/type", "subprocess.Popen", "critical"),
        ("py/object", "collections.OrderedDict", ""),
    ],
)
def test_objects_of_jsonpickle(kind: str, name: str, severity: str) -> None:
    found = findings_of("config-hydra-target", repository(model_dot_json={"py/reduce": [{kind: name}]}))
    assert [finding.severity for finding in found.values()] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("$__import__('os').system('true')", "high"),
        ("$HOME/data", ""),
        ("$HOME/os.log", ""),
        ("${hydra:runtime.os.name}", ""),
        ("${__import__('os').system('true')}", "high"),
        ("$(pwd)/data", ""),
        ("$5 (five)", ""),
        ("$lookup(a)", ""),
    ],
)
def test_values_where_a_monai_bundle_has_its_configurations(text: str, severity: str) -> None:
    found = findings_of("config-hydra-target", repository(configs__inference_dot_yaml=f"x: {text}\n"))
    assert [finding.severity for finding in found.values()] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("$setattr(torch.backends.cudnn, 'benchmark', True)", "medium"),
        ("$setattr(torch.backends.cudnn, 'benchmark', print('x'))", "high"),
        ("$setattr(torch, 'load', True)", "high"),
        ("$setattr(torch.backends.cudnn, 'benchmark', True) or setattr(x, 'y', 1)", "high"),
    ],
)
def test_switches_of_torch_in_monai_bundles(text: str, severity: str) -> None:
    """Every bundle of the model zoo turns cudnn's benchmark on; nothing else is a switch."""
    bundle = {"bundle_root": ".", "initialize": [text]}
    found = findings_of("config-hydra-target", repository(configs__inference_dot_json=bundle))
    assert [finding.severity for finding in found.values()] == [severity]
