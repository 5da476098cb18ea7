"""Names: recall, precision, false flags and time, beside plain edit distance and token sets.

The reference is limited to the N most downloaded models and the candidate is treated as
unlisted: with the whole list every honest row would be known by heart. The claims: at N = 3,000
namespace deceptions are caught in 90 of 100 cases, all deceptions in 80; at medium or above at
most 3 of 100 honest rows and 1 of 100 ids of the long tail are flagged; one id takes less than 1 ms.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from msgspec.structs import replace
from rapidfuzz import fuzz, process
from rapidfuzz.distance import Levenshtein

from trustaudit.finding import Severity
from trustaudit.identity.index import NameIndex
from trustaudit.identity.judge import judge_name
from trustaudit.knowledge.listing import PopularList, load_list
from trustaudit.knowledge.names import load_names
from trustaudit.refs import RepoType

DEV = Path(__file__).parent / "names" / "dev.csv"
REFERENCES = (1000, 3000)
SAMPLE = 4000
SEED = 20261122
FOLDS = 5
TAIL_FROM = 3000
TOKEN_SET = 95
SLOW_SAMPLE = 200
"""Ids of the tail for the way that takes longest."""

OURS = "trustaudit names"

Flag = Callable[[str], Severity | None]


@dataclass(frozen=True)
class Row:
    """A labelled pair. ``bad`` rows are deceptions; ``level`` groups their kinds."""

    candidate: str
    target: str
    kind: str
    bad: bool

    @property
    def level(self) -> str:
        """``org`` or ``name``, whichever was forged; ``documented`` and ``own`` stand for themselves."""
        return self.kind.partition("-")[0] if self.bad else "honest"


def rows() -> list[Row]:
    with DEV.open(encoding="utf-8", newline="") as lines:
        found = csv.DictReader(lines)
        return [Row(r["candidate"], r["target"], r["kind"], r["label"] in ("squat", "impersonation")) for r in found]


def ours(popular: PopularList, top: int) -> Flag:
    """The name rules, without the table of malicious accounts: four rows are in it."""
    index = NameIndex.build(popular, replace(load_names(), denied={}), reference_top=top)

    def flag(candidate: str) -> Severity | None:
        judgement = judge_name(candidate, RepoType.MODEL, index, as_unknown=True)
        return judgement.severity if judgement.rule else None

    return flag


def edit_distance(popular: PopularList, top: int, limit: int) -> Flag:
    """Plain Levenshtein on the whole id."""
    ids = [repo_id.casefold() for repo_id in popular.ids[:top]]

    def flag(candidate: str) -> Severity | None:
        near = process.extract(candidate.casefold(), ids, scorer=Levenshtein.distance, score_cutoff=limit, limit=2)
        return Severity.MEDIUM if any(found != candidate.casefold() for found, _, _ in near) else None

    return flag


def token_set(popular: PopularList, top: int) -> Flag:
    """Words in common, whatever their order."""
    texts = {repo_id.casefold(): _spaced(repo_id) for repo_id in popular.ids[:top]}

    def flag(candidate: str) -> Severity | None:
        others = {key: text for key, text in texts.items() if key != candidate.casefold()}
        best = process.extractOne(_spaced(candidate), others, scorer=fuzz.token_set_ratio, score_cutoff=TOKEN_SET)
        return Severity.MEDIUM if best else None

    return flag


def _spaced(repo_id: str) -> str:
    return repo_id.casefold().translate(str.maketrans("/-_.", "    "))


def is_caught(row: Row, severity: Severity | None) -> bool:
    """A mistyped id inside the genuine organization needs a suggestion, anything else a warning."""
    return severity is not None and (row.kind == "own-org-typo" or severity.rank >= Severity.MEDIUM.rank)


def share(parts: list[bool]) -> float:
    return sum(parts) / len(parts) if parts else 0.0


def folds(caught: list[bool]) -> tuple[float, float]:
    """Recall over random fifths: how much it depends on which rows were looked at."""
    shuffled = random.Random(SEED).sample(caught, len(caught))  # noqa: S311 - a sample, not a secret
    parts = [share(shuffled[start::FOLDS]) for start in range(FOLDS)]
    return min(parts), max(parts)


@dataclass(frozen=True, slots=True)
class Figures:
    """One way to compare names, at one reference. Shares from 0 to 1; ``by_kind`` counts (caught, all)."""

    way: str
    reference: int
    recall: float
    folds: tuple[float, float]
    noticed: float
    namespaces: float
    precision: float
    honest: float
    tail: float
    names_per_second: float
    by_kind: dict[str, tuple[int, int]]


def measure(way: str, reference: int, flag: Flag, tail: list[str], table: list[Row]) -> Figures:
    """Judge every row and the ids of the tail."""
    started = time.process_time()
    judged = [(row, flag(row.candidate)) for row in table]
    spent = time.process_time() - started
    caught = [is_caught(row, severity) for row, severity in judged if row.bad]
    false = [is_caught(row, severity) for row, severity in judged if not row.bad]
    in_tail = [(severity := flag(repo_id)) is not None and severity.rank >= Severity.MEDIUM.rank for repo_id in tail]
    return Figures(
        way=way,
        reference=reference,
        recall=share(caught),
        folds=folds(caught),
        noticed=share([severity not in (None, Severity.INFO) for row, severity in judged if row.bad]),
        namespaces=share([is_caught(row, severity) for row, severity in judged if row.bad and row.level == "org"]),
        precision=sum(caught) / max(sum(caught) + sum(false), 1),
        honest=share(false),
        tail=share(in_tail),
        names_per_second=len(table) / spent,
        by_kind=by_kind(judged),
    )


def by_kind(judged: list[tuple[Row, Severity | None]]) -> dict[str, tuple[int, int]]:
    """(caught, all) per kind of deception."""
    groups: dict[str, list[bool]] = defaultdict(list)
    for row, severity in judged:
        if row.bad:
            groups[row.kind].append(is_caught(row, severity))
    return {kind: (sum(parts), len(parts)) for kind, parts in sorted(groups.items())}


def say(found: Figures) -> None:
    """For a person."""
    low, high = found.folds
    print(
        f"{found.way:<18} top {found.reference:,}: recall {found.recall:.2f} (folds {low:.2f}-{high:.2f}, "
        f"with low {found.noticed:.2f}) namespaces {found.namespaces:.2f} precision {found.precision:.2f} "
        f"honest {100 * found.honest:.1f} % tail {100 * found.tail:.2f} % {found.names_per_second:,.0f} names/s"
    )
    if found.way == OURS:
        print("  " + ", ".join(f"{kind} {caught}/{count}" for kind, (caught, count) in found.by_kind.items()))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a smaller tail")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    popular, table = load_list(RepoType.MODEL), rows()
    tail = random.Random(SEED).sample(popular.ids[TAIL_FROM:], SAMPLE // (10 if given.quick else 1))  # noqa: S311 - a sample, not a secret
    found = []
    for top in REFERENCES:
        found += [
            measure(OURS, top, ours(popular, top), tail, table),
            measure("Levenshtein <= 1", top, edit_distance(popular, top, 1), tail, table),
            measure("Levenshtein <= 2", top, edit_distance(popular, top, 2), tail, table),
            measure(f"token set >= {TOKEN_SET}", top, token_set(popular, top), tail[:SLOW_SAMPLE], table),
        ]
    if given.json:
        print(json.dumps({"pairs": len(table), "tail": len(tail), "rows": [asdict(one) for one in found]}))
        return
    for one in found:
        say(one)


if __name__ == "__main__":
    main()
