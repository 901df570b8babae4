"""The pages of changes and of the status on the sample database: well formed, and linked with each other."""

from __future__ import annotations

import re

from tests.web.public.reader import Reader


def test_the_list_of_the_sample(reader: Reader) -> None:
    page = reader.page("/changes")
    assert page.title.startswith("Changes – ")
    assert [level for level, _text in page.headings[:2]] == [1, 2]
    assert page.headings[1][1] == "Saturday 28 November 2026, 10:12"
    assert page.headings[2][1].startswith("Call for hosts 2027–2028: cut-off moved from 18 December 2026")
    assert "18 December 2026 at 18:00 (Brussels time)" in page.text


def test_every_change_of_the_sample_has_its_line_marked(reader: Reader) -> None:
    newest = int(reader.get("/changes").text.split('<a href="/changes/')[1].split('"')[0])
    for number in range(1, newest + 1):
        page = reader.page(f"/changes/{number}")
        html = reader.get(f"/changes/{number}").text
        [start] = re.findall(r'href="#(line-\d+)"', html)
        assert f'<li id="{start}"><mark>' in html
        assert "marked. Jump to" in page.text
        about = [href for href, text in page.links if text.startswith("Everything about this")]
        assert reader.get(about[0]).status_code == 200


def test_going_from_change_to_change_visits_all_of_them(reader: Reader) -> None:
    path, seen = "/changes/1", []
    while path:
        seen.append(path)
        path = {text: href for href, text in reader.page(path).links}.get("Later change, of any kind", "")
    assert sorted(seen) == sorted({f"/changes/{number}" for number in range(1, len(seen) + 1)})
    assert len(seen) > 20


def test_what_changed_since_a_mail(reader: Reader) -> None:
    page = reader.page("/changes?after=c20")
    assert page.title.startswith("What changed since the mail")
    assert len([href for href, _text in page.links if re.fullmatch(r"/changes/\d+", href)]) >= 3
    assert "Nothing has changed since then" in reader.page("/changes?after=c999").text


def test_the_filter_of_the_list(reader: Reader) -> None:
    page = reader.page("/changes?topic=calls&country=&since=2026-09-01")
    numbers = [href for href, _text in page.links if re.fullmatch(r"/changes/\d+", href)]
    assert len(numbers) == 2
    assert ("/changes", "Show all changes") in page.links


def test_the_status_of_the_sample(reader: Reader) -> None:
    page = reader.page("/status")
    assert "The page was read on 88 of 90 days." in page.text
    assert re.search("7–8 September 2026 ?Not read. ?The platform’s page could not be fetched.", page.text)
    days = {day["day"]: day["state"] for day in reader.get("/status.json").json()["days"]}
    assert {day for day, state in days.items() if state != "good"} == {"2026-09-07", "2026-09-08"}
