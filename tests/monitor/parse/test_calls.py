"""Call notices: status, hosting years, the way to apply."""

from __future__ import annotations

import pytest

from cmr_watch.monitor.parse.calls import hosting_years, names_a_call, status_of
from tests.monitor.parse.pages import read_line

STATUSES = [  # newest bugs on top
    ("The call for hosts will be re‑opened in May.", "announced"),
    ("The call for hosts has not been closed.", "open"),
    ("The call for hosts is not closed yet: apply!", "open"),
    ("The call for hosts will close on 31 May 2025.", "open"),
    ("The call for hosts will be closed on 31 May 2025.", "open"),
    ("Call for hosts – open", "open"),
    ("The call for hosts will be re-opened in May.", "announced"),
    ("The call for hosts opens on 1 September 2025.", "announced"),
    ("The call for hosts is open. Cut-off: 31 May 2025 – CLOSED", "open"),
    ("The call for hosts is now closed. A new one will open soon.", "closed"),
    ("The call for hosts closed on 31 May 2025.", "closed"),
    ("The call for hosts is no longer accepting applications.", "closed"),
    ("The call to host events in 2026 has ended.", "closed"),
    ("A new call for hosts will be launched. Stay tuned, and apply then!", "announced"),
    ("The call for hosts is not yet open.", "announced"),
    ("The call for hosts is coming soon.", "announced"),
    ("The call for hosts is continuously open.", "open"),
    ("Apply by 31 May 2025 to the call for hosts.", "open"),
    ("The deadline of the call for hosts has been extended.", "open"),
    ("The call for hosts has been launched.", "open"),
    ("Call for hosts 2026", "announced"),
]
YEARS = [
    ("The next call for hosts is expected in 2026.", ()),
    ("The call for hosts of events in 2026 will be launched in spring 2025.", (2026,)),
    ("The call for hosts is open. Deadline: May 2025", ()),
    ("The call to host events between September 2024 and June 2025 is open.", (2024, 2025)),
    ("The call for hosts of 2025 is closed. The next call will open in 2026.", (2025,)),
    ("New call for hosts of “Clusters meet Regions” events in 2026 – 2027", (2026, 2027)),
    ("call to host events in 2024 - 2026", (2024, 2025, 2026)),
    ("call to host events in 2024/25", (2024, 2025)),
    ("call to host events in 2024 and 2026", (2024, 2026)),
    ("Apply by 31 May 2025 to host an event in 2026", (2026,)),
    ("call for hosts", ()),
]
NO_CALLS = [
    "Deadline: 31 May 2025, 18:00 CET (Brussels time)",
    "The call for papers is open.",
    "Would you like to host an edition? Contact us.",
    "The call for applications is open.",
    "Do not call us: hosting is free.",
    "Recall: clusters meet regions.",
]


@pytest.mark.parametrize(("text", "status"), STATUSES, ids=[row[0] for row in STATUSES])
def test_status_by_its_words(text: str, status: str) -> None:
    assert status_of(text) == status


@pytest.mark.parametrize(("text", "years"), YEARS, ids=[row[0] for row in YEARS])
def test_hosting_years(text: str, years: tuple[int, ...]) -> None:
    assert hosting_years(text) == years


@pytest.mark.parametrize("text", NO_CALLS)
def test_what_is_no_call(text: str) -> None:
    assert not names_a_call(text)


LINKS = [
    ('The <a href="/call">call for interest</a> to host events is open. <a href="/faq">FAQ</a>', "/call"),
    ('The call for hosts is open. <a href="/guide">Guide</a>. <a href="/call">Apply here!</a>', "/call"),
    ('The call for hosts is open. Apply <a href="/call">here</a> or <a href="mailto:a@b.eu">write</a>.', "/call"),
    ('The call for hosts is open. <a href="javascript:x()">Apply</a>', None),
    ("The call for hosts is open.", None),
]


@pytest.mark.parametrize(("line", "path"), LINKS)
def test_the_way_to_apply(line: str, path: str | None) -> None:
    (call,) = read_line(line).calls

    assert call.apply_url == (f"https://clustercollaboration.eu{path}" if path else None)


@pytest.mark.parametrize(
    "line", ["Lyon, France – 1-2 May 2026: call for hosts of B2B", "Call for Evidence – Lyon, France – 1-2 May 2026"]
)
def test_an_edition_may_speak_of_a_call(line: str) -> None:
    page = read_line(line)

    assert [edition.city for edition in page.editions] == ["Lyon"]
    assert page.calls == ()
