"""The reading engine: from a page's bytes to a Snapshot, and the evidence for it. Pure; no errors but ParseError.

ARCHITECTURE.md describes how a page passes through the modules, each of which imports only those before it.
"""

from __future__ import annotations

from typing import NamedTuple

from cmr_watch.models.evidence import Evidence
from cmr_watch.models.readings import PageKind, Snapshot
from cmr_watch.reading.document import open_document
from cmr_watch.reading.initiative import read_initiative

__all__ = ["Reading", "read"]


class Reading(NamedTuple):
    """What a page says, and where it says so."""

    snapshot: Snapshot
    evidence: Evidence


def read(kind: PageKind, content: bytes, charset: str | None = None, url: str | None = None) -> Reading:
    """What a page of a kind says.

    `charset` is the header's; `url` the page's own address, where it is known: relative links are resolved against it,
    those of the initiative page on the platform itself against its canonical address. ParseError if it is not one, or
    beyond a limit.
    """
    document = open_document(content, charset)
    if kind == "initiative":
        return Reading(*read_initiative(document, url))
    # loaded only for the kinds of page that are read less often
    if kind == "call":
        from cmr_watch.reading.call import read_call

        return Reading(*read_call(document, url))
    from cmr_watch.reading.edition import read_edition

    return Reading(*read_edition(document, url))
