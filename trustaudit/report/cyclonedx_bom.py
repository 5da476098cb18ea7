"""A document as a bill of materials of ``cyclonedx-python-lib`` (extra ``bom``), and the model cards beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType, Pedigree
from cyclonedx.model.contact import OrganizationalEntity
from cyclonedx.model.impact_analysis import ImpactAnalysisResponse
from cyclonedx.model.license import DisjunctiveLicense, LicenseAcknowledgement
from cyclonedx.model.tool import ToolRepository
from cyclonedx.model.vulnerability import (
    BomTarget,
    Vulnerability,
    VulnerabilityAnalysis,
    VulnerabilityRating,
    VulnerabilityScoreSource,
    VulnerabilitySeverity,
    VulnerabilitySource,
)
from cyclonedx.spdx import is_supported_id
from packageurl import PackageURL

from trustaudit.knowledge.licenses import license_by_name
from trustaudit.report.as_json import as_json
from trustaudit.report.model import Document, LineageReport, ReportedFile, ReportedFinding, Suppressed, TrustReport
from trustaudit.report.notes import CANNOT_SEE
from trustaudit.report.words import full_id, grouped, place, purl

MAX_FILES: Final = 5_000
"""Of one repository, those with findings first. The library needs 3.5 s for as many."""

_PREFIX: Final = "trustaudit"
_KINDS: Final = {"dataset": ComponentType.DATA, "space": ComponentType.APPLICATION}

Json = dict[str, Any]


def serial_number(document: Document) -> UUID:
    """The same for the same document."""
    return uuid5(NAMESPACE_URL, as_json(document))


def collected(document: Document) -> datetime | None:
    """When the last of the facts were collected."""
    moments = [datetime.fromisoformat(report.collected_at) for report in document.reports if report.collected_at]
    return max(moments, default=None)


def bill_of_materials(document: Document) -> Bom:
    """One report is what the BOM is about; several are its components. The document is escaped already."""
    models = [_model(report, f"{number}") for number, report in enumerate(document.reports)]
    metadata = BomMetaData(tools=_tool(document), timestamp=collected(document))
    if len(models) == 1:
        metadata.component = models[0]
    found = (_vulnerabilities(report, f"{number}") for number, report in enumerate(document.reports))
    return Bom(
        serial_number=serial_number(document),
        metadata=metadata,
        components=models if len(models) != 1 else [],
        vulnerabilities=[item for items in found for item in items],
        properties=_properties(policy=document.policy.name, policy_digest=document.policy.digest),
    )


def _tool(document: Document) -> ToolRepository:
    tool = document.tool
    facts = _properties(ruleset=tool.ruleset)
    program = Component(type=ComponentType.APPLICATION, name=tool.name, version=tool.version, properties=facts)
    return ToolRepository(components=[program])


def _model(report: TrustReport, ref: str) -> Component:
    group, _, name = report.repo.id.rpartition("/") if report.repo.type != "local" else ("", "", report.repo.id)
    made_from = [_ancestor(item, f"{ref}-from-{number}") for number, item in enumerate(report.lineage)]
    return Component(
        type=_KINDS.get(report.repo.type, ComponentType.MACHINE_LEARNING_MODEL),
        bom_ref=ref,
        group=group or None,
        name=name,
        version=report.repo.commit,
        supplier=OrganizationalEntity(name=report.publisher.name) if report.publisher.name else None,
        purl=_purl(report),
        licenses=list(_licenses(report)),
        external_references=list(_references(report)),
        pedigree=Pedigree(ancestors=made_from) if made_from else None,
        components=[_file(file, f"{ref}-{number}") for number, file in enumerate(_files(report))],
        properties=_facts(report),
    )


def _purl(report: TrustReport) -> PackageURL | None:
    text = purl(report)
    return PackageURL.from_string(text) if text else None


def _licenses(report: TrustReport) -> Iterator[DisjunctiveLicense]:
    """As declared: SPDX ids where the Hub's words have one, else those words."""
    declared = LicenseAcknowledgement.DECLARED
    for text in report.about.licenses if report.about else ():
        known = license_by_name(text)
        if known is not None and is_supported_id(known.spdx):
            yield DisjunctiveLicense(id=known.spdx, acknowledgement=declared)
        elif text.strip():
            yield DisjunctiveLicense(name=text, acknowledgement=declared)


def _references(report: TrustReport) -> Iterator[ExternalReference]:
    if report.about is not None:
        yield ExternalReference(type=ExternalReferenceType.DISTRIBUTION, url=XsUri(report.about.web_url))


def _ancestor(item: LineageReport, ref: str) -> Component:
    group, _, name = item.id.rpartition("/")
    return Component(
        type=ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref=ref,
        group=group or None,
        name=name or item.id or "unnamed",
        version=item.commit,
        properties=_properties(
            relation=item.relation,
            depth=item.depth,
            declared_in=item.declared_in,
            seen=item.state,
            verdict=item.verdict,
        ),
    )


def _files(report: TrustReport) -> list[ReportedFile]:
    """Those that a finding names first, so that a cut leaves them in."""
    named = {item.location.path for item in (*report.findings, *report.suppressed)}
    return sorted(report.coverage.files, key=lambda file: file.path not in named)[:MAX_FILES]


def _file(file: ReportedFile, ref: str) -> Component:
    return Component(
        type=ComponentType.FILE,
        bom_ref=ref,
        name=file.path,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=file.sha256)] if file.sha256 else [],
        properties=_properties(format=file.format, coverage=file.coverage, size=file.size, bytes_read=file.bytes_read),
    )


def _facts(report: TrustReport) -> list[Property]:
    cost, coverage = report.cost, report.coverage
    omitted = max(0, len(coverage.files) - MAX_FILES)
    scores = {f"score:{category}": room.score for category, room in report.breakdown.items()}
    return _properties(
        verdict=report.verdict,
        headline=report.headline,
        score=report.score,
        **scores,
        requested=report.repo.requested,
        revision=report.repo.revision,
        files=coverage.files_total,
        files_inspected=coverage.files_inspected,
        files_omitted=omitted or None,
        not_seen="\n".join(grouped(coverage.not_seen)),
        bytes_read=cost.bytes,
        bytes_total=cost.repo_bytes,
    )


def _properties(**facts: object) -> list[Property]:
    """``trustaudit:files-inspected`` and the like; what is not known is left out."""
    told = {name: fact for name, fact in facts.items() if fact is not None and fact != ""}
    return [Property(name=f"{_PREFIX}:{name.replace('_', '-')}", value=str(fact)) for name, fact in told.items()]


def _vulnerabilities(report: TrustReport, ref: str) -> Iterator[Vulnerability]:
    refs = {file.path: f"{ref}-{number}" for number, file in enumerate(_files(report))}
    for number, item in enumerate((*report.findings, *report.suppressed)):
        target = refs.get(item.location.path or "", ref)
        yield _vulnerability(report, item, f"{ref}-finding-{number}", target)


def _vulnerability(report: TrustReport, item: ReportedFinding, ref: str, target: str) -> Vulnerability:
    source = VulnerabilitySource(name=_PREFIX)
    rating = VulnerabilityRating(
        source=source,
        severity=VulnerabilitySeverity(item.severity.value),
        method=VulnerabilityScoreSource.OTHER,
        justification=f"confidence {item.confidence}",
    )
    return Vulnerability(
        bom_ref=ref,
        id=item.rule,
        source=source,
        ratings=[rating],
        description=item.message,
        detail=f"{place(item.location)}: {item.evidence}" if item.evidence else place(item.location),
        recommendation=item.remediation or None,
        analysis=_analysis(item),
        affects=[BomTarget(ref=target)],
        properties=_properties(fingerprint=item.fingerprint, category=item.category, repository=full_id(report)),
    )


def _analysis(item: ReportedFinding) -> VulnerabilityAnalysis | None:
    if not isinstance(item, Suppressed):
        return None
    until = f" (until {item.exception_expires})" if item.exception_expires else ""
    return VulnerabilityAnalysis(
        responses=[ImpactAnalysisResponse.WILL_NOT_FIX],
        detail=f"exception of the policy{until}: {item.exception_reason}",
    )


def with_cards(bom: Json, document: Document) -> Json:
    """The library's output with a model card in every component that may have one."""
    cards = {f"{number}": _card(report) for number, report in enumerate(document.reports)}
    components: Iterable[Json] = [bom["metadata"].get("component", {}), *bom.get("components", ())]
    for component in components:
        if component.get("type") == "machine-learning-model" and component.get("bom-ref") in cards:
            component["modelCard"] = cards[component["bom-ref"]]
    return bom


def _card(report: TrustReport) -> Json:
    about = report.about
    told = {"task": about.task, "modelArchitecture": about.architecture} if about else {}
    datasets = [{"type": "dataset", "name": name} for name in (about.datasets if about else ())]
    unseen = [f"not seen: {line}" for line in grouped(report.coverage.not_seen)]
    parameters = {**{key: text for key, text in told.items() if text}, **({"datasets": datasets} if datasets else {})}
    return {
        **({"modelParameters": parameters} if parameters else {}),
        "considerations": {"technicalLimitations": [CANNOT_SEE, *unseen]},
    }
