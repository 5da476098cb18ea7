"""CycloneDX 1.6, an ML-BOM of what was audited: model card, files with hashes, licences, ancestors, findings.

Built by ``cyclonedx-python-lib`` (extra ``bom``). The library knows no model cards, so those are laid
into its output. Findings are ``vulnerabilities`` with a rating of our own (method ``other``): the
format's one place for "this is wrong with that component". The same document gives the same
text: serial number and timestamp come from it.
"""

from __future__ import annotations

import json
from typing import Final

from trustaudit.errors import UsageError
from trustaudit.report.as_json import dumps
from trustaudit.report.escape import escaped
from trustaudit.report.model import Document

_HEAD: Final = ("$schema", "bomFormat", "specVersion", "serialNumber", "version")
"""What tells a reader the format comes first."""


def as_cyclonedx(document: Document, *, newest: bool = False) -> str:
    """JSON of version 1.6, or 1.7. Raises UsageError when the extra is not installed."""
    try:
        from cyclonedx.output.json import JsonV1Dot6, JsonV1Dot7  # noqa: PLC0415 - an optional dependency

        from trustaudit.report.cyclonedx_bom import bill_of_materials, with_cards  # noqa: PLC0415 - as above
    except ImportError as error:
        raise UsageError(
            "the format cyclonedx needs a library that is not installed",
            cause=f"no module {error.name}",
            advice='pip install "trustaudit[bom]"',
        ) from error
    clean = escaped(document)
    writer = JsonV1Dot7 if newest else JsonV1Dot6
    bom = with_cards(json.loads(writer(bill_of_materials(clean)).output_as_string()), clean)
    return dumps(dict(sorted(bom.items(), key=lambda item: item[0] not in _HEAD)))
