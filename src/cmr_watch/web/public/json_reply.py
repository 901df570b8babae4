"""Replies with data. Control characters and all that is not ASCII are escaped, so that no program shows them raw."""

from __future__ import annotations

import json
from typing import Any, Final

from cmr_watch.web.public.views import Reply

JSON: Final = "application/json"


def json_reply(value: Any) -> Reply:
    """The value as JSON."""
    return Reply((json.dumps(value, indent=2) + "\n").encode("ascii"), JSON)
