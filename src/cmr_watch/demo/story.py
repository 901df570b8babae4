"""The steps of the demo. Each runs a command as a user would, prints its output, and checks what was delivered."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from importlib.resources import files
from pathlib import Path
from typing import Final

from cmr_watch.config import environment_without_settings
from cmr_watch.demo.servers import CALL_PATH, HOOK, PATH, MailServer, Site
from cmr_watch.exceptions import CmrWatchError

BEGIN: Final = datetime(2023, 9, 15, 9, tzinfo=UTC)
END: Final = datetime(2024, 5, 1, 10, tzinfo=UTC)
"""The commands of the demo act as if it were between these two times."""
CONFIG: Final = """\
# Written by cmr-watch demo. The servers named here exist only while the demo runs.
[database]
url = {database}

[page]
url = {page}
hosts = [{host}]
private_addresses = true

[mail]
host = "127.0.0.1"
port = {mail_port}
security = "plain"
from = "watch@demo.example"

[[subscriptions]]
name = "anna"
to = "anna@demo.example"

[[subscriptions]]
name = "bruno, calls only"
to = "bruno@demo.example"
topics = ["calls"]

[[subscriptions]]
name = "team chat"
to = {hook}
"""

Print = Callable[[str], None]
"""Prints one line."""


_FILES: Final = ("cmr-watch.toml", "cmr-watch.db*", "mail-*.html", "mail-*.eml")
"""The files that a demo writes; when it starts, it removes those of an earlier one."""


class DemoFailed(CmrWatchError):
    """The demo failed."""


@dataclass(slots=True)
class _Demo:
    """A running demo: its output folder, its servers, the function that prints a line, and its time."""

    folder: Path
    site: Site
    mail: MailServer
    say: Print
    now: datetime = BEGIN

    @property
    def config(self) -> Path:
        """The configuration file for the commands."""
        return self.folder / "cmr-watch.toml"

    @property
    def database(self) -> Path:
        """The SQLite database."""
        return self.folder / "cmr-watch.db"


def play(folder: Path, say: Print, then: Callable[[Path], None] = lambda _: None) -> None:
    """Run all steps, and `then` a function with the configuration file, while the watched site is still there.

    DemoFailed: a command failed, or the messages delivered were not the expected ones.
    """
    with Site() as site, MailServer() as mail:
        demo = _Demo(folder.absolute(), site, mail, say)
        _prepare(demo)
        _run_steps(demo)
        _show_mailbox(demo)
        _show_files(demo)
        then(demo.config)


def _prepare(demo: _Demo) -> None:
    """Write the configuration into the folder. Removes the files of an earlier demo, and nothing else."""
    demo.folder.mkdir(parents=True, exist_ok=True)
    existing = [old for pattern in _FILES for old in demo.folder.glob(pattern)]
    if existing and not _is_from_demo(demo.config):
        raise DemoFailed(f"{existing[0]} is not from an earlier demo, so it is kept; choose another folder with --dir")
    for old in existing:
        old.unlink()
    values = {
        "database": f"sqlite:///{demo.database}",
        "page": f"http://{demo.site.host}{PATH}",
        "host": demo.site.host,
        "hook": f"json://{demo.site.host}{HOOK}",
    }
    quoted = {name: json.dumps(value) for name, value in values.items()}
    demo.config.write_text(CONFIG.format(**quoted, mail_port=demo.mail.port), encoding="utf-8")


def _is_from_demo(config: Path) -> bool:
    if config.is_symlink() or not config.is_file():
        return False
    with config.open("rb") as file:
        return file.readline(100) == CONFIG.partition("\n")[0].encode() + b"\n"


def _run_steps(demo: _Demo) -> None:
    demo.say(f"A web server on this machine ({demo.site.host}) serves the pages as they were from September 2023 on,")
    demo.say("and the commands run as if they had been started on the days that are named.")
    _at(demo, "15 September 2023: the first check stores the pages as the baseline, so it reports no changes.")
    demo.say("Each new subscriber gets a welcome message that lists the calls for hosts and the upcoming editions.")
    _serve(demo, "2023-09")
    _check(demo, mails=2, posts=1)
    _at(demo, "15 December 2023: four more editions have taken place, and the call for hosts has opened.")
    _serve(demo, "2023-12", call="2024-05")
    _check(demo, mails=2, posts=1)
    _at(demo, "18 December 2023, a Monday: what was not urgent arrives as a digest. The page has not changed.")
    _check(demo, mails=1, posts=1)
    _at(demo, "16 April 2024: Milan has been added to the past editions. That is not urgent either.")
    _serve(demo, "2024-04", call="2024-05")
    _check(demo, mails=0, posts=0)
    _at(demo, "1 May 2024: 30 days before the next cut-off of the call, those who want to host are reminded.")
    _check(demo, mails=2, posts=1)
    demo.say("The changes on record:")
    _run_command(demo, "changes")
    demo.say("")
    demo.say("The messages sent:")
    _run_command(demo, "deliveries", "list")


def _at(demo: _Demo, text: str) -> None:
    """Say what happens on the day with which the text begins, and let it be 10:00 in Brussels on that day."""
    demo.say(text)
    day = datetime.strptime(re.split("[,:]", text)[0], "%d %B %Y")  # noqa: DTZ007  # made aware below
    demo.now = day.replace(hour=9, tzinfo=UTC)


def _serve(demo: _Demo, state: str, call: str = "") -> None:
    """Serve the list as it was, and the page of the call. Its other links lead to the platform."""
    page = _recorded(state)
    if call:
        page = page.replace(f'href="{CALL_PATH}"'.encode(), f'href="http://{demo.site.host}{CALL_PATH}"'.encode())
        demo.site.pages[CALL_PATH] = _recorded(f"call-{call}")
    demo.site.pages[PATH] = page.replace(b'href="/', b'href="https://clustercollaboration.eu/')


def _recorded(name: str) -> bytes:
    return files("cmr_watch.demo").joinpath("pages", f"{name}.html").read_bytes()


def _check(demo: _Demo, mails: int, posts: int) -> None:
    before = len(demo.mail.mails), len(demo.site.posted)
    _run_command(demo, "check")
    arrived = len(demo.mail.mails) - before[0], len(demo.site.posted) - before[1]
    for mail in demo.mail.mails[before[0] :]:
        demo.say(f"  ✉ {mail['To']}: {mail['Subject']}")
    for post in demo.site.posted[before[1] :]:
        demo.say(f"  💬 team chat: {post.get('title')}")
    demo.say("")
    if arrived != (mails, posts):
        counts = f"{arrived[0]} mails and {arrived[1]} chat messages arrived"
        raise DemoFailed(f"{counts}, expected {mails} and {posts}")


def _run_command(demo: _Demo, *arguments: str) -> None:
    """Run a command in a separate process, and print its output."""
    command = shlex.join(["cmr-watch", *arguments])
    demo.say(f"  $ {command}")
    environ = environment_without_settings() | {"PYTHONUTF8": "1", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    completed = subprocess.run(  # noqa: S603  # this program, with fixed arguments
        [
            sys.executable,
            "-m",
            "cmr_watch",
            *arguments,
            "--config",
            str(demo.config),
            f"--at={demo.now:%Y-%m-%dT%H:%M}",
        ],
        capture_output=True,
        encoding="utf-8",
        env=environ,
        timeout=60,
    )
    for line in (completed.stdout + completed.stderr).splitlines():
        demo.say(f"  {line}".rstrip())
    if completed.returncode != 0:
        raise DemoFailed(f"{command} failed with exit code {completed.returncode}")


def _show_mailbox(demo: _Demo) -> None:
    demo.say("")
    demo.say("Mail received:")
    for number, mail in enumerate(demo.mail.mails, 1):
        demo.say(f"  {number}. {mail['From']} → {mail['To']}: {mail['Subject']}")
    demo.say("")
    shortest = min(demo.mail.mails, key=lambda mail: len(_body(mail, "plain")))
    demo.say(f"The plain-text version of the shortest one, to {shortest['To']}:")
    for line in _body(shortest, "plain").splitlines():
        demo.say(f"  │ {line}".rstrip())
    demo.say("")


def _show_files(demo: _Demo) -> None:
    html_files = ", ".join(_short_path(path) for path in _write_html(demo))
    demo.say(f"HTML mails:    {html_files}")
    demo.say(f"SQLite file:   {_short_path(demo.database)}")
    demo.say(f"Configuration: {_short_path(demo.config)}")
    demo.say("")
    demo.say(f"To check the live page, run:  {_command_name()} check")


def _write_html(demo: _Demo) -> Iterator[Path]:
    for number, mail in enumerate(demo.mail.mails, 1):
        (demo.folder / f"mail-{number}.eml").write_bytes(mail.as_bytes())
        file = demo.folder / f"mail-{number}.html"
        file.write_text(_body(mail, "html"), encoding="utf-8")
        yield file


def _body(mail: EmailMessage, form: str) -> str:
    part = mail.get_body((form,))
    if part is None:
        raise DemoFailed(f"the mail “{mail['Subject']}” has no {form} part")
    return str(part.get_content())


def _command_name() -> str:
    """What to type to run this installation of cmr-watch."""
    command = Path(sys.executable).with_name("cmr-watch")
    on_path = shutil.which("cmr-watch")
    if not command.exists():
        return f"{_short_path(Path(sys.executable))} -m cmr_watch"
    return "cmr-watch" if on_path and Path(on_path).samefile(command) else _short_path(command)


def _short_path(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
