"""The daemon as a real process, and whoever asks how it is."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import Installation
from tests.cli.test_worker import PATIENCE, stop, until


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def port(watch: Installation) -> int:
    port = free_port()
    watch.configure(f'[daemon]\nlisten = "127.0.0.1:{port}"\njitter = 0\n[log]\nlevel = "info"\n')
    watch.serve("2024-04")
    return port


@contextmanager
def daemon(watch: Installation, *options: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "cmr_watch", "--config", str(watch.config), "run", *options]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(command, text=True, env={"PATH": "/usr/bin:/bin", **environment}, **pipes)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def is_well(watch: Installation) -> bool:
    return watch.run("health", "--data").code == 0


def test_it_runs_until_it_is_told_to_end(watch: Installation, port: int) -> None:
    with daemon(watch) as process:
        until(lambda: is_well(watch))
        until(lambda: watch.mailbox.mails)
        assert watch.run("health").out == "ok\n"
        code, out, err, took = stop(process)
    assert (code, out) == (0, "")
    assert took < 10
    assert "check: baseline, 0 changes" in err
    assert "Traceback" not in err
    assert [mail.recipient for mail in watch.mailbox.mails] == ["anna@example.org"]


def test_whoever_is_not_there_is_not_well(watch: Installation, port: int) -> None:
    ran = watch.run("health", "--data")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"cmr-watch: 127.0.0.1:{port} does not answer: Connection refused\n"


def test_what_is_wrong_is_said(watch: Installation, port: int) -> None:
    watch.site.fail("/clusters-meet-regions", 503)
    with daemon(watch):
        until(lambda: watch.run("health").code == 0)
        ran = watch.run("health", "--data")
    assert (ran.code, ran.err) == (1, "cmr-watch: the page has never been read successfully\n")


def test_without_a_port_there_is_nobody_to_ask(watch: Installation) -> None:
    watch.configure('[daemon]\nlisten = ""\n')
    ran = watch.run("health")
    assert (ran.code, ran.err) == (2, "cmr-watch: [daemon] listen is empty: there is nobody to ask\n")


def test_a_second_signal_ends_it_at_once(watch: Installation, port: int) -> None:
    watch.mailbox.slow(6.0)
    with daemon(watch) as process:
        until(lambda: "anna@example.org" in watch.run("deliveries", "list").out)
        time.sleep(0.5)  # until the mail server has the message in hand
        process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        code, _, _, took = stop(process)
    assert code == 143
    assert took < 5


def test_a_hangup_reads_the_configuration_again(watch: Installation, port: int) -> None:
    with daemon(watch) as process:
        until(lambda: is_well(watch))
        good = watch.config.read_text(encoding="utf-8")
        watch.config.write_text("[mail\n", encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        assert watch.run("health").code == 2, "the file is wrong for everybody else"
        watch.config.write_text(f'{good}[[subscriptions]]\nname = "bo"\nto = "bo@example.org"\n', encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        until(lambda: watch.run("health").code == 0)
        time.sleep(0.5)
        _, _, err, _ = stop(process)
    assert "the configuration was not taken, the old one stays" in err
    assert "the configuration was read again" in err


def test_systemd_hears_of_it(watch: Installation, port: int, tmp_path: Path) -> None:
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(PATIENCE)
        with daemon(watch, NOTIFY_SOCKET=str(path), WATCHDOG_USEC="400000") as process:
            assert manager.recv(100) == b"READY=1"
            assert {manager.recv(100) for _ in range(3)} == {b"WATCHDOG=1"}
            stop(process)
            heard = [manager.recv(100)]
            while heard[-1] != b"STOPPING=1":
                heard.append(manager.recv(100))


def test_a_port_that_is_taken(watch: Installation, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        ran = subprocess.run(
            [sys.executable, "-m", "cmr_watch", "--config", str(watch.config), "run"],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
    assert ran.returncode == 2
    assert f"[daemon] listen: cannot listen on 127.0.0.1:{port}" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_killed_and_started_again(watch: Installation, port: int) -> None:
    with daemon(watch) as process:
        until(lambda: is_well(watch))
        process.kill()
        process.wait()
    with daemon(watch) as process:
        until(lambda: is_well(watch))
        until(lambda: watch.mailbox.mails)
        assert stop(process)[0] == 0
    assert len(watch.mailbox.mails) == 1
