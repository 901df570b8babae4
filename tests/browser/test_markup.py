"""The markup of every page, checked by the Nu Html Checker and by html-validate (installed by `.ci/browser-test`)."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.browser.crawl import Links

pytestmark = pytest.mark.browser

TOOLS = Path(os.environ.get("CMR_MARKUP_TOOLS", ".browser-tools")) / "node_modules"
RULES = {
    "extends": ["html-validate:recommended", "html-validate:a11y"],
    "rules": {
        "void-style": "off",  # a matter of taste
        "long-title": "off",  # the title of Now is a sentence with the days that are left
        "no-trailing-whitespace": "off",
        "attr-quotes": "off",
        "prefer-native-element": ["error", {"exclude": ["region"]}],  # around a table that scrolls: it has no heading
    },
}


@pytest.fixture(scope="module")
def folder(links: Links, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all pages."""
    folder = tmp_path_factory.mktemp("pages")
    for number, page in enumerate(links.pages):
        name = "".join(char if char.isalnum() else "-" for char in page.path)[:80]
        (folder / f"{number}{name}.html").write_bytes(page.body)
    return folder


def test_the_nu_html_checker_finds_nothing(folder: Path) -> None:
    jar = TOOLS / "vnu-jar" / "build" / "dist" / "vnu.jar"
    command = ["java", "-jar", str(jar), "--also-check-svg", "--format", "json", str(folder)]
    messages = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stderr)["messages"]
    assert [f"{one['url'].rpartition('/')[2]}: {one['message']}" for one in messages] == []


def test_html_validate_finds_nothing(folder: Path) -> None:
    (folder / ".htmlvalidate.json").write_text(json.dumps(RULES))
    command = ["node", str(TOOLS / "html-validate" / "bin" / "html-validate.mjs"), "--formatter", "text", str(folder)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.stdout, result.stderr, result.returncode) == ("", "", 0)
