"""What a server's answer means. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from cmr_watch.exceptions import FetchError
from cmr_watch.models import Validators
from cmr_watch.monitor.fetch.errors import TransientError, shown

REDIRECTS = frozenset({301, 302, 303, 307, 308})
LONGEST_WAIT = timedelta(minutes=2)
"""How long a `Retry-After` may keep one check waiting; asked for more, it fails now and says until when."""

_HTML = ("text/html", "application/xhtml+xml")
_OTHER = {
    "application/pdf": "a PDF document",
    "application/json": "JSON data",
    "application/rss+xml": "a feed",
    "application/atom+xml": "a feed",
    "application/xml": "XML data",
    "application/zip": "a ZIP archive",
    "text/xml": "XML data",
    "text/plain": "plain text",
    "text/calendar": "a calendar",
    "image": "an image",
    "video": "a video",
    "audio": "a sound",
}
_MEANING = {
    401: "asks for a password",
    403: "refused access",
    404: "has no such page",
    410: "says that the page is gone for good",
    429: "asks not to be asked so often",
    451: "may not show the page for legal reasons",
}
# How HTML begins, comments included: https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type
_HTML_START = (
    rb"(?i)(?:\xef\xbb\xbf)?[ \t\r\n\f]*<(?:!--|\?xml|(?:!doctype html|html|head|body|script|iframe|title|style|div"
    rb"|article|main|section|table|font|span|meta|link|h[1-6]|ul|ol|br|p|a|b)[\s/>])"
)


@dataclass(frozen=True, slots=True)
class Response:
    """`headers` have names in lower case, and several of one name joined by a comma (RFC 9110 §5.3)."""

    status: int
    headers: Mapping[str, str]
    location: bytes | None = None
    body: bytes = b""


def judge(
    host: str, path: str, answer: Response, now: datetime, *, conditional: bool, kinds: Collection[str] = ()
) -> None:
    """Raise unless the answer is a page in HTML or of these `kinds`, or a 304 that was asked for.

    Looks at the head only.
    """
    if answer.status == HTTPStatus.OK:
        _judge_type(host, answer.headers.get("content-type", ""), kinds)
    elif answer.status == HTTPStatus.NOT_MODIFIED:
        if not conditional:
            raise FetchError(f"{host} answered “not modified” to a question without a condition")
    else:
        raise refusal(host, path, answer, now)


def may_pass(status: int) -> bool:
    """Whether the same question may be answered a moment later."""
    return status == HTTPStatus.TOO_MANY_REQUESTS or 500 <= status < 600


def refusal(host: str, path: str, answer: Response, now: datetime) -> FetchError:
    """What to raise for an answer that is no page."""
    status, passing = answer.status, may_pass(answer.status)
    meaning = _MEANING.get(status, "has trouble of its own" if passing else "did not send the page")
    words = f"{host} {meaning} ({named(status)} for {shown(path)})"
    if not passing:
        return FetchError(words)
    wait = retry_after(answer.headers.get("retry-after", ""), now)
    if wait > LONGEST_WAIT:
        return FetchError(f"{words}, and not before {_until(now, wait)}")
    return TransientError(words, retry_after=wait.total_seconds(), status=status)


def named(status: int) -> str:
    """`404 Not Found`, by our own list: a server may write anything there."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"status {status}"


def retry_after(value: str, now: datetime) -> timedelta:
    """How long a `Retry-After` asks to wait (RFC 9110 §10.2.3: seconds, or a date); zero if it says nothing."""
    value = value.strip()[:100]
    if re.fullmatch(r"[0-9]+", value):
        digits = value.lstrip("0") or "0"
        return timedelta(seconds=int(digits)) if len(digits) <= 10 else timedelta.max
    try:
        at = parsedate_to_datetime(value)
        return max(timedelta(0), (at if at.tzinfo else at.replace(tzinfo=UTC)) - now)
    except (ValueError, TypeError, IndexError, OverflowError):
        return timedelta(0)


def _until(now: datetime, wait: timedelta) -> str:
    try:
        return f"{(now + wait).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    except OverflowError:
        return "the end of time"


def _judge_type(host: str, content_type: str, kinds: Collection[str]) -> None:
    kind = content_type.partition(",")[0].partition(";")[0].strip().lower()
    if kind and kind not in _HTML and kind not in kinds:
        what = _OTHER.get(kind) or _OTHER.get(kind.partition("/")[0]) or "something else"
        raise FetchError(f"{host} answered {what} ({shown(kind, 60)}), not a page")


def judge_body(host: str, answer: Response) -> None:
    """Raise if the body is surely no page. An empty one is the reader's to judge."""
    if answer.body.startswith(b"%PDF-"):
        raise FetchError(f"{host} answered a PDF document, not a page")
    if answer.body and not answer.headers.get("content-type") and not re.match(_HTML_START, answer.body):
        raise FetchError(f"{host} answered something that does not say what it is and does not look like a page")


def charset(headers: Mapping[str, str]) -> str | None:
    """The charset that the Content-Type names, if it is a name at all."""
    found = re.search(
        r";\s*charset\s*=\s*[\"']?([\w.:+-]{1,40})", headers.get("content-type", ""), re.IGNORECASE | re.ASCII
    )
    return found[1] if found else None


def validators(headers: Mapping[str, str]) -> Validators:
    """ETag and Last-Modified as they were sent; one that is unreasonably long is as good as none."""
    etag, modified = headers.get("etag", "").strip(), headers.get("last-modified", "").strip()
    return Validators(etag if 0 < len(etag) <= 500 else None, modified if 0 < len(modified) <= 100 else None)


def conditions(known: Validators | None) -> dict[bytes, bytes]:
    """The headers that make a GET conditional. Bytes: an ETag may hold what is not ASCII (RFC 9110 §8.8.3)."""
    wanted = {
        b"If-None-Match": known.etag if known else None,
        b"If-Modified-Since": known.last_modified if known else None,
    }
    return {name: value.encode("latin-1") for name, value in wanted.items() if value and _fits_a_header(value)}


def _fits_a_header(value: str) -> bool:
    return all(character == "\t" or (" " <= character <= "ÿ" and character != "\x7f") for character in value)
