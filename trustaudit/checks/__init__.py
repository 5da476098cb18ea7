"""One module per check. Adding a check: its module, its line here, its test."""

from __future__ import annotations

import importlib
from functools import cache

from trustaudit.checks.interface import Check

CHECK_MODULES: tuple[str, ...] = (
    "denied_by_policy",
    "disabled_repository",
    "renamed_repository",
    "name_confusion",
    "namespace_reuse",
    "altered_copy",
    "pull_request_revision",
    "moved_ref",
    "pickle_dangerous_call",
    "pickle_unresolved_callable",
    "pickle_unknown_callable",
    "pickle_anomaly",
    "hidden_pickle",
    "archive_anomaly",
    "format_mismatch",
    "archive_code_member",
    "keras_code",
    "graph_operator",
    "serialized_code",
    "external_path",
    "format_damage",
    "embedded_text",
    "active_document",
    "template_escape",
    "template_suspicious_call",
    "template_hidden_instruction",
    "template_hidden_text",
    "template_mismatch",
    "template_denial_of_service",
    "template_unparsable",
    "config_bypass",
    "config_module_import",
    "config_hydra_target",
    "yaml_tag",
    "config_path_escape",
    "config_malformed",
    "git_config",
    "ollama_modelfile",
    "pickle_library_code",
    "pickle_import_mismatch",
    "weights_only",
    "unseen_content",
    "hub_scan_verdict",
    "hub_pickle_imports",
    "unsafe_format",
    "code_download_execute",
    "code_hidden_payload",
    "code_reverse_shell",
    "code_process",
    "code_credential_access",
    "code_persistence",
    "code_file_damage",
    "code_tampering",
    "code_dynamic_execution",
    "code_second_stage",
    "code_native_library",
    "code_network",
    "code_obfuscated",
    "code_evasion",
    "code_unparsable",
    "script_suspicious",
    "card_lure",
    "card_hidden_text",
    "dependency_imitation",
    "dependency_index",
    "dependency_direct_url",
    "dependency_unpinned",
    "secret_exposed",
    "custom_code",
    "third_party_code",
    "dataset_script",
    "auto_run_file",
    "shadowing_module",
    "foreign_file",
    "suspicious_path",
    "hub_scan_coverage",
    "lfs_pointer",
    "missing_hash",
    "incomplete_listing",
    "unpinned_revision",
    "publisher_missing",
    "publisher_clones",
    "publisher_new",
    "engagement_inflated",
    "publisher_unverified",
    "history_takeover",
    "conversion_commit",
    "history_rewritten",
    "pickle_added",
    "signature_invalid",
    "signature_digest_mismatch",
    "signature_identity",
    "signature_unsigned_files",
    "checksum_mismatch",
    "unsigned",
    "base_model_mismatch",
    "missing_ancestor",
    "inherited_finding",
    "gated_repository",
    "private_repository",
    "license",
    "license_conflict",
    "missing_card",
)
"""Module names in the order of the report. Explicit, so that order, review and search are free."""


@cache
def all_checks() -> tuple[Check, ...]:
    """Every check, in order. Imported on first use: listing commands must start fast."""
    return tuple(Check.from_module(importlib.import_module(f"{__name__}.{name}")) for name in CHECK_MODULES)


def check_by_id(check_id: str) -> Check:
    """The check of that id. Raises KeyError."""
    for check in all_checks():
        if check.meta.id == check_id:
            return check
    raise KeyError(check_id)
