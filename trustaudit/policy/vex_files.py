"""Files of OpenVEX statements (v0.2.0).

Products are package URLs, ``pkg:huggingface/org/name@commit#path/of/file``; vulnerabilities are rule
ids or fingerprints. Statements about anything else are other tools' business and are passed over.
One that is about a repository must hold: a statement that was misread would silently accept something.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field, StrictStr, ValidationError

from trustaudit.errors import FileInputError, RefError
from trustaudit.policy.vex import JUSTIFICATIONS, Statement, Status
from trustaudit.refs import RepoRef

CONTEXT: Final = "https://openvex.dev/ns"
MAX_VEX_BYTES: Final = 32 * 1024 * 1024
_SHOWN: Final = 5
_PURL: Final = "pkg:huggingface/"
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


class _Wire(BaseModel):
    """Other tools add fields of their own."""

    model_config = ConfigDict(extra="ignore")


class _Identifiers(_Wire):
    purl: StrictStr = ""


class _Component(_Wire):
    id: StrictStr = Field("", alias="@id")
    identifiers: _Identifiers = _Identifiers()

    @property
    def purl(self) -> str:
        """The package URL of a repository, or nothing."""
        found = self.identifiers.purl or self.id
        return found if found.lower().startswith(_PURL) else ""


class _Product(_Component):
    subcomponents: list[_Component] = []


class _Vulnerability(_Wire):
    name: StrictStr = Field(min_length=1)
    aliases: list[StrictStr] = []


class _Said(_Wire):
    vulnerability: _Vulnerability
    products: list[_Product] = []
    status: Status
    timestamp: datetime | None = None
    justification: StrictStr = ""
    impact_statement: StrictStr = ""
    status_notes: StrictStr = ""


class _Document(_Wire):
    context: StrictStr = Field(alias="@context")
    timestamp: datetime | None = None
    statements: list[_Said]


def read_vex(paths: Iterable[Path]) -> tuple[Statement, ...]:
    """The statements of these files about repositories, oldest first: the last word counts. Raises FileInputError."""
    found = [statement for path in paths for statement in _statements(path)]
    return tuple(sorted(found, key=lambda statement: statement.moment))


def _statements(path: Path) -> Iterator[Statement]:
    document = _document(path)
    for index, said in enumerate(document.statements):
        place = f"{path}: statements[{index}]"
        for product in said.products:
            for purl in _purls(product):
                yield _statement(said, purl, place, said.timestamp or document.timestamp or _LONG_AGO)


def _purls(product: _Product) -> list[str]:
    """The product, or only those of its parts that are files of a repository."""
    if not product.purl:
        return []
    if not product.subcomponents:
        return [product.purl]
    return [part.purl for part in product.subcomponents if "#" in part.purl]


def _statement(said: _Said, purl: str, place: str, moment: datetime) -> Statement:
    try:
        ref = RepoRef.parse(purl.partition("#")[0])
    except RefError as error:
        raise FileInputError(f"{place}: {error.what}") from error
    if ref.revision is not None and not ref.is_pinned:
        raise FileInputError(
            f"{place}: {purl!a} names no commit", advice="the version is the full commit sha, or absent"
        )
    names = (said.vulnerability.name, *said.vulnerability.aliases)
    return Statement(
        repo=ref.full_id.lower(),
        commit=ref.revision,
        path=unquote(purl.partition("#")[2]).strip("/") or None,
        names=names,
        status=said.status,
        reason=_reason(said, place),
        moment=moment if moment.tzinfo else moment.replace(tzinfo=UTC),
    )


def _reason(said: _Said, place: str) -> str:
    """Why, with the justification in front. A finding is not taken out of a verdict without one."""
    if said.justification and said.justification not in JUSTIFICATIONS:
        raise FileInputError(
            f"{place}: justification {said.justification!a} is none of OpenVEX",
            advice=f"one of {', '.join(JUSTIFICATIONS)}",
        )
    told = (said.justification, said.impact_statement.strip(), said.status_notes.strip())
    reason = ": ".join(part for part in told if part)
    if said.status.accepts and not reason:
        raise FileInputError(
            f"{place}: {said.status} without a reason",
            advice="add a justification, an impact_statement or status_notes",
        )
    return reason


def _document(path: Path) -> _Document:
    values = _json(path)
    context = values.get("@context") if isinstance(values, dict) else None
    if not isinstance(context, str) or not context.startswith(CONTEXT):
        raise FileInputError(f"{path} is no OpenVEX document", cause=f"its @context does not start with {CONTEXT}")
    try:
        return _Document.model_validate(values)
    except ValidationError as error:
        problems = [f"  {'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
        raise FileInputError("\n".join([f"{path} is no OpenVEX document:", *problems[:_SHOWN]])) from error


def _json(path: Path) -> Any:  # noqa: ANN401 - whatever a file holds
    try:
        with path.open("rb") as file:
            data = file.read(MAX_VEX_BYTES + 1)
        if len(data) > MAX_VEX_BYTES:
            raise FileInputError(f"{path} is larger than {MAX_VEX_BYTES} bytes")
        return json.loads(data)
    except OSError as error:
        raise FileInputError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise FileInputError(f"{path} is not JSON: {error}") from error
