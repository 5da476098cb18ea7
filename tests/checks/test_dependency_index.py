import pytest

from tests.inspected import found, repository, severities


@pytest.mark.parametrize(
    ("name", "text", "severity"),
    [
        ("requirements.txt", "--extra-index-url https://packages.invalid/simple\ntorch\n", "high"),
        ("requirements-dev.txt", "-i http://198.51.101.7/simple\n", "high"),
        ("requirements.txt", "torch \\\n  --index-url=https://packages.invalid/simple\n", "high"),
        ("requirements.txt", "--trusted-host packages.invalid\n", "high"),
        ("requirements.txt", "--find-links https://github.com/a/b/releases\n", "medium"),
        ("environment.yml", "channels:\n  - https://conda.invalid/x\ndependencies:\n  - python\n", "high"),
        ("environment.yml", "dependencies:\n  - pip:\n    - --index-url https://packages.invalid\n", "high"),
        ("pyproject.toml", '[[tool.uv.index]]\nurl = "https://packages.invalid/simple"\n', "high"),
        ("Pipfile", '[[source]]\nurl = "https://packages.invalid/simple"\n', "high"),
        ("README.md", "pip install acme --extra-index-url https://packages.invalid/simple\n", "high"),
        (
            "a.ipynb",
            '{"cells":[{"cell_type":"code","source":["!pip install -i https://packages.invalid/s acme"]}]}',
            "high",
        ),
    ],
)
def test_other_indexes(name: str, text: str, severity: str) -> None:
    assert severities("dependency-index", repository({name: text})) == [severity]


@pytest.mark.parametrize(
    "text",
    [
        "--extra-index-url https://download.pytorch.org/whl/cu121\ntorch\n",
        "--find-links https://data.pyg.org/whl/torch-2.0.0.html\n",
        "-f https://storage.googleapis.com/jax-releases/jax_cuda_releases.html\n",
        "--extra-index-url https://pypi.nvidia.com\n",
        "-r base.txt\n-c constraints.txt\ntorch\n",
        "# --index-url https://packages.invalid\n",
        "",
    ],
)
def test_ordinary_ones(text: str) -> None:
    assert found("dependency-index", repository({"requirements.txt": text})) == []


@pytest.mark.parametrize(
    ("name", "text", "confidence"),
    [
        ("README.md", "pip install acme --extra-index-url https://packages.invalid/simple\n", "low"),
        ("README.md", "pip install acme --extra-index-url http://packages.invalid/simple\n", "medium"),
        ("README.md", "pip install acme --extra-index-url https://198.51.101.7/simple\n", "medium"),
        ("README.md", "pip install acme -f https://abc.trycloudflare.com/simple\n", "medium"),
        ("requirements.txt", "--extra-index-url https://packages.invalid/simple\n", "medium"),
    ],
)
def test_advice_to_readers_is_less_sure_than_what_an_installer_reads(name: str, text: str, confidence: str) -> None:
    """Vendors name indexes of their own in cards, more than any list knows; nobody's vendor lives at a number."""
    (finding,) = found("dependency-index", repository({name: text}))
    assert (finding.severity, finding.confidence) == ("high", confidence)


@pytest.mark.parametrize(
    "address",
    [
        "https://pypi.amd.com/simple",
        "https://aiinfra.pkgs.visualstudio.com/PublicPackages/_packaging/onnxruntime-cuda-12/pypi/simple/",
        "https://data.dgl.ai/wheels/repo.html",
        "https://mlc.ai/wheels",
        "https://pip.repos.neuron.amazonaws.com",
        "https://nvidia-kaolin.s3.us-east-2.amazonaws.com/torch-2.4.0_cu121.html",
    ],
)
def test_indexes_of_vendors(address: str) -> None:
    assert found("dependency-index", repository({"requirements.txt": f"--extra-index-url {address}\n"})) == []


@pytest.mark.parametrize(
    "address",
    [
        "https://other.pkgs.visualstudio.com/PublicPackages/_packaging/x/pypi/simple/",
        "https://nvidia-kaolin-wheels.s3.us-east-2.amazonaws.com/torch.html",
        "https://mlc.ai.packages.invalid/wheels",
    ],
)
def test_addresses_that_look_like_those_of_vendors(address: str) -> None:
    assert severities("dependency-index", repository({"requirements.txt": f"-i {address}\n"})) == ["high"]


def test_a_space_installs_on_the_hub() -> None:
    snapshot = repository({"requirements.txt": "-i https://packages.invalid/simple\n"}, "spaces/org/model")
    assert severities("dependency-index", snapshot) == ["low"]
    anybodys = repository({"requirements.txt": "-i http://198.51.100.7/simple\n"}, "spaces/org/model")
    assert severities("dependency-index", anybodys) == ["medium"]


@pytest.mark.parametrize("option", ["-i{}", "-i={}", "-f{}"])
def test_an_option_with_its_value_attached(option: str) -> None:
    text = option.format("http://packages.example.invalid/simple") + "\ntorch\n"
    assert severities("dependency-index", repository({"requirements.txt": text})) == ["high"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.toml", "index-url = 'http://packages.example.invalid/simple'\n"),
        ("uv.toml", "[[index]]\nurl = 'http://packages.example.invalid/simple'\ndefault = true\n"),
        ("uv.toml", "[pip]\nextra-index-url = ['http://packages.example.invalid/simple']\n"),
        ("pyproject.toml", "[tool.uv.pip]\nfind-links = ['http://packages.example.invalid/']\n"),
    ],
)
def test_settings_of_uv(name: str, text: str) -> None:
    assert severities("dependency-index", repository({name: text})) == ["high"]


def test_ordinary_settings_of_uv() -> None:
    text = "native-tls = true\n[[index]]\nname = 'pytorch'\nurl = 'https://download.pytorch.org/whl/cu124'\n"
    assert found("dependency-index", repository({"uv.toml": text})) == []
