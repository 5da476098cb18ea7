import pytest

from trustaudit.knowledge.licenses import license_by_name, same_license


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("apache-2.0", "Apache-2.0"),
        ("agpl-3.0", "AGPL-3.0-only"),
        ("gpl-3.0", "GPL-3.0-or-later"),
        ("odbl", "ODbL-1.0"),
        ("lgpl-lr", "LGPLLR"),
        ("my own", " My Own "),
    ],
)
def test_names_of_one_licence(one: str, other: str) -> None:
    assert same_license(one, other)
    assert same_license(other, one)


@pytest.mark.parametrize(("one", "other"), [("gpl-2.0", "gpl-3.0"), ("llama3", "llama3.1"), ("", "mit"), ("a", "b")])
def test_different_licences(one: str, other: str) -> None:
    assert not same_license(one, other)


def test_families() -> None:
    assert license_by_name("CC-BY-NC-4.0").family == "non-commercial"
    assert license_by_name("other").family == "unclear"
    assert license_by_name("nothing like it") is None
