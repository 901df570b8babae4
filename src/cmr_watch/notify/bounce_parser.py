"""Parses incoming mail into bounces: reports of failed delivery. Pure.

A bounce is a delivery status report (RFC 3464, multipart/report), or the text of a mailer daemon. There are hundreds of
forms of the latter; none of them needs to be known, because a bounce counts only if it encloses one of our messages and
names the address that this message was sent to. So the addresses in the text are those that may have failed, and what
stands next to an address says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import getaddresses, parseaddr
from itertools import islice
from typing import Final, Literal, NamedTuple

from cmr_watch.notify.incoming_mail import (
    STATUS_TYPES,
    Mail,
    decoded_header,
    direct_parts,
    header,
    message_ids,
    plain_texts,
    returned_headers,
    subparts,
)
from cmr_watch.notify.refusals import meaning

Verdict = Literal["hard", "soft", ""]

MAX_REASON: Final = 300
MAX_ADDRESS_FIELD: Final = 320
MAX_ADDRESSES: Final = 50

_MESSAGE_ID_LINE: Final = re.compile(r"^[ >]*Message-ID:\s*(<[^<>\s]{1,300}>)", re.IGNORECASE | re.MULTILINE)
_ADDRESS: Final = re.compile(r"[^\s<>()\[\];:,\"']+@[^\s<>()\[\];:,\"'@]+")
_ENHANCED_CODE: Final = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?!\.?\d)")
_REPLY_CODE: Final = re.compile(r"(?<![\d.])[45]\d\d(?![\d.])")
# what separates a report from the mail that it returns: a line of dashes with words, or that mail's first header field
_RETURNED_MAIL: Final = re.compile(
    r"^-{2,}.*\b(?:original|returned?|unsent|copy|message headers?)\b"
    r"|^[ \t]{0,8}(?:original message|(?:original )?message headers?|(?:below|this)(?: this line)? is a copy)\b"
    r"|^(?:Received|Return-Path|DKIM-Signature|MIME-Version|Message-ID):",
    re.IGNORECASE | re.MULTILINE,
)
_PARAGRAPH: Final = re.compile(r"\n[ \t]*\n")
_SUBJECT_LINE: Final = re.compile(r"^[ \t>]*(?:Subject|Betreff|Objet):.*$", re.IGNORECASE | re.MULTILINE)
_FAILURE_SUBJECT: Final = re.compile(
    r"(?:warning: )?(?:undeliver|non[- ]?deliver|(?:mail )?delivery (?:status|fail\w+|report|notification|warning)"
    r"|(?:returned|failed) mail|mail could not be delivered|failure notice|mail (?:system )?error)",
    re.IGNORECASE,
)
_SUCCESS: Final = re.compile(r"\bsuccess|^(?:relayed|delivered|expanded)\b", re.IGNORECASE)
_MAILER_DAEMONS: Final = frozenset({"mailerdaemon", "maildaemon", "mailsubsystem", "postmaster"})
_REPORT_TYPES: Final = ("", "delivery-status", "global-delivery-status")


@dataclass(frozen=True, slots=True)
class Bounce:
    """A report of failed delivery.

    `hard` addresses are dead, mail to `soft` ones failed for another reason; `message_ids` are the Message-IDs of the
    mails that the report may concern.
    """

    hard: tuple[str, ...]
    soft: tuple[str, ...]
    message_ids: tuple[str, ...]
    reason: str


def find_bounce(mail: Mail) -> Bounce | None:
    """Return the bounce in a mail, or None if it is none. Some mail filters enclose a report in one of their own."""
    if not _is_delivery_report(mail):
        return None
    enclosed = (_find_bounce(one) for one in (mail, *returned_headers(mail)) if _is_delivery_report(one))
    return next((bounce for bounce in enclosed if bounce), None)


def _find_bounce(mail: Mail) -> Bounce | None:
    statuses = list(_recipient_statuses(mail))
    verdicts = {status.address: status.verdict for status in statuses} or _verdicts_from_text(mail)
    hard, soft = (
        tuple(address for address in sorted(verdicts) if verdicts[address] == verdict) for verdict in ("hard", "soft")
    )
    return Bounce(hard, soft, _returned_message_ids(mail), _reason(mail, statuses)) if hard or soft else None


def may_be_report(mail: Mail) -> bool:
    """Whether the header of a mail is that of a report, of whatever type."""
    return (
        mail.get_content_type() == "multipart/report"
        or _is_from_mailer_daemon(mail)
        or bool(_FAILURE_SUBJECT.match(_subject(mail)))
    )


def _is_delivery_report(mail: Mail) -> bool:
    if mail.get_content_type() == "multipart/report":
        return str(mail.get_param("report-type", "")).lower() in _REPORT_TYPES
    if _is_from_mailer_daemon(mail):
        return True
    return bool(_FAILURE_SUBJECT.match(_subject(mail)) and _returned_message_ids(mail))


def _is_from_mailer_daemon(mail: Mail) -> bool:
    name, address = parseaddr(header(mail, "From"))
    local = re.sub(r"[^a-z]", "", (address.partition("@")[0] or name).lower())  # dma writes `MAILER-DAEMON <>`
    return local in _MAILER_DAEMONS or mail["X-Failed-Recipients"] is not None


def _subject(mail: Mail) -> str:
    return decoded_header(header(mail, "Subject"))


def _returned_message_ids(mail: Mail) -> tuple[str, ...]:
    """Return the Message-IDs of the returned mails and of those that the report replies to, never its own."""
    texts = [header(mail, "In-Reply-To"), header(mail, "References")]
    texts += [header(returned, "Message-ID") for returned in returned_headers(mail)]
    for text in plain_texts(mail):  # many servers, such as qmail, append the mail to the report's text
        texts += _MESSAGE_ID_LINE.findall(text)
    return message_ids(texts)


# ── reports with a status for each recipient ────────────────────────────────────────────────────────────────────────


class _RecipientStatus(NamedTuple):
    """The per-recipient fields of RFC 3464 §2.3, evaluated for one address."""

    address: str
    verdict: Verdict
    reason: str


def _recipient_statuses(mail: Mail) -> list[_RecipientStatus]:
    parts = (part for part in direct_parts(mail) if part.get_content_type() in STATUS_TYPES)
    blocks = [(_recipient(block), block) for part in parts for block in subparts(part)]
    named = [(address, block) for address, block in blocks if address and block["Action"]]
    words = _words_by_address(mail, [address for address, _ in named])
    return [
        _RecipientStatus(
            address,
            _verdict(block, words[address]),
            _printable_line(f"{_status(block)} {_diagnostic(block)}"),
        )
        for address, block in named
    ]


def _recipient(block: Mail) -> str:
    """Return the address that was written to, or the final one, which may be its alias, if that is not given."""
    for name in ("Original-Recipient", "Final-Recipient"):
        address_type, _, address = header(block, name).rpartition(";")
        if address_type.strip().lower() in ("rfc822", "utf-8", "") and _normalised_address(address):
            return _normalised_address(address)
    return ""


def _verdict(block: Mail, words: Iterable[str]) -> Verdict:
    """What a status says; if it says nothing about the cause, as Exim's 5.0.0, what the report's words say."""
    action = header(block, "Action").lower()
    if action.startswith("delayed"):
        return "soft"
    if not action.startswith(("fail", "error")):
        return ""
    found = meaning(_status(block), _diagnostic(block))
    return "hard" if found == "dead" or (found == "unclear" and _is_dead(words)) else "soft"


def _status(block: Mail) -> str:
    code = _ENHANCED_CODE.search(header(block, "Status"))
    return code[0] if code else ""


def _diagnostic(block: Mail) -> str:
    diagnostic_type, _, text = header(block, "Diagnostic-Code").partition(";")
    return text.strip() if text and " " not in diagnostic_type.strip() else header(block, "Diagnostic-Code")


# ── reports in words ────────────────────────────────────────────────────────────────────────────────────────────────


def _verdicts_from_text(mail: Mail) -> dict[str, Verdict]:
    """Return the addresses that the report's words name, except those of its own sender and recipients."""
    if _SUCCESS.search(_subject(mail)):
        return {}
    text = _report_text(mail)
    own = {address.lower() for _, address in getaddresses([header(mail, "From"), header(mail, "To")])}
    failed = _addresses(header(mail, "X-Failed-Recipients"))
    named = failed or [address for address in _addresses(text) if address.lower() not in own]
    words = _words_by_address(mail, named)
    return {address: "hard" if _is_dead(words[address]) else "soft" for address in named}


def _addresses(text: str) -> list[str]:
    found = (_normalised_address(match[0].rstrip(".")) for match in islice(_ADDRESS.finditer(text), 10 * MAX_ADDRESSES))
    return list(islice(dict.fromkeys(address for address in found if address), MAX_ADDRESSES))


def _words_by_address(mail: Mail, addresses: list[str]) -> dict[str, tuple[str, ...]]:
    """The report's text about each address; if there are several, from it to the next one, and what precedes all."""
    text = _report_text(mail)
    if len({address.lower() for address in addresses}) < 2:
        return dict.fromkeys(addresses, (text,))
    words: dict[str, list[str]] = {address: [] for address in ("", *addresses)}  # "": what precedes all of them
    current = ""
    for line in text.splitlines(keepends=True):
        current = _named_in(line, addresses) or current
        words[current].append(line)
    return {address: ("".join(words[address]), "".join(words[""])) for address in addresses}


def _named_in(line: str, addresses: list[str]) -> str:
    """The first of the addresses that a line names; empty if it names none."""
    lower = line.lower()
    return next((one for one in addresses if "@" in lower and one.lower() in lower), "")


def _is_dead(texts: Iterable[str]) -> bool:
    """Whether the first of these texts that says anything says that the address is dead.

    In each, the paragraphs with a code count for more than the general advice that some reports give.
    """
    for text in texts:
        with_code = [one for one in _PARAGRAPH.split(text) if _REPLY_CODE.search(one) or _ENHANCED_CODE.search(one)]
        for words in ("\n".join(with_code), text):
            if (found := meaning("", words)) != "unclear":
                return found == "dead"
    return False


def _report_text(mail: Mail) -> str:
    """The report's own words, without our subject and the mail that it returns."""
    own = "\n".join(_RETURNED_MAIL.split(text, maxsplit=1)[0] for text in plain_texts(mail))
    return _SUBJECT_LINE.sub("", own)


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
