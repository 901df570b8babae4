"""“No more about this one” in a browser, with the link of a mail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from cmr_watch.config import DatabaseSection, Settings, WebSection
from cmr_watch.models.muting import ItemRef
from cmr_watch.notify import tokens
from cmr_watch.store.database import open_database
from cmr_watch.store.installation import Installation
from cmr_watch.store.mutes import Mutes
from cmr_watch.store.subscriptions import Subscriptions
from cmr_watch.web.listener import Listener
from cmr_watch.web.public.server import LIMITS, SETTING
from cmr_watch.web.public.site import site_application
from tests.browser.test_pages import AXE, RUN_AXE, TOO_WIDE, opened
from tests.factories import wanted
from tests.web.public.sample import NOW

pytestmark = pytest.mark.browser

CALL = ItemRef("call", "call-2027-2028")
MUTE, UNDO = "No more about this one", "Undo"
ASK, DONE = "No more about this one?", "You get no more about this one"
UNDONE = "You get e-mails about this one again"


@dataclass
class Place:
    """A site, and a recipient with the link of a mail."""

    site: str
    path: str
    mutes: Mutes
    recipient: int

    @property
    def is_muted(self) -> bool:
        return bool(self.mutes.of_recipient(self.recipient))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    settings = Settings(database=DatabaseSection(journal=tmp_path / "ended"), web=WebSection(contact="w@example.eu"))
    with closing(open_database(f"sqlite:///{tmp_path / 'watch.db'}")) as database:
        ada = Subscriptions(database).add(wanted("ada@example.org"), NOW).id
        token = tokens.make_mute(Installation(database).key(), ada, CALL)
        application = site_application(settings, database, lambda: NOW)
        with Listener("127.0.0.1:0", application, SETTING, LIMITS) as listener:
            yield Place(f"http://127.0.0.1:{listener.port}", f"/mute/{token}", Mutes(database), ada)


def test_opening_the_link_with_scripts_changes_nothing(browser: Browser, place: Place) -> None:
    with opened(browser, place.site, place.path) as page:
        page.wait_for_timeout(1_000)
        page.reload()
    assert not place.is_muted


def test_muting_and_undoing_by_keyboard_on_a_small_screen(browser: Browser, place: Place) -> None:
    with opened(browser, place.site, place.path, 360) as page:
        for name, heading, is_muted in ((MUTE, DONE, True), (UNDO, UNDONE, False), (MUTE, DONE, True)):
            button = page.get_by_role("button", name=name)
            for _ in range(20):
                page.keyboard.press("Tab")
                if button.evaluate("node => node === document.activeElement"):
                    break
            page.keyboard.press("Enter")
            page.get_by_role("heading", name=heading, exact=True).wait_for()
            assert place.is_muted == is_muted
        page.goto(place.site + place.path)
        assert page.get_by_role("heading", level=1).inner_text() == DONE


def test_the_forms_work_without_scripts(browser: Browser, place: Place) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(place.site + place.path)
    page.get_by_role("button", name=MUTE).click()
    assert (page.get_by_role("heading", level=1).inner_text(), place.is_muted) == (DONE, True)
    page.get_by_role("button", name=UNDO).click()
    assert (page.get_by_role("heading", level=1).inner_text(), place.is_muted) == (UNDONE, False)
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_in_any_state(browser: Browser, place: Place, width: int, theme: str) -> None:
    with opened(browser, place.site, place.path, width, theme) as page:
        for button, heading in ((None, ASK), (MUTE, DONE), (UNDO, UNDONE)):
            if button:
                page.get_by_role("button", name=button).click()
            page.get_by_role("heading", name=heading, exact=True).wait_for()
            page.evaluate(AXE)
            assert page.evaluate(RUN_AXE) == []
            assert page.evaluate(TOO_WIDE) <= 0
