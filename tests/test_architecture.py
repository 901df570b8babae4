"""The architecture: which module may import what, where the environment and the clock are read, what is documented."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cmr_watch.cli.root import COMMANDS
from cmr_watch.models.readings import ChangeKind
from tests.cli.test_root import commands

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "cmr_watch"
MODULES = sorted(SOURCE.rglob("*.py"))
README = (ROOT / "README.md").read_text(encoding="utf-8")

IMPORT_CONTRACTS = """
[importlinter]
root_package = cmr_watch
include_external_packages = True

[importlinter:contract:layers]
name = each layer imports only the layers below it
type = layers
containers = cmr_watch
layers =
    __main__
    cli
    daemon
    daemon_scheduler
    web
    demo | doctor | log_lines
    app
    check_report | observer
    monitor.check_site | monitor.accept | monitor.correct | monitor.archive.backfill | monitor.archive.open_archive |\
        monitor.replay
    notify.message_settings
    monitor.check | notify.outbox | notify.bounce_processing
    notify.endings
    monitor.current_parser
    monitor.compare_reading | monitor.old_copy
    monitor.page_reading
    notify.message_composer
    monitor.fetch | store | notify.channels
    monitor.newly_read
    monitor.edition_page_diff | monitor.deduplicate | monitor.archive.history
    monitor.plausibility | monitor.diff | notify.planning
    notify.mail_parser
    notify.bounce_parser | notify.complaint_parser | notify.unsubscribe_parser
    notify.retry | notify.refusals | notify.incoming_mail | notify.tokens
    notify.relevance : notify.reminders : notify.coalesce
    notify.delivery_schedule
    {helpers}
    render
    config
    health | systemd
    reading
    calendar_diff
    cutoff_diff | merge_pages | serialization | cursors | places | urls | log | plural | os_errors | charsets |\
        new_files
    html_tokens
    models
    escaping | domain_names
    exceptions | clock | languages

[importlinter:contract:halves]
name = monitor and notify never import each other
type = independence
modules =
    cmr_watch.monitor
    cmr_watch.notify

[importlinter:contract:rendering]
name = sentences are made when a message is rendered: neither monitor nor store imports render
type = forbidden
source_modules =
    cmr_watch.monitor
    cmr_watch.store
forbidden_modules =
    cmr_watch.render
allow_indirect_imports = True

[importlinter:contract:reading]
name = a page goes through the reading engine one way
type = layers
containers = cmr_watch.reading
layers =
    call | content | edition | initiative
    calls | edition_place | listed_edition | records | registration
    doubts | edition_days | materials | schedule | sections | venue
    hosting_years
    application | home | notices | schedule_entries
    apply_link | article | call_state | cutoffs
    entries
    instants | places
    clauses | parts | tables
    dates | evidence
    outline
    document | lines
    panels | tokens
    headings
    lexicon
    page_phrases | phrases

[importlinter:contract:pure]
name = pure modules have no I/O and no settings
type = forbidden
source_modules =
    cmr_watch.monitor.plausibility
    cmr_watch.monitor.diff
    cmr_watch.monitor.newly_read
    cmr_watch.reading
    {pure}
    cmr_watch.notify.mail_parser
    cmr_watch.notify.coalesce
    cmr_watch.notify.delivery_schedule
    cmr_watch.notify.planning
    cmr_watch.notify.relevance
    cmr_watch.notify.reminders
    cmr_watch.notify.retry
    cmr_watch.notify.tokens
    cmr_watch.render
    cmr_watch.web.public.europe_map
    cmr_watch.web.public.gazetteer
    cmr_watch.web.public.known_timeline
    cmr_watch.web.public.projection
    cmr_watch.web.public.svg
    cmr_watch.web.public.timeline
    cmr_watch.health
    cmr_watch.calendar_diff
    cmr_watch.cutoff_diff
    cmr_watch.merge_pages
    cmr_watch.plural
    cmr_watch.serialization
    cmr_watch.cursors
    cmr_watch.places
    cmr_watch.urls
    cmr_watch.charsets
    cmr_watch.html_tokens
    cmr_watch.clock
    cmr_watch.escaping
    cmr_watch.domain_names
    cmr_watch.models
forbidden_modules =
    cmr_watch.config
    cmr_watch.store
    httpx
    sqlalchemy
    apprise
    apscheduler
"""

DECIDERS = ("plausibility", "diff", "edition_page_diff", "deduplicate", "newly_read", "history")
ORCHESTRATORS = (
    "check",
    "check_site",
    "accept",
    "compare_reading",
    "current_parser",
    "old_copy",
    "page_reading",
    "replay",
    "correct",
    "backfill",
    "open_archive",
)
HELPERS = sorted(
    path.relative_to(SOURCE / "monitor").with_suffix("").as_posix().replace("/", ".")
    for folder in ("", "archive/")
    for path in (SOURCE / "monitor").glob(f"{folder}[a-z]*.py")
    if path.stem not in DECIDERS + ORCHESTRATORS
)

IMPORTERS = {
    "httpx": "monitor/fetch/",
    "httpcore": "monitor/fetch/",
    "brotli": "monitor/fetch/",
    "protego": "monitor/fetch/",
    "bs4": "reading/document.py",
    "lxml": ("reading/document.py", "reading/panels.py"),
    "sqlalchemy": "store/",
    "alembic": "store/",
    "apprise": "notify/channels/",
    "smtplib": "notify/channels/",
    "imaplib": "notify/channels/",
    "jinja2": ("render/", "web/public/rendering.py"),
    "prometheus_client": "web/",
    "starlette": "web/",
    "uvicorn": "web/",
    "anyio": "web/",
    "icalendar": "web/public/calendar_file.py",
    "h11": "web/",
    "apscheduler": "daemon",
    "click": "cli/",
    "tomllib": "config/",
    "idna": "domain_names.py",
    "dns": "doctor/name_server.py",
}
"""Each library, and the only part of the package that may import it."""


def relative_name(module: Path) -> str:
    return module.relative_to(SOURCE).as_posix()


def imported_libraries(module: Path) -> set[str]:
    """The top-level names of all imports in a module, including those inside functions."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


def test_import_contracts(tmp_path):
    helpers = [f"monitor.{name}" for name in HELPERS]
    pure = [f"cmr_watch.{name}" for name in helpers]
    contracts = IMPORT_CONTRACTS.format(helpers=" : ".join(helpers), pure="\n    ".join(pure))
    (tmp_path / "importlinter.ini").write_text(contracts)
    command = [str(Path(sys.executable).with_name("lint-imports")), "--config", "importlinter.ini", "--no-cache"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("module", MODULES, ids=relative_name)
def test_each_library_is_imported_by_one_part_only(module):
    forbidden = {library for library, part in IMPORTERS.items() if not relative_name(module).startswith(part)}
    assert imported_libraries(module) & forbidden == set()


def test_only_the_configuration_reads_the_environment():
    texts = {relative_name(module): module.read_text("utf-8") for module in MODULES}
    assert [name for name, text in texts.items() if "os.environ" in text] == ["config/load.py"]
    assert not [name for name, text in texts.items() if "getenv" in text]


def test_only_the_command_line_reads_the_clock():
    clock = re.compile(r"\b(?:datetime\.(?:now|utcnow|today)|date\.today|time\.time)\(")
    readers = [relative_name(module) for module in MODULES if clock.search(module.read_text("utf-8"))]
    assert readers == ["cli/context.py"]


def test_no_test_patches_code():
    patching = re.compile(r"mock[.]patch|monkeypatch[.]setattr|Magic[M]ock|mocker[.]")
    tests = (ROOT / "tests").rglob("*.py")
    assert not [path.name for path in tests if patching.search(path.read_text(encoding="utf-8"))]


def test_no_committed_file_contains_local_paths_or_index_urls():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
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


def test_the_readme_names_no_unknown_command():
    code = "\n".join(re.findall(r"`[^`]+`|^ {4}.*$", README, re.M))
    named = set(re.findall(r"cmr-watch ([a-z]+(?:-[a-z]+)*)\b", code))
    assert named <= set(COMMANDS), named - set(COMMANDS)


def test_every_module_that_the_architecture_names_exists():
    named = set(re.findall(r"`([\w/]+\.py)`", (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")))
    paths = [path.as_posix() for path in (*MODULES, *Path(__file__).parent.glob("*.py"))]
    assert named
    assert not [name for name in named if not any(path.endswith(f"/{name}") for path in paths)]


def relative_links(document: Path) -> list[str]:
    targets = re.findall(r"\]\(([^)#\s]+)", document.read_text(encoding="utf-8"))
    return [target for target in targets if "://" not in target]


@pytest.mark.parametrize("document", sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]), ids=lambda p: p.name)
def test_links_between_documents_have_a_target(document):
    assert not [link for link in relative_links(document) if not (document.parent / link).exists()]


def test_every_make_target_in_readme_and_contributing_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8") + README))
    assert named
    assert named <= targets
