"""The changes between two pages, in the notation of tests/monitor/small.py."""

from __future__ import annotations

import pytest

from tests.monitor.small import changes_between

LYON = "Lyon, France – 12-13 October 2023"
PRAGUE = "Prague, Czechia – 23-24 October 2023"
CALL = "! The call for hosts of events in 2024 is open. [Apply](/content/a-call)"
SUMMARY = "[Read the event summary](/summary)"

CHANGED = [
    # seen for the first time
    ("announced", "", f"> {LYON}", "announced lyon-fr-2023-10"),
    ("announced, two", "", f"> {LYON} ;; > {PRAGUE}", "announced lyon-fr-2023-10, announced prague-cz-2023-10"),
    ("announced, save the date", "", f"> {LYON} SAVE THE DATE!", "announced lyon-fr-2023-10"),
    ("announced, cancelled", "", f"> {LYON} – CANCELLED", "announced lyon-fr-2023-10"),
    ("announced, month", "", "> Lyon, France – October 2023", "announced lyon-fr-2023-10"),
    ("announced, no date", "", "> Lyon, France – date tbc", "announced lyon-fr"),
    ("announced, no country", "", "> Lyon – 12-13 October 2023", "announced lyon-2023-10"),
    ("announced, online", "", "> Online – 12-13 October 2023", "announced online-2023-10"),
    ("listed", "", f"< {LYON}", "listed lyon-fr-2023-10"),
    ("listed, with its summary", "", f"< {LYON} {SUMMARY}", "listed lyon-fr-2023-10"),
    # dates
    ("month to days", "> Lyon, France – October 2023", f"> {LYON}", "dated lyon-fr-2023-10"),
    ("season to days", "> Lyon, France – autumn 2023", f"> {LYON}", "dated lyon-fr-2023-autumn"),
    ("tbc to days", "> Lyon, France – date tbc", f"> {LYON}", "dated lyon-fr"),
    ("days moved", f"> {LYON}", "> Lyon, France – 19-20 October 2023", "rescheduled lyon-fr-2023-10"),
    ("end moved", f"> {LYON}", "> Lyon, France – 12-14 October 2023", "rescheduled lyon-fr-2023-10"),
    ("moved far", f"> {LYON}", "> Lyon, France – 5-6 June 2024", "rescheduled lyon-fr-2023-10"),
    ("became a month", f"> {LYON}", "> Lyon, France – November 2023", "rescheduled lyon-fr-2023-10"),
    ("became unknown", f"> {LYON}", "> Lyon, France – new date tbc", "rescheduled lyon-fr-2023-10"),
    ("new date is a remark", f"> {LYON}", "> Lyon, France – new date: 5-6 June 2024", "rescheduled lyon-fr-2023-10"),
    ("another month", "> Lyon, France – June 2024", "> Lyon, France – July 2024", "updated lyon-fr-2024-06"),
    # place
    (
        "city, same days",
        "> Skåne, Sweden – 15-16 June 2023",
        "> Malmö, Sweden – 15-16 June 2023",
        "relocated skane-se-2023-06",
    ),
    (
        "city, same URL",
        f"> [{LYON}](/content/cmr-9)",
        "> [Nice, France – 12-13 November 2023](/content/cmr-9)",
        "rescheduled lyon-fr-2023-10, relocated lyon-fr-2023-10",
    ),
    (
        "country, same URL",
        f"> [{LYON}](/content/cmr-9)",
        "> [Turin, Italy – 12-13 October 2023](/content/cmr-9)",
        "relocated lyon-fr-2023-10",
    ),
    (
        "past: a correction",
        "< Skåne, Sweden – 15 June 2023",
        "< Malmö, Sweden – 15 June 2023",
        "updated skane-se-2023-06",
    ),
    # status
    ("cancelled", f"> {LYON}", f"> {LYON} – CANCELLED", "cancelled lyon-fr-2023-10"),
    ("cancelled, days removed", f"> {LYON}", "> Lyon, France – CANCELLED", "cancelled lyon-fr-2023-10"),
    ("postponed", f"> {LYON}", f"> {LYON} (postponed)", "postponed lyon-fr-2023-10"),
    ("postponed, days removed", f"> {LYON}", "> Lyon, France – postponed", "postponed lyon-fr-2023-10"),
    ("postponed to a season", f"> {LYON}", "> Lyon, France – postponed to spring 2024", "rescheduled lyon-fr-2023-10"),
    (
        "postponed to days",
        f"> {LYON}",
        "> Lyon, France – postponed to 5-6 June 2024",
        "rescheduled lyon-fr-2023-10",
    ),
    (
        "postponed, then new days",
        f"> {LYON} (postponed)",
        "> Lyon, France – 5-6 June 2024",
        "rescheduled lyon-fr-2023-10",
    ),
    ("postponed without days, then days", "> Lyon, France – postponed", f"> {LYON}", "rescheduled lyon-fr"),
    (
        "postponed, then a month",
        "> Lyon, France – postponed",
        "> Lyon, France – June 2024",
        "rescheduled lyon-fr",
    ),
    ("postponed, then back", f"> {LYON} (postponed)", f"> {LYON}", "reinstated lyon-fr-2023-10"),
    ("cancelled, then back", f"> {LYON} CANCELLED", f"> {LYON}", "reinstated lyon-fr-2023-10"),
    (
        "cancelled, then back on other days",
        f"> {LYON} CANCELLED",
        "> Lyon, France – 19-20 October 2023",
        "reinstated lyon-fr-2023-10, rescheduled lyon-fr-2023-10",
    ),
    ("postponed, then cancelled", f"> {LYON} (postponed)", f"> {LYON} CANCELLED", "cancelled lyon-fr-2023-10"),
    ("cancelled in the past section: a correction", f"< {LYON}", f"< {LYON} – CANCELLED", "updated lyon-fr-2023-10"),
    # removed
    ("withdrawn", f"> {LYON} ;; > {PRAGUE}", f"> {PRAGUE}", "withdrawn lyon-fr-2023-10"),
    ("withdrawn, month", "> Lyon, France – October 2023", "", "withdrawn lyon-fr-2023-10"),
    ("delisted", f"< {LYON} ;; < {PRAGUE}", f"< {PRAGUE}", "delisted lyon-fr-2023-10"),
    ("a cancelled one is removed", f"> {LYON} CANCELLED", "", ""),
    ("a cancelled past one is delisted", f"< {LYON} CANCELLED", "", "delisted lyon-fr-2023-10"),
    # held
    ("held", f"> {LYON}", f"< {LYON}", "held lyon-fr-2023-10"),
    (
        "held, with its summary",
        f"> {LYON}",
        f"< {LYON} {SUMMARY}",
        "held lyon-fr-2023-10, summary_published lyon-fr-2023-10",
    ),
    (
        "held, days corrected",
        f"> {LYON}",
        "< Lyon, France – 12-14 October 2023",
        "held lyon-fr-2023-10, updated lyon-fr-2023-10",
    ),
    (
        "held, days given for the first time",
        "> Lyon, France – October 2023",
        f"< {LYON}",
        "held lyon-fr-2023-10, updated lyon-fr-2023-10",
    ),
    ("held though postponed", f"> {LYON} (postponed)", f"< {LYON}", "held lyon-fr-2023-10"),
    ("held, save the date removed", f"> {LYON} – save the date", f"< {LYON}", "held lyon-fr-2023-10"),
    ("a cancelled one is never held", f"> {LYON} CANCELLED", f"< {LYON}", "updated lyon-fr-2023-10"),
    ("cancelled as it moves to the past section", f"> {LYON}", f"< {LYON} CANCELLED", "cancelled lyon-fr-2023-10"),
    # materials
    ("summary", f"< {LYON}", f"< {LYON} {SUMMARY}", "summary_published lyon-fr-2023-10"),
    ("summary moved", f"< {LYON} {SUMMARY}", f"< {LYON} [Read the event summary](/other)", "updated lyon-fr-2023-10"),
    ("summary removed", f"< {LYON} {SUMMARY}", f"< {LYON}", "updated lyon-fr-2023-10"),
    # recorded only
    (
        "another name of the country",
        "> Prague, Czechia – 23 October 2023",
        "> Prague, Czech Republic – 23 October 2023",
        "updated prague-cz-2023-10",
    ),
    (
        "city misspelt by one slip",
        "> Gdnask, Poland – 23 October 2023",
        "> Gdańsk, Poland – 23 October 2023",
        "updated gdnask-pl-2023-10",
    ),
    (
        "another city with a name nearly the same",
        "> Reims, France – 23 October 2023",
        "> Rennes, France – 23 October 2023",
        "relocated reims-fr-2023-10",
    ),
    (
        "another name of the city",
        "> Cracow, Poland – 11 December 2023",
        "> Kraków, Poland – 11 December 2023",
        "updated cracow-pl-2023-12",
    ),
    (
        "one of two names",
        "> Donostia / San Sebastián, Spain – 5 June 2024",
        "> San Sebastián, Spain – 5 June 2024",
        "updated donostia-san-sebastian-es-2024-06",
    ),
    (
        "region",
        "> Kittilä, Finland – 5 June 2024",
        "> Kittilä, Lapland, Finland – 5 June 2024",
        "updated kittila-fi-2024-06",
    ),
    ("country added", "> Graz – 5 June 2024", "> Graz, Austria – 5 June 2024", "updated graz-2024-06"),
    ("country removed", "> Graz, Austria – 5 June 2024", "> Graz – 5 June 2024", "updated graz-at-2024-06"),
    ("country misspelt", "> Graz, Austira – 5 June 2024", "> Graz, Austria – 5 June 2024", "updated graz-2024-06"),
    ("link", f"> {LYON}", f"> [{LYON}](/content/lyon)", "updated lyon-fr-2023-10"),
    ("save the date removed", f"> {LYON} SAVE THE DATE", f"> {LYON}", "updated lyon-fr-2023-10"),
    ("fully booked", f"> {LYON}", f"> {LYON} – fully booked", "updated lyon-fr-2023-10"),
    ("past days corrected", f"< {LYON}", "< Lyon, France – 12-14 October 2023", "updated lyon-fr-2023-10"),
]

NO_CHANGE = [
    ("dashes and spaces", f"> {LYON}", "> Lyon,  France  -12 – 13 October 2023"),
    ("diacritics", "< Košice, Slovakia – 29 March 2023", "< Kosice, Slovakia – 29 March 2023"),
    ("letter case", f"> {LYON}", f"> {LYON.upper()}"),
    ("date in another format", f"> {LYON}", "> Lyon, France – Thursday 12th to Friday 13th of October 2023"),
    ("order", f"> {LYON} ;; > {PRAGUE}", f"> {PRAGUE} ;; > {LYON}"),
    (
        "www and a trailing slash",
        "> [Lyon, France – 12 May 2024](https://www.clustercollaboration.eu/content/x/)",
        "> [Lyon, France – 12 May 2024](https://clustercollaboration.eu/content/x#top)",
    ),
    ("a theme", f"> {LYON}", f"> {LYON} – Green transition"),
    ("an emoji", f"> {LYON}", f"> 📍 {LYON}"),
    ("a city without a country", "> Graz – 5 June 2024", "> Graz - 5 June 2024"),
    ("a city without a country or a date", "> Graz – date tbc", "> Graz - date tbc"),
    ("online", "> Online – 5 June 2024", "> ONLINE - 5 June 2024"),
    ("no date", "> Lyon, France – date tbc", "> Lyon, France - date tbc"),
    (
        "two editions in one month",
        f"> {LYON} ;; > Lyon, France – 19-20 October 2023",
        f"> Lyon, France – 19-20 October 2023 ;; > {LYON}",
    ),
    ("the same line twice", f"> {LYON}", f"> {LYON} ;; > {LYON}"),
    ("in both sections", f"< {LYON}", f"> {LYON} ;; < {LYON}"),
]

MATCHING = [
    (
        "a past city hosts again",
        f"< {LYON}",
        f"> Lyon, France – 5-6 June 2024 ;; < {LYON}",
        "announced lyon-fr-2024-06",
    ),
    ("soon after", f"< {LYON}", f"> Lyon, France – 1-2 December 2023 ;; < {LYON}", "announced lyon-fr-2023-12"),
    ("in the same month", f"< {LYON}", f"> Lyon, France – 30 October 2023 ;; < {LYON}", "announced lyon-fr-2023-10-2"),
    (
        "soon, and the past one is trimmed",
        f"< {LYON}",
        "> Lyon, France – 1-2 December 2023",
        "announced lyon-fr-2023-12, delisted lyon-fr-2023-10",
    ),
    (
        "at the same URL",
        f"< [{LYON}](/content/lyon)",
        f"> [Lyon, France – 5 June 2024](/content/lyon) ;; < {LYON}",
        "announced lyon-fr-2024-06, updated lyon-fr-2023-10",
    ),
    (
        "while the first is upcoming",
        f"> {LYON}",
        f"> {LYON} ;; > Lyon, France – 20 October 2023",
        "announced lyon-fr-2023-10-2",
    ),
    (
        "as the first is held",
        f"> {LYON}",
        f"> Lyon, France – 5-6 June 2024 ;; < {LYON}",
        "announced lyon-fr-2024-06, held lyon-fr-2023-10",
    ),
    (
        "as the first is held, soon",
        f"> {LYON}",
        f"> Lyon, France – 1 December 2023 ;; < {LYON}",
        "announced lyon-fr-2023-12, held lyon-fr-2023-10",
    ),
    (
        "the nearer one moved",
        "> Lyon, France – 1 March 2024 ;; > Lyon, France – 1 July 2024",
        "> Lyon, France – 8 July 2024 ;; > Lyon, France – 1 March 2024",
        "rescheduled lyon-fr-2024-07",
    ),
    ("two past ones of one city", f"< {LYON} ;; < Lyon, France – 3 May 2022", f"< {LYON}", "delisted lyon-fr-2022-05"),
    (
        "an older one is added",
        f"< {LYON}",
        f"< {LYON} ;; < Lyon, France – 3 May 2022",
        "listed lyon-fr-2022-05",
    ),
    (
        "cities with the same name",
        "> Valencia, Spain – 5 June 2024",
        "> Valencia, Spain – 5 June 2024 ;; > Valencia, Venezuela – 5 June 2024",
        "announced valencia-ve-2024-06",
    ),
    (
        "61 days later, in the past section",
        f"> {LYON}",
        "< Lyon, France – 13 December 2023",
        "listed lyon-fr-2023-12, withdrawn lyon-fr-2023-10",
    ),
    (
        "60 days later, in the past section",
        f"> {LYON}",
        "< Lyon, France – 11-12 December 2023",
        "held lyon-fr-2023-10, updated lyon-fr-2023-10",
    ),
    (
        "same days, two candidates",
        "> Skåne, Sweden – 15 June 2023 ;; > Umeå, Sweden – 15 June 2023",
        "> Malmö, Sweden – 15 June 2023 ;; > Kiruna, Sweden – 15 June 2023",
        "announced malmo-se-2023-06, announced kiruna-se-2023-06, "
        "withdrawn skane-se-2023-06, withdrawn umea-se-2023-06",
    ),
    (
        "same country, other days",
        f"> {LYON}",
        "> Nice, France – 19 October 2023",
        "announced nice-fr-2023-10, withdrawn lyon-fr-2023-10",
    ),
    (
        "same days, other country",
        f"> {LYON}",
        "> Turin, Italy – 12-13 October 2023",
        "announced turin-it-2023-10, withdrawn lyon-fr-2023-10",
    ),
    ("no dates, other city", "> Lyon, France – tbc", "> Nice, France – tbc", "announced nice-fr, withdrawn lyon-fr"),
    (
        "the URL of the list",
        f"> [{LYON}](/events/organised-by-eccp/clusters-meet-regions?x=1)",
        "> [Turin, Italy – 5 May 2023](/events/organised-by-eccp/clusters-meet-regions?x=1)",
        "announced turin-it-2023-05, withdrawn lyon-fr-2023-10",
    ),
    (
        "the URL of the call",
        f"{CALL} ;; > [{LYON}](/content/a-call)",
        f"{CALL} ;; > [Turin, Italy – 5 May 2023](/content/a-call)",
        "announced turin-it-2023-05, withdrawn lyon-fr-2023-10",
    ),
    (
        "a URL that occurs twice",
        f"> [{LYON}](/content/x) ;; > [{PRAGUE}](/content/x)",
        f"> [Turin, Italy – 5 May 2023](/content/x) ;; > [{PRAGUE}](/content/x)",
        "announced turin-it-2023-05, withdrawn lyon-fr-2023-10",
    ),
    (
        "same URL, but neither year nor city",
        f"> [{LYON}](/content/x)",
        "> [Turin, Italy – 5 May 2024](/content/x)",
        "announced turin-it-2024-05, withdrawn lyon-fr-2023-10",
    ),
    (
        "rule 1 before rule 2",
        f"> [{LYON}](/content/x) ;; > [{PRAGUE}](/content/y)",
        f"> [{LYON}](/content/y) ;; > [{PRAGUE}](/content/x)",
        "updated lyon-fr-2023-10, updated prague-cz-2023-10",
    ),
]

ON_A_DAY = [
    ("2023-10-13", "", f"> {LYON}", "announced lyon-fr-2023-10"),
    ("2023-10-14", "", f"> {LYON}", "listed lyon-fr-2023-10"),
    ("2023-11-30", "", "> Lyon, France – November 2023", "announced lyon-fr-2023-11"),
    ("2023-10-13", f"> {LYON}", "", "withdrawn lyon-fr-2023-10"),
    ("2023-10-14", f"> {LYON}", "", ""),
    ("2023-10-14", f"> {LYON}", "> Lyon, France – 20 October 2023", "rescheduled lyon-fr-2023-10"),
    ("2023-10-14", f"> {LYON}", "> Lyon, France – 9-10 October 2023", "updated lyon-fr-2023-10"),
    ("2023-10-14", f"> {LYON}", "> Lyon, France – 5 June 2024", "announced lyon-fr-2024-06"),
    ("2023-10-11", f"> {LYON}", "> Lyon, France – 5 June 2024", "rescheduled lyon-fr-2023-10"),
    ("2023-10-14", f"> {LYON}", f"> {LYON} CANCELLED", "cancelled lyon-fr-2023-10"),
    ("2023-10-14", f"> {LYON}", f"< {LYON}", "held lyon-fr-2023-10"),
    (
        "2023-06-17",
        "> Skåne, Sweden – 15-16 June 2023",
        "> Malmö, Sweden – 15-16 June 2023",
        "updated skane-se-2023-06",
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), [row[1:] for row in CHANGED], ids=[row[0] for row in CHANGED])
def test_change_kinds(old: str, new: str, expected: str) -> None:
    assert changes_between(old, new) == expected


@pytest.mark.parametrize(("old", "new"), [row[1:] for row in NO_CHANGE], ids=[row[0] for row in NO_CHANGE])
def test_no_change(old: str, new: str) -> None:
    assert (
        changes_between(old, old)
        == changes_between(new, new)
        == changes_between(old, new)
        == changes_between(new, old)
        == ""
    )


@pytest.mark.parametrize(("old", "new", "expected"), [row[1:] for row in MATCHING], ids=[row[0] for row in MATCHING])
def test_matching(old: str, new: str, expected: str) -> None:
    assert changes_between(old, new) == expected


@pytest.mark.parametrize(("at", "old", "new", "expected"), ON_A_DAY)
def test_change_kinds_on_a_day(at: str, old: str, new: str, expected: str) -> None:
    assert changes_between(old, new, at) == expected


@pytest.mark.parametrize("page", sorted({side for row in (*CHANGED, *MATCHING) for side in row[1:3]}))
def test_a_page_compared_with_itself_has_no_changes(page: str) -> None:
    assert changes_between(page, page) == changes_between(page, page, "2023-10-14") == ""
