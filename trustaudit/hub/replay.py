"""Record every answer to a folder; answer from such a folder without any network.

For evidence, demonstrations, tests and machines without network. ``recording.json`` says
when the recording was made; a replayed report carries that time, so it is the same each time.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from trustaudit.errors import FileInputError, HubError, NotRecordedError, StoreError
from trustaudit.hub.exchange import Answer, Bucket, Exchange, Request, Span
from trustaudit.hub.meter import Account
from trustaudit.hub.recording import FORMAT, HEAD, Blotter, Key, describe, restored
from trustaudit.hub.redirects import Endpoint, is_local
from trustaudit.settings import Settings

LOOPBACK = "http://127.0.0.1"
"""Stands for a Hub on the recording machine, whose port is another each time."""

_PARTIAL = 206
_OK = 200
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")
_MAX_FILE = 256 * 1024 * 1024


class Recorder:
    """Passes requests on and writes down what came back, errors and redirects included."""

    def __init__(self, inner: Exchange, settings: Settings, folder: Path, recorded_at: datetime) -> None:
        self._inner = inner
        self._folder = folder
        self._endpoint = Endpoint(settings.endpoint)
        self._blotter = Blotter(self._endpoint, settings.token)
        head = {
            "format": FORMAT,
            "recorded_at": recorded_at.isoformat(),
            "endpoint": LOOPBACK if is_local(self._endpoint.origin[1]) else settings.endpoint,
            "authenticated": settings.token is not None,
        }
        self._write(HEAD, head)

    async def send(self, request: Request, account: Account) -> Answer:
        """The inner exchange's answer."""
        key = Key.of(request, self._endpoint)
        try:
            answer = await self._inner.send(request, account)
        except HubError as error:
            self._keep(key, error, request)
            raise
        # Where a file is, and that it is not there, does not depend on the range asked for.
        self._keep(key if answer.status in (_OK, _PARTIAL) else key.whole(), answer, request)
        return answer

    async def aclose(self) -> None:
        """Close the inner exchange."""
        await self._inner.aclose()

    def _keep(self, key: Key, outcome: Answer | HubError, request: Request) -> None:
        self._write(key.name(), describe(key, outcome, self._blotter, request.url))

    def _write(self, name: str, content: dict[str, Any]) -> None:
        path = self._folder / name
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
            path.write_bytes(text.encode("utf-8", "replace"))
        except OSError as error:
            advice = "name a new folder, in a place that can be written to"
            raise StoreError(f"the recording {path} cannot be written ({error.strerror})", advice=advice) from error


class Player:
    """Answers from a recording and from nothing else. Raises NotRecordedError for the rest."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._endpoint = Endpoint(settings.endpoint)
        head = _read(folder / HEAD)
        self.recorded_at, self.authenticated = _head(head, folder)
        self._exact: dict[Key, Answer | HubError] = {}
        self._ranges: dict[Key, list[tuple[Span, Answer]]] = {}
        for path in sorted(folder.glob("*.json")):
            if path.name != HEAD:
                self._add(*restored(_read(path), str(path)))

    async def send(self, request: Request, account: Account) -> Answer:
        """The recorded answer. Costs are counted as if it had been asked for."""
        key = Key.of(request, self._endpoint)
        outcome = self._find(key)
        if outcome is None:
            raise NotRecordedError(f"the recording has no answer for {key.method} {key.path[:200]}")
        api = request.bucket is Bucket.API
        account.sent(api=api)
        if isinstance(outcome, HubError):
            raise outcome.with_traceback(None)
        account.received(len(outcome.body), api=api)
        return outcome

    async def aclose(self) -> None:
        """Nothing is held open."""

    def _add(self, key: Key, outcome: Answer | HubError) -> None:
        self._exact[key] = outcome
        span = _span_of(outcome) if isinstance(outcome, Answer) else None
        if span is not None and isinstance(outcome, Answer):
            self._ranges.setdefault(key.whole(), []).append((span, outcome))

    def _find(self, key: Key) -> Answer | HubError | None:
        exact = self._exact.get(key)
        if exact is not None or key.span is None:
            return exact
        whole = self._exact.get(key.whole())
        if isinstance(whole, Answer) and whole.status == _OK:
            return _part_of(whole, Span(0, len(whole.body) - 1), key.span)
        if whole is not None:
            return whole
        return self._within(key.whole(), key.span)

    def _within(self, key: Key, wanted: Span) -> Answer | None:
        for span, answer in self._ranges.get(key, ()):
            total = _total(answer)
            last = wanted.last if total is None else min(wanted.last, total - 1)
            if span.first <= wanted.first and last <= span.last:
                return _part_of(answer, span, wanted)
        return None


def _span_of(answer: Answer) -> Span | None:
    """The range a partial answer really holds."""
    match = _RANGE.fullmatch(answer.header("content-range"))
    if answer.status != _PARTIAL or match is None or answer.cut:
        return None
    first = int(match.group(1))
    return Span(first, first + len(answer.body) - 1)


def _total(answer: Answer) -> int | None:
    match = _RANGE.fullmatch(answer.header("content-range"))
    return int(match.group(3)) if match and match.group(3) != "*" else None


def _part_of(answer: Answer, have: Span, wanted: Span) -> Answer:
    """The wanted part of a longer recorded answer, as the server would have cut it."""
    body = answer.body[wanted.first - have.first : wanted.last - have.first + 1]
    total = _total(answer) or have.last + 1
    headers = {name: value for name, value in answer.headers.items() if name != "content-range"}
    headers["content-range"] = f"bytes {wanted.first}-{wanted.first + len(body) - 1}/{total}"
    return replace(answer, status=_PARTIAL, headers=headers, body=body)


def _read(path: Path) -> Any:  # noqa: ANN401 - JSON
    try:
        if path.stat().st_size > _MAX_FILE:
            raise FileInputError(f"{path} is too large for a recorded answer")
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileInputError(
            f"{path} cannot be read ({error.strerror})",
            cause="the folder is no recording",
            advice="make one with --record FOLDER",
        ) from error
    except (ValueError, RecursionError) as error:
        raise FileInputError(f"{path} is not valid JSON", cause="it was edited or cut") from error


def _head(head: Any, folder: Path) -> tuple[datetime, bool]:  # noqa: ANN401 - JSON
    try:
        version, moment = head["format"], datetime.fromisoformat(head["recorded_at"])
        authenticated = head.get("authenticated") is True
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FileInputError(f"{folder / HEAD} does not hold", cause="it was edited or cut") from error
    if version != FORMAT or moment.tzinfo is None:
        raise FileInputError(f"{folder}: a recording of format {version!r}; this version reads {FORMAT}")
    return moment, authenticated
