"""About, Privacy and Accessibility: what this service is, what it stores, and what it cannot do yet."""

from __future__ import annotations

from typing import Final

from cmr_watch.models.mail_requests import KEPT_FOR as KEEP_MAIL_REQUESTS
from cmr_watch.models.signups import KEPT_FOR
from cmr_watch.render.i18n import _, local_path
from cmr_watch.store.retention import KEEP_ADDRESSES, KEEP_HISTORY, KEEP_TEXTS
from cmr_watch.web.public.rendering import page
from cmr_watch.web.public.views import Reply, Visit

BADGE_PATH: Final = "/badge/next-cutoff.svg"


def about(visit: Visit) -> Reply:
    """What this service is, and how to use what it knows."""
    return page(visit, "about.html", badge=badge_html(visit))


def privacy(visit: Visit) -> Reply:
    """What is stored about readers and recipients, and for how long."""
    kept = {
        "unconfirmed": KEPT_FOR.days,
        "requests": KEEP_MAIL_REQUESTS.days,
        "texts": KEEP_TEXTS.days,
        "addresses": KEEP_ADDRESSES.days,
        "records": KEEP_HISTORY.days,
    }
    return page(visit, "privacy.html", days=kept)


def accessibility(visit: Visit) -> Reply:
    """How accessible the site is, and what is not."""
    return page(visit, "accessibility.html")


def badge_html(visit: Visit) -> str:
    """The HTML that shows the badge on another site; empty as long as this one has no public address."""
    address = visit.site.url
    if not address:
        return ""
    label = _("The next cut-off of the call to host “Clusters meet Regions”: see the link for its date")
    return f'<a href="{address}{local_path("/")}">\n  <img src="{address}{local_path(BADGE_PATH)}" alt="{label}">\n</a>'


def robots(visit: Visit) -> Reply:
    """Which addresses programs should leave alone: data, of which the pages show everything."""
    return Reply(b"User-agent: *\nDisallow: /api/\n", "text/plain; charset=utf-8")
