"""Unsubscribing in a browser, with the link of a mail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from cmr_watch.config import DatabaseSection, Settings, WebSection
from cmr_watch.notify import tokens
from cmr_watch.store.database import open_database
from cmr_watch.store.installation import Installation
from cmr_watch.store.subscriptions import Subscriptions
from cmr_watch.web.listener import Listener
from cmr_watch.web.public.server import LIMITS, SETTING
from cmr_watch.web.public.site import site_application
from tests.browser.test_pages import AXE, RUN_AXE, TOO_WIDE, opened
from tests.factories import wanted
from tests.web.public.sample import NOW

pytestmark = pytest.mark.browser


@dataclass
class Place:
    """A site, and a recipient with the link of a mail."""

    site: str
    path: str
    subscriptions: Subscriptions

    @property
    def is_subscribed(self) -> bool:
        return bool(self.subscriptions.active())


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    journal = tmp_path / "ended"
    settings = Settings(database=DatabaseSection(journal=journal), web=WebSection(contact="watch@example.eu"))
    with closing(open_database(f"sqlite:///{tmp_path / 'watch.db'}")) as database:
        subscriptions = Subscriptions(database)
        ada = subscriptions.add(wanted("ada@example.org"), NOW)
        token = tokens.make(Installation(database).key(), ada.id)
        application = site_application(settings, database, lambda: NOW)
        with Listener("127.0.0.1:0", application, SETTING, LIMITS) as listener:
            yield Place(f"http://127.0.0.1:{listener.port}", f"/unsubscribe/{token}", subscriptions)


def test_opening_the_link_with_scripts_changes_nothing(browser: Browser, place: Place) -> None:
    with opened(browser, place.site, place.path) as page:
        page.wait_for_timeout(1_000)
        page.reload()
    assert place.is_subscribed


def test_the_form_is_sent_by_keyboard_on_a_small_screen(browser: Browser, place: Place) -> None:
    with opened(browser, place.site, place.path, 360) as page:
        button = page.get_by_role("button", name="Unsubscribe")
        for _ in range(20):
            page.keyboard.press("Tab")
            if button.evaluate("node => node === document.activeElement"):
                break
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="You have unsubscribed").wait_for()
        assert not place.is_subscribed
        page.goto(place.site + place.path)
        assert page.get_by_role("heading", level=1).inner_text() == "You have already unsubscribed"


def test_the_form_works_without_scripts(browser: Browser, place: Place) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(place.site + place.path)
    page.get_by_role("button", name="Unsubscribe").click()
    assert page.get_by_role("heading", level=1).inner_text() == "You have unsubscribed"
    context.close()
    assert not place.is_subscribed


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_in_any_state(browser: Browser, place: Place, width: int, theme: str) -> None:
    states = []
    for path in (place.path, place.path, place.path):
        with opened(browser, place.site, path, width, theme) as page:
            states.append(page.get_by_role("heading", level=1).inner_text())
            page.evaluate(AXE)
            assert page.evaluate(RUN_AXE) == []
            assert page.evaluate(TOO_WIDE) <= 0
            button = page.get_by_role("button", name="Unsubscribe")
            if len(states) == 2 and button.count():
                button.click()
                page.get_by_role("heading", name="You have unsubscribed").wait_for()
                page.evaluate(AXE)
                assert page.evaluate(RUN_AXE) == []
    assert states[::2] == ["Unsubscribe from all messages?", "You have already unsubscribed"]
