"""Commit that poses as the conversion bot

## What it does
Looks at commits by SFconvertbot and at those with the title of its safetensors conversion. The bot is recognised by
what it does, not by its name: its commits touch `*.safetensors` and their index and nothing else. Reports an author
whose name looks like the bot's, a commit in its name that also was the last to touch other files, such a commit
under its title, one under its title by somebody who is neither the bot nor anybody known here, and a conversion of
weights that are not there.

## Why it matters
Thousands of repositories merged the bot's pull requests unseen: the title is trusted. In 2024 researchers showed
how the conversion service could be used to send pull requests in the bot's name.

## Example
`Adding safetensors variant of this model` by `SFconvertb0t`, which also changed `modeling.py`.

## How to fix
Compare the safetensors with the original weights (names, shapes, types), or use the commit before.

## References
- https://hiddenlayer.com/innovation-hub/silent-sabotage/
- https://huggingface.co/spaces/safetensors/convert
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rapidfuzz.distance import OSA

from trustaudit.checks._files import seen_files
from trustaudit.checks._history import Change, author_names, is_content, last_changes
from trustaudit.checks._owner import age_days, found_id, owner_of, publisher_of
from trustaudit.checks._text import listed
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.facts import value_of
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.identity.occasions import RECENT_DAYS, before_arrival, is_newcomer
from trustaudit.snapshot import Commit, FileList, History, Snapshot

META = CheckMeta(
    id="conversion-commit",
    title="Commit that poses as the conversion bot",
    severity=Severity.HIGH,
    category=Category.HISTORY,
    needs=frozenset({Need.HISTORY}),
)

_TITLE = re.compile(r"Adding [`'\"]?safetensors[`'\"]? variant of this model", re.IGNORECASE)
_BOT = "SFconvertbot"
_SAFETENSORS = (".safetensors", ".safetensors.index.json")
_MAX_EDITS = 1
_SHAPES = str.maketrans({"0": "o", "1": "l", "5": "s", "-": "", "_": "", ".": "", "i": "l"})


def run(snapshot: Snapshot, _context: Context) -> Iterator[Finding]:
    """Findings per commit; the files of a commit are known only as far as nobody touched them since."""
    history: History | None = value_of(snapshot.history)
    if history is None:
        return
    files: FileList | None = value_of(snapshot.files)
    changes = {change.commit.id: change for change in last_changes(seen_files(snapshot) if files else (), history)}
    for place, commit in enumerate(history.commits):
        change = changes.get(commit.id)
        if _poses(commit):
            message = f"{_authors(commit)} looks like {_BOT} and is another account"
            yield _finding(message, Severity.HIGH, commit, "name")
        elif _is_named_so(commit):
            what = f"a commit in the name of {_BOT}, which converts weights,"
            yield from _more_than_weights(change, what, Severity.HIGH)
        elif _TITLE.match(commit.title):
            yield from _more_than_weights(change, "a commit called a safetensors conversion", Severity.MEDIUM)
            yield from _by_a_stranger(snapshot, commit, history.commits[place + 1 :])
    yield from _of_nothing(changes.get(history.commits[0].id) if history.commits else None, snapshot)


def _is_named_so(commit: Commit) -> bool:
    return bool(commit.authors) and commit.authors[0].name == _BOT


def _poses(commit: Commit) -> bool:
    """The Hub spells a login in one way only: another case is another name, written with git."""
    shapes = (_shape(author.name) for author in commit.authors if author.name != _BOT)
    return any(_shape(_BOT) in shape or OSA.distance(shape, _shape(_BOT)) <= _MAX_EDITS for shape in shapes)


def _by_a_stranger(snapshot: Snapshot, commit: Commit, before: tuple[Commit, ...]) -> Iterator[Finding]:
    """The bot's title is known and trusted; who converts weights of others by hand seldom is."""
    members: tuple[str, ...] = value_of(snapshot.members) or ()
    owners = {name.casefold() for name in (*members, owner_of(found_id(snapshot)), owner_of(snapshot.ref.id))}
    known = owners.union(*map(author_names, before_arrival(commit, before)))
    age = age_days(snapshot, commit.date)
    unknown = bool(commit.authors) and author_names(commit).isdisjoint(known)
    publisher = publisher_of(snapshot)
    # Who belongs to an organization is asked only where a longer history makes it matter.
    enough = is_newcomer(commit, before, owners) or bool(before and publisher and publisher.kind == "user")
    if unknown and enough and age is not None and age < RECENT_DAYS:
        message = f"{_authors(commit)}, unknown here, used the title of the conversion bot"
        yield _finding(message, Severity.MEDIUM, commit, "title")


def _of_nothing(newest: Change | None, snapshot: Snapshot) -> Iterator[Finding]:
    """Nobody has deleted anything since: the weights it converted must be there."""
    if newest is None or not (_is_named_so(newest.commit) or _TITLE.match(newest.commit.title)):
        return
    weights = [seen for seen in seen_files(snapshot) if seen.kind.is_weights]
    if weights and all(seen.path.endswith(_SAFETENSORS) for seen in weights):
        message = "a safetensors conversion, and no other weights it could have converted"
        yield _finding(message, Severity.MEDIUM, newest.commit, "nothing")


def _shape(name: str) -> str:
    return name.casefold().translate(_SHAPES)


def _more_than_weights(change: Change | None, what: str, worst: Severity) -> Iterator[Finding]:
    """Other files of the commit: code or weights are grave, a card or a configuration is an odd mixture."""
    others = [seen for seen in change.files if not seen.path.endswith(_SAFETENSORS)] if change else []
    if change is not None and others:
        runs = any(is_content(seen) for seen in others)
        message = f"{what} also changed {listed(seen.path for seen in others)}"
        yield _finding(message, worst if runs else Severity.MEDIUM, change.commit, "files")


def _authors(commit: Commit) -> str:
    return listed(author.name for author in commit.authors)


def _finding(message: str, severity: Severity, commit: Commit, key: str) -> Finding:
    return META.found(
        message,
        location=Location(field="commits"),
        severity=severity,
        confidence=Confidence.MEDIUM,
        evidence=f"commit {commit.id[:12]} by {_authors(commit)}: {commit.title}"[:200],
        remediation="compare the safetensors with the original weights, or use the commit before",
        key=f"{key}:{_authors(commit)}"[:200],
    )
