import pytest

from tests.inspected import found, model, severities


@pytest.mark.parametrize(
    ("source", "severity"),
    [
        ("import sys\nif sys.gettrace():\n    raise SystemExit\n", "medium"),
        ("import time\ntime.sleep(600)\n", "medium"),
        ("import threading\ndef work():\n    pass\nthreading.Thread(target=work).start()\n", "low"),
        ("import atexit\natexit.register(print)\n", "low"),
    ],
)
def test_signs(source: str, severity: str) -> None:
    assert severities("code-evasion", model(source)) == [severity]


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.sleep(1)\n",
        "import threading\ndef generate(model):\n    threading.Thread(target=model.generate).start()\n",
        "import sys\ndef trace(f):\n    sys.settrace(f)\n",
    ],
)
def test_harmless_look_alikes(source: str) -> None:
    assert found("code-evasion", model(source)) == []
