"""Change that looks like a takeover

## What it does
Looks at the commits that were the last to touch weights, code or templates, and asks of each: Is its author new here,
neither owner nor one of the Hub's bots? Had the repository been silent for more than 180 days? Did it touch content
without any documentation? A newcomer alone is a note. A newcomer with a second sign is more while the change is
recent, and all three are the shape that stolen accounts and merged strangers leave; after 90 days they weigh less.
Adding another format beside existing weights is not counted. Only the first author of a commit counts: co-authors are
named by whoever writes the message; the commits of somebody's first weeks are those of one newcomer. A new member of
the owning organization weighs less than a stranger.

## Why it matters
A repository that was honest for years keeps its name, likes and place in everybody's code after somebody else
gained write access. Silent changes alone are normal: 41 % of weight changes on the Hub are not documented.

## Example
`pytorch_model.bin` last changed three days ago by an account that never committed here, 900 days after the commit
before it, with no word in the card.

## How to fix
Compare with the commit before (`revision="<older commit>"`), ask the publisher in the discussions, and stay on the
older commit until it is explained.

## References
- https://arxiv.org/abs/2409.10472 (undocumented changes of pre-trained models)
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from trustaudit.checks._files import SeenFile, seen_files
from trustaudit.checks._history import Change, days_of_silence, is_bot_change, last_changes
from trustaudit.checks._owner import age_days, found_id, owner_of
from trustaudit.checks._text import bounded, listed
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.facts import value_of
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.identity.occasions import RECENT_DAYS, SILENT_DAYS, author_of, is_newcomer
from trustaudit.knowledge.file_kinds import FileKind
from trustaudit.snapshot import History, Snapshot

META = CheckMeta(
    id="history-takeover",
    title="Change that looks like a takeover",
    severity=Severity.HIGH,
    category=Category.HISTORY,
    needs=frozenset({Need.FILES, Need.HISTORY}),
)

_ALL_SIGNS = 3
_DOCS = frozenset({FileKind.TEXT, FileKind.NOTEBOOK, FileKind.DOCUMENT})


class _Signs(Struct, frozen=True):
    """What speaks for a takeover; ``proven`` when the newcomer is a Hub account rather than free text of git.

    ``member``: whether the newcomer belongs to the owning organization; None when not known.
    """

    silence: float | None
    undocumented: bool
    recent: bool
    proven: bool
    member: bool | None

    @property
    def count(self) -> int:
        """The newcomer, and what comes on top."""
        return 1 + (self.silence is not None) + self.undocumented


def run(snapshot: Snapshot, _context: Context) -> Iterator[Finding]:
    """One finding per suspicious commit, worst first."""
    history: History | None = value_of(snapshot.history)
    if history is None:
        return
    files = seen_files(snapshot)
    changes = last_changes(files, history)
    documented = {author for change in changes if _documents(change) for author in change.authors}
    suspicious = (change for change in changes if _is_by_newcomer(change, snapshot))
    yield from bounded(
        META,
        (_finding(change, _signs(change, snapshot, documented), history) for change in _replacing(suspicious, files)),
    )


def _documents(change: Change) -> bool:
    return any(seen.kind in _DOCS for seen in change.files)


def _is_by_newcomer(change: Change, snapshot: Snapshot) -> bool:
    owners = (owner_of(found_id(snapshot)), owner_of(snapshot.ref.id))
    return not is_bot_change(change) and is_newcomer(change.commit, change.before, owners)


def _replacing(changes: Iterator[Change], files: tuple[SeenFile, ...]) -> Iterator[Change]:
    """Changes of content, without those that only put a safe format beside older weights."""
    for change in changes:
        mine = {seen.path for seen in change.files}
        older = {seen.folder for seen in files if seen.kind.is_weights and seen.path not in mine}
        adds_format = all(seen.kind.is_safe_weights for seen in change.content) and bool(older)
        if change.content and not adds_format:
            yield change


def _signs(change: Change, snapshot: Snapshot, documented: set[str]) -> _Signs:
    silence = days_of_silence(change)
    age = age_days(snapshot, change.commit.date)
    members: tuple[str, ...] | None = value_of(snapshot.members)
    return _Signs(
        silence=silence if silence is not None and silence > SILENT_DAYS else None,
        undocumented=change.authors.isdisjoint(documented),
        recent=age is not None and age < RECENT_DAYS,
        proven=change.commit.authors[0].matched,
        member=None if members is None else author_of(change.commit) in {name.casefold() for name in members},
    )


def _severity(signs: _Signs) -> Severity:
    """A member whom the history does not know yet is what most newcomers are; members can be added by a thief, too."""
    return _unknown_person(signs).lowered() if signs.member else _unknown_person(signs)


def _unknown_person(signs: _Signs) -> Severity:
    if signs.count >= _ALL_SIGNS:
        return Severity.HIGH if signs.recent and signs.proven else Severity.MEDIUM
    if not signs.recent or signs.count == 1:
        return Severity.LOW
    severity = Severity.MEDIUM
    # A person who pushes with git under an unknown address looks like a newcomer: usual, and easily forged.
    return severity if signs.proven else severity.lowered()


def _finding(change: Change, signs: _Signs, history: History) -> Finding:
    who = listed(author.name for author in change.commit.authors)
    standing = {True: ", a member of the organization", False: ", no public member of the organization", None: ""}
    silence = f", after {int(signs.silence)} days of silence" if signs.silence is not None else ""
    card = ", without a word in the card" if signs.undocumented else ""
    severity = _severity(signs)
    changed = listed(seen.path for seen in change.content)
    return META.found(
        f"{who}{standing[signs.member]}, who never committed here before, changed {changed}{silence}{card}",
        location=Location(path=change.content[0].path),
        severity=severity,
        # History shows the shape of a takeover, never its purpose; a cut-off one may hide earlier commits.
        confidence=Confidence.LOW if severity is Severity.HIGH or not history.complete else Confidence.MEDIUM,
        evidence=f"commit {change.commit.id[:12]}: {change.commit.title}"[:200],
        remediation="compare with the commit before and ask the publisher before you move to this one",
        key=f"{who.casefold()}:{change.commit.title.casefold()}"[:200],
        others=[seen.path for seen in change.content[1:]],
    )
