"""Parses incoming mail into bounces and unsubscribe requests. Pure; the only module that imports flufl.bounce.

A bounce is either a delivery status report (RFC 3464, multipart/report) or a mailer daemon's text in a form that
flufl.bounce recognises. The mail is untrusted input, so it is truncated before parsing to bound the running time.
"""

from __future__ import annotations

import email
import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from itertools import islice
from typing import Final, Literal, NamedTuple, TypeAlias

from flufl.bounce import all_failures

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # it logs every detector for every mail

Mail: TypeAlias = "Message[str, str]"
Verdict = Literal["hard", "soft", ""]

MAX_BYTES: Final = 256 * 1024  # the report precedes the returned mail, so nothing needed is cut off
MAX_LINE: Final = 4000  # this and the lengths below are in characters
MAX_TEXT: Final = 16 * 1024  # passed to flufl.bounce, some of whose patterns are quadratic in a line
MAX_TEXT_LINE: Final = 320
MAX_BOUNDARIES: Final = 20  # the e-mail parser tries every enclosing boundary on every line
MAX_PARTS: Final = 300
MAX_IDS: Final = 50
MAX_REASON: Final = 300
MAX_ADDRESS_FIELD: Final = 320

_LONG_LINE: Final = re.compile(rb"([^\r\n]{%d})[^\r\n]+" % MAX_LINE)
_BOUNDARY: Final = re.compile(r"boundary[*0-9]*\s*=", re.IGNORECASE)
_MESSAGE_ID: Final = re.compile(r"<[^<>\s]{1,300}>")
_MESSAGE_ID_LINE: Final = re.compile(r"^Message-ID:\s*(<[^<>\s]{1,300}>)", re.IGNORECASE | re.MULTILINE)
_ADDRESS: Final = re.compile(r"[^\s<>;,\"]+@[^\s<>;,\"@]+")
_ENHANCED_CODE: Final = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?!\.?\d)")
_REPLY_CODE: Final = re.compile(r"(?<![\d.])[45]\d\d(?![\d.])")
_RETURNED_MAIL: Final = re.compile(r"^-{2,}", re.MULTILINE)  # separates the report from the returned mail
_TEMPORARY_REPLY: Final = re.compile(r"(?:4\d\d|552)\b")
_MAILBOX_FULL: Final = re.compile(r"\bquota\b|\b(?:mailbox|storage)\b.{0,40}\bfull\b", re.IGNORECASE)
# RFC 3463: temporary, mailbox full, message too large (two codes), delivery time expired, policy
_SOFT_CODE: Final = re.compile(r"4\..*|5\.2\.2|5\.3\.4|5\.2\.3|5\.4\.7|5\.7\..*")
_MAILER_DAEMONS: Final = frozenset({"mailer-daemon", "mail-daemon", "maildaemon", "postmaster"})
_STATUS_TYPES: Final = ("message/delivery-status", "message/global-delivery-status")
_HEADER_TYPES: Final = ("text/rfc822-headers", "message/rfc822-headers", "message/global-headers")
_REPORT_TYPES: Final = ("", "delivery-status", "global-delivery-status")
_AUTOMATIC_PRECEDENCES: Final = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
_UNSUBSCRIBE_TOKEN: Final = re.compile(r"unsubscribe\s+[0-9a-z_-]{43}", re.IGNORECASE)
_TOKEN: Final = re.compile(r"(?<![0-9a-z_-])[0-9a-z_-]{43}(?![0-9a-z_-])", re.IGNORECASE)
_UNSUBSCRIBE_WORDS: Final = frozenset({"unsubscribe", "stop"})

# The exceptions that the e-mail parser is known to raise on malformed input.
_PARSER_ERRORS: Final = (
    AssertionError,
    AttributeError,
    LookupError,
    MessageError,
    RecursionError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Bounce:
    """A report of failed delivery.

    `hard` addresses failed permanently, `soft` ones temporarily; `message_ids` are the Message-IDs of the mails that
    the report may concern.
    """

    hard: tuple[str, ...]
    soft: tuple[str, ...]
    message_ids: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """A request to unsubscribe: `text` may contain a token, `message_ids` are the messages it replies to."""

    text: str
    message_ids: tuple[str, ...]


def parse_mail(content: bytes) -> Bounce | Unsubscribe | None:
    """Return the bounce or unsubscribe request in a mail, or None if it is neither. Never raises."""
    try:
        mail = _parse(_LONG_LINE.sub(rb"\1", content[:MAX_BYTES]).decode("utf-8", "replace"))
        _decode_parts(mail)
        return _bounce(mail) if _is_delivery_report(mail) else _unsubscribe(mail)
    except _PARSER_ERRORS:
        return None


# ── the mail ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _parse(text: str) -> Mail:
    """Parse text, not bytes: every header is then a string, as flufl.bounce expects."""
    if len(_BOUNDARY.findall(text)) > MAX_BOUNDARIES:
        raise ValueError("too many boundaries")
    mail = email.message_from_string(text)
    if len(list(islice(mail.walk(), MAX_PARTS + 1))) > MAX_PARTS:
        raise ValueError("too many parts")
    return mail


def _decode_parts(mail: Mail) -> None:
    """Decode the parts in place, including base64 reports, which RFC 3464 forbids but some servers send."""
    for part in list(mail.walk()):
        content_type = part.get_content_type()
        encoding = _field(part, "Content-Transfer-Encoding").lower()
        encoded = encoding in ("base64", "quoted-printable") and content_type.startswith(("text/", "message/"))
        if encoded or content_type == "message/global-delivery-status":
            plain = content_type.replace("global-delivery", "delivery")
            part.set_payload(_parse(f"Content-Type: {plain}\n\n{_decoded(part, encoding)}").get_payload())
            del part["Content-Transfer-Encoding"]
            part.set_type(plain)


def _decoded(part: Mail, encoding: str) -> str:
    """Return the decoded text of a part; blocks that the parser took for header fields are rejoined first."""
    raw = _payload_text(part) or "\n".join(block.as_string() for block in _subparts(part)).replace("=\n\n", "=\n")
    leaf: Mail = Message()
    leaf["Content-Transfer-Encoding"] = encoding
    leaf.set_payload(raw)
    decoded = leaf.get_payload(decode=True)
    return decoded.decode("utf-8", "replace") if encoding and isinstance(decoded, bytes) else raw


def _subparts(part: Mail) -> list[Mail]:
    payload = part.get_payload()
    return [block for block in payload if isinstance(block, Message)] if isinstance(payload, list) else []


def _direct_parts(mail: Mail) -> Iterator[Mail]:
    """Yield this mail and its parts, without the parts of enclosed mails."""
    yield mail
    if mail.get_content_maintype() == "multipart":
        for part in _subparts(mail):
            yield from _direct_parts(part)


def _field(mail: Mail, name: str) -> str:
    return " ".join(str(mail.get(name, "")).split())


def _payload_text(part: Mail) -> str:
    payload = part.get_payload()
    return payload if isinstance(payload, str) else ""


def _plain_text(mail: Mail) -> str:
    texts = (_payload_text(part) for part in _direct_parts(mail) if part.get_content_type() == "text/plain")
    return next(texts, "")


# ── bounces ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _is_delivery_report(mail: Mail) -> bool:
    if mail.get_content_type() == "multipart/report":
        return str(mail.get_param("report-type", "")).lower() in _REPORT_TYPES
    local = parseaddr(_field(mail, "From"))[1].partition("@")[0].lower()
    return local in _MAILER_DAEMONS or mail["X-Failed-Recipients"] is not None


def _bounce(mail: Mail) -> Bounce | None:
    ids = _returned_message_ids(mail)
    _truncate_for_flufl(mail)
    statuses = list(_recipient_statuses(mail))
    verdicts = {status.address: status.verdict for status in statuses} if statuses else _verdicts_from_text(mail)
    hard, soft = (
        tuple(address for address in sorted(verdicts) if verdicts[address] == verdict) for verdict in ("hard", "soft")
    )
    return Bounce(hard, soft, ids, _reason(mail, statuses)) if hard or soft else None


def _returned_message_ids(mail: Mail) -> tuple[str, ...]:
    """Return the Message-IDs of the returned mails and of those that the report replies to, never its own."""
    returned = [part for part in mail.walk() if _is_returned(part)]
    texts = [_field(mail, "In-Reply-To"), _field(mail, "References")]
    texts += [_field(_returned_header(part), "Message-ID") for part in returned]
    if not returned:  # some servers, such as qmail, append the mail to the report's text
        texts += _MESSAGE_ID_LINE.findall(_plain_text(mail))
    return _message_ids(texts)


def _is_returned(part: Mail) -> bool:
    content_type = part.get_content_type()
    return content_type in _HEADER_TYPES or (content_type.startswith("message/") and content_type not in _STATUS_TYPES)


def _returned_header(part: Mail) -> Mail:
    blocks = _subparts(part)
    return blocks[0] if blocks else email.message_from_string(_payload_text(part).lstrip())


def _message_ids(texts: Iterable[str]) -> tuple[str, ...]:
    ids = (message_id for text in texts for message_id in _MESSAGE_ID.findall(text))
    return tuple(islice(dict.fromkeys(ids), MAX_IDS))


def _truncate_for_flufl(mail: Mail) -> None:
    """Reduce the mail in place to the report's text, in short lines; remove the returned mails."""
    left = MAX_TEXT
    for part in mail.walk():
        if _is_returned(part):
            part.set_payload("")
        elif not part.is_multipart():
            lines = (line[:MAX_TEXT_LINE] for line in _payload_text(part)[:left].splitlines(keepends=True))
            text = "\n".join(line.rstrip("\r\n") for line in lines)
            part.set_payload(text)
            left -= len(text)


class _RecipientStatus(NamedTuple):
    """The per-recipient fields of RFC 3464 §2.3, evaluated for one address."""

    address: str
    verdict: Verdict
    reason: str


def _recipient_statuses(mail: Mail) -> Iterator[_RecipientStatus]:
    parts = (part for part in _direct_parts(mail) if part.get_content_type() in _STATUS_TYPES)
    for block in (block for part in parts for block in _subparts(part)):
        address = _recipient(block)
        if address and block["Action"]:
            yield _RecipientStatus(address, _verdict(block), _printable_line(f"{_status(block)} {_diagnostic(block)}"))


def _recipient(block: Mail) -> str:
    """Return the address that was written to, or the final one, which may be its alias, if that is not given."""
    for name in ("Original-Recipient", "Final-Recipient"):
        address_type, _, address = _field(block, name).rpartition(";")
        if address_type.strip().lower() in ("rfc822", "utf-8", "") and _normalised_address(address):
            return _normalised_address(address)
    return ""


def _verdict(block: Mail) -> Verdict:
    action = _field(block, "Action").lower()
    if action.startswith("delayed"):
        return "soft"
    if not action.startswith(("fail", "error")):
        return ""
    return "soft" if _is_soft(_status(block), _diagnostic(block)) else "hard"


def _status(block: Mail) -> str:
    code = _ENHANCED_CODE.search(_field(block, "Status"))
    return code[0] if code else ""


def _diagnostic(block: Mail) -> str:
    diagnostic_type, _, text = _field(block, "Diagnostic-Code").partition(";")
    return text.strip() if text and " " not in diagnostic_type.strip() else _field(block, "Diagnostic-Code")


def _is_soft(status: str, text: str) -> bool:
    """Whether later mail may arrive. Exim sends 5.0.0 for every failure, so such a code is looked up in the text."""
    if status and not status.endswith(".0.0"):
        return bool(_SOFT_CODE.fullmatch(status))
    codes = [code for code in _ENHANCED_CODE.findall(text) if not code.endswith(".0.0")]
    if codes:
        return any(_SOFT_CODE.fullmatch(code) for code in codes)
    return status.startswith("4") or bool(_TEMPORARY_REPLY.match(text) or _MAILBOX_FULL.search(text))


def _verdicts_from_text(mail: Mail) -> dict[str, Verdict]:
    """Return the failed addresses that flufl.bounce recognises; codes in the text may turn hard failures into soft."""
    soft, hard = all_failures(mail)
    permanent: Verdict = "soft" if _is_soft("", _report_text(mail)) else "hard"
    verdicts: dict[str, Verdict] = {_normalised_address(address.decode("ascii", "replace")): "soft" for address in soft}
    verdicts |= {_normalised_address(address.decode("ascii", "replace")): permanent for address in hard}
    return {address: verdict for address, verdict in verdicts.items() if address}


def _report_text(mail: Mail) -> str:
    return _RETURNED_MAIL.split(_plain_text(mail), maxsplit=1)[0]


def _reason(mail: Mail, statuses: list[_RecipientStatus]) -> str:
    failed = sorted((status for status in statuses if status.verdict), key=lambda status: status.verdict != "hard")
    lines = [status.reason for status in failed]
    text = _report_text(mail)
    lines += [line for line in text.splitlines() if _ENHANCED_CODE.search(line) or _REPLY_CODE.search(line)]
    return next((_printable_line(line) for line in lines if _printable_line(line)), "no error code in the report")


def _printable_line(text: str) -> str:
    """Return one short line without control characters, safe for logs and terminals."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(printable.split())[:MAX_REASON].rstrip()


def _normalised_address(text: str) -> str:
    """Return the first address in the text with its domain in lower case; empty if there is no printable one."""
    match = _ADDRESS.search(text[:MAX_ADDRESS_FIELD])
    if not match or not match[0].isprintable() or "\ufffd" in match[0]:
        return ""
    local, _, domain = match[0].rpartition("@")
    return f"{local}@{domain.lower()}"


# ── unsubscribe requests ────────────────────────────────────────────────────────────────────────────────────────────


def _unsubscribe(mail: Mail) -> Unsubscribe | None:
    """Return the request in a mail that a mail program generated (RFC 2369) or in a one-word reply."""
    if _is_automatic(mail):
        return None
    subject = _decoded_subject(_field(mail, "Subject"))
    recipients = [str(value) for name in ("To", "Delivered-To") for value in mail.get_all(name, [])]
    text = "\n".join([subject, *recipients])[:MAX_LINE]
    replied_to = _message_ids([_field(mail, "In-Reply-To")])
    if _is_generated_request(subject, text) or (replied_to and _is_reply_request(subject, mail)):
        return Unsubscribe(text, _message_ids([*replied_to, _field(mail, "References")]))
    return None


def _is_generated_request(subject: str, text: str) -> bool:
    """Whether a mail program wrote it from a List-Unsubscribe header: the token is in the subject or the address."""
    if _UNSUBSCRIBE_TOKEN.fullmatch(subject):
        return True
    return _is_unsubscribe_text(subject) and _TOKEN.search(text) is not None


def _is_reply_request(subject: str, mail: Mail) -> bool:
    return _is_unsubscribe_text(subject) or _is_unsubscribe_text(_first_unquoted_line(mail))


def _is_automatic(mail: Mail) -> bool:
    """Whether a program replied (RFC 3834 and older conventions): absence notes quote our unsubscribe footer."""
    submitted = _field(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    return (
        submitted not in ("", "no")
        or mail.get_content_type() == "multipart/report"
        or _field(mail, "Precedence").lower() in _AUTOMATIC_PRECEDENCES
        or _field(mail, "Return-Path") == "<>"
        or any(mail[name] is not None for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponder"))
    )


def _decoded_subject(subject: str) -> str:
    return " ".join(str(make_header(decode_header(subject[:MAX_LINE]))).split())


def _first_unquoted_line(mail: Mail) -> str:
    """Return the first line of the sender's own text; quoted lines and the “… wrote:” above them are skipped."""
    lines = (line.strip() for line in _plain_text(mail).splitlines())
    return next((line for line in lines if line and not line.startswith(">") and not line.endswith(":")), "")


def _is_unsubscribe_text(line: str) -> bool:
    return line.strip(" .!*_\"'").lower() in _UNSUBSCRIBE_WORDS
