"""The files that other programs read: they parse, follow their schemas, and let no input into a shell."""

from __future__ import annotations

import json
import os
import re
import shutil
import site
import subprocess
import sys
import tomllib
import venv
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from fixtures.example_hub import files
from tests.loopback import LoopbackHub

ROOT = Path(__file__).parents[2]
ACTION, WORKFLOW, HOOKS = ROOT / "action.yml", ROOT / ".github/workflows/ci.yml", ROOT / ".pre-commit-hooks.yaml"
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


def load(path: Path) -> Any:  # noqa: ANN401 - whatever YAML holds
    return yaml.safe_load(path.read_text())


def steps_of(path: Path) -> list[dict[str, Any]]:
    content = load(path)
    if path == ACTION:
        return list(content["runs"]["steps"])
    return [step for job in content["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", [ACTION, WORKFLOW])
def test_no_expression_is_part_of_a_script(path: Path) -> None:
    scripts = [step["run"] for step in steps_of(path) if "run" in step]
    assert scripts
    assert not [script for script in scripts if "${{" in script]


@pytest.mark.parametrize("path", [ACTION, WORKFLOW, ROOT / "docs/ci.md"])
def test_actions_of_others_are_pinned_by_commit(path: Path) -> None:
    used = [line.strip().removeprefix("- ") for line in path.read_text().splitlines() if "uses:" in line]
    assert [line for line in used if not PINNED.fullmatch(line) and "<commit>" not in line] == []


def test_the_workflow_may_do_nothing_but_read() -> None:
    content = load(WORKFLOW)
    assert content["permissions"] == {}
    assert all(job["permissions"] == {"contents": "read"} for job in content["jobs"].values())
    checkouts = [step for step in steps_of(WORKFLOW) if step.get("uses", "").startswith("actions/checkout@")]
    assert [step["with"]["persist-credentials"] for step in checkouts] == [False]


def test_every_input_of_the_action_reaches_the_script_and_is_documented() -> None:
    passed = {value for step in steps_of(ACTION) for value in step["env"].values()}
    assert passed == {f"${{{{ inputs.{name} }}}}" for name in load(ACTION)["inputs"]}
    script = (ROOT / ".ci/action").read_text()
    names = {name for step in steps_of(ACTION) for name in step["env"]}
    assert {name for name in names if name not in script} == {"HF_TOKEN"}


def test_hooks_name_commands_that_exist() -> None:
    assert {hook["entry"] for hook in load(HOOKS)} == {"trustaudit lock check", "trustaudit reaudit"}


@pytest.mark.parametrize(
    "command",
    [
        ("check-jsonschema", "--builtin-schema", "vendor.github-actions", str(ACTION)),
        ("check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(WORKFLOW)),
        ("zizmor", "--offline", "--no-progress", str(ACTION), str(WORKFLOW)),
        ("actionlint", str(WORKFLOW)),
        ("pre-commit", "validate-manifest", str(HOOKS)),
        ("shellcheck", str(ROOT / ".ci/action"), str(ROOT / ".ci/run")),
    ],
    ids=lambda command: " ".join(Path(word).name for word in command),
)
def test_linters_have_nothing_to_say(command: tuple[str, ...]) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)  # noqa: S603 - our own files
    assert ran.returncode == 0, ran.stdout + ran.stderr


class Runner:
    """Runs ``.ci/action audit`` as a runner would, in a checkout that is hostile."""

    def __init__(self, folder: Path, hub: LoopbackHub, environment: Path) -> None:
        self.folder = folder
        self.checkout = folder / "checkout"
        self.checkout.mkdir()
        for name in ("trustaudit.py", "typer.py", "venv.py", "sitecustomize.py"):
            (self.checkout / name).write_text("raise SystemExit('imported from the checkout')\n")
        (folder / "trustaudit").symlink_to(environment)
        self._env = {
            **hub.environment(str(folder / "hf")),
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "RUNNER_TEMP": str(folder),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": str(folder / "output"),
            "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        }

    def __call__(self, **inputs: str) -> subprocess.CompletedProcess[str]:
        env = {**self._env, **{f"INPUT_{name.upper()}": value for name, value in inputs.items()}}
        command = ["bash", str(ROOT / ".ci/action"), "audit"]
        return subprocess.run(command, env=env, cwd=self.checkout, capture_output=True, text=True, check=False)  # noqa: S603 - our own script

    def text(self, name: str) -> str:
        path = self.folder / name
        return path.read_text() if path.exists() else ""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``.ci/action install`` leaves behind."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "all.pth").write_text("\n".join([*site.getsitepackages(), str(ROOT)]))
    return folder


@pytest.fixture
def runner(tmp_path: Path, loopback_hub: LoopbackHub, environment: Path) -> Runner:
    loopback_hub.organization("acme", verified=True, followers=900, created="2021-01-01")
    bad = files.torch_zip(files.calling_pickle("posix", "system"))
    loopback_hub.model("acme/bad", {"config.json": "{}", "pytorch_model.bin": bad})
    loopback_hub.model("acme/good", {"config.json": "{}", "model.safetensors": files.safetensors()})
    return Runner(tmp_path, loopback_hub, environment)


@pytest.mark.skipif(sys.platform == "win32", reason="the action runs bash")
def test_the_action_audits_once_and_tells_it_three_times(runner: Runner, loopback_hub: LoopbackHub) -> None:
    ran = runner(refs="acme/good\n  acme/bad ", sarif_file="out.sarif")
    assert ran.returncode == 1, ran
    assert runner.text("output") == "exit-code=1\nsarif-file=out.sarif\n"
    log = json.loads((runner.checkout / "out.sarif").read_text())
    assert any("acme/bad" in result["message"]["text"] for result in log["runs"][0]["results"])
    assert "acme/bad" in runner.text("summary.md")
    assert "acme/bad" in ran.stdout
    infos = [request.path for request in loopback_hub.requests if request.path.endswith("acme/bad")]
    assert len(infos) == len(set(infos))


@pytest.mark.skipif(sys.platform == "win32", reason="the action runs bash")
@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({}, 2),
        ({"refs": " \n "}, 2),
        ({"refs": "acme/good", "list": "list.txt"}, 2),
        ({"refs": "acme/good", "sarif_file": "a\nexit-code=0"}, 2),
        ({"refs": "$(touch${IFS}pwned)", "policy": "$(touch pwned)"}, 2),
        ({"refs": "--exit-zero"}, 2),
        ({"list": "list.txt", "fail_on": "review"}, 1),
    ],
)
def test_inputs_stay_data(runner: Runner, inputs: dict[str, str], code: int) -> None:
    (runner.checkout / "list.txt").write_text("acme/bad\n")
    ran = runner(**inputs)
    assert ran.returncode == code, ran
    assert "imported from the checkout" not in ran.stdout + ran.stderr
    assert not list(runner.folder.rglob("pwned"))


def test_the_container_copies_what_is_there_and_runs_as_nobody() -> None:
    lines = (ROOT / "Containerfile").read_text().splitlines()
    copied = [line.split()[1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    assert all((ROOT / name).exists() for name in copied)
    kept = (ROOT / ".dockerignore").read_text().splitlines()
    assert all(f"!{name}" in kept for name in copied)
    assert "USER 65532:65532" in lines
    assert any("--require-hashes" in line for line in lines)


def test_the_hub_client_dispatches_to_our_second_name(tmp_path: Path) -> None:
    """What ``hf extensions install`` leaves behind, and ``hf trustaudit --version`` on top of it."""
    if find_spec("huggingface_hub.cli.extensions") is None:
        pytest.skip("this generation of the client has no extensions")
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert scripts["hf-trustaudit"] == scripts["trustaudit"]
    folder = tmp_path / ".local/share/hf/extensions/hf-trustaudit"
    folder.mkdir(parents=True)
    executable = folder / "hf-trustaudit"
    executable.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m trustaudit "$@"\n')
    executable.chmod(0o755)
    manifest = {
        "owner": "acme",
        "repo": "hf-trustaudit",
        "repo_id": "acme/hf-trustaudit",
        "short_name": "trustaudit",
        "executable_path": str(executable),
        "type": "python",
        "installed_at": "2026-01-01T00:00:00+00:00",
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    code = "import sys; sys.argv = ['hf', 'trustaudit', '--version']; from huggingface_hub.cli.hf import main; main()"
    env = {**os.environ, "HOME": str(tmp_path), "HF_HUB_DISABLE_UPDATE_CHECK": "1", "HF_HUB_OFFLINE": "1"}
    ran = subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own code
    assert ran.returncode == 0, ran
    assert ran.stdout.startswith("trustaudit ")
