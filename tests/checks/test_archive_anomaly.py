from __future__ import annotations

import io
import zipfile

from fixtures.example_hub import files as made
from tests.checks.inspected import findings

HONEST = made.torch_zip(made.state_dict_pickle())


def renamed_in_the_directory() -> bytes:
    """CVE-2025-1944: the member's own header and the directory disagree about its name."""
    at = HONEST.rindex(b"archive/data.pkl")
    return HONEST[:at] + b"archive/data.txt" + HONEST[at + 16 :]


def test_two_names_for_one_member_are_high() -> None:
    found = {
        finding.key: str(finding.severity)
        for finding in findings("archive-anomaly", {"m.pt": renamed_in_the_directory()})
    }
    assert found["zip-name-mismatch"] == "high"


def test_data_in_front_is_high_in_a_checkpoint() -> None:
    found = {
        finding.key: str(finding.severity) for finding in findings("archive-anomaly", {"m.pt": b"junk" * 100 + HONEST})
    }
    assert found["zip-prefix-data"] == "high"


def test_the_same_in_an_archive_of_data_is_not() -> None:
    buffer = io.BytesIO(b"x" * 400)
    buffer.seek(400)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("a.csv", "1,2")
    found = findings("archive-anomaly", {"data.zip": buffer.getvalue()})
    assert all(finding.severity in ("low", "medium") for finding in found)


def test_honest_archives_stay_quiet() -> None:
    assert findings("archive-anomaly", {"m.pt": HONEST}) == []
