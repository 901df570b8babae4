"""Odd arguments of all commands: each ends with an exit code and a plain sentence, never with a traceback."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmr_watch.cli import main
from tests.cli.conftest import FIXTURES
from tests.cli.test_root import commands

CONFIGURATION = """
[database]
url = "sqlite:///watch.db"
[page]
url = "http://127.0.0.1:1/list"
hosts = ["127.0.0.1:1"]
private_addresses = true
[fetch]
retries = 0
robots = false
[archive]
timemap = "http://127.0.0.1:1/"
pause = 0
[daemon]
listen = ""
"""
ENDLESS = ("run", "web", "demo")
"""Commands that run until they are stopped, or for long."""
COMMANDS = {
    name: command
    for name, command in commands().items()
    if not isinstance(command, click.Group) and name not in ENDLESS
}
CODES = (0, 1, 2, 3, 130)
ODD = (
    *(
        "",
        " ",
        "-",
        "--",
        "-1",
        "0",
        "1",
        "9" * 22,
        "9" * 5000,
        "1e999",
        "nan",
        "٣",
        "n" * 300,
        "n" * 70_000,
        "a/" * 500,
    ),
    *("\udcff", "a\udcff@b.eu", "a\x9b31m", "\u202eabc", "a\nb", "é\u0301", "🎉" * 100, "%s{0}", "'; --", "\\x00"),
    *("anna@example.org", "slack://a/b/c", "https://u:p@127.0.0.1:1/?x", "sqlite:///x", "http://[", "mailto://"),
    *("all", "m1", "c1", "2024-02-30", "0000-00-00", "2024-04-01", "FR", "calls", "json", "call", "initiative"),
    *("page.html", "folder", "watch.db", "none/none", "cmr-watch.toml"),
)


def arguments_of(name: str) -> st.SearchStrategy[list[str]]:
    """The command with some of its options, and odd values for them and for its arguments."""
    parts: list[st.SearchStrategy[list[str]]] = []
    for parameter in COMMANDS[name].params:
        value = st.sampled_from(ODD)
        if isinstance(parameter, click.Argument):
            parts.append(st.lists(value, max_size=2 if parameter.nargs < 0 else 1))
        elif isinstance(parameter, click.Option) and parameter.name not in ("help", "once"):
            given_option = (
                st.just([parameter.opts[0]]) if parameter.is_flag else value.map(with_option(parameter.opts[0]))
            )
            parts.append(st.one_of(st.just([]), given_option))
    once = ["--once"] if name == "worker" else []
    return st.tuples(*parts).map(lambda found: [*name.split(), *once, *(item for part in found for item in part)])


def with_option(option: str):
    return lambda value: [option, value]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a configuration, a database and a page, which each run gets a copy of."""
    folder = tmp_path_factory.mktemp("installation")
    (folder / "cmr-watch.toml").write_text(CONFIGURATION, encoding="utf-8")
    (folder / "folder").mkdir()
    shutil.copy(FIXTURES / "2023-12-br" / "page.html", folder / "page.html")
    assert run(folder, "subscriptions", "add", "anna@example.org")[0] == 0
    return folder


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    """The exit code and stderr of a command that runs in a folder."""
    runner = CliRunner()
    with pytest.MonkeyPatch.context() as patch, runner.isolation() as (_, err, _):
        patch.chdir(folder)
        patch.setenv("HOME", str(folder))
        code = main(arguments)
        sys.stderr.flush()
        return code, err.getvalue().decode()


@pytest.mark.parametrize("name", COMMANDS)
@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_odd_arguments_end_with_a_sentence(name: str, data: st.DataObject, installation: Path, tmp_path: Path) -> None:
    arguments = data.draw(arguments_of(name))
    shutil.rmtree(tmp_path)
    shutil.copytree(installation, tmp_path)
    code, err = run(tmp_path, *arguments)
    assert code in CODES
    assert code != 2 or err.startswith(("cmr-watch: ", "Usage: "))
    assert all(char.isprintable() or char in "\n\xa0" for char in err)


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["deliveries", "list", "--limit", "1" + "0" * 21], 2, f"expected a whole number from 1 to {2**63 - 1}; see: "),
        (["backup", "n" * 300], 1, "File name too long"),
        (["restore", "n" * 300], 1, "File name too long"),
        (["parse", "n" * 300], 1, "File name too long"),
        (["parse", "/dev/zero"], 1, "cannot be read: it is not a regular file"),
        (["parse", "fifo"], 1, "fifo: cannot be read: it is not a regular file"),
        (["diff", "fifo", "fifo"], 1, "fifo: cannot be read: it is not a regular file"),
        (["capture", "folder", "fifo"], 1, "fifo: cannot be read: it is not a regular file"),
        (["subscriptions", "import", "/dev/zero"], 2, "/dev/zero cannot be read: it is not a regular file"),
        (["subscriptions", "import", "fifo"], 2, "fifo cannot be read: it is not a regular file"),
        (["subscriptions", "import", "missing"], 2, "missing cannot be read: No such file or directory"),
        (["accept", "\udcff"], 2, 'cmr-watch: "\\udcff" is not valid UTF-8'),
        (["--config", "/dev/zero", "check"], 2, "cannot be read: it is not a regular file"),
    ],
)
def test_what_was_a_traceback(installation: Path, arguments: list[str], code: int, sentence: str) -> None:
    os.mkfifo(installation / "fifo")
    try:
        found, err = run(installation, *arguments)
    finally:
        (installation / "fifo").unlink()
    assert (found, err.count("\n")) == (code, 1)
    assert sentence in err


@pytest.mark.parametrize("command", ["editions --json", "subscriptions list --json", "parse page.html"])
def test_a_closed_output_is_no_error(installation: Path, command: str) -> None:
    shell = f"exec {sys.executable} -m cmr_watch {command} >&-"
    ended = subprocess.run(["sh", "-c", shell], cwd=installation, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
