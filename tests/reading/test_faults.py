"""Known faults of the engine, each with the rule that it breaks. The test of a mended fault moves to the others."""

from __future__ import annotations

import pytest

from cmr_watch.models import Edition, Snapshot
from cmr_watch.reading import read
from tests.reading.pages import article, cities
from tests.reading.pages import read as read_list


def call(body: str) -> Snapshot:
    page = article("<p>The call for hosts of events in 2027 is continuously open.</p>" + body)
    return read("call", page.encode()).snapshot


def edition(body: str) -> Edition:
    page = article(body).replace("Clusters meet Regions", "Clusters meet Regions – Ghent, Belgium")
    (found,) = read("edition", page.encode()).snapshot.editions
    return found


@pytest.mark.xfail(reason="S1: a heading in bold may be broken by <br>, as one in h3", strict=True)
def test_a_bold_heading_over_two_lines() -> None:
    page = read_list(
        "<p>Next edition: Ghent, Belgium – 12-13 March 2026</p><p><strong>Our previous<br>editions</strong></p>"
        "<p>Lyon, France – 3-4 May 2025</p>"
    )

    assert cities(page, "past") == ["Lyon"]


@pytest.mark.xfail(reason="C5, K4: a bullet before “CLOSED:” hides it", strict=True)
def test_a_bullet_before_a_mark() -> None:
    (found,) = call("<h2>Cut-offs</h2><p>• CLOSED: 22 December 2026</p><p>• OPEN: 31 May 2027</p>").calls

    assert [cutoff.closed for cutoff in found.cutoffs] == [True, False]


@pytest.mark.xfail(reason="O4, K4: a bullet before “Deadline:” hides the last day to register", strict=True)
def test_a_bullet_before_a_label() -> None:
    body = "<p>12-13 March 2027</p><p>Registration: <a href=/r>Register</a></p><p>• Deadline: 1 March 2027</p>"

    assert edition(body.replace("• ", "")).registration_closes_on is not None
    assert edition(body).registration_closes_on is not None


@pytest.mark.xfail(reason="C3: the nearest words, “Events:”, decide what “to 15 December 2027” is", strict=True)
def test_a_period_of_events_in_the_sentence_of_a_deadline() -> None:
    body = "<p>Next deadline: 1 April 2027 Events: from 15 September 2027 to 15 December 2027 How to apply</p>"
    (found,) = call(body).calls

    assert [cutoff.at.month for cutoff in found.cutoffs] == [4]
