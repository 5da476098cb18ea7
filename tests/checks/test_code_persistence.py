import pytest

from tests.inspected import found, loose, model, severities

PLACES = {
    "profile": "import os\nopen(os.path.expanduser('~/.bashrc'), 'a').write('x')\n",
    "handle": "import os\nwith open(os.path.join(os.path.expanduser('~'), '.zshrc'), 'a') as f:\n    f.write('x')\n",
    "autostart": "from pathlib import Path\n(Path.home() / '.config/autostart/x.desktop').write_text('x')\n",
    "cron": "import os\nos.system('(crontab -l; echo x) | crontab -')\n",
    "keys": "import shutil\nshutil.copy('k', '/root/.ssh/authorized_keys')\n",
    "registry": "import winreg\nwinreg.SetValueEx(None, 'x', 0, 1, 'y')\n",
    "packages": "import os, site\nopen(os.path.join(site.getsitepackages()[0], 'x.pth'), 'w').write('y')\n",
    "task": "import subprocess\nsubprocess.run('schtasks /create /tn x /tr y', shell=True)\n",
}


@pytest.mark.parametrize("source", PLACES.values(), ids=PLACES)
def test_places_that_start_things(source: str) -> None:
    assert severities("code-persistence", model(source))[0] == "critical"
    assert severities("code-persistence", loose(source))[0] == "high"


@pytest.mark.parametrize(
    "source",
    [
        "import os\ndef save_vocabulary(folder):\n    with open(os.path.join(folder, 'vocab.txt'), 'w') as f:\n        f.write('x')\n",
        "import os\ntext = open(os.path.expanduser('~/.bashrc')).read()\n",
        "import shutil\ndef keep(a):\n    shutil.copy(a, 'best.pth')\n",
        "note = 'put it into your .bashrc'\nprint(note)\n",
    ],
)
def test_harmless_look_alikes(source: str) -> None:
    assert found("code-persistence", model(source)) == []
