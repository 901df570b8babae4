"""Build the image without a registry: a replacement for the base image is made from Debian packages.

The replacement has the name that the Dockerfile's FROM requires, the same Debian release and the same Python. It is
cached in build/image together with the wheels; `make clean` removes both.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Final

from packaging.markers import Marker

from tests.image.limits import LONG, ImageTestError, Limits
from tests.image.podman import IMAGE, Podman
from tests.image.tools import ROOT

CACHE: Final = ROOT / "build" / "image"
_SOURCES: Final = (Path("/etc/apt/sources.list.d/debian.sources"), Path("/etc/apt/sources.list"))
_PACKAGES: Final = "ca-certificates,python3,python3-venv,python3-pip"


def download(limits: Limits, scratch: Path) -> None:
    """Download what the build needs: the packages of the base image, and the wheels."""
    CACHE.mkdir(parents=True, exist_ok=True)
    base = base_name()
    _download_base(limits, base, scratch)
    _download_wheels(limits, _python_of(base), scratch)


def build(podman: Podman) -> None:
    """Build the image from what was downloaded."""
    base = base_name()
    podman.run_checked("import", "--quiet", str(_archive(base)), base)
    version_script = "import sys; print('%d.%d' % sys.version_info[:2])"
    python = podman.run_checked("run", "--rm", "--network=none", base, "python3", "-c", version_script)
    if python != _python_of(base):
        raise ImageTestError(f"the Dockerfile asks for {base}, but that release of Debian has Python {python}")
    podman.run_checked(
        *("build", "--pull=never", "--isolation=oci", "--format=docker", "--network=none", "--layers=false"),
        *(f"--volume={_wheels(python)}:/wheels:ro", "--build-arg=PIP_NO_INDEX=1"),
        *("--build-arg=PIP_FIND_LINKS=/wheels", f"--tag={IMAGE}", "."),
        factor=LONG,
        cwd=ROOT,
    )


def base_name() -> str:
    """The base image that the Dockerfile names."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    names = set(re.findall(r"^FROM (\S+)", text, re.MULTILINE))
    if len(names) != 1:
        raise ImageTestError(f"the Dockerfile must name exactly one base image, not: {', '.join(sorted(names))}")
    return names.pop()


def _python_of(base: str) -> str:
    """3.13 for `python:3.13-slim-trixie`."""
    return base.partition(":")[2].partition("-")[0]


def _release_of(base: str) -> str:
    """`trixie` for `python:3.13-slim-trixie`."""
    return base.rpartition("-")[2]


def _archive(base: str) -> Path:
    return CACHE / f"{_release_of(base)}.tar"


def _wheels(python: str) -> Path:
    return CACHE / f"wheels-{python}"


def _download_base(limits: Limits, base: str, scratch: Path) -> None:
    """Make a tar archive of a minimal Debian with Python, unless it exists."""
    archive, release = _archive(base), _release_of(base)
    if not archive.exists():
        temporary = scratch / archive.name
        command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={_PACKAGES}", release, str(temporary)]
        limits.run_checked([*command, *_sources(release, scratch)], LONG)
        shutil.move(temporary, archive)


def _sources(release: str, scratch: Path) -> list[str]:
    """The package sources of this machine, adapted to another Debian release; empty for the default sources."""
    os_release = Path("/etc/os-release").read_text(encoding="utf-8")
    codename = re.search(r"^VERSION_CODENAME=(\w+)$", os_release, re.MULTILINE)
    sources = [file for file in _SOURCES if file.is_file() and file.read_text(encoding="utf-8").strip()]
    if "ID=debian" not in os_release.splitlines() or codename is None or not sources:
        return []
    copy = scratch / sources[0].name
    copy.write_text(re.sub(rf"\b{codename[1]}\b", release, sources[0].read_text(encoding="utf-8")), encoding="utf-8")
    return [str(copy)]


def _download_wheels(limits: Limits, python: str, scratch: Path) -> None:
    """Download the wheels that the image build installs, as pinned in the two lock files."""
    runtime_lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    for name, text in (("run.lock", runtime_lock), ("build.lock", _build_lock(limits))):
        lock = scratch / name
        lock.write_text(_for_python(text, python), encoding="utf-8")
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download"]
        options = ["--only-binary=:all:", f"--python-version={python}", "--require-hashes", f"--requirement={lock}"]
        limits.run_checked([*pip, *options, f"--dest={_wheels(python)}"], LONG)


def _for_python(lock: str, python: str) -> str:
    """The pins that apply to another Python version: pip would evaluate the markers for its own."""
    environment = {"python_version": python, "python_full_version": f"{python}.0"}
    pins = re.split(r"(?m)^(?=\S)", lock)
    return "".join(_without_marker(pin) for pin in pins if _applies(pin, environment))


def _applies(pin: str, environment: dict[str, str]) -> bool:
    marker = re.search(r";\s*([^\\\n]+)", pin.partition("--hash")[0])
    return marker is None or Marker(marker[1]).evaluate(environment)


def _without_marker(pin: str) -> str:
    return re.sub(r"\s*;[^\\\n]+(?=\\)", " ", pin, count=1)


def _build_lock(limits: Limits) -> str:
    """The lines of the lock file that the Dockerfile selects for its build tools, with the same sed expression."""
    expression = re.search(r"sed -n -E '([^']+)'", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    if expression is None:
        raise ImageTestError("the Dockerfile no longer selects its build tools from the lock file with sed")
    return limits.run_checked(["sed", "-n", "-E", expression[1], str(ROOT / "requirements-dev.lock")])
