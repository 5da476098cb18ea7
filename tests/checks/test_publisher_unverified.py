import pytest

from tests.builders import findings_of, make_publisher, make_snapshot, run_check, unavailable
from trustaudit.snapshot import Publisher


def test_organization_without_badge_is_a_note() -> None:
    (finding,) = findings_of("publisher-unverified", make_snapshot(publisher=make_publisher(verified=False))).values()
    assert finding.severity == "info"


@pytest.mark.parametrize(
    "publisher",
    [make_publisher(), make_publisher(verified=None), make_publisher(kind="user", verified=None)],
)
def test_verified_unknown_and_users_are_quiet(publisher: Publisher) -> None:
    assert run_check("publisher-unverified", make_snapshot(publisher=publisher)).outcome == "pass"


def test_unknown_publisher() -> None:
    assert run_check("publisher-unverified", make_snapshot(publisher=unavailable())).outcome == "unavailable"
