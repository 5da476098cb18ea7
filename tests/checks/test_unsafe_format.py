from tests.builders import findings_of, make_facts, make_snapshot, run_check, unavailable


def test_pickle_beside_safetensors() -> None:
    snapshot = make_snapshot(files=["pytorch_model.bin", "model.safetensors"])
    (finding,) = findings_of("unsafe-format", snapshot).values()
    assert (finding.severity, finding.location.path) == ("low", "pytorch_model.bin")
    assert "cannot" in finding.message


def test_pickle_alone_is_no_alarm() -> None:
    (finding,) = findings_of("unsafe-format", make_snapshot(files=["vits.pth", "config.yaml"])).values()
    assert finding.severity == "low"
    assert "no safe twin" in finding.message


def test_safe_weights_of_another_folder_may_be_of_another_part() -> None:
    snapshot = make_snapshot(files=["unet/diffusion_pytorch_model.bin", "vae/diffusion_pytorch_model.safetensors"])
    (key,) = findings_of("unsafe-format", snapshot)
    assert key.startswith("elsewhere:")


def test_shards_are_one_finding() -> None:
    shards = [f"pytorch_model-{n:05}-of-00040.bin" for n in range(1, 41)]
    (finding,) = findings_of("unsafe-format", make_snapshot(files=shards)).values()
    assert finding.message.startswith("40 files")


def test_training_leftovers_are_notes() -> None:
    snapshot = make_snapshot(files=["model.safetensors", "training_args.bin", "optimizer.pt", "rng_state_0.pth"])
    assert {f.severity for f in findings_of("unsafe-format", snapshot).values()} == {"info"}


def test_keras_and_saved_models_count() -> None:
    found = findings_of("unsafe-format", make_snapshot(files=["tf_model.h5", "saved_model.pb"]))
    assert len(found) == 2


def test_bytes_beat_the_name() -> None:
    facts = (make_facts("lid.176.bin", "pickle"), make_facts("renamed.pkl", "safetensors"))
    found = findings_of("unsafe-format", make_snapshot(files=["lid.176.bin", "renamed.pkl"], file_facts=facts))
    assert [f.location.path for f in found.values()] == ["lid.176.bin"]
    assert [f.confidence for f in found.values()] == ["high"]


def test_formats_that_cannot_run_code_pass() -> None:
    files = ["model.safetensors", "model-q4.gguf", "model.onnx", "lid.176.bin", "spiece.model", "openvino_model.bin"]
    assert run_check("unsafe-format", make_snapshot(files=files)).outcome == "pass"


def test_local_files_are_judged_too() -> None:
    assert findings_of("unsafe-format", make_snapshot(files=["model.pkl"], origin="local"))


def test_unknown_files() -> None:
    assert run_check("unsafe-format", make_snapshot(files=unavailable())).outcome == "unavailable"


def test_tensors_that_are_nothing_without_their_graph_are_no_twin() -> None:
    pair = ("saved_model.pb", "variables/variables.data-00000-of-00001")
    raw = make_facts(pair[1], "raw-data")
    (key,) = findings_of("unsafe-format", make_snapshot(files=list(pair), file_facts=(raw,)))
    assert key.startswith("only:")
