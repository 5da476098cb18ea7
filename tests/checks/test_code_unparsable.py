from tests.inspected import found, loose, model, severities


def test_files_that_run_and_do_not_parse() -> None:
    assert severities("code-unparsable", model("def f(:\n    pass\n")) == ["medium"]
    assert severities("code-unparsable", model("x = 1\0\n")) == ["medium"]


def test_loose_ones_are_no_matter() -> None:
    assert found("code-unparsable", loose("print 'Python 2'\n")) == []


def test_too_large() -> None:
    (finding,) = found("code-unparsable", model("#" * (1024 * 1024 + 1) + "\nimport os\n"))
    assert "too large" in finding.message
    assert severities("code-unparsable", model("a;" * 200_000)) == ["medium"]


def test_ordinary_source() -> None:
    assert found("code-unparsable", model("import torch\n\n\nclass AcmeModel(torch.nn.Module):\n    pass\n")) == []
