"""Every format from the command line, and findings that point at the user's own code."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from tests.cli.harness import Cli
from tests.loopback import LoopbackHub
from trustaudit.cli.options import Format
from trustaudit.report.render import RENDERERS


@pytest.fixture
def hub(loopback_hub: LoopbackHub, cli: Cli) -> LoopbackHub:
    loopback_hub.organization("acme", verified=True, followers=900, created="2021-01-01")
    loopback_hub.model("acme/gone", {"config.json": "{}"}, card={"license": "mit"}, disabled=True)
    cli.setenv(loopback_hub.environment(str(cli.home / "hf")))
    return loopback_hub


def test_the_command_line_offers_what_can_be_rendered() -> None:
    assert {str(name) for name in Format} == set(RENDERERS)


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize("name", sorted(RENDERERS))
def test_every_format_has_the_same_exit_code(cli: Cli, name: str) -> None:
    if name.startswith("cyclonedx"):
        pytest.importorskip("cyclonedx")
    ran = cli("check", "acme/gone", "--format", name)
    assert ran.code == 1, ran
    assert "acme/gone" in ran.out
    if name in ("json", "sarif", "cyclonedx", "cyclonedx-1.7", "spdx", "openvex"):
        json.loads(ran.out)
    if name == "junit":
        fromstring(ran.out)  # noqa: S314 - our own output


@pytest.mark.usefixtures("hub")
def test_findings_point_at_the_line_that_names_the_model(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "load.py").write_text('# load\nmodel = AutoModel.from_pretrained("acme/gone")\n')
    ran = cli("check", "acme/gone", "--format", "sarif", "--code", "src")
    result = json.loads(ran.out)["runs"][0]["results"][0]
    place = result["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "src/load.py"}, "region": {"startLine": 2}}
    ran = cli("check", "acme/gone", "--format", "github", "--code", "src/load.py")
    assert ran.out.startswith("::error file=src/load.py,line=2,title=acme/gone")
    assert cli("check", "acme/gone", "--format", "github", "--code", "nowhere").code == 2
    (tmp_path / "models.txt").write_text("acme/gone\n")
    assert cli("batch", "models.txt", "--format", "github", "--code", "src").out == ran.out
