"""Chat and everything else: the door of apprise, which is loaded when the first message is due."""

from __future__ import annotations

import logging
import re
import threading
import warnings
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

from cmr_watch.exceptions import ChannelDown, DeliveryError
from cmr_watch.log import shown
from cmr_watch.models import Message
from cmr_watch.notify.channels.apprise_format import said

if TYPE_CHECKING:
    from apprise import Apprise, NotifyBase

_CODE: Final = re.compile(r"\berror[ =:]+(?:code[ =:]+)?(\d{3})\b", re.IGNORECASE)
_NO_ANSWER: Final = re.compile(
    r"\bconnection error|\btime(?:d[ -]?|-)?out\b|\bcould not be (?:established|sustained)", re.IGNORECASE
)
_GONE: Final = frozenset({404, 410})
_SEPARATORS: Final = re.compile(r"[/:@?&=#,]+")


class AppriseChannel:
    """Sends to Apprise URLs. An URL is a secret: errors name the service, or the host, and nothing else of it.

    `timeout` is for connecting and for one read, `deadline` for the whole send; both in seconds.
    """

    def __init__(self, *, sender_name: str = "cmr-watch", timeout: float = 10.0, deadline: float = 60.0) -> None:
        self._sender_name = sender_name
        self._timeout = timeout
        self._deadline = deadline

    def send(self, message: Message) -> None:
        """Return when the service has said yes; ChannelDown where nobody answered, which says nothing of others."""
        sending = _Sending(self._load(message.address), message)
        sending.start()
        sending.join(self._deadline)
        where = shown(message.address)
        if sending.is_alive():
            raise ChannelDown(f"{where} did not answer within {self._deadline:g} seconds")
        if not sending.accepted:
            heard = "; ".join(sending.heard)
            reason = _without_secrets(heard, message.address) or "refused without a reason"
            if _is_without_an_answer(heard):
                raise ChannelDown(f"{where}: {reason}")
            raise DeliveryError(f"{where}: {reason}", permanent=_is_gone(heard))

    def check(self, address: str) -> None:
        """Whether the address is one that can be sent to; sends nothing, raises a permanent DeliveryError."""
        self._load(address)

    def close(self) -> None:
        """Nothing is held open."""

    def _load(self, address: str) -> NotifyBase:
        _hush()
        from apprise import Apprise, AppriseAsset

        asset = AppriseAsset(
            app_id=self._sender_name,
            app_desc=self._sender_name,
            app_url="",
            image_url_mask="",  # no pictures from third parties
            image_url_logo="",
            async_mode=False,
            service_timeout=0,  # ours is the deadline: its pool of threads would keep the program from ending
            storage_mode="memory",
        )
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "'imghdr'", DeprecationWarning)  # of its plugins, up to Python 3.12
            service = Apprise.instantiate(address, asset=asset, suppress_exceptions=True)
        if service is None:
            raise DeliveryError(f"{shown(address)} is no address that Apprise understands", permanent=True)
        return self._tamed(service, address)

    def _tamed(self, service: NotifyBase, address: str) -> NotifyBase:
        """Our defaults, where the address does not say otherwise."""
        _, _, options = address.partition("?")
        service.retry = 0  # the outbox tries again
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
            service.overflow_mode = type(service.overflow_mode)(
                "split"
            )  # `said` cuts before; should it err, nothing is refused
        return service


class _Sending(threading.Thread):
    """One send in a thread of its own, which is left behind when it takes too long."""

    def __init__(self, service: NotifyBase, message: Message) -> None:
        super().__init__(daemon=True)
        self._service = service
        self._message = message
        self.accepted = False
        self.heard: list[str] = []

    def run(self) -> None:
        from apprise import Apprise

        words = said(self._service, self._message, cut="overflow=" not in self._message.address)
        courier: Apprise = Apprise()
        courier.add(self._service)
        ear = _LogCapture(self)
        logging.getLogger("apprise").addHandler(ear)
        try:
            self.accepted = bool(courier.notify(body=words.body, title=words.title, body_format=words.form))
        finally:
            logging.getLogger("apprise").removeHandler(ear)


class _LogCapture(logging.Handler):
    """Apprise says why it failed in its log only."""

    def __init__(self, sending: _Sending) -> None:
        super().__init__(logging.WARNING)
        self._sending = sending

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._sending.ident:
            self._sending.heard.append(record.getMessage())


def _hush() -> None:
    """Silence their logs, which name addresses with their tokens; only `_LogCapture` reads what Apprise logs."""
    for name in ("apprise", "urllib3"):
        log = logging.getLogger(name)
        log.setLevel(logging.WARNING)
        log.propagate = False
        if not log.handlers:
            log.addHandler(logging.NullHandler())


def _is_gone(reason: str) -> bool:
    return any(int(code) in _GONE for code in _CODE.findall(reason))


def _is_without_an_answer(reason: str) -> bool:
    """Refused, timed out, no such host: Apprise words them all alike, and never names a code then."""
    return not _CODE.search(reason) and _NO_ANSWER.search(reason) is not None


def _without_secrets(reason: str, address: str) -> str:
    """The reason in one line, without any part of the address that may not be shown."""
    public = set(_SEPARATORS.split(shown(address)))
    parts = {part for text in (address, unquote(address)) for part in _SEPARATORS.split(text)}
    for part in sorted(parts - public, key=len, reverse=True):
        if len(part) > 3:
            reason = reason.replace(part, "…").replace(quote(part, safe=""), "…")
    return " ".join(reason.split())[:300]
