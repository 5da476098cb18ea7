"""Snapshots of repositories with chat templates, analysed as an inspector would."""

from __future__ import annotations

import json

from tests.builders import make_snapshot
from trustaudit.filefacts import FileFacts
from trustaudit.formats.dispatch import inspect_file
from trustaudit.formats.drivers import inspect_bytes
from trustaudit.snapshot import Snapshot

LOOP = "{% for message in messages %}{{ message.role + ': ' + message.content }}{% endfor %}"
WEIGHTS = "model.safetensors"


def facts_of(path: str, content: str | bytes | object) -> FileFacts:
    """What is seen of a file; anything but text and bytes is written as JSON."""
    data = (
        content
        if isinstance(content, bytes)
        else (content if isinstance(content, str) else json.dumps(content)).encode()
    )
    return inspect_bytes(inspect_file, data, path)


def repository(*others: str, **files: str | bytes | object) -> Snapshot:
    """A model with these files; ``__`` in a name stands for a slash, ``_dot_`` for a dot."""
    named = {name.replace("__", "/").replace("_dot_", "."): content for name, content in files.items()}
    facts = tuple(facts_of(path, content) for path, content in named.items())
    return make_snapshot(files=(WEIGHTS, "README.md", *others, *named), file_facts=facts)


def with_template(text: str) -> Snapshot:
    """A model whose tokenizer has this template."""
    return repository(tokenizer_config_dot_json={"chat_template": text})
