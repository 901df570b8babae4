"""The programs that check once and end, each configured as its documentation suggests for one article of one page.

A watcher has a folder of its own, makes one check at a time, and can be killed in the middle of one.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Literal, Protocol, Self

from bench.peers.environments import Environment, environment
from bench.peers.judge import Notification
from bench.peers.page_states import SELECTOR

TIMEOUT = 120.0  # seconds; a check takes one or two
APART = 1.1
"""Seconds between two checks, because urlwatch orders its snapshots by the second."""
FIRST_CHECK = datetime(2024, 4, 20, 10, tzinfo=UTC)
Kind = Literal["hook", "mail"]


@dataclass(frozen=True, slots=True)
class Channel:
    """Where notifications go: a web hook or a mail server, on a port of the loopback interface."""

    kind: Kind
    port: int

    def hook(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


class Watcher(Protocol):
    """One program, watching one page."""

    name: ClassVar[str]

    def check(self) -> None:
        """Check once, and return when everything that this check sends was sent, or has failed."""

    def kill(self) -> None:
        """Kill the program (SIGKILL) in the middle of a check, from another thread."""

    def let_a_week_pass(self) -> None:
        """Make the next check a week later, if the program has anything that depends on the day."""

    def notification(self, path: str, text: str) -> Notification: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None: ...


class OneOff(AbstractContextManager["OneOff"]):
    """A command that makes one check and ends."""

    name: ClassVar[str]

    def __init__(self, folder: Path, url: str, channel: Channel) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.url, self.channel = folder, url, channel
        self.environment: Environment = environment(self.name)
        self._process: subprocess.Popen[bytes] | None = None
        self.configure()

    def configure(self) -> None:
        """Write the files of configuration."""
        raise NotImplementedError

    def command(self) -> list[str]:
        raise NotImplementedError

    def check(self) -> None:
        time.sleep(APART)
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=plain_environment(self.folder),
            )
            self._process.wait(TIMEOUT)

    def let_a_week_pass(self) -> None:
        """Without effect: it sends everything at once."""

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait(TIMEOUT)

    def notification(self, path: str, text: str) -> Notification:
        """Its report: headings such as `CHANGED: …` or `ERROR: …`, and the new lines of its diff alone."""
        lines = re.findall(r"^(?:\+(?!\+\+ @)|(?:\d+\. )?[A-Z]+: ).*", text, re.M)
        return Notification("\n".join(lines), bool(re.search(r"^(?:\d+\. )?ERROR: ", text, re.M)))

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self.kill()


def plain_environment(home: Path) -> dict[str, str]:
    """What a user's shell has, without proxies, and without the settings of the process that measures."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}


class CmrWatch(OneOff):
    """Ours. Each check is an hour after the one before, so that a message that could not be delivered is due again.

    With `is_timed`, checks are made at the time of day: the command is as its users have it.
    """

    name = "cmr-watch"
    is_timed = False

    def configure(self) -> None:
        self._at = FIRST_CHECK
        host = self.url.split("/")[2]
        is_mail = self.channel.kind == "mail"
        to = "reader@example.org" if is_mail else self._service("/hook")
        operator = "operator@example.org" if is_mail else self._service("/operator")
        mail = (
            f'[mail]\nhost = "127.0.0.1"\nport = {self.channel.port}\nsecurity = "plain"\nfrom = "watch@example.org"\n'
        )
        self.config.write_text(
            f'[database]\nurl = "sqlite:///{self.folder}/cmr-watch.db"\n'
            f'[page]\nurl = "{self.url}"\nhosts = ["{host}"]\nprivate_addresses = true\n'
            f'[fetch]\nretries = 0\n[operator]\nto = ["{operator}"]\n{mail if is_mail else ""}'
            f'[[subscriptions]]\nname = "reader"\nto = "{to}"\n',
            encoding="utf-8",
        )

    @property
    def config(self) -> Path:
        return self.folder / "cmr-watch.toml"

    def _service(self, path: str) -> str:
        return f"json://127.0.0.1:{self.channel.port}{path}"

    def command(self) -> list[str]:
        at, self._at = self._at, self._at + timedelta(hours=1)
        command = [self.environment.command("cmr-watch"), "check", "--config", str(self.config)]
        return command if self.is_timed else [*command, "--at", f"{at:%Y-%m-%dT%H:%M}"]

    def let_a_week_pass(self) -> None:
        self._at += timedelta(days=7)

    def notification(self, path: str, text: str) -> Notification:
        """What the operator is sent reports problems, not changes."""
        return Notification(text, path in ("/operator", "operator@example.org"))


class Urlwatch(OneOff):
    """It has no web hook as such; the one for Mattermost posts JSON to any address."""

    name = "urlwatch"

    def configure(self) -> None:
        job = {"name": "Clusters meet Regions", "url": self.url, "filter": [{"css": SELECTOR}, "html2text"]}
        (self.folder / "urls.yaml").write_text(json.dumps(job))  # JSON is YAML
        (self.folder / "urlwatch.yaml").write_text(json.dumps({"display": {"new": False}, "report": self._reports()}))
        (self.folder / "hooks.py").touch()

    def _reports(self) -> dict[str, object]:
        if self.channel.kind == "hook":
            return {"mattermost": {"enabled": True, "webhook_url": self.channel.hook()}}
        return {"email": mail_report(self.channel.port)}

    def command(self) -> list[str]:
        places = {"urls": "urls.yaml", "config": "urlwatch.yaml", "hooks": "hooks.py", "cache": "cache.db"}
        options = [word for name, file in places.items() for word in (f"--{name}", str(self.folder / file))]
        return [self.environment.command("urlwatch"), *options]


def mail_report(port: int) -> dict[str, object]:
    """The settings for mail that urlwatch and webchanges share."""
    server = {"host": "127.0.0.1", "port": port, "starttls": False, "auth": False, "user": ""}
    return {"enabled": True, "from": "watch@example.org", "to": "reader@example.org", "method": "smtp", "smtp": server}


class Webchanges(OneOff):
    """Its check for new versions is off: nothing here leaves the loopback interface."""

    name = "webchanges"

    def configure(self) -> None:
        job = {"name": "Clusters meet Regions", "url": self.url, "filters": [{"css": SELECTOR}, "html2text"]}
        (self.folder / "jobs.yaml").write_text(json.dumps(job))
        settings = {"display": {"new": False}, "report": self._reports(), "version_check": {"enabled": False}}
        (self.folder / "config.yaml").write_text(json.dumps(settings))
        (self.folder / "hooks.py").touch()

    def _reports(self) -> dict[str, object]:
        if self.channel.kind == "hook":
            return {"webhook": {"enabled": True, "webhook_url": self.channel.hook()}}
        return {"email": mail_report(self.channel.port)}

    def command(self) -> list[str]:
        places = {"jobs": "jobs.yaml", "config": "config.yaml", "hooks": "hooks.py", "database": "snapshots.db"}
        options = [word for name, file in places.items() for word in (f"--{name}", str(self.folder / file))]
        return [self.environment.command("webchanges"), *options]
