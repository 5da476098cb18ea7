"""What the repository and the Hub say of it: the facts of a bill of materials."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from trustaudit.report.model import About
from trustaudit.report.publisher import moment
from trustaudit.snapshot import Card, RepoInfo, Snapshot

_MOST_NAMES: Final = 50
_LONGEST: Final = 200


def about(snapshot: Snapshot) -> About | None:
    """None for local files and where the Hub gave no info. Lists and texts are cut: uploaders may write any number."""
    info = snapshot.repo_info
    if snapshot.origin == "local" or info is None:
        return None
    card = info.card or Card()
    return About(
        web_url=snapshot.ref.web_url(snapshot.endpoint),
        licenses=_names(card.licenses),
        license_link=card.license_link[:_LONGEST],
        task=(info.pipeline_tag or "")[:_LONGEST],
        library=(info.library_name or "")[:_LONGEST],
        architecture=_architecture(info),
        datasets=_names(card.datasets),
        languages=_names(card.languages),
        created_at=moment(info.created_at),
        last_modified=moment(info.last_modified),
        downloads=info.downloads,
        likes=info.likes,
    )


def _names(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text[:_LONGEST] for text in texts))[:_MOST_NAMES]


def _architecture(info: RepoInfo) -> str:
    """``model_type`` of config.json, or what the Hub read from a GGUF header."""
    try:
        config = json.loads(info.config_json or "{}")
    except (ValueError, RecursionError):
        config = {}
    named = config.get("model_type") if isinstance(config, dict) else None
    found = named if isinstance(named, str) else (info.gguf.architecture if info.gguf else "")
    return found[:_LONGEST]
