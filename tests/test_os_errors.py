"""Why a file cannot be used: who needs which access to what."""

from __future__ import annotations

import getpass
from pathlib import Path

from cmr_watch.os_errors import os_reason

DENIED = (13, "Permission denied")


def test_who_needs_access_to_which_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.touch()
    expected = f"Permission denied: the user {getpass.getuser()} needs access to {file}"
    assert os_reason(PermissionError(*DENIED, str(file))) == expected


def test_a_file_that_cannot_be_created_needs_access_to_its_folder(tmp_path: Path) -> None:
    assert os_reason(PermissionError(*DENIED, str(tmp_path / "new"))).endswith(f" needs access to {tmp_path}")


def test_other_errors_keep_their_text(tmp_path: Path) -> None:
    assert os_reason(FileNotFoundError(2, "No such file or directory", str(tmp_path))) == "No such file or directory"
    assert os_reason(PermissionError(*DENIED)) == "Permission denied"
