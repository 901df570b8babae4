"""The public site as real processes: beside the daemon, and alone with workers."""

from __future__ import annotations

import os
import re
import resource
import signal
import socket
import subprocess
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from cmr_watch.cli.web import command
from tests.cli.conftest import PATH as LIST
from tests.cli.conftest import Installation
from tests.cli.conftest import page as list_page
from tests.cli.test_run import daemon, dripping, free_port
from tests.cli.test_worker import stop, wait_until
from tests.fakes.site import Response


def page(port: int, path: str = "/") -> tuple[int, str]:
    """The status and the body of a page; (0, "") if there is no answer."""
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


def test_thousands_of_connections_stop_no_reader_no_check_and_no_delivery(watch: Installation) -> None:
    """Scaled down, to the site: more connections than files that the process may open. All of them: bench/site.py."""
    port = free_port()
    watch.configure(f'[daemon]\nlisten = ""\njitter = 0\n[web]\nlisten = "127.0.0.1:{port}"\n')
    watch.serve("2024-04")
    content = list_page("2024-04")
    watch.site.script(LIST, Response(200, content, drip=6 / len(content)))
    with daemon(watch, CMR_WATCH_WEB_LISTEN="") as process:
        wait_until(lambda: page(port)[0] == 200)
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (150, 150))
        with dripping(port, 300, source="127.0.0.2"):
            assert not watch.mailbox.mails, "the first check waits for the list"
            assert [page(port)[0] for _ in range(20)] == [200] * 20
            wait_until(lambda: "anna@example.org" in [mail.recipient for mail in watch.mailbox.mails])
            assert [page(port)[0] for _ in range(20)] == [200] * 20
            _, _, err, took = stop(process)
    assert "check: 1 page read" in err
    assert "deliver: 2 messages sent" in err
    assert took < 10
    assert "Too many open files" not in err
    assert "Traceback" not in err


def test_readers_who_are_connected_do_not_delay_the_end(watch: Installation) -> None:
    port = free_port()
    watch.configure(f'[daemon]\nlisten = ""\n[web]\nlisten = "127.0.0.1:{port}"\n')
    watch.check("2024-04")
    starts = (b"", b"GET / HTTP/1.1\r\nHost: x\r\n", b"GET /editions HTTP/1.1\r\nHost: x\r\n\r\n" * 50)
    with daemon(watch, CMR_WATCH_WEB_LISTEN="") as process, ExitStack() as stack:
        wait_until(lambda: page(port)[0] == 200)
        for number in range(60):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            client.sendall(starts[number % 3])
        code, _, err, took = stop(process)
    assert (code, took < 10) == (0, True)
    assert "Traceback" not in err


@pytest.mark.parametrize("option", ["--no-web", "--no-monitoring"])
def test_each_port_is_served_without_the_other(watch: Installation, option: str) -> None:
    site, monitoring = free_port(), free_port()
    watch.configure(f'[daemon]\nlisten = "127.0.0.1:{monitoring}"\n[web]\nlisten = "127.0.0.1:{site}"\n')
    watch.check("2024-04")
    used, unused = (monitoring, site) if option == "--no-web" else (site, monitoring)
    path = "/livez" if option == "--no-web" else "/status"
    with daemon(watch, option, CMR_WATCH_WEB_LISTEN="") as process:
        wait_until(lambda: page(used, path)[0] == 200)
        assert page(unused, path) == (0, "")
        for other in ("/metrics", "/healthz"):
            assert (page(used, other)[0] == 404) == (used == site), "monitoring is never public"
        assert stop(process)[0] == 0


def test_no_address_of_a_reader_is_logged(watch: Installation) -> None:
    port = free_port()
    watch.configure(
        f'[log]\nlevel = "debug"\n[daemon]\nlisten = ""\n[web]\nlisten = "127.0.0.1:{port}"\n'
        'trusted_proxies = ["127.0.0.0/8"]\n'
    )
    watch.check("2024-04")
    with daemon(watch, CMR_WATCH_WEB_LISTEN="") as process:
        wait_until(lambda: page(port)[0] == 200)
        for path in ("/", "/nowhere", "/changes?since=x"):
            with closing(HTTPConnection("127.0.0.1", port, timeout=10, source_address=("127.0.0.77", 0))) as reader:
                reader.request("GET", path, headers={"X-Forwarded-For": "198.51.100.77", "User-Agent": "reader-77"})
                assert reader.getresponse().status in (200, 400, 404)
        _, _, err, _ = stop(process)
    assert "started" in err
    for part in ("127.0.0.77", "198.51.100.77", "reader-77"):
        assert part not in err


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
