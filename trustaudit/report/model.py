"""TrustReport: what one audit concluded. The JSON output is exactly these models (design contract).

Field names and their order are the published schema (``trustaudit schema``); a change that
removes or renames one needs a new ``schema_version``.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal

from pydantic import Field

from trustaudit.facts import Frozen
from trustaudit.finding import Category, Confidence, Location, Outcome, Severity

SCHEMA_VERSION: Final = "1"


class Verdict(StrEnum):
    """The decision. ``incomplete``: something the policy requires could not be seen."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    REVIEW = "review"
    BLOCK = "block"
    INCOMPLETE = "incomplete"


class ReportedRepo(Frozen):
    """Which repository, as asked for and as found. ``type`` is ``local`` for files on disk."""

    type: Literal["model", "dataset", "space", "local"]
    id: str
    requested: str
    revision: str | None
    commit: str | None


class ReportedFinding(Frozen):
    """A finding with its documentation and a fingerprint that is stable over commits."""

    rule: str
    severity: Severity
    confidence: Confidence
    category: Category
    message: str
    evidence: str
    location: Location
    remediation: str
    docs: str
    fingerprint: str


class Suppressed(ReportedFinding):
    """A finding that an exception of the policy took out of the verdict; it stays visible."""

    exception_reason: str
    exception_expires: str | None


class CategoryScore(Frozen):
    """One line of the breakdown."""

    score: int
    findings: int


class ReportedCheck(Frozen):
    """One check and what became of it."""

    id: str
    outcome: Outcome
    reason: str


class NotSeen(Frozen):
    """A file, or ``(history)``, ``(publisher)``…, that could not be looked at, and why."""

    path: str
    reason: str


class ReportedFile(Frozen):
    """What was read of one file."""

    path: str
    format: str
    coverage: str
    bytes_read: int
    size: int | None
    sha256: str | None = None
    """Of the whole content, lower-case hex: listed by the Hub for large files, computed for small ones that were
    fetched whole; else None."""


class CoverageReport(Frozen):
    """How much was looked at. ``by_coverage`` counts inspected files per kind of coverage."""

    files_total: int | None
    files_inspected: int
    by_coverage: dict[str, int]
    not_seen: tuple[NotSeen, ...]
    files: tuple[ReportedFile, ...] = ()


class PublisherReport(Frozen):
    """The owner, with every signal that was seen. ``state`` is known, unavailable or not_applicable."""

    state: str
    reason: str = ""
    name: str | None = None
    kind: str | None = None
    created_at: str | None = None
    created_from: str | None = None
    verified: bool | None = None
    plan: str | None = None
    followers: int | None = None
    models: int | None = None
    members: int | None = None
    score: int | None = None
    signals: tuple[tuple[str, str, int], ...] = ()


class LineageFinding(Frozen):
    """One of the worst things that an ancestor's own audit found."""

    rule: str
    severity: Severity
    message: str
    path: str = ""


class LineageReport(Frozen):
    """One ancestor on one way. ``parent`` is what is made from it, ``path`` the whole way from the audited repository.

    ``circular``: the way closes here. ``beyond``: its own parents were not looked at.
    """

    id: str
    relation: str
    depth: int
    declared_in: str
    state: str
    commit: str | None = None
    verdict: str | None = None
    path: tuple[str, ...] = ()
    type: str = "model"
    reason: str = ""
    parent: str = ""
    licenses: tuple[str, ...] = ()
    findings: tuple[LineageFinding, ...] = ()
    circular: bool = False
    beyond: bool = False
    api_requests: int = 0


class SignatureReport(Frozen):
    """One signature.

    ``state``: ``verified`` (by somebody the policy expects), ``not verified``, ``not by an expected signer``
    or ``invalid``. Counts are of the files it names: with the signed hash, with another one, not there, not comparable;
    ``unsigned`` counts files of the signed folder that it does not name.
    """

    path: str
    state: str
    signer: str
    reason: str = ""
    agreeing: int = 0
    different: int = 0
    missing: int = 0
    unknown: int = 0
    unsigned: int = 0


class CodeToRun(Frozen):
    """A file of the repository that a loader or tool would run once it is allowed to.

    ``by`` says who: ``loaded`` (trust_remote_code=True), ``tool``, ``told`` (the card says to run it)
    or ``hosted`` (a Space). ``digest`` is ``sha256:…`` of the bytes where they were read, else the
    listed identity; empty when the Hub told none.
    """

    path: str
    by: str
    why: str
    digest: str


class SafeLoad(Frozen):
    """How to load exactly what was audited. ``possible`` is False when no safe way exists."""

    possible: bool
    revision: str | None
    call: str
    use_safetensors: bool | None
    trust_remote_code: bool
    allow_patterns: tuple[str, ...] = ()
    ignore_patterns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    code: tuple[CodeToRun, ...] = ()


class CostReport(Frozen):
    """What the audit spent, beside the size of the repository."""

    api_requests: int
    file_requests: int
    bytes: int
    repo_bytes: int | None
    seconds: float


class HubScans(Frozen):
    """How many of the Hub's scanners gave a verdict anywhere in the repository, and the worst of it."""

    answered: int
    of: int
    worst: str
    summary: str


class About(Frozen):
    """What a bill of materials says of a repository besides its files.

    Written by the uploader and proven by nothing: licences, task, library, architecture, datasets,
    languages. ``web_url`` and dates are the Hub's; dates are ISO 8601.
    """

    web_url: str
    licenses: tuple[str, ...] = ()
    license_link: str = ""
    task: str = ""
    library: str = ""
    architecture: str = ""
    datasets: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    created_at: str | None = None
    last_modified: str | None = None
    downloads: int | None = None
    likes: int | None = None


class TimelineEntry(Frozen):
    """One commit. ``weights``, ``code`` and ``files`` count the files whose latest change it is.

    ``title`` and ``authors`` are the committer's own words.
    """

    commit: str
    title: str = ""
    authors: tuple[str, ...] = ()
    date: str | None = None
    weights: int = 0
    code: int = 0
    files: int = 0


class TrustReport(Frozen):
    """One repository, judged. ``collected_at`` is the audit's "now", ISO 8601."""

    repo: ReportedRepo
    verdict: Verdict
    headline: str
    score: int | None = Field(ge=0, le=100)
    breakdown: dict[str, CategoryScore]
    findings: tuple[ReportedFinding, ...]
    suppressed: tuple[Suppressed, ...]
    checks: tuple[ReportedCheck, ...]
    coverage: CoverageReport
    publisher: PublisherReport
    hub_scans: HubScans | None
    lineage: tuple[LineageReport, ...]
    safe_load: SafeLoad
    notes: tuple[str, ...]
    did_you_mean: tuple[str, ...]
    cost: CostReport
    collected_at: str | None = None
    about: About | None = None
    timeline: tuple[TimelineEntry, ...] = ()
    signatures: tuple[SignatureReport, ...] = ()


class Tool(Frozen):
    """Who wrote this report. ``ruleset`` changes whenever a rule or table changes."""

    name: str
    version: str
    ruleset: str


class PolicyUsed(Frozen):
    """By which policy. ``digest`` is the SHA-256 of its canonical JSON."""

    name: str
    digest: str


class Document(Frozen):
    """The whole JSON output."""

    schema_version: Literal["1"] = SCHEMA_VERSION
    tool: Tool
    policy: PolicyUsed
    reports: tuple[TrustReport, ...]
    summary: dict[str, int]
