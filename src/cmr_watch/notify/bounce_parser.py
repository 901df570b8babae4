"""What a mail that came back says: pure, and the door of flufl.bounce.

Only reports count: RFC 3464 (multipart/report), or words by a mailer daemon that flufl.bounce knows. The content is
anybody's, so it is cut to what a report needs before it is parsed: time is bounded, whatever the bytes are.
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

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # it tells of each of its detectors, for each mail

Mail: TypeAlias = "Message[str, str]"
Verdict = Literal["hard", "soft", ""]

LIMIT: Final = 256 * 1024  # bytes; the report comes before the returned mail, so what is behind is not missed
WORDS_LIMIT: Final = 16 * 1024  # characters for flufl.bounce, some of whose patterns are quadratic in a line
LONGEST_LINE: Final = 4000
LONGEST_LINE_OF_WORDS: Final = 320
MOST_BOUNDARIES: Final = 20  # the parser tries each enclosing boundary on each line
MOST_PARTS: Final = 300
MOST_IDS: Final = 50
LONGEST_REASON: Final = 300
LONGEST_FIELD: Final = 320

_LONG_LINE: Final = re.compile(rb"([^\r\n]{%d})[^\r\n]+" % LONGEST_LINE)
_BOUNDARY: Final = re.compile(r"boundary[*0-9]*\s*=", re.IGNORECASE)
_ID: Final = re.compile(r"<[^<>\s]{1,300}>")
_ID_IN_WORDS: Final = re.compile(r"^Message-ID:\s*(<[^<>\s]{1,300}>)", re.IGNORECASE | re.MULTILINE)
_ADDRESS: Final = re.compile(r"[^\s<>;,\"]+@[^\s<>;,\"@]+")
_CODE: Final = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?!\.?\d)")
_REPLY: Final = re.compile(r"(?<![\d.])[45]\d\d(?![\d.])")
_COPY: Final = re.compile(r"^-{2,}", re.MULTILINE)  # behind it: the returned mail
_FOR_NOW: Final = re.compile(r"(?:4\d\d|552)\b")
_FULL: Final = re.compile(r"\bquota\b|\b(?:mailbox|storage)\b.{0,40}\bfull\b", re.IGNORECASE)
_NOT_FOREVER: Final = re.compile(r"4\..*|5\.2\.2|5\.3\.4|5\.2\.3|5\.4\.7|5\.7\..*")  # full, too large, expired, policy
_MAILERS: Final = frozenset({"mailer-daemon", "mail-daemon", "maildaemon", "postmaster"})
_STATUS_KINDS: Final = ("message/delivery-status", "message/global-delivery-status")
_HEADER_KINDS: Final = ("text/rfc822-headers", "message/rfc822-headers", "message/global-headers")
_REPORT_TYPES: Final = ("", "delivery-status", "global-delivery-status")
_BULK: Final = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
_WISH: Final = re.compile(r"unsubscribe\s+[0-9a-z_-]{43}", re.IGNORECASE)
_TOKEN: Final = re.compile(r"(?<![0-9a-z_-])[0-9a-z_-]{43}(?![0-9a-z_-])", re.IGNORECASE)
_WORDS: Final = frozenset({"unsubscribe", "stop"})

# What the parser of email is known to trip over.
_BROKEN: Final = (
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
    """A report that mail did not arrive: at which addresses, and which mails of ours it may be about."""

    hard: tuple[str, ...]
    soft: tuple[str, ...]
    message_ids: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Somebody wants no more mail: `text` may hold a token, `message_ids` are what is answered."""

    text: str
    message_ids: tuple[str, ...]


def read(content: bytes) -> Bounce | Unsubscribe | None:
    """What the mail says; None for whatever is no report and no wish to unsubscribe. Never raises."""
    try:
        mail = _parsed(_LONG_LINE.sub(rb"\1", content[:LIMIT]).decode("utf-8", "replace"))
        _unpack(mail)
        return _bounce(mail) if _is_report(mail) else _unsubscribe(mail)
    except _BROKEN:
        return None


# ── the mail ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _parsed(text: str) -> Mail:
    """From text, not from bytes: so every header is a string, as flufl.bounce expects."""
    if len(_BOUNDARY.findall(text)) > MOST_BOUNDARIES:
        raise ValueError("too many boundaries")
    mail = email.message_from_string(text)
    if len(list(islice(mail.walk(), MOST_PARTS + 1))) > MOST_PARTS:
        raise ValueError("too many parts")
    return mail


def _unpack(mail: Mail) -> None:
    """Decode the parts in place: also reports in base64, which RFC 3464 forbids and some servers write."""
    for part in list(mail.walk()):
        kind = part.get_content_type()
        encoding = _field(part, "Content-Transfer-Encoding").lower()
        encoded = encoding in ("base64", "quoted-printable") and kind.startswith(("text/", "message/"))
        if encoded or kind == "message/global-delivery-status":
            plain = kind.replace("global-delivery", "delivery")
            part.set_payload(_parsed(f"Content-Type: {plain}\n\n{_decoded(part, encoding)}").get_payload())
            del part["Content-Transfer-Encoding"]
            part.set_type(plain)


def _decoded(part: Mail, encoding: str) -> str:
    """The text of a part; of one that the parser took for fields, put together again."""
    raw = _text(part) or "\n".join(block.as_string() for block in _blocks(part)).replace("=\n\n", "=\n")
    leaf: Mail = Message()
    leaf["Content-Transfer-Encoding"] = encoding
    leaf.set_payload(raw)
    decoded = leaf.get_payload(decode=True)
    return decoded.decode("utf-8", "replace") if encoding and isinstance(decoded, bytes) else raw


def _blocks(part: Mail) -> list[Mail]:
    payload = part.get_payload()
    return [block for block in payload if isinstance(block, Message)] if isinstance(payload, list) else []


def _own_parts(mail: Mail) -> Iterator[Mail]:
    """The parts of this mail, without those of mails enclosed in it."""
    yield mail
    if mail.get_content_maintype() == "multipart":
        for part in _blocks(mail):
            yield from _own_parts(part)


def _field(mail: Mail, name: str) -> str:
    return " ".join(str(mail.get(name, "")).split())


def _text(part: Mail) -> str:
    payload = part.get_payload()
    return payload if isinstance(payload, str) else ""


def _plain_text(mail: Mail) -> str:
    texts = (_text(part) for part in _own_parts(mail) if part.get_content_type() == "text/plain")
    return next(texts, "")


# ── a report ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _is_report(mail: Mail) -> bool:
    if mail.get_content_type() == "multipart/report":
        return str(mail.get_param("report-type", "")).lower() in _REPORT_TYPES
    local = parseaddr(_field(mail, "From"))[1].partition("@")[0].lower()
    return local in _MAILERS or mail["X-Failed-Recipients"] is not None


def _bounce(mail: Mail) -> Bounce | None:
    ids = _returned_ids(mail)
    _shorten(mail)
    records = list(_records(mail))
    found = {record.address: record.verdict for record in records} if records else _by_words(mail)
    hard, soft = ([address for address in sorted(found) if found[address] == kind] for kind in ("hard", "soft"))
    if not hard and not soft:
        return None
    return Bounce(tuple(hard), tuple(soft), ids, _reason(mail, records))


def _returned_ids(mail: Mail) -> tuple[str, ...]:
    """The Message-IDs of the returned mails, and of what the report answers; never its own."""
    returned = [part for part in mail.walk() if _is_returned(part)]
    texts = [_field(mail, "In-Reply-To"), _field(mail, "References")]
    texts += [_field(_returned_head(part), "Message-ID") for part in returned]
    if not returned:  # qmail, for one, appends the mail to its own words
        texts += _ID_IN_WORDS.findall(_plain_text(mail))
    return _ids(texts)


def _is_returned(part: Mail) -> bool:
    kind = part.get_content_type()
    return kind in _HEADER_KINDS or (kind.startswith("message/") and kind not in _STATUS_KINDS)


def _returned_head(part: Mail) -> Mail:
    blocks = _blocks(part)
    return blocks[0] if blocks else email.message_from_string(_text(part).lstrip())


def _ids(texts: Iterable[str]) -> tuple[str, ...]:
    found = (message_id for text in texts for message_id in _ID.findall(text))
    return tuple(islice(dict.fromkeys(found), MOST_IDS))


def _shorten(mail: Mail) -> None:
    """Leave flufl.bounce the report's own words, in short lines, and nothing of the mails in it."""
    left = WORDS_LIMIT
    for part in mail.walk():
        if _is_returned(part):
            part.set_payload("")
        elif not part.is_multipart():
            lines = (line[:LONGEST_LINE_OF_WORDS] for line in _text(part)[:left].splitlines(keepends=True))
            words = "\n".join(line.rstrip("\r\n") for line in lines)
            part.set_payload(words)
            left -= len(words)


class _Record(NamedTuple):
    """What RFC 3464 fields say of one address."""

    address: str
    verdict: Verdict
    reason: str


def _records(mail: Mail) -> Iterator[_Record]:
    parts = (part for part in _own_parts(mail) if part.get_content_type() in _STATUS_KINDS)
    for block in (block for part in parts for block in _blocks(part)):
        address = _recipient(block)
        if address and block["Action"]:
            yield _Record(address, _verdict(block), _line(f"{_status(block)} {_diagnostic(block)}"))


def _recipient(block: Mail) -> str:
    """The address that we wrote to; the final one, which may be an alias of it, only where the first is not told."""
    for name in ("Original-Recipient", "Final-Recipient"):
        kind, _, address = _field(block, name).rpartition(";")
        if kind.strip().lower() in ("rfc822", "utf-8", "") and _address(address):
            return _address(address)
    return ""


def _verdict(block: Mail) -> Verdict:
    action = _field(block, "Action").lower()
    if action.startswith("delayed"):
        return "soft"
    if not action.startswith(("fail", "error")):
        return ""
    return "soft" if _is_soft(_status(block), _diagnostic(block)) else "hard"


def _status(block: Mail) -> str:
    found = _CODE.search(_field(block, "Status"))
    return found[0] if found else ""


def _diagnostic(block: Mail) -> str:
    kind, _, words = _field(block, "Diagnostic-Code").partition(";")
    return words.strip() if words and " " not in kind.strip() else _field(block, "Diagnostic-Code")


def _is_soft(status: str, words: str) -> bool:
    """Whether mail may arrive another day. Exim writes 5.0.0 for everything: then the words tell."""
    if status and not status.endswith(".0.0"):
        return bool(_NOT_FOREVER.fullmatch(status))
    codes = [code for code in _CODE.findall(words) if not code.endswith(".0.0")]
    if codes:
        return any(_NOT_FOREVER.fullmatch(code) for code in codes)
    return status.startswith("4") or bool(_FOR_NOW.match(words) or _FULL.search(words))


def _by_words(mail: Mail) -> dict[str, Verdict]:
    """Who failed by flufl.bounce, which knows how many servers write; the codes in the words tell for how long."""
    soft, hard = all_failures(mail)
    last: Verdict = "soft" if _is_soft("", _own_words(mail)) else "hard"
    found: dict[str, Verdict] = {_address(address.decode("ascii", "replace")): "soft" for address in soft}
    found |= {_address(address.decode("ascii", "replace")): last for address in hard}
    return {address: verdict for address, verdict in found.items() if address}


def _own_words(mail: Mail) -> str:
    return _COPY.split(_plain_text(mail), maxsplit=1)[0]


def _reason(mail: Mail, records: list[_Record]) -> str:
    told = sorted((record for record in records if record.verdict), key=lambda record: record.verdict != "hard")
    lines = [record.reason for record in told]
    lines += [line for line in _own_words(mail).splitlines() if _CODE.search(line) or _REPLY.search(line)]
    return next((_line(line) for line in lines if _line(line)), "the report gives no code")


def _line(words: str) -> str:
    """One line that cannot do anything to a log or a terminal."""
    printable = "".join(letter if letter.isprintable() else " " for letter in words)
    return " ".join(printable.split())[:LONGEST_REASON].rstrip()


def _address(text: str) -> str:
    found = _ADDRESS.search(text[:LONGEST_FIELD])
    local, _, domain = found[0].rpartition("@") if found else ("", "", "")
    return f"{local}@{domain.lower()}" if found and found[0].isprintable() and "\ufffd" not in found[0] else ""


# ── a wish ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _unsubscribe(mail: Mail) -> Unsubscribe | None:
    """A mail by a mail program (RFC 2369, RFC 8058 without its POST), or an answer that says just the word."""
    if _is_automatic(mail):
        return None
    subject = _readable(_field(mail, "Subject"))
    places = [str(value) for name in ("To", "Delivered-To") for value in mail.get_all(name, [])]
    text = "\n".join([subject, *places])[:LONGEST_LINE]
    answered = _ids([_field(mail, "In-Reply-To")])
    by_program = _WISH.fullmatch(subject) or (_is_wish(subject) and _TOKEN.search(text))
    by_answer = answered and (_is_wish(subject) or _is_wish(_first_line(mail)))
    if not by_program and not by_answer:
        return None
    return Unsubscribe(text, _ids([*answered, _field(mail, "References")]))


def _is_automatic(mail: Mail) -> bool:
    """Holiday notes quote what they answer, our footer included (RFC 3834, and what was usual before it)."""
    submitted = _field(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    return (
        submitted not in ("", "no")
        or mail.get_content_type() == "multipart/report"
        or _field(mail, "Precedence").lower() in _BULK
        or _field(mail, "Return-Path") == "<>"
        or any(mail[name] is not None for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponder"))
    )


def _readable(subject: str) -> str:
    return " ".join(str(make_header(decode_header(subject[:LONGEST_LINE]))).split())


def _first_line(mail: Mail) -> str:
    """What a person wrote above, or below, the mail that is quoted; "…wrote:" is no word of theirs."""
    lines = (line.strip() for line in _plain_text(mail).splitlines())
    return next((line for line in lines if line and not line.startswith(">") and not line.endswith(":")), "")


def _is_wish(line: str) -> bool:
    return line.strip(" .!*_\"'").lower() in _WORDS
