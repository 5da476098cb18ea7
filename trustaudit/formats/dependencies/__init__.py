"""Packages that a repository asks to be installed, and where from."""
