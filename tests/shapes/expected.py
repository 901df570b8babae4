"""The JSON that `cmr-watch parse` must print for a state in a shape, made from the facts given with each line."""

from __future__ import annotations

from urllib.parse import urljoin

from tests.shapes.layouts import Shape
from tests.shapes.states import CALL_PATH, PAGE_URL, Json, Line, State


def reading(state: State, shape: Shape) -> Json:
    """The JSON object without `source`. In a table, editions have no `text`, which READING.md does not define there."""
    return {
        "page": "initiative",
        "editions": _in_order(shape, _editions(state, shape)),
        "calls": _calls(state, shape),
        "warnings": [],
    }


def _editions(state: State, shape: Shape) -> list[Json]:
    upcoming = [edition(line, "upcoming", shape) for line in state.upcoming]
    return upcoming + [edition(line, "past", shape) for line in state.past]


def _in_order(shape: Shape, editions: list[Json]) -> list[Json]:
    past_first = shape.order == "past first"
    return sorted(editions, key=lambda edition: (edition["section"] == "past") != past_first)


def edition(line: Line, section: str, shape: Shape) -> Json:
    """One edition's JSON."""
    fields = {
        "city": line.city,
        "region": line.region,
        "country": line.country,
        "country_code": line.country_code,
        "starts_on": line.starts_on,
        "ends_on": line.ends_on,
        "date_precision": line.precision,
        "date_text": line.days,
        "section": section,
        "status": line.status or ("held" if section == "past" else "scheduled"),
        "url": line.url if shape.cover in ("place", "line", "part") else None,
        "summary_url": _address(line.summary_url) if shape.cover != "none" else None,
    }
    return fields if shape.name == "table" else {**fields, "text": line.text}


def _calls(state: State, shape: Shape) -> list[Json]:
    notice = state.notice
    if notice is None:
        return []
    is_linked = notice.link_text and shape.cover != "none"
    return [
        {
            "status": notice.status,
            "hosting_years": list(notice.hosting_years),
            "title": None,
            "apply_url": _address(CALL_PATH) if is_linked else None,
            "cutoffs": [],
            "text": notice.text,
        }
    ]


def _address(path: str | None) -> str | None:
    return urljoin(PAGE_URL, path) if path else None
