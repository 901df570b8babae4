"""Chat and all other services, through Apprise, which is imported only when the first message is due."""

from __future__ import annotations

import logging
import re
import threading
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

from cmr_watch.exceptions import ChannelDown, DeliveryError, LeaseLost
from cmr_watch.log import redact_address
from cmr_watch.models.recipients import Message
from cmr_watch.notify.channels import always_ours
from cmr_watch.notify.channels.apprise_format import format_message

if TYPE_CHECKING:
    from apprise import Apprise, NotifyBase

_STATUS_CODE: Final = re.compile(r"\berror[ =:]+(?:code[ =:]+)?(\d{3})\b", re.IGNORECASE)
_CONNECTION_FAILURE: Final = re.compile(
    r"\bconnection error|\btime(?:d[ -]?|-)?out\b|\bcould not be (?:established|sustained)", re.IGNORECASE
)
_PERMANENT_CODES: Final = frozenset({404, 410})  # the webhook does not exist, or no longer exists
_REDIRECT_CODES: Final = frozenset({301, 302, 303, 307, 308})
_SEPARATORS: Final = re.compile(r"[/:@?&=#,]+")
_REDIRECT_HINT: Final = (
    "; redirects are not followed: subscribe the address that it leads to (for https, the scheme ends in s: jsons://)"
)


class AppriseChannel:
    """Sends to Apprise URLs. A URL contains secrets, so errors name only its service or its host.

    `timeout` limits connecting and each read, `deadline` the whole send; both in seconds.
    """

    def __init__(self, *, sender_name: str = "cmr-watch", timeout: float = 10.0, deadline: float = 60.0) -> None:
        self._sender_name = sender_name
        self._timeout = timeout
        self._deadline = deadline

    def send(self, message: Message, is_ours: Callable[[], bool] = always_ours) -> None:
        """Return once the service has accepted the message.

        Raises LeaseLost if the message is no longer ours, ChannelDown if the service cannot be reached,
        DeliveryError if it rejects the message.
        """
        thread = _SendThread(self._load(message.address), message)
        if not is_ours():
            raise LeaseLost
        thread.start()
        thread.join(self._deadline)
        destination = redact_address(message.address)
        if thread.is_alive():
            raise ChannelDown(f"{destination} did not respond within {self._deadline:g} seconds")
        if not thread.is_accepted:
            logged = "; ".join(thread.log_messages)
            reason = _without_secrets(logged, message.address) or "the message was rejected; no reason was given"
            if _is_connection_failure(logged):
                raise ChannelDown(f"{destination}: {reason}")
            hint = _REDIRECT_HINT if _status_codes(logged) & _REDIRECT_CODES else ""
            permanent = bool(_status_codes(logged) & _PERMANENT_CODES)
            raise DeliveryError(f"{destination}: {reason}{hint}", permanent=permanent)

    def check(self, address: str) -> None:
        """Raise a permanent DeliveryError if the address is not a valid Apprise URL. Sends nothing."""
        self._load(address)

    def close(self) -> None:
        """Do nothing: no connection is kept open."""

    def _load(self, address: str) -> NotifyBase:
        _silence_logs()
        from apprise import Apprise, AppriseAsset

        asset = AppriseAsset(
            app_id=self._sender_name,
            app_desc=self._sender_name,
            app_url="",
            image_url_mask="",  # no images from third parties
            image_url_logo="",
            async_mode=False,
            http_redirects=False,  # the text would be lost (301–303 become a GET), or go to another host (307, 308)
            service_timeout=0,  # `deadline` is used instead: Apprise's thread pool would keep the process from exiting
            storage_mode="memory",
        )
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "'imghdr'", DeprecationWarning)  # from its plug-ins, up to Python 3.12
            service = Apprise.instantiate(address, asset=asset, suppress_exceptions=True)
        if service is None:
            raise DeliveryError(f"{redact_address(address)} is not a valid Apprise URL", permanent=True)
        self._set_defaults(service, address)
        return service

    def _set_defaults(self, service: NotifyBase, address: str) -> None:
        """Apply our defaults to the options that the address does not set."""
        _, _, options = address.partition("?")
        service.retry = 0  # the outbox retries
        defaults = (
            ("cto", "socket_connect_timeout", self._timeout),
            ("rto", "socket_read_timeout", self._timeout),
            ("footer", "include_footer", False),
            ("footer", "footer", False),
        )
        for option, name, value in defaults:
            if f"{option}=" not in options and hasattr(service, name):
                setattr(service, name, value)
        if "overflow=" not in options:
            # `format_message` truncates; should it miscalculate, the message is split rather than rejected
            service.overflow_mode = type(service.overflow_mode)("split")


class _SendThread(threading.Thread):
    """Sends one message. The thread is abandoned when the deadline passes."""

    def __init__(self, service: NotifyBase, message: Message) -> None:
        super().__init__(daemon=True)
        self._service = service
        self._message = message
        self.is_accepted = False
        self.log_messages: list[str] = []

    def run(self) -> None:
        from apprise import Apprise

        formatted = format_message(self._service, self._message, truncate="overflow=" not in self._message.address)
        client: Apprise = Apprise()
        client.add(self._service)
        log_capture = _LogCapture(self)
        logging.getLogger("apprise").addHandler(log_capture)
        try:
            self.is_accepted = bool(
                client.notify(body=formatted.body, title=formatted.title, body_format=formatted.body_format)
            )
        finally:
            logging.getLogger("apprise").removeHandler(log_capture)


class _LogCapture(logging.Handler):
    """Collects the warnings logged during one send: Apprise gives the reason of a failure only in its log."""

    def __init__(self, thread: _SendThread) -> None:
        super().__init__(logging.WARNING)
        self._thread = thread

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread.ident:
            self._thread.log_messages.append(record.getMessage())


def _silence_logs() -> None:
    """Suppress the logs of Apprise and urllib3, which contain tokens; only `_LogCapture` reads them."""
    for name in ("apprise", "urllib3"):
        log = logging.getLogger(name)
        log.setLevel(logging.WARNING)
        log.propagate = False
        if not log.handlers:
            log.addHandler(logging.NullHandler())


def _status_codes(logged: str) -> set[int]:
    return {int(code) for code in _STATUS_CODE.findall(logged)}


def _is_connection_failure(logged: str) -> bool:
    """Whether the service was not reached. Apprise then logs no status code, and the same text for every cause."""
    return not _STATUS_CODE.search(logged) and _CONNECTION_FAILURE.search(logged) is not None


def _without_secrets(reason: str, address: str) -> str:
    """The reason on one line, at most 300 characters, with every secret part of the address replaced by "…"."""
    public = set(_SEPARATORS.split(redact_address(address)))
    parts = {part for text in (address, unquote(address)) for part in _SEPARATORS.split(text)}
    for part in sorted(parts - public, key=len, reverse=True):
        if len(part) > 3:
            reason = reason.replace(part, "…").replace(quote(part, safe=""), "…")
    return " ".join(reason.split())[:300]
