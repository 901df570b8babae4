"""The command line: one module per command, imported only when that command is run."""

from cmr_watch.cli.root import import_command, main

__all__ = ["import_command", "main"]
