"""SPDX 3.0.1 as JSON-LD, with the AI profile: packages, files with hashes, lineage, licences, findings.

Findings and verdicts are annotations (type ``review``): SPDX keeps vulnerabilities for known ones
with an identifier. Licences are what the uploader declared; nobody concluded any. Identifiers
come from the document, so the same document gives the same text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from trustaudit.knowledge.licenses import license_by_name
from trustaudit.report.as_json import as_json, dumps
from trustaudit.report.escape import escaped
from trustaudit.report.model import (
    About,
    Document,
    PublisherReport,
    ReportedFile,
    ReportedFinding,
    Suppressed,
    TrustReport,
)
from trustaudit.report.notes import CANNOT_SEE
from trustaudit.report.words import full_id, grouped, place, purl, size

CONTEXT: Final = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
SPEC_VERSION: Final = "3.0.1"

_CREATION: Final = "_:creation"
_NO_LICENSE: Final = "expandedlicensing_NoAssertionLicense"
_UNDATED: Final = "1970-01-01T00:00:00Z"
_TYPES: Final = {"dataset": "dataset_DatasetPackage", "space": "software_Package"}
_PURPOSES: Final = {"dataset": "data", "space": "application"}
_OWNERS: Final = {"user": "Person", "organization": "Organization"}
_AI_PROFILE: Final = frozenset({"suppliedBy", "software_downloadLocation", "software_packageVersion", "releaseTime"})
"""What the AI profile demands of a package beside its purpose and licences; not always known."""
_NAME_CHARS: Final = 60
_NOT_IN_REFS: Final = re.compile(r"[^A-Za-z0-9.-]+")

Json = dict[str, Any]


def as_spdx(document: Document) -> str:
    """One SPDX document over all reports."""
    clean = escaped(document)
    graph = _Graph(f"https://spdx.org/spdxdocs/trustaudit-{uuid5(NAMESPACE_URL, as_json(clean))}#")
    author = graph.add("SoftwareAgent", "author", name=f"{clean.tool.name} {clean.tool.version}")
    roots = [_package(graph, report, f"{number}") for number, report in enumerate(clean.reports)]
    elements = graph.ids
    held = {"element": elements, "rootElement": roots, "profileConformance": graph.profiles}
    sbom = graph.add("software_Sbom", "sbom", software_sbomType=["analyzed"], **held)
    name = f"audit of {full_id(clean.reports[0])}" if len(clean.reports) == 1 else f"audit of {len(roots)} repositories"
    graph.add("SpdxDocument", "document", name=name, **{**held, "element": [*elements, sbom], "rootElement": [sbom]})
    return dumps({"@context": CONTEXT, "@graph": [_creation(clean, author), *graph.elements]})


class _Graph:
    """Elements as they are added. ``profiles`` are those that every element holds to."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self.elements: list[Json] = []
        self._ai: list[bool] = []
        self._licenses: dict[str, str] = {}

    @property
    def ids(self) -> list[str]:
        return [element["spdxId"] for element in self.elements]

    @property
    def profiles(self) -> list[str]:
        return ["core", "software", "simpleLicensing", *(["ai"] if self._ai and all(self._ai) else [])]

    def add(self, kind: str, name_: str, **properties: object) -> str:
        """Add an element and give its id. Properties that are None, empty text or an empty list are left out."""
        identity = f"{self._namespace}{name_}"
        told = {key: value for key, value in properties.items() if value not in (None, "", [])}
        if kind == "ai_AIPackage":
            self._ai.append(told.keys() >= _AI_PROFILE)
        self.elements.append({"type": kind, "spdxId": identity, "creationInfo": _CREATION, **told})
        return identity

    def relate(self, source: str, relation: str, targets: Sequence[str]) -> None:
        """A relationship; without targets none."""
        if targets:
            number = len(self.elements)
            self.add("Relationship", f"relation-{number}", **{"from": source}, relationshipType=relation, to=[*targets])

    def annotate(self, subject: str, statement: str) -> None:
        """A statement of ours about an element."""
        name = f"annotation-{len(self.elements)}"
        self.add(
            "Annotation", name, annotationType="review", subject=subject, contentType="text/plain", statement=statement
        )

    def license(self, declared: Sequence[str]) -> str:
        """The element for what was declared, one per distinct declaration."""
        words = [text for text in declared if text.strip()]
        if not words:
            return _NO_LICENSE
        # Whoever declares several says not whether one suffices: assuming that all apply is the safe reading.
        expression = " AND ".join(dict.fromkeys(_spdx_name(text) for text in words))
        if expression not in self._licenses:
            self._licenses[expression] = self._expression(expression, words)
        return self._licenses[expression]

    def _expression(self, expression: str, words: Sequence[str]) -> str:
        unknown = {_spdx_name(text): text for text in words if _spdx_name(text).startswith("LicenseRef-")}
        number = len(self.elements)
        texts = [
            {"type": "DictionaryEntry", "key": name, "value": self._text(f"license-text-{number}-{index}", text)}
            for index, (name, text) in enumerate(unknown.items())
        ]
        return self.add(
            "simplelicensing_LicenseExpression",
            f"license-{number}",
            simplelicensing_licenseExpression=expression,
            simplelicensing_customIdToUri=texts,
        )

    def _text(self, name: str, text: str) -> str:
        words = f"Declared as {text}; the text itself was not read."
        return self.add("simplelicensing_SimpleLicensingText", name, simplelicensing_licenseText=words)


def _creation(document: Document, author: str) -> Json:
    moments = [moment for report in document.reports if (moment := _moment(report.collected_at))]
    created = max(moments, default=_UNDATED)
    return {
        "type": "CreationInfo",
        "@id": _CREATION,
        "specVersion": SPEC_VERSION,
        "created": created,
        "createdBy": [author],
    }


def _moment(text: str | None) -> str | None:
    """ISO 8601 as SPDX has it: UTC with ``Z``. Our times are UTC."""
    return f"{text[:19]}Z" if text else None


def _spdx_name(text: str) -> str:
    """The SPDX id, else a ``LicenseRef-`` that no other words have."""
    known = license_by_name(text)
    if known is not None and known.spdx:
        return known.spdx
    plain = _NOT_IN_REFS.sub("-", text).strip("-")[:_NAME_CHARS]
    mark = "" if plain == text else f"-{sha256(text.encode()).hexdigest()[:8]}"
    return f"LicenseRef-{plain}{mark}"


def _package(graph: _Graph, report: TrustReport, ref: str) -> str:
    about = report.about or About(web_url="")
    kind = _TYPES.get(report.repo.type, "ai_AIPackage")
    properties = {
        "name": report.repo.id,
        "summary": report.headline,
        "software_packageVersion": report.repo.commit,
        "software_downloadLocation": about.web_url,
        "software_packageUrl": purl(report),
        "software_primaryPurpose": _PURPOSES.get(report.repo.type, "model"),
        "releaseTime": _moment(about.last_modified or about.created_at),
        "suppliedBy": _owner(graph, report.publisher, ref),
        **(_ai(report, about) if kind == "ai_AIPackage" else {}),
        **({"dataset_datasetType": ["noAssertion"]} if kind == "dataset_DatasetPackage" else {}),
    }
    package = graph.add(kind, f"package-{ref}", **properties)
    graph.relate(package, "hasDeclaredLicense", [graph.license(about.licenses)])
    graph.relate(package, "hasConcludedLicense", [_NO_LICENSE])
    files = {file.path: _file(graph, file, f"{ref}-{n}") for n, file in enumerate(report.coverage.files)}
    graph.relate(package, "contains", list(files.values()))
    graph.relate(package, "trainedOn", [_dataset(graph, name, f"{ref}-{n}") for n, name in enumerate(about.datasets)])
    _lineage(graph, report, package, ref)
    _judgement(graph, report, package, files)
    return package


def _ai(report: TrustReport, about: About) -> Json:
    unseen = [f"Not seen: {line}." for line in grouped(report.coverage.not_seen)]
    return {
        "ai_domain": [about.task] if about.task else [],
        "ai_typeOfModel": [about.architecture] if about.architecture else [],
        "ai_limitation": " ".join([CANNOT_SEE, *unseen]),
    }


def _owner(graph: _Graph, owner: PublisherReport, ref: str) -> str | None:
    kind = _OWNERS.get(owner.kind or "", "Agent")
    return graph.add(kind, f"owner-{ref}", name=owner.name) if owner.name else None


def _file(graph: _Graph, file: ReportedFile, ref: str) -> str:
    hashes = [{"type": "Hash", "algorithm": "sha256", "hashValue": file.sha256}] if file.sha256 else []
    read = f"read {size(file.bytes_read)} of {size(file.size)}"
    comment = f"{file.format or 'format unknown'}; coverage {file.coverage}; {read}"
    return graph.add(
        "software_File", f"file-{ref}", name=file.path, comment=comment, software_fileKind="file", verifiedUsing=hashes
    )


def _dataset(graph: _Graph, name: str, ref: str) -> str:
    comment = "Named by the uploader; not looked at."
    return graph.add(
        "dataset_DatasetPackage", f"dataset-{ref}", name=name, comment=comment, dataset_datasetType=["noAssertion"]
    )


def _lineage(graph: _Graph, report: TrustReport, package: str, ref: str) -> None:
    """Each ancestor once, related to what is made from it."""
    known = {report.repo.id: package}
    for number, item in enumerate(report.lineage):
        if item.id not in known:
            comment = f"{item.relation}, declared in {item.declared_in}; {item.verdict or item.state}"
            known[item.id] = graph.add(
                "ai_AIPackage",
                f"ancestor-{ref}-{number}",
                name=item.id,
                comment=comment,
                software_packageVersion=item.commit,
                software_primaryPurpose="model",
            )
    ways = {(item.path[-2] if len(item.path) > 1 else report.repo.id, item.id) for item in report.lineage}
    for child, parent in sorted(ways):
        graph.relate(known.get(child, package), "descendantOf", [known[parent]])


def _judgement(graph: _Graph, report: TrustReport, package: str, files: dict[str, str]) -> None:
    score = "no score" if report.score is None else f"score {report.score} of 100"
    graph.annotate(package, f"{report.verdict}, {score}: {report.headline}")
    for item in (*report.findings, *report.suppressed):
        graph.annotate(files.get(item.location.path or "", package), "\n".join(_statement(item)))


def _statement(item: ReportedFinding) -> Iterable[str]:
    yield f"{item.severity} ({item.confidence} confidence) {item.rule} at {place(item.location)}: {item.message}"
    if item.evidence:
        yield item.evidence
    if item.remediation:
        yield f"To do: {item.remediation}"
    if isinstance(item, Suppressed):
        yield f"Under an exception of the policy: {item.exception_reason}"
