"""OAuth access tokens for SMTP and IMAP, and the XOAUTH2 mechanism of Google and Microsoft that presents them.

A token is valid for about an hour, so it is asked for at each login, from the operator's command or file. How it is
obtained and renewed differs with the provider, and is up to that command.
"""

from __future__ import annotations

import subprocess
from typing import Final

from cmr_watch.notify.channels.settings import TokenSource
from cmr_watch.os_errors import os_reason

COMMAND_TIMEOUT: Final = 30.0  # seconds; the command may have to ask the provider for a new token
MAX_LENGTH: Final = 8192  # characters; with base64, the limit of a line with AUTH is 12288 (RFC 4954 §4)


class TokenError(Exception):
    """There is no access token; the message is a clause that follows a colon."""


def fetch_token(source: TokenSource) -> str:
    """Return the current access token. Raises TokenError, which never contains any output of the command."""
    if source.file is not None:
        try:
            text = source.file.read_bytes()[: 2 * MAX_LENGTH]
        except OSError as error:
            raise TokenError(f"oauth_token_file {source.file} cannot be read: {os_reason(error)}") from None
        return _checked(text, f"oauth_token_file {source.file}")
    return _checked(_run(source.command), "oauth_token_command")


def xoauth2(user: str, token: str) -> bytes:
    """The initial client response of XOAUTH2."""
    return f"user={user}\x01auth=Bearer {token}\x01\x01".encode()


def _run(command: tuple[str, ...]) -> bytes:
    """Run the command without a shell and without input."""
    try:
        result = subprocess.run(  # noqa: S603  # from the operator's configuration
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=COMMAND_TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        raise TokenError(f"oauth_token_command did not finish within {COMMAND_TIMEOUT:.0f} seconds") from None
    except (OSError, ValueError) as error:
        reason = os_reason(error) if isinstance(error, OSError) else "its name is not valid"
        raise TokenError(f"oauth_token_command cannot be run: {reason}") from None
    if result.returncode:
        raise TokenError(f"oauth_token_command failed with exit code {result.returncode}")
    return result.stdout


def _checked(output: bytes, origin: str) -> str:
    token = output.decode("ascii", "replace").strip()
    if not token:
        raise TokenError(f"{origin} contains no token" if "file" in origin else f"{origin} printed no token")
    if len(token) > MAX_LENGTH or not token.isascii() or not token.isprintable() or " " in token:
        raise TokenError(f"{origin} has more than a token, which is one line of ASCII characters without spaces")
    return token
