"""`python -m growthml` is the command `growthml`."""

from __future__ import annotations

import sys

from growthml.cli import main

if __name__ == "__main__":
    sys.exit(main())
