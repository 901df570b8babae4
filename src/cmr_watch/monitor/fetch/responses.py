"""Interpret HTTP responses: status, Content-Type, Retry-After, validators. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import NamedTuple

from cmr_watch.exceptions import FetchError
from cmr_watch.models.readings import Validators
from cmr_watch.monitor.fetch.errors import TransientError, printable

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_RETRY_AFTER = timedelta(minutes=2)
"""The longest `Retry-After` that is waited for. A longer one fails the fetch at once; the error names the time."""

_PAGE_STATUSES = (HTTPStatus.OK, HTTPStatus.NON_AUTHORITATIVE_INFORMATION)
"""The second one is a page that passed through a proxy which changed something (RFC 9110 §15.3.4)."""
_UNKNOWN_TYPES = ("", "*/*", "unknown/unknown", "application/unknown")
"""As browsers see it, these say nothing: https://mimesniff.spec.whatwg.org/#mime-type-sniffing-algorithm"""
_HTML_TYPES = ("text/html", "application/xhtml+xml")
_TYPE_NAMES = {
    "application/pdf": "a PDF document",
    "application/json": "JSON data",
    "application/rss+xml": "a feed",
    "application/atom+xml": "a feed",
    "application/xml": "XML data",
    "application/zip": "a ZIP archive",
    "text/xml": "XML data",
    "text/plain": "plain text",
    "text/calendar": "a calendar file",
    "image": "an image",
    "video": "a video",
    "audio": "an audio file",
}
_STATUS_MEANINGS = {
    401: "requires a login",
    403: "denied access",
    404: "has no such page",
    407: "is behind a proxy that requires a login",
    410: "has permanently removed the page",
    429: "rate-limited the request",
    451: "withholds the page for legal reasons",
}
# How HTML begins, comments included: https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type
_HTML_START = (
    rb"(?i)(?:\xef\xbb\xbf)?[ \t\r\n\f]*<(?:!--|\?xml|(?:!doctype html|html|head|body|script|iframe|title|style|div"
    rb"|article|main|section|table|font|span|meta|link|h[1-6]|ul|ol|br|p|a|b)[\s/>])"
)


class Response(NamedTuple):
    """Header names are in lower case; repeated headers are joined by commas (RFC 9110 §5.3)."""

    status: int
    headers: Mapping[str, str]
    location: bytes | None = None
    body: bytes = b""


def check_head(
    host: str, path: str, response: Response, now: datetime, *, conditional: bool, kinds: Collection[str] = ()
) -> None:
    """Raise FetchError unless this is a page with HTML or one of `kinds`, or a 304 to a conditional request.

    Only the status and the headers are examined.
    """
    if response.status in _PAGE_STATUSES:
        _check_content_type(host, response.headers.get("content-type", ""), kinds)
    elif response.status == HTTPStatus.NOT_MODIFIED:
        if not conditional:
            raise FetchError(f"{host} sent 304 to an unconditional request")
    else:
        raise status_error(host, path, response, now)


def is_transient(status: int) -> bool:
    """Whether the same request may succeed a moment later."""
    return status == HTTPStatus.TOO_MANY_REQUESTS or 500 <= status < 600


def status_error(host: str, path: str, response: Response, now: datetime) -> FetchError:
    """The error for a response that is not a page: transient if a retry within `MAX_RETRY_AFTER` may succeed."""
    status, transient = response.status, is_transient(response.status)
    meaning = _STATUS_MEANINGS.get(status, "reported a server error" if transient else "did not return the page")
    message = f"{host} {meaning} ({status_name(status)} for {printable(path)})"
    if not transient:
        return FetchError(message, status=status)
    wait = retry_after(response.headers.get("retry-after", ""), now)
    if wait > MAX_RETRY_AFTER:
        return FetchError(f"{message}; it asked to wait until {_end_of_wait(now, wait)}", status=status)
    return TransientError(message, retry_after=wait.total_seconds(), status=status)


def status_name(status: int) -> str:
    """`404 Not Found`. The phrase is the standard one: a server may send any text as its own."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"status {status}"


def retry_after(value: str, now: datetime) -> timedelta:
    """The wait that a `Retry-After` asks for (RFC 9110 §10.2.3: seconds or a date); zero if it is invalid."""
    value = value.strip()[:100]
    if re.fullmatch(r"[0-9]+", value):
        digits = value.lstrip("0") or "0"
        return timedelta(seconds=int(digits)) if len(digits) <= 10 else timedelta.max
    try:
        at = parsedate_to_datetime(value)
        return max(timedelta(0), (at if at.tzinfo else at.replace(tzinfo=UTC)) - now)
    except (ValueError, TypeError, IndexError, OverflowError):
        return timedelta(0)


def _end_of_wait(now: datetime, wait: timedelta) -> str:
    try:
        return f"{(now + wait).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    except OverflowError:
        return "after the year 9999"


def _media_type(content_type: str) -> str:
    """The first media type; empty if it is unknown, or is none at all (`html`, `charset=utf-8`)."""
    media_type = content_type.partition(",")[0].partition(";")[0].strip().lower()
    return media_type if "/" in media_type and media_type not in _UNKNOWN_TYPES else ""


def _check_content_type(host: str, content_type: str, kinds: Collection[str]) -> None:
    media_type = _media_type(content_type)
    if media_type and media_type not in _HTML_TYPES and media_type not in kinds:
        name = _TYPE_NAMES.get(media_type) or _TYPE_NAMES.get(media_type.partition("/")[0]) or "unsupported content"
        raise FetchError(f"{host} returned {name} ({printable(media_type, 60)}), not a web page")


def check_body(host: str, response: Response) -> None:
    """Raise FetchError if the body is clearly not HTML. An empty body is left to the parser."""
    if response.body.startswith(b"%PDF-"):
        raise FetchError(f"{host} returned a PDF document, not a web page")
    if (
        response.body
        and not _media_type(response.headers.get("content-type", ""))
        and not re.match(_HTML_START, response.body)
    ):
        raise FetchError(f"{host} returned content that has no known Content-Type and does not look like HTML")


def charset(headers: Mapping[str, str]) -> str | None:
    """The charset that the Content-Type names; None if there is none or it is malformed."""
    match = re.search(
        r";\s*charset\s*=\s*[\"']?([\w.:+-]{1,40})", headers.get("content-type", ""), re.IGNORECASE | re.ASCII
    )
    return match[1] if match else None


def validators(headers: Mapping[str, str]) -> Validators:
    """ETag and Last-Modified exactly as sent, except that overlong ones are ignored."""
    etag, modified = headers.get("etag", "").strip(), headers.get("last-modified", "").strip()
    return Validators(etag if 0 < len(etag) <= 500 else None, modified if 0 < len(modified) <= 100 else None)


def conditional_headers(known: Validators | None) -> dict[bytes, bytes]:
    """The headers that make a GET conditional, as bytes: an ETag may contain non-ASCII bytes (RFC 9110 §8.8.3)."""
    values = {
        b"If-None-Match": known.etag if known else None,
        b"If-Modified-Since": known.last_modified if known else None,
    }
    return {name: value.encode("latin-1") for name, value in values.items() if value and _is_header_value(value)}


def _is_header_value(value: str) -> bool:
    return all(character == "\t" or (" " <= character <= "ÿ" and character != "\x7f") for character in value)
