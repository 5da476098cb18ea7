"""Curated tables with provenance and date: data files and one typed, lazy loader each."""

from __future__ import annotations

from trustaudit.knowledge.loader import Knowledge

__all__ = ["Knowledge"]
