"""A remote file as bounded random access.

The Hub is asked once where the bytes are; the signed address it names is used again for
later ranges, in memory only, and asked for anew once when it has expired. What comes back is
checked against the listing: range, total, hash and commit. Nothing beyond the asked range is
taken, whatever the server sends.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from http import HTTPStatus

from msgspec import structs

from trustaudit.errors import AnswerTooLargeError, BadAnswerError, HubError, RangeRefusedError
from trustaudit.facts import Reason
from trustaudit.formats.interface import ReadRefusedError
from trustaudit.hub import questions
from trustaudit.hub.asking import Asker
from trustaudit.hub.exchange import MIB, Answer, Bucket, Request, Span
from trustaudit.hub.files import Pin, bare_etag, part_of, shown_path
from trustaudit.hub.hops import Arrival, store_error, travel
from trustaudit.hub.status import About, Subject, check
from trustaudit.refs import RepoRef
from trustaudit.snapshot import FileEntry

SMALL = 64 * 1024
"""Files up to this are fetched whole, once: a second request costs more than the bytes."""

WHOLE = MIB
"""A whole file in place of a range is accepted up to this."""

_EXPIRED = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


class RemoteFile:
    """One file at one commit, read by byte ranges within the budgets of file and audit.

    ``size`` is None until ``known_size`` has asked for what the listing did not say;
    ``bytes_read`` counts bytes of the file that came in, from the network or the cache.
    """

    def __init__(self, asker: Asker, ref: RepoRef, commit: str, entry: FileEntry, *, small: int = SMALL) -> None:
        self._account = asker.account.part(asker.shared.settings.file_bytes)
        self._asker = structs.replace(asker, account=self._account)
        self._ref, self._entry, self._small = ref, entry, small
        self._name = shown_path(entry.path)
        self._pin = Pin(commit, entry)
        self._lock = asyncio.Lock()
        self._address: Request | None = None
        self._etag = ""
        self._whole: bytes | None = None
        self.size = entry.size
        self.bytes_read = 0

    @property
    def requests(self) -> int:
        """Requests sent so far, redirects included."""
        return self._account.meter.file_requests

    async def known_size(self) -> int:
        """The size in bytes, asked for when the listing had none. Raises only ReadRefusedError."""
        if self.size is None:
            await self.read(0, self._small)
        if self.size is None:
            raise ReadRefusedError(f"the size of {self._name} cannot be found out", Reason.BAD_ANSWER)
        return self.size

    async def read(self, offset: int, length: int) -> bytes:
        """``length`` bytes from ``offset``, fewer only at the end. Raises only ReadRefusedError."""
        try:
            return await self._read(max(0, offset), max(0, length))
        except HubError as error:
            raise ReadRefusedError(error.what, error.reason) from error

    async def _read(self, offset: int, length: int) -> bytes:
        if self.size is not None:
            length = min(length, self.size - offset)
        if length <= 0:
            return b""
        if self._whole is not None:
            return self._whole[offset : offset + length]
        if self.size is not None and self.size <= min(self._small, self._account.affordable()):
            return (await self._fetched(self.size))[offset : offset + length]
        return await self._range(Span(offset, offset + length - 1))

    async def _fetched(self, size: int) -> bytes:
        """All of a small file, asked for once."""
        async with self._lock:
            if self._whole is None:
                with self._account.reserved(size):
                    self._keep_whole(await self._whole_bytes(size))
        return self._whole or b""

    async def _whole_bytes(self, size: int) -> bytes:
        question = questions.file(self._ref, self._pin.commit, self._entry.path, size)
        try:
            return await self._asker.whole(question, pin=self._pin.check)
        except AnswerTooLargeError as error:
            raise BadAnswerError(f"{self._name} has more than the {size:,} bytes that were listed") from error

    def _keep_whole(self, data: bytes) -> None:
        if self.size is not None and len(data) != self.size:
            raise BadAnswerError(f"{self._name} has {len(data):,} bytes where {self.size:,} were listed")
        self._whole, self.size = data, len(data)
        self.bytes_read += len(data)

    async def _range(self, span: Span) -> bytes:
        self._afford(span.length)
        whole_bound = self._whole_bound()
        with self._account.reserved(max(span.length, whole_bound)):
            answer = await self._ask(span, whole_bound)
        if answer.status != HTTPStatus.OK:
            return self._taken(answer, span)
        if answer.cut:
            raise RangeRefusedError(f"the server ignores byte ranges of {self._name}")
        self._keep_whole(answer.body)
        return answer.body[span.first : span.last + 1]

    def _afford(self, wanted: int) -> None:
        if wanted > self._account.affordable():
            raise ReadRefusedError(
                f"{wanted:,} more bytes of {self._name} would exceed the byte budget", Reason.BUDGET_SPENT
            )

    def _whole_bound(self) -> int:
        """Bytes to accept when the range is ignored: the whole file if that is little, else nothing."""
        bound = max(0, min(WHOLE, self._account.affordable()))
        if self.size is None:
            return bound
        return self.size if self.size <= bound else 0

    async def _ask(self, span: Span, whole_bound: int) -> Answer:
        """The answer for a range, from the known address or by way of the Hub. Errors are raised."""
        arrival = await self._arrive(span, whole_bound)
        if arrival.elsewhere and arrival.answer.status in _EXPIRED:
            self._address = None
            arrival = await self._arrive(span, whole_bound)
        if arrival.answer.status in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
            return arrival.answer
        self._address = None
        if arrival.elsewhere:
            raise store_error(arrival.answer, self._name)
        subject = Subject(About.PART, f"{self._name} of {self._ref}", self._asker.shared.authenticated)
        return check(arrival.answer, subject)

    async def _arrive(self, span: Span, whole_bound: int) -> Arrival:
        if self._address is None:
            async with self._lock:  # the others wait for the address instead of each asking for one
                if self._address is None:
                    return await self._travel(self._first(), span, whole_bound)
        return await self._travel(self._address, span, whole_bound)

    def _first(self) -> Request:
        question = questions.file(self._ref, self._pin.commit, self._entry.path, self._small)
        return Request(self._asker.shared.endpoint.url(question.path), 0, Bucket.RESOLVERS)

    async def _travel(self, address: Request, span: Span, whole_bound: int) -> Arrival:
        shared = self._asker.shared
        request = replace(address, span=span, bound=span.length, whole_bound=whole_bound)
        arrival = await travel(shared.exchange, shared.endpoint, request, self._account, self._pin.check)
        self._asker.note(arrival.hops)
        self._address = replace(address, url=arrival.url, bucket=Bucket.CDN if arrival.elsewhere else address.bucket)
        return arrival

    def _taken(self, answer: Answer, span: Span) -> bytes:
        """The bytes of a partial answer that is what was asked for. Raises BadAnswerError."""
        told = part_of(answer, span, self.size, self._name)
        if told.total is None and self._entry.lfs is not None:
            raise BadAnswerError(f"a part of {self._name} came without the total size")
        etag = bare_etag(answer.header("etag"))
        if self._etag and etag and etag != self._etag:
            raise BadAnswerError(f"{self._name} changed between two reads")
        self._etag = etag or self._etag
        self.size = told.total if self.size is None else self.size
        self.bytes_read += len(answer.body)
        return answer.body
