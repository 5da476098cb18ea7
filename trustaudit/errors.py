"""Every error the program raises on purpose.

::

    TrustAuditError                  what happened, the likely cause, what to try
    ├── UsageError                   exit code 2: the caller can mend it
    │   ├── RefError                 an id the Hub would refuse
    │   ├── PolicyError              a policy file that does not hold
    │   ├── ConfigurationError       a setting or environment variable that does not hold
    │   └── FileInputError           an input file (list, lockfile, snapshot) that does not hold
    │       └── LockError            a lockfile with a wrong field
    │           └── LockVersionError a lockfile of a version this program does not know
    ├── HubError                     exit code 3 (incomplete): something could not be looked at
    │   ├── RepoNotFoundError        missing, private or removed: the Hub does not tell which
    │   ├── GatedRepoError           exists, files need accepted conditions
    │   ├── DisabledRepoError        taken down by the Hub
    │   ├── RevisionNotFoundError    the repository exists, the revision does not
    │   ├── EntryNotFoundError       the revision exists, the path does not
    │   ├── OwnerNotFoundError       no such user or organization
    │   ├── UnauthorizedError        the token was refused
    │   ├── ForbiddenError           the token is valid and has no access
    │   ├── BadRequestError          the Hub did not accept our question
    │   ├── RateLimitedError         quota used up, longer than we may wait
    │   ├── RangeRefusedError        byte range refused, ignored or answered for another file
    │   ├── HubTroubleError          5xx after retries
    │   ├── HubTimeoutError          no answer in time
    │   ├── HubUnreachableError      name lookup, connection or TLS failed
    │   ├── OfflineError             offline mode and nothing cached
    │   ├── BudgetSpentError         this part of the audit may not ask any more
    │   ├── NotRecordedError         replay mode and no such answer in the recording
    │   ├── BadAnswerError           an answer of the wrong shape, length or encoding
    │   ├── AnswerTooLargeError      an answer beyond its bound, compressed or not
    │   ├── RedirectRefusedError     a redirect to another origin, or too many
    │   └── NotImplementedByHubError this Hub does not have the endpoint
    ├── StoreError                   cache, lockfile or history could not be read or written
    └── InternalError                exit code 4: a defect of ours

Each error carries three sentences: ``what`` happened, the likely ``cause`` and the
``advice`` to follow. Nothing outside this tree crosses a package boundary.
"""

from __future__ import annotations

from trustaudit.facts import Reason, Unavailable


class TrustAuditError(Exception):
    """Base of all. ``what`` is required; ``cause`` and ``advice`` default per class."""

    default_cause = ""
    default_advice = ""

    def __init__(self, what: str, *, cause: str | None = None, advice: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.cause = self.default_cause if cause is None else cause
        self.advice = self.default_advice if advice is None else advice

    def diagnostics(self) -> str:
        """What happened, why, and what to try, on up to three lines."""
        lines = [self.what]
        if self.cause:
            lines.append(f"cause: {self.cause}")
        if self.advice:
            lines.append(f"try:   {self.advice}")
        return "\n".join(lines)


class UsageError(TrustAuditError):
    """The command line, a file or a setting is wrong; nothing was audited."""


class RefError(UsageError):
    """A repository reference that cannot exist on the Hub."""

    default_advice = "write org/name, org/name@revision, datasets/org/name, spaces/org/name or a Hub address"


class PolicyError(UsageError):
    """A policy that cannot be used. An unusable policy never falls back to a looser one."""

    default_advice = "run `trustaudit policy validate FILE`, or `trustaudit policy show default` for a template"


class ConfigurationError(UsageError):
    """A flag, environment variable or configuration file that cannot be used."""

    default_advice = "correct it, or leave it out for the default; docs/configuration.md lists all settings"


class FileInputError(UsageError):
    """A file given on the command line that cannot be read as what it should be."""

    default_advice = "check the name, and that the file is whole; --help of the command has examples"


class LockError(FileInputError):
    """A lockfile that cannot be used; the message names the place, as in ``repository[3].files[0].sha256``."""

    default_cause = "it was edited by hand, merged badly, or cut"
    default_advice = "mend the line, or take the file from version control"


class LockVersionError(LockError):
    """A lockfile of another version. Reading it as if it were ours could miss a pin."""

    default_cause = "another version of trustaudit wrote it"
    default_advice = "use that version, or lock the repositories again"


class HubError(TrustAuditError):
    """Something on the Hub could not be looked at. ``reason`` is what reports carry."""

    reason: Reason = Reason.BAD_ANSWER

    def __init__(
        self,
        what: str,
        *,
        cause: str | None = None,
        advice: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(what, cause=cause, advice=advice)
        self.status = status
        self.request_id = request_id
        self.code = ""

    def as_unavailable(self) -> Unavailable:
        """This error as the absence of a fact."""
        return Unavailable(reason=self.reason, detail=self.what)


class RepoNotFoundError(HubError):
    """401 without an error code (anonymous) or 404 RepoNotFound (with a token)."""

    reason = Reason.MISSING_OR_PRIVATE
    default_cause = "it does not exist, is private, or was removed; the Hub gives the same answer for all three"
    default_advice = "check the spelling; for a private repository set HF_TOKEN to a token that can read it"


class GatedRepoError(HubError):
    """Error code GatedRepo: metadata is public, files and history are not."""

    reason = Reason.GATED
    default_cause = "the publisher asks for accepted conditions before the files can be read"
    default_advice = "accept them on the Hub with the account of your token, set HF_TOKEN, and run again"


class DisabledRepoError(HubError):
    """403 with "Access to this resource is disabled."."""

    reason = Reason.DISABLED
    default_cause = "the Hub took this repository down"
    default_advice = "do not use it, nor copies of it, before you know why"


class RevisionNotFoundError(HubError):
    """Error code RevisionNotFound."""

    reason = Reason.REVISION_NOT_FOUND
    default_cause = "the branch, tag or commit does not exist, or was deleted by a force-push"
    default_advice = "leave the revision out to audit the default branch"


class EntryNotFoundError(HubError):
    """Error code EntryNotFound."""

    reason = Reason.ENTRY_NOT_FOUND
    default_cause = "the path does not exist at this revision"


class OwnerNotFoundError(HubError):
    """Both overview endpoints said 404: no user and no organization of that name."""

    reason = Reason.OWNER_NOT_FOUND
    default_cause = "the account was deleted or renamed; somebody else may register the name"


class UnauthorizedError(HubError):
    """The Hub refused the token itself."""

    reason = Reason.UNAUTHORIZED
    default_cause = "the token is expired, revoked or mistyped"
    default_advice = "create a new read token, or unset HF_TOKEN to ask anonymously"


class ForbiddenError(HubError):
    """403 without a known code."""

    reason = Reason.FORBIDDEN
    default_cause = "the token is valid and has no access to this"
    default_advice = "use a token whose scope includes this repository"


class BadRequestError(HubError):
    """400: our question, not the repository, is at fault."""

    reason = Reason.BAD_REQUEST
    default_cause = "this Hub does not know a parameter we sent"


class RateLimitedError(HubError):
    """429, and the window ends later than the time bound of the audit."""

    reason = Reason.RATE_LIMITED
    default_cause = "the quota of this address or token is used up"
    default_advice = "wait for the window to end, or set HF_TOKEN for a larger quota"


class RangeRefusedError(HubError):
    """A byte range was ignored, refused, or answered for another size or file."""

    reason = Reason.RANGE_REFUSED
    default_cause = "the server does not honour Range requests for this file"


class HubTroubleError(HubError):
    """5xx after all retries."""

    reason = Reason.SERVER_ERROR
    default_cause = "the Hub has trouble of its own"
    default_advice = "run again in a few minutes"


class HubTimeoutError(HubError):
    """No answer within the time bound."""

    reason = Reason.TIMEOUT
    default_cause = "the Hub or the network in between is slow"
    default_advice = "run again, or raise --timeout"


class HubUnreachableError(HubError):
    """No connection: name lookup, refused, reset or TLS."""

    reason = Reason.UNREACHABLE
    default_cause = "no network, a proxy in between, or a wrong HF_ENDPOINT"
    default_advice = "check the connection, HTTPS_PROXY and HF_ENDPOINT"


class OfflineError(HubError):
    """Offline mode, and the cache has no answer."""

    reason = Reason.OFFLINE
    default_cause = "offline mode is on and this was never fetched, or its cache entry is gone"
    default_advice = "run once with network, or unset HF_HUB_OFFLINE"


class BudgetSpentError(HubError):
    """The number of questions that this part of an audit may ask is used up."""

    reason = Reason.BUDGET_SPENT
    default_cause = "what it may ask was spent on other answers"
    default_advice = "audit that repository by itself"


class NotRecordedError(HubError):
    """Replay mode, and the recording has no such answer."""

    reason = Reason.NOT_RECORDED
    default_cause = "the recording was made with other options"
    default_advice = "record again with the same options"


class BadAnswerError(HubError):
    """An answer whose shape, length, type or encoding is not what was asked for."""

    reason = Reason.BAD_ANSWER
    default_cause = "a proxy, a login page or a server that is not a Hub answered"
    default_advice = "open the address in a browser; check HF_ENDPOINT and proxies"


class AnswerTooLargeError(HubError):
    """More bytes than the bound of this kind of answer, before or after decompression."""

    reason = Reason.TOO_LARGE
    default_cause = "an unusually large repository, or an answer made to exhaust memory"


class RedirectRefusedError(HubError):
    """A redirect to another origin for metadata, or a chain longer than three hops."""

    reason = Reason.REDIRECT_REFUSED
    default_cause = "metadata is only followed inside the Hub's own origin"
    default_advice = "check HF_ENDPOINT"


class NotImplementedByHubError(HubError):
    """404 or 405 without the Hub's error codes: the endpoint is not there."""

    reason = Reason.NOT_IMPLEMENTED
    default_cause = "mirrors and self-hosted Hubs implement part of the API"


class StoreError(TrustAuditError):
    """Cache, lockfile or history could not be read or written."""


class InternalError(TrustAuditError):
    """A defect of trustaudit itself."""

    default_advice = "please report it with the command line and the output of -v"
