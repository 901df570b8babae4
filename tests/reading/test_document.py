"""Documents: charsets, boilerplate, hostile bytes, and the article wherever it is."""

from __future__ import annotations

import random

import pytest

from cmr_watch.exceptions import ParseError
from cmr_watch.models.readings import Snapshot
from cmr_watch.reading.document import MAX_DEPTH
from tests.reading.pages import BURGAS, LYON, article, read_initiative

OURS = f"<h2>Next editions</h2><p>{LYON}</p><h2>Previous editions</h2><p>{BURGAS}</p>"
FOREIGN = "<h2>Upcoming events</h2><ul><li>Ghent, Belgium – 1-2 May 2025</li></ul>"
CARDS = (
    "<h2>Related editions</h2><h3><a href=/x>Clusters Day – Ghent, Belgium – 1-2 May 2025</a></h3>"
    "<p>The call for hosts of events in Ghent is open. Apply now! Deadline: 1 May 2025</p>"
)
COPY = (
    "<h3>Next editions</h3><p>Ghent, Belgium – 1-2 May 2025</p>"
    "<h3>Past editions</h3><p>Ghent, Belgium – 1-2 May 2023</p>"
)
NAMED = [
    "<aside>@</aside>",
    "<footer>@</footer>",
    "<nav>@</nav>",
    "<template>@</template>",
    "<noscript>@</noscript>",
    "<iframe>@</iframe>",
    "<!-- @ -->",
    "<script>@</script>",
    "<title>@</title>",
    "<dialog>@</dialog>",
    "<select><option>@</option></select>",
    '<article class="node--view-mode-teaser">@</article>',
    "<div hidden>@</div>",
    '<div style="DISPLAY : none">@</div>',
    '<div class="visually-hidden">@</div>',
    '<div role="complementary">@</div>',
    '<div class="node--view-mode-teaser teaser">@</div>',
    '<div class="views-element-container">@</div>',
    '<section class="related">@</section>',
    '<div class="region region-sidebar-second">@</div>',
    '<div id="newsletter">@</div>',
    '<div class="eu-cookie-compliance-banner cookie">@</div>',
]
PLAIN = ["<div>@</div>", "<section>@</section>", "<div class='card'>@</div>", "@"]
PAGES = {
    "in the body field": '<main><article><div class="field--name-body">{c}{b}</div></article></main>',
    "before it in the field": '<main><article><div class="x field--name-body y">{b}{c}</div></article></main>',
    "beside the field": '<main><article>{b}<div class="field--name-body">{c}</div>{b}</article></main>',
    "another class": '<main><article class="o-page"><div class="o-text">{c}</div>{b}</article></main>',
    "before the article": "<main>{b}<article><div>{c}</div></article></main>",
    "after the article": "<main><article><div>{c}</div></article>{b}</main>",
    "no article": "<div><div>{b}</div><div>{c}</div><div>{b}</div></div>",
    "flat": "<div>{c}{b}</div>",
    "between the lists": "<main><article>" + OURS.replace("<h2>P", "{b}<h2>P") + "</article></main>",
}


def assert_ours_alone(page: Snapshot) -> None:
    assert [(edition.city, edition.section) for edition in page.editions] == [("Lyon", "upcoming"), ("Burgas", "past")]
    assert page.calls == ()
    assert page.warnings == ()


@pytest.mark.parametrize("place", PAGES)
@pytest.mark.parametrize("content", [FOREIGN, CARDS, COPY], ids=["events", "cards", "copy"])
@pytest.mark.parametrize("box", NAMED)
def test_furniture_never_leaks(box: str, content: str, place: str) -> None:
    body = PAGES[place].replace("{c}", OURS).replace("{b}", box.replace("@", content))

    assert_ours_alone(read_initiative(f"<html><body>{body}</body></html>".encode()))


@pytest.mark.parametrize("place", [place for place in PAGES if place != "before the article"])
@pytest.mark.parametrize("content", [FOREIGN, CARDS], ids=["events", "cards"])
@pytest.mark.parametrize("box", PLAIN)
def test_boxes_without_a_name_are_told_by_their_headings(box: str, content: str, place: str) -> None:
    body = PAGES[place].replace("{c}", OURS).replace("{b}", box.replace("@", content))

    assert_ours_alone(read_initiative(f"<html><body>{body}</body></html>".encode()))


@pytest.mark.parametrize("name", ["page-with-sidebar", "search-result", "social", "views-element-container"])
def test_a_box_that_holds_the_article_is_the_article(name: str) -> None:
    assert_ours_alone(read_initiative(f'<html><body><div class="{name}">{OURS}</div>{FOREIGN}</body></html>'.encode()))


# ── bytes ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("content", [b"", b"  \n", b"\xef\xbb\xbf", b"<!-- x -->", b"<script>", b"\0\0", b"\xff\xfe"])
def test_an_empty_page_says_nothing(content: bytes) -> None:
    page = read_initiative(content)

    assert (page.editions, page.outline.sections, page.outline.complete) == ((), (), False)


@pytest.mark.parametrize(
    "content", [b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", random.Random(1).randbytes(20_000), b'{"a": 1}', b"<"]
)
def test_what_is_no_page_opens_no_section(content: bytes) -> None:
    try:
        page = read_initiative(content)
    except ParseError:
        return
    assert page.outline.sections == ()


def test_a_page_cut_off_is_incomplete() -> None:
    whole = article(OURS)

    assert read_initiative(whole.encode()).outline.complete
    assert not read_initiative(whole.removesuffix("</html>").encode()).outline.complete
    assert not read_initiative(whole.replace("</article>", "<!-- </article>").encode()).outline.complete


@pytest.mark.parametrize("tag", ["div", "span", "font", "ul><li", "table><tr><td"])
def test_bottomless_nesting_is_refused(tag: str) -> None:
    with pytest.raises(ParseError, match=r"nested|tags"):
        read_initiative(article(f"<{tag}>" * 100_000 + OURS).encode())


def test_deep_nesting_is_read_whole() -> None:
    deep = MAX_DEPTH - 10

    assert_ours_alone(read_initiative(article("<div>" * deep + OURS + "</div>" * deep).encode()))


@pytest.mark.parametrize(
    "attributes",
    [" ".join(f"a{n}=1" for n in range(50_000)), " ".join(f"a{n}='>'" for n in range(50_000)), "' " + "b " * 50_000],
    ids=["values", "quoted", "stray quote"],
)
def test_a_crowd_of_attributes_is_refused(attributes: str) -> None:
    with pytest.raises(ParseError, match="attributes"):
        read_initiative(article(f"<p {attributes}>{OURS}").encode())


def test_a_long_attribute_is_read() -> None:
    assert_ours_alone(read_initiative(article(f'<img src="data:image/png;base64,{"A" * 1_000_000}">{OURS}').encode()))
