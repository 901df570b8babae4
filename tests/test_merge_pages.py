"""Several pages put together: each noun once, the call page's value first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from cmr_watch.merge_pages import PageKnown, disagree, merged
from cmr_watch.models import CallNotice, Cutoff, Edition, Known, KnownCall, KnownEdition, Material, PageRef
from tests.factories import NOW, edition

MAY, JUNE = Cutoff(NOW + timedelta(days=60)), Cutoff(NOW + timedelta(days=90))
AGENDA = Material("agenda", "https://example.org/agenda.pdf")


def pages(notice: KnownCall | None = None, page: KnownCall | None = None, *own: Edition) -> list[PageKnown]:
    listed = Known((KnownEdition("lyon", edition(), NOW),), (notice,) if notice else ())
    return [
        PageKnown(PageRef("own", "edition"), Known(tuple(KnownEdition("lyon", one, NOW) for one in own))),
        PageKnown(PageRef("call", "call"), Known((), (page,) if page else ())),
        PageKnown(PageRef("list", "initiative"), listed),
    ]


def known(status: str = "open", *cutoffs: Cutoff, **values: object) -> KnownCall:
    years = values.pop("years", (2024,))
    return KnownCall("call-2024", CallNotice(status, years, cutoffs), NOW, **values)  # type: ignore[arg-type]


def test_an_edition_has_what_only_its_own_page_knows():
    own = replace(edition("Lugdunum"), venue="Hôtel de Ville", materials=(AGENDA,), summary_url="https://e.org/s")
    (one,) = merged(pages(None, None, own)).editions
    assert (one.edition.city, one.edition.venue, one.edition.materials) == ("Lyon", "Hôtel de Ville", (AGENDA,))
    assert one.edition.summary_url == "https://e.org/s"


def test_a_page_without_an_edition_on_the_list_adds_none():
    assert [one.key for one in merged(pages(None, None)).editions] == ["lyon"]


def test_the_call_page_comes_first_and_the_notice_beside_it():
    notice, page = known("open", MAY), known("closed", JUNE)
    (one,) = merged(pages(notice, page)).calls
    assert (one.call.status, one.call.cutoffs, one.conflicting_notice) == ("closed", (JUNE,), notice.call)


def test_silence_is_no_contradiction():
    (one,) = merged(pages(known("open", MAY), known("open", years=()))).calls
    assert (one.call.cutoffs, one.call.hosting_years, one.conflicting_notice) == ((MAY,), (2024,), None)
    assert not disagree(known("open", MAY, JUNE).call, known("open", MAY).call)
    assert disagree(known("open", MAY).call, known("open", JUNE).call)


def test_one_that_is_gone_leaves_the_other():
    earlier = replace(known("closed", gone="delisted"), first_seen_at=NOW - timedelta(days=9))
    (one,) = merged(pages(earlier, known("open", JUNE))).calls
    assert (one.call.status, one.gone, one.first_seen_at) == ("open", None, NOW - timedelta(days=9))
    (one,) = merged(pages(known("open", MAY), known("open", gone="withdrawn"))).calls
    assert (one.call.cutoffs, one.gone) == ((MAY,), None)


def test_a_call_that_only_its_own_page_knows():
    assert [one.key for one in merged(pages(None, known())).calls] == ["call-2024"]
