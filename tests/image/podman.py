"""Run Podman commands on images and containers in a separate folder. Needs the namespaces of namespaces.py."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from tests.image.limits import NORMAL, Completed, Limits, checked

IMAGE: Final = "cmr-watch"
RESTRICTIONS: Final = (
    *("--network=host", "--read-only", "--tmpfs=/tmp", "--cap-drop=ALL"),
    *("--security-opt=no-new-privileges", "--memory=256m", "--pull=never"),
)
"""As in compose.yaml, but on the host's network, because the site and the mail server are on loopback."""

# The default number of open files and processes may exceed what this machine allows.
_CONTAINERS: Final = """
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "{runtime}"
[network]
network_backend = "netavark"
"""
_STORAGE: Final = """
[storage]
driver = "overlay"
graphroot = "{folder}/storage"
runroot = "{folder}/run"
"""


class Podman:
    """Podman with all its state in `folder`. `close` removes the containers."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.limits = limits
        folder.mkdir()
        (folder / "containers.conf").write_text(_CONTAINERS.format(runtime=shutil.which("runc")))
        (folder / "storage.conf").write_text(_STORAGE.format(folder=folder))
        self.environment = {
            **os.environ,
            # netavark looks there for iptables, which is not on the path of every shell
            "PATH": os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin")),
            "CONTAINERS_CONF": str(folder / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
            "TMPDIR": str(folder),
            "DISABLE_HC_SYSTEMD": "true",  # health checks are repeated by this test: there may be no systemd
        }

    def run(self, *arguments: str, factor: float = NORMAL, cwd: Path | None = None) -> Completed:
        return self.limits.run(("podman", *arguments), factor, cwd=cwd, env=self.environment)

    def run_checked(self, *arguments: str, factor: float = NORMAL, cwd: Path | None = None) -> str:
        return checked(("podman", *arguments), self.run(*arguments, factor=factor, cwd=cwd)).strip()

    def run_once(self, *arguments: str) -> Completed:
        """Run one command in a container that is removed afterwards."""
        return self.run("run", "--rm", *RESTRICTIONS, *arguments)

    def start(self, name: str, *arguments: str) -> None:
        """Start a container in the background."""
        self.run_checked("run", "--detach", f"--name={name}", *RESTRICTIONS, *arguments)

    def wait(self, name: str) -> int:
        """Wait until a container has exited; returns its exit code."""
        return int(self.run_checked("wait", name))

    def is_healthy(self, name: str) -> bool:
        return self.run("healthcheck", "run", name).code == 0

    def close(self) -> None:
        self.run("pod", "rm", "--all", "--force")
        self.run("rm", "--all", "--force", "--time=0")
