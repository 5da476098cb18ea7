"""Configuration files: what a loader imports, runs, fetches or opens because a file says so.

Stated by content, never by folder: the same bytes under two names are looked at once.
"""
