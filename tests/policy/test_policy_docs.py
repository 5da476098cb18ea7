from __future__ import annotations

import tomllib
from pathlib import Path

from trustaudit.policy.loading import builtin_names, load_policy, parse_policy

TEXT = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")


def test_the_example_file_is_a_policy() -> None:
    example = TEXT.split("```toml\n")[1].split("```")[0]
    policy = parse_policy(example, source="docs/policy.md")
    assert set(tomllib.loads(example)) <= set(type(policy).model_fields)
    assert policy.exceptions[0].reason


def test_every_builtin_is_described_with_what_it_requires() -> None:
    for name in builtin_names():
        required = ", ".join(load_policy(name).required.facts)
        assert any(line.startswith(f"| `{name}` |") and line.endswith(f"| {required} |") for line in TEXT.splitlines())
