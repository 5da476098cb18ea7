from tests.inspected import found, repository


def test_counts_what_is_not_fixed() -> None:
    (finding,) = found("dependency-unpinned", repository({"requirements.txt": "torch\nnumpy>=1\neinops==0.8.0\n"}))
    assert finding.severity == "info"
    assert finding.message.startswith("2 packages")


def test_all_fixed() -> None:
    assert found("dependency-unpinned", repository({"requirements.txt": "einops==0.8.0\n"})) == []


def test_commands_are_no_lists() -> None:
    assert found("dependency-unpinned", repository({"README.md": "pip install torch\n"})) == []
