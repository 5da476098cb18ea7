"""``python -m trustaudit``."""

from __future__ import annotations

from trustaudit.cli.start import main

if __name__ == "__main__":
    main()
