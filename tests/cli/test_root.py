from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from cmr_watch import __version__
from cmr_watch.cli import main
from cmr_watch.cli.root import COMMANDS, root
from tests.cli.conftest import FIXTURES

FULL = Path("/dev/full")
SAVED = FIXTURES / "2023-12-br" / "page.html"


def commands() -> dict[str, click.Command]:
    """Each command and sub-command by its name, such as `subscriptions add`."""
    context = click.Context(root)
    by_name: dict[str, click.Command] = {}
    for name in COMMANDS:
        command = root.get_command(context, name)
        assert command is not None
        by_name[name] = command
        if isinstance(command, click.Group):
            by_name |= {f"{name} {sub}": child for sub, child in command.commands.items()}
    return by_name


@pytest.mark.parametrize("name", commands())
def test_help_of_every_command_has_an_example(capsys, name):
    assert main([*name.split(), "--help"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    if not isinstance(commands()[name], click.Group):
        assert f"cmr-watch {name}" in out.partition("Example")[2]


@pytest.mark.parametrize("name", COMMANDS)
def test_short_help_is_one_sentence_on_one_line(name):
    assert len(COMMANDS[name]) <= 62
    assert COMMANDS[name].endswith(".")


def test_help_and_version(capsys):
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert [name for name in COMMANDS if f"\n  {name} " not in out] == []
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"cmr-watch, version {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["chekc"], "cmr-watch: No such command 'chekc'"),
        (["check", "--jsno"], "cmr-watch: No such option '--jsno'"),
        (["parse"], "cmr-watch: Missing argument 'FILE...'; see: cmr-watch parse --help"),
        (["parse", "--page", "map", "x"], "cmr-watch: Invalid value for '--page': 'map' is not one of"),
        (["--config", "/nowhere.toml", "check"], "cmr-watch: /nowhere.toml: cannot be read: No such file"),
        (["check", "--config", "/nowhere.toml"], "cmr-watch: /nowhere.toml: cannot be read: No such file"),
    ],
)
def test_a_usage_error_is_one_line(capsys, arguments, sentence):
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert err.startswith(sentence)


def test_without_a_command_help_is_shown(capsys):
    assert main([]) == 2
    assert "Commands:" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["parse", "--help"], ["demo", "--help"], ["completion", "bash"]])
def test_a_closed_pipe_causes_no_error_message(arguments):
    process = subprocess.Popen(
        [sys.executable, "-m", "cmr_watch", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(30) in (0, 1, 141)
    assert b"Traceback" not in err
    assert b"BrokenPipe" not in err


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has /dev/full")
@pytest.mark.parametrize(
    "arguments", [["parse", "--help"], ["--version"], ["parse", str(SAVED)], ["completion", "bash"]]
)
def test_a_full_disk_is_a_one_line_error(arguments):
    with FULL.open("wb") as full:
        result = subprocess.run([sys.executable, "-m", "cmr_watch", *arguments], stdout=full, stderr=subprocess.PIPE)
    assert (result.returncode, result.stderr) == (1, b"cmr-watch: cannot write the output: No space left on device\n")


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has /dev/full")
def test_neither_stdout_nor_stderr_can_be_written():
    with FULL.open("wb") as full:
        assert (
            subprocess.run([sys.executable, "-m", "cmr_watch", "--version"], stdout=full, stderr=full).returncode == 1
        )
