import pytest

from tests.inspected import found, model, severities


@pytest.mark.parametrize(
    ("source", "severity"),
    [
        ("import os, shutil\nshutil.rmtree(os.path.expanduser('~'))\n", "critical"),
        ("import shutil\ndef clean():\n    shutil.rmtree('/home')\n", "critical"),
        ("import os\nos.remove('notes.txt')\n", "low"),
    ],
)
def test_deletions(source: str, severity: str) -> None:
    assert severities("code-file-damage", model(source)) == [severity]


@pytest.mark.parametrize(
    "source",
    [
        "import os, tempfile\ndef f():\n    p = tempfile.mktemp()\n    os.remove(p)\n",
        "import shutil\ndef f(output_dir):\n    shutil.rmtree(output_dir)\n",
    ],
)
def test_harmless_look_alikes(source: str) -> None:
    assert found("code-file-damage", model(source)) == []
