"""Install what the image test runs: Debian packages on this machine, and podman-compose into a separate environment."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Final

from tests.image.limits import LONG, ImageTestError, Limits

ROOT: Final = Path(__file__).parents[2]
_PACKAGES: Final = {
    "podman": "podman",
    "runc": "runc",
    "mmdebstrap": "mmdebstrap",
    "netavark": "netavark",
    "aardvark-dns": "aardvark-dns",
    "iptables": "iptables",
    "ip": "iproute2",
}
"""Debian's package for each program; netavark and aardvark-dns connect containers, and are in folders of podman."""
_FOLDERS: Final = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/lib/podman", "/usr/libexec/podman"))


def install_packages(limits: Limits) -> None:
    """Install the packages that are missing."""
    missing = [package for program, package in _PACKAGES.items() if not shutil.which(program, path=_FOLDERS)]
    if not missing:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise ImageTestError(f"missing packages; on Debian, run as root: apt-get install {' '.join(missing)}")
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    limits.run_checked(["apt-get", "-qq", "update"], LONG)
    limits.run_checked(["apt-get", "-qq", "install", "--yes", "--no-install-recommends", *missing], LONG)


def install_podman_compose(limits: Limits) -> Path:
    """Install podman-compose, pinned by hash, and return the path of the program."""
    place = ROOT / "build" / "podman-compose"
    requirements = ROOT / ".ci" / "requirements-podman-compose.txt"
    stamp = place / ".installed"
    if not stamp.exists() or stamp.stat().st_mtime < requirements.stat().st_mtime:
        limits.run_checked([sys.executable, "-m", "venv", "--clear", str(place)])
        pip = [str(place / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
        limits.run_checked([*pip, "install", "--require-hashes", f"--requirement={requirements}"], LONG)
        stamp.touch()
    return place / "bin" / "podman-compose"
