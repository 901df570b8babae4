"""Rows of the tables in test_rules_*.py: a rule, a page, and in short what it says."""

from __future__ import annotations

from typing import Any

import pytest

from cmr_watch.models.readings import CallNotice, Edition, Snapshot
from tests.reading.pages import days

SITE = "https://clustercollaboration.eu"


def but(reason: str, *row: str) -> Any:
    """A row that the engine reads otherwise, and how."""
    return pytest.param(*row, marks=pytest.mark.xfail(reason=reason, strict=True))


def path(url: str) -> str:
    return url.removeprefix(SITE)


def short_edition(edition: Edition) -> str:
    """`Malmö (Skåne) SE 2027-03-12/03-13`, and what is unusual: the section, the status, its links."""
    expected = "held" if edition.section == "past" else "scheduled"
    return " ".join(
        [
            edition.city,
            *([f"({edition.region})"] if edition.region else []),
            edition.country_code or "–",
            days(edition),
            *([] if edition.section == "upcoming" else [edition.section or "none"]),
            *([] if edition.status == expected else [edition.status]),
            *([f"url={path(edition.url)}"] if edition.url else []),
            *([f"summary={path(edition.summary_url)}"] if edition.summary_url else []),
        ]
    )


def short_call(call: CallNotice) -> str:
    """`open 2026 2027 /form`: the status, the years, where to apply."""
    years = [str(year) for year in call.hosting_years]
    return " ".join([call.status, *years, *([path(call.apply_url)] if call.apply_url else [])])


def short(snapshot: Snapshot) -> str:
    """All of them, separated by semicolons; warnings with a `!`."""
    warnings = sorted(f"!{warning.code}" for warning in snapshot.warnings)
    calls = [f"call {short_call(call)}" for call in snapshot.calls]
    return "; ".join([*map(short_edition, snapshot.editions), *calls, *warnings])
