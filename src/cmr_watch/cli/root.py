"""The `cmr-watch` command: finds its sub-commands by name, and turns our errors into one sentence and an exit code."""

from __future__ import annotations

import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from io import TextIOWrapper
from typing import Final

import click
from click.shell_completion import CompletionItem

from cmr_watch import __version__
from cmr_watch.cli.options import config_option
from cmr_watch.cli.output import FAILED, FINE, INTERRUPTED, TERMINATED, WRONG, complain, to_stdout
from cmr_watch.exceptions import CmrWatchError, ConfigError, SchemaError

COMMANDS: Final = {
    "check": "Look at the page, store what changed, tell the subscribers.",
    "run": "Watch the pages and tell people, until it is stopped.",
    "worker": "Deliver only: send what is due, until it is stopped.",
    "parse": "Print what a saved page says.",
    "diff": "Print what changed between two saved pages.",
    "editions": "List the editions that are known.",
    "calls": "List the calls for hosts that are known.",
    "changes": "List what changed.",
    "snapshots": "List, show and export the readings that are kept.",
    "accept": "Believe a reading that was kept aside as suspect.",
    "subscriptions": "Say who hears of what.",
    "test-mail": "Send a test message to an address.",
    "deliveries": "List the outbox, or try again what failed.",
    "bounces": "Read the mail that came back, and who unsubscribed.",
    "replay": "Read every stored page again with today's parser.",
    "backfill": "Fill in the history from an archive's copies of the pages.",
    "capture": "Save a page as a test fixture.",
    "backup": "Copy the database into a file, while it is in use.",
    "restore": "Put a copy of the database in its place.",
    "db": "Bring the database to this version, or hold back what waits.",
    "health": "Ask the running daemon how it is.",
    "doctor": "Check the whole installation, and say what to do.",
    "demo": "Run the main job on real pages without any network.",
    "completion": "Print the completion script of a shell.",
}


class LazyGroup(click.Group):
    """A group that knows its commands by name, and imports one only to run it or to show its help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command = import_module(f"cmr_watch.cli.{name.replace('-', '_')}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        found = [CompletionItem(name, help=what) for name, what in COMMANDS.items() if name.startswith(incomplete)]
        return found + click.Command.shell_complete(self, ctx, incomplete)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@config_option
@click.version_option(__version__, prog_name="cmr-watch")
def root() -> None:
    """Tells people when the European Cluster Collaboration Platform announces a
    “Clusters meet Regions” edition or opens a call to host one.

    \b
    Exit codes: 0 fine · 1 could not check or deliver · 2 wrong usage,
    configuration or database · 3 with --exit-code: something changed.
    """


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; the exit code."""
    _print_whatever_the_terminal()
    try:
        with _ended_in_order():
            return _run(arguments)
    except _Terminated:
        return TERMINATED
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return WRONG
    except click.ClickException as error:
        complain(_in_one_line(error))
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
    except CmrWatchError as error:
        complain(str(error))
        return WRONG if isinstance(error, (ConfigError, SchemaError)) else FAILED


class _Terminated(BaseException):
    """SIGTERM came: whatever was begun is given back on the way out, as with Ctrl-C."""


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """SIGTERM is an exception in here. Not where it is ignored, and not in a thread, which gets no signals."""
    mine = threading.current_thread() is threading.main_thread()
    if not mine or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _terminate(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not interrupt the giving back
    raise _Terminated


def _run(arguments: Sequence[str] | None) -> int:
    try:
        code = root.main(arguments, "cmr-watch", standalone_mode=False)
    except OSError as error:
        if not _is_of_echo(error):
            raise
        with to_stdout():  # help and version are printed by click, and not by our `line`
            raise
    with to_stdout():
        if sys.stdout:  # None: the program was started without one
            sys.stdout.flush()
    return code or FINE


def _is_of_echo(error: OSError) -> bool:
    return any(frame.f_code is click.echo.__code__ for frame, _ in traceback.walk_tb(error.__traceback__))


def _print_whatever_the_terminal() -> None:
    """The pages are full of letters that an old terminal has not: those are written as escapes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _in_one_line(error: click.ClickException) -> str:
    message = " ".join(error.format_message().split())
    path = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else None
    return f"{message.rstrip('.')}; see: {path} --help" if path else message
