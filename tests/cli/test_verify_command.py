"""``verify`` and ``download`` with the real Hub client, over real sockets."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.example_hub import files
from tests.cli.harness import Cli
from tests.loopback import LoopbackHub, Repo, faults
from tests.loopback.repo import Files

ROOT = Path(__file__).parents[2]


def content() -> Files:
    return {
        "config.json": '{"model_type": "bert"}',
        "model.safetensors": files.safetensors(),
        "README.md": "# M\n" * 80,
    }


@pytest.fixture
def hub(loopback_hub: LoopbackHub, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LoopbackHub:
    loopback_hub.organization("acme", verified=True, followers=900, created="2021-01-01")
    loopback_hub.model(
        "acme/good", content(), card={"license": "apache-2.0", "library_name": "transformers"}, created="2022-01-01"
    )
    cli.setenv(loopback_hub.environment(str(cli.home / "hf")))
    monkeypatch.chdir(tmp_path)
    return loopback_hub


def good(hub: LoopbackHub) -> Repo:
    found = hub.find("model", "acme/good")
    assert found is not None
    return found


@pytest.fixture
def folder(hub: LoopbackHub, tmp_path: Path) -> Path:
    """A complete copy of the repository."""
    root = tmp_path / "model"
    root.mkdir()
    for path, file in good(hub).head.tree.items():
        (root / path).write_bytes(file.blob.read(0, file.size))
    return root


def test_a_folder_against_the_lockfile_asks_nobody(cli: Cli, hub: LoopbackHub, folder: Path) -> None:
    cli("lock", "add", "acme/good")
    asked = len(hub.requests)
    ran = cli("verify", str(folder))
    assert (ran.code, ran.out[:5]) == (0, "EQUAL")
    (folder / "config.json").write_text("{}")
    (folder / "model.py").write_text("")
    (folder / "README.md").unlink()
    ran = cli("verify", str(folder), "--format", "json")
    assert ran.code == 1
    (result,) = json.loads(ran.out)["results"]
    assert {problem["path"]: problem["kind"] for problem in result["problems"]} == {
        "config.json": "altered",
        "model.py": "extra",
        "README.md": "missing",
    }
    assert len(hub.requests) == asked


def test_a_folder_against_the_hub(cli: Cli, hub: LoopbackHub, folder: Path) -> None:
    old = good(hub).sha
    good(hub).commit({"config.json": "{}"})
    assert cli("verify", str(folder), "--ref", f"acme/good@{old}").code == 0
    ran = cli("verify", str(folder), "--ref", "acme/good")
    assert ran.code == 1
    assert "config.json" in ran.out
    assert cli("verify", str(folder)).code == 2


def test_a_partial_download(cli: Cli, hub: LoopbackHub, folder: Path) -> None:
    (folder / "README.md").unlink()
    ran = cli("verify", str(folder), "--ref", "acme/good")
    assert ran.code == 1
    assert "--partial" in ran.out
    assert cli("verify", str(folder), "--ref", "acme/good", "--partial").code == 0
    assert hub.failures == []


def test_a_lockfile_inside_the_folder_proves_nothing(cli: Cli, hub: LoopbackHub, folder: Path) -> None:
    cli("lock", "add", "acme/good")
    shutil.move("trustaudit.lock", folder / "trustaudit.lock")
    ran = cli("verify", str(folder), "--lockfile", str(folder / "trustaudit.lock"))
    assert ran.code == 2
    assert "lies in the folder" in ran.err
    assert hub.failures == []


@pytest.mark.parametrize("fault", [faults.status(503), faults.reset()], ids=["503", "reset"])
def test_what_could_not_be_compared_is_3(cli: Cli, hub: LoopbackHub, folder: Path, fault: faults.Fault) -> None:
    hub.fault(None, fault)
    ran = cli("verify", str(folder), "--ref", "acme/good", "--timeout", "3")
    assert ran.code == 3, ran
    assert ran.out.startswith("UNSURE")


def test_wrong_paths_and_files(cli: Cli, hub: LoopbackHub, folder: Path) -> None:
    assert cli("verify", "nonesuch").code == 2
    assert cli("verify", str(folder / "config.json")).code == 2
    assert cli("verify", str(folder), "--lockfile", "none.lock").code == 2
    assert cli("verify", str(folder), "--ref", "acme/good", "--format", "xml").code == 2
    assert hub.requests == []


def run(hub: LoopbackHub, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own: the Hub's client reads its environment when it is imported."""
    variables = {
        **hub.environment(str(home / "hf")),
        "HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "PATH": "/usr/bin:/bin",
    }
    del variables["HF_HUB_DISABLE_TELEMETRY"], variables["HF_HUB_DISABLE_XET"]  # that is for the command to do
    command = [sys.executable, "-m", "trustaudit", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, env=variables, cwd=home)  # noqa: S603 - our own command


def test_download_audits_fetches_that_commit_and_verifies(hub: LoopbackHub, tmp_path: Path) -> None:
    ran = run(hub, tmp_path, "download", "acme/good", "-q")
    assert ran.returncode == 0, ran
    path = Path(ran.stdout.strip())
    assert path.name == good(hub).sha
    assert (path / "model.safetensors").is_file()
    assert {request.route for request in hub.requests}.isdisjoint({"agent-harnesses", "whoami"})
    assert run(hub, tmp_path, "verify", str(path)).returncode == 0
    assert run(hub, tmp_path, "verify", str(tmp_path / "hf" / "hub")).returncode == 0


def test_download_into_a_folder(hub: LoopbackHub, tmp_path: Path) -> None:
    ran = run(hub, tmp_path, "download", "acme/good", "--to", "here", "-q")
    assert ran.returncode == 0, ran
    assert (tmp_path / "here" / "config.json").is_file()
    assert run(hub, tmp_path, "download", "acme/good", "--to", "here", "-q").returncode == 0
    (tmp_path / "here" / "planted.py").write_text("")
    again = run(hub, tmp_path, "download", "acme/good", "--to", "here", "-q")
    assert again.returncode == 1
    assert "planted.py" in again.stderr
    assert again.stdout == ""


def test_nothing_is_fetched_of_what_is_refused(hub: LoopbackHub, tmp_path: Path) -> None:
    pickle = files.torch_zip(files.calling_pickle("posix", "system"))
    hub.model("acme/hostile", {"pytorch_model.bin": pickle}, card={"license": "mit"}, created="2022-01-01")
    for name, code in (("acme/hostile", 1), ("acme/none", 3)):
        ran = run(hub, tmp_path, "download", name)
        assert (ran.returncode, ran.stdout) == (code, ""), ran
        assert "not downloaded" in ran.stderr
    assert not (tmp_path / "hf" / "hub").exists()


def test_bytes_that_differ_from_what_was_audited_are_named_and_kept(hub: LoopbackHub, tmp_path: Path) -> None:
    first = run(hub, tmp_path, "download", "acme/good", "-q")
    config = Path(first.stdout.strip()) / "config.json"
    blob = config.resolve()
    blob.write_text('{"model_type": "evil"}')
    ran = run(hub, tmp_path, "download", "acme/good", "-q")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "config.json" in ran.stderr
    assert blob.read_text() == '{"model_type": "evil"}'


def test_a_download_that_breaks_off_is_no_success(hub: LoopbackHub, tmp_path: Path) -> None:
    hub.fault(lambda request: request.route == "resolve" and request.method == "HEAD", faults.status(403))
    ran = run(hub, tmp_path, "download", "acme/good", "-q")
    assert ran.returncode == 3, ran
    assert ran.stdout == ""
    assert "Traceback" not in ran.stderr
