"""The description of the API as OpenAPI 3.1. Written by hand; a test holds it against the responses."""

from __future__ import annotations

from typing import Any, Final

from cmr_watch import __version__
from cmr_watch.cursors import PATTERN
from cmr_watch.models.readings import ChangeKind
from cmr_watch.places import country_codes
from cmr_watch.web.public.filters import OTHER_CODES, YEAR

Schema = dict[str, Any]

_TEXT: Final[Schema] = {"type": "string"}
_TEXT_OR_NULL: Final[Schema] = {"type": ["string", "null"]}
_DAY: Final[Schema] = {"type": ["string", "null"], "format": "date"}
_TIME: Final[Schema] = {"type": "string", "format": "date-time"}
_TIME_OR_NULL: Final[Schema] = {"type": ["string", "null"], "format": "date-time"}


def description(url: str) -> Schema:
    """The description, with the public address of the site if there is one."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Clusters meet Regions watch",
            "version": __version__,
            "description": "What is open, what is next and what changed in the “Clusters meet Regions” workshops. An "
            "unofficial service: the platform’s own page is what counts. Free to use; please send at most one request "
            "a minute, with If-None-Match.",
        },
        "servers": [{"url": url or "/"}],
        "paths": _paths(),
        "components": {"schemas": _schemas()},
    }


def _paths() -> Schema:
    filters = [
        _parameter(
            "country",
            {"type": "string", "enum": sorted({*country_codes(), *OTHER_CODES})},
            "A two-letter country code (ISO 3166). UK and EL mean GB and GR.",
        ),
        _parameter("year", {"type": "string", "pattern": f"^{YEAR}$"}, "The year in which the edition begins."),
    ]
    since = _parameter(
        "since", {"type": "string", "pattern": f"^{PATTERN}$"}, "The cursor in “next” of an earlier response."
    )
    return {
        "/api/v1/editions": _get("All editions", _list_of("Edition"), filters, is_filtered=True),
        "/api/v1/editions/{key}": _get("One edition", _reference("Edition"), [_key()]),
        "/api/v1/calls": _get("All calls for hosts", _list_of("Call")),
        "/api/v1/calls/{key}": _get("One call for hosts", _reference("Call"), [_key()]),
        "/api/v1/changes": _get("Changes after a cursor", _reference("ChangePage"), [since], is_filtered=True),
        "/api/v1/changes/{id}": _get("One change", _reference("Change"), [_id()]),
        "/api/v1/status": _get("How new the data is", _reference("Status")),
    }


def _get(summary: str, schema: Schema, parameters: list[Schema] | None = None, *, is_filtered: bool = False) -> Schema:
    responses = {"200": {"description": summary, "content": {"application/json": {"schema": schema}}}}
    if is_filtered:
        responses["400"] = _error("A parameter is not valid.")
    elif parameters:
        responses["404"] = _error("There is nothing with this key.")
    responses["429"] = _error("Too many requests came from your network.")
    responses["503"] = _error("The database cannot be used at the moment.")
    return {"get": {"summary": summary, "parameters": parameters or [], "responses": responses}}


def _error(text: str) -> Schema:
    return {"description": text, "content": {"application/json": {"schema": _reference("Error")}}}


def _parameter(name: str, schema: Schema, text: str) -> Schema:
    return {"name": name, "in": "query", "required": False, "description": text, "schema": schema}


def _key() -> Schema:
    return {"name": "key", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _id() -> Schema:
    return {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _nullable(name: str) -> Schema:
    return {"oneOf": [_reference(name), {"type": "null"}]}


def _list_of(name: str) -> Schema:
    return _object(read_at=_TIME_OR_NULL, items={"type": "array", "items": _reference(name)})


def _object(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _schemas() -> Schema:
    edition = _edition()
    call = _call()
    cutoff: dict[str, Schema] = {
        "at": _TIME,
        "text": _TEXT,
        "closed": {"type": "boolean"},
        "tentative": {"type": "boolean"},
    }
    removal: Schema = {"type": ["string", "null"], "enum": ["withdrawn", "delisted", None]}
    known = {"key": _TEXT, "removal": removal, "first_seen_at": _TIME_OR_NULL, "page": _TEXT}
    return {
        "Error": _object(error=_TEXT),
        "Material": _object(kind=_TEXT, url=_TEXT_OR_NULL, title=_TEXT),
        "Cutoff": _object(**cutoff),
        "NextCutoff": _object(call=_TEXT, **cutoff),
        "EditionFacts": _object(**edition),
        "CallFacts": _object(**call),
        "Edition": _object(**known, **edition),
        "Call": _object(**known, **call, conflicting_notice=_nullable("CallFacts")),
        "Change": _change(),
        "ChangePage": _object(
            items={"type": "array", "items": _reference("Change")},
            next={"type": "string", "pattern": f"^{PATTERN}$"},
            has_more={"type": "boolean"},
        ),
        "Status": _object(
            read_at=_TIME_OR_NULL,
            is_out_of_date={"type": "boolean"},
            check_interval_minutes={"type": "integer"},
            page=_TEXT,
            next_cutoff=_nullable("NextCutoff"),
            latest_change={"type": "string", "pattern": f"^{PATTERN}$"},
        ),
    }


def _edition() -> dict[str, Schema]:
    return {
        "city": _TEXT,
        "region": _TEXT_OR_NULL,
        "country": _TEXT_OR_NULL,
        "country_code": _TEXT_OR_NULL,
        "starts_on": _DAY,
        "ends_on": _DAY,
        "date_precision": {"type": "string", "enum": ["day", "month", "season", "year", "unknown"]},
        "date_text": _TEXT_OR_NULL,
        "section": {"type": ["string", "null"], "enum": ["upcoming", "past", None]},
        "status": {"type": "string", "enum": ["scheduled", "save_the_date", "postponed", "cancelled", "held"]},
        "url": _TEXT_OR_NULL,
        "summary_url": _TEXT_OR_NULL,
        "text": _TEXT,
        "venue": _TEXT_OR_NULL,
        "registration_url": _TEXT_OR_NULL,
        "registration_closes_on": _DAY,
        "materials": {"type": "array", "items": _reference("Material")},
    }


def _call() -> dict[str, Schema]:
    return {
        "status": {"type": "string", "enum": ["announced", "open", "closed"]},
        "hosting_years": {"type": "array", "items": {"type": "integer"}},
        "title": _TEXT_OR_NULL,
        "apply_url": _TEXT_OR_NULL,
        "cutoffs": {"type": "array", "items": _reference("Cutoff")},
        "text": _TEXT,
        "contact": _TEXT_OR_NULL,
        "needs": {"type": "array", "items": _TEXT},
    }


def _change() -> Schema:
    side: Schema = {"oneOf": [_reference("EditionFacts"), _reference("CallFacts"), {"type": "null"}]}
    return _object(
        id={"type": "integer"},
        read_at=_TIME,
        kind={"type": "string", "enum": [kind.value for kind in ChangeKind]},
        key=_TEXT,
        sentence=_TEXT,
        before=side,
        after=side,
        cutoff_before=_nullable("Cutoff"),
        cutoff_after=_nullable("Cutoff"),
        page=_TEXT,
    )
