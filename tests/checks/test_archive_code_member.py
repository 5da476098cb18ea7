from __future__ import annotations

import io
import zipfile

from fixtures.example_hub import files as made
from tests.checks.inspected import findings


def archive(**members: bytes) -> bytes:
    buffer = io.BytesIO(made.torch_zip(made.state_dict_pickle()))
    with zipfile.ZipFile(buffer, "a") as opened:
        for name, data in members.items():
            opened.writestr(name.replace("__", "/").replace("_dot_", "."), data)
    return buffer.getvalue()


def test_a_library_in_a_checkpoint_is_high() -> None:
    found = findings("archive-code-member", {"m.pt": archive(archive__kernel_dot_so=b"\x7fELF" + bytes(100))})
    assert "high" in {finding.severity for finding in found}


def test_source_in_a_checkpoint_is_medium() -> None:
    found = findings("archive-code-member", {"m.pt": archive(archive__run_dot_py=b"print('hello')\n")})
    assert "medium" in {finding.severity for finding in found}


def test_plain_checkpoints_stay_quiet() -> None:
    assert findings("archive-code-member", {"m.pt": archive()}) == []
