"""The policy: what blocks, what must have been seen, and the user's own lists. One schema, strict.

A policy decides; checks only state. ``loading.py`` reads files and turns every violation of
this schema into an error that names its place.
"""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import suppress
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from trustaudit.checks.interface import Options
from trustaudit.errors import RefError
from trustaudit.facts import Frozen
from trustaudit.finding import Confidence, Finding, Severity
from trustaudit.policy.baseline import KnownFinding
from trustaudit.policy.vex import Statement
from trustaudit.refs import RepoRef

DEFAULT_POLICY: Final = "default"
SIGNER_FILE: Final = "file:"
_PEM: Final = re.compile(
    r"(?:-----BEGIN (PUBLIC KEY|CERTIFICATE)-----\s[A-Za-z0-9+/=\s]{1,20000}-----END \1-----\s*){1,10}"
)
ACCEPTANCES: Final = ("baseline", "statements")
"""Fields that come from files of their own: a policy that has none keeps its digest."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class RequiredFact(StrEnum):
    """What a policy can insist on. ``contents``: every file that can run code on load was looked into."""

    INFO = "info"
    FILES = "files"
    HISTORY = "history"
    PUBLISHER = "publisher"
    SCAN = "scan"
    CONTENTS = "contents"


class Override(StrEnum):
    """The severity a policy gives a rule; ``off`` takes its findings out of the verdict, not out of the report."""

    OFF = "off"
    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Thresholds(Frozen):
    """Which findings block and which ask for a review: least confidence per severity.

    A severity counts at least as much as any lower one, so ``{high = "medium"}`` holds for critical too.
    """

    block: dict[Severity, Confidence] = Field(min_length=1)
    """Never empty: a policy that cannot block is a mistake, not a choice."""
    review: dict[Severity, Confidence]

    def blocks(self, finding: Finding) -> bool:
        """Whether this finding alone blocks."""
        return _reaches(self.block, finding)

    def reviews(self, finding: Finding) -> bool:
        """Whether this finding alone asks for a person."""
        return _reaches(self.review, finding)


def _reaches(table: dict[Severity, Confidence], finding: Finding) -> bool:
    return any(
        finding.severity.rank >= severity.rank and finding.confidence.rank >= confidence.rank
        for severity, confidence in table.items()
    )


class Required(Frozen):
    """Facts whose absence makes a verdict incomplete."""

    facts: tuple[RequiredFact, ...]

    @model_validator(mode="after")
    def _always_info(self) -> Required:
        if RequiredFact.INFO not in self.facts:
            raise ValueError("facts must hold 'info': without it there is nothing to judge")
        return self


def _lower(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text.lower() for text in texts)


class Licenses(Frozen):
    """Licence ids as the Hub writes them (lower case). With ``allowed``, any other licence is a finding."""

    allowed: Annotated[tuple[Text, ...], AfterValidator(_lower)] = ()
    denied: Annotated[tuple[Text, ...], AfterValidator(_lower)] = ()


class Publishers(Frozen):
    """Accounts. ``trusted`` softens doubts about a name or an account, never what a file does."""

    trusted: tuple[Text, ...] = ()
    denied: tuple[Text, ...] = ()


class Repos(Frozen):
    """Repositories, ``*`` allowed: ``org/*``. With ``allowed``, every other repository blocks; ``denied`` blocks.

    Being allowed silences nothing.
    """

    allowed: tuple[Text, ...] = ()
    denied: tuple[Text, ...] = ()


def _signer(text: str) -> str:
    """A key or certificate whole, or a name. A half copied key would silently expect nobody."""
    if "-----BEGIN" in text and not _PEM.fullmatch(text):
        raise ValueError("is no public key or certificate in PEM from -----BEGIN to -----END")
    if text.startswith(SIGNER_FILE):
        raise ValueError(f"{SIGNER_FILE}PATH is only understood in a policy that is a file itself")
    return text


class Signers(Frozen):
    """Whom the user expects to have signed: public keys and certificates in PEM, names of identities."""

    expected: tuple[Annotated[Text, AfterValidator(_signer)], ...] = ()


def _bare_repo(text: str) -> str:
    """A repository id without revision, in its full spelling."""
    try:
        ref = RepoRef.parse(text)
    except RefError as error:
        raise ValueError(error.what) from error
    if ref.revision:
        raise ValueError("a repository without revision; write the commit into 'commit'")
    return ref.full_id


def _day(value: object) -> object:
    """A date or its ISO text. Numbers are no dates: pydantic would read them as seconds since 1970."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str):
        with suppress(ValueError):
            return date.fromisoformat(value.strip())
    raise ValueError("is not a date such as 2027-01-31")


class PolicyException(Frozen):
    """One accepted risk: this rule, in this repository, for this reason, until this day (inclusive, UTC)."""

    rule: Text
    repo: Annotated[str, AfterValidator(_bare_repo)]
    path: Text | None = None
    commit: Annotated[str, StringConstraints(pattern="^[0-9a-f]{40}$")] | None = None
    fingerprint: Annotated[str, StringConstraints(pattern="^[0-9a-f]{32}$")] | None = None
    reason: Text
    expires: Annotated[date, BeforeValidator(_day)]

    def __str__(self) -> str:
        return f"exception for {self.rule} in {self.repo}" + (f" ({self.path})" if self.path else "")


class Policy(Frozen):
    """A whole policy, with what it extends already folded in."""

    name: Text
    description: str = ""
    extends: str | None = None
    thresholds: Thresholds
    required: Required
    severity: dict[str, Override] = Field(default_factory=dict)
    licenses: Licenses = Licenses()
    publishers: Publishers = Publishers()
    repos: Repos = Repos()
    signers: Signers = Signers()
    exceptions: tuple[PolicyException, ...] = ()
    baseline: tuple[KnownFinding, ...] = ()
    """From a file of its own (``baseline.py``), never from a policy file; so are ``statements`` (``vex_files.py``)."""
    statements: tuple[Statement, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, hex. Every word counts, reasons and expiry dates included."""
        values = self.model_dump(mode="json")
        told = {key: value for key, value in values.items() if value or key not in ACCEPTANCES}
        canonical = json.dumps(told, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def options(self) -> Options:
        """The part of the policy that checks may look at."""
        return Options(
            licenses_allowed=frozenset(self.licenses.allowed),
            licenses_denied=frozenset(self.licenses.denied),
            publishers_trusted=frozenset(self.publishers.trusted),
            publishers_denied=frozenset(self.publishers.denied),
            repos_denied=frozenset(self.repos.denied),
            expected_signers=frozenset(self.signers.expected),
        )

    def rules_named(self) -> tuple[tuple[str, str], ...]:
        """Every rule id the policy speaks of, with the place where it does."""
        overrides = [(f"severity.{rule}", rule) for rule in self.severity]
        excepted = [(f"exceptions[{index}].rule", item.rule) for index, item in enumerate(self.exceptions)]
        return (*overrides, *excepted)
