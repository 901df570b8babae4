"""Replies with data. Control characters and all that is not ASCII are escaped, so that no program shows them raw."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, Final

from cmr_watch.web.public.views import Reply

JSON: Final = "application/json"


def json_reply(value: Any, content_type: str = JSON, status: int = HTTPStatus.OK) -> Reply:
    """The value as JSON."""
    return Reply((json.dumps(value, indent=2) + "\n").encode("ascii"), content_type, status)
