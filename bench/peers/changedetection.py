"""changedetection.io: a server that is started, given one page to watch, and asked for checks through its API."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, ClassVar, Self

from bench.peers.environments import environment
from bench.peers.judge import Notification
from bench.peers.page_states import SELECTOR
from bench.peers.watchers import TIMEOUT, Channel, plain_environment

POLL = 0.05  # seconds
SENT_WITHIN = 8.0
"""Seconds after a change was stored in which its notification is attempted. Its sender looks at its queue every second,
and tries once (`notification_runner` of its flask_app.py)."""
SETTINGS = {
    "ALLOW_IANA_RESTRICTED_ADDRESSES": "true",  # the loopback interface
    "DISABLE_VERSION_CHECK": "true",
    "MINIMUM_SECONDS_RECHECK_TIME": "0",
    "LOGGER_LEVEL": "WARNING",
}


class Changedetection:
    """The server, with a data folder of its own. It is started again for the next check after it was killed."""

    name: ClassVar[str] = "changedetection.io"

    def __init__(self, folder: Path, url: str, channel: Channel) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.url, self.channel = folder, url, channel
        self.environment = environment(self.name)
        self.every = {"hours": 1}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None

    # ── the process ──────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def start(self) -> None:
        """Start it, the first time with the page to watch. Does not wait until it responds."""
        data = self.folder / "data"
        program = self.environment.command("changedetection.io")
        command = [program, "-C", "-d", str(data), "-h", "127.0.0.1", "-p", str(self.port)]
        if not data.exists():
            command += ["-u", self.url, "-u0", json.dumps(self._watch())]
        with (self.folder / "output").open("ab") as output:
            env = plain_environment(self.folder) | SETTINGS
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env)

    def _watch(self) -> dict[str, Any]:
        """The article alone, without a browser; notifications as plain text, otherwise as it suggests."""
        is_mail = self.channel.kind == "mail"
        options = "from=watch@example.org&to=reader@example.org&mode=insecure"
        mail = f"mailto://127.0.0.1:{self.channel.port}?{options}"
        return {
            "title": "Clusters meet Regions",
            "fetch_backend": "html_requests",
            "include_filters": [SELECTOR],
            "notification_urls": [mail if is_mail else f"json://127.0.0.1:{self.channel.port}/hook"],
            "notification_format": "text",
            "time_between_check_use_default": False,
            "time_between_check": self.every,
        }

    def kill(self) -> None:
        self._end(kill=True)

    def stop(self) -> None:
        self._end(kill=False)

    def restart(self) -> None:
        """Stop it, start it again, and wait until it responds."""
        self.stop()
        self.start()
        self.wait_until(self._responds, "start")

    def _end(self, *, kill: bool) -> None:
        process, self._process = self._process, None
        if process:
            process.kill() if kill else process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait(TIMEOUT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end(kill=True)

    # ── the API ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _get(self, path: str) -> Any:
        settings = json.loads((self.folder / "data" / "changedetection.json").read_text())
        key = settings["settings"]["application"]["api_access_token"]
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request("GET", path, headers={"x-api-key": key})
            response = connection.getresponse()
            content = response.read()
        if response.status != 200:
            raise RuntimeError(f"{self.name}: GET {path}: {response.status} {content[:200]!r}")
        return json.loads(content)

    def _responds(self) -> bool:
        self.look()
        return True

    def recheck(self) -> None:
        """Ask for a check of the page."""
        self._get(f"/api/v1/watch/{self._page_folder().name}?recheck=1")

    def look(self) -> None:
        """Ask for what is known about the page: about as much work for its API as `recheck`."""
        self._get(f"/api/v1/watch/{self._page_folder().name}")

    def checks_done(self) -> int:
        """How many checks of the page have ended. Read from its files, so that asking costs the server nothing."""
        watch = json.loads((self._page_folder() / "watch.json").read_text())
        return int(watch.get("check_count") or 0)

    def _states_stored(self) -> int:
        """How many states of the page are stored: one more after each change."""
        history = self._page_folder() / "history.txt"
        return len(history.read_text().splitlines()) if history.exists() else 0

    def _page_folder(self) -> Path:
        (file,) = (self.folder / "data").glob("*/watch.json")
        return file.parent

    def wait_until(self, condition: Callable[[], bool], what: str, timeout: float = TIMEOUT) -> None:
        """Wait for a condition; it is false as long as the server does not respond."""
        started = time.perf_counter()
        while time.perf_counter() - started < timeout:
            if self._process is None:
                return  # killed in the meantime
            if self._process.poll() is not None:
                raise RuntimeError(f"{self.name} has ended with {self._process.returncode}")
            with suppress(OSError, HTTPException, ValueError):
                if condition():
                    return
            time.sleep(POLL)
        raise TimeoutError(f"{self.name}: {what}: not within {timeout:.0f} s")

    def check(self) -> None:
        """Ask for a check, and wait until it has ended and its notification was attempted."""
        is_first = not (self.folder / "data").exists()
        if self._process is None:
            self.start()
            self.wait_until(self._responds, "start")
        before, known = (0, 1) if is_first else (self.checks_done(), self._states_stored())
        if not is_first:  # a page that was just added is checked automatically
            self.recheck()
        self.wait_until(lambda: self.checks_done() > before, "check")
        if self._states_stored() > known:
            time.sleep(SENT_WITHIN)

    def let_a_week_pass(self) -> None:
        """Without effect: it sends everything at once."""

    def notification(self, path: str, text: str) -> Notification:
        return Notification(text, self.is_problem(text))

    @staticmethod
    def is_problem(text: str) -> bool:
        """It reports that the selector finds nothing in a message of its own, after six checks."""
        return "did not appear on the page" in text
