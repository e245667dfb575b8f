"""`python -m server`: serve a release over HTTP."""

from __future__ import annotations

import sys

from server.process.cli import main

if __name__ == "__main__":
    sys.exit(main())
