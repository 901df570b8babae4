"""Why a mail server cannot be used, and what to check in the configuration. For SMTP and IMAP alike."""

from __future__ import annotations

import imaplib
import smtplib
import socket
import ssl
from typing import Final

from cmr_watch.notify.channels.settings import Security

_NO_STARTTLS: Final = ("STARTTLS extension not supported", "TLS not supported")  # of smtplib, of imaplib
_NO_LOGIN: Final = ("AUTH extension not supported", "No suitable authentication method")
_DISCONNECTED: Final = (smtplib.SMTPServerDisconnected, imaplib.IMAP4.abort, ConnectionError, ssl.SSLEOFError)


def connection_failure(error: Exception, section: str, security: Security) -> str | None:
    """What failed, to follow the name of the server, and what to check in [`section`]; None if it is nothing known."""
    if isinstance(error, (socket.gaierror, UnicodeError)):  # getaddrinfo raises the latter for an invalid name
        return f"has a host name that cannot be resolved; check host in [{section}], and the DNS of this machine"
    if isinstance(error, ConnectionRefusedError):
        return f"refused the connection; check host and port in [{section}]"
    if isinstance(error, TimeoutError):
        return f"did not respond in time; check host and port in [{section}], and the firewall{_or_tls(security)}"
    return _tls_failure(error, section, security) or _refusal(error, section, security)


def _tls_failure(error: Exception, section: str, security: Security) -> str | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"presents an invalid certificate: {error.verify_message}; check host in [{section}], or set ca_file"
    if isinstance(error, ssl.SSLError) and security == "tls" and not isinstance(error, ssl.SSLEOFError):
        return f'does not use TLS on this port; set security = "starttls" or "plain" in [{section}], or check port'
    if any(text in str(error) for text in _NO_STARTTLS):
        return f'does not offer STARTTLS; set security = "tls" or "plain" in [{section}], or check port'
    return None


def _refusal(error: Exception, section: str, security: Security) -> str | None:
    if any(text in str(error) for text in _NO_LOGIN):
        return f"offers no login; check port and security in [{section}], or remove user and password"
    if isinstance(error, _DISCONNECTED):
        return f"closed the connection; check port and security in [{section}]{_or_tls(security)}"
    return None


def _or_tls(security: Security) -> str:
    """A server that expects TLS from the start waits for it, or hangs up."""
    return "" if security == "tls" else '; if the port expects TLS, set security = "tls"'
