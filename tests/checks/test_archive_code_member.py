from __future__ import annotations

import gzip
import io
import zipfile

import pytest

from fixtures.example_hub import files as made
from tests.checks.inspected import findings
from tests.formats.writers_containers import Part, Zip, tar


def archive(**members: bytes) -> bytes:
    buffer = io.BytesIO(made.torch_zip(made.state_dict_pickle()))
    with zipfile.ZipFile(buffer, "a") as opened:
        for name, data in members.items():
            opened.writestr(name.replace("__", "/").replace("_dot_", "."), data)
    return buffer.getvalue()


def test_a_library_in_a_checkpoint_is_high() -> None:
    found = findings("archive-code-member", {"m.pt": archive(archive__kernel_dot_so=b"\x7fELF" + bytes(100))})
    assert "high" in {finding.severity for finding in found}


@pytest.mark.parametrize("program", [b"\x7fELF\x02\x01\x01" + bytes(300), b"L\0\0\0\x01\x14\x02\0" + bytes(100)])
def test_programs_in_any_archive_are_told_by_their_bytes(program: bytes) -> None:
    plain = tar({"sub/model.bin": program})
    for name, data in {"a.tar": plain, "a.tar.gz": gzip.compress(plain), "a.zip": archive(x=program)}.items():
        (finding,) = [f for f in findings("archive-code-member", {name: data}) if f.key == "executable-content"]
        assert (finding.severity, bool(finding.location.member)) == ("high", True), name
    assert findings("archive-code-member", {"model.bin": program}) == []
    assert findings("archive-code-member", {"a.tar": tar({"run": b"#!/bin/sh\necho hello\n"})}) == []


def test_source_in_a_checkpoint_is_medium() -> None:
    found = findings("archive-code-member", {"m.pt": archive(archive__run_dot_py=b"print('hello')\n")})
    assert "medium" in {finding.severity for finding in found}


def test_plain_checkpoints_stay_quiet() -> None:
    assert findings("archive-code-member", {"m.pt": archive()}) == []


def test_python_is_what_wheels_are_for() -> None:
    members = {
        "m/__init__.py": b"",
        "m-1.dist-info/METADATA": b"Name: m\n",
        "m-1.dist-info/WHEEL": b"Wheel-Version: 1\n",
    }
    wheel = Zip([Part(name, data) for name, data in members.items()]).build()
    found = findings("archive-code-member", {"m-1-py3-none-any.whl": wheel, "m.zip": wheel})
    assert {f.location.path: str(f.severity) for f in found} == {"m-1-py3-none-any.whl": "info", "m.zip": "medium"}
