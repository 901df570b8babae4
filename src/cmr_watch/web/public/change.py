"""A change with its evidence: the facts, the page's words, and the stored pages with and before it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from cmr_watch.clock import BRUSSELS
from cmr_watch.models.readings import CallNotice, Known, RecordedChange
from cmr_watch.notify.relevance import topic_of
from cmr_watch.render.headlines import headline
from cmr_watch.render.i18n import N_, _, local_path
from cmr_watch.render.sanitize import safe_link, safe_mail_link
from cmr_watch.serialization import change_to_dict, instant
from cmr_watch.store.public import ChangeFilter, Position, Sources
from cmr_watch.store.snapshots import StoredSnapshot
from cmr_watch.web.public.change_facts import FactRow, fact_rows
from cmr_watch.web.public.change_lines import ChangeLine, change_lines, known_by_key
from cmr_watch.web.public.changes import parse_id
from cmr_watch.web.public.json_reply import json_reply
from cmr_watch.web.public.quotes import Quote, day_of, quotes, still_says
from cmr_watch.web.public.rendering import page
from cmr_watch.web.public.stored_page import StoredPage, page_before, source_of, stored_page
from cmr_watch.web.public.views import NotFound, Reply, SiteFacts, Visit
from cmr_watch.web.public.words import freshness

_KICKERS: Final = {"calls": N_("Call for hosts"), "editions": N_("Edition"), "materials": N_("Materials")}
MAX_OWN: Final = 100
"""Changes of one edition or call; no real one has had more than a dozen."""
_CHARSET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_DOWNLOAD_HEADERS: Final = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


@dataclass(frozen=True, slots=True)
class Around:
    """Other changes.

    - `earlier`, `later`: the IDs of the neighbours in the list of all changes.
    - `own_earlier`, `own_later`: the neighbours among the changes of the same edition or call.
    """

    earlier: int | None = None
    later: int | None = None
    own_earlier: ChangeLine | None = None
    own_later: ChangeLine | None = None


@dataclass(frozen=True, slots=True)
class ChangePage:
    """A change, for its page.

    - `is_new`: nothing was known before of what it is about, so that there is nothing to compare with.
    - `page_url`: the page on which it was read; empty if its address is not safe to link to.
    - `stored`: the page with the change, or the last one that had what is gone. `before`: the page before it.
    - `about_path`: everything about the edition or call; `is_call` says which.
    - `misread_url`: a mail to the operator; empty if there is no contact.
    """

    id: int
    is_new: bool
    kicker: str
    sentence: str
    read_at: datetime
    page_url: str
    facts: tuple[FactRow, ...]
    quotes: tuple[Quote, ...]
    stored: StoredPage
    before: StoredPage | None
    around: Around
    about_path: str
    is_call: bool
    misread_url: str

    @property
    def path(self) -> str:
        """This page."""
        return f"/changes/{self.id}"


def change(visit: Visit) -> Reply:
    """The page of a change."""
    return page(visit, "change.html", change=_change_page(visit))


def change_json(visit: Visit) -> Reply:
    """The same as data."""
    recorded = _recorded(visit)
    return json_reply(change_data(recorded, _change_page(visit), visit.site))


def change_source(visit: Visit) -> Reply:
    """The bytes of the stored page, which nothing may execute."""
    recorded = _recorded(visit)
    return _download(source_of(visit.store.sources(recorded), recorded.change.after), recorded.id, "")


def change_source_before(visit: Visit) -> Reply:
    """The bytes of the page before the change."""
    recorded = _recorded(visit)
    return _download(visit.store.sources(recorded).before, recorded.id, "-before")


def _download(source: StoredSnapshot | None, change_id: int, suffix: str) -> Reply:
    if source is None:
        raise NotFound(_("This page is no longer stored."), (f"/changes/{change_id}", _("See the change")))
    name = f"cmr-watch-change-{change_id}{suffix}.html.txt"
    headers = {**_DOWNLOAD_HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Reply(source.fetched.content, _text_type(source), headers=headers)


def change_page(
    recorded: RecordedChange,
    sources: Sources,
    around: Around,
    known: Known,
    site: SiteFacts,
    *,
    is_current: bool = True,
) -> ChangePage:
    """What the page of a change shows. `is_current`: whether what is known was read lately."""
    one, side = recorded.change, recorded.change.after or recorded.change.before
    assert side is not None, "a change has at least one side"
    current = known_by_key(known).get(one.key)
    sentence = headline(recorded, current, BRUSSELS).sentence
    rows, is_call = fact_rows(one), isinstance(side, CallNotice)
    return ChangePage(
        id=recorded.id,
        is_new=one.before is None,
        kicker=_(_KICKERS[topic_of(one.kind) or "editions"]),
        sentence=sentence,
        read_at=recorded.read_at,
        page_url=safe_link(recorded.page_url) or "",
        facts=rows,
        quotes=quotes(one, day="" if is_current and still_says(one, current) else day_of(recorded)),
        stored=stored_page(source_of(sources, one.after), side, rows, is_gone=one.after is None),
        before=page_before(sources.before, one.before, rows) if one.after else None,
        around=around,
        about_path=f"/{'calls' if is_call else 'editions'}/{quote(one.key, safe='')}",
        is_call=is_call,
        misread_url=misread_url(site, recorded.id, sentence),
    )


def misread_url(site: SiteFacts, change_id: int, sentence: str) -> str:
    """A mail to the operator that names the change; empty if there is no contact."""
    address = safe_mail_link(site.contact)
    if not address:
        return ""
    subject = _("We misread change {number}").format(number=change_id)
    lines = (
        _("This change was not read correctly:"),
        f"{sentence}\n{site.url}{local_path(f'/changes/{change_id}')}",
        _("The page says instead:"),
        "",
    )
    text = "\n\n".join(lines).replace("\n", "\r\n")  # RFC 6068 §5: lines end in %0D%0A
    return f"{address}?subject={quote(subject, safe='')}&body={quote(text, safe='')}"


def change_data(recorded: RecordedChange, made: ChangePage, site: SiteFacts) -> dict[str, Any]:
    """A change as JSON."""
    return {
        "id": recorded.id,
        "topic": topic_of(recorded.change.kind),
        **change_to_dict(recorded.change, made.sentence),
        "read_at": instant(recorded.read_at),
        "page_url": recorded.page_url,
        "url": f"{site.url}{made.path}",
        "quotes": [{"label": one.label, "is_after": one.is_after, "text": one.text} for one in made.quotes],
        "facts": [{"fact": row.label, "before": row.before or None, "after": row.after or None} for row in made.facts],
        "source": _source_data(made.stored, f"{site.url}{made.path}/page"),
        "source_before": _source_data(made.before, f"{site.url}{made.path}/before") if made.before else None,
    }


def _source_data(stored: StoredPage, download: str) -> dict[str, Any]:
    return {
        "sha256": stored.sha256 or None,
        "read_at": instant(stored.read_at) if stored.read_at else None,
        "download": download if stored.sha256 else None,
        "lines": [{"number": one.number, "text": one.text, "facts": one.facts} for one in stored.marked],
        "note": stored.note or None,
    }


def _change_page(visit: Visit) -> ChangePage:
    recorded, store, overview = _recorded(visit), visit.store, visit.overview
    is_current = not freshness(overview.read_at, visit.now, visit.site.check_interval).is_old
    return change_page(
        recorded, store.sources(recorded), _around(visit, recorded), overview.known, visit.site, is_current=is_current
    )


def _around(visit: Visit, recorded: RecordedChange) -> Around:
    own = change_lines(
        visit.store.changes(ChangeFilter(keys=(recorded.change.key,)), MAX_OWN), visit.overview.known
    )  # newest first
    here = next((number for number, line in enumerate(own) if line.id == recorded.id), None)
    earlier, later = visit.store.neighbours(Position(recorded.read_at, recorded.id))
    if here is None:
        return Around(earlier, later)
    return Around(earlier, later, next(iter(own[here + 1 :]), None), own[here - 1] if here else None)


def _recorded(visit: Visit) -> RecordedChange:
    change_id = parse_id(visit.parameters["id"])
    found = visit.store.change(change_id) if change_id is not None else None
    if found is None:
        raise NotFound(_("There is no change with this number."), ("/changes", _("See all changes")))
    return found


def _text_type(source: StoredSnapshot) -> str:
    """As plain text, in the charset that the page was sent with."""
    charset = source.fetched.charset or ""
    return f"text/plain; charset={charset}" if _CHARSET.fullmatch(charset) else "text/plain"
