from tests.builders import days_ago, findings_of, make_info, make_publisher, make_snapshot, run_check, unavailable
from trustaudit.snapshot import Redirect, Snapshot


def redirected(asked: str, found: str, **more: object) -> Snapshot:
    hop = Redirect(status=307, from_path=f"/api/models/{asked}/revision/main", to_path=f"/api/models/{found}")
    return make_snapshot(
        asked, info=make_info(id=found, author=found.split("/", maxsplit=1)[0]), redirects=(hop,), **more
    )


def test_answer_of_another_owner_asks_for_a_look() -> None:
    snapshot = redirected("runwayml/stable-diffusion-v1-5", "stable-diffusion-v1-5/stable-diffusion-v1-5")
    (finding,) = findings_of("renamed-repository", snapshot).values()
    assert finding.severity == "medium"
    assert finding.evidence == "runwayml/stable-diffusion-v1-5 → stable-diffusion-v1-5/stable-diffusion-v1-5"


def test_owner_younger_than_the_repository_is_said() -> None:
    snapshot = redirected("old/model", "new/model", publisher=make_publisher(name="new", created_at=days_ago(5)))
    (finding,) = findings_of("renamed-repository", snapshot).values()
    assert "younger" in finding.message


def test_moves_that_nobody_can_abuse_are_notes() -> None:
    for asked, found in (
        ("bert-base-uncased", "google-bert/bert-base-uncased"),
        ("meta-llama/Meta-Llama-3.1-8B", "meta-llama/Llama-3.1-8B"),
        ("CohereForAI/aya-101", "CohereLabs/aya-101"),
    ):
        (finding,) = findings_of("renamed-repository", redirected(asked, found)).values()
        assert finding.severity == "info", asked


def test_case_does_not_count() -> None:
    assert run_check("renamed-repository", make_snapshot("Org/MODEL")).outcome == "pass"


def test_unknown_info() -> None:
    assert run_check("renamed-repository", make_snapshot(info=unavailable())).outcome == "unavailable"
