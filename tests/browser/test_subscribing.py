"""Subscribing in a browser: the form, its mail in a mail server on loopback, the link, an alert, one click to end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page

from cmr_watch.app import App
from cmr_watch.config import DatabaseSection, WebSection
from cmr_watch.store.database import open_database
from cmr_watch.store.subscriptions import Subscriptions
from cmr_watch.web.listener import Listener
from cmr_watch.web.public.server import LIMITS, SETTING
from cmr_watch.web.public.site import site_application
from tests.browser.test_pages import AXE, FOCUSABLE, FOCUSED, RUN_AXE, TOO_WIDE, opened
from tests.fakes.mailbox import Mailbox
from tests.fakes.site import FakeSite
from tests.test_journeys import LYON, PAST, PRAGUE, Journey

pytestmark = pytest.mark.browser

CALL = "! The call for hosts of events in 2024 is open. Deadline: 31 May 2024."
ADDRESS = "reader@example.org"


class Place(Journey):
    """An installation at which readers can subscribe, with its site. `site_url`: where a browser finds it."""

    site_url = ""

    def mail_to(self, address: str, number: int = -1) -> str:
        """The text of a mail."""
        return [mail for mail in self.mailbox.mails if mail.recipient == address][number].part("plain")

    def path_in(self, text: str, kind: str) -> str:
        found = re.search(rf"https://watch\.example\.eu(/{kind}/\S+)", text)
        assert found is not None
        return found[1]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with (
        closing(open_database(f"sqlite:///{tmp_path / 'watch.db'}")) as database,
        FakeSite() as watched,
        Mailbox() as mailbox,
    ):
        made = Place(database, watched, mailbox)
        web = WebSection(url="https://watch.example.eu", contact="watch@example.eu")
        journal = DatabaseSection(journal=tmp_path / "ended")
        made.settings = replace(made.settings, web=web, database=journal)
        made.app.__exit__(None, None, None)
        made.app = App(made.settings, database, lambda: made.now)
        with (
            made.app,
            Listener(
                "127.0.0.1:0", site_application(made.settings, database, lambda: made.now), SETTING, LIMITS
            ) as port,
        ):
            made.site_url = f"http://127.0.0.1:{port.port}"
            made.check_lines(LYON, *PAST, CALL)
            yield made


def heading(page: Page) -> str:
    return page.get_by_role("heading", level=1).inner_text().replace("‑", "-")


@pytest.mark.parametrize("start", ["/", "/subscribe"])
def test_from_the_form_to_the_end(browser: Browser, place: Place, start: str) -> None:
    with opened(browser, place.site_url, start, 360) as page:
        page.get_by_label("Your e-mail address").fill(ADDRESS)
        page.get_by_label("On Mondays").check()
        page.get_by_label("As soon as something changes").check()
        page.get_by_role("button", name="Send me the confirmation e-mail").click()
        assert heading(page) == "Check your e-mail"
    place.app.deliver()
    request = [mail for mail in place.mailbox.mails if mail.recipient == ADDRESS]
    assert [mail.subject for mail in request] == ["Confirm your subscription"]
    assert request[0].parsed["List-Unsubscribe"] is None
    with opened(browser, place.site_url, place.path_in(place.mail_to(ADDRESS), "confirm"), 360) as page:
        page.wait_for_timeout(500)
        assert Subscriptions(place.database).find(ADDRESS) == (), "opening the link confirms nothing"
        page.get_by_role("button", name="Confirm").click()
        assert heading(page) == "You are subscribed"
    place.app.deliver()
    welcome = place.mail_to(ADDRESS)
    assert "you subscribed to" in " ".join(welcome.split())
    assert "the operator of this service subscribed you" not in " ".join(welcome.split())
    place.now = place.now.replace(day=2)
    place.check_lines(LYON, PRAGUE, *PAST, CALL)
    assert "Prague" in place.mail_to(ADDRESS)
    alert = [mail for mail in place.mailbox.mails if mail.recipient == ADDRESS][-1]
    assert alert.parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = place.path_in(str(alert.parsed["List-Unsubscribe"]).replace(">", " "), "unsubscribe")
    clicked = httpx.post(place.site_url + path, data={"List-Unsubscribe": "One-Click"})
    assert clicked.status_code == 200
    assert [entry.status for entry in Subscriptions(place.database).find(ADDRESS)] == ["ended"]
    with opened(browser, place.site_url, path) as page:
        assert heading(page) == "You have already unsubscribed"


def test_without_scripts_and_with_a_mistake(browser: Browser, place: Place) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(place.site_url + "/subscribe")
    page.get_by_label("Your e-mail address").fill("reader@example")
    page.get_by_text("Only editions in some countries").click()
    page.get_by_label("Poland").check()
    page.get_by_label("I want to read").check()
    page.get_by_role("button", name="Send me the confirmation e-mail").click()
    assert page.title().startswith("Error: ")
    page.get_by_role("alert").get_by_role("link").click()
    assert page.get_by_label("Poland").is_checked()
    page.get_by_label("Your e-mail address").fill(ADDRESS)
    page.get_by_role("button", name="Send me the confirmation e-mail").click()
    assert heading(page) == "Check your e-mail"
    place.app.deliver()
    page.goto(place.site_url + place.path_in(place.mail_to(ADDRESS), "confirm"))
    page.get_by_role("button", name="Confirm").click()
    context.close()
    [entry] = Subscriptions(place.database).find(ADDRESS)
    assert (entry.countries, entry.topics) == (("PL",), ("calls", "editions", "materials"))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 360, 1280])
def test_axe_finds_nothing_and_nothing_is_cut_off(browser: Browser, place: Place, width: int, theme: str) -> None:
    found = {}
    for path in ("/", "/subscribe", "/confirm/x"):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(place.site_url + path)
        for details in page.locator("details").all():
            details.evaluate("node => node.open = true")
        found[path] = [*faults_of(page)]
        if path == "/subscribe":
            page.get_by_label("Your e-mail address").fill("reader@example")
            page.get_by_role("button", name="Send me the confirmation e-mail").click()
            found["mistake"] = [*faults_of(page)]
        context.close()
    assert not any(found.values()), found


def faults_of(page: Page) -> Iterator[str]:
    page.evaluate(AXE)
    yield from page.evaluate(RUN_AXE)
    if page.evaluate(TOO_WIDE) > 0:
        yield "wider than the window"


def test_the_keyboard_alone_fills_in_the_form(browser: Browser, place: Place) -> None:
    with opened(browser, place.site_url, "/subscribe", 360) as page:
        for _ in range(page.evaluate(FOCUSABLE)):
            page.keyboard.press("Tab")
            focused = page.evaluate(FOCUSED)
            assert focused["ring"], focused
            assert focused["isVisible"], focused
            if focused["name"] == "address":
                break
        page.keyboard.type(ADDRESS)
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Check your e-mail").wait_for()
