"""The command line: one file per noun, no logic.

`catta --help` must answer at once, so importing this package loads no torch and no transformers:
commands import what they call inside their functions. That is the one accepted exception to the
rule that imports stand at the top of a module.
"""

import os

# libgomp reads this when torch loads it. Its default spins for long at every barrier, which beside
# other busy processes makes two threads slower than one; alone it makes no difference.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

from catta.cli.app import app, main

__all__ = ["app", "main"]
