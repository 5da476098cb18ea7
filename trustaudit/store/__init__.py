"""Numbered migrations and the history of audits."""
