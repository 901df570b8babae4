"""Routes that act: GET shows a form and changes nothing, POST does what the form asks for.

Their replies are never kept. As links in mails lead to them, they may be opened by programs that follow every link, and
run every script, before the recipient sees the mail: so nothing but a POST acts, and no form submits itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from cmr_watch.web.public.desk import Desk
from cmr_watch.web.public.views import Reply, SiteFacts

MAX_BODY: Final = 16_384
"""Bytes of the body of a POST."""
_USUAL_PORTS: Final = {"https": ":443", "http": ":80"}


@dataclass(frozen=True, slots=True)
class Errand:
    """A request to a route that acts, with all that its views may use.

    `parameters`: those of the path, which may be a secret; `form`: the fields of a POST. `network`: the client's.
    """

    site: SiteFacts
    desk: Desk
    now: datetime
    parameters: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    network: str = ""


ActView = Callable[[Errand], Reply]


@dataclass(frozen=True, slots=True)
class ActRoute:
    """A path, in the notation of Starlette, and its views: `show` for GET, `act` for POST.

    `is_exempt`: whether other sites may send the POST, because a secret in the path carries the right to act. Its body
    is then not read for fields, so that it may have any form.
    `is_scarce`: a POST causes a mail, so one network may send few.
    """

    path: str
    show: ActView
    act: ActView
    is_exempt: bool = False
    is_scarce: bool = False


def is_from_this_site(headers: Mapping[str, str], public_address: str) -> bool:
    """Whether a form of this site has sent a request, and not one of another site in the name of its reader.

    Browsers say so themselves (Sec-Fetch-Site), but only over https and from this machine. Otherwise they name the
    site that sends it (Origin), which is compared with the configured public address: Host could be made up.
    """
    if relation := headers.get("sec-fetch-site", ""):
        return relation in ("same-origin", "none")
    return bool(public_address) and headers.get("origin", "").lower() == _origin(public_address)


def _origin(address: str) -> str:
    """The origin of an address (RFC 6454 §6.1): without its path, and without the port that its scheme implies."""
    parts = urlsplit(address.lower())
    return f"{parts.scheme}://{parts.netloc.removesuffix(_USUAL_PORTS.get(parts.scheme, ''))}"
