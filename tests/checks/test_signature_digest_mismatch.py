from tests.builders import findings_of, run_check
from tests.checks.signed import FILES, signed

CHANGED = {**FILES, "model.safetensors": b"\1" * 64}


def test_all_as_signed() -> None:
    assert run_check("signature-digest-mismatch", signed()).outcome == "pass"


def test_one_changed_weight_file() -> None:
    (finding,) = findings_of("signature-digest-mismatch", signed(CHANGED)).values()
    assert (finding.severity, finding.location.path) == ("critical", "model.safetensors")


def test_one_changed_small_file() -> None:
    (finding,) = findings_of("signature-digest-mismatch", signed({**FILES, "config.json": b"[]"})).values()
    assert (finding.severity, finding.location.path) == ("critical", "config.json")


def test_an_edited_card_weighs_less() -> None:
    over = {**FILES, "README.md": b"# before"}
    (finding,) = findings_of(
        "signature-digest-mismatch", signed({**FILES, "README.md": b"# after"}, over=over)
    ).values()
    assert finding.severity == "medium"


def test_a_missing_file() -> None:
    (finding,) = findings_of("signature-digest-mismatch", signed(over={**FILES, "gone.safetensors": b"x"})).values()
    assert finding.severity == "medium"
    assert "gone.safetensors" in finding.message


def test_a_list_that_contradicts_itself() -> None:
    (finding,) = findings_of("signature-digest-mismatch", signed(root="ab" * 32)).values()
    assert finding.severity == "critical"


def test_parts_are_not_compared_and_said() -> None:
    snapshot = signed(CHANGED, serialization={"method": "shards"})
    (finding,) = findings_of("signature-digest-mismatch", snapshot).values()
    assert (finding.severity, "cannot be compared" in finding.message) == ("info", True)


def test_what_could_not_be_hashed_is_said() -> None:
    snapshot = signed()
    unread = snapshot.provenance.model_copy(update={"digests": ()})
    (finding,) = findings_of("signature-digest-mismatch", snapshot.model_copy(update={"provenance": unread})).values()
    assert (finding.severity, "config.json" in finding.message) == ("low", True)
