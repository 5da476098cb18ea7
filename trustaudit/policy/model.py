"""The policy for everyone outside this package: the schema, and the functions that read one."""

from __future__ import annotations

from trustaudit.policy.loading import builtin_names, load_policy, parse_policy, policy_text
from trustaudit.policy.schema import Policy

__all__ = ["Policy", "builtin_names", "load_policy", "parse_policy", "policy_text"]
