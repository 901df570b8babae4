from __future__ import annotations

import os
import subprocess
import sys

import pytest

from cmr_watch.cli import main


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_script(capsys, shell):
    assert main(["completion", shell]) == 0
    assert f"_CMR_WATCH_COMPLETE={shell}_complete" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "completed"),
    [
        ("cmr-watch sub", "subscriptions"),
        ("cmr-watch subscriptions en", "end"),
        ("cmr-watch check --no", "--no-notify"),
    ],
)
def test_completions(line, completed):
    environment = {"_CMR_WATCH_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
    result = subprocess.run(
        [sys.executable, "-m", "cmr_watch"], env=os.environ | environment, capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == [f"plain,{completed}"]
