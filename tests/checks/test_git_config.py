import pytest

from tests.builders import findings_of, run_check
from tests.checks.templates import repository

DEFAULT = "*.bin filter=lfs diff=lfs merge=lfs -text\n*.safetensors filter=lfs diff=lfs merge=lfs -text\n"


@pytest.mark.parametrize(
    ("name", "text", "severity"),
    [
        (".gitmodules", '[submodule "x"]\n\tpath = x\n\turl = -u./payload\n', "critical"),
        (".gitmodules", '[submodule "x"]\n\tpath = "x\\r"\n\turl = https://x.test/y\n', ""),
        (".gitmodules", '[submodule "x"]\n\tpath = x\r\n\turl = https://x.test/y\n', ""),
        (".gitmodules", '[submodule "x"]\n\tpath = "x\\t"\n\turl = https://x.test/y\n', "critical"),
        (".gitmodules", '[submodule "x"]\n\turl = ext::sh -c true\n', "critical"),
        (".gitmodules", '[submodule "x"]\n\turl = file:///etc\n', "critical"),
        (".gitmodules", '[submodule "x"]\n\tupdate = !true\n', "critical"),
        (".gitmodules", '[submodule "x"]\n\tpath = ../../x\n', "high"),
        (".lfsconfig", "[lfs]\n\turl = https://evil.test/lfs\n", "high"),
        (".lfsconfig", '[lfs "customtransfer.x"]\n\tpath = /bin/true\n', "high"),
        (".gitconfig", "[core]\n\thooksPath = hooks\n", "medium"),
        (".gitattributes", "*.x filter=evil\n", "info"),
    ],
)
def test_weights(name: str, text: str, severity: str) -> None:
    found = findings_of("git-config", repository(**{name: text}))
    assert [finding.severity for finding in found.values()] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".gitattributes", DEFAULT),
        (".gitmodules", '[submodule "llama.cpp"]\n\tpath = llama.cpp\n\turl = https://github.com/ggml-org/llama.cpp\n'),
        (".lfsconfig", "[lfs]\n\turl = https://huggingface.co/org/model.git/info/lfs\n"),
    ],
)
def test_ordinary_settings_pass(name: str, text: str) -> None:
    assert run_check("git-config", repository(**{name: text})).outcome == "pass"
