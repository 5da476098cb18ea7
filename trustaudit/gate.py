"""A gate for programs: downloads made through huggingface_hub wait for an audit and are refused when it blocks.

::

    import trustaudit

    with trustaudit.guard(policy="default"):
        model = AutoModel.from_pretrained("org/model")

transformers, diffusers and most others fetch files through huggingface_hub's own HTTP session, so
the gate sits there: it works alike in 1.x (httpx) and 2.x (httpx2), whose clients have the same
hooks. Files that are in the local cache already are not downloaded and not asked about.
"""

from __future__ import annotations

import asyncio
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from msgspec import Struct, field

from trustaudit.engine import audit
from trustaudit.errors import TrustAuditError, UsageError
from trustaudit.policy.model import Policy, load_policy
from trustaudit.refs import RepoRef, RepoType
from trustaudit.report.model import TrustReport, Verdict
from trustaudit.settings import Settings

_FILE = re.compile(r"/(?:(datasets|spaces)/)?((?:[\w.-]+/)?[\w.-]+)/resolve/([^/]+)/.+", re.ASCII)
_COMMIT_HEADER = "x-repo-commit"


class GuardBlockedError(TrustAuditError):
    """A download that the policy refuses. ``report`` says why."""

    default_advice = "trustaudit check REF shows the whole report; an exception in the policy needs a reason"

    def __init__(self, report: TrustReport) -> None:
        super().__init__(
            f"{report.repo.id} was not downloaded: {report.verdict}: {report.headline}",
            cause=f"the policy refuses it (commit {report.repo.commit or 'unknown'})",
        )
        self.report = report


class Guard(Struct):
    """What a gate has decided so far. ``reports`` holds one report per repository and revision."""

    policy: Policy
    settings: Settings
    refuse: frozenset[Verdict]
    reports: dict[str, TrustReport] = field(default_factory=dict)
    _locks: dict[str, threading.Lock] = field(default_factory=dict)
    _door: threading.Lock = field(default_factory=threading.Lock)

    def check(self, ref: RepoRef) -> TrustReport:
        """The report of a reference, audited once. Raises GuardBlockedError."""
        key = str(ref)
        with self._door:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            report = self.reports.get(key)
            if report is None:
                report = audit(ref, policy=self.policy, settings=self.settings)
                self.reports[key] = report
                if report.repo.commit:
                    self.reports.setdefault(str(ref.at(report.repo.commit)), report)
        if report.verdict in self.refuse:
            raise GuardBlockedError(report)
        return report

    def before(self, request: Any) -> None:  # noqa: ANN401 - httpx or httpx2
        """Request hook: a file of a repository is wanted."""
        ref = self.wanted(str(request.url))
        if ref is not None:
            self.check(ref)

    def after(self, response: Any) -> None:  # noqa: ANN401 - as above
        """Response hook: the file belongs to a commit, which must be the audited one (branches move)."""
        ref = self.wanted(str(response.request.url))
        commit = response.headers.get(_COMMIT_HEADER, "")
        if ref is not None and commit and self.check(ref).repo.commit not in (None, commit):
            self.check(ref.at(commit))

    def wanted(self, url: str) -> RepoRef | None:
        """The repository and revision whose file an address on the Hub asks for."""
        parts, endpoint = urlsplit(url), urlsplit(self.settings.endpoint)
        if parts.netloc.lower() != endpoint.netloc.lower():
            return None
        found = _FILE.fullmatch(parts.path.removeprefix(endpoint.path))
        if found is None:
            return None
        kind = RepoType((found.group(1) or "models")[:-1])
        namespace, _, name = found.group(2).rpartition("/")
        return RepoRef(type=kind, namespace=namespace or None, name=name, revision=unquote(found.group(3)))


@contextmanager
def guard(
    *, policy: Policy | str = "default", settings: Settings | None = None, allow_review: bool = True
) -> Iterator[Guard]:
    """Make huggingface_hub's downloads in this process wait for an audit.

    Refuses what the policy blocks and what could not be audited; with ``allow_review=False``
    also what needs a look. Raises GuardBlockedError out of the download call.
    """
    chosen = load_policy(policy) if isinstance(policy, str) else policy
    refuse = {Verdict.BLOCK, Verdict.INCOMPLETE} | (set() if allow_review else {Verdict.REVIEW})
    gate = Guard(chosen, settings or Settings.load(), frozenset(refuse))
    restore = _install(gate)
    try:
        yield gate
    finally:
        restore()


def _install(gate: Guard) -> Callable[[], None]:
    """Put the gate's hooks into the sessions that huggingface_hub will open; the way back."""
    import huggingface_hub  # noqa: PLC0415 - heavy, and the program's own dependency
    from huggingface_hub.utils import _http as sessions  # noqa: PLC0415 - as above

    plain = getattr(sessions, "_GLOBAL_CLIENT_FACTORY", sessions.default_client_factory)
    eventual = getattr(sessions, "_GLOBAL_ASYNC_CLIENT_FACTORY", sessions.default_async_client_factory)
    huggingface_hub.set_client_factory(lambda: _hooked(plain(), gate.before, gate.after))
    huggingface_hub.set_async_client_factory(
        lambda: _hooked(eventual(), _in_a_thread(gate.before), _in_a_thread(gate.after))
    )

    def restore() -> None:
        huggingface_hub.set_client_factory(plain)
        huggingface_hub.set_async_client_factory(eventual)

    return restore


def _hooked(client: Any, before: Callable[..., object], after: Callable[..., object]) -> Any:  # noqa: ANN401 - either library's
    hooks = client.event_hooks
    client.event_hooks = {
        "request": [*hooks.get("request", []), before],
        "response": [*hooks.get("response", []), after],
    }
    return client


def _in_a_thread(hook: Callable[[Any], None]) -> Callable[[Any], Any]:
    """An audit runs its own event loop; it must not stop the caller's."""

    async def waiting(message: Any) -> None:  # noqa: ANN401 - as the hook
        await asyncio.to_thread(hook, message)

    return waiting


def run_guarded(arguments: list[str], *, policy: Policy | str, settings: Settings, allow_review: bool) -> None:
    """Run the user's own script (``script.py …``) or module (``-m module …``) behind the gate.

    What it raises ends as Python ends it, with its traceback and status 1; refusals are ours to word.
    """
    script = Path(arguments[0])
    if arguments[0] != "-m" and not (script.is_file() or (script / "__main__.py").is_file()):
        raise UsageError(f"there is no script {script}", advice="trustaudit run train.py, or trustaudit run -m MODULE")
    with guard(policy=policy, settings=settings, allow_review=allow_review):
        try:
            _run(arguments)
        except TrustAuditError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a program raises
            sys.excepthook(type(error), error, error.__traceback__)
            sys.exit(1)


def _run(arguments: list[str]) -> None:
    """As Python starts a program: it sees its own arguments, and the modules beside it first."""
    import runpy  # noqa: PLC0415 - only here; runs the caller's program, never anything of a repository

    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        sys.path.insert(0, str(Path.cwd()))
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        sys.path.insert(0, str(Path(arguments[0]).parent.absolute()))
        runpy.run_path(arguments[0], run_name="__main__")
