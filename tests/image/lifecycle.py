"""A container is started, watches a page, sends mail, is stopped, is killed, and continues.

It runs as uid 10001 with a read-only root file system, no capabilities and 256 MiB; the watched page and the mail
server are on loopback.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.fakes.mailbox import Mailbox
from tests.fakes.site import FakeSite
from tests.image.limits import DELIVERY, ImageTestError
from tests.image.podman import IMAGE, Podman
from tests.image.steps import expect, step
from tests.monitor.small import html

PATH: Final = "/clusters-meet-regions"
PAST: Final = "< Bonn, Germany – 5 May 2022 ;; < Graz, Austria – 4 April 2022 ;; < Brno, Czechia – 3 March 2022"
LYON: Final = "> Lyon, France – 12-13 October 2039"
PRAGUE: Final = "> Prague, Czechia – 23-24 October 2039"
TURIN: Final = "> Turin, Italy – 8-9 November 2039"
PASSWORD: Final = "a secret in a file"

CONFIGURATION: Final = """
[page]
url = "{url}"
hosts = ["{host}"]
private_addresses = true
[fetch]
contact = "me@example.org"
retries = 0
pause = 0
[mail]
host = "127.0.0.1"
port = {port}
security = "starttls"
ca_file = "ca.pem"
user = "watch"
password_file = "/run/secrets/mail-password"
from = "watch@example.org"
[log]
level = "info"
[[subscriptions]]
name = "anna"
to = "anna@example.org"
"""

# assertions that the image's own Python checks inside the container
ASSERTIONS: Final = """
import os, pathlib, shutil, importlib.util
status = pathlib.Path("/proc/self/status").read_text()
assert (os.getuid(), os.getgid()) == (10001, 10001), "runs as another user"
assert "CapEff:\\t0000000000000000" in status and "CapBnd:\\t0000000000000000" in status, "has capabilities"
assert "NoNewPrivs:\\t1" in status, "may gain privileges"
assert os.statvfs("/").f_flag & os.ST_RDONLY, "its root file system is writable"
tools = [tool for tool in ("pip", "pip3", "gcc", "cc", "make") if shutil.which(tool)]
assert not tools, f"{tools} should not be installed"
assert importlib.util.find_spec("pip") is None, "pip is installed"
texts = pathlib.Path("/usr/share/doc/cmr-watch/licences")
for name in ("psycopg", "psycopg_binary", "certifi", "httpx"):
    found = [text for text in texts.glob(f"{name}-*/**/*") if text.is_file()]
    assert any(text.stat().st_size > 500 for text in found), f"the licence text of {name} is missing"
import psycopg  # the workers of compose.yaml share a PostgreSQL database
"""


class Installation:
    """One volume and one configuration, on which `start` runs new containers."""

    def __init__(self, podman: Podman, site: FakeSite, mailbox: Mailbox, folder: Path) -> None:
        self.podman, self.site, self.mailbox = podman, site, mailbox
        self._port = _free_port()
        self._containers = 0
        authority = mailbox.settings().ca_file
        assert authority is not None
        text = CONFIGURATION.format(url=site.url(PATH), host=site.host, port=mailbox.port)
        files = {"cmr-watch.toml": text, "ca.pem": Path(authority).read_text(), "mail-password": PASSWORD}
        for name, content in files.items():
            (folder / name).write_text(content, encoding="utf-8")
            (folder / name).chmod(0o644)
        targets = ("/etc/cmr-watch/cmr-watch.toml", "/etc/cmr-watch/ca.pem", "/run/secrets/mail-password")
        mounts = [f"--volume={folder / Path(target).name}:{target}:ro" for target in targets]
        self.options = (*mounts, f"--env=CMR_WATCH_DAEMON_LISTEN=127.0.0.1:{self._port}")

    @property
    def name(self) -> str:
        return f"{IMAGE}-{self._containers}"

    def serve(self, *lines: str) -> None:
        self.site.page(PATH, html(" ;; ".join((PAST, *lines))))

    def start(self) -> None:
        """Start a new container, and wait until its health check succeeds."""
        self._containers += 1
        self.podman.start(self.name, *self.options, "--volume=data:/data", IMAGE)
        self.until("the health check succeeds", lambda: self.podman.is_healthy(self.name))

    def run(self, *command: str) -> str:
        """Run a command in the container; returns its output."""
        return self.podman.run_checked("exec", self.name, *command)

    def signal(self, name: str) -> int:
        """Send a signal that ends the container; returns its exit code."""
        self.podman.run_checked("kill", f"--signal={name}", self.name)
        return self.podman.wait(self.name)

    def mails(self, word: str) -> int:
        """The number of mails that contain the word."""
        return sum(word in mail.part("plain") for mail in [*self.mailbox.mails])

    def until(self, what: str, is_true: Callable[[], bool]) -> None:
        """Wait for a condition. The error contains the log of the container."""
        try:
            self.podman.limits.wait(what, is_true, fixed=DELIVERY)
        except ImageTestError as error:
            raise ImageTestError(f"{error}\n{self.podman.run('logs', self.name).output[-4000:]}") from None


def check_lifecycle(installation: Installation) -> None:
    """An installation starts, sends notifications, is stopped, is killed, and continues."""
    installation.serve(LYON)
    with step("start, and become healthy"):
        installation.start()
        installation.run("python3", "-c", ASSERTIONS)
        labels = installation.podman.run_checked(
            "inspect", '--format={{index .Config.Labels "org.opencontainers.image.version"}}', IMAGE
        )
        expect("the version label of the image", labels, installation.run("cmr-watch", "--version").split()[-1])
        installation.until("the page is read", lambda: "Lyon" in installation.run("cmr-watch", "editions"))
        installation.until("cmr-watch health --data succeeds", lambda: _is_healthy(installation))
    with step("change the page, and receive the mail"):
        installation.serve(LYON, PRAGUE)
        installation.run("cmr-watch", "check")
        installation.until("the mail about Prague arrives", lambda: installation.mails("Prague") == 1)
        print(f"  peak memory of its main process: {peak_memory(installation)} MiB", flush=True)
    with step("exit with 0 within ten seconds of SIGTERM"):
        begin = time.monotonic()
        expect("the exit code", installation.signal("TERM"), 0)
        seconds = time.monotonic() - begin
        if seconds > installation.podman.limits.at_least(10, 30):
            raise ImageTestError(f"the container took {seconds:.0f} seconds to end after SIGTERM, instead of ten")
        log = installation.podman.run("logs", installation.name).output
        expect("tracebacks in the log", log.count("Traceback"), 0)
    with step("lose and repeat nothing after SIGKILL and a restart"):
        installation.start()
        installation.serve(LYON, PRAGUE, TURIN)
        installation.run("cmr-watch", "check", "--no-notify")
        expect("the exit code", installation.signal("KILL"), 137)
        installation.start()
        installation.until("the mail about Turin arrives", lambda: installation.mails("Turin") == 1)
        installation.run("cmr-watch", "check")
        installation.run("cmr-watch", "worker", "--once")
        known = installation.run("cmr-watch", "editions")
        expect("the known editions", re.findall("Lyon|Prague|Turin", known), ["Lyon", "Prague", "Turin"])
        expect("mails about Prague and Turin", (installation.mails("Prague"), installation.mails("Turin")), (1, 1))
        expect("the exit code", installation.signal("TERM"), 0)


def check_volume_of_another_user(podman: Podman, folder: Path, mode: int) -> None:
    """A folder that only root can write to gives an error message that says what to do."""
    folder.mkdir(mode=mode)
    completed = podman.run_once(f"--volume={folder}:/data", IMAGE)
    expect("the exit code", completed.code, 2)
    message = r"cmr-watch: the database /data/cmr-watch\.db cannot be opened: .*/data belongs to user 0, .* 10001 /data"
    if not re.fullmatch(message, completed.output):
        raise ImageTestError(f"unexpected output:\n{completed.output}")


def peak_memory(installation: Installation) -> int:
    """Peak memory of the daemon's process in MiB."""
    match = re.search(r"VmHWM:\s+(\d+) kB", installation.run("cat", "/proc/1/status"))
    return int(match[1]) // 1024 if match else 0


def _is_healthy(installation: Installation) -> bool:
    return installation.podman.run("exec", installation.name, "cmr-watch", "health", "--data").code == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
