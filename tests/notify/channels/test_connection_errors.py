"""What is said of a mail server that cannot be used, and which setting may be wrong."""

from __future__ import annotations

import imaplib
import smtplib
import socket
import ssl

import pytest

from cmr_watch.notify.channels.connection_errors import connection_failure

OR_TLS = '; if the port expects TLS, set security = "tls"'


@pytest.mark.parametrize(
    ("error", "security", "text"),
    [
        (
            socket.gaierror(-2, "Name or service not known"),
            "tls",
            "has a host name that cannot be resolved; check",
        ),
        (ConnectionRefusedError(), "tls", "refused the connection; check host and port in [bounces]"),
        (TimeoutError(), "tls", "did not respond in time; check host and port in [bounces], and the firewall"),
        (TimeoutError(), "starttls", f"and the firewall{OR_TLS}"),
        (
            smtplib.SMTPServerDisconnected(),
            "plain",
            f"check port and security in [bounces]{OR_TLS}",
        ),
        (ssl.SSLError(1, "wrong version number"), "tls", 'does not use TLS on this port; set security = "starttls" or'),
        (
            smtplib.SMTPNotSupportedError("STARTTLS extension not supported"),
            "starttls",
            "does not offer STARTTLS",
        ),
        (imaplib.IMAP4.abort("TLS not supported by server"), "starttls", "does not offer STARTTLS"),
        (
            smtplib.SMTPNotSupportedError("SMTP AUTH extension not supported"),
            "plain",
            "offers no login; check",
        ),
    ],
)
def test_what_failed_and_what_to_check(error, security, text):
    assert text in (connection_failure(error, "bounces", security) or "")


def test_an_unknown_error_is_left_to_the_caller():
    assert connection_failure(OSError(113, "No route to host"), "mail", "tls") is None
