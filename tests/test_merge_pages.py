"""Merging pages: each edition and call once, with the call page taking precedence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from cmr_watch.merge_pages import KnownPage, is_contradicted, merge_pages
from cmr_watch.models.readings import CallNotice, Cutoff, Edition, Known, KnownCall, KnownEdition, Material, PageRef
from tests.factories import NOW, edition

MAY, JUNE = Cutoff(NOW + timedelta(days=60)), Cutoff(NOW + timedelta(days=90))
AGENDA = Material("agenda", "https://example.org/agenda.pdf")


def pages(notice: KnownCall | None = None, page: KnownCall | None = None, *own: Edition) -> list[KnownPage]:
    listed = Known((KnownEdition("lyon", edition(), NOW),), (notice,) if notice else ())
    return [
        KnownPage(PageRef("own", "edition"), Known(tuple(KnownEdition("lyon", value, NOW) for value in own))),
        KnownPage(PageRef("call", "call"), Known((), (page,) if page else ())),
        KnownPage(PageRef("list", "initiative"), listed),
    ]


def known(status: str = "open", *cutoffs: Cutoff, **values: object) -> KnownCall:
    years = values.pop("years", (2024,))
    return KnownCall("call-2024", CallNotice(status, years, cutoffs), NOW, **values)  # type: ignore[arg-type]


def test_an_edition_gets_the_details_of_its_own_page():
    own = replace(edition("Lugdunum"), venue="Hôtel de Ville", materials=(AGENDA,), summary_url="https://e.org/s")
    (known,) = merge_pages(pages(None, None, own)).editions
    lyon = known.edition
    assert (lyon.city, lyon.venue, lyon.materials) == ("Lyon", "Hôtel de Ville", (AGENDA,))
    assert lyon.summary_url == "https://e.org/s"


def test_the_list_decides_which_editions_exist():
    lyon, oslo = KnownEdition("lyon", edition(), NOW), KnownEdition("oslo", edition("Oslo"), NOW)
    list_page = KnownPage(PageRef("list", "initiative"), Known((lyon,)))
    own_page = KnownPage(PageRef("own", "edition"), Known((oslo,)))
    assert [known.key for known in merge_pages([own_page, list_page]).editions] == ["lyon"]


def test_the_call_page_takes_precedence_and_a_contradicting_notice_is_kept():
    notice, page = known("open", MAY), known("closed", JUNE)
    (call,) = merge_pages(pages(notice, page)).calls
    assert (call.call.status, call.call.cutoffs, call.conflicting_notice) == ("closed", (JUNE,), notice.call)


def test_missing_values_contradict_nothing():
    (call,) = merge_pages(pages(known("open", MAY), known("open", years=()))).calls
    assert (call.call.cutoffs, call.call.hosting_years, call.conflicting_notice) == ((MAY,), (2024,), None)
    assert not is_contradicted(known("open", MAY, JUNE).call, known("open", MAY).call)
    assert is_contradicted(known("open", MAY).call, known("open", JUNE).call)


def test_a_removed_call_does_not_hide_the_other_page():
    earlier = replace(known("closed", gone="delisted"), first_seen_at=NOW - timedelta(days=9))
    (call,) = merge_pages(pages(earlier, known("open", JUNE))).calls
    assert (call.call.status, call.gone, call.first_seen_at) == ("open", None, NOW - timedelta(days=9))
    (call,) = merge_pages(pages(known("open", MAY), known("open", gone="withdrawn"))).calls
    assert (call.call.cutoffs, call.gone) == ((MAY,), None)


def test_a_call_that_only_the_call_page_has():
    assert [call.key for call in merge_pages(pages(None, known())).calls] == ["call-2024"]
