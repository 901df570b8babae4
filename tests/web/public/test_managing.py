"""Managing a subscription by a link: asking for it, and what its pages show and do."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as hour
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from cmr_watch.models.mail_requests import LINK_VALID_FOR
from cmr_watch.models.muting import ItemRef
from cmr_watch.models.recipients import QuietHours, Schedule, Subscription
from cmr_watch.notify.delivery_schedule import end_of_pause
from cmr_watch.notify.message_settings import write_requested_mails
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.mutes import Mutes
from cmr_watch.store.schema import mail_requests, metadata
from cmr_watch.store.subscriptions import BOUNCED, MERGED, UNSUBSCRIBED_ONLINE, Subscriptions
from tests.factories import wanted
from tests.web.public.html_checks import checked
from tests.web.public.test_leaving import statements
from tests.web.public.test_muting import CALL, LYON, insert_known
from tests.web.public.test_subscribing import HERE, NOW, OWN, Place, heading

ADA = "Ada@example.org"
ACTS = ("change", "pause", "end", "export", "erase")


class Desk(Place):
    """The site of an installation at which recipients can manage what they get."""

    def ask_for_link(self, address: str, headers: dict[str, str] | None = None, **fields: str) -> httpx.Response:
        form = {"address": address, **fields}
        return self.client.post("/manage", urlencode(form).encode(), OWN if headers is None else headers)

    def requests(self) -> list[Any]:
        with self.database.read() as connection:
            return list(connection.execute(mail_requests.select()).all())

    def mails(self, purpose: str) -> list[str]:
        """The texts of the mails of a kind, after those that are due were written."""
        write_requested_mails(self.settings, self.database, self.now)
        found = [entry for entry in Deliveries(self.database).list() if entry.purpose == purpose]
        return [entry.message.text for entry in found]

    def link(self, address: str = ADA) -> str:
        """The path of a new link."""
        assert heading(self.ask_for_link(address)) == "Check your e-mail"
        return str(re.findall(r"https://watch\.example\.eu(/manage/\S+)", self.mails("link")[-1])[0])

    def do(self, path: str, **fields: str) -> httpx.Response:
        return self.client.post(path, urlencode(fields).encode(), OWN)

    @property
    def active(self) -> list[Subscription]:
        return list(self.subscriptions.active())


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    made = Desk(database, tmp_path / "ended")
    made.subscriptions.add(wanted(ADA), NOW)
    return made


# ── asking for a link ────────────────────────────────────────────────────────────────────────────────────────────


def test_the_answer_is_the_same_for_every_address(desk: Desk) -> None:
    """In content and in database queries: a person who enters an address learns nothing about it."""
    for address in ("left@x.org", "dead@x.org", "erased@x.org"):
        desk.subscriptions.add(wanted(address), NOW)
    desk.subscriptions.end("left@x.org", UNSUBSCRIBED_ONLINE, NOW)
    desk.subscriptions.end("dead@x.org", BOUNCED, NOW)
    desk.subscriptions.erase("erased@x.org", NOW)
    desk.subscriptions.sync([wanted("declared@x.org", name="declared")], NOW)
    answers, asked = [], []
    kinds = ("new", "declared", "left", "dead", "erased", "new")
    for address in (ADA, ADA.upper(), *(f"{kind}@x.org" for kind in kinds), "x@no-such-domain.invalid"):
        with statements(desk.database) as executed:
            response = desk.ask_for_link(address)
        answers.append((response.status_code, response.content, sorted(response.headers.items())))
        asked.append(executed)
    assert answers == [answers[0]] * 9
    assert asked == [asked[0]] * 9
    assert [statement.split()[0] for statement in asked[0] if statement.split()[0] != "BEGIN"] == ["INSERT"]
    assert b"example.org" not in answers[0][1]
    assert len(desk.mails("link")) == 2, "for the two that are subscribed"
    assert len(desk.requests()) == 2, "nothing is kept of the others"


def test_a_hundred_requests_for_one_address_send_one_mail(desk: Desk) -> None:
    for number in range(100):
        assert desk.ask_for_link(ADA if number % 2 else ADA.lower()).status_code == 200
    assert len(desk.mails("link")) == 1
    desk.now += LINK_VALID_FOR - timedelta(seconds=1)
    desk.ask_for_link(ADA)
    assert len(desk.mails("link")) == 1
    desk.now += timedelta(seconds=1)
    desk.ask_for_link(ADA)
    assert len(desk.mails("link")) == 2, "the first one does not work any more"


def test_the_mail_has_a_link_and_says_for_how_long_it_works(desk: Desk) -> None:
    desk.ask_for_link(ADA)
    [text] = desk.mails("link")
    assert "works for 24 hours" in " ".join(text.split())
    assert f"{HERE}/manage/" in text
    assert "unsubscribe/" not in text
    [entry] = [one for one in Deliveries(desk.database).list() if one.purpose == "link"]
    assert not entry.message.unsubscribes


def test_programs_that_fill_in_every_field_are_not_served(desk: Desk) -> None:
    trapped, normal = desk.ask_for_link(ADA, website="https://spam.example"), desk.ask_for_link(ADA)
    assert trapped.content == normal.content
    assert len(desk.requests()) == 1


def test_one_network_may_ask_a_few_times_only(desk: Desk) -> None:
    client = desk.client
    body = urlencode({"address": ADA}).encode()
    assert [client.post("/manage", body, OWN).status_code for _ in range(25)] == [200] * 20 + [429] * 5


@pytest.mark.parametrize("headers", [{}, {"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}])
def test_another_site_can_neither_ask_nor_act(desk: Desk, headers: dict[str, str]) -> None:
    form = {"content-type": OWN["content-type"], **headers}
    assert desk.ask_for_link(ADA, form).status_code == 403
    assert desk.requests() == []
    path = desk.link()
    for act in ACTS:
        assert desk.client.post(f"{path}/{act}", b"until=2026-12-24&topic-calls=1", form).status_code == 403
    assert desk.active == [desk.active[0]._replace(paused_until=None, topics=("calls", "editions", "materials"))]
    assert desk.mails("export") == []


@pytest.mark.parametrize("address", ["", "x", "x@", "a b@x.org", "slack://a/b/c", "x@x.org\r\nBcc: y@x.org"])
def test_what_is_no_mail_address_is_said_in_plain_words(desk: Desk, address: str) -> None:
    response = desk.ask_for_link(address)
    assert response.status_code == 422
    page = checked(response.text)
    assert page.title.startswith("Error: ")
    assert ("#address", "Enter an e-mail address in the correct format, like name@example.com.") in page.links
    assert desk.requests() == []


@pytest.mark.parametrize("web", [{"url": "http://watch.example.eu"}, {"listen": ""}])
def test_there_are_no_links_where_the_site_has_no_https(
    database: Database, tmp_path: Path, web: dict[str, object]
) -> None:
    desk = Desk(database, tmp_path / "ended", **web)
    form = {**OWN, "sec-fetch-site": "same-origin"}
    for response in (desk.client.get("/manage"), desk.ask_for_link(ADA, form)):
        assert (response.status_code, heading(response)) == (404, "You cannot change your e-mails here")
    assert desk.requests() == []
    assert "/manage" not in desk.client.get("/").text


def test_closing_the_form_to_subscribe_does_not_close_the_door_out(database: Database, tmp_path: Path) -> None:
    desk = Desk(database, tmp_path / "ended", subscribe=False, subscribe_domains=("elsewhere.example",))
    desk.subscriptions.add(wanted(ADA), NOW)
    assert heading(desk.do(f"{desk.link()}/end")) == "Your e-mails have ended"
    assert ("/manage", "Change or end e-mails") in checked(desk.client.get("/").text).links


# ── the link ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_links_that_are_not_valid_are_all_alike(desk: Desk) -> None:
    """In content and in what the database is asked, which is the same for one that works."""
    path = desk.link()
    others = ("/manage/x", path[:-1], path + "a", path.upper().replace("/MANAGE", "/manage"), "/manage/" + "a" * 9_000)
    for act in ("", *(f"/{act}" for act in ACTS)):
        answers, asked = set(), []
        for other in others:
            with statements(desk.database) as executed:
                answers.add(desk.client.get(other + act).content)
            asked.append(executed)
        with statements(desk.database) as executed:
            assert desk.client.get(path + act).status_code == 200
        assert len(answers) == 1
        assert asked == [executed] * len(others)


def test_an_old_link_says_so_and_offers_a_new_one(desk: Desk) -> None:
    path = desk.link()
    desk.now += LINK_VALID_FOR
    for response in (desk.client.get(path), desk.do(f"{path}/end"), desk.do(f"{path}/erase"), desk.do(path + "/x")):
        assert (response.status_code, heading(response)) == (404, "This link does not work any more")
        assert ("/manage", "Ask for a new one") in checked(response.text).links
    assert len(desk.active) == 1


def test_programs_that_follow_every_link_change_nothing(desk: Desk) -> None:
    path = desk.link()
    before = desk.active
    for act in ("", *(f"/{act}" for act in ACTS)):
        for method in ("GET", "HEAD", "GET"):
            assert desk.client.request(method, path + act).status_code == 200
    assert desk.active == before
    assert len(desk.requests()) == 1


def test_tokens_do_only_what_they_are_for(desk: Desk) -> None:
    path = desk.link()
    token = path.rpartition("/")[2]
    assert desk.client.post(f"/unsubscribe/{token}").status_code == 404
    assert desk.do(f"/confirm/{token}").status_code == 404
    desk.ask("new@example.org")
    confirm = desk.links()[0].rpartition("/")[2]
    assert desk.client.get(f"/manage/{confirm}").status_code == 404
    assert desk.client.get(f"/manage/{'0' * 43}").status_code == 404
    assert len(desk.active) == 1


def test_pages_are_kept_nowhere_and_show_no_address(desk: Desk) -> None:
    path = desk.link()
    pages = [desk.client.get(path + act) for act in ("", *(f"/{act}" for act in ACTS))]
    for response in (*pages, desk.do(f"{path}/export"), desk.do(f"{path}/end")):
        assert (response.headers["cache-control"], response.headers["x-robots-tag"]) == ("no-store", "noindex")
        assert "example.org" not in response.text, "the page does not show the address"


# ── what it shows and does ───────────────────────────────────────────────────────────────────────────────────────


def test_the_page_says_what_is_subscribed(desk: Desk) -> None:
    schedule = Schedule("weekly", 7, 2, "Europe/Lisbon", QuietHours(hour(22, 30), hour(7)))
    request = wanted(ADA, topics=("calls",), countries=("PL", "FR"), schedule=schedule, still_watching=True)
    desk.subscriptions.edit(desk.active[0].id, request, NOW)
    page = checked(desk.client.get(desk.link()).text)
    for words in (
        *("calls for hosts", "France, Poland", "On Wednesdays", "22:30–07:00 (Lisbon time)", "30, 14, 7, 2, 1"),
        *("even if nothing changed", "28 November 2026; the operator subscribed you", "come at 07:00 (Lisbon time)"),
    ):
        assert words in page.text, words


def test_whoever_subscribed_on_the_site_reads_when(desk: Desk) -> None:
    desk.ask("new@example.org")
    desk.do(desk.links()[0])
    assert "28 November 2026, when you confirmed it on this site" in desk.client.get(desk.link("new@example.org")).text


def test_the_form_is_filled_in_and_changes_what_is_sent(desk: Desk) -> None:
    path = desk.link()
    form = desk.client.get(f"{path}/change").text
    assert checked(form)
    assert 'name="topic-materials" value="1" checked' in form
    assert 'name="address"' not in form
    done = desk.do(f"{path}/change", **{"topic-calls": "1", "country-PL": "1", "frequency": "daily"})
    assert heading(done) == "Your e-mails have changed"
    [entry] = desk.active
    assert (entry.topics, entry.countries, entry.schedule.frequency) == (("calls",), ("PL",), "daily")
    assert (entry.reminders, entry.address, entry.consent) == ((), ADA, "operator")


def test_what_the_form_does_not_offer_is_kept(desk: Desk) -> None:
    schedule = Schedule("daily", 7, 2, "Europe/Lisbon", QuietHours(hour(22, 30), hour(7)))
    request = wanted(ADA, countries=("US", "PL"), schedule=schedule, reminders=(9,))
    desk.subscriptions.edit(desk.active[0].id, request, NOW)
    path = desk.link()
    assert 'name="country-US" value="1" checked' in desk.client.get(f"{path}/change").text
    fields = {"topic-calls": "1", "country-US": "1", "frequency": "weekly", "reminders": "1"}
    desk.do(f"{path}/change", **fields, **{"quiet-from": "22", "quiet-until": "7"})
    [entry] = desk.active
    assert entry.schedule == replace(schedule, frequency="weekly")
    assert (entry.countries, entry.reminders) == (("US",), (9,))
    desk.do(f"{path}/change", **fields, **{"quiet-from": "21", "quiet-until": "7"})
    assert desk.active[0].schedule.quiet == QuietHours(hour(21), hour(7))


def test_the_language_can_be_changed(desk: Desk) -> None:
    path = desk.link()
    assert '<option value="en" lang="en" selected>' in desk.client.get(f"{path}/change").text
    for language, stored in (("de", "de"), ("fr", "fr"), ("xx", "en")):
        desk.do(f"{path}/change", **{"topic-calls": "1", "language": language})
        assert desk.active[0].language == stored


def test_a_mistake_in_the_form_is_named(desk: Desk) -> None:
    response = desk.do(f"{desk.link()}/change", **{"frequency": "weekly", "quiet-from": "22"})
    assert response.status_code == 422
    page = checked(response.text)
    assert [target for target, _ in page.links if target in ("#topic-calls", "#quiet-from")] == [
        "#topic-calls",
        "#quiet-from",
    ]
    assert 'value="weekly" checked' in response.text
    assert desk.active[0].schedule.frequency == "immediately"


def test_of_several_subscriptions_one_is_left_after_a_change(desk: Desk) -> None:
    desk.subscriptions.add(wanted(ADA, topics=("calls",)), NOW)
    desk.do(f"{desk.link()}/change", **{"topic-calls": "1", "frequency": "weekly"})
    [entry] = desk.active
    assert (entry.topics, entry.schedule.frequency) == (("calls",), "weekly")
    assert [one.end_reason for one in desk.subscriptions.find(ADA)] == [None, MERGED]


def test_a_pause_until_a_day(desk: Desk) -> None:
    path = desk.link()
    done = desk.do(f"{path}/pause", until="2026-12-24")
    assert heading(done) == "Your e-mails are paused"
    assert "24 December 2026" in done.text
    assert desk.active[0].paused_until == end_of_pause(Schedule(), datetime(2026, 12, 24, tzinfo=UTC).date())
    assert "nothing is sent before 24 December 2026" in desk.client.get(path).text
    assert "still paused" in desk.do(f"{path}/change", **{"topic-calls": "1"}).text
    assert heading(desk.do(f"{path}/pause", resume="1")) == "The pause has ended"
    assert desk.active[0].paused_until is None


@pytest.mark.parametrize("until", ["", "tomorrow", "2026-11-28", "2020-01-01", "2028-01-01", "9999-12-31", "20261224"])
def test_a_day_that_is_none_is_said_in_plain_words(desk: Desk, until: str) -> None:
    response = desk.do(f"{desk.link()}/pause", until=until)
    assert response.status_code == 422
    assert checked(response.text).title.startswith("Error: ")
    assert desk.active[0].paused_until is None


def test_ending(desk: Desk) -> None:
    path = desk.link()
    assert heading(desk.client.get(f"{path}/end")) == "End the e-mails?"
    assert heading(desk.do(f"{path}/end")) == "Your e-mails have ended"
    assert [entry.end_reason for entry in desk.subscriptions.find(ADA)] == [UNSUBSCRIBED_ONLINE]
    assert desk.subscriptions.refusal(ADA) is not None
    for act in ("", "/change", "/pause", "/end"):
        page = desk.client.get(path + act)
        assert "Your e-mails have ended" in page.text
        assert ("/subscribe", "Get e-mails again") in checked(page.text).links
    assert desk.do(f"{path}/pause", until="2026-12-24").status_code == 200


def test_data_are_sent_and_never_shown(desk: Desk) -> None:
    path = desk.link()
    done = desk.do(f"{path}/export")
    assert heading(done) == "Check your e-mail"
    desk.do(f"{path}/export")
    [text] = desk.mails("export")
    assert ADA in text
    assert "192.0.1.0/24" in text
    assert "Your link to change or end your e-mails" in text
    assert "Subscription 1, active" in text
    assert "192.0." not in done.text


def test_erasing_is_what_the_command_does(desk: Desk, tmp_path: Path) -> None:
    path = desk.link()
    desk.do(f"{path}/export")
    desk.mails("export")
    assert heading(desk.client.get(f"{path}/erase")) == "Erase you?"
    assert len(desk.active) == 1
    done = desk.do(f"{path}/erase")
    assert heading(done) == "You are erased"
    assert 'href="/subscribe"' not in done.text.partition("<footer")[0], "the form sends nothing to who is erased"
    assert desk.subscriptions.is_erased(ADA)
    assert '"erased"' in (tmp_path / "ended").read_text()
    with desk.database.read() as connection:
        stored = [str(row) for table in metadata.sorted_tables for row in connection.execute(table.select())]
    assert [row for row in stored if "example.org" in row.lower()] == []
    assert heading(desk.client.get(path)) == "This link does not work any more"


def test_what_the_configuration_declares(database: Database, tmp_path: Path) -> None:
    """The operator decides what is sent; but it can be paused, ended, exported and erased."""
    desk = Desk(database, tmp_path / "ended")
    declared = wanted(ADA, name="ada")
    desk.subscriptions.sync([declared], NOW)
    path = desk.link()
    page = checked(desk.client.get(path).text)
    assert "The operator of this service has subscribed you, and decides what you get." in page.text
    assert f"{path}/change" not in [target for target, _ in page.links]
    before = desk.active
    for response in (desk.client.get(f"{path}/change"), desk.do(f"{path}/change", **{"topic-calls": "1"})):
        assert heading(response) == "Your e-mails"
    assert desk.active == before
    assert heading(desk.do(f"{path}/pause", until="2026-12-24")) == "Your e-mails are paused"
    desk.subscriptions.sync([declared], NOW)
    assert desk.active[0].paused_until is not None, "the configuration says nothing of pauses"
    assert heading(desk.do(f"{path}/end")) == "Your e-mails have ended"
    desk.subscriptions.sync([declared], NOW)
    assert desk.active == []
    assert heading(desk.do(f"{path}/erase")) == "You are erased"


def test_nothing_ends_if_the_journal_cannot_be_written(desk: Desk, tmp_path: Path) -> None:
    path = desk.link()
    (tmp_path / "ended").mkdir()
    for act in ("end", "erase"):
        assert desk.do(f"{path}/{act}").status_code == 503
    assert len(desk.active) == 1


def test_subscribing_again_ends_a_pause(desk: Desk) -> None:
    desk.do(f"{desk.link()}/pause", until="2026-12-24")
    desk.ask(ADA)
    desk.do(desk.links()[0])
    assert desk.active[0].paused_until is None


def test_subscriptions_of_others_are_never_touched(desk: Desk) -> None:
    desk.subscriptions.add(wanted("bob@example.org"), NOW)
    path = desk.link()
    [bob] = [entry for entry in desk.active if entry.address == "bob@example.org"]
    desk.do(f"{path}/pause", until="2026-12-24")
    desk.do(f"{path}/change", **{"topic-calls": "1"})
    desk.do(f"{path}/end")
    desk.do(f"{path}/erase")
    assert Subscriptions(desk.database).active() == (bob,)


def test_what_is_muted_is_listed_and_undone(desk: Desk) -> None:
    with desk.database.write() as connection:
        insert_known(connection)
    [ada] = desk.active
    mutes = Mutes(desk.database)
    gone = ItemRef("edition", "no-such-edition")
    for item in (LYON, CALL, gone):
        assert mutes.add(ada.id, item, NOW)
    path = desk.link()
    page = desk.client.get(path).text
    assert checked(page)
    for words in ("Lyon &lt;script&gt;, France, 12–13 October 2027", "no-such-edition", "2027"):
        assert words in page
    assert heading(desk.do(path, unmute="edition lyon-fr-2027-10")) == "You get e-mails about this one again"
    assert [mute.item for mute in mutes.of_recipient(ada.id)] == [CALL, gone]
    for nonsense in ("", "edition", "x y", "country FR", "edition  "):
        assert desk.do(path, unmute=nonsense).status_code == 200
    assert "Lyon" not in desk.client.get(path).text
    desk.do(f"{path}/export")
    assert "lyon-fr-2027-10, undone: 28 November 2026" in " ".join(desk.mails("export")[0].split())
