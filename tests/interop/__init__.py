"""Checks against software that is not ours, each in a throwaway environment below ``.interop/``.

* The real ``huggingface_hub`` client, its newest 2.x and its last 1.x, drives the loopback Hub: what we test against
  must be a Hub to others too.
* ``olah``, an independent Hub mirror, serves a git repository; ``trustaudit check`` audits it.

``python -m tests.interop`` (or ``make interop``) runs all of it; a plain ``pytest`` run skips it, because it installs
packages. Without a package registry, what is not installed yet is skipped with the installer's words.
"""
