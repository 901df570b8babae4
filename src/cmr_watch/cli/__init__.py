"""The command line: one module per command, imported only when that command is run."""

from cmr_watch.cli.root import main

__all__ = ["main"]
