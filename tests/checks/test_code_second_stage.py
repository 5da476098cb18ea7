import pytest

from tests.builders import make_info, make_snapshot
from tests.inspected import AUTO_MAP, MODEL, found, model, repository, severities

TRUSTS = "from transformers import AutoModel\nclass M:\n    def __init__(self):\n        self.e = AutoModel.from_pretrained('{}', trust_remote_code=True)\n"


def test_code_of_another_repository() -> None:
    (finding,) = found("code-second-stage", model(TRUSTS.format("stranger/encoder")))
    assert (finding.severity, finding.confidence) == ("high", "medium")
    assert "stranger/encoder" in finding.message


def test_related_repositories_weigh_less() -> None:
    assert severities("code-second-stage", model(TRUSTS.format("org/encoder"))) == ["low"]
    snapshot = repository({MODEL: TRUSTS.format("lab/encoder")}, auto_map=AUTO_MAP, base_models=("lab/base",))
    assert severities("code-second-stage", snapshot) == ["low"]
    assert severities("code-second-stage", model(TRUSTS.format("microsoft/encoder"))) == ["medium"]


@pytest.mark.parametrize(
    ("source", "severity"),
    [
        ("import torch\nfrom huggingface_hub import hf_hub_download as d\nx = torch.load(d('a/b', 'x.pt'))\n", "high"),
        ("from huggingface_hub import hf_hub_download as d\nexec(open(d('a/b', 'x.py')).read())\n", "high"),
        ("import torch\ndef f():\n    return torch.hub.load('a/b', 'model')\n", "medium"),
        ("import io, requests, torch\ndef f(u):\n    return torch.load(io.BytesIO(requests.get(u).content))\n", "high"),
    ],
)
def test_fetched_and_loaded(source: str, severity: str) -> None:
    assert severities("code-second-stage", model(source))[0] == severity


@pytest.mark.parametrize(
    "source",
    [
        TRUSTS.format("org/model"),
        "from transformers import CLIPModel\nclass M:\n    def __init__(self):\n        self.v = CLIPModel.from_pretrained('openai/clip-vit-large-patch14')\n",
        '"""AutoModel.from_pretrained("stranger/x", trust_remote_code=True)"""\n',
        "def load(path, **kwargs):\n    return AutoModel.from_pretrained(path, trust_remote_code=kwargs.get('trust_remote_code'))\n",
        "import torch\nfrom huggingface_hub import hf_hub_download as d\nx = torch.load(d('a/b', 'x.pt'), weights_only=True)\n",
    ],
)
def test_harmless_look_alikes(source: str) -> None:
    assert found("code-second-stage", model(source)) == []


def test_without_files_nothing_is_known() -> None:
    assert found("code-second-stage", make_snapshot(info=make_info(auto_map=AUTO_MAP))) == []
