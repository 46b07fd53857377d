"""The command line: one file per noun, no logic.

`catta --help` must answer at once, so importing this package loads no torch and no transformers:
commands import what they call inside their functions. That is the one accepted exception to the
rule that imports stand at the top of a module.
"""

from catta.cli.app import app, main

__all__ = ["app", "main"]
