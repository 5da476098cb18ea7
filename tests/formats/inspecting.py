"""Runs inspectors over bytes and reads what they noted; shared by the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable

from trustaudit.facts import Reason
from trustaudit.filefacts import Coverage, FileFacts, Inspection, Observation
from trustaudit.formats.drivers import inspect_bytes
from trustaudit.formats.interface import Inspector, Limits, ReadRefusedError, Source


def kinds(facts: Inspection) -> set[str]:
    return {note.kind for note in facts.observations}


def notes(facts: Inspection, kind: str) -> list[Observation]:
    return [note for note in facts.observations if note.kind == kind]


def only(facts: Inspection, kind: str) -> Observation:
    found = notes(facts, kind)
    assert len(found) == 1, f"{len(found)} of {kind} in {sorted(kinds(facts))}"
    return found[0]


def inspect(inspector: Inspector, data: bytes, path: str = "model", limits: Limits | None = None) -> FileFacts:
    facts = inspect_bytes(inspector, data, path, limits)
    assert "inspector-error" not in kinds(facts), facts.observations
    assert not any(kind.endswith("-unreadable") for kind in kinds(facts)), facts.observations
    return facts


def inspect_with_budget(inspector: Inspector, data: bytes, budget: int) -> tuple[Inspection, list[tuple[int, int]]]:
    """As a remote driver whose byte budget ends: serves reads until ``budget`` bytes are spent, then refuses."""
    inspecting = inspector(Source("model", len(data)))
    reads: list[tuple[int, int]] = []
    try:
        read = next(inspecting)
        while True:
            reads.append((read.offset, read.length))
            assert read.offset >= 0
            assert read.length >= 0
            budget -= read.length
            if budget < 0:
                read = inspecting.throw(ReadRefusedError("budget of the file spent", Reason.BUDGET_SPENT))
            else:
                read = inspecting.send(data[read.offset : read.offset + read.length])
    except StopIteration as done:
        result: Inspection = done.value
        return result, reads


def assert_total(inspector: Inspector, data: bytes, *, max_read: int | None = None) -> None:
    """Whatever the bytes: an inspection that survives JSON, and never complete when refused everything."""
    facts = inspect(inspector, data)
    assert Inspection.model_validate_json(facts.model_dump_json(include=set(Inspection.model_fields)))
    if max_read is not None:
        assert facts.bytes_read <= max_read
    refused, _ = inspect_with_budget(inspector, data, 0)
    assert not data or refused.coverage in (Coverage.PARTIAL, Coverage.NONE)


def mutations(sample: bytes, cut: int, patches: list[tuple[int, int]]) -> bytes:
    """``sample`` with some bytes replaced, then cut."""
    data = bytearray(sample)
    for position, value in patches:
        if data:
            data[position % len(data)] = value
    return bytes(data[: len(data) - cut % (len(data) + 1)] if cut else data)


Build = Callable[[], bytes]
