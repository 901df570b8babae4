"""Builds the image without a registry: a stand-in for the base image is made from Debian's packages.

The stand-in has the name that the Dockerfile's FROM asks for, the same release of Debian and the same Python. It and
the wheels are kept in build/image; `make clean` removes them.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Final

from packaging.markers import Marker

from tests.image.podman import IMAGE, LIMITS, Podman, Trouble, must

ROOT: Final = Path(__file__).parents[2]
KEPT: Final = ROOT / "build" / "image"
_SOURCES: Final = (Path("/etc/apt/sources.list.d/debian.sources"), Path("/etc/apt/sources.list"))
_PACKAGES: Final = "ca-certificates,python3,python3-venv,python3-pip"


def build(podman: Podman, scratch: Path) -> None:
    """From nothing to the image."""
    base = base_name()
    KEPT.mkdir(parents=True, exist_ok=True)
    podman.do("import", "--quiet", str(base_archive(base, scratch)), base, seconds=120)
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    python = podman.do("run", "--rm", "--network=none", "--pull=never", *LIMITS, base, "python3", "-c", ask)
    wheels = wheel_folder(python, scratch)
    podman.do(
        *("build", "--pull=never", "--isolation=oci", "--format=docker", "--network=none", LIMITS[0]),
        *("--layers=false", f"--volume={wheels}:/wheels:ro", "--build-arg=PIP_NO_INDEX=1"),
        *("--build-arg=PIP_FIND_LINKS=/wheels", f"--tag={IMAGE}", "."),
        seconds=240,
        cwd=ROOT,
    )


def base_name() -> str:
    """The one image that the Dockerfile begins with."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    names = set(re.findall(r"^FROM (\S+)", text, re.MULTILINE))
    if len(names) != 1:
        raise Trouble(f"the Dockerfile begins with several images: {', '.join(sorted(names))}")
    return names.pop()


def base_archive(name: str, scratch: Path) -> Path:
    """A small Debian with Python, as an archive: `python:3.13-slim-trixie` is made from trixie."""
    release = name.rpartition("-")[2]
    archive = KEPT / f"{release}.tar"
    if not archive.exists():
        made = scratch / archive.name
        command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={_PACKAGES}", release, str(made)]
        must([*command, *_sources(release, scratch)], 300)
        shutil.move(made, archive)
    return archive


def _sources(release: str, scratch: Path) -> list[str]:
    """This machine's own package sources, for another release of Debian; none: the usual ones."""
    about = Path("/etc/os-release").read_text(encoding="utf-8")
    here = re.search(r"^VERSION_CODENAME=(\w+)$", about, re.MULTILINE)
    found = [file for file in _SOURCES if file.is_file() and file.read_text(encoding="utf-8").strip()]
    if "ID=debian" not in about.splitlines() or here is None or not found:
        return []
    copy = scratch / found[0].name
    copy.write_text(re.sub(rf"\b{here[1]}\b", release, found[0].read_text(encoding="utf-8")), encoding="utf-8")
    return [str(copy)]


def wheel_folder(python: str, scratch: Path) -> Path:
    """Everything that pip is asked for while the image is built, as the two locks have it."""
    folder = KEPT / f"wheels-{python}"
    runs = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    for name, text in (("run.lock", runs), ("build.lock", _build_lock())):
        lock = scratch / name
        lock.write_text(_for_python(text, python), encoding="utf-8")
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download"]
        what = ["--only-binary=:all:", f"--python-version={python}", "--require-hashes", f"--requirement={lock}"]
        must([*pip, *what, f"--dest={folder}"], 180)
    return folder


def _for_python(lock: str, python: str) -> str:
    """The pins that hold for another Python: pip would ask the markers of the one that it runs on."""
    environment = {"python_version": python, "python_full_version": f"{python}.0"}
    pins = re.split(r"(?m)^(?=\S)", lock)
    return "".join(_without_marker(pin) for pin in pins if _holds(pin, environment))


def _holds(pin: str, environment: dict[str, str]) -> bool:
    marker = re.search(r";\s*([^\\\n]+)", pin.partition("--hash")[0])
    return marker is None or Marker(marker[1]).evaluate(environment)


def _without_marker(pin: str) -> str:
    return re.sub(r"\s*;[^\\\n]+(?=\\)", " ", pin, count=1)


def _build_lock() -> str:
    """The lines of the lock that the Dockerfile takes for its tools, by its own expression."""
    found = re.search(r"sed -n -E '([^']+)'", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    if found is None:
        raise Trouble("the Dockerfile does not take its tools from the lock any more")
    return must(["sed", "-n", "-E", found[1], str(ROOT / "requirements-dev.lock")], 10)
