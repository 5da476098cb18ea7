"""What a suspicious command line weighs, by what it does and where it leads."""

from __future__ import annotations

import re

from trustaudit.checks._observed import Weight
from trustaudit.filefacts import Observation
from trustaudit.finding import Confidence, Severity
from trustaudit.knowledge.hosts import host_classes

_ANYBODY = frozenset({"drop", "ip", "hoster", "shortener"})
_PUBLISHED = frozenset({"installer", "hub", "index", "local"})
_IN_TEXTS = frozenset({*_PUBLISHED, "placeholder"})
_WEIGHTS = {
    "encoded-run": Weight(Severity.HIGH),
    "reverse-shell": Weight(Severity.CRITICAL),
    "disable-defense": Weight(Severity.HIGH, Confidence.MEDIUM),
    "persistence": Weight(Severity.MEDIUM, Confidence.MEDIUM),
    "destroy": Weight(Severity.MEDIUM, Confidence.MEDIUM),
    "mine": Weight(Severity.HIGH, Confidence.MEDIUM),
    "send-secrets": Weight(Severity.HIGH),
}
_REPOSITORY_FILE = re.compile(r"/(?:resolve|raw|blob)/")
_PROFILES = (".bashrc", ".profile", ".zshrc", ".bash_profile", ".zprofile")


def shell_weight(note: Observation, *, in_text: bool = False) -> Weight:
    """The weight of a ``…-trait`` observation. Info: what well-known projects tell everybody to do.

    ``in_text``: where an address like ``example.com`` stands for the reader's own. A script means what it says.
    """
    trait = note.get("trait")
    if trait == "download-then-run":
        return _download_first(tuple(note.get("urls").split()), _IN_TEXTS if in_text else _PUBLISHED)
    if trait == "download-run":
        return _download(tuple(note.get("urls").split()), _IN_TEXTS if in_text else _PUBLISHED)
    if in_text and trait == "mine" and note.get("text").isalpha():
        return Weight(Severity.LOW)  # the name of a miner, as classifiers of malware list it; its command has more
    if trait == "persistence" and any(profile in note.get("text") for profile in _PROFILES):
        return Weight(Severity.LOW, Confidence.MEDIUM)
    return _WEIGHTS.get(trait, Weight(Severity.MEDIUM, Confidence.LOW))


def _download(urls: tuple[str, ...], published: frozenset[str]) -> Weight:
    """By address: a published installer, a code host, an unknown site, a place that anybody can use."""
    classes = [_classes(url) for url in urls]
    if urls and all(found & published for found in classes):
        return Weight(Severity.INFO)
    if any(found & _ANYBODY for found in classes) or any(url.startswith("http://") for url in urls):
        return Weight(Severity.HIGH)
    if urls and all("code" in found for found in classes):
        return Weight(Severity.MEDIUM, Confidence.MEDIUM)
    return Weight(Severity.HIGH, Confidence.LOW)


def _download_first(urls: tuple[str, ...], published: frozenset[str]) -> Weight:
    """Two lines, and time to look in between. That is how people run a project's own scripts, too."""
    classes = [_classes(url) for url in urls]
    if any(found & _ANYBODY for found in classes) or any(url.startswith("http://") for url in urls):
        return Weight(Severity.HIGH, Confidence.MEDIUM)
    if all(found & {*published, "code", "data"} for found in classes):
        return Weight(Severity.INFO)
    return Weight(Severity.MEDIUM, Confidence.LOW)


def _classes(url: str) -> frozenset[str]:
    """A file of a repository on the Hub is as much anybody's as one on a code host."""
    found = host_classes(url)
    return (found - {"hub", "installer"}) | {"code"} if "hub" in found and _REPOSITORY_FILE.search(url) else found
