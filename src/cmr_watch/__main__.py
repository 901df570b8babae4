"""Entry point of `python -m cmr_watch` and of the `cmr-watch` command."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable, Sequence

_DAEMONS = ("run", "worker")
"""The commands that run until they are stopped, so that being stopped is a success."""


def main() -> None:
    """Run the command line. Ctrl-C exits with 130 and no traceback, even while modules are being imported.

    A daemon that is stopped before it has started exits with 0: no work is in progress yet. Once it runs, the command
    handles the signals itself. SIGHUP asks `run` to reload the configuration, which it has not read yet.
    """
    command = _command(sys.argv[1:])
    if command in _DAEMONS:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _exit_at_once)
        if command == "run":
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        code = _imported(command)()
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


def _command(arguments: Sequence[str]) -> str | None:
    """The name of the command: the first argument that is neither an option nor the value of --config."""
    remaining = iter(arguments)
    for argument in remaining:
        if argument == "--config":
            next(remaining, None)
        elif not argument.startswith("-"):
            return argument
    return None


def _imported(command: str | None) -> Callable[[], int]:
    """Import the command line and the command; return what runs them.

    What is imported stays until the end, so the garbage collector need not look at it: not meanwhile, not later, and
    not when the process ends. For a one-off check, that would take a quarter of the CPU time.
    """
    gc.disable()
    from cmr_watch.cli import import_command, main

    import_command(command)
    gc.freeze()
    gc.enable()
    return main


def _exit_at_once(*_: object) -> None:
    """Exit without unwinding: an exception in the middle of an import can be swallowed, or printed."""
    os._exit(0)


if __name__ == "__main__":
    main()
