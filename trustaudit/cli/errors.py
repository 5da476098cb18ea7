"""One table from exceptions to messages and exit codes. Commands never catch."""

from __future__ import annotations

import os
import sys
import traceback

from trustaudit.cli.exit_codes import ExitCode, exit_code

_INTERRUPTED = 130  # 128 + SIGINT, what shells expect


def report_error(error: BaseException) -> int:
    """Print what happened, the cause and what to try on stderr; the exit code to end with."""
    from trustaudit.errors import HubError, InternalError, StoreError, TrustAuditError, UsageError

    if isinstance(error, UsageError | StoreError):
        return _say(error, ExitCode.USAGE)
    report = getattr(error, "report", None)
    if report is not None:  # a refused download: what the policy said of the repository decides
        return _say(error, exit_code([report], fail_on="review"))
    if isinstance(error, HubError):
        return _say(error, ExitCode.INCOMPLETE)
    if isinstance(error, InternalError) or not isinstance(error, TrustAuditError | OSError):
        return _internal(error)
    if isinstance(error, BrokenPipeError):
        return _closed_pipe()
    return _say(error, ExitCode.USAGE)


def _say(error: BaseException, code: ExitCode) -> int:
    text = error.diagnostics() if hasattr(error, "diagnostics") else str(error)
    print(f"trustaudit: {text}", file=sys.stderr)  # noqa: T201 - stderr is where messages go
    return int(code)


def _internal(error: BaseException) -> int:
    print(f"trustaudit: internal error: {type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201 - as above
    from trustaudit.settings import debugging

    if debugging():
        traceback.print_exception(error)
    else:
        print("  set TRUSTAUDIT_DEBUG=1 for the traceback, and please report it", file=sys.stderr)  # noqa: T201 - as above
    return int(ExitCode.INTERNAL)


def _closed_pipe() -> int:
    """The reader of stdout went away (``| head``): end quietly, as other filters do."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
    return int(ExitCode.OK)


def interrupted() -> int:
    """The exit code after Ctrl-C."""
    return _INTERRUPTED
