"""Whatever a snapshot says was observed, the checks of templates and configurations answer."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import make_facts, make_snapshot, run_check
from trustaudit.filefacts import CodeLoad, Observation

CHECKS = [
    *("template-escape", "template-suspicious-call", "template-hidden-instruction", "template-hidden-text"),
    *(
        "template-mismatch",
        "template-denial-of-service",
        "template-unparsable",
        "config-bypass",
        "config-module-import",
    ),
    *("config-hydra-target", "yaml-tag", "config-path-escape", "config-malformed", "git-config", "ollama-modelfile"),
    *("custom-code", "third-party-code"),
]
KINDS = [
    *("template", "template-escape", "template-call", "template-cost", "template-trigger", "template-guarded-text"),
    *("template-text", "template-replace", "template-hidden-character", "template-unparsable", "config-override"),
    *("config-target", "metadata-target", "config-import", "config-expression", "config-path", "config-python-tag"),
    *("config-duplicate-key", "config-unparsable", "git-setting", "git-driver", "modelfile-source", "modelfile-text"),
]
NAMES = [
    "sign",
    "name",
    "how",
    "degree",
    "on",
    "text",
    "class",
    "count",
    "value",
    "field",
    "target",
    "key",
    "loader",
    "tag",
]
WORDS = st.sampled_from(
    ["", ".", "os.system", "a.b", "..", "a--b.c", "x/y", "python/name:", "trust-nested-near-code", "9" * 50]
)
TEXTS = WORDS | st.text(max_size=12)
DATA = st.dictionaries(st.sampled_from(NAMES), TEXTS, max_size=6).map(lambda found: tuple(sorted(found.items())))
NOTES = st.builds(Observation, kind=st.sampled_from(KINDS), message=TEXTS, member=TEXTS, data=DATA)
LOADS = st.builds(
    CodeLoad, what=TEXTS, source=TEXTS, revision=TEXTS, trigger=st.just("trust_remote_code"), declared_in=TEXTS
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(NOTES, max_size=12),
    st.lists(LOADS, max_size=5),
    st.sampled_from(["config.json", "m-Q4_0.gguf", ".gitmodules"]),
)
def test_every_check_answers(notes: list[Observation], loads: list[CodeLoad], path: str) -> None:
    facts = make_facts(path, "json", observations=tuple(notes), loads=tuple(loads))
    snapshot = make_snapshot(files=(path, "other.py"), file_facts=(facts,))
    for check in CHECKS:
        for finding in run_check(check, snapshot).findings:
            assert finding.message
            assert len(finding.message) < 2_000
            assert len(finding.evidence) < 10_000
