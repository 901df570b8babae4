"""A complete installation for a test: web site, mail server and webhook on loopback, a configuration, real commands."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cmr_watch.cli import main
from tests.fakes.mailbox import Mailbox
from tests.fakes.site import FakeSite
from tests.fakes.webhook import Webhook

PATH = "/list"
FIXTURES = Path(__file__).parent.parent / "fixtures" / "initiative"
STATES = ("2023-09", "2023-12", "2024-04")

Read = Callable[[], tuple[str, str]]


@dataclass(frozen=True)
class CommandResult:
    """The exit code and the output of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def summary(self) -> str:
        """The first line, for `check` its result."""
        return next(iter(self.lines), "")

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


def page(state: str) -> bytes:
    """The recorded page of a month, such as `2023-12`. Its links lead to the platform, not to the test's own site."""
    content = (FIXTURES / f"{state}-list" / "page.html").read_bytes()
    return content.replace(b'href="/', b'href="https://clustercollaboration.eu/')


class Installation:
    """An installation in a folder. `run` runs a command in this process with its configuration."""

    def __init__(self, folder: Path, site: FakeSite, mailbox: Mailbox, hook: Webhook, read: Read) -> None:
        self.folder = folder
        self.site = site
        self.mailbox = mailbox
        self.hook = hook
        self.config = folder / "watch.toml"
        self.database = folder / "watch.db"
        self._read = read
        self.configure()

    @property
    def page_url(self) -> str:
        return self.site.url(PATH)

    def configure(self, more: str = "", *, mail: bool = True, retries: int = 0, subscriptions: bool = True) -> None:
        """Write the configuration; it subscribes anna@example.org and a webhook unless `subscriptions` is false."""
        text = f'[database]\nurl = "sqlite:///{self.database}"\n[fetch]\nretries = {retries}\npause = 0\n'
        text += f'[page]\nurl = "{self.page_url}"\nhosts = ["{self.site.host}"]\nprivate_addresses = true\n'
        if mail:
            text += f'[mail]\nhost = "127.0.0.1"\nport = {self.mailbox.port}\nsecurity = "plain"\n'
            text += 'from = "watch@example.org"\n'
        if subscriptions:
            text += '[[subscriptions]]\nname = "anna"\nto = "anna@example.org"\n'
            text += f'[[subscriptions]]\nname = "chat"\nto = "{self.hook.address()}"\n'
        self.config.write_text(text + more, encoding="utf-8")

    def serve(self, state: str | bytes) -> None:
        """Serve this page from now on: the recorded one of a month, or these bytes."""
        self.site.page(PATH, page(state) if isinstance(state, str) else state)

    def run(self, *arguments: str, config: bool = True) -> CommandResult:
        self._read()
        code = main([*(["--config", str(self.config)] if config else []), *arguments])
        out, err = self._read()
        return CommandResult(code, out, err)

    def check(self, state: str | bytes | None = None, *arguments: str) -> CommandResult:
        """Run `check`, and drop the welcome messages that it sent."""
        if state is not None:
            self.serve(state)
        result = self.run("check", *arguments)
        self.mailbox.mails[:] = [mail for mail in self.mailbox.mails if not mail.subject.startswith("Welcome")]
        self.hook.received[:] = [post for post in self.hook.received if not post.subject.startswith("Welcome")]
        return result


@pytest.fixture
def watch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Installation]:
    for name in [name for name in os.environ if name.startswith("CMR_WATCH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with FakeSite() as site, Mailbox() as mailbox, Webhook() as hook:
        yield Installation(tmp_path, site, mailbox, hook, lambda: capsys.readouterr())


@pytest.fixture
def checked(watch: Installation) -> Installation:
    """September 2023 is the baseline, and the changes of December 2023 were sent."""
    assert watch.check("2023-09").code == 0
    assert watch.check("2023-12").code == 0
    return watch
