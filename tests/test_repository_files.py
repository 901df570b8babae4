"""The files that other programs read: GitHub's issue forms and workflows, the systemd unit, alert rules, recipes."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from cmr_watch.cli import main
from cmr_watch.cli.output import USAGE_ERROR
from cmr_watch.cli.root import COMMANDS
from cmr_watch.config import load as load_settings
from cmr_watch.config.load import SECTIONS, keys
from cmr_watch.health import HealthStatus
from cmr_watch.web.metrics import Metrics

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


# ── systemd ──────────────────────────────────────────────────────────────────────────────────────────────────────

UNIT = ROOT / "config" / "cmr-watch.service"
CREDENTIAL = re.compile(r"#?(LoadCredential|Environment)=(.+)")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("with_credentials", [False, True])
def test_systemd_accepts_the_unit(tmp_path: Path, with_credentials: bool) -> None:
    text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text(encoding="utf-8"), flags=re.MULTILINE)
    if with_credentials:
        text = re.sub(r"^#(LoadCredential|Environment)=", r"\1=", text, flags=re.MULTILINE)
    (tmp_path / UNIT.name).write_text(text, encoding="utf-8")
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / UNIT.name)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, "")


def test_the_unit_and_a_shell_use_the_same_configuration_and_database() -> None:
    text = UNIT.read_text(encoding="utf-8")
    assert "CMR_WATCH_DATABASE" not in text
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(text)
    assert unit["Service"]["RestartPreventExitStatus"] == str(USAGE_ERROR), "it would fail again"
    assert unit["Service"]["ExecStart"].endswith(" --config /etc/cmr-watch/cmr-watch.toml run")


def test_each_credential_of_the_unit_replaces_a_secret_of_the_configuration() -> None:
    lines = [match.groups() for match in map(CREDENTIAL.fullmatch, UNIT.read_text("utf-8").splitlines()) if match]
    names = [value.partition(":")[0] for kind, value in lines if kind == "LoadCredential"]
    variables = dict(value.split("=") for kind, value in lines if kind == "Environment")
    assert sorted(variables.values()) == sorted(f"%d/{name}" for name in names)
    known = {f"CMR_WATCH_{name}_{key}".upper() for name, section in SECTIONS.items() for key in keys(section)}
    assert variables
    assert variables.keys() <= known


def test_a_credential_is_read_instead_of_the_file_that_only_root_can_read(tmp_path: Path) -> None:
    file = tmp_path / "cmr-watch.toml"
    file.write_text('[mail]\nhost = "h"\nfrom = "w@example.eu"\nuser = "w"\npassword_file = "not-readable"\n')
    (tmp_path / "credential").write_text("sesame\n")
    settings = load_settings(file, {"CMR_WATCH_MAIL_PASSWORD_FILE": str(tmp_path / "credential"), "HOME": "/"})
    assert settings.mail.password == "sesame"


# ── Prometheus ───────────────────────────────────────────────────────────────────────────────────────────────────


def exported_metrics() -> set[str]:
    now = datetime(2027, 3, 1, tzinfo=UTC)
    status = HealthStatus(now, timedelta(hours=1), last_read_at=now, due_since=now)
    metrics = Metrics(lambda: status, lambda: {("mail", "sent"): 1})
    for counter in (metrics.checks, metrics.changes, metrics.failures):
        counter.labels("x").inc()
    return set(re.findall(r"^(cmr_watch_\w+)", metrics.text().decode(), re.MULTILINE))


def test_the_alert_rules_are_valid_and_name_existing_metrics() -> None:
    rules = [rule for group in load(ROOT / "config" / "prometheus-rules.yaml")["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules) > 5
    named = set()
    for rule in rules:
        # prometheus.io/docs/prometheus/latest/configuration/alerting_rules
        assert {"alert", "expr", "annotations"} <= rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
        assert re.fullmatch(r"\d+[smhd]", rule.get("for", "0s"))
        assert rule["annotations"].keys() == {"summary", "description"}
        assert rule["expr"].count("(") == rule["expr"].count(")")
        named |= set(re.findall(r"\bcmr_watch_\w+", rule["expr"]))
        texts = " ".join(rule["annotations"].values())
        assert set(re.findall(r"cmr-watch ([a-z]+)\b(?= deliv| --|$)", texts)) <= COMMANDS.keys()
    assert named <= exported_metrics()
    assert {"cmr_watch_up", "cmr_watch_reading_age_seconds", "cmr_watch_outbox_age_seconds"} <= named


# ── the recipes of docs/operating.md ─────────────────────────────────────────────────────────────────────────────

OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
PARAGRAPHS = re.findall(r"(?:^ {4}.*\n)+", OPERATING, re.MULTILINE)
BLOCKS = ["\n".join(line[4:] for line in paragraph.splitlines()) for paragraph in PARAGRAPHS]
CONFIGURATIONS = [block for block in BLOCKS if re.search(r"^\[\w+\]$", block, re.MULTILINE)]


@pytest.mark.parametrize("text", CONFIGURATIONS, ids=lambda text: re.sub(r"\W+", "-", text[:60]))
def test_each_configuration_in_the_operating_guide_is_valid(tmp_path: Path, text: str) -> None:
    for name in re.findall(r'_file = "([^"]+)"', text):
        (tmp_path / name).write_text("https://hc-ping.com/0d2b6d6e\n")
    (tmp_path / "cmr-watch.toml").write_text(text, encoding="utf-8")
    load_settings(tmp_path / "cmr-watch.toml", {"HOME": "/"})


def test_there_are_recipes_for_gmail_microsoft_365_systemd_and_healthchecks() -> None:
    assert len(CONFIGURATIONS) >= 4
    for words in ("smtp.gmail.com", "smtp.office365.com", "/var/lib/cmr-watch", "hc-ping.com"):
        assert any(words in text for text in CONFIGURATIONS)


def test_the_licence_of_every_locked_package_is_documented() -> None:
    table = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")

    locked = set(re.findall(r"^([a-z0-9-]+)(?:\[\w+\])?==", lock, re.MULTILINE))

    rows = [row.split("|")[2] for row in table.splitlines() if row.startswith("| ")][2:]
    assert locked
    assert set(re.findall(r"[a-z0-9-]+", " ".join(rows))) >= locked


def test_the_documented_crontab_runs_existing_commands_and_sets_the_path() -> None:
    [crontab] = [block for block in BLOCKS if "check --quiet" in block]
    assert crontab.startswith("PATH=")
    jobs = re.findall(r"^(?:[\d*/]+ +){4}[\d*/]+ +cmr-watch (\w+)", "\n".join(BLOCKS), re.MULTILINE)
    assert jobs == ["check", "bounces", "backup"]


def test_the_operating_guide_names_no_unknown_command() -> None:
    named = set(re.findall(r"(?:`|sudo -u cmr-watch |watch )cmr-watch ([a-z]+(?:-[a-z]+)*)", OPERATING))
    assert named
    assert named <= set(COMMANDS), named
