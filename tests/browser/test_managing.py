"""Managing in a browser: ask for a link, its mail in a mail server on loopback, change, pause, get data, erase."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page

from cmr_watch.models.recipients import Subscription
from cmr_watch.store.subscriptions import Subscriptions
from tests.browser.test_pages import FOCUSABLE, FOCUSED, opened
from tests.browser.test_subscribing import ADDRESS, CALL, Place, faults_of, heading, place
from tests.factories import wanted
from tests.test_journeys import LYON, PAST, PRAGUE

__all__ = ["place"]

pytestmark = pytest.mark.browser

PAGES = ("", "/change", "/pause", "/end", "/export", "/erase")


def subscribed(place: Place) -> Subscription:
    """The subscription of a reader, who has been welcomed."""
    entry = Subscriptions(place.database).add(wanted(ADDRESS), place.now)
    place.app.deliver()
    return entry


def link(browser: Browser, place: Place) -> str:
    """The path in the mail that is sent to a reader who asks for a link."""
    with opened(browser, place.site_url, "/manage", 360) as page:
        page.get_by_label("Your e-mail address").fill(ADDRESS)
        page.get_by_role("button", name="Send me the link").click()
        assert heading(page) == "Check your e-mail"
    place.app.deliver()
    mail = [mail for mail in place.mailbox.mails if mail.recipient == ADDRESS][-1]
    assert mail.subject == "Your link to change or end your e-mails"
    assert mail.parsed["List-Unsubscribe"] is None
    return place.path_in(mail.part("plain"), "manage")


def received(place: Place) -> int:
    """How many mails the reader has got."""
    return place.mailbox.recipients.count(ADDRESS)


def state(place: Place) -> Subscription:
    return Subscriptions(place.database).find(ADDRESS)[0]


@pytest.mark.parametrize("is_scripted", [True, False])
def test_from_the_mail_to_the_end(browser: Browser, place: Place, is_scripted: bool) -> None:
    subscribed(place)
    assert "https://watch.example.eu/manage" in place.mail_to(ADDRESS).split()
    path = link(browser, place)
    context = browser.new_context(viewport={"width": 360, "height": 800}, java_script_enabled=is_scripted)
    page = context.new_page()
    page.goto(place.site_url + path)
    assert heading(page) == "Your e-mails"
    page.get_by_role("link", name="Change what you get").click()
    page.get_by_label("I want to read").uncheck()
    page.get_by_label("On Mondays").check()
    page.get_by_role("button", name="Save").click()
    assert heading(page) == "Your e-mails have changed"
    assert (state(place).topics, state(place).schedule.frequency) == (("calls", "editions"), "weekly")
    page.get_by_role("link", name="Back to your e-mails").click()
    page.get_by_role("link", name="Pause").click()
    day = (place.now + timedelta(days=12)).date()
    page.get_by_label("On which day should the e-mails begin again?").fill(day.isoformat())
    page.get_by_role("button", name="Pause").click()
    assert heading(page) == "Your e-mails are paused"
    assert state(place).pause_end(place.now) is not None
    before = received(place)
    place.now += timedelta(hours=2)
    place.check_lines(LYON, PRAGUE, *PAST, CALL)
    place.now += timedelta(hours=20)
    place.app.deliver()
    assert received(place) == before, "nothing is sent in a pause"
    page.goto(place.site_url + path)
    assert page.get_by_text("Paused: nothing is sent before").is_visible()
    page.get_by_role("link", name="Get my data").click()
    page.get_by_role("button", name="Send me my data").click()
    assert heading(page) == "Check your e-mail"
    place.app.deliver()
    data = place.mail_to(ADDRESS)
    assert received(place) == before + 1, "but what is asked for is"
    for words in (ADDRESS, "Paused until", "Your link to change or end your e-mails", "127.0.0.0/24"):
        assert words in data, words
    page.get_by_role("link", name="Back to your e-mails").click()
    page.get_by_role("link", name="Erase me").click()
    assert heading(page) == "Erase you?"
    assert state(place).status == "active"
    page.get_by_role("button", name="Erase me").click()
    assert heading(page) == "You are erased"
    assert Subscriptions(place.database).is_erased(ADDRESS)
    page.goto(place.site_url + path)
    assert heading(page) == "This link does not work any more"
    context.close()


def test_opening_every_page_changes_nothing(browser: Browser, place: Place) -> None:
    """With scripts, and with time for them."""
    before = subscribed(place)
    path = link(browser, place)
    for name in PAGES:
        with opened(browser, place.site_url, path + name) as page:
            page.wait_for_timeout(300)
    assert (state(place).id, state(place).status, state(place).paused_until) == (before.id, "active", None)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 360, 1280])
def test_axe_finds_nothing_and_nothing_is_cut_off(browser: Browser, place: Place, width: int, theme: str) -> None:
    subscribed(place)
    path = link(browser, place)
    found = {}
    for name in ("/manage", "/manage/x", *(path + name for name in PAGES)):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(place.site_url + name)
        for details in page.locator("details").all():
            details.evaluate("node => node.open = true")
        found[name.rpartition("/")[2]] = [*faults_of(page)]
        context.close()
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{place.site_url}{path}/pause")
    page.get_by_role("button", name="Pause").evaluate("node => node.form.noValidate = true")
    page.get_by_role("button", name="Pause").click()
    assert page.title().startswith("Error: ")
    found["mistake"] = [*faults_of(page)]
    context.close()
    assert not any(found.values()), found


def test_the_keyboard_alone_pauses_and_ends(browser: Browser, place: Place) -> None:
    subscribed(place)
    path = link(browser, place)
    with opened(browser, place.site_url, f"{path}/pause", 360) as page:
        reach(page, "until")
        page.keyboard.type((place.now + timedelta(days=3)).strftime("%m%d%Y"))
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="are paused").wait_for()
    with opened(browser, place.site_url, f"{path}/end", 360) as page:
        for _ in range(page.evaluate(FOCUSABLE)):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent").strip() == "End the e-mails":
                break
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="have ended").wait_for()
    assert state(place).status == "ended"


def reach(page: Page, name: str) -> None:
    """Press the tabulator until a field has the focus, which must be visible all the way."""
    for _ in range(page.evaluate(FOCUSABLE)):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        assert focused["ring"], focused
        assert focused["isVisible"], focused
        if focused["name"] == name:
            return
    raise AssertionError(name)
