"""`make image-test`: builds the image and runs it for real, without a Docker engine.

As uid 10001, with a read-only root file system, no capabilities and 256 MiB; the watched page and the mail server are
on loopback. Needs root, and podman, runc and mmdebstrap from Debian's packages: `.ci/image-test` sees to that.
"""

from __future__ import annotations

import logging
import re
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from tests.fakes.mailbox import Mailbox
from tests.fakes.site import FakeSite
from tests.image.build import build
from tests.image.podman import IMAGE, Podman, Trouble
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

# what must hold inside, said by the image's own Python
INSIDE: Final = """
import os, pathlib, shutil, importlib.util
status = pathlib.Path("/proc/self/status").read_text()
assert (os.getuid(), os.getgid()) == (10001, 10001), "it runs as another user"
assert "CapEff:\\t0000000000000000" in status and "CapBnd:\\t0000000000000000" in status, "it has capabilities"
assert "NoNewPrivs:\\t1" in status, "it may gain privileges"
assert os.statvfs("/").f_flag & os.ST_RDONLY, "its root file system can be written"
found = [tool for tool in ("pip", "pip3", "gcc", "cc", "make") if shutil.which(tool)]
assert not found, f"{found} should not be there"
assert importlib.util.find_spec("pip") is None, "pip is there"
import psycopg  # the workers of compose.yaml share a PostgreSQL database
"""


class Installation:
    """One volume and one configuration; `start` runs a new container on it, and `mails` are what anna got."""

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
        places = ("/etc/cmr-watch/cmr-watch.toml", "/etc/cmr-watch/ca.pem", "/run/secrets/mail-password")
        mounts = [f"--volume={folder / Path(place).name}:{place}:ro" for place in places]
        self.how = (*mounts, f"--env=CMR_WATCH_DAEMON_LISTEN=127.0.0.1:{self._port}")

    @property
    def name(self) -> str:
        return f"{IMAGE}-{self._containers}"

    def serve(self, *lines: str) -> None:
        self.site.page(PATH, html(" ;; ".join((PAST, *lines))))

    def start(self) -> None:
        """A new container, until its health check is content."""
        self._containers += 1
        self.podman.start(self.name, *self.how, "--volume=data:/data", IMAGE)
        self.until("its health turns good", lambda: self.podman.try_("healthcheck", "run", self.name).code == 0, 30)

    def run(self, *command: str) -> str:
        """A command inside the running container."""
        return self.podman.do("exec", self.name, *command)

    def signal(self, name: str) -> int:
        """End the container with a signal; its exit code."""
        self.podman.do("kill", f"--signal={name}", self.name)
        return self.podman.ended(self.name)

    def mails(self, word: str) -> int:
        """How many mails speak of it."""
        return sum(word in mail.part("plain") for mail in [*self.mailbox.mails])

    def until(self, what: str, holds: Callable[[], bool], seconds: float) -> None:
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                log = self.podman.try_("logs", self.name).said[-4000:]
                raise Trouble(f"not within {seconds:.0f} seconds: {what}\n{log}")
            time.sleep(0.25)


def main() -> int:
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    try:
        with (
            tempfile.TemporaryDirectory(prefix="cmr-image-") as scratch,
            closing(Podman(Path(scratch) / "p")) as podman,
        ):
            with step("the image is built"):
                build(podman, Path(scratch))
            with FakeSite() as site, Mailbox("starttls", ("watch", PASSWORD)) as mailbox:
                live(Installation(podman, site, mailbox, Path(scratch)))
            with step("a volume of somebody else's is explained"):
                somebody_elses_volume(podman, Path(scratch) / "open", 0o755)
                somebody_elses_volume(podman, Path(scratch) / "closed", 0o700)
    except Trouble as trouble:
        print(f"image test: {trouble}", file=sys.stderr)
        return 1
    return 0


def live(here: Installation) -> None:
    """The life of an installation: it starts, tells, is stopped, is killed, and goes on."""
    here.serve(LYON)
    with step("it starts, and its health turns good"):
        here.start()
        here.run("python3", "-c", INSIDE)
        labels = here.podman.do(
            "inspect", '--format={{index .Config.Labels "org.opencontainers.image.version"}}', IMAGE
        )
        expect("the image's version", labels, here.run("cmr-watch", "--version").split()[-1])
        here.until("the page is read", lambda: "Lyon" in here.run("cmr-watch", "editions"), 30)
        here.until("all is well with its data", lambda: _is_well(here), 30)
    with step("the page changes, and the mail arrives"):
        here.serve(LYON, PRAGUE)
        here.run("cmr-watch", "check")
        here.until("the mail about Prague arrives", lambda: here.mails("Prague") == 1, 75)
        print(f"  {most_memory(here)} MiB at most in its first process", flush=True)
    with step("SIGTERM ends it with 0, within ten seconds"):
        begin = time.monotonic()
        expect("its exit code", here.signal("TERM"), 0)
        if time.monotonic() - begin > 10:
            raise Trouble("SIGTERM took longer than ten seconds")
        log = here.podman.try_("logs", here.name).said
        expect("tracebacks in its log", log.count("Traceback"), 0)
    with step("SIGKILL and a new start lose nothing, and double nothing"):
        here.start()
        here.serve(LYON, PRAGUE, TURIN)
        here.run("cmr-watch", "check", "--no-notify")
        expect("its exit code", here.signal("KILL"), 137)
        here.start()
        here.until("the mail about Turin arrives", lambda: here.mails("Turin") == 1, 75)
        here.run("cmr-watch", "check")
        here.run("cmr-watch", "worker", "--once")
        known = here.run("cmr-watch", "editions")
        expect("the editions it knows", re.findall("Lyon|Prague|Turin", known), ["Lyon", "Prague", "Turin"])
        expect("mails about Prague and Turin", (here.mails("Prague"), here.mails("Turin")), (1, 1))
        expect("its exit code", here.signal("TERM"), 0)


def somebody_elses_volume(podman: Podman, folder: Path, mode: int) -> None:
    """One sentence that says what to do, for a folder that only root may write to."""
    folder.mkdir(mode=mode)
    done = podman.once(f"--volume={folder}:/data", IMAGE)
    expect("its exit code", done.code, 2)
    sentence = r"cmr-watch: the database /data/cmr-watch\.db cannot be opened: .*/data belongs to user 0, .*chown 10001"
    if not re.fullmatch(sentence, done.said):
        raise Trouble(f"it says:\n{done.said}")


def expect(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise Trouble(f"{what}: {found!r}, expected {wanted!r}")


def most_memory(here: Installation) -> int:
    """What the daemon's process needed at most, in MiB."""
    found = re.search(r"VmHWM:\s+(\d+) kB", here.run("cat", "/proc/1/status"))
    return int(found[1]) // 1024 if found else 0


def _is_well(here: Installation) -> bool:
    return here.podman.try_("exec", here.name, "cmr-watch", "health", "--data").code == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def step(what: str) -> Iterator[None]:
    begin = time.monotonic()
    yield
    print(f"image test: {what} ({time.monotonic() - begin:.0f} s)", flush=True)


if __name__ == "__main__":
    sys.exit(main())
