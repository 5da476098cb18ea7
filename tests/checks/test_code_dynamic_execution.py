import pytest

from tests.inspected import found, loose, model, repository, severities


@pytest.mark.parametrize(
    ("source", "severity"),
    [
        ("import sys\nexec(sys.argv[1])\n", "high"),
        ("class M:\n    def __init__(self, c):\n        self.f = eval(c.activation)\n", "high"),
        ("def act(name):\n    return eval(name)\n", "medium"),
        ("import os\nexec(open(os.path.join(os.path.dirname(__file__), 'notes.txt')).read())\n", "high"),
        ("import runpy\nrunpy.run_path('notes.txt')\n", "high"),
        ("import yaml\nyaml.load(open('x'), Loader=yaml.UnsafeLoader)\n", "low"),
        ("import pickle\ndef vocab(p):\n    return pickle.load(open(p, 'rb'))\n", "medium"),
        ("import torch\ndef w(p):\n    return torch.load(p, map_location='cpu')\n", "medium"),
        (
            "import importlib.util as u\ndef f(p):\n    m = u.module_from_spec(u.spec_from_file_location('m', p))\n    m.l.exec_module(m)\n",
            "medium",
        ),
        ("import importlib\ndef get(name):\n    return importlib.import_module(name)\n", "low"),
    ],
)
def test_what_runs_is_not_in_the_source(source: str, severity: str) -> None:
    assert severities("code-dynamic-execution", model(source))[0] == severity


@pytest.mark.parametrize(
    "source",
    [
        "def f(model):\n    return model.eval()\n",
        "import torch\ndef w(p):\n    return torch.load(p, weights_only=True)\n",
        "import yaml\ndef y(p):\n    return yaml.load(p, Loader=yaml.SafeLoader), yaml.safe_load(p)\n",
        "import numpy as np\ndef n(p):\n    return np.load(p)\n",
        "import importlib\nnp = importlib.import_module('numpy')\n",
        "import ast\ndef f(t):\n    return ast.literal_eval(t)\n",
        "import re\nclass A:\n    def compile(self):\n        return re.compile('x')\n",
        "value = eval('1 + 1')\n",
    ],
)
def test_harmless_look_alikes(source: str) -> None:
    assert [s for s in severities("code-dynamic-execution", model(source)) if s != "info"] == []


def test_a_file_that_is_run_by_name_runs() -> None:
    files = {
        "modeling_acme.py": "import runpy\nrunpy.run_path('extra.py')\n",
        "extra.py": "import os\nos.system('true')\n",
    }
    snapshot = repository(files, auto_map=(("AutoModel", "modeling_acme.AcmeModel"),))
    assert severities("code-process", snapshot) == ["critical"]


def test_loose_scripts_weigh_less() -> None:
    assert found("code-dynamic-execution", loose("def f(x):\n    return eval(x)\n")) == []


_LINES = "class T:\n    def __init__(self, name):\n        with open(name) as f:\n            lines = f.readlines()\n"


@pytest.mark.parametrize(
    ("body", "confidence"),
    [
        ("        for l in lines:\n            x = eval(l[l.index(' ') : l.rindex(' ')])\n", "low"),
        ("        x = [eval(l[l.index(' ') : -3]) for l in lines]\n", "low"),
        ("        for l in lines:\n            exec(l[l.index(' ') : l.rindex(' ')])\n", "medium"),
        ("        for l in lines:\n            x = eval(l[2:])\n", "medium"),
        ("        for l in lines:\n            l = ''.join(lines)\n            x = eval(l[1:9])\n", "medium"),
        ("        l = ''.join(lines)\n        x = eval(l[1:9])\n", "medium"),
        ("        for l in [''.join(lines)]:\n            x = eval(l[1:9])\n", "medium"),
    ],
)
def test_a_vocabulary_of_escaped_strings(body: str, confidence: str) -> None:
    """The tokenizers of RWKV evaluate the middle of each line; whoever runs a file takes the whole of it."""
    findings = found("code-dynamic-execution", model(_LINES + body))
    assert [(f.severity, f.confidence) for f in findings] == [("high", confidence)]
