"""Notices that the page cannot be read, and that it can be read again. Pure."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from cmr_watch.models import OutageNotice
from cmr_watch.render.datetimes import day_words, local_time
from cmr_watch.render.i18n import _
from cmr_watch.render.message_parts import PAGE_NAME, Item, safe_links


def outage_subject(outage: OutageNotice, zone: ZoneInfo) -> str:
    """`The page cannot be read since 2 December 2023`, `The page can be read again`."""
    if outage.phase == "ended":
        return _("The page can be read again")
    day = day_words(outage.since.astimezone(zone).date())
    return _("No updates since {day}: the page cannot be read").format(day=day)


def outage_brief(outage: OutageNotice) -> str:
    """For a message in which something else comes first."""
    return _("the page cannot be read") if outage.phase == "opened" else _("the page can be read again")


def outage_item(outage: OutageNotice, source_url: str, zone: ZoneInfo) -> Item:
    """Since when the page cannot be read, and what to do about it; or that it can be read again."""
    page = _(PAGE_NAME) if outage.page_url == source_url else _("page about the call for hosts")
    since = local_time(outage.since, zone)
    link = next(iter(safe_links((_("View the page"), outage.page_url))), None)
    if outage.phase == "ended":
        text = _(
            "We can read the {page} again. We had not been able to read it since {since}. If it changed in the"
            " meantime, you will be notified as usual."
        )
        return Item(
            _("The page can be read again"),
            kicker=_("Resolved"),
            tone="positive",
            text=text.format(page=page, since=since),
            links=(link,) if link else (),
        )
    text = _(
        "We have not been able to read the {page} since {since}, so you may miss changes. Until this is resolved, check"
        " the page yourself. Your subscription continues, and we will notify you when the page can be read again."
    )
    return Item(
        _("We cannot read the page at the moment"),
        kicker=_("No updates"),
        tone="negative",
        text=text.format(page=page, since=since),
        button=link,
    )
