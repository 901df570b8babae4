"""What the image test takes from the manual; the containers themselves run in `make image-test`."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.image.compose import MANUAL, commands_for_secrets

SECRETS = ["mail-password", "database-password", "database-url"]


def test_the_commands_for_secrets_work_before_and_after_the_first_start(tmp_path: Path) -> None:
    """Docker creates a missing folder `secrets`, which belongs to root; storing a secret again must work, too."""
    script = "\n".join(["set -eu", UNPRIVILEGED, *commands_for_secrets(MANUAL.read_text(encoding="utf-8"))])
    for folder in (tmp_path / "before", tmp_path / "after"):
        (folder / "secrets").mkdir(parents=True) if folder.name == "after" else folder.mkdir()
        for _ in range(2):
            subprocess.run(["sh", "-c", script], cwd=folder, check=True)
        found = {name: (folder / "secrets" / name).read_text() for name in SECRETS}
        assert found["mail-password"] == "the password"
        assert len(found["database-password"]) == 40
        assert found["database-url"] == f"postgresql://cmr_watch:{found['database-password']}@database/cmr_watch"
        assert {(folder / "secrets" / name).stat().st_mode & 0o777 for name in SECRETS} == {0o400}


UNPRIVILEGED = """sudo() {
    test "$1 $2 $3 $4 $5 $6" = "install -D -m 0400 -o 10001" && shift 6 && install -D -m 0400 "$@"
}"""
"""Runs the command without changing the owner, which only root may do."""
