"""Notices that the page cannot be read, and that it can be read again. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from cmr_watch.models.recipients import OutageNotice
from cmr_watch.render.datetimes import day_words, local_time
from cmr_watch.render.i18n import _
from cmr_watch.render.message_parts import Item, Link, safe_links


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
    since = tuple(dict.fromkeys(local_time(outage.since, zone) for outage in outages))
    if outages[0].phase == "ended":
        return _ended(_could_not(len(outages), since, has_list), has_list, links)
    advice = _(
        "Until this is resolved, check the page yourself. Your subscription continues, and we will notify you when this"
        " works again."
    )
    return Item(
        _("We cannot read the page at the moment") if has_list else _("We cannot read the call page at the moment"),
        kicker=_("No updates") if has_list else _("No updates on the call"),
        tone="negative",
        text=f"{_cannot(len(outages), since, has_list)} {advice}",
        links=links,
    )


def _ended(text: str, has_list: bool, links: tuple[Link, ...]) -> Item:
    rest = _("If anything changed in the meantime, you are notified of it in this message or in one that follows.")
    return Item(
        _("The page can be read again") if has_list else _("The call page can be read again"),
        kicker=_("Resolved"),
        tone="positive",
        text=f"{text} {rest}",
        links=links,
    )


def _cannot(number: int, since: tuple[str, ...], has_list: bool) -> str:
    """Which pages cannot be read, since when; a time that is the same for both is given once."""
    text = _("We have not been able to read the page about the call for hosts since {since}, so you may miss changes.")
    if has_list:
        text = _(
            "We have not been able to read the “Clusters meet Regions” page since {since}, so you may miss changes."
        )
    if number > 1:
        text = _(
            "We have not been able to read the “Clusters meet Regions” page or the page about the call for hosts since"
            " {since}, so you may miss changes."
        )
    if len(since) > 1:
        text = _(
            "We have not been able to read the “Clusters meet Regions” page since {since} or the page about the call"
            " for hosts since {other}, so you may miss changes."
        )
    return text.format(since=since[0], other=since[-1])


def _could_not(number: int, since: tuple[str, ...], has_list: bool) -> str:
    """Which pages can be read again, and since when they could not."""
    text = _("We had not been able to read the page about the call for hosts since {since}.")
    if has_list:
        text = _("We had not been able to read the “Clusters meet Regions” page since {since}.")
    if number > 1:
        text = _(
            "We had not been able to read the “Clusters meet Regions” page and the page about the call for hosts since"
            " {since}."
        )
    if len(since) > 1:
        text = _(
            "We had not been able to read the “Clusters meet Regions” page since {since} and the page about the call"
            " for hosts since {other}."
        )
    return text.format(since=since[0], other=since[-1])
