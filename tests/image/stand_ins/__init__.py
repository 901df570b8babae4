"""Build stand-ins for the images that compose.yaml takes from a registry, under the same names."""

from __future__ import annotations

import re
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from tests.image.limits import ImageTestError
from tests.image.podman import Podman
from tests.postgres import copy_binaries

_HERE: Final = Path(__file__).parent
_MAILPIT: Final = """
FROM {base}
COPY packages /opt/packages
COPY mailpit.py /opt/mailpit.py
ENV PYTHONPATH=/opt/packages PYTHONUNBUFFERED=1
CMD ["python3", "/opt/mailpit.py"]
"""
_POSTGRES: Final = """
FROM {base}
RUN useradd --system postgres && install -d -o postgres /var/run/postgresql /var/lib/postgresql/data
COPY packages /opt/packages
COPY postgres.sh /opt/postgres.sh
ENV PATH=/opt/packages/{binaries}:/usr/sbin:/usr/bin:/sbin:/bin
VOLUME /var/lib/postgresql/data
CMD ["/opt/postgres.sh"]
"""


def build_stand_ins(podman: Podman, base: str, compose: str, scratch: Path) -> None:
    """Build both. `compose` is the text of compose.yaml."""
    packages = scratch / "mailpit" / "packages"
    for name in ("aiosmtpd", "attr", "attrs", "public"):
        found = find_spec(name)
        if found is None or not found.submodule_search_locations:
            raise ImageTestError(f"the Python package {name} is not installed")
        shutil.copytree(found.submodule_search_locations[0], packages / name)
    _build(podman, image_name(compose, "mailpit"), "mailpit.py", _MAILPIT.format(base=base), packages.parent)
    packages = scratch / "postgres" / "packages"
    binaries = copy_binaries(packages).relative_to(packages)
    text = _POSTGRES.format(base=base, binaries=binaries)
    _build(podman, image_name(compose, "postgres"), "postgres.sh", text, packages.parent)


def image_name(compose: str, word: str) -> str:
    """The image in compose.yaml whose name contains a word."""
    names = re.findall(rf"^ +image: (\S*{word}\S*)$", compose, re.MULTILINE)
    if len(names) != 1:
        raise ImageTestError(f"compose.yaml must name exactly one image of {word}, not: {', '.join(names) or 'none'}")
    return str(names[0])


def _build(podman: Podman, name: str, program: str, dockerfile: str, folder: Path) -> None:
    shutil.copy(_HERE / program, folder)
    (folder / "Dockerfile").write_text(dockerfile)
    options = ("--pull=never", "--isolation=oci", "--network=none", "--layers=false", "--quiet")
    podman.run_checked("build", *options, f"--tag=docker.io/{_full(name)}", ".", cwd=folder)


def _full(name: str) -> str:
    """The name within the registry: Docker's own images are in `library`."""
    return name if "/" in name else f"library/{name}"
