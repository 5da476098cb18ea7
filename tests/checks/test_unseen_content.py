from __future__ import annotations

from tests.builders import findings_of, make_facts, make_snapshot
from trustaudit.facts import Reason, Unavailable
from trustaudit.filefacts import Coverage


def test_a_partly_read_pickle_is_named_with_its_limit() -> None:
    facts = make_facts("m.pkl", "pickle", Coverage.PARTIAL, reason="budget", limits=("file-bytes",))
    (finding,) = findings_of("unseen-content", make_snapshot(file_facts=(facts,))).values()
    assert "file-bytes" in finding.evidence


def test_a_file_that_could_not_be_asked_for_is_named() -> None:
    gone = ("m.pkl", Unavailable(reason=Reason.TIMEOUT, detail="no answer"))
    (finding,) = findings_of("unseen-content", make_snapshot(not_inspected=(gone,))).values()
    assert "timeout" in finding.evidence


def test_texts_and_whole_readings_stay_quiet() -> None:
    whole = make_facts("m.pkl", "pickle", Coverage.COMPLETE)
    picture = make_facts("a.png", "png", Coverage.NONE)
    assert not findings_of("unseen-content", make_snapshot(file_facts=(whole, picture)))
