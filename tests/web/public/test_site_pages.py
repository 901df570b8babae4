"""What all pages have in common, and the pages about the site itself."""

from __future__ import annotations

import re

import pytest

PAGES = (
    "/",
    "/about",
    "/accessibility",
    "/calendar",
    "/calendar?country=PL&cutoff=call-2027-2028-20261218T1700Z&ask=42&submit=2",
    "/calls",
    "/calls/call-2027-2028",
    "/countries/pl",
    "/countries/is",
    "/editions",
    "/editions/graz-at-2026-11",
    "/editions/heilbronn-de-2027-06",
    "/editions/krakow-pl-2026-12",
    "/letter",
    "/privacy",
)


@pytest.mark.parametrize("path", PAGES)
def test_each_page_is_well_formed_and_says_how_old_it_is(reader, path):
    page = reader.page(path)
    assert page.title.endswith(" – Clusters meet Regions watch")
    read_at = "Saturday 28 November 2026, 10:12 (Brussels time)"  # shown in print
    assert "Read 18 minutes ago from the platform’s own page." in page.text
    assert f"Read on {read_at} from the platform’s own page." in page.text
    assert ("/status", "Read 18 minutes ago") in page.links
    assert page.links[0] == ("#content", "Skip to the content")


@pytest.mark.parametrize(
    "path",
    ["/", "/about", "/accessibility", "/calendar", "/calls", "/countries/pl", "/editions", "/letter", "/privacy"],
)
def test_each_page_is_there_before_the_first_reading(first_reader, path):
    assert first_reader.page(path)


def test_pages_have_no_inline_style_and_nothing_from_elsewhere(reader):
    for path in PAGES:
        html = reader.get(path).text
        assert not re.search(r"\sstyle=|<style|<script|\son[a-z]+=", html)
        assert not re.findall(r'<(?:img|link|source)[^>]+(?:src|href)="(?!/)', html)


def test_an_unknown_address_leads_on(reader):
    page = reader.page("/nothing/here", 404)
    assert page.headings[0] == (1, "Page not found")
    assert ("/", "See what is open and what is next") in page.links


def test_who_runs_the_site_is_named(tmp_path, reader_of):
    reader = reader_of(
        tmp_path / "new.db",
        url="https://watch.example.eu",
        operator="Example & Sons <Agency>",
        postal_address="1 Main Street, Brussels",
        contact="watch@example.eu",
    )
    for path in ("/about", "/privacy"):
        page = reader.page(path)
        assert "Example & Sons <Agency>" in page.text
        assert "1 Main Street, Brussels" in page.text
        assert ("mailto:watch@example.eu", "watch@example.eu") in page.links
    assert '<img src="https://watch.example.eu/badge/next-cutoff.svg"' in reader.page("/about").text
    assert ("mailto:watch@example.eu", "watch@example.eu") in reader.page("/accessibility").links


def test_sources_are_credited(reader):
    links = dict(reader.page("/about").links)
    assert links["https://www.geonames.org/"] == "GeoNames"
    assert links["https://www.naturalearthdata.com/"] == "Natural Earth"


def test_programs_are_told_what_to_leave_alone(reader):
    response = reader.get("/robots.txt")
    assert response.text == "User-agent: *\nDisallow: /api/\n"
    assert response.headers["content-type"] == "text/plain; charset=utf-8"


def test_the_icon_is_a_picture(reader):
    assert reader.get("/favicon.svg").headers["content-type"] == "image/svg+xml"
