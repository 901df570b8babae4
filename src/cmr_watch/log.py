"""Logging: one set-up function, one line per event, and secrets masked."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final, Literal, TextIO
from urllib.parse import urlsplit, urlunsplit

from cmr_watch.escaping import escaped, json_line
from cmr_watch.models.recipients import TOKEN_SLOT

LogFormat = Literal["text", "json", "sentence"]
LEVELS: Final = ("debug", "info", "warning", "error")

_SHORT: Final = 3
"""A secret of at most this many characters also occurs within many words."""
_CREDENTIALS: Final = re.compile(r"(?<=://)[^\s/@]+(?=@)")
_QUERY: Final = re.compile(r"(\w://[^\s?#]*\?)[^\s”\"']*[^\s”\"'.,:;)]")
_SIGNED: Final = rf"m?[0-9]{{11}}[0-9a-f]{{{len(TOKEN_SLOT) - 11}}}"
_RANDOM: Final = rf"c[a-z2-7]{{{len(TOKEN_SLOT) - 1}}}"
_TOKEN: Final = re.compile(rf"(?<![0-9a-z])(?:{_SIGNED}|{_RANDOM})(?![0-9a-z])")
"""What unsubscribes a recipient or mutes something for one (notify/tokens.py); confirms a subscription or opens it."""
# Schemes whose host is not a secret: web hooks on a server of the operator's choice.
_WEBHOOK_SCHEMES: Final = ("http", "https", "json", "jsons", "xml", "xmls", "form", "forms")


def set_up(level: str = "warning", form: LogFormat = "text", secrets: Iterable[str] = ()) -> None:
    """Log events to stderr, one line each, with `secrets` masked. A later call replaces an earlier one.

    The form `sentence` is that of error messages of a command: neither time nor level nor logger.
    """
    handler = _Stderr()
    handler.setFormatter(_Formatter(form, secrets))
    root = logging.getLogger()
    for old in [handler for handler in root.handlers if isinstance(handler, _Stderr)]:
        root.removeHandler(old)
    root.addHandler(handler)
    logging.getLogger("cmr_watch").setLevel(level.upper())


def redact_address(address: str) -> str:
    """An address without secrets: e-mail in full; of an Apprise URL the service only, or the host of a web hook."""
    if "://" not in address:
        return address
    scheme, _, _ = address.partition("://")
    if scheme.lower() not in _WEBHOOK_SCHEMES:
        return f"{scheme}://…"
    try:
        parts = urlsplit(address)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return f"{scheme}://…"
    return f"{scheme}://{parts.hostname or ''}{port}/…"


def redact_page_url(url: str) -> str:
    """The address of a page without a user name, password or query, which may be secret; `accept` understands it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return redact_address(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def mask_credentials(value: Any) -> Any:
    """A value without what may be the password or the token of a URL, also within lists."""
    if isinstance(value, list):
        return [mask_credentials(item) for item in value]
    if not isinstance(value, str):
        return value
    scheme, separator, rest = value.partition("://") if "://" in value else ("", "", value)
    user, _, host = rest.rpartition("@")
    if user and (separator or ":" in user):
        rest = f"***@{host}"
    path, mark, _ = rest.partition("?")
    return f"{scheme}{separator}{path}?***" if mark and separator else f"{scheme}{separator}{rest}"


def masked(text: str, secret: str) -> str:
    """The text without the secret. A short one is masked only as a word of its own, not as part of another one."""
    if len(secret) > _SHORT:
        return text.replace(secret, "***")
    return re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "***", text) if secret else text


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to the current `sys.stderr`, even if that was replaced after logging was set up."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


class _Formatter(logging.Formatter):
    def __init__(self, form: LogFormat, secrets: Iterable[str]) -> None:
        super().__init__()
        self._form = form
        self._secrets = sorted((secret for secret in secrets if len(secret) > _SHORT), key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        message = self._mask(super().format(record))
        if self._form == "json":
            event = {"at": at, "level": record.levelname.lower(), "logger": record.name, "message": message}
            return json_line(event)
        line = escaped(message)
        if self._form == "sentence":
            return f"cmr-watch: {line}"
        return f"{at} {record.levelname.lower()} {record.name}: {line}"

    def _mask(self, message: str) -> str:
        for secret in self._secrets:
            message = message.replace(secret, "***")
        return _TOKEN.sub("***", _QUERY.sub(r"\1***", _CREDENTIALS.sub("***", message)))
