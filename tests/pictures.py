"""Makes the pictures of README.md from the demo: `python -m tests.pictures [FOLDER]`. Requires Chromium."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, sync_playwright

from cmr_watch.cli.demo import site_of_demo
from cmr_watch.demo.story import play
from tests.browser.conftest import ARGUMENTS

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
NOW = {"width": 1120, "height": 900}
MAIL = {"width": 700, "height": 640}
"""The top of each, at the width at which README shows it."""


def main(folder: Path) -> None:
    """Play the demo, and write `now.png` and `mail.png`."""
    with TemporaryDirectory() as output, sync_playwright() as playwright:
        path = os.environ.get("CMR_CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        play(Path(output), lambda _: None, partial(_take, browser, folder))
        browser.close()


def _take(browser: Browser, folder: Path, config: Path) -> None:
    with site_of_demo(config) as address:
        _picture(browser, address, folder / "now.png", NOW)
    # the last mail reminds of the next cut-off
    _picture(browser, (config.parent / "mail-7.html").as_uri(), folder / "mail.png", MAIL)


def _picture(browser: Browser, address: str, file: Path, size: dict[str, int]) -> None:
    page = browser.new_page(viewport=size, color_scheme="light")  # type: ignore[arg-type]
    page.goto(address)
    page.screenshot(path=file)
    page.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
