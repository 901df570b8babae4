"""Run a module as root in namespaces of its own, in which containers can be started without leaving anything behind.

It has its own network, which reaches neither the internet nor the ports of this machine: published ports cannot be
taken already, and nothing can be downloaded unnoticed. Its mounts, and all its processes, end with it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

HOST: Final = "192.0.2.1"
"""An address of the host that containers reach; one that is reserved for documentation (RFC 5737)."""

_UNSHARE: Final = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
# podman reads its configuration in /etc/containers only, and keeps networks and locks in /run
_POLICY: Final = '{"default": [{"type": "insecureAcceptAnything"}]}'
_REGISTRIES: Final = 'unqualified-search-registries = ["docker.io"]'


def run_inside(module: str, *arguments: str) -> int:
    """Run a module in new namespaces, and return its exit code."""
    return subprocess.run([*_UNSHARE, sys.executable, "-m", module, *arguments], check=False).returncode


def prepare() -> None:
    """Set up the namespaces, from within."""
    os.umask(0o022)
    for folder in ("/run", "/etc/containers"):
        _run("mount", "-t", "tmpfs", "none", folder)
    Path("/etc/containers/policy.json").write_text(_POLICY)
    Path("/etc/containers/registries.conf").write_text(_REGISTRIES)
    _run("ip", "link", "set", "lo", "up")
    _run("ip", "address", "add", f"{HOST}/32", "dev", "lo")


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
