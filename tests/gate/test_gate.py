"""The gate in front of huggingface_hub's own downloads, on a loopback Hub."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from huggingface_hub.utils import _http

import trustaudit
from fixtures.example_hub import files as made
from tests.loopback import LoopbackHub
from trustaudit.refs import RepoRef
from trustaudit.settings import Settings

PROGRAM = """
import sys
from huggingface_hub import hf_hub_download, snapshot_download
if sys.argv[1] == "one":
    print("GOT", hf_hub_download(sys.argv[2], sys.argv[3]))
else:
    print("GOT", snapshot_download(sys.argv[2]))
"""


@pytest.fixture
def hub(start_hub: Callable[..., LoopbackHub]) -> LoopbackHub:
    loopback_hub = start_hub(cdn_host="localhost")  # 1.x takes another port of the same host for the Hub itself
    loopback_hub.quotas.unlimited()
    loopback_hub.organization("lab", created="2021-01-01", followers=500)
    card = {"license": "mit"}
    text = "# A model\n\nTrained on public text; it maps sentences to vectors.\n" * 8
    loopback_hub.model("lab/good", {"README.md": text, "model.safetensors": made.safetensors()}, card=card)
    bad = made.torch_zip(made.calling_pickle("posix", "system"))
    loopback_hub.model("lab/bad", {"README.md": text, "pytorch_model.bin": bad}, card=card)
    return loopback_hub


def guarded(hub: LoopbackHub, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    script = home / "program.py"
    script.write_text(PROGRAM)
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(home), **hub.environment(str(home / "hf"))}
    environment |= {"XDG_CACHE_HOME": str(home / "cache"), "PYTHONPATH": str(Path(trustaudit.__file__).parents[1])}
    command = [sys.executable, "-m", "trustaudit", "run", "--", str(script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=120)  # noqa: S603 - our own interpreter


def test_an_honest_download_goes_through_with_the_audited_bytes(hub: LoopbackHub, tmp_path: Path) -> None:
    ran = guarded(hub, tmp_path, "one", "lab/good", "model.safetensors")
    assert ran.returncode == 0, ran.stderr
    path = Path(ran.stdout.split("GOT ")[1].strip())
    listed = hub.find("model", "lab/good").head.tree["model.safetensors"].blob.sha256  # type: ignore[union-attr]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == listed


@pytest.mark.parametrize("how", [("one", "lab/bad", "pytorch_model.bin"), ("all", "lab/bad")])
def test_a_hostile_download_is_refused_with_the_reason(hub: LoopbackHub, tmp_path: Path, how: tuple[str, ...]) -> None:
    ran = guarded(hub, tmp_path, *how)
    assert ran.returncode == 1
    assert "GOT" not in ran.stdout
    assert "lab/bad was not downloaded" in ran.stderr
    assert "posix.system" in ran.stderr
    assert not list((tmp_path / "hf").rglob("pytorch_model.bin"))


def test_the_context_manager_restores_what_was_there(hub: LoopbackHub, tmp_path: Path) -> None:
    before = _http._GLOBAL_CLIENT_FACTORY
    settings = Settings.load({"HF_ENDPOINT": hub.endpoint, "HF_HOME": str(tmp_path)}, use_cache=False)
    with trustaudit.guard(settings=settings) as gate:
        assert _http._GLOBAL_CLIENT_FACTORY is not before
        assert gate.check(RepoRef.parse("lab/good")).verdict == "pass"
        with pytest.raises(trustaudit.GuardBlockedError, match="lab/bad"):
            gate.check(RepoRef.parse("lab/bad"))
        asked = len(hub.requests)
        assert gate.check(RepoRef.parse("lab/good")).verdict == "pass"
        assert len(hub.requests) == asked
    assert _http._GLOBAL_CLIENT_FACTORY is before


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/lab/good/resolve/main/a/b.bin", "lab/good@main"),
        ("/datasets/lab/data/resolve/refs%2Fpr%2F1/x", "datasets/lab/data@refs/pr/1"),
        ("/gpt2/resolve/main/config.json", "gpt2@main"),
        ("/api/models/lab/good", None),
        ("/lab/good", None),
    ],
)
def test_which_addresses_are_files(tmp_path: Path, path: str, wanted: str | None) -> None:
    settings = Settings.load({"HF_ENDPOINT": "http://hub.example:8080", "HF_HOME": str(tmp_path)})
    with trustaudit.guard(settings=settings) as gate:
        found = gate.wanted(f"http://hub.example:8080{path}")
        assert (str(found) if found else None) == wanted
        assert gate.wanted(f"http://cdn.example{path}") is None


def run_here(folder: Path, *arguments: str, dashes: bool = True) -> subprocess.CompletedProcess[str]:
    """``trustaudit run`` as the installed command: the current folder is not on the path already."""
    start = "import sys; sys.path.remove(''); from trustaudit.cli.app import main; main()"
    home = {"HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache")}
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(trustaudit.__file__).parents[1]), **home}
    command = [sys.executable, "-c", start, "run", *(["--"] if dashes else []), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, cwd=folder)  # noqa: S603 - our own interpreter


def test_what_the_program_raises_is_the_programs(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("open('no-such-data.csv')\n")
    ran = run_here(tmp_path, "train.py")
    assert ran.returncode == 1
    assert "train.py" in ran.stderr
    assert "Traceback" in ran.stderr
    assert "internal error" not in ran.stderr


def test_a_module_beside_runs_with_its_own_arguments(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "train.py").write_text("import sys\nprint(sys.argv[1:])\nsys.exit(7)\n")
    ran = run_here(tmp_path, "-m", "mine.train", "--lineage=3")
    assert (ran.returncode, ran.stdout) == (7, "['--lineage=3']\n"), ran.stderr
    undashed = run_here(tmp_path, "-m", "mine.train", "-h", dashes=False)
    assert (undashed.returncode, undashed.stdout) == (7, "['-h']\n"), undashed.stderr


def test_a_misspelt_option_is_no_script(tmp_path: Path) -> None:
    ran = run_here(tmp_path, "--polcy", "strict", "train.py", dashes=False)
    assert ran.returncode == 2
    assert "there is no option --polcy" in ran.stderr


@pytest.mark.parametrize("name", ["tarin.py", "folder"])
def test_a_script_that_is_not_there_is_a_usage_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    ran = run_here(tmp_path, name)
    assert ran.returncode == 2
    assert f"there is no script {name}" in ran.stderr
