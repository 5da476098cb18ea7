"""Names: recall, precision, false flags and time, beside plain edit distance and token sets.

The reference is limited to the N most downloaded models and the candidate is treated as
unlisted: with the whole list every honest row would be known by heart. The claims: at N = 3,000
namespace deceptions are caught in 90 of 100 cases, all deceptions in 80; at medium or above at
most 3 of 100 honest rows and 1 of 100 ids of the long tail are flagged; one id takes less than 1 ms.
"""

from __future__ import annotations

import csv
import random
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

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


def measure(name: str, flag: Flag, tail: list[str], table: list[Row]) -> None:
    """Print one line of figures."""
    started = time.perf_counter()
    judged = [(row, flag(row.candidate)) for row in table]
    spent = (time.perf_counter() - started) / len(table)
    caught = [is_caught(row, severity) for row, severity in judged if row.bad]
    noticed = [severity not in (None, Severity.INFO) for row, severity in judged if row.bad]
    namespaces = [is_caught(row, severity) for row, severity in judged if row.bad and row.level == "org"]
    false = [is_caught(row, severity) for row, severity in judged if not row.bad]
    flagged = sum(caught) + sum(false)
    in_tail = [(severity := flag(repo_id)) is not None and severity.rank >= Severity.MEDIUM.rank for repo_id in tail]
    low, high = folds(caught)
    print(
        f"{name:<24} recall {share(caught):.2f} (folds {low:.2f}-{high:.2f}, with low {share(noticed):.2f}) "
        f"namespaces {share(namespaces):.2f} precision {sum(caught) / max(flagged, 1):.2f} "
        f"honest {100 * share(false):.1f} % tail {100 * share(in_tail):.2f} % {1000 * spent:.2f} ms"
    )


def by_kind(flag: Flag, table: list[Row]) -> None:
    """Print recall per kind of deception."""
    groups: dict[str, list[bool]] = defaultdict(list)
    for row in table:
        if row.bad:
            groups[row.kind].append(is_caught(row, flag(row.candidate)))
    print("  " + ", ".join(f"{kind} {sum(parts)}/{len(parts)}" for kind, parts in sorted(groups.items())))


def main() -> None:
    popular, table = load_list(RepoType.MODEL), rows()
    tail = random.Random(SEED).sample(popular.ids[TAIL_FROM:], SAMPLE)  # noqa: S311 - a sample, not a secret
    for top in REFERENCES:
        print(f"reference: the {top:,} most downloaded models; {len(table)} pairs, {SAMPLE:,} ids of the tail")
        rules = ours(popular, top)
        measure("trustaudit names", rules, tail, table)
        by_kind(rules, table)
        measure("Levenshtein <= 1", edit_distance(popular, top, 1), tail, table)
        measure("Levenshtein <= 2", edit_distance(popular, top, 2), tail, table)
        measure(f"token set >= {TOKEN_SET}", token_set(popular, top), tail[:500], table)


if __name__ == "__main__":
    main()
