import pytest

from tests.inspected import found, model, severities


@pytest.mark.parametrize(
    ("source", "severity"),
    [
        ("import requests\nrequests.get('https://host.example2.com/ping')\n", "high"),
        ("import socket\ns = socket.socket()\ns.connect(('host.invalid', 80))\n", "high"),
        ("import requests\ndef f():\n    requests.post('https://discord.com/api/webhooks/1/x', json={})\n", "high"),
        ("import urllib.request as u\ndef f():\n    return u.urlopen('http://198.51.101.7/x')\n", "high"),
        ("import requests\ndef f():\n    return requests.get('https://site.invalid/x')\n", "medium"),
        ("import requests\ndef f():\n    return requests.get('https://huggingface.co/x/resolve/main/y.json')\n", "low"),
        ("import requests\nx = requests.get('https://huggingface.co/x/resolve/main/y.json').json()\n", "medium"),
    ],
)
def test_calls(source: str, severity: str) -> None:
    assert severities("code-network", model(source))[0] == severity


@pytest.mark.parametrize(
    "source",
    [
        "import requests\nfrom PIL import Image\ndef load(url):\n    return Image.open(requests.get(url, stream=True).raw)\n",
        "from urllib.parse import urlparse\nx = urlparse('https://host.invalid')\n",
        "import requests\n",
        "session = {'get': 1}\nsession.get('https://host.invalid')\n",
    ],
)
def test_harmless_look_alikes(source: str) -> None:
    assert found("code-network", model(source)) == []
