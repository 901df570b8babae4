"""The public site of the demo."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
import httpx

from cmr_watch.cli.demo import command, site_of_demo
from cmr_watch.cli.options import STARTED_AT


def test_it_is_as_of_the_end_of_the_demo_whatever_the_time_of_the_command(tmp_path: Path) -> None:
    """The threads of the site know nothing of the command."""
    config = tmp_path / "demo.toml"
    config.write_text(f'[database]\nurl = "sqlite:///{tmp_path}/demo.db"\n', encoding="utf-8")
    with click.Context(command) as context:
        context.meta[STARTED_AT] = datetime(2030, 1, 1, tzinfo=UTC)
        with site_of_demo(config) as address:
            page = httpx.get(f"{address}calendar", trust_env=False, timeout=60).text
    assert "May 2024" in page
