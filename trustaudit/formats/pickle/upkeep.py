"""What is done beside executing: keeping memory bounded, and summing a stream up."""

from __future__ import annotations

from trustaudit.formats.pickle.memo import EMPTIED, LOST, replaced
from trustaudit.formats.pickle.opcodes import used_opcodes
from trustaudit.formats.pickle.state import LimitHit, StreamState
from trustaudit.formats.pickle.values import Pruner

LIVE = 64
"""Topmost stack entries whose content is kept; deeper ones wait to become part of something long."""

NODES = 65_536
"""Nodes of containers looked at in one sweep."""

MARK_SHARE = 8
"""One mark for so many stack entries at most: a mark costs more, and honest nesting is shallow."""


def tidy(state: StreamState, before: int, left: int) -> int:
    """Forget what is old or deep, cut what grew too large, look at the limits. Raises LimitHit.

    ``before`` and ``left`` count the opcodes that may still run, at the last time and now; the
    second is returned. An opcode pushes one value at most, so what lies deeper than the
    opcodes in between was dealt with then.
    """
    limits = state.facts.limits
    state.memo.settle()
    if state.memo.full:
        state.facts.reach("memo")
    height = len(state.stack)
    if height > limits.stack or len(state.marks) > limits.stack // MARK_SHARE:
        raise LimitHit("stack")
    low = max(0, height - LIVE)
    untouched = max(0, low - (before - left))
    state.stack[untouched:low] = replaced(state.stack[untouched:low], LOST)
    pruner = Pruner(NODES)
    state.stack[low:] = [pruner.prune(v) if type(v) in EMPTIED else v for v in state.stack[low:]]
    return left


def report_stream(state: StreamState, position: int, *, broken: str, why: str) -> None:
    """Sum up a stream that ended at ``position``; ``broken`` says how, when not at STOP or at a limit."""
    if state.depth == 0:
        _report_opcodes(state, position)
    if broken:
        kind = "pickle-malformed-after-global" if state.refs else "pickle-malformed"
        state.facts.observe(kind, why, offset=position, length=None, stream=str(state.stream), why=broken)


def _report_opcodes(state: StreamState, position: int) -> None:
    """What a stricter unpickler would ask: the opcodes used, and what BUILD and the filling opcodes worked on."""
    targets: dict[str, list[str]] = {}
    for opcode, target in state.targets:
        targets.setdefault(f"on_{opcode}", []).append(target)
    state.facts.observe(
        "pickle-opcodes",
        "the opcodes of one stream",
        offset=state.start,
        length=position - state.start,
        stream=str(state.stream),
        protocols=" ".join(map(str, sorted(state.protocols))),
        opcodes=" ".join(used_opcodes(state.handlers)),
        **{opcode: "\n".join(sorted(names)) for opcode, names in targets.items()},
    )
