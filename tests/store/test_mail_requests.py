"""Mails that recipients ask for on the site: which are written, what links open, and what is left of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from cmr_watch.models.mail_requests import KEPT_FOR, LINK_VALID_FOR, MailRequest, RequestKind
from cmr_watch.models.personal_data import PersonalData
from cmr_watch.models.recipients import Body, Message
from cmr_watch.store import plan_writer
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.examination import examine
from cmr_watch.store.mail_requests import MailRequests
from cmr_watch.store.pauses import Pauses
from cmr_watch.store.requested_mails import MAX_PER_HOUR
from cmr_watch.store.restore_quarantine import RestoreQuarantine, mark_restored
from cmr_watch.store.retention import Retention
from cmr_watch.store.schema import bodies, deliveries, mail_requests
from cmr_watch.store.signups import Signups
from cmr_watch.store.subscriptions import BOUNCED, UNSUBSCRIBED_ONLINE, Subscriptions
from cmr_watch.store.waiting import is_idle
from tests.factories import NOW, message, wanted
from tests.store.test_signups import asked as signup

ADA = "Ada@example.org"
HOUR = timedelta(hours=1)


class Post:
    """Writes mails, and remembers the token of each link and the data of each export."""

    def __init__(self) -> None:
        self.tokens: dict[str, str] = {}
        self.data: dict[str, PersonalData] = {}
        self.count = 0

    def link(self, request: MailRequest, token: str) -> Message:
        self.tokens[request.address] = token
        return self._message(request, "Your link", token)

    def export(self, request: MailRequest, data: PersonalData) -> Message:
        self.data[request.address] = data
        return self._message(request, f"All about {request.address}")

    def _message(self, request: MailRequest, text: str, token: str = "") -> Message:
        self.count += 1
        body = Body(text, text, "")
        return Message(request.address, body, f"<{self.count}@x>", token=token, unsubscribes=False)


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def store(database: Database) -> MailRequests:
    return MailRequests(database)


@pytest.fixture
def subscriptions(database: Database) -> Subscriptions:
    made = Subscriptions(database)
    made.add(wanted(ADA), NOW)
    return made


def asked(address: str = ADA, at: datetime = NOW, kind: RequestKind = "link") -> MailRequest:
    return MailRequest(kind, address, "en", "192.0.2.0/24", at)


def rows(database: Database) -> list[Any]:
    with database.read() as connection:
        return list(connection.execute(select(mail_requests).order_by(mail_requests.c.id)))


def outbox(database: Database) -> list[tuple[str, str]]:
    return [(entry.purpose, entry.message.address) for entry in Deliveries(database).list("pending")]


def test_only_addresses_with_a_subscription_get_a_link(
    database: Database, store: MailRequests, subscriptions: Subscriptions, post: Post
) -> None:
    for address in ("left@x.org", "dead@x.org", "erased@x.org"):
        subscriptions.add(wanted(address), NOW)
    subscriptions.end("left@x.org", UNSUBSCRIBED_ONLINE, NOW)
    subscriptions.end("dead@x.org", BOUNCED, NOW)
    subscriptions.erase("erased@x.org", NOW)
    for address in ("new@x.org", "left@x.org", "dead@x.org", "erased@x.org", "ADA@EXAMPLE.org"):
        store.add(asked(address))
    assert not is_idle(database, NOW)
    assert store.write_links(post.link, NOW) == 1
    assert outbox(database) == [("link", ADA)], "in the spelling that was subscribed, whatever spelling was entered"
    assert [row.mailbox for row in rows(database)] == ["ada@example.org"]


def test_a_hundred_requests_cause_one_mail_a_day_of_each_kind(
    database: Database, store: MailRequests, subscriptions: Subscriptions, post: Post
) -> None:
    for hours in (0, 1, 23, 25):
        for _ in range(25):
            store.add(asked(at=NOW + hours * HOUR))
            store.add(asked(at=NOW + hours * HOUR, kind="export"))
        store.write_links(post.link, NOW + hours * HOUR)
        store.write_exports(post.export, NOW + hours * HOUR)
    assert outbox(database) == [("link", ADA), ("export", ADA)] * 2


def test_so_many_an_hour_and_signups_do_not_count(
    database: Database, store: MailRequests, subscriptions: Subscriptions, post: Post
) -> None:
    for number in range(MAX_PER_HOUR + 1):
        subscriptions.add(wanted(f"r{number}@x.org"), NOW)
        store.add(asked(f"r{number}@x.org"))
    Signups(database).add(signup("new@x.org"))
    assert store.write_links(post.link, NOW) == MAX_PER_HOUR
    assert store.write_links(post.link, NOW + HOUR - timedelta(seconds=1)) == 0
    assert store.write_links(post.link, NOW + HOUR) == 1


def test_a_link_opens_the_subscriptions_of_its_address_for_a_day(
    database: Database, store: MailRequests, subscriptions: Subscriptions, post: Post
) -> None:
    subscriptions.add(wanted("bob@example.org"), NOW)
    store.add(asked())
    store.write_links(post.link, NOW)
    token = post.tokens[ADA]
    assert token not in str(rows(database))
    for at in (NOW, NOW + LINK_VALID_FOR - timedelta(seconds=1)):
        managed = store.open(token, at)
        assert managed is not None
        assert [entry.address for entry in managed.subscriptions] == [ADA]
    for other, at in (
        (token, NOW + LINK_VALID_FOR),
        (token, NOW - HOUR),
        (token[:-1], NOW),
        ("", NOW),
        ("é\ud800", NOW),
    ):
        assert store.open(other, at) is None
    subscriptions.end(ADA, UNSUBSCRIBED_ONLINE, NOW)
    ended = store.open(token, NOW)
    assert ended is not None
    assert ended.active == ()


def test_the_token_is_blanked_once_the_mail_was_accepted(
    database: Database, store: MailRequests, subscriptions: Subscriptions, post: Post
) -> None:
    store.add(asked())
    store.write_links(post.link, NOW)
    sender = Deliveries(database)
    [claimed] = sender.claim(NOW)
    assert claimed.message.token == post.tokens[ADA]
    assert not claimed.message.unsubscribes
    sender.finish(claimed, "sent", NOW)
    with database.read() as connection:
        assert connection.execute(select(deliveries.c.unsubscribe_token)).scalars().all() == [""]


def test_what_was_asked_for_does_not_wait_for_other_messages(
    database: Database, store: MailRequests, subscriptions: Subscriptions, post: Post
) -> None:
    """Neither for one that waits, for example for the end of quiet hours, nor for the end of a pause."""
    with database.write() as connection:
        for _ in range(2):
            plan_writer.insert_message(database, connection, message(ADA), "subscriber", NOW)
        connection.execute(update(deliveries).where(deliveries.c.id == 1).values(due_at=NOW + HOUR))
    store.add(asked())
    store.write_links(post.link, NOW)
    assert [entry.purpose for entry in Deliveries(database).claim(NOW)] == ["link"]
    [ada] = subscriptions.find(ADA)
    Pauses(database).pause(ada.id, NOW + 9 * HOUR, NOW)
    store.add(asked(kind="export"))
    store.write_exports(post.export, NOW)
    assert [entry.purpose for entry in Deliveries(database).claim(NOW + timedelta(minutes=1))] == ["export"]


def test_an_export_has_what_is_stored_about_the_address_only(
    database: Database, store: MailRequests, subscriptions: Subscriptions, post: Post
) -> None:
    subscriptions.add(wanted("bob@example.org"), NOW)
    subscriptions.end(ADA, UNSUBSCRIBED_ONLINE, NOW)
    subscriptions.add(wanted(ADA, topics=("calls",)), NOW, resubscribe=True)
    Signups(database).add(signup(ADA))
    store.add(asked())
    store.write_links(post.link, NOW)
    store.add(asked("ada@example.org", kind="export"))
    store.write_exports(post.export, NOW)
    data = post.data[ADA]
    assert [entry.status for entry in data.subscriptions] == ["ended", "active"]
    assert [one.address for one in data.signups] == [ADA]
    assert [one.kind for one in data.requests] == ["link", "export"]
    assert [(one.purpose, one.subject) for one in data.messages] == [("link", "Your link")]
    assert "bob" not in str(data)


def test_erasing_deletes_requests_and_the_texts_of_exports(
    database: Database, store: MailRequests, subscriptions: Subscriptions, post: Post
) -> None:
    subscriptions.add(wanted("bob@example.org"), NOW)
    for address in (ADA, "bob@example.org"):
        store.add(asked(address))
        store.add(asked(address, kind="export"))
    store.write_links(post.link, NOW)
    store.write_exports(post.export, NOW)
    subscriptions.erase(ADA, NOW)
    assert {row.mailbox for row in rows(database)} == {"bob@example.org"}
    with database.read() as connection:
        texts = connection.execute(select(bodies.c.text)).scalars().all()
    assert sorted(texts) == ["All about bob@example.org", "Your link"]
    assert outbox(database) == [("link", "bob@example.org"), ("export", "bob@example.org")]
    assert store.open(post.tokens[ADA], NOW) is None
    assert store.open(post.tokens["bob@example.org"], NOW) is not None


def test_requests_are_deleted_after_a_week(
    database: Database, store: MailRequests, subscriptions: Subscriptions, post: Post
) -> None:
    store.add(asked())
    store.write_links(post.link, NOW)
    store.add(asked("waiting@x.org"))
    Retention(database).run(NOW + KEPT_FOR)
    assert len(rows(database)) == 2
    assert Retention(database).run(NOW + KEPT_FOR + HOUR).mail_requests == 2
    assert len(subscriptions.active()) == 1


def test_a_restored_database_drops_requests_without_a_mail(
    database: Database, store: MailRequests, subscriptions: Subscriptions, post: Post
) -> None:
    store.add(asked())
    store.write_links(post.link, NOW)
    store.add(asked(at=NOW + HOUR))
    with database.write() as connection:
        mark_restored(connection, NOW)
    RestoreQuarantine(database).quarantine_if_restored(NOW)
    assert [row.mailed_at for row in rows(database)] == [NOW]


@pytest.mark.parametrize("values", [{"mailbox": "other"}, {"kind": "x"}, {"language": "xx"}])
def test_a_damaged_request_stops_no_other(
    database: Database, store: MailRequests, subscriptions: Subscriptions, post: Post, values: dict[str, str]
) -> None:
    subscriptions.add(wanted("bob@example.org"), NOW)
    store.add(asked("bob@example.org"))
    store.add(asked())
    with database.write() as connection:
        connection.execute(update(mail_requests).where(mail_requests.c.id == 1).values(values))
    assert store.write_links(post.link, NOW) == 1
    assert list(post.tokens) == [ADA]
    assert examine(database, NOW) == 1


def test_a_pause_of_a_damaged_length_is_reported(database: Database, subscriptions: Subscriptions) -> None:
    [ada] = subscriptions.find(ADA)
    Pauses(database).pause(ada.id, NOW.replace(year=9500), NOW)
    assert subscriptions.active() == ()
    assert examine(database, NOW) == 1


def test_pausing_is_for_the_recipient_as_a_whole(database: Database, subscriptions: Subscriptions) -> None:
    subscriptions.add(wanted(ADA, topics=("calls",)), NOW)
    subscriptions.add(wanted("bob@example.org"), NOW)
    first, second = subscriptions.find(ADA)
    paused = Pauses(database).pause(second.id, NOW + HOUR, NOW)
    assert [entry.id for entry in paused] == [first.id, second.id]
    assert [entry.pause_end(NOW) for entry in subscriptions.active()] == [NOW + HOUR, NOW + HOUR, None]
    assert subscriptions.active()[0].pause_end(NOW + HOUR) is None
    subscriptions.end(ADA, UNSUBSCRIBED_ONLINE, NOW)
    assert Pauses(database).pause(first.id, None, NOW) == ()
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(deliveries)).scalar() == 0
