"""Whether to trust a Hugging Face repository, before one byte of weights is fetched.

>>> import trustaudit
>>> report = trustaudit.audit("org/model")            # doctest: +SKIP
>>> report.verdict, report.score                      # doctest: +SKIP
(<Verdict.PASS: 'pass'>, 96)

Everything here is loaded on first use, so that ``import trustaudit`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trustaudit.engine import (
        audit,
        audit_async,
        audit_many,
        audit_many_async,
        collect_async,
        judge,
    )
    from trustaudit.errors import HubError, TrustAuditError, UsageError
    from trustaudit.finding import Confidence, Outcome, Severity
    from trustaudit.gate import GuardBlockedError, guard
    from trustaudit.policy.model import Policy, load_policy
    from trustaudit.refs import RepoRef, RepoType
    from trustaudit.report.model import Document, TrustReport, Verdict
    from trustaudit.settings import Settings
    from trustaudit.snapshot import Snapshot

__version__ = "0.1.0"

_HOMES = {
    "audit": "trustaudit.engine",
    "audit_async": "trustaudit.engine",
    "audit_many": "trustaudit.engine",
    "audit_many_async": "trustaudit.engine",
    "collect_async": "trustaudit.engine",
    "judge": "trustaudit.engine",
    "GuardBlockedError": "trustaudit.gate",
    "guard": "trustaudit.gate",
    "HubError": "trustaudit.errors",
    "TrustAuditError": "trustaudit.errors",
    "UsageError": "trustaudit.errors",
    "Confidence": "trustaudit.finding",
    "Outcome": "trustaudit.finding",
    "Severity": "trustaudit.finding",
    "Policy": "trustaudit.policy.model",
    "load_policy": "trustaudit.policy.model",
    "RepoRef": "trustaudit.refs",
    "RepoType": "trustaudit.refs",
    "Document": "trustaudit.report.model",
    "TrustReport": "trustaudit.report.model",
    "Verdict": "trustaudit.report.model",
    "Settings": "trustaudit.settings",
    "Snapshot": "trustaudit.snapshot",
}

__all__ = [  # noqa: RUF022 - the order of the documentation: functions, then types, then errors
    "audit",
    "audit_async",
    "audit_many",
    "audit_many_async",
    "collect_async",
    "guard",
    "judge",
    "load_policy",
    "Confidence",
    "Document",
    "Outcome",
    "Policy",
    "RepoRef",
    "RepoType",
    "Settings",
    "Severity",
    "Snapshot",
    "TrustReport",
    "Verdict",
    "GuardBlockedError",
    "HubError",
    "TrustAuditError",
    "UsageError",
    "__version__",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - PEP 562: any public name
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'trustaudit' has no attribute {name!r}")
    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
