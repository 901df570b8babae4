"""docs/deliverability.md: what it names exists, its records pass our own checks, and doctor's advice leads into it."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import click
import pytest

from cmr_watch.config import load
from cmr_watch.config.load import SECTIONS
from cmr_watch.doctor.dmarc import check_dmarc, tag_list
from cmr_watch.doctor.mail_domain import is_public
from cmr_watch.doctor.name_server import Kind
from cmr_watch.doctor.spf import check_spf
from tests.cli.test_root import commands
from tests.fakes.names import FakeNames

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "docs" / "deliverability.md").read_text(encoding="utf-8")
OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
HEADINGS = re.findall(r"^## (.+)$", GUIDE, re.MULTILINE)
RECORDS = re.findall(r"^ {4}(\S+)\.\s+(TXT|MX|A|CNAME|PTR)\s+(.+)$", GUIDE, re.MULTILINE)


def anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_the_advice_of_doctor_leads_to_sections_that_exist() -> None:
    sources = (ROOT / "src" / "cmr_watch" / "doctor").glob("*.py")
    named = set(re.findall(r"See “([^”{]+)”", "\n".join(source.read_text("utf-8") for source in sources)))

    assert {"SPF", "DMARC", "DKIM", "Alignment", "Test", "One-click unsubscribing"} <= named
    assert named <= set(HEADINGS)


def test_links_lead_to_sections_that_exist() -> None:
    own = set(re.findall(r"\]\(#([\w-]+)\)", GUIDE))
    other = set(re.findall(r"\]\(operating\.md#([\w-]+)\)", GUIDE))
    here = set(re.findall(r"\]\(deliverability\.md#([\w-]+)\)", OPERATING))

    assert own
    assert own | here <= {anchor(heading) for heading in HEADINGS}
    assert other <= {anchor(heading) for heading in re.findall(r"^##+ (.+)$", OPERATING, re.MULTILINE)}


def test_every_command_and_option_exists() -> None:
    known = commands()
    for line in re.findall(r"`cmr-watch ([^`]+)`", GUIDE):
        name = next(name for name in sorted(known, key=len, reverse=True) if f"{line} ".startswith(f"{name} "))
        assert not isinstance(known[name], click.Group), line
        options = {option for parameter in known[name].params for option in parameter.opts}
        assert set(re.findall(r"--[\w-]+", line)) <= options, line


def test_every_setting_exists() -> None:
    known = {
        name: {field.metadata["option"].key for field in dataclasses.fields(section)}
        for name, section in SECTIONS.items()
    }
    named = re.findall(r"`\[(\w+)\](?: (\w+))?`", GUIDE)

    assert ("web", "url") in named
    assert not [f"[{section}] {key}" for section, key in named if key and key not in known[section]]
    assert not [section for section, _ in named if section not in known]


def test_the_configuration_is_valid(tmp_path: Path) -> None:
    text = "\n".join(re.findall(r"^ {4}(\[\w+\]|\w+ = .+)$", GUIDE, re.MULTILINE))
    for name in re.findall(r'_file = "([^"]+)"', GUIDE):
        (tmp_path / name).write_text("sesame\n")
    (tmp_path / "watch.toml").write_text(text, encoding="utf-8")

    settings = load(tmp_path / "watch.toml", {"HOME": "/"})

    assert settings.web.secure_url == "https://watch.example.org"
    assert settings.mail.per_minute == 30


@pytest.mark.parametrize("record", [value.strip('"') for name, _, value in RECORDS if "v=spf1" in value])
def test_the_spf_records_are_good(record: str) -> None:
    zone: dict[tuple[str, Kind], list[str]] = {("example.org", "TXT"): [record]}
    zone["_spf.relay.example", "TXT"] = ["v=spf1 ip4:192.0.2.9 -all"]
    finding = check_spf("example.org", FakeNames(zone))

    assert finding.good, finding


def test_the_other_records_are_good() -> None:
    zone: dict[tuple[str, Kind], list[str]] = {
        (name, "TXT"): [value.strip('"')] for name, kind, value in RECORDS if kind == "TXT" and "v=spf1" not in value
    }

    assert check_dmarc("example.org", FakeNames(zone)).good
    assert tag_list(zone["s2026._domainkey.example.org", "TXT"][0])["p"]
    assert {kind for _, kind, _ in RECORDS} == {"TXT", "MX", "A", "CNAME", "PTR"}
    assert not [name for name, _, _ in RECORDS if is_public(name) and not name.endswith(".arpa")], "reserved names only"


def test_every_header_that_it_promises_is_written() -> None:
    source = (ROOT / "src" / "cmr_watch" / "notify" / "channels" / "mime.py").read_text("utf-8")
    named = set(re.findall(r"`((?:List|X|Auto|Feedback)-[A-Z][\w-]+|Precedence)\b", GUIDE))

    assert {"List-Id", "List-Unsubscribe-Post", "Feedback-ID", "Precedence"} <= named
    assert not [name for name in named if f"{name}: " not in source]
