"""The files that GitHub reads: issue forms and workflows."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from cmr_watch.cli import main

ROOT = Path(__file__).parent.parent
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
PAGE = ROOT / "tests" / "fixtures" / "call" / "odd-closed" / "page.html"


def load(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("form", FORMS, ids=lambda path: path.stem)
def test_an_issue_form_has_the_keys_that_github_requires(form: Path) -> None:
    # docs.github.com, "Syntax for issue forms" and "Syntax for GitHub's form schema"
    content = load(form)
    assert {"name", "description", "body"} <= content.keys() <= {"name", "description", "title", "labels", "body"}
    fields = [field for field in content["body"] if field["type"] != "markdown"]
    assert fields
    for field in content["body"]:
        assert field["type"] in ("markdown", "textarea", "input", "dropdown", "checkboxes")
        assert field["attributes"].get("value" if field["type"] == "markdown" else "label")
    ids = [field["id"] for field in fields]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", name) for name in ids)


def test_a_misread_page_is_reported_with_its_capture() -> None:
    body = load(ROOT / ".github" / "ISSUE_TEMPLATE" / "misread-page.yml")["body"]
    required = [field["id"] for field in body if field.get("validations", {}).get("required")]
    assert required == ["capture", "read", "expected", "version"]


def test_the_form_for_a_misread_page_names_the_files_that_capture_writes(tmp_path: Path) -> None:
    folder = tmp_path / "misread"
    assert main(["capture", "--page", "call", str(folder), str(PAGE)]) == 0
    guide = load(ROOT / ".github" / "ISSUE_TEMPLATE" / "misread-page.yml")["body"][0]["attributes"]["value"]
    written = {path.name for path in folder.iterdir()}
    # headers.json is written only for a page that was fetched
    assert set(re.findall(r"`(\w+\.(?:html|json))`", guide)) == written | {"headers.json"}


def test_the_workflow_runs_the_same_checks_as_a_developer_on_every_supported_python() -> None:
    workflow = load(ROOT / ".github" / "workflows" / "ci.yml")
    [job] = workflow["jobs"].values()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = [re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", name) for name in project["classifiers"]]
    assert job["strategy"]["matrix"]["python"] == [match[1] for match in versions if match]
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    assert workflow["permissions"] == {"contents": "read"}
