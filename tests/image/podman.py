"""Run Podman commands with timeouts, on images and containers in a separate folder."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

IMAGE: Final = "cmr-watch"
# the defaults of podman may exceed what this machine allows
LIMITS: Final = ("--ulimit=nofile=1024:1024", "--ulimit=nproc=4096:4096")
RESTRICTIONS: Final = (
    *("--network=host", "--read-only", "--tmpfs=/tmp", "--cap-drop=ALL"),
    *("--security-opt=no-new-privileges", "--memory=256m", "--pull=never", *LIMITS),
)
"""As in compose.yaml, but on the host's network, because the site and the mail server are on loopback."""


class ImageTestError(Exception):
    """A step failed."""


@dataclass(frozen=True, slots=True)
class Completed:
    """The exit code and the output of a command."""

    code: int
    out: str
    err: str

    @property
    def output(self) -> str:
        return f"{self.out}{self.err}".strip()


def run(command: Sequence[str], seconds: float, cwd: Path | None = None) -> Completed:
    """Run a command. Raises ImageTestError if it takes longer than `seconds`."""
    try:
        completed = subprocess.run(command, capture_output=True, text=True, timeout=seconds, cwd=cwd, errors="replace")
    except subprocess.TimeoutExpired as error:
        raise ImageTestError(f"took longer than {seconds:.0f} seconds: {' '.join(command)}") from error
    # podman complains that there is no systemd to repeat the health check; the test runs that itself
    lines = [line for line in completed.stderr.splitlines() if "systemd" not in line]
    return Completed(completed.returncode, completed.stdout, "\n".join(lines))


def run_checked(command: Sequence[str], seconds: float, cwd: Path | None = None) -> str:
    """The standard output of a command. Raises ImageTestError if it fails."""
    completed = run(command, seconds, cwd)
    if completed.code:
        raise ImageTestError(f"exit code {completed.code}: {' '.join(command)}\n{completed.output[-4000:]}")
    return completed.out


class Podman:
    """Podman with all its state in `folder`. `close` removes the running containers and the state."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[str] = []
        state = (f"--root={folder / 's'}", f"--runroot={folder / 'r'}", f"--tmpdir={folder / 't'}")
        options = ("--storage-driver=overlay", "--cgroup-manager=cgroupfs", f"--runtime={shutil.which('runc')}")
        self._command = ("podman", *state, *options)

    def run(self, *arguments: str, seconds: float = 60) -> Completed:
        return run((*self._command, *arguments), seconds)

    def run_checked(self, *arguments: str, seconds: float = 60, cwd: Path | None = None) -> str:
        return run_checked((*self._command, *arguments), seconds, cwd).strip()

    def run_once(self, *arguments: str) -> Completed:
        """Run one command in a container that is removed afterwards."""
        return self.run("run", "--rm", *RESTRICTIONS, *arguments)

    def start(self, name: str, *arguments: str) -> None:
        """Start a container in the background."""
        self._started.append(name)
        self.run_checked("run", "--detach", f"--name={name}", *RESTRICTIONS, *arguments)

    def wait(self, name: str) -> int:
        """Wait until a container has exited; returns its exit code."""
        return int(self.run_checked("wait", name, seconds=30))

    def close(self) -> None:
        for name in self._started:
            self.run("rm", "--force", "--time=0", name)
        self.run("umount", "--all")
        run(["umount", str(self._folder / "s" / "overlay")], 20)  # podman bind-mounts that folder onto itself
        shutil.rmtree(self._folder, ignore_errors=True)
