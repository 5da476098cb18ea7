"""The lockfile: which commit of which repository was judged, with every hash, and what changed since.

``model`` is what it holds, ``reading`` and ``writing`` the text, ``entry`` makes an entry of an
audit, ``tree`` and ``drift`` compare, ``reaudit`` asks the Hub. docs/lockfile.md is for users.
"""
