"""A small site for a test: a list of editions that links to a call page and to edition pages."""

from __future__ import annotations

from tests.cli.conftest import Installation

CALL = "/content/call?page=1&token=sesame"
"""The path of the call page; its query must not appear in messages."""
OPEN = "The call to host Clusters meet Regions events in 2027 is open."
CUTOFFS = ("31 May 2099 – 18:00 (Brussels time)", "30 September 2099 – 18:00 (Brussels time)")


def html(*elements: str) -> bytes:
    return f"<!DOCTYPE html><html><body><article>{''.join(elements)}</article></body></html>".encode()


def call_page(*cutoffs: str, status: str = OPEN) -> bytes:
    body = "".join(f"<p>{text}</p>" for text in (status, "Cut-off dates:", *cutoffs))
    return html("<h1>Call for expression of interest</h1>", body)


def edition_path(city: str) -> str:
    return f"/content/clusters-meet-regions-{city.lower()}"


def edition_page(city: str, days: str = "12-13 October 2099", *said: str) -> bytes:
    texts = (f"The workshop takes place on {days} in {city}, France.", *said)
    return html(f"<h1>Clusters meet Regions – {city}, France</h1>", *(f"<p>{text}</p>" for text in texts))


def list_page(watch: Installation, *cities: str, call: bool = True) -> bytes:
    """A list with these upcoming editions, linked to their own pages, and a notice that links to the call page."""
    call_url = watch.site.url(CALL).replace("&", "&amp;")
    notice = f'<p>{OPEN} <a href="{call_url}">Read the call</a></p>' if call else ""
    items = [
        f'<li><a href="{watch.site.url(edition_path(city))}">{city}, France</a> – 12-13 October 2099</li>'
        for city in cities
    ]
    past = "<li>Malaga, Spain – 16-17 February 2022</li>"
    return html(
        f"<h1>Clusters meet Regions</h1>{notice}<h2>Upcoming editions</h2><ul>{''.join(items)}</ul>",
        f"<h2>Previous editions</h2><ul>{past}</ul>",
    )


def serve(watch: Installation, *cities: str) -> None:
    """Serve the list, the call page with two cut-offs, and a page for each edition."""
    watch.serve(list_page(watch, *cities))
    watch.site.page(CALL, call_page(*CUTOFFS))
    for city in cities:
        watch.site.page(edition_path(city), edition_page(city))
