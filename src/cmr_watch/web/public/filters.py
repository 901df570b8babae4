"""The country and the year that a request asks for: they mean the same for all forms of all lists."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from cmr_watch.places import code_itself
from cmr_watch.render.i18n import _
from cmr_watch.web.public.views import BadRequest

YEAR: Final = "[12][0-9]{3}"
"""What a year looks like, also for the description of the API."""
OTHER_CODES: Final = {"UK": "GB", "EL": "GR"}
"""The codes of the European Union that are not those of ISO 3166."""
_YEAR: Final = re.compile(YEAR)


def wanted_country(query: Mapping[str, str]) -> str | None:
    """The code of the country; None for all of them. BadRequest if there is no such country."""
    if "country" not in query:
        return None
    given = query["country"].upper()
    code = code_itself(OTHER_CODES.get(given, given))
    if code is None:
        raise BadRequest(_("The country must be a code of two letters, such as FR."))
    return code


def wanted_year(query: Mapping[str, str]) -> int | None:
    """The year; None for all of them. BadRequest if it cannot be one."""
    if "year" not in query:
        return None
    if not _YEAR.fullmatch(query["year"]):
        raise BadRequest(_("The year must be a number with four digits, such as 2026."))
    return int(query["year"])
