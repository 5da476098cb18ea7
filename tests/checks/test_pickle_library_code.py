from __future__ import annotations

from fixtures.example_hub import files as made
from tests.checks.inspected import findings
from tests.formats.pickle import assemble as a
from tests.formats.writers_containers import EMPTY_DICT, Part, Zip


def test_an_estimator_is_one_finding_per_library() -> None:
    data = a.pickle(
        a.newobj(a.glob("sklearn.ensemble._forest", "RandomForestClassifier")),
        b"0",
        a.reduce(a.glob("sklearn.tree._tree", "Tree"), a.integer(1)),
        b"0",
        a.newobj(a.glob("torch.nn.modules.linear", "Linear")),
    )
    found = findings("pickle-library-code", {"model.joblib": data})
    assert {finding.key: str(finding.severity) for finding in found} == {"scikit-learn": "medium", "PyTorch": "medium"}


def test_functions_of_a_library_are_doubtful_but_never_block() -> None:
    data = a.pickle(a.reduce(a.glob("torchvision.datasets.folder", "default_loader"), a.text("x")))
    (finding,) = findings("pickle-library-code", {"m.pkl": data})
    assert (finding.severity, finding.confidence) == ("high", "low")


def test_formats_with_functions_inside_say_so() -> None:
    data = a.pickle(a.reduce(a.glob("cloudpickle.cloudpickle", "_make_empty_cell")))
    (finding,) = findings("pickle-library-code", {"m.pkl": data})
    assert "by design" in finding.message
    assert finding.severity == "medium"


def test_training_arguments_are_low() -> None:
    data = made.torch_zip(a.pickle(a.newobj(a.glob("transformers.training_args", "TrainingArguments"))))
    assert [str(f.severity) for f in findings("pickle-library-code", {"training_args.bin": data})] == ["low"]


def test_classes_of_a_torchscript_archive_are_its_own() -> None:
    classes = a.pickle(a.newobj(a.glob("__torch__.vad.model", "Model")))
    parts = [Part("m/data.pkl", classes), Part("m/constants.pkl", EMPTY_DICT), Part("m/code/__torch__/vad.py", b"")]
    assert {str(f.severity) for f in findings("pickle-library-code", {"m.jit": Zip(parts).build()})} == {"low"}
    assert {str(f.severity) for f in findings("pickle-library-code", {"m.pkl": classes})} == {"medium"}


def test_tensors_stay_quiet() -> None:
    assert findings("pickle-library-code", {"m.bin": made.torch_zip(made.state_dict_pickle())}) == []
