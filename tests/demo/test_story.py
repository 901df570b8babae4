"""The demo as a user runs it: its output and the files it writes."""

from __future__ import annotations

import subprocess
import sys
from email import message_from_bytes
from pathlib import Path


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
        "✉ bruno@demo.example: Call for hosts 2024–2025 now open\n",
        "nothing new",
        "SQLite file:   demo-output/cmr-watch.db",
        f"To check the live page, run:  {Path(sys.executable).with_name('cmr-watch')} check\n",
    ):
        assert text in completed.stdout
    out = tmp_path / "demo-output"
    assert {path.name for path in tmp_path.iterdir()} == {"demo-output"}
    assert (out / "cmr-watch.db").stat().st_size > 0
    for number in (1, 2, 3, 4):
        assert "<html" in (out / f"mail-{number}.html").read_text(encoding="utf-8")
        assert message_from_bytes((out / f"mail-{number}.eml").read_bytes())["Message-ID"]


def test_an_unwritable_folder(tmp_path):
    (tmp_path / "file").write_text("")
    completed = demo(tmp_path, arguments=["--dir", "file/x"])
    assert (completed.returncode, len(completed.stderr.splitlines())) == (2, 1)
