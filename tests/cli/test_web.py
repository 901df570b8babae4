"""The public site as real processes: beside the daemon, and alone with workers."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from http.client import HTTPConnection
from pathlib import Path

from cmr_watch.cli.web import command
from tests.cli.conftest import Installation
from tests.cli.test_run import daemon, free_port
from tests.cli.test_worker import stop, wait_until


def page(port: int, path: str = "/") -> tuple[int, str]:
    """The status and the body of a page; (0, "") if nobody answers."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    except OSError:
        return 0, ""
    finally:
        connection.close()


def children(process: subprocess.Popen[str]) -> list[int]:
    text = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii")
    return [int(child) for child in text.split()]


def test_the_daemon_serves_the_site(watch: Installation) -> None:
    port = free_port()
    watch.configure(f'[daemon]\nlisten = "127.0.0.1:{free_port()}"\n[web]\nlisten = "127.0.0.1:{port}"\n')
    watch.check("2024-04")
    with daemon(watch, CMR_WATCH_WEB_LISTEN="") as process:
        wait_until(lambda: page(port)[0] == 200)
        assert "Clusters meet Regions" in page(port)[1]
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: page(port)[0] == 200)
        code, _, err, took = stop(process)
    assert (code, took < 10) == (0, True)
    assert f"site on 127.0.0.1:{port}" in err
    assert "Traceback" not in err


def test_a_busy_port_is_a_plain_error_at_the_start(watch: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        watch.configure(f'[daemon]\nlisten = ""\n[web]\nlisten = "127.0.0.1:{port}"\n')
        for name in ("run", "web"):
            result = watch.run(name)
            assert result.code == 2
            assert result.err == f"cmr-watch: [web] listen: cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_a_site_that_is_switched_off_cannot_be_served(watch: Installation) -> None:
    watch.configure('[web]\nlisten = ""\n')
    assert watch.run("web").err == "cmr-watch: the public site is disabled: [web] listen is empty\n"


def test_workers_share_a_port_and_one_that_ends_is_replaced(watch: Installation) -> None:
    port = free_port()
    watch.configure(f'[web]\nlisten = "127.0.0.1:{port}"\n')
    watch.check("2024-04")
    with daemon(watch, "--workers", "2", command="web", CMR_WATCH_WEB_LISTEN="") as process:
        wait_until(lambda: page(port)[0] == 200)
        wait_until(lambda: len(children(process)) == 2)
        first = children(process)
        os.kill(first[0], signal.SIGKILL)
        wait_until(lambda: len(children(process)) == 2 and first[0] not in children(process))
        assert page(port)[0] == 200
        others = children(process)
        code, out, err, took = stop(process)
    assert (code, out) == (0, "")
    assert took < 10
    assert re.search(r"a process of the site has ended \(status 9\), and is replaced", err)
    assert not [child for child in others if Path(f"/proc/{child}").exists()]
    assert "Traceback" not in err


def test_the_command_is_documented() -> None:
    assert "[web] listen" in (command.help or "")
