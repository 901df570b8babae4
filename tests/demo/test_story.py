"""The demo as a user runs it: its output and the files it writes."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from email import message_from_bytes
from pathlib import Path

import httpx


def demo(folder, **options):
    command = [sys.executable, "-m", "cmr_watch", "demo", *options.pop("arguments", [])]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


def test_the_demo_prints_its_results_and_writes_its_files(tmp_path, monkeypatch):
    monkeypatch.setenv("CMR_WATCH_DATABASE_URL", "sqlite:////nowhere/at/all.db")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    completed = demo(tmp_path)
    assert (completed.returncode, completed.stderr) == (0, "")
    for text in (
        "✉ anna@demo.example: Welcome: 1 call announced",
        "14 editions, 1 call: 9 changes, 3 messages sent",
        "✉ bruno@demo.example: Call for hosts 2024–2025 open: apply by 31 May 2024\n",
        "✉ bruno@demo.example: Next cut-off 31 May 2024, 18:00 · 30 days before · call for hosts 2024–2025\n",
        "nothing new",
        "SQLite file:   demo-output/cmr-watch.db",
        f"To check the live page, run:  {Path(sys.executable).with_name('cmr-watch')} check\n",
    ):
        assert text in completed.stdout
    out = tmp_path / "demo-output"
    assert {path.name for path in tmp_path.iterdir()} == {"demo-output"}
    assert (out / "cmr-watch.db").stat().st_size > 0
    for number in range(1, 8):
        assert "<html" in (out / f"mail-{number}.html").read_text(encoding="utf-8")
        assert message_from_bytes((out / f"mail-{number}.eml").read_bytes())["Message-ID"]


def test_an_unwritable_folder(tmp_path):
    (tmp_path / "file").write_text("")
    completed = demo(tmp_path, arguments=["--dir", "file/x"])
    assert (completed.returncode, len(completed.stderr.splitlines())) == (2, 1)


def test_in_a_terminal_the_site_runs_until_ctrl_c(tmp_path):
    terminal, other_end = pty.openpty()
    command = [sys.executable, "-m", "cmr_watch", "demo"]
    ends = {"stdin": other_end, "stdout": other_end, "stderr": other_end}
    process = subprocess.Popen(command, cwd=tmp_path, start_new_session=True, **ends)
    os.close(other_end)
    try:
        printed = b""
        while not (address := re.search(rb"The public site, as on 1 May 2024:  (http://\S+/)  ", printed)):
            printed += os.read(terminal, 4096)
        page = httpx.get(address[1].decode(), trust_env=False).text
        assert "<title>30 days left" in page
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
