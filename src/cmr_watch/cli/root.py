"""The `cmr-watch` command: loads sub-commands by name, and turns errors into a one-line message and an exit code."""

from __future__ import annotations

import os
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
from cmr_watch.cli.output import FAILED, INTERRUPTED, OK, TERMINATED, USAGE_ERROR, CommandError, print_error, to_stdout
from cmr_watch.exceptions import CmrWatchError, ConfigError, SchemaError
from cmr_watch.os_errors import os_reason

COMMANDS: Final = {
    "check": "Check the pages once and notify the subscribers.",
    "run": "Watch the pages and notify the subscribers until stopped.",
    "worker": "Send due messages until stopped, without checking pages.",
    "web": "Serve the public site alone until stopped.",
    "parse": "Print the content of saved pages as JSON.",
    "diff": "Print the changes between two saved pages.",
    "editions": "List the known editions.",
    "calls": "List the known calls for hosts.",
    "changes": "List the recorded changes.",
    "snapshots": "List, show and export stored readings.",
    "accept": "Accept a suspect reading.",
    "correct": "Correct lines that are misread.",
    "subscriptions": "Manage subscriptions.",
    "test-mail": "Send a test message to an address.",
    "deliveries": "List the outbox, retry failed messages, review held ones.",
    "bounces": "Process bounces and unsubscribe requests.",
    "replay": "Parse all stored pages again with the current parser.",
    "backfill": "Import the history of the pages from a web archive.",
    "capture": "Save a page as a test fixture.",
    "backup": "Back up the live database.",
    "restore": "Restore the database from a backup.",
    "db": "Create or upgrade the database, or hold its pending messages.",
    "health": "Check the daemon's health.",
    "doctor": "Check the installation and suggest fixes.",
    "demo": "Run the full workflow offline on recorded pages.",
    "completion": "Print a shell completion script.",
}


def import_command(name: str | None) -> click.Command | None:
    """Import the command of that name; None if there is none."""
    if name not in COMMANDS:
        return None
    command = import_module(f"cmr_watch.cli.{name.replace('-', '_')}").command
    assert isinstance(command, click.Command)
    return command


class LazyGroup(click.Group):
    """A group that imports a command only to run it or to show its help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return import_command(name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        items = [CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)]
        return items + click.Command.shell_complete(self, ctx, incomplete)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@config_option
@click.version_option(__version__, prog_name="cmr-watch")
def root() -> None:
    """Notify subscribers when the European Cluster Collaboration Platform announces
    a “Clusters meet Regions” edition or opens a call for hosts.

    \b
    Exit codes: 0 success · 1 a check or a delivery failed · 2 invalid usage,
    configuration or database · 3 something changed (check --exit-code).
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code."""
    _escape_unencodable_output()
    try:
        _reject_undecodable(sys.argv[1:] if arguments is None else arguments)
        with _sigterm_as_exception():
            return _invoke(arguments)
    except _Terminated:
        return TERMINATED
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return USAGE_ERROR
    except click.ClickException as error:
        print_error(_one_line_message(error))
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
    except CmrWatchError as error:
        print_error(str(error))
        return USAGE_ERROR if isinstance(error, (ConfigError, SchemaError)) else FAILED


def _reject_undecodable(arguments: Sequence[str]) -> None:
    """Reject an argument whose bytes are not text, unless it names a file: the database cannot store it."""
    for argument in arguments:
        if any("\ud800" <= char <= "\udfff" for char in argument) and not os.path.lexists(argument):
            raise CommandError(f'"{argument}" is not valid UTF-8')


class _Terminated(BaseException):
    """SIGTERM was received. Raised so that work in progress is released while unwinding, as with Ctrl-C."""


@contextmanager
def _sigterm_as_exception() -> Iterator[None]:
    """Raise _Terminated on SIGTERM, unless it is ignored or handled already, or this is not the main thread."""
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _terminate(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not interrupt the clean-up
    raise _Terminated


def _invoke(arguments: Sequence[str] | None) -> int:
    try:
        code = root.main(arguments, "cmr-watch", standalone_mode=False)
    except OSError as error:
        if _is_from_echo(error):
            with to_stdout():  # click prints help and version itself, without `print_line`
                raise
        if error.filename is None:
            raise
        raise CmrWatchError(f"{os.fsdecode(error.filename)}: {os_reason(error)}") from error
    with to_stdout():
        if sys.stdout:  # None if the process was started without a stdout
            sys.stdout.flush()
    return code or OK


def _is_from_echo(error: OSError) -> bool:
    return any(frame.f_code is click.echo.__code__ for frame, _ in traceback.walk_tb(error.__traceback__))


def _escape_unencodable_output() -> None:
    """Print characters that the terminal's encoding lacks as backslash escapes, rather than fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _one_line_message(error: click.ClickException) -> str:
    message = " ".join(error.format_message().split())
    path = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else None
    return f"{message.rstrip('.')}; see: {path} --help" if path else message
