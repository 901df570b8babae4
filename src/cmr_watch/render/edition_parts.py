"""What a message says about an edition: its facts and its links. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from cmr_watch.models.readings import Change, ChangeKind, Edition, Material
from cmr_watch.render.datetimes import day_words
from cmr_watch.render.i18n import N_, _
from cmr_watch.render.message_parts import Fact, Link, facts, safe_links
from cmr_watch.render.sanitize import clean
from cmr_watch.render.sentences import days, place

MAX_MATERIALS: Final = 8
MAX_TITLE: Final = 80

STATUSES: Final = {
    "save_the_date": N_("save the date"),
    "postponed": N_("postponed"),
    "cancelled": N_("cancelled"),
}
_MATERIAL_LABELS: Final = {
    "agenda": N_("Agenda"),
    "booklet": N_("Booklet"),
    "paper": N_("Paper"),
    "summary": N_("Summary"),
    "proceedings": N_("Proceedings"),
    "photos": N_("Photos"),
    "slides": N_("Slides"),
    "recording": N_("Recording"),
}


def edition_facts(edition: Edition) -> tuple[Fact, ...]:
    """Status, dates, place, venue, and until when to register."""
    closes_on = edition.registration_closes_on if _can_register(edition) else None
    return facts(
        (_("Status"), _(STATUSES[edition.status]) if edition.status in STATUSES else None),
        (_("Dates"), days(edition) or (None if edition.status == "cancelled" else _("to be announced"))),
        (_("Place"), place(edition)),
        (_("Venue"), edition.venue),
        (_("Registration closes on"), day_words(closes_on) if closes_on else None),
    )


def listed_otherwise(listed: Edition, edition: Edition) -> str:
    """What the list still says of an edition whose own page is ahead of it; empty if it says the same."""
    if (listed.starts_on, listed.ends_on) != (edition.starts_on, edition.ends_on) and days(listed):
        return _("The list of editions still gives {days}.").format(days=days(listed))
    if listed.city != edition.city:
        return _("The list of editions still gives {place}.").format(place=place(listed))
    if listed.status != edition.status and edition.status in STATUSES:
        return _("The list of editions does not say so yet.")
    return ""


def edition_links(edition: Edition) -> tuple[Link, ...]:
    """The links of an edition, without the one to its registration."""
    return safe_links(
        (_("Read the event summary"), edition.summary_url),
        (_("View the edition page"), edition.url),
    )


def register_link(edition: Edition) -> Link | None:
    """The link to the registration, while there is something to register for."""
    url = edition.registration_url if _can_register(edition) else None
    return next(iter(safe_links((_("Register"), url))), None)


def new_materials(changes: Iterable[Change]) -> tuple[Link, ...]:
    """What the edition's own page newly offers. The summary is left out: it has its own change kind and label."""
    published = (change for change in changes if change.kind is ChangeKind.EDITION_MATERIALS_PUBLISHED)
    new = {material.url: material for change in published for material in _added_materials(change)}
    listed = [material for material in new.values() if material.kind != "summary"][:MAX_MATERIALS]
    return material_links(listed)


def _added_materials(change: Change) -> list[Material]:
    before, after = (side.materials if isinstance(side, Edition) else () for side in (change.before, change.after))
    old_urls = {material.url for material in before}
    return [material for material in after if material.url not in old_urls]


def _can_register(edition: Edition) -> bool:
    return edition.status not in ("cancelled", "postponed", "held")


def material_links(materials: Iterable[Material]) -> tuple[Link, ...]:
    """A link to each of the materials, once."""
    links: dict[str, Link] = {}
    for material in materials:
        for link in safe_links((material_label(material), material.url)):
            links.setdefault(link.url, replace(link, is_quoted=bool(_title(material))))
    return tuple(links.values())


def material_label(material: Material) -> str:
    """The words of the link, unless they are only the name of a file."""
    return _title(material) or _(_MATERIAL_LABELS.get(material.kind) or material.kind.capitalize())


def _title(material: Material) -> str:
    title = clean(material.title, MAX_TITLE)
    is_file_name = " " not in title and ("_" in title or "." in title)
    return "" if is_file_name else title
