import pytest

from tests.inspected import found, model, severities


@pytest.mark.parametrize(
    ("source", "severity"),
    [
        ("import torch\ntorch.load = lambda *a, **k: None\n", "high"),
        ("import torch\nsetattr(torch, 'load', print)\n", "high"),
        ("import builtins\nbuiltins.open = print\n", "high"),
        ("import pickle\npickle.Unpickler.find_class = None\n", "high"),
        ("import sys, types\nsys.modules['torch'] = types.ModuleType('torch')\n", "high"),
        ("import transformers.dynamic_module_utils as d\nd.resolve_trust_remote_code = lambda *a: True\n", "high"),
        ("import sys\nclass Finder: ...\nsys.meta_path.insert(0, Finder())\n", "medium"),
        ("import ssl\nssl._create_default_https_context = ssl._create_unverified_context\n", "medium"),
        ("import sys\nsys.modules['flash_attn'] = None\n", "low"),
        ("import torch\ndef f():\n    torch.load = None\n", "medium"),
        ("import builtins, os\nbuiltins.print = os.system\n", "high"),
        ("import builtins, os\nsetattr(builtins, 'show', os.system)\n", "high"),
    ],
)
def test_replaced_functions(source: str, severity: str) -> None:
    assert severities("code-tampering", model(source)) == [severity]


@pytest.mark.parametrize(
    "source",
    [
        "import builtins\nbuiltins.print = print\n",
        "import os\nclass Model:\n    def __init__(self):\n        self.run = os.system\n",
        "import torch, os\nsetattr(torch, 'where_am_i', os.getcwd)\n",
        "from safetensors.torch import load_file\nx = load_file('a')\nx.norm.weight = None\n",
        "import sys\nsys.modules[__name__] = object()\n",
        "class Model:\n    def __init__(self):\n        self.load = None\n",
        "import transformers.models.llama.modeling_llama as m\nm.apply_rotary_pos_emb = None\n",
    ],
)
def test_harmless_look_alikes(source: str) -> None:
    assert found("code-tampering", model(source)) == []
