from tests.builders import days_ago, findings_of, make_info, make_publisher, make_snapshot, run_check, unavailable
from trustaudit.snapshot import Snapshot


def account(age: float | None, followers: int | None, *, repo_age: float = 300, **info: object) -> Snapshot:
    created = None if age is None else days_ago(age)
    publisher = make_publisher(kind="user", created_at=created, followers=followers, verified=None)
    return make_snapshot(info=make_info(created_at=days_ago(repo_age), **info), publisher=publisher)


def test_open_oss_privacy_filter() -> None:
    snapshot = account(0.8, 4, repo_age=0.7, likes=667, downloads=244_000)
    found = findings_of("engagement-inflated", snapshot)
    assert (found["likes"].severity, found["likes"].confidence) == ("high", "medium")
    assert found["downloads"].severity == "medium"


def test_ratio_alone() -> None:
    severities = {age: findings_of("engagement-inflated", account(age, 4, likes=667)) for age in (60, 900, None)}
    assert [found["likes"].severity for found in severities.values()] == ["medium", "low", "medium"]


def test_likes_without_downloads_of_a_new_account() -> None:
    found = findings_of("engagement-inflated", account(0.6, 20, likes=300, downloads=0))
    assert {key: f.severity for key, f in found.items()} == {"likes": "low", "no-downloads": "low"}


def test_no_follower_counts_as_one() -> None:
    assert findings_of("engagement-inflated", account(60, 0, likes=120))["likes"].severity == "medium"


def test_honest_engagement_passes() -> None:
    for snapshot in (
        account(3, 0, repo_age=2, likes=0, downloads=12),
        account(900, 75, likes=2_400),
        account(3, 0, likes=99),
        account(2_000, 3_000, repo_age=3, likes=900, downloads=90_000),
        make_snapshot(info=make_info(created_at=days_ago(3), downloads=900_000, likes=4_000)),
    ):
        assert run_check("engagement-inflated", snapshot).outcome == "pass"


def test_popularity_is_never_evidence_for_anybody() -> None:
    found = findings_of("engagement-inflated", account(900, 100_000, likes=50_000, downloads=10**9))
    assert found == {}


def test_unknown_followers_are_no_pass() -> None:
    assert run_check("engagement-inflated", account(60, None, likes=500)).outcome == "unavailable"
    assert run_check("engagement-inflated", make_snapshot(publisher=unavailable())).outcome == "unavailable"
    assert run_check("engagement-inflated", make_snapshot(info=unavailable())).outcome == "unavailable"
