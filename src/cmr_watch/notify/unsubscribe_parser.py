"""Parses requests to unsubscribe: with a token, or in a person's own words. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Final

from cmr_watch.notify.incoming_mail import MAX_LINE, Mail, decoded_header, header, message_ids, plain_texts
from cmr_watch.notify.tokens import has_token

_AUTOMATIC_PRECEDENCES: Final = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
_PREFIX: Final = re.compile(r"^(?:(?:re|aw|sv|fwd?|wg|tr|rv|odp|vs)(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_WISH: Final = re.compile(
    r"(?:(?:hello|hi|hey|dear all|please|kindly|can you|could you|would you|i want to|i would like to|i wish to)[ ,]*)*"
    r"(?:unsubscribe|opt out|stop|(?:remove|delete) (?:me|us|my (?:e-?mail )?address)|take me off)"
    r"(?: me| us| my (?:e-?mail )?address| this (?:e-?mail )?address)?"
    r"(?: (?:from )?(?:this|the|your|all|these|any|further|future)(?: \w+){0,3})?"
    r"(?:[ ,]*(?:please|now|immediately|thanks?|thank you|many thanks))*"
)


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """A request to unsubscribe.

    `text` may contain a token, `message_ids` are the messages it replies to, `sender` is the address in `From`, which
    anyone can forge.
    """

    text: str
    message_ids: tuple[str, ...]
    sender: str = ""


def find_token(mail: Mail) -> Unsubscribe | None:
    """Return the request in a mail with a token where a request has it; None if there is none.

    That is the subject or the recipient's address, as mail programs put it there from our List-Unsubscribe field or
    footer, or the sender's first own line. Not the rest of the text, which may quote the footer.
    """
    text = _subject_and_recipients(mail)
    own = _first_own_line(mail)
    if has_token(text):
        return _request(mail, text)
    return _request(mail, own) if "unsubscribe" in own.lower() and has_token(own) else None


def find_request(mail: Mail) -> Unsubscribe | None:
    """Return the request that a person wrote without a token; None if there is none, or if a program wrote the mail.

    Absence notes quote our footer, so mails from programs do not count.
    """
    if _is_automatic(mail) or not (_is_wish(_subject(mail)) or _is_wish(_first_own_line(mail))):
        return None
    return _request(mail, _subject_and_recipients(mail))


def _request(mail: Mail, text: str) -> Unsubscribe:
    ids = message_ids([header(mail, "In-Reply-To"), header(mail, "References")])
    sender = parseaddr(header(mail, "From"))[1]
    return Unsubscribe(text, ids, sender if sender.isprintable() and "@" in sender else "")


def _is_automatic(mail: Mail) -> bool:
    """Whether a program wrote it (RFC 3834 and older conventions)."""
    submitted = header(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    return (
        submitted not in ("", "no")
        or mail.get_content_type() == "multipart/report"
        or header(mail, "Precedence").lower() in _AUTOMATIC_PRECEDENCES
        or header(mail, "Return-Path") == "<>"
        or any(mail[name] is not None for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponder"))
    )


def _subject(mail: Mail) -> str:
    return decoded_header(header(mail, "Subject"))


def _subject_and_recipients(mail: Mail) -> str:
    recipients = [str(value) for name in ("To", "Delivered-To") for value in mail.get_all(name, [])]
    return "\n".join([_subject(mail), *recipients])[:MAX_LINE]


def _first_own_line(mail: Mail) -> str:
    """Return the first line of the sender's own text; quoted lines and the “… wrote:” above them are skipped."""
    lines = (line.strip() for text in plain_texts(mail) for line in text.splitlines())
    return next((line for line in lines if line and not line.startswith(">") and not line.endswith(":")), "")[:MAX_LINE]


def _is_wish(line: str) -> bool:
    words = " ".join(_PREFIX.sub("", line).replace("’", "'").split())
    return _WISH.fullmatch(words.strip(" .!*_\"'“”").lower()) is not None
