"""The daemon as a real process, and the health command."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest

from cmr_watch import __version__
from cmr_watch.cli.run import require_same_process
from cmr_watch.config import DaemonSection, DatabaseSection, Settings
from cmr_watch.exceptions import ConfigError
from cmr_watch.store.schema import REVISION
from tests.cli.conftest import Installation
from tests.cli.test_worker import TIMEOUT, stop, wait_until
from tests.fakes.site import Response


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def port(watch: Installation) -> int:
    port = free_port()
    watch.configure(f'[daemon]\nlisten = "127.0.0.1:{port}"\njitter = 0\n')
    watch.serve("2024-04")
    return port


@contextmanager
def daemon(
    watch: Installation, *options: str, command: str = "run", cwd: Path | None = None, **environment: str
) -> Iterator[subprocess.Popen[str]]:
    """A running daemon. With `cwd`, it runs there and is not told which configuration file to use."""
    config = [] if cwd else ["--config", str(watch.config)]
    arguments = [sys.executable, "-m", "cmr_watch", *config, command, *options]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    inherited = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    free = {"CMR_WATCH_WEB_LISTEN": "127.0.0.1:0"}
    variables = {**inherited, **free, **environment}
    process = subprocess.Popen(arguments, text=True, cwd=cwd, env=variables, start_new_session=True, **pipes)
    try:
        yield process
    finally:
        # with the processes that it started: one that was left would keep the pipes open for ever
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def is_healthy(watch: Installation) -> bool:
    return watch.run("health", "--data").code == 0


def test_it_runs_until_sigterm(watch: Installation, port: int) -> None:
    with daemon(watch) as process:
        wait_until(lambda: is_healthy(watch))
        wait_until(lambda: watch.mailbox.mails)
        assert watch.run("health").out == "ok\n"
        code, out, err, took = stop(process)
    assert (code, out) == (0, "")
    assert took < 10
    assert "check: 1 page read: stored as the baseline" in err
    assert "deliver: 2 messages sent" in err
    assert "Traceback" not in err
    assert [mail.recipient for mail in watch.mailbox.mails] == ["anna@example.org"]


def test_the_first_line_says_what_runs(watch: Installation, port: int) -> None:
    with daemon(watch) as process:
        wait_until(lambda: is_healthy(watch))
        _, _, err, _ = stop(process)
    first, last = err.splitlines()[0], err.splitlines()[-1]
    assert re.fullmatch(
        rf"\S+Z info cmr_watch.run: cmr-watch {__version__} started; configuration {watch.config}; "
        rf"database {watch.database}, schema {REVISION}; site on 127.0.0.1:\d+; monitoring on 127.0.0.1:{port}; "
        r"next check now",
        first,
    )
    assert last.endswith("cmr_watch.run: stopped")


def test_the_log_as_json(watch: Installation, port: int) -> None:
    environment = {"CMR_WATCH_LOG_FORMAT": "json"}
    watch.check()
    with daemon(watch, "--no-web", "--no-monitoring", **environment) as process:
        assert process.stderr
        first = json.loads(process.stderr.readline())
        _, _, err, _ = stop(process)
    assert (first["level"], first["logger"]) == ("info", "cmr_watch.run")
    assert "; no site; no monitoring; next check at 20" in first["message"]
    assert [json.loads(line)["message"] for line in err.splitlines()][-1] == "stopped"


def test_the_log_names_the_cause_while_the_page_cannot_be_resolved(watch: Installation, port: int) -> None:
    url = "http://site.invalid/list"
    environment = {"CMR_WATCH_PAGE_URL": url, "CMR_WATCH_PAGE_HOSTS": "site.invalid"}
    with daemon(watch, **environment) as process:
        wait_until(lambda: watch.run("health").code == 0)
        assert process.stderr
        lines = [process.stderr.readline() for _ in range(3)]
    assert re.search(rf" warning cmr_watch.daemon: check: {url}: site.invalid .+", "".join(lines))


@pytest.mark.parametrize("command", ["run", "worker"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("delay", [0.0, 0.1, 0.2, 0.4, 0.8, 1.6])
def test_a_signal_at_any_moment_of_the_start_exits_with_0(
    watch: Installation, port: int, command: str, number: signal.Signals, delay: float
) -> None:
    with daemon(watch, command=command) as process:
        wait_until(lambda: handles_sigterm(process.pid))
        time.sleep(delay)
        code, out, err, took = stop(process, number)
    assert (code, out) == (0, ""), err
    assert "Traceback" not in err
    assert took < 10


def handles_sigterm(pid: int) -> bool:
    """Whether a process has installed a handler for SIGTERM, as its first lines do (proc_pid_status(5))."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


def test_sigterm_during_the_first_check_leaves_no_traceback(watch: Installation, port: int) -> None:
    watch.site.script("/list", Response(200, b"<html>" + b" " * 20, drip=0.1))
    with daemon(watch) as process:
        wait_until(lambda: "/list" in watch.site.paths())
        code, _, err, took = stop(process)
    assert code == 0
    assert took < 10
    assert "Traceback" not in err
    assert "JobLookupError" not in err


def test_a_thousand_connections_stop_neither_the_endpoints_nor_the_delivery(watch: Installation, port: int) -> None:
    """Scaled down: more connections than files that the process may open, each of which sends a byte at a time."""
    with daemon(watch) as process:
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (100, 100))
        wait_until(lambda: is_healthy(watch))
        with dripping(port, 300):
            start = time.monotonic()
            assert watch.run("subscriptions", "add", "bo@example.org").code == 0
            process.send_signal(signal.SIGHUP)  # starts each job at once
            for _ in range(10):
                assert is_healthy(watch)
                assert b"cmr_watch_up 1.0" in get(port, "/metrics")
            wait_until(lambda: "bo@example.org" in [mail.recipient for mail in watch.mailbox.mails])
            assert time.monotonic() - start < TIMEOUT
        _, _, err, took = stop(process)
    assert took < 10
    assert "Too many open files" not in err
    assert "Traceback" not in err


@contextmanager
def dripping(port: int, number: int, source: str = "127.0.0.1") -> Iterator[None]:
    """Connections to a port, each of which sends a request at one byte every half second, and is never replaced."""
    clients: list[socket.socket] = []
    stopped = threading.Event()

    def drip() -> None:
        for byte in b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 1000:
            for client in list(clients):
                with suppress(ConnectionError):
                    client.send(bytes([byte]))
            if stopped.wait(0.5):
                return

    with ExitStack() as stack:
        thread = threading.Thread(target=drip)
        thread.start()
        stack.callback(thread.join)
        stack.callback(stopped.set)
        for _ in range(number):
            clients.append(
                stack.enter_context(socket.create_connection(("127.0.0.1", port), source_address=(source, 0)))
            )
            time.sleep(0.01)  # so that a short queue of the server does not hold them back
        yield


def get(port: int, path: str) -> bytes:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path)
    body = connection.getresponse().read()
    connection.close()
    return body


def test_health_without_a_daemon(watch: Installation, port: int) -> None:
    result = watch.run("health", "--data")
    assert (result.code, result.out) == (1, "")
    assert result.err == f"cmr-watch: no response from 127.0.0.1:{port}: Connection refused\n"


def test_health_reports_problems(watch: Installation, port: int) -> None:
    watch.site.fail("/clusters-meet-regions", 503)
    with daemon(watch):
        wait_until(lambda: watch.run("health").code == 0)
        result = watch.run("health", "--data")
    assert (result.code, result.err) == (1, "cmr-watch: the page has never been read successfully\n")


def test_health_with_disabled_endpoints(watch: Installation) -> None:
    watch.configure('[daemon]\nlisten = ""\n')
    result = watch.run("health")
    assert (result.code, result.err) == (
        2,
        "cmr-watch: the health endpoints are disabled: [daemon] listen is empty\n",
    )


def test_a_second_signal_exits_immediately(watch: Installation, port: int) -> None:
    watch.mailbox.slow(6.0)
    with daemon(watch) as process:
        wait_until(lambda: "anna@example.org" in watch.run("deliveries", "list").out)
        time.sleep(0.5)  # until the mail server is receiving the message
        process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        code, _, _, took = stop(process)
    assert code == 143
    assert took < 5


def test_sighup_reloads_the_configuration(watch: Installation, port: int) -> None:
    with daemon(watch) as process:
        wait_until(lambda: is_healthy(watch))
        good = watch.config.read_text(encoding="utf-8")
        watch.config.write_text("[mail\n", encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        assert watch.run("health").code == 2, "other commands reject the file too"
        watch.config.write_text(f'{good}[[subscriptions]]\nname = "bo"\nto = "bo@example.org"\n', encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: watch.run("health").code == 0)
        time.sleep(0.5)
        _, _, err, _ = stop(process)
    assert "new configuration rejected; keeping the current one" in err
    assert "configuration reloaded" in err


REJECTED = " error cmr_watch.run: new configuration rejected; keeping the current one: "


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("watch.db", "other.db", "[database] has changed: restart required"),
        ("jitter = 0", 'ping = "https://1.2.3.400/"', "[daemon] ping: is not a valid URL"),
    ],
)
def test_a_rejected_configuration_does_not_change_the_log(
    watch: Installation, port: int, old: str, new: str, reason: str
) -> None:
    with daemon(watch) as process:
        wait_until(lambda: is_healthy(watch))
        good = watch.config.read_text(encoding="utf-8")
        other = good.replace(old, new) + '[log]\nlevel = "error"\nformat = "json"\n'
        watch.config.write_text(other, encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        _, _, err, _ = stop(process)
    assert f"{REJECTED}{reason}\n" in err
    assert err.endswith(" info cmr_watch.run: stopped\n")


def test_a_reload_without_the_file_is_rejected(watch: Installation, port: int) -> None:
    """It is searched for in the current folder: if it is gone, the defaults would apply."""
    hidden = watch.folder / "hidden.toml"
    watch.config.rename(watch.folder / "cmr-watch.toml")
    watch.config = watch.folder / "cmr-watch.toml"
    with daemon(watch, cwd=watch.folder) as process:
        wait_until(lambda: is_healthy(watch))
        watch.config.rename(hidden)
        process.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        hidden.rename(watch.config)
        _, _, err, _ = stop(process)
    assert f"{REJECTED}cmr-watch.toml: no longer exists\n" in err


def settings(database: str = "sqlite:///a.db", listen: str = "127.0.0.1:80") -> Settings:
    return Settings(database=DatabaseSection(database), daemon=DaemonSection(listen=listen))


@pytest.mark.parametrize(
    ("new", "message"),
    [
        (settings("sqlite:///b.db"), "[database] has changed: restart required"),
        (settings(listen=""), "[daemon] listen has changed: restart required"),
        (settings("sqlite:///b.db", ""), "[database] and [daemon] listen have changed: restart required"),
    ],
)
def test_what_requires_a_restart_is_named(new: Settings, message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        require_same_process(new, settings())


def test_systemd_is_notified(watch: Installation, port: int, tmp_path: Path) -> None:
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(TIMEOUT)
        with daemon(watch, NOTIFY_SOCKET=str(path), WATCHDOG_USEC="400000") as process:
            assert manager.recv(100) == b"READY=1"
            assert {manager.recv(100) for _ in range(3)} == {b"WATCHDOG=1"}
            stop(process)
            while manager.recv(100) != b"STOPPING=1":  # after any further watchdog messages
                pass


@pytest.mark.parametrize(("setting", "variable"), [("[daemon]", "DAEMON"), ("[web]", "WEB")])
def test_a_port_in_use(watch: Installation, port: int, setting: str, variable: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        result = subprocess.run(
            [sys.executable, "-m", "cmr_watch", "--config", str(watch.config), "run"],
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            env={**os.environ, "CMR_WATCH_WEB_LISTEN": "127.0.0.1:0", f"CMR_WATCH_{variable}_LISTEN": address},
        )
    assert result.returncode == 2
    assert f"{setting} listen: cannot listen on {address}" in result.stderr
    assert "Traceback" not in result.stderr
    assert not watch.site.paths()


def test_a_killed_daemon_resumes_after_a_restart(watch: Installation, port: int) -> None:
    with daemon(watch) as process:
        wait_until(lambda: is_healthy(watch))
        process.kill()
        process.wait()
    with daemon(watch) as process:
        wait_until(lambda: is_healthy(watch))
        wait_until(lambda: watch.mailbox.mails)
        assert stop(process)[0] == 0
    assert len(watch.mailbox.mails) == 1
