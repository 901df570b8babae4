"""In each language once, on a narrow window: subscribe, confirm, an alert, one click to end; and mails fit a phone."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Browser

from cmr_watch.languages import ENGLISH, LANGUAGES
from cmr_watch.render.i18n import _, in_language
from cmr_watch.store.subscriptions import Subscriptions
from tests.browser.test_pages import AXE, RUN_AXE, TOO_WIDE, opened
from tests.browser.test_subscribing import ADDRESS, CALL, Place, heading, place  # noqa: F401 - a fixture
from tests.samples.contents import samples
from tests.test_journeys import LYON, PAST, PRAGUE

pytestmark = pytest.mark.browser

OTHERS = [code for code in LANGUAGES if code != ENGLISH]
NARROW = 320
PHONE = 360


@pytest.mark.parametrize("language", OTHERS)
def test_from_the_form_to_the_end(browser: Browser, place: Place, language: str) -> None:  # noqa: F811
    with in_language(language):
        asked, started, left = _("Check your e-mail"), _("You are subscribed"), _("You have already unsubscribed")
    with opened(browser, place.site_url, f"/{language}/subscribe", PHONE) as page:
        page.locator("#address").fill(ADDRESS)
        page.locator("form.asks button[type=submit]").click()
        assert heading(page) == asked
        assert page.url == f"{place.site_url}/{language}/subscribe"
    place.app.deliver()
    path = place.path_in(place.mail_to(ADDRESS), f"{language}/confirm")
    with opened(browser, place.site_url, path, PHONE) as page:
        page.locator("main form button").click()
        assert heading(page) == started
    place.app.deliver()
    place.now = place.now.replace(day=2)
    place.check_lines(LYON, PRAGUE, *PAST, CALL)
    alert = [mail for mail in place.mailbox.mails if mail.recipient == ADDRESS][-1]
    assert alert.parsed["Content-Language"] == language
    header = str(alert.parsed["List-Unsubscribe"]).replace(">", " ")
    path = place.path_in(header, f"{language}/unsubscribe")
    assert httpx.post(place.site_url + path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert [entry.status for entry in Subscriptions(place.database).find(ADDRESS)] == ["ended"]
    with opened(browser, place.site_url, path) as page:
        assert heading(page) == left


@pytest.mark.parametrize("language", OTHERS)
def test_the_pages_that_act_fit_and_axe_finds_nothing(browser: Browser, place: Place, language: str) -> None:  # noqa: F811
    found = {}
    for path in ("/", "/subscribe", "/confirm/x", "/unsubscribe/x", "/manage", "/manage/x", "/mute/x"):
        context = browser.new_context(viewport={"width": NARROW, "height": 900})
        page = context.new_page()
        page.goto(f"{place.site_url}/{language}{path}")
        for details in page.locator("details").all():
            details.evaluate("node => node.open = true")
        page.evaluate(AXE)
        faults = page.evaluate(RUN_AXE)
        if page.evaluate(TOO_WIDE) > 0:
            faults.append("wider than the window")
        if faults:
            found[path] = faults
        context.close()
    assert found == {}


@pytest.mark.parametrize("language", OTHERS)
def test_mails_fit_a_phone(browser: Browser, language: str) -> None:
    with in_language(language):
        shown = [sample for sample in samples() if not re.match("operator-|test-", sample.name)]
    context = browser.new_context(viewport={"width": PHONE, "height": 900})
    page = context.new_page()
    too_wide = []
    for sample in shown:
        page.set_content(sample.mail.html)
        too_wide += [sample.name] if page.evaluate(TOO_WIDE) > 0 else []
    context.close()
    assert too_wide == []
