"""compose.yaml and its profiles, started as docs/operating.md says, by podman-compose."""

from __future__ import annotations

import json
import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

from tests.fakes.mailbox import Mailbox
from tests.fakes.site import FakeSite
from tests.image.lifecycle import LYON, PAST, PATH, PRAGUE
from tests.image.limits import DELIVERY, LONG, NORMAL, Completed, ImageTestError, checked
from tests.image.podman import Podman
from tests.image.steps import expect, step
from tests.image.tools import ROOT
from tests.monitor.small import html

COMPOSE: Final = ROOT / "compose.yaml"
MANUAL: Final = ROOT / "docs" / "operating.md"
RETRIED: Final = 5 * DELIVERY
"""In seconds: a mail whose connection was lost is sent again a few minutes later, and must arrive then."""

_CONFIGURATION: Final = """
[mail]
host = "{host}"
port = {port}
security = "starttls"
ca_file = "/run/secrets/ca.pem"
user = "watch"
password_file = "/run/secrets/mail-password"
from = "watch@example.org"
"""
# the watched page, which is not the real one, is all that the test adds to compose.yaml
_SITE: Final = """
services:
  watch: &page
    environment:
      CMR_WATCH_PAGE_URL: "{url}"
      CMR_WATCH_PAGE_HOSTS: "{host}"
      CMR_WATCH_PAGE_PRIVATE_ADDRESSES: "true"
      CMR_WATCH_FETCH_PAUSE: "0"
      CMR_WATCH_FETCH_CONTACT: "me@example.org"
"""


class Project:
    """A copy of what compose.yaml needs, in a folder of its own."""

    def __init__(self, podman: Podman, program: str, folder: Path, site: FakeSite, mailbox: Mailbox) -> None:
        self.podman, self.folder, self.site, self.mailbox = podman, folder, site, mailbox
        folder.mkdir()
        shutil.copy(COMPOSE, folder)
        shutil.copytree(ROOT / "config", folder / "config")
        (folder / "site.yaml").write_text(_SITE.format(url=site.url(PATH), host=site.host))
        self._command: tuple[str, ...] = (program, "--file=compose.yaml", "--file=site.yaml")
        self._environment = {
            name: value for name, value in podman.environment.items() if not name.startswith(("CMR_WATCH_", "COMPOSE_"))
        }
        mailbox.mails.clear()

    def use(self, environment_file: str) -> None:
        """Use one of the files in config/ that selects a profile."""
        self._command = (*self._command, f"--env-file={environment_file}")

    def configure(self, more: str = "") -> None:
        """Create cmr-watch.toml, and the certificate of the mail server."""
        text = _CONFIGURATION.format(host=self.mailbox.settings().host, port=self.mailbox.port)
        (self.folder / "cmr-watch.toml").write_text(text + more, encoding="utf-8")

    def store_secrets(self) -> None:
        """Store the secrets with the commands in the manual, of which `sudo` does nothing here."""
        script = "\n".join(["set -eu", 'sudo() { "$@"; }', *commands_for_secrets(MANUAL.read_text(encoding="utf-8"))])
        checked(["bash", "-c", script], self.podman.limits.run(["bash", "-c", script], cwd=self.folder))
        authority = self.mailbox.settings().ca_file
        assert authority is not None
        shutil.copy(authority, self.folder / "secrets")
        (self.folder / "secrets" / Path(authority).name).chmod(0o644)

    def serve(self, *lines: str) -> None:
        self.site.page(PATH, html(" ;; ".join((PAST, *lines))))

    def try_to(self, *arguments: str, factor: float = NORMAL) -> Completed:
        command = (*self._command, *arguments)
        return self.podman.limits.run(command, factor, cwd=self.folder, env=self._environment)

    def run(self, *arguments: str, factor: float = NORMAL) -> str:
        """Run podman-compose, and return its output."""
        return checked((*self._command, *arguments), self.try_to(*arguments, factor=factor))

    def execute(self, *command: str, factor: float = NORMAL) -> str:
        """Run a command in the running container of `watch`."""
        return self.run("exec", "-T", "watch", *command, factor=factor)

    def containers(self, service: str) -> list[str]:
        """The names of the running containers of a service."""
        selected = f"--filter=label=com.docker.compose.service={service}"
        return self.podman.run_checked("ps", selected, "--filter=status=running", "--format={{.Names}}").split()

    def log(self, service: str) -> str:
        return self.try_to("logs", service).output

    def has_sent(self, container: str) -> bool:
        """Whether the log of a container says that it has sent messages."""
        return re.search(r"[1-9]\d* messages? sent", self.podman.run("logs", container).output) is not None

    def until(self, what: str, is_true: Callable[[], bool], fixed: float = DELIVERY) -> None:
        """Wait for a condition. The error contains the log of all containers."""
        try:
            self.podman.limits.wait(what, is_true, fixed=fixed)
        except ImageTestError as error:
            raise ImageTestError(f"{error}\n{self.try_to('ps').output}\n{self.try_to('logs').output[-4000:]}") from None

    def until_healthy(self, service: str) -> None:
        def is_healthy() -> bool:
            names = self.containers(service)
            return bool(names) and all(map(self.podman.is_healthy, names))

        self.until(f"{service} is healthy", is_healthy)

    @contextmanager
    def up(self, *first: str) -> Iterator[None]:
        """Start the containers; at the end, remove them and their volumes.

        Meanwhile, check their health: podman leaves that to systemd, and some containers wait for the health of others.
        Podman before 4.6 cannot wait for it, so the services on which others depend are started `first`. (Without this,
        the others exit and are restarted; on a busy machine, Podman 4.3 sometimes forgets to.)
        """
        stop = Event()

        def check_health() -> None:
            while not stop.wait(1):
                for name in self.podman.run("ps", "--format={{.Names}}").out.split():
                    self.podman.run("healthcheck", "run", name)

        thread = Thread(target=check_health)
        thread.start()
        try:
            for service in first:
                self.run("up", "-d", service, factor=LONG)
                self.until_healthy(service)
            self.run("up", "-d", factor=LONG)
        finally:
            stop.set()
            thread.join()
        yield
        self.run("down", "--volumes", "--timeout=1")


def check_default(project: Project) -> None:
    """Without a profile: one container, whose configuration and secrets are missing at first."""
    with step("compose: say that cmr-watch.toml is missing, and which secret"):
        completed = project.try_to("up", "-d")
        if completed.code == 0 or "cmr-watch.toml" not in completed.output:
            raise ImageTestError(f"a missing cmr-watch.toml was not named:\n{completed.output}")
        project.configure('[[subscriptions]]\nname = "anna"\nto = "anna@example.org"\n')
        project.serve(LYON)
    with project.up():
        hint = "store the secret in secrets/mail-password"
        project.until("the log says where to store the secret", lambda: hint in project.log("watch"))
        with step("compose: start once the secret is stored as documented"):
            project.store_secrets()
            project.run("up", "-d")
            project.until_healthy("watch")
            project.until("port 8080 is published", lambda: _status("http://127.0.0.1:8080/readyz") == 200)
        with step("compose: change the page, and receive the mail"):
            project.until("the page is read", lambda: "Lyon" in project.execute("cmr-watch", "editions"))
            project.serve(LYON, PRAGUE)
            project.execute("cmr-watch", "check")
            project.until("the mail about Prague arrives", lambda: _about(project.mailbox, "Prague") != [])
            expect("recipients of the mail about Prague", _about(project.mailbox, "Prague"), ["anna@example.org"])


def check_try(project: Project) -> None:
    """The profile `try`: all mail is in the mail catcher."""
    project.use("config/compose-try.env")
    project.serve(LYON)
    with step("compose, profile try: read the mail in the mail catcher"), project.up():
        project.until_healthy("watch")
        project.until("the page is read", lambda: "Lyon" in project.execute("cmr-watch", "editions"))
        project.execute("cmr-watch", "subscriptions", "add", "anna@example.org")
        project.serve(LYON, PRAGUE)
        project.execute("cmr-watch", "check")
        project.until("the mail about Prague is in the mail catcher", lambda: _caught("Prague") != [])
        expect("recipients of the mail about Prague", _caught("Prague"), ["anna@example.org"])


def check_scale(project: Project) -> None:
    """The profile `scale`: on PostgreSQL, two workers take their share of the messages."""
    names = [f"subscriber{number}" for number in range(120)]
    project.use("config/compose-scale.env")
    project.configure("".join(f'[[subscriptions]]\nname = "{name}"\nto = "{name}@example.org"\n' for name in names))
    project.store_secrets()
    project.serve(LYON)
    what = "compose, profile scale: two workers on PostgreSQL send their share, and each mail once"
    with step(what), project.up("database", "watch"):
        project.until("two workers run", lambda: len(project.containers("worker")) == 2)
        project.until("each is welcomed", lambda: len(_about(project.mailbox, "Lyon")) == len(names), RETRIED)
        project.mailbox.slow(0.25)  # half a minute for one process; workers look for messages every five seconds
        project.serve(LYON, PRAGUE)
        project.execute("cmr-watch", "check", factor=LONG)  # it sends its share of the mails, too, slowly
        project.until("each mail arrives", lambda: len(_about(project.mailbox, "Prague")) >= len(names), RETRIED)
        project.until("each worker has sent some", lambda: all(map(project.has_sent, project.containers("worker"))))
        expected = sorted(f"{name}@example.org" for name in names)
        expect("recipients of the mail about Prague", sorted(_about(project.mailbox, "Prague")), expected)


def commands_for_secrets(manual: str) -> list[str]:
    """The commands in the manual that create secrets."""
    return re.findall(r"^    (password=.*|.*\| sudo install .* secrets/\S+)$", manual, re.MULTILINE)


def _about(mailbox: Mailbox, word: str) -> list[str]:
    """The recipients of the mails that contain the word."""
    return [mail.recipient for mail in [*mailbox.mails] if word in mail.part("plain")]


def _caught(word: str) -> list[str]:
    """The recipients of the mails in the mail catcher that contain the word."""
    messages = [_get(f"message/{mail['ID']}") for mail in _get("messages")["messages"]]
    return [to["Address"] for message in messages if word in message["Text"] for to in message["To"]]


def _get(path: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:8025/api/v1/{path}", timeout=60) as response:
        return json.load(response)


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=60) as response:
            return int(response.status)
    except OSError as error:
        return error.code if isinstance(error, urllib.error.HTTPError) else 0
