"""From a page's bytes to a Snapshot: pure, linear in the page's length, nothing but ParseError."""

from __future__ import annotations

from cmr_watch.models import PageKind, Snapshot
from cmr_watch.monitor.parse.initiative import read_initiative

__all__ = ["read", "read_initiative"]


def read(kind: PageKind, content: bytes, charset: str | None = None, url: str | None = None) -> Snapshot:
    """What a page of a kind says. `charset` is the header's; `url` is the page's own, where it is known.

    Relative links of the initiative page are resolved against its canonical address. ParseError if it is no page.
    """
    if kind == "initiative":
        return read_initiative(content, charset)
    # loaded only for the pages that are asked for more rarely
    if kind == "call":
        from cmr_watch.monitor.parse.callpage import read_call

        return read_call(content, charset, *filter(None, (url,)))
    from cmr_watch.monitor.parse.editionpage import read_edition

    return read_edition(content, charset, *filter(None, (url,)))
