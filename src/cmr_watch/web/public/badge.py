"""A small picture with the next cut-off, for the sites of agencies."""

from __future__ import annotations

from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from cmr_watch.render.datetimes import cutoff_day, day_words
from cmr_watch.render.i18n import _
from cmr_watch.web.public.call_cards import call_card
from cmr_watch.web.public.views import Reply, Visit

_SVG: Final = "http://www.w3.org/2000/svg"
_CHARACTER: Final = 7.0
"""About the width of a character at 12 pixels, in units of the picture."""
_PADDING: Final = 20
_COLOURS: Final = {True: "#1a6b3c", False: "#4b5563"}
"""Green while regions can apply, else grey; white text on both has a contrast of at least 4.5 : 1."""


def next_cutoff(visit: Visit) -> Reply:
    """`Clusters meet Regions: apply by 22 December 2026`, or that one can apply, or that no call is open."""
    calls = [call_card(known, visit.now) for known in visit.overview.known.calls]
    state = _("no call is open")
    open_calls = [card for card in calls if card.is_open]
    if open_calls:
        ahead = min((card.next.at for card in open_calls if card.next), default=None)
        state = _("apply by {day}").format(day=day_words(cutoff_day(ahead))) if ahead else _("apply now")
    picture = badge(_("Clusters meet Regions"), state, is_open=bool(open_calls))
    return Reply(picture, "image/svg+xml; charset=utf-8")


def badge(label: str, text: str, *, is_open: bool) -> bytes:
    """A picture of two fields side by side, with their text as its title."""
    first, second = (round(len(part) * _CHARACTER) + _PADDING for part in (label, text))
    size = {"width": str(first + second), "height": "24", "viewBox": f"0 0 {first + second} 24"}
    svg = Element("svg", {"xmlns": _SVG, **size, "role": "img", "aria-label": f"{label}: {text}"})
    SubElement(svg, "title").text = f"{label}: {text}"
    SubElement(svg, "rect", {"width": str(first), "height": "24", "fill": "#1f2933"})
    SubElement(svg, "rect", {"x": str(first), "width": str(second), "height": "24", "fill": _COLOURS[is_open]})
    font = {"font-family": "Arial, Helvetica, sans-serif", "font-size": "12", "fill": "#ffffff", "y": "16"}
    for part, centre in ((label, first / 2), (text, first + second / 2)):
        SubElement(svg, "text", {**font, "x": f"{centre:g}", "text-anchor": "middle"}).text = part
    picture: bytes = tostring(svg, encoding="utf-8")
    return picture
