"""A small picture with the next cut-off, for the sites of agencies."""

from __future__ import annotations

from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from cmr_watch.models.readings import Cutoff, KnownCall
from cmr_watch.render.datetimes import cutoff_day, day_words
from cmr_watch.render.i18n import _
from cmr_watch.render.joining import labelled
from cmr_watch.web.public.views import Reply, Visit

_SVG: Final = "http://www.w3.org/2000/svg"
_CHARACTER: Final = 7.0
"""About the width of a character at 12 pixels, in units of the picture."""
_PADDING: Final = 20
_COLOURS: Final = {True: "#1a6b3c", False: "#4b5563"}
"""Green while regions can apply, else grey; white text on both has a contrast of at least 4.5 : 1."""


def next_cutoff(visit: Visit) -> Reply:
    """`Clusters meet Regions: apply by 22 December 2026`, or that one can apply, or that no call is open."""
    cutoff = next_open_cutoff(visit.overview.known.calls, visit)
    has_no_cutoff = any(is_open(known) and not known.call.cutoffs for known in visit.overview.known.calls)
    text = _("apply now") if has_no_cutoff else _("no call is open")
    if cutoff:
        text = _("apply by {day}").format(day=day_words(cutoff_day(cutoff.at)))
    picture = badge(_("Clusters meet Regions"), text, is_open=has_no_cutoff or cutoff is not None)
    return Reply(picture, "image/svg+xml; charset=utf-8")


def next_open_cutoff(calls: tuple[KnownCall, ...], visit: Visit) -> Cutoff | None:
    """The next cut-off of all calls that are open."""
    open_calls = (known.call for known in calls if is_open(known))
    ahead = [one for call in open_calls for one in call.cutoffs if not one.closed and one.at > visit.now]
    return min(ahead, key=lambda cutoff: cutoff.at, default=None)


def is_open(known: KnownCall) -> bool:
    """Whether regions can apply, as far as is known."""
    return known.gone is None and known.call.status == "open"


def badge(label: str, text: str, *, is_open: bool) -> bytes:
    """A picture of two fields side by side, with their text as its title."""
    first, second = (round(len(part) * _CHARACTER) + _PADDING for part in (label, text))
    size = {"width": str(first + second), "height": "24", "viewBox": f"0 0 {first + second} 24"}
    svg = Element("svg", {"xmlns": _SVG, **size, "role": "img", "aria-label": labelled(label, text)})
    SubElement(svg, "title").text = labelled(label, text)
    SubElement(svg, "rect", {"width": str(first), "height": "24", "fill": "#1f2933"})
    SubElement(svg, "rect", {"x": str(first), "width": str(second), "height": "24", "fill": _COLOURS[is_open]})
    font = {"font-family": "Arial, Helvetica, sans-serif", "font-size": "12", "fill": "#ffffff", "y": "16"}
    for part, centre in ((label, first / 2), (text, first + second / 2)):
        SubElement(svg, "text", {**font, "x": f"{centre:g}", "text-anchor": "middle"}).text = part
    picture: bytes = tostring(svg, encoding="utf-8")
    return picture
