"""The commands. One file each; a command's module, and what it needs, is loaded only when it is called."""

from cmr_watch.cli.root import run

__all__ = ["run"]
