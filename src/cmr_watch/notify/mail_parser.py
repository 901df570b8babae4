"""Parses an incoming mail: what it asks for or reports. Pure."""

from __future__ import annotations

from cmr_watch.notify import incoming_mail
from cmr_watch.notify.bounce_parser import Bounce, find_bounce, may_be_report
from cmr_watch.notify.complaint_parser import Complaint, find_complaint
from cmr_watch.notify.unsubscribe_parser import Unsubscribe, find_request, find_token

Incoming = Bounce | Unsubscribe | Complaint


def parse_mail(content: bytes) -> Incoming | None:
    """Return what a mail asks for or reports, or None if it is another mail. Never raises.

    A token takes precedence: a sender who has it may unsubscribe, whatever else the mail is.
    """
    try:
        mail = incoming_mail.parse(content)
        return find_token(mail) or find_complaint(mail) or find_bounce(mail) or find_request(mail)
    except incoming_mail.PARSER_ERRORS:
        return None


def is_report(head: bytes) -> bool:
    """Whether the start of a mail, which contains its header, looks like that of a report. Never raises."""
    try:
        return may_be_report(incoming_mail.parse(head))
    except incoming_mail.PARSER_ERRORS:
        return False
