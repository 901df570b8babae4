"""Parses complaints: reports that a recipient marked a message as spam (Abuse Reporting Format, RFC 5965). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cmr_watch.notify.incoming_mail import (
    Mail,
    direct_parts,
    header,
    message_ids,
    payload_text,
    returned_headers,
    subparts,
)

_FEEDBACK: Final = "message/feedback-report"
_COMPLAINTS: Final = frozenset({"abuse", "fraud", "opt-out", "opt-out-list"})
"""Types by which a recipient says that the message is unwanted (RFC 5965 §7.3 and earlier drafts), not its content."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """A report that messages were unwanted: `text` may contain a token, `message_ids` are those of the messages."""

    text: str
    message_ids: tuple[str, ...]


def find_complaint(mail: Mail) -> Complaint | None:
    """Return the complaint in a mail, or None if it is none.

    Providers redact addresses, but leave the Message-ID or the List-Unsubscribe field, which contains our token.
    """
    if not any(_is_complaint(part) for part in direct_parts(mail) if part.get_content_type() == _FEEDBACK):
        return None
    returned = returned_headers(mail)
    text = "\n".join(header(one, "List-Unsubscribe") for one in returned)
    return Complaint(text, message_ids(header(one, "Message-ID") for one in returned))


def _is_complaint(part: Mail) -> bool:
    """The fields of the part are its text, or the header of a mail within it, as Python parses message/*."""
    fields = [header(block, "Feedback-Type") for block in subparts(part)]
    fields += [line.partition(":")[2] for line in payload_text(part).splitlines() if _is_type(line)]
    return any(field.strip().lower() in _COMPLAINTS for field in fields)


def _is_type(line: str) -> bool:
    return line.lower().startswith("feedback-type:")
