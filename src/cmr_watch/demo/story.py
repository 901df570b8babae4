"""The demo's steps. Each runs the command that a user would type, shows what it printed, and looks at what arrived."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from importlib.resources import files
from pathlib import Path
from typing import Final

from cmr_watch.config import environment_without_settings
from cmr_watch.demo.servers import HOOK, PATH, MailServer, Site
from cmr_watch.exceptions import CmrWatchError

STATES: Final = {"2023-09": "September 2023", "2023-12": "December 2023", "2024-04": "April 2024"}
EVERYBODY: Final = ("anna@demo.example", "bruno@demo.example")
CONFIG: Final = """\
# Written by cmr-watch demo. The servers named here live only as long as the demo.
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

Say = Callable[[str], None]


class DemoFailed(CmrWatchError):
    """The demo did not go as it should."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the demo plays."""

    folder: Path
    site: Site
    mail: MailServer
    say: Say

    @property
    def config(self) -> Path:
        """The configuration that the commands are given."""
        return self.folder / "cmr-watch.toml"

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.folder / "cmr-watch.db"


def play(folder: Path, say: Say) -> None:
    """All steps. DemoFailed when something that should have arrived did not."""
    with Site() as site, MailServer() as mail:
        stage = Stage(folder.absolute(), site, mail, say)
        _prepare(stage)
        _act(stage)
        _show_mailbox(stage)
        _say_where(stage)


def _prepare(stage: Stage) -> None:
    """An empty stage; nothing but what an earlier demo left is taken away."""
    stage.folder.mkdir(parents=True, exist_ok=True)
    for pattern in ("cmr-watch.toml", "cmr-watch.db*", "mail-*.html", "mail-*.eml"):
        for old in stage.folder.glob(pattern):
            old.unlink()
    values = {
        "database": f"sqlite:///{stage.database}",
        "page": f"http://{stage.site.host}{PATH}",
        "host": stage.site.host,
        "hook": f"json://{stage.site.host}{HOOK}",
    }
    quoted = {name: json.dumps(value) for name, value in values.items()}
    stage.config.write_text(CONFIG.format(**quoted, mail_port=stage.mail.port), encoding="utf-8")


def _act(stage: Stage) -> None:
    first, second, third = STATES.items()
    stage.say(f"A site on this machine ({stage.site.host}) serves the page as it was in {first[1]}.")
    stage.say("The first check reads it; there is nothing to compare it with yet, so there is no news.")
    stage.say("Whoever is new gets a welcome: what is open and to come.")
    _turn(stage, first[0])
    _check(stage, mails=2, posts=1)
    stage.say(f"Now it is {second[1]}: five editions were held or are next, and the call for hosts has opened.")
    _turn(stage, second[0])
    _check(stage, mails=2, posts=1)
    stage.say(f"{third[1]}: Kraków was held, and a new edition in Milan has come and gone.")
    stage.say("That can wait: it is told in the digest on Monday, with what waits from before.")
    _turn(stage, third[0])
    _check(stage, mails=0, posts=0)
    stage.say("Once more the same page: nobody is told twice.")
    _check(stage, mails=0, posts=0)
    stage.say("What changed, as it is kept:")
    _command(stage, "changes")
    stage.say("")
    stage.say("What was sent, and to whom:")
    _command(stage, "deliveries", "list")


def _turn(stage: Stage, state: str) -> None:
    stage.site.page = files("cmr_watch.demo").joinpath("pages", f"{state}.html").read_bytes()


def _check(stage: Stage, mails: int, posts: int) -> None:
    before = len(stage.mail.mails), len(stage.site.posted)
    _command(stage, "check")
    came = len(stage.mail.mails) - before[0], len(stage.site.posted) - before[1]
    for mail in stage.mail.mails[before[0] :]:
        stage.say(f"  ✉ {mail['To']}: {mail['Subject']}")
    for post in stage.site.posted[before[1] :]:
        stage.say(f"  💬 team chat: {post.get('title')}")
    stage.say("")
    if came != (mails, posts):
        raise DemoFailed(f"{came[0]} mails and {came[1]} chat messages arrived, expected {mails} and {posts}")


def _command(stage: Stage, *words: str) -> None:
    """Run a real command in a process of its own, and show what it prints."""
    arguments = [*words, "--config", str(stage.config)]
    stage.say(f"  $ cmr-watch {shlex.join(words)}")
    environ = environment_without_settings() | {"PYTHONUTF8": "1", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    done = subprocess.run(  # noqa: S603  # our own program, with our own arguments
        [sys.executable, "-m", "cmr_watch", *arguments], capture_output=True, encoding="utf-8", env=environ, timeout=60
    )
    for printed in (done.stdout + done.stderr).splitlines():
        stage.say(f"  {printed}".rstrip())
    if done.returncode != 0:
        raise DemoFailed(f"cmr-watch {shlex.join(words)} ended with exit code {done.returncode}")


def _show_mailbox(stage: Stage) -> None:
    stage.say("")
    stage.say("In the mailbox:")
    for number, mail in enumerate(stage.mail.mails, 1):
        stage.say(f"  {number}. {mail['From']} → {mail['To']}: {mail['Subject']}")
    stage.say("")
    shortest = min(stage.mail.mails, key=lambda mail: len(_body(mail, "plain")))
    stage.say(f"The one to {shortest['To']}, as a mail program without HTML shows it:")
    for text in _body(shortest, "plain").splitlines():
        stage.say(f"  │ {text}".rstrip())
    stage.say("")


def _say_where(stage: Stage) -> None:
    shown = ", ".join(_shortest(path) for path in _write_html(stage))
    stage.say(f"HTML mails:    {shown}")
    stage.say(f"SQLite file:   {_shortest(stage.database)}")
    stage.say(f"Configuration: {_shortest(stage.config)}")
    stage.say("")
    stage.say(f"The live page, for yourself:  {_our_command()} check")


def _write_html(stage: Stage) -> Iterator[Path]:
    for number, mail in enumerate(stage.mail.mails, 1):
        (stage.folder / f"mail-{number}.eml").write_bytes(mail.as_bytes())
        file = stage.folder / f"mail-{number}.html"
        file.write_text(_body(mail, "html"), encoding="utf-8")
        yield file


def _body(mail: EmailMessage, form: str) -> str:
    part = mail.get_body((form,))
    if part is None:
        raise DemoFailed(f"the mail “{mail['Subject']}” has no {form} part")
    return str(part.get_content())


def _our_command() -> str:
    """What the user has to type for this very installation."""
    command = Path(sys.executable).with_name("cmr-watch")
    found = shutil.which("cmr-watch")
    if not command.exists():
        return f"{_shortest(Path(sys.executable))} -m cmr_watch"
    return "cmr-watch" if found and Path(found).samefile(command) else _shortest(command)


def _shortest(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
