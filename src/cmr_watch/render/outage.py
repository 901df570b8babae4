"""Notices that the page cannot be read, and that it can be read again. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from cmr_watch.models.recipients import OutageNotice
from cmr_watch.render.datetimes import day_words, local_time
from cmr_watch.render.i18n import _
from cmr_watch.render.message_parts import PAGE_NAME, Item, Link, safe_links


def outage_subject(outage: OutageNotice, source_url: str, zone: ZoneInfo) -> str:
    """`No updates since 2 December 2023: the page cannot be read`, `The page can be read again`."""
    is_list = outage.page_url == source_url
    if outage.phase == "ended":
        return _("The page can be read again") if is_list else _("The call page can be read again")
    text = _("No updates since {day}: the page cannot be read")
    if not is_list:
        text = _("No updates on the call since {day}: its page cannot be read")
    return text.format(day=day_words(outage.since.astimezone(zone).date()))


def outage_brief(outage: OutageNotice, source_url: str) -> str:
    """For a message in which something else comes first."""
    if outage.page_url == source_url:
        return _("the page cannot be read") if outage.phase == "opened" else _("the page can be read again")
    return _("the call page cannot be read") if outage.phase == "opened" else _("the call page can be read again")


def outage_items(outages: Sequence[OutageNotice], source_url: str, zone: ZoneInfo) -> list[Item]:
    """One item for the pages that cannot be read, and one for those that can be read again; the list comes first."""
    ordered = sorted(outages, key=lambda outage: outage.page_url != source_url)
    by_phase = [[outage for outage in ordered if outage.phase == phase] for phase in ("opened", "ended")]
    return [_item(same_phase, source_url, zone) for same_phase in by_phase if same_phase]


def _item(outages: Sequence[OutageNotice], source_url: str, zone: ZoneInfo) -> Item:
    """Since when pages cannot be read, and what to do about it; or that they can be read again."""
    has_list = outages[0].page_url == source_url
    labels = [_("View the page") if one.page_url == source_url else _("View the call page") for one in outages]
    links = safe_links(*zip(labels, (outage.page_url for outage in outages), strict=True))
    if outages[0].phase == "ended":
        return _ended(_pages(outages, _(" and "), source_url, zone), has_list, links)
    text = _(
        "We have not been able to read {pages}, so you may miss changes. Until this is resolved, check the page"
        " yourself. Your subscription continues, and we will notify you when this works again."
    )
    return Item(
        _("We cannot read the page at the moment") if has_list else _("We cannot read the call page at the moment"),
        kicker=_("No updates") if has_list else _("No updates on the call"),
        tone="negative",
        text=text.format(pages=_pages(outages, _(" or "), source_url, zone)),
        links=links,
    )


def _ended(pages: str, has_list: bool, links: tuple[Link, ...]) -> Item:
    text = _(
        "We had not been able to read {pages}. If anything changed in the meantime, you are notified of it in this"
        " message or in one that follows."
    )
    return Item(
        _("The page can be read again") if has_list else _("The call page can be read again"),
        kicker=_("Resolved"),
        tone="positive",
        text=text.format(pages=pages),
        links=links,
    )


def _pages(outages: Sequence[OutageNotice], joint: str, source_url: str, zone: ZoneInfo) -> str:
    """`the page since 2 December, 09:00`; a time that is the same for both pages is given once."""
    names = [_name(outage, source_url) for outage in outages]
    since = [local_time(outage.since, zone) for outage in outages]
    text = _("{page} since {since}")
    if len(set(since)) == 1:
        return text.format(page=joint.join(names), since=since[0])
    return joint.join(text.format(page=name, since=at) for name, at in zip(names, since, strict=True))


def _name(outage: OutageNotice, source_url: str) -> str:
    if outage.page_url == source_url:
        return _("the {page}").format(page=_(PAGE_NAME))
    return _("the page about the call for hosts")
