"""The exceptions that cmr-watch raises.

    CmrWatchError
    ├── ConfigError            exit 2: the configuration or an option is invalid
    ├── StoreError             the database cannot be used; `advice` says what to do
    │   ├── StoreUnavailable   exit 1: disk full, read-only, locked or unreachable
    │   │   └── DatabaseDamaged    exit 1: the file is damaged, gone or empty
    │   └── SchemaError        exit 2: another version's schema
    ├── RefusedAddress         an address that must not receive messages
    ├── FetchError             a page could not be fetched; the check is recorded as failed;
    │                          `status`: of the response, if there was one; `is_transient`: a retry may succeed
    ├── ParseError             a page could not be parsed at all
    ├── CorrectionRefused      exit 2: a line cannot be corrected in this way
    ├── MailboxError           the mailbox of returned mail cannot be read
    ├── RenderError            a message could not be rendered
    ├── LeaseLost              a message was not sent: another process may be sending it by now
    └── DeliveryError          a message was not accepted; `permanent`: a retry cannot succeed;
        │                      `uncertain`: it may have been accepted after all;
        │                      `gone`: the address does not exist
        └── ChannelDown        the mail server or chat service cannot be used now: it is down or refuses the login

The first line of a class's docstring is its default message.
"""

from __future__ import annotations


class CmrWatchError(Exception):
    """Something went wrong."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").partition("\n")[0])


class ConfigError(CmrWatchError):
    """The configuration is invalid."""


class StoreError(CmrWatchError):
    """The database cannot be used."""

    def __init__(self, message: str = "", *, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class StoreUnavailable(StoreError):
    """The database cannot be reached or written."""


class DatabaseDamaged(StoreUnavailable):
    """The file of the database is damaged, gone or empty."""


class SchemaError(StoreError):
    """The database belongs to another version of cmr-watch."""


class RefusedAddress(CmrWatchError):
    """this address was erased at the recipient's request and no longer receives mail"""


class FetchError(CmrWatchError):
    """The page could not be fetched."""

    is_transient = False

    def __init__(self, message: str = "", *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class ParseError(CmrWatchError):
    """The page could not be parsed."""


class CorrectionRefused(CmrWatchError):
    """The line cannot be corrected in this way."""


class MailboxError(CmrWatchError):
    """The mailbox cannot be read."""


class RenderError(CmrWatchError):
    """The message could not be rendered."""


class LeaseLost(CmrWatchError):
    """The lease of the message was lost before it was sent."""


class DeliveryError(CmrWatchError):
    """The message was not accepted."""

    def __init__(
        self, message: str = "", *, permanent: bool = False, uncertain: bool = False, unknown_recipient: bool = False
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.uncertain = uncertain
        self.unknown_recipient = unknown_recipient


class ChannelDown(DeliveryError):
    """The route of the message is down at the moment."""
