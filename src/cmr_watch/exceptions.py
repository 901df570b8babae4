"""Everything that cmr-watch raises on purpose.

    CmrWatchError
    ├── ConfigError            exit 2: the configuration, or an option, is wrong
    ├── StoreError             the database cannot be used
    │   ├── StoreUnavailable   exit 1: full, read-only, locked, gone
    │   └── SchemaError        exit 2: a database that this version cannot read; `advice` says what to do
    ├── RefusedAddress         an address that must not be written to
    ├── FetchError             a page could not be fetched (the check failed; a value, not a crash)
    ├── ParseError             a page could not be read at all
    ├── RenderError            a message could not be written
    └── DeliveryError          a message was not accepted; `permanent`: trying again cannot help;
    │                         `uncertain`: it may have been accepted all the same;
    │                         `gone`: there is nobody at this address
        └── ChannelDown        no message can go this way now: nobody answers, or it does not let us in

The first line of a class's docstring is its default message.
"""

from __future__ import annotations


class CmrWatchError(Exception):
    """Something went wrong."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").partition("\n")[0])


class ConfigError(CmrWatchError):
    """The configuration is wrong."""


class StoreError(CmrWatchError):
    """The database cannot be used."""


class StoreUnavailable(StoreError):
    """The database cannot be reached or written."""


class SchemaError(StoreError):
    """The database belongs to another version of cmr-watch."""

    def __init__(self, message: str = "", *, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class RefusedAddress(CmrWatchError):
    """this address was erased at its reader's wish, and is not written to"""


class FetchError(CmrWatchError):
    """The page could not be fetched."""


class ParseError(CmrWatchError):
    """The page could not be read."""


class RenderError(CmrWatchError):
    """The message could not be written."""


class DeliveryError(CmrWatchError):
    """The message was not accepted."""

    def __init__(
        self, message: str = "", *, permanent: bool = False, uncertain: bool = False, gone: bool = False
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.uncertain = uncertain
        self.gone = gone


class ChannelDown(DeliveryError):
    """The way that the message should go is closed at the moment."""
