"""Package whose name imitates a well-used one

## What it does
Compares every package that is asked for (requirement files, cards, notebooks, installing code) with the names of well
used packages: a letter more, less or swapped, separators moved, look-alike letters, a word added; and with names that
are known from malicious or invented packages. Names that are well used themselves imitate nothing.

## Why it matters
Installing a package runs its code. Imitations live from one slip, or from a requirements file that somebody else wrote.

## Example
`transfomers` in `requirements.txt`

## How to fix
Install the package that was meant, and nothing else from this list before you have looked at it.

## References
- https://owasp.org/www-project-top-10-ci-cd-security-risks/CICD-SEC-03-Dependency-Chain-Abuse
- https://arxiv.org/abs/2406.10279 (package hallucinations)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trustaudit.checks._code import code_facts
from trustaudit.checks._dependencies import asked_for, at_home
from trustaudit.checks._observed import Weight
from trustaudit.checks._text import bounded, shortened
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.knowledge.package_names import Likeness, is_confusion, likeness
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="dependency-imitation",
    title="Package whose name imitates a well-used one",
    severity=Severity.HIGH,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_MILD = ("confusion", "the name with", "2 letters away")


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """One finding per name and file, bounded in number."""
    return bounded(META, _findings(snapshot))


def _findings(snapshot: Snapshot) -> Iterator[Finding]:
    for name, location in sorted(_names(snapshot).items(), key=lambda item: (item[1].path or "", item[0])):
        alike = likeness(name[1])
        if alike is not None:
            weight = _weight(alike)
            yield META.found(
                f"asks for {shortened(name[1])}, which looks like {alike.meant} ({shortened(alike.why)})",
                location=location,
                severity=at_home(snapshot, weight.severity),
                confidence=weight.confidence,
                evidence=f"{shortened(name[1])}; {alike.meant}",
                remediation=f"install {alike.meant} if that was meant",
                key=name[1].casefold()[:120],
            )


def _weight(alike: Likeness) -> Weight:
    """A name one slip away is no proof: there are honest small packages too. A recorded one is."""
    if alike.why.startswith(_MILD):
        return Weight(Severity.MEDIUM, Confidence.MEDIUM)
    return Weight(Severity.HIGH, Confidence.MEDIUM)


def _names(snapshot: Snapshot) -> dict[tuple[str, str], Location]:
    """(file, package) with the first place, from lists and from code that installs."""
    found: dict[tuple[str, str], Location] = {}
    for asked in asked_for(snapshot, "name", "conda", "direct"):
        # Conda has packages of its own under names that are mere confusions elsewhere (pytorch-cuda).
        if asked.name and not (asked.how == "conda" and is_confusion(asked.name)):
            found.setdefault((asked.file.path, asked.name), asked.location)
    for fact in code_facts(snapshot, "install"):
        for word in fact.note.get("packages").replace(";", " ").split():
            name = word.split("=")[0].split(">")[0].split("<")[0].split("[")[0].strip("'\"~!")
            if name and not name.startswith("-") and "/" not in name and "." not in name:
                found.setdefault((fact.file.path, name), Location(path=fact.file.path, line=fact.note.line))
    return found
