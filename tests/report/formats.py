"""What the tests of all formats share: goldens, official schemas, and a report full of hostile text."""

from __future__ import annotations

import gzip
import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

from tests.builders import (
    COMMIT,
    DEFAULT_FILES,
    days_ago,
    make_commit,
    make_facts,
    make_file,
    make_files,
    make_history,
    make_info,
    make_publisher,
    make_snapshot,
    unavailable,
)
from tests.policy.judging import make_finding
from tests.report import reporting
from trustaudit.facts import Known
from trustaudit.finding import Location
from trustaudit.report.model import TrustReport
from trustaudit.snapshot import Ancestor, Author, Card, Snapshot

GOLDENS = Path(__file__).parent / "goldens"
SCHEMAS = Path(__file__).parents[1] / "schemas"

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>\"'>"
    " [click](javascript:alert(3)) ![pixel](http://evil.example/p.png) @admin http://evil.example www.evil.example"
    " | cell | `code` ``` ]]> </title> <!-- &lt; {0} {{ x }} $y$ :white_check_mark: #1 **PASS** ~~no~~ __w__"
    " %0A::error::x \r\n::stop-commands::t\n##[add-mask]m \x1b[31m \x00 \u202egnp \u2028 \ufffe \\"
)


# Digests of the whole document or policy: they change with every new field, and tests of their own look at them.
DIGESTS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


def matches_golden(name: str, text: str) -> bool:
    """Whether ``text`` is the golden of that name, digests aside; TRUSTAUDIT_UPDATE_GOLDENS=1 writes it."""
    path, masked = GOLDENS / name, DIGESTS.sub("DIGEST", text)
    if os.environ.get("TRUSTAUDIT_UPDATE_GOLDENS"):
        path.write_text(masked, encoding="utf-8")
    return path.read_text(encoding="utf-8") == masked


def without_counts(text: str) -> str:
    """Text in which new rules change nothing."""
    return re.sub(r"(?<=passed: )[^<|]*?(?=<br>| \||\n)", "RULES", text)


@cache
def schema(name: str) -> Any:  # noqa: ANN401 - JSON
    """An official JSON schema of tests/schemas."""
    return json.loads(gzip.decompress((SCHEMAS / f"{name}.json.gz").read_bytes()))


def hostile_snapshot(text: str = HOSTILE) -> Snapshot:
    """Hostile text in every field that an uploader or a Hub can write."""
    commit = make_commit(2, text, days=3, title=text)
    files = make_files(*DEFAULT_FILES, make_file(f"{text}.py" if text else "a.py", 900, commit=commit))
    card = Card(licenses=(text, "apache-2.0"), license_link=text, datasets=(text,), languages=(text,))
    return make_snapshot(
        files=files,
        info=make_info(
            card=card,
            library_name=text,
            pipeline_tag=text,
            auto_map=((text, text),),
            config_json=json.dumps({"model_type": text}),
        ),
        publisher=make_publisher(name=text, fullname=text),
        history=make_history(commit, make_commit(1).model_copy(update={"authors": (Author(name=text),)})),
        lineage=(Ancestor(id=text, relation=text, declared_in=text, found=unavailable(detail=text)),),
        not_inspected=((f"{text}.bin", unavailable(detail=text)),),
        file_facts=(make_facts(f"{text}.py" if text else "a.py", "python", reason=text),),
        cost=reporting.COST,
    )


def hostile(text: str = HOSTILE) -> TrustReport:
    """The report of it, with a hostile finding of every severity."""
    places = (
        Location(path=text, member=text, offset=7),
        Location(path=f"../../{text}", line=3),
        Location(field=text),
        Location(path="/etc/passwd"),
        Location(path="c:\\x\\..\\y"),
    )
    severities = ("critical", "high", "medium", "low", "info")
    findings = [
        make_finding(severity, message=text, evidence=text, remediation=text, key=f"{severity}{text}", location=where)
        for severity, where in zip(severities, places, strict=True)
    ]
    return reporting.report(hostile_snapshot(text), *findings)


def rich() -> TrustReport:
    """A reviewed model with ancestors, a history and many files: what there is to draw."""
    first, second, third = make_commit(1, days=300), make_commit(2, days=200), make_commit(3, "bob", days=2)
    files = make_files(
        make_file(".gitattributes", 1_500, commit=first),
        make_file("README.md", 9_000, commit=second),
        make_file("config.json", 700, commit=first),
        make_file("model-00001-of-00002.safetensors", 4_900_000_000, commit=second),
        make_file("model-00002-of-00002.safetensors", 3_100_000_000, commit=second),
        make_file("tokenizer.json", 9_000_000, commit=first),
        make_file("optimizer.pt", 800_000_000, commit=third),
        make_file("modeling_x.py", 24_000, commit=third),
    )
    facts = (
        make_facts("README.md", "markdown", "complete", bytes_read=9_000),
        make_facts("config.json", "json", "complete", bytes_read=700),
        make_facts("model-00001-of-00002.safetensors", "safetensors", bytes_read=60_000),
        make_facts("model-00002-of-00002.safetensors", "safetensors", bytes_read=40_000),
        make_facts("modeling_x.py", "python", "complete", bytes_read=24_000),
        make_facts("optimizer.pt", "torch-zip", bytes_read=90_000_000),
    )
    base = make_info(id="acme/base", sha="d" * 40)
    lineage = (
        Ancestor(id="acme/base-instruct", relation="finetune", declared_in="card", found=Known(value=base), parent=""),
        Ancestor(
            id="acme/base",
            relation="finetune",
            declared_in="card",
            depth=2,
            parent="acme/base-instruct",
            found=unavailable(),
        ),
    )
    info = make_info(
        id="lab/rich",
        card=Card(licenses=("apache-2.0", "llama3.1"), datasets=("lab/data",), languages=("en", "de")),
        config_json='{"model_type": "llama"}',
        pipeline_tag="text-generation",
        created_at=days_ago(300),
        auto_map=(("AutoModel", "modeling_x.X"),),
    )
    snapshot = make_snapshot(
        "lab/rich",
        files=files,
        info=info,
        history=make_history(third, second, first),
        publisher=make_publisher(name="lab"),
        file_facts=facts,
        lineage=lineage,
        cost=reporting.COST,
        commit=COMMIT,
    )
    return reporting.report(
        snapshot,
        make_finding("medium", rule="custom-code", message="loading needs trust_remote_code", path="modeling_x.py"),
        make_finding("low", rule="unsafe-format", message="training state is a pickle", path="optimizer.pt"),
        make_finding("info", rule="unpinned-revision", message="main can move", path=None),
    )


SAMPLES = {**reporting.ALL, "rich": rich, "hostile": hostile}
