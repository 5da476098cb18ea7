"""``python -m tests.interop``: run the suite of this folder, whatever the working directory."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

if __name__ == "__main__":
    here = Path(__file__).parent
    sys.exit(pytest.main(["-m", "interop", "-v", "--rootdir", str(here.parents[1]), str(here), *sys.argv[1:]]))
