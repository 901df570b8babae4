"""A reader of the site's pages."""

from __future__ import annotations

from datetime import datetime

from httpx import Response

from cmr_watch.config import Settings
from cmr_watch.store.database import Database
from cmr_watch.web.public.site import site_application
from tests.web.public.client import Client
from tests.web.public.html_checks import Page, checked


class Reader:
    """Reads the site at a time, which can be set. `page` checks each page that it opens.

    Characters that only keep a line from breaking are read as if they were not there.
    """

    def __init__(self, database: Database, settings: Settings, now: datetime) -> None:
        self.now = now
        self._client = Client(site_application(settings, database, lambda: self.now, 0))

    def get(self, path: str, headers: dict[str, str] | None = None) -> Response:
        """The response."""
        return self._client.get(path, headers)

    def page(self, path: str, status: int = 200) -> Page:
        """The page, which must be an HTML page without an error in it."""
        response = self.get(path)
        assert response.status_code == status, response.text
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        return checked(response.text.replace("\u2060", "").replace("\u2011", "-"))
