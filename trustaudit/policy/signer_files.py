"""``acme.pub`` or ``file:PATH`` among the expected signers: the key or certificate that lies beside the policy.

Read when the policy is, so that its digest covers the key and not the name of a file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from trustaudit.errors import PolicyError
from trustaudit.policy.schema import SIGNER_FILE

MAX_KEY_BYTES: Final = 64 * 1024
_SUFFIXES: Final = (".pub", ".pem", ".crt", ".cer")


def with_signer_files(values: dict[str, Any], policy: Path) -> dict[str, Any]:
    """The values of a policy with files of signers replaced by what they hold. Raises PolicyError."""
    signers = values.get("signers")
    expected = signers.get("expected") if isinstance(signers, dict) else None
    if not isinstance(signers, dict) or not isinstance(expected, list):
        return values
    return {**values, "signers": {**signers, "expected": [_read(entry, policy) for entry in expected]}}


def _read(entry: object, policy: Path) -> object:
    if not isinstance(entry, str) or not (entry.startswith(SIGNER_FILE) or _looks_like_one(entry)):
        return entry
    path = policy.parent / Path(entry.removeprefix(SIGNER_FILE)).expanduser()
    try:
        with path.open("rb") as file:
            data = file.read(MAX_KEY_BYTES + 1)
        if len(data) > MAX_KEY_BYTES:
            raise PolicyError(f"policy {policy}: {path} is too large for a key or certificate")
        return data.decode("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(
            f"policy {policy}: cannot read the signer {path}: {error}",
            advice="name a public key or certificate in PEM, by a path from the policy's folder",
        ) from error


def _looks_like_one(entry: str) -> bool:
    """A name of an identity is an address: it ends in no suffix of a key."""
    return entry.endswith(_SUFFIXES) and "@" not in entry and "://" not in entry
