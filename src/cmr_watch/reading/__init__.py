"""The reading engine: from a page's bytes to a Snapshot, and the evidence for it. Pure; no errors but ParseError.

The way of a page, one module after the other; each imports only those before it:

    phrases      the phrases of the pages, by concept: data alone
    lexicon      the vocabulary, ready for lookup
    tokens       scan(text) → Text: tokens with letters, cues with concepts; one scan for each line
    headings     what the words of a heading mean: a section, a year, a state, other people's content
    panels       headings that stand apart from what they head, moved in front of it
    document     bytes → tree → candidates for the article → nodes; the door of lxml
    lines        a line as a reader sees it; `line.scan` is its Text
    outline      nodes → lines, each under its headings
    links        an entry's links → the edition's page, its summary
    evidence     field → line, span, rule
    dates        Text → dates: tokens become a shape, a table says what it means
    parts        Text, dates → what stands between commas, brackets and dashes
    places       parts → places
    clauses      sentences, subject_of, relation_of: what a day or a link is about
    instants     a day, a time and a zone → an instant
    cutoffs      days with subject and relation → cut-offs
    entries      a line of the list → an edition, a place, a date
    call_state   announced, open or closed; apply_link: which link leads to where one applies
    notices      lines → call notices; notice_calls: the calls that they tell of
    sections     lines → the section that each stands in
    records      lines that belong together; listed_edition: what is known of an edition while they are read
    doubts       what could not be read for certain
    initiative   the list of editions

and for the pages of the call and of an edition:

    tables       labels: the heads of rows and columns, a `dt`
    article      the page's own title and lines
    page_calls   of several calls the one that counts, and its own lines
    schedule     all lines of the call's page → its cut-offs
    application  the page's own forms, whom to ask, what to submit
    home         an edition page's sentences, and which speak of another edition
    venue        the place where it meets; edition_place, edition_days: the town and the days
    materials    what its links lead to; registration: how to register, until when
    call         the call's page
    edition      an edition's own page
"""

from __future__ import annotations

from typing import NamedTuple

from cmr_watch.models import Evidence, PageKind, Snapshot
from cmr_watch.reading.document import open_document
from cmr_watch.reading.initiative import read_initiative

__all__ = ["Reading", "read"]


class Reading(NamedTuple):
    """What a page says, and where it says so."""

    snapshot: Snapshot
    evidence: Evidence


def read(kind: PageKind, content: bytes, charset: str | None = None, url: str | None = None) -> Reading:
    """What a page of a kind says.

    `charset` is the header's; `url` the page's own address, where it is known: relative links are resolved against it,
    those of the initiative page on the platform itself against its canonical address. ParseError if it is no page, or
    beyond a limit.
    """
    document = open_document(content, charset)
    if kind == "initiative":
        return Reading(*read_initiative(document, url))
    # loaded only for the pages that are asked for more rarely
    if kind == "call":
        from cmr_watch.reading.call import read_call

        return Reading(*read_call(document, url))
    from cmr_watch.reading.edition import read_edition

    return Reading(*read_edition(document, url))
