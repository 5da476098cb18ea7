import pytest

from tests.inspected import found, repository, severities

PIN = "a" * 40


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("git+https://github.com/stranger/fork", "medium"),
        ("acme @ git+ssh://git@github.com/stranger/fork@main", "medium"),
        ("-e git+https://gitlab.com/stranger/fork#egg=acme", "medium"),
        ("https://site.invalid/acme-1.0.tar.gz", "medium"),
        ("acme @ https://site.invalid/acme-1.0-py3-none-any.whl", "medium"),
        ("https://github.com/stranger/fork/releases/download/v1/acme-1.0-py3-none-any.whl", "low"),
        ("http://198.51.101.7/acme.tar.gz", "high"),
        ("https://bit.ly/acme", "high"),
        ("./acme-1.0-py3-none-any.whl", "medium"),
        (f"git+https://github.com/stranger/fork@{PIN}", "low"),
        ("git+https://github.com/org/tool", "low"),
        ("git+https://github.com/huggingface/transformers", "low"),
    ],
)
def test_addresses(line: str, severity: str) -> None:
    assert severities("dependency-direct-url", repository({"requirements.txt": line + "\n"})) == [severity]


@pytest.mark.parametrize("line", ["torch==2.6.0", "-e .", "transformers[torch]>=4 ; python_version>'3.8'"])
def test_ordinary_ones(line: str) -> None:
    assert found("dependency-direct-url", repository({"requirements.txt": line + "\n"})) == []


def test_in_other_files() -> None:
    assert severities(
        "dependency-direct-url", repository({"README.md": "pip install git+https://github.com/stranger/x\n"})
    ) == ["low"]
    poetry = '[tool.poetry.dependencies]\nacme = {git = "https://github.com/stranger/x"}\n'
    assert severities("dependency-direct-url", repository({"pyproject.toml": poetry})) == ["medium"]


@pytest.mark.parametrize("line", ["-r https://files.example.invalid/r.txt", "-rhttps://files.example.invalid/r.txt"])
def test_a_list_of_requirements_from_elsewhere(line: str) -> None:
    assert severities("dependency-direct-url", repository({"requirements.txt": f"{line}\n"})) == ["medium"]
    assert severities("dependency-direct-url", repository({"requirements.txt": "-r base.txt\n-rmore.txt\n"})) == []
