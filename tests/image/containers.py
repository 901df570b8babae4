"""The part of the image test that runs containers, in the namespaces of namespaces.py."""

from __future__ import annotations

import logging
import sys
from contextlib import closing
from pathlib import Path

from tests.fakes.mailbox import Mailbox
from tests.fakes.site import FakeSite
from tests.image.build import base_name, build
from tests.image.compose import COMPOSE, Project, check_default, check_scale, check_try
from tests.image.lifecycle import PASSWORD, Installation, check_lifecycle, check_volume_of_another_user
from tests.image.limits import ImageTestError, Limits
from tests.image.namespaces import HOST, prepare
from tests.image.podman import Podman
from tests.image.stand_ins import build_stand_ins
from tests.image.steps import step


def main(scratch: Path, program: str) -> int:
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    prepare()
    try:
        with closing(Podman(scratch / "podman", Limits())) as podman:
            with step("build the image"):
                build(podman)
            with FakeSite() as site, Mailbox("starttls", ("watch", PASSWORD)) as mailbox:
                check_lifecycle(Installation(podman, site, mailbox, scratch))
            with step("explain a volume that belongs to another user"):
                check_volume_of_another_user(podman, scratch / "open", 0o755)
                check_volume_of_another_user(podman, scratch / "closed", 0o700)
            with step("build stand-ins for the images that compose.yaml takes from a registry"):
                build_stand_ins(podman, base_name(), COMPOSE.read_text(encoding="utf-8"), scratch)
            with FakeSite(host=HOST) as site, Mailbox("starttls", ("watch", "the password"), host=HOST) as mailbox:
                check_default(Project(podman, program, scratch / "default", site, mailbox))
                check_try(Project(podman, program, scratch / "try", site, mailbox))
                check_scale(Project(podman, program, scratch / "scale", site, mailbox))
    except ImageTestError as error:
        print(f"image test: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
