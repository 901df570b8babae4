"""Podman as a program: images and containers in a folder of their own, every call bounded in time."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

IMAGE: Final = "cmr-watch"
# the ones that podman gives by default may be more than this machine allows
LIMITS: Final = ("--ulimit=nofile=1024:1024", "--ulimit=nproc=4096:4096")
LOCKED_IN: Final = (
    *("--network=host", "--read-only", "--tmpfs=/tmp", "--cap-drop=ALL"),
    *("--security-opt=no-new-privileges", "--memory=256m", "--pull=never", *LIMITS),
)
"""As compose.yaml runs it, on the host's network: site and mail server are on loopback."""


class Trouble(Exception):
    """A step did not do what it should."""


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return f"{self.out}{self.err}".strip()


def call(command: Sequence[str], seconds: float, cwd: Path | None = None) -> Done:
    """Run a command to its end; Trouble when it takes longer."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, cwd=cwd, errors="replace")
    except subprocess.TimeoutExpired as error:
        raise Trouble(f"took longer than {seconds:.0f} seconds: {' '.join(command)}") from error
    # podman's own lines: there is no systemd here that could repeat the health check, so the test asks for it
    kept = [one for one in done.stderr.splitlines() if "systemd" not in one]
    return Done(done.returncode, done.stdout, "\n".join(kept))


def must(command: Sequence[str], seconds: float, cwd: Path | None = None) -> str:
    """What a command printed; Trouble when it failed."""
    done = call(command, seconds, cwd)
    if done.code:
        raise Trouble(f"ended with {done.code}: {' '.join(command)}\n{done.said[-4000:]}")
    return done.out


class Podman:
    """An engine whose whole state is in `folder`. To be closed: that ends what it still runs, and removes the state."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[str] = []
        state = (f"--root={folder / 's'}", f"--runroot={folder / 'r'}", f"--tmpdir={folder / 't'}")
        how = ("--storage-driver=overlay", "--cgroup-manager=cgroupfs", f"--runtime={shutil.which('runc')}")
        self._command = ("podman", *state, *how)

    def try_(self, *arguments: str, seconds: float = 60) -> Done:
        return call((*self._command, *arguments), seconds)

    def do(self, *arguments: str, seconds: float = 60, cwd: Path | None = None) -> str:
        return must((*self._command, *arguments), seconds, cwd).strip()

    def once(self, *arguments: str) -> Done:
        """A container that runs one command and is gone."""
        return self.try_("run", "--rm", *LOCKED_IN, *arguments)

    def start(self, name: str, *arguments: str) -> None:
        """A container that goes on."""
        self._started.append(name)
        self.do("run", "--detach", f"--name={name}", *LOCKED_IN, *arguments)

    def ended(self, name: str) -> int:
        """Wait until a container has ended; its exit code."""
        return int(self.do("wait", name, seconds=30))

    def close(self) -> None:
        for name in self._started:
            self.try_("rm", "--force", "--time=0", name)
        self.try_("umount", "--all")
        call(["umount", str(self._folder / "s" / "overlay")], 20)  # podman mounts that folder onto itself
        shutil.rmtree(self._folder, ignore_errors=True)
