"""`make image-test`: build the image and test it in real containers, without a Docker engine.

Needs root and a few Debian packages, which it installs. What must be downloaded is downloaded first; the containers
then run in namespaces without a network, see containers.py. `--download`: only the former.
"""

from __future__ import annotations

import signal
import sys
import tempfile
from pathlib import Path

from tests.image.build import download
from tests.image.limits import ImageTestError, Limits
from tests.image.namespaces import run_inside
from tests.image.steps import step
from tests.image.tools import install_packages, install_podman_compose


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the folder is removed
    try:
        limits = Limits()
        with tempfile.TemporaryDirectory(prefix="cmr-image-") as scratch:
            with step("download what the build needs"):
                install_packages(limits)
                compose = install_podman_compose(limits)
                download(limits, Path(scratch))
            if sys.argv[1:] == ["--download"]:
                return 0
            return run_inside("tests.image.containers", scratch, str(compose))
    except ImageTestError as error:
        print(f"image test: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
