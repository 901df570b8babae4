"""Which suspect readings the operator can accept (ADR 2 and 8). Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cmr_watch.merge_pages import KnownPage, known_of_kind
from cmr_watch.models.readings import PageRef, Snapshot
from cmr_watch.urls import normalised_url

Refusal = tuple[str, str]
"""Why a reading cannot become the baseline (“names no call”), and what to do instead, as a sentence."""


def refusal(page: PageRef, snapshot: Snapshot, known_pages: Callable[[], Sequence[KnownPage]]) -> Refusal | None:
    """Why a suspect reading cannot become the baseline; None if it can.

    It must have a part that could be the content of its page (READING O5). And a call page must name a call as long as
    the list shows it as open: otherwise the next check would report as removed what applicants can still apply to.
    """
    if snapshot.editions or snapshot.calls:
        return None
    is_list = snapshot.kind == "initiative"
    if not (snapshot.outline.sections if is_list else snapshot.outline.headings):
        heading = "section heading" if is_list else "heading"
        return f"has no {heading}, no edition and no call", "Wait until the page is back; each check reads it again."
    if snapshot.kind == "call" and _is_call_listed(page, known_pages()):
        reason = "names no call, although the list of editions still shows the call as open"
        return reason, "It can be accepted once the list no longer does."
    return None


def _is_call_listed(page: PageRef, pages: Sequence[KnownPage]) -> bool:
    """Whether the list shows a call as open or announced that this page described, or that links to this page."""
    keys = {entry.key for known in pages if known.page.url == page.url for entry in known.known.calls}
    listed = (entry for entry in known_of_kind(pages, "initiative").calls if entry.gone is None)
    return any(
        entry.call.status != "closed"
        and (entry.key in keys or normalised_url(entry.call.apply_url) == normalised_url(page.url))
        for entry in listed
    )
