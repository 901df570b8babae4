"""The house rules that a test can keep: who may import whom, who reads the environment, what the documents say."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cmr_watch.cli.root import COMMANDS
from cmr_watch.models import ChangeKind
from tests.cli.test_root import commands

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "cmr_watch"
MODULES = sorted(SOURCE.rglob("*.py"))
README = (ROOT / "README.md").read_text(encoding="utf-8")

IMPORT_LAW = """
[importlinter]
root_package = cmr_watch
include_external_packages = True

[importlinter:contract:layers]
name = each layer knows only those below it
type = layers
containers = cmr_watch
layers =
    __main__
    cli
    daemon
    web
    demo | doctor
    app
    monitor.site | monitor.archive.backfill | monitor.replay
    monitor.check | notify.outbox | notify.bounce_processing
    notify.message_composer
    monitor.fetch | store | notify.channels
    monitor.edition_page_diff | monitor.deduplicate | monitor.archive.history
    monitor.parse | monitor.plausibility | monitor.diff | notify.planning
    notify.retry | notify.bounce_parser | notify.tokens
    notify.relevance : notify.reminders : notify.coalesce
    notify.delivery_schedule
    {helpers}
    render
    config
    health | systemd
    merge_pages | serialization | places | log | clock
    models
    exceptions

[importlinter:contract:halves]
name = monitor and notify know nothing of each other
type = independence
modules =
    cmr_watch.monitor
    cmr_watch.notify

[importlinter:contract:pure]
name = the pure core touches neither world nor settings
type = forbidden
source_modules =
    cmr_watch.monitor.parse
    cmr_watch.monitor.plausibility
    cmr_watch.monitor.diff
    {pure}
    cmr_watch.notify.bounce_parser
    cmr_watch.notify.coalesce
    cmr_watch.notify.delivery_schedule
    cmr_watch.notify.planning
    cmr_watch.notify.relevance
    cmr_watch.notify.reminders
    cmr_watch.notify.retry
    cmr_watch.notify.tokens
    cmr_watch.render
    cmr_watch.health
    cmr_watch.merge_pages
    cmr_watch.serialization
    cmr_watch.places
    cmr_watch.clock
    cmr_watch.models
forbidden_modules =
    cmr_watch.config
    cmr_watch.store
    httpx
    sqlalchemy
    apprise
    apscheduler
"""

DECIDERS = ("plausibility", "diff", "edition_page_diff", "deduplicate", "history")
ORCHESTRATORS = ("check", "site", "replay", "backfill")
HELPERS = sorted(
    path.relative_to(SOURCE / "monitor").with_suffix("").as_posix().replace("/", ".")
    for folder in ("", "archive/")
    for path in (SOURCE / "monitor").glob(f"{folder}[a-z]*.py")
    if path.stem not in DECIDERS + ORCHESTRATORS
)

DOORS = {
    "httpx": "monitor/fetch/",
    "httpcore": "monitor/fetch/",
    "brotli": "monitor/fetch/",
    "protego": "monitor/fetch/",
    "bs4": "monitor/parse/",
    "lxml": "monitor/parse/",
    "sqlalchemy": "store/",
    "alembic": "store/",
    "apprise": "notify/channels/",
    "smtplib": "notify/channels/",
    "flufl": "notify/bounce_parser",
    "imaplib": "notify/channels/",
    "jinja2": "render/",
    "prometheus_client": "web/",
    "apscheduler": "daemon",
    "aiosmtpd": "demo/",
    "click": "cli/",
    "tomllib": "config/",
}


def inside(module: Path) -> str:
    return module.relative_to(SOURCE).as_posix()


def imports(module: Path) -> set[str]:
    """The top-level names that a module imports, wherever in it, but not for the type checker only."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = [alias.name for node in found if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in found if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


def test_the_import_law(tmp_path):
    helpers = [f"monitor.{name}" for name in HELPERS]
    pure = [f"cmr_watch.{name}" for name in helpers]
    law = IMPORT_LAW.format(helpers=" : ".join(helpers), pure="\n    ".join(pure))
    (tmp_path / "importlinter.ini").write_text(law)
    command = [str(Path(sys.executable).with_name("lint-imports")), "--config", "importlinter.ini", "--no-cache"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("module", MODULES, ids=inside)
def test_each_library_has_one_door(module):
    outside = {library for library, door in DOORS.items() if not inside(module).startswith(door)}
    assert imports(module) & outside == set()


def test_the_environment_is_read_in_one_file():
    readers = [inside(module) for module in MODULES if re.search(r"\benviron\b|getenv", module.read_text("utf-8"))]
    assert [name for name in readers if "os.environ" in (SOURCE / name).read_text("utf-8")] == ["config/load.py"]
    assert not [module for module in MODULES if "getenv" in module.read_text("utf-8")]


def test_only_the_outer_rooms_look_at_the_clock():
    telling = re.compile(r"\b(?:datetime\.(?:now|utcnow|today)|date\.today|time\.time)\(")
    lookers = [inside(module) for module in MODULES if telling.search(module.read_text("utf-8"))]
    assert lookers == ["cli/context.py"]


def test_no_double_is_made_by_patching():
    patching = re.compile(r"mock[.]patch|monkeypatch[.]setattr|Magic[M]ock|mocker[.]")
    tests = (ROOT / "tests").rglob("*.py")
    assert not [path.name for path in tests if patching.search(path.read_text(encoding="utf-8"))]


def test_what_is_committed_names_no_machine():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("this is no git checkout")
    leak = re.compile(r"(?<![\w.])/(?:work|root|tmp)[/]|--(?:extra-)?index[-]url|--find[-]links")
    files = [ROOT / name for name in listed.stdout.splitlines() if "fixtures/" not in name]
    texts = {file: file.read_text("utf-8", "replace") for file in files if file.is_file()}
    assert not [file for file, text in texts.items() if leak.search(text)]


# ── the documents ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", commands())
def test_every_command_is_in_the_readme(name):
    group, _, sub = name.partition(" ")
    row = next((line for line in README.splitlines() if line.startswith(f"| `{group}")), "")
    assert row, f"{group} has no row in the table of commands"
    assert sub in row


@pytest.mark.parametrize("kind", ChangeKind)
def test_every_kind_of_change_is_documented(kind):
    assert f"`{kind.value}`" in (ROOT / "docs" / "changes.md").read_text(encoding="utf-8")


def test_the_readme_names_no_command_that_is_not():
    named = set(
        re.findall(r"cmr-watch ([a-z]+(?:-[a-z]+)*)\b", "\n".join(re.findall(r"`[^`]+`|^ {4}.*$", README, re.M)))
    )
    assert named <= set(COMMANDS), named - set(COMMANDS)


def links(document: Path) -> list[str]:
    found = re.findall(r"\]\(([^)#\s]+)", document.read_text(encoding="utf-8"))
    return [link for link in found if "://" not in link]


@pytest.mark.parametrize("document", sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]), ids=lambda p: p.name)
def test_links_between_documents_lead_somewhere(document):
    assert not [link for link in links(document) if not (document.parent / link).exists()]


def test_every_target_of_the_makefile_that_contributing_names_is_there():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    told = set(re.findall(r"`make ([a-z-]+)", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8") + README))
    assert told
    assert told <= targets
