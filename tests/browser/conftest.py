"""The site on the sample database, on loopback, and a browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, sync_playwright

from cmr_watch.config import WebSection
from cmr_watch.store.database import open_database
from cmr_watch.web.listener import Listener
from cmr_watch.web.public.server import LIMITS, SETTING
from cmr_watch.web.public.site import site_application
from tests.browser.crawl import Links, crawl
from tests.fakes.site import FakeSite
from tests.web.public.sample import NOW, tell

ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the site, at the end of the sample story."""
    path = tmp_path_factory.mktemp("site") / "sample.db"
    web = WebSection(operator="Example Agency", postal_address="1 Example Street", contact="watch@example.eu")
    with closing(open_database(f"sqlite:///{path}")) as database, FakeSite() as watched:
        story = tell(watched, database)
        story.app.__exit__(None, None, None)
        application = site_application(replace(story.settings, web=web), database, lambda: NOW)
        limits = replace(LIMITS, per_network=LIMITS.connections)
        with Listener("127.0.0.1:0", application, SETTING, limits) as listener:
            yield f"http://127.0.0.1:{listener.port}"


@pytest.fixture(scope="session")
def links(site: str) -> Links:
    """Everything that the site links to, from its first page on."""
    return crawl(site)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = os.environ.get("CMR_CHROMIUM", "/usr/bin/chromium")
        yield playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
