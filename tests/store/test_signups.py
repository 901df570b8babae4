"""Requests for a subscription: which get a mail, what confirming them does, and how long they are kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from cmr_watch.models.recipients import Body, Message, Schedule, Subscription, SubscriptionRequest
from cmr_watch.models.signups import KEPT_FOR, VALID_FOR, Signup, confirmed_at
from cmr_watch.notify import tokens
from cmr_watch.store import retention
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.requested_mails import MAX_PER_HOUR, MAX_WAITING, ONCE_PER, hash_of, new_token
from cmr_watch.store.restore_quarantine import RestoreQuarantine, mark_restored
from cmr_watch.store.retention import Retention
from cmr_watch.store.schema import deliveries, metadata, signups
from cmr_watch.store.signups import Signups
from cmr_watch.store.subscriptions import BOUNCED, COMPLAINED, UNSUBSCRIBED, UNSUBSCRIBED_ONLINE, Subscriptions
from tests.factories import MINUTE, NOW, wanted

ADA = "Ada@example.org"
LATER = NOW + timedelta(days=60)


class Post:
    """Writes mails, and remembers the token of each address."""

    def __init__(self) -> None:
        self.tokens: dict[str, str] = {}
        self.written: list[str] = []

    def write(self, request: SubscriptionRequest, token: str) -> Message:
        address = request.address
        self.tokens[address] = token
        self.written.append(address)
        return Message(address, Body("Confirm", "x", ""), f"<{len(self.written)}@x>", token=token, unsubscribes=False)


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def store(database: Database) -> Signups:
    return Signups(database)


@pytest.fixture
def subscriptions(database: Database) -> Subscriptions:
    return Subscriptions(database)


def asked(address: str = ADA, at: datetime = NOW, **values: Any) -> Signup:
    return Signup(wanted(address, **values), "1 (en)", "192.0.2.0/24", at)


def rows(database: Database) -> list[Any]:
    with database.read() as connection:
        return list(connection.execute(select(signups).order_by(signups.c.id)))


# ── which requests get a mail ────────────────────────────────────────────────────────────────────────────────────


def test_a_hundred_requests_for_one_address_cause_one_mail(database: Database, store: Signups, post: Post) -> None:
    for number in range(100):
        store.add(asked(ADA if number % 2 else "ADA@Example.ORG", topics=("calls",) if number == 99 else ("editions",)))
    assert store.write_mails(post.write, NOW) == 1
    assert store.write_mails(post.write, NOW) == 0
    [row] = rows(database)
    assert (row.topics, row.mailed_at) == (["calls"], NOW), "the newest counts"


def test_an_address_gets_one_mail_a_day(database: Database, store: Signups, post: Post) -> None:
    for hours in (0, 1, 23, 25, 26):
        at = NOW + timedelta(hours=hours)
        store.add(asked(at=at))
        store.write_mails(post.write, at)
    assert post.written == [ADA, ADA]
    assert len(rows(database)) == 2, "requests that get no mail are deleted"


def test_a_clock_that_was_ahead_does_not_silence_an_address(database: Database, store: Signups, post: Post) -> None:
    store.add(asked())
    store.write_mails(post.write, NOW + timedelta(days=400))
    store.add(asked())
    assert store.write_mails(post.write, NOW) == 1


def test_no_mail_to_an_address_that_was_erased_or_is_dead(
    database: Database, store: Signups, subscriptions: Subscriptions, post: Post
) -> None:
    for address in ("erased@x.org", "dead@x.org", "left@x.org", "spam@x.org", "active@x.org"):
        subscriptions.add(wanted(address), NOW)
    subscriptions.erase("erased@x.org", NOW)
    subscriptions.end("dead@x.org", BOUNCED, NOW)
    subscriptions.end("left@x.org", UNSUBSCRIBED_ONLINE, NOW)
    subscriptions.end("spam@x.org", COMPLAINED, NOW)
    for address in ("erased@x.org", "dead@x.org", "left@x.org", "spam@x.org", "active@x.org", "new@x.org"):
        store.add(asked(address))
    store.write_mails(post.write, NOW)
    assert post.written == ["left@x.org", "spam@x.org", "active@x.org", "new@x.org"]
    assert len(rows(database)) == 4


def test_only_so_many_mails_an_hour_and_the_others_wait(database: Database, store: Signups, post: Post) -> None:
    for number in range(MAX_PER_HOUR + 3):
        store.add(asked(f"a{number}@x.org"))
    assert store.write_mails(post.write, NOW) == MAX_PER_HOUR
    assert store.write_mails(post.write, NOW + timedelta(minutes=59)) == 0
    assert store.write_mails(post.write, NOW + timedelta(minutes=61)) == 3


@pytest.mark.parametrize(
    "addresses",
    [
        ["ada@x.org", "ada+1@x.org", "ADA+news+2@x.org"],
        ["ada.lovelace@gmail.com", "a.d.a.lovelace@gmail.com", "AdaLovelace+x@googlemail.com"],
    ],
)
def test_an_inbox_with_many_addresses_gets_one_mail_a_day(
    database: Database, store: Signups, post: Post, addresses: list[str]
) -> None:
    for address in addresses:
        store.add(asked(address))
    assert store.write_mails(post.write, NOW) == 1
    for hours in (1, 23):
        for address in addresses:
            store.add(asked(address, at=NOW + timedelta(hours=hours)))
        assert store.write_mails(post.write, NOW + timedelta(hours=hours)) == 0
    assert len(rows(database)) == 1
    store.add(asked(addresses[0]))
    assert store.write_mails(post.write, NOW + timedelta(hours=25)) == 1


def test_other_addresses_are_other_inboxes(store: Signups, post: Post) -> None:
    different = ["a.b@x.org", "ab@x.org", "ab@gmail.org", "ab@y.org", "+ab@y.org", "+c@y.org", "ab@gmail.com"]
    for address in different:
        store.add(asked(address))
    store.write_mails(post.write, NOW)
    assert post.written == different


def test_a_network_that_asks_for_very_many_delays_no_other(store: Signups, post: Post) -> None:
    for number in range(3 * MAX_PER_HOUR):
        store.add(asked(f"a{number}@x.org"))
    store.add(replace(asked(), network="198.51.100.0/24"))
    store.write_mails(post.write, NOW)
    assert post.written[:3] == ["a0@x.org", ADA, "a1@x.org"]
    assert len(post.written) == MAX_PER_HOUR


def test_only_so_many_requests_wait_and_each_network_keeps_its_first(
    database: Database, store: Signups, post: Post
) -> None:
    store.add(asked("first@x.org"))
    [first] = rows(database)
    copied = {key: value for key, value in first._mapping.items() if key != "id"}
    surplus = [{**copied, "mailbox": f"a{n}@x.org", "address": f"a{n}@x.org"} for n in range(MAX_WAITING + 300)]
    with database.write() as connection:
        connection.execute(signups.insert(), surplus)
    store.add(replace(asked(), network="198.51.100.0/24"))
    assert store.write_mails(post.write, NOW) == MAX_PER_HOUR
    assert len(rows(database)) <= MAX_WAITING + MAX_PER_HOUR
    assert post.written[:2] == ["first@x.org", ADA]
    later = replace(asked("late@x.org"), network="203.0.113.0/24")
    store.add(later)
    assert store.write_mails(post.write, NOW + timedelta(hours=2)) == MAX_PER_HOUR
    assert "late@x.org" in post.written


def test_requests_that_get_no_mail_are_gone_at_once(
    database: Database, store: Signups, subscriptions: Subscriptions, post: Post
) -> None:
    subscriptions.add(wanted(ADA), NOW)
    subscriptions.erase(ADA, NOW)
    for _ in range(1_100):
        store.add(asked())
    store.add(asked("new@x.org"))
    assert store.write_mails(post.write, NOW) == 1
    assert [row.address for row in rows(database)] == ["new@x.org"]


def test_the_token_is_not_stored_with_the_request(database: Database, store: Signups, post: Post) -> None:
    store.add(asked())
    store.write_mails(post.write, NOW)
    [row] = rows(database)
    assert row.token_hash == hash_of(post.tokens[ADA])
    assert post.tokens[ADA] not in str(row)


def test_the_token_leaves_the_outbox_with_its_mail(database: Database, store: Signups, post: Post) -> None:
    store.add(asked())
    store.write_mails(post.write, NOW)
    outbox = Deliveries(database)
    [claimed] = outbox.claim(NOW)
    assert (claimed.purpose, claimed.message.token) == ("opt-in", post.tokens[ADA])
    assert not claimed.message.unsubscribes
    outbox.finish(claimed, "sent", NOW)
    with database.read() as connection:
        assert connection.execute(select(deliveries.c.unsubscribe_token)).scalars().all() == [""]
        for table in metadata.sorted_tables:
            assert post.tokens[ADA] not in str(connection.execute(select(table)).all()), table.name


def test_the_token_of_a_failed_mail_is_kept_for_a_retry_until_it_expires(
    database: Database, store: Signups, post: Post
) -> None:
    store.add(asked())
    store.write_mails(post.write, NOW)
    outbox = Deliveries(database)
    [claimed] = outbox.claim(NOW)
    outbox.finish(claimed, "failed", NOW, "550 no such user")
    assert outbox.retry(None, NOW) == 1
    Retention(database).run(NOW + VALID_FOR - MINUTE)
    assert outbox.list()[0].message.token == post.tokens[ADA]
    assert Retention(database).run(NOW + VALID_FOR + MINUTE).tokens == 1
    assert outbox.list()[0].message.token == ""


def test_tokens_are_random_and_never_unsubscribe() -> None:
    made = {new_token() for _ in range(1_000)}
    assert len(made) == 1_000
    assert {len(token) for token in made} == {43}
    assert not any(tokens.has_token(token) for token in made)


def test_a_restored_database_asks_nobody_again(database: Database, store: Signups, post: Post) -> None:
    store.add(asked())
    with database.write() as connection:
        mark_restored(connection)
    RestoreQuarantine(database).quarantine_if_restored(NOW)
    assert store.write_mails(post.write, NOW) == 0


def test_a_damaged_request_stops_no_other(database: Database, store: Signups, post: Post) -> None:
    store.add(asked("bad@x.org"))
    store.add(asked())
    with database.write() as connection:
        connection.execute(text("UPDATE signups SET topics = '5' WHERE id = 1"))
    assert store.write_mails(post.write, NOW) == 1
    assert post.written == [ADA]


# ── confirming ───────────────────────────────────────────────────────────────────────────────────────────────────


def mailed(store: Signups, post: Post, signup: Signup, now: datetime = NOW) -> str:
    store.add(signup)
    store.write_mails(post.write, now)
    return post.tokens[signup.request.address]


def test_confirming_starts_what_was_asked_for(store: Signups, subscriptions: Subscriptions, post: Post) -> None:
    schedule = Schedule("weekly")
    token = mailed(store, post, asked(topics=("calls",), countries=("FR",), schedule=schedule, reminders=(7,)))
    assert subscriptions.active() == ()
    later = NOW + timedelta(hours=2)
    assert store.confirm(token, subscriptions, later) == "started"
    [entry] = subscriptions.active()
    assert (entry.address, entry.topics, entry.countries, entry.schedule) == (ADA, ("calls",), ("FR",), schedule)
    assert (entry.created_at, entry.activated_at, entry.welcomed_at, entry.reminders) == (later, later, None, (7,))
    assert entry.consent == (
        f"web form, text 1 (en), requested {NOW:%Y-%m-%d %H:%M} UTC from 192.0.2.0/24,"
        f" confirmed {later:%Y-%m-%d %H:%M} UTC"
    )
    assert confirmed_at(entry.consent) == later.replace(second=0, microsecond=0)


@pytest.mark.parametrize("consent", ["operator", "", "web form", "web form, confirmed 2026-99-99 00:00 UTC"])
def test_a_consent_that_was_not_given_on_the_site_has_no_time(consent: str) -> None:
    assert confirmed_at(consent) is None


def test_a_restore_does_not_change_when_one_has_agreed(
    database: Database, store: Signups, subscriptions: Subscriptions, post: Post
) -> None:
    store.confirm(mailed(store, post, asked()), subscriptions, NOW)
    with database.write() as connection:
        mark_restored(connection)
    RestoreQuarantine(database).quarantine_if_restored(NOW + timedelta(days=90))
    [entry] = subscriptions.active()
    assert confirmed_at(entry.consent) == NOW.replace(second=0, microsecond=0)


@pytest.mark.parametrize("ends", ["erased", "expired"])
def test_an_address_that_is_erased_takes_its_consent_with_it(
    database: Database, store: Signups, subscriptions: Subscriptions, post: Post, ends: str
) -> None:
    store.confirm(mailed(store, post, asked()), subscriptions, NOW)
    with database.write() as connection:
        connection.execute(update(deliveries).values(outcome="sent", done_at=NOW))
    if ends == "erased":
        subscriptions.erase(ADA, NOW)
    else:
        subscriptions.end(ADA, UNSUBSCRIBED_ONLINE, NOW)
        Retention(database).run(NOW + KEPT_FOR + MINUTE)
    [entry] = subscriptions.list_all()
    assert (entry.status, entry.consent) == ("ended", "erased"), "the network is data about a person"


def test_confirming_twice_changes_nothing_and_ending_holds(
    store: Signups, subscriptions: Subscriptions, post: Post
) -> None:
    token = mailed(store, post, asked(topics=("calls",)))
    store.confirm(token, subscriptions, NOW)
    [first] = subscriptions.active()
    subscriptions.edit(first.id, wanted(ADA, topics=("materials",)), NOW)
    assert store.confirm(token, subscriptions, NOW + MINUTE) == "started"
    assert [entry.topics for entry in subscriptions.active()] == [("materials",)]


def test_a_link_that_was_used_does_not_start_an_ended_subscription_again(
    store: Signups, subscriptions: Subscriptions, post: Post
) -> None:
    token = mailed(store, post, asked())
    store.confirm(token, subscriptions, NOW)
    subscriptions.end(ADA, UNSUBSCRIBED_ONLINE, NOW + MINUTE)
    assert store.confirm(token, subscriptions, NOW + 2 * MINUTE) is None
    assert store.find(token, NOW + 2 * MINUTE) is None, "so its page does not say that one is subscribed"
    assert subscriptions.active() == ()


def test_confirming_changes_an_active_subscription(store: Signups, subscriptions: Subscriptions, post: Post) -> None:
    subscriptions.add(wanted("ada@example.org"), NOW)
    token = mailed(store, post, asked(topics=("materials",)))
    assert store.confirm(token, subscriptions, NOW) == "changed"
    [entry] = subscriptions.active()
    assert (entry.address, entry.topics) == ("ada@example.org", ("materials",))
    assert entry.consent.startswith("web form"), "a reader who was added by the operator has now agreed"


def test_what_the_configuration_declares_is_kept(store: Signups, subscriptions: Subscriptions, post: Post) -> None:
    subscriptions.sync([wanted(ADA, name="ada")], NOW)
    token = mailed(store, post, asked(topics=("materials",)))
    assert store.confirm(token, subscriptions, NOW) == "kept"
    assert [entry.topics for entry in subscriptions.active()] == [wanted(ADA).topics]


def test_who_has_left_can_come_back(store: Signups, subscriptions: Subscriptions, post: Post) -> None:
    subscriptions.add(wanted(ADA), NOW)
    subscriptions.end(ADA, UNSUBSCRIBED_ONLINE, NOW)
    assert store.confirm(mailed(store, post, asked()), subscriptions, NOW) == "started"
    assert subscriptions.refusal(ADA) is None


@pytest.mark.parametrize("reason", [UNSUBSCRIBED, UNSUBSCRIBED_ONLINE])
def test_who_has_left_long_ago_can_come_back(
    database: Database, store: Signups, subscriptions: Subscriptions, post: Post, reason: str
) -> None:
    left_long_ago(database, subscriptions, reason)
    store.add(asked(at=LATER))
    assert store.write_mails(post.write, LATER) == 1
    assert store.confirm(post.tokens[ADA], subscriptions, LATER) == "started"
    assert not subscriptions.is_erased(ADA)


@pytest.mark.parametrize("reason", [BOUNCED, COMPLAINED])
def test_whose_address_bounced_or_complained_long_ago_is_not_asked(
    database: Database, store: Signups, subscriptions: Subscriptions, post: Post, reason: str
) -> None:
    left_long_ago(database, subscriptions, reason)
    store.add(asked(at=LATER))
    assert store.write_mails(post.write, LATER) == 0


@pytest.mark.parametrize("is_late", [True, False])
def test_who_has_left_and_was_erased_is_not_asked(
    database: Database, store: Signups, subscriptions: Subscriptions, post: Post, is_late: bool
) -> None:
    if is_late:
        left_long_ago(database, subscriptions, UNSUBSCRIBED)
    else:
        subscriptions.end(subscriptions.add(wanted(ADA), NOW).id, UNSUBSCRIBED, NOW)
    subscriptions.erase(ADA, LATER)
    store.add(asked(at=LATER))
    assert store.write_mails(post.write, LATER) == 0


def left_long_ago(database: Database, subscriptions: Subscriptions, reason: str) -> None:
    subscriptions.end(subscriptions.add(wanted(ADA), NOW).id, reason, NOW)
    Retention(database).run(LATER)
    assert subscriptions.is_erased(ADA)


@pytest.mark.parametrize("damage", [str.upper, lambda token: token[:-1], lambda token: token + "a", lambda _: ""])
def test_a_forged_token_confirms_nothing(store: Signups, subscriptions: Subscriptions, post: Post, damage: Any) -> None:
    token = mailed(store, post, asked())
    assert store.confirm(damage(token), subscriptions, NOW) is None
    assert store.confirm(hash_of(token), subscriptions, NOW) is None
    assert subscriptions.active() == ()


def test_a_link_works_for_seven_days(store: Signups, subscriptions: Subscriptions, post: Post) -> None:
    token = mailed(store, post, asked())
    assert store.find(token, NOW + VALID_FOR - MINUTE) is not None
    assert store.confirm(token, subscriptions, NOW + VALID_FOR) is None


def test_erasing_an_address_ends_its_requests(store: Signups, subscriptions: Subscriptions, post: Post) -> None:
    token = mailed(store, post, asked())
    subscriptions.erase("ada@example.org", NOW)
    assert store.confirm(token, subscriptions, NOW) is None


class ErasedMeanwhile(Subscriptions):
    """The address is erased after the request was read, before its subscription is added."""

    def add(self, request: SubscriptionRequest, now: datetime, **options: Any) -> Subscription:
        self.erase(request.address, now)
        return super().add(request, now, **options)


def test_an_address_that_is_erased_while_it_is_confirmed_stays_erased(
    database: Database, store: Signups, post: Post
) -> None:
    subscriptions = ErasedMeanwhile(database)
    token = mailed(store, post, asked())
    assert store.confirm(token, subscriptions, NOW) is None
    assert subscriptions.is_erased(ADA)
    assert subscriptions.active() == ()
    assert all(ADA.lower() not in str(entry).lower() for entry in subscriptions.list_all())


# ── how long they are kept ───────────────────────────────────────────────────────────────────────────────────────


def test_a_request_that_nobody_confirms_leaves_nothing(database: Database, store: Signups, post: Post) -> None:
    mailed(store, post, asked())
    outbox = Deliveries(database)
    outbox.finish(outbox.claim(NOW)[0], "sent", NOW)
    assert Retention(database).run(NOW + KEPT_FOR - MINUTE).unconfirmed == 0
    assert Retention(database).run(NOW + KEPT_FOR + MINUTE).unconfirmed == 1
    with database.read() as connection:
        for table in metadata.sorted_tables:
            if table.name != "installation":
                assert "ada@" not in str(connection.execute(select(table)).all()).lower(), table.name
    assert not Subscriptions(database).is_erased(ADA), "it can be asked for again"


def test_a_confirmed_subscription_outlives_its_request(
    database: Database, store: Signups, subscriptions: Subscriptions, post: Post
) -> None:
    store.confirm(mailed(store, post, asked()), subscriptions, NOW)
    with database.write() as connection:
        connection.execute(update(deliveries).values(outcome="sent", done_at=NOW))
    Retention(database).run(NOW + KEPT_FOR + MINUTE)
    assert rows(database) == []
    assert [entry.address for entry in subscriptions.active()] == [ADA]


def test_a_request_that_has_expired_takes_no_newer_one_with_it(
    database: Database, store: Signups, subscriptions: Subscriptions, post: Post
) -> None:
    mailed(store, post, asked())
    token = mailed(store, post, asked(at=NOW + KEPT_FOR - MINUTE), NOW + KEPT_FOR - MINUTE)
    with database.write() as connection:
        connection.execute(update(deliveries).values(outcome="sent", done_at=NOW))
    assert Retention(database).run(NOW + KEPT_FOR + MINUTE).unconfirmed == 1
    assert store.confirm(token, subscriptions, NOW + KEPT_FOR + 2 * MINUTE) == "started"


def test_who_comes_back_as_the_old_address_expires_can_still_confirm(
    database: Database, store: Signups, subscriptions: Subscriptions, post: Post
) -> None:
    subscriptions.add(wanted(ADA), NOW)
    subscriptions.end(ADA, UNSUBSCRIBED_ONLINE, NOW)
    at = NOW + retention.KEEP_ADDRESSES - MINUTE
    token = mailed(store, post, asked(at=at), at)
    with database.write() as connection:
        connection.execute(update(deliveries).values(outcome="sent", done_at=at))
    assert Retention(database).run(at + 2 * MINUTE).addresses == 1
    assert store.confirm(token, subscriptions, at + 3 * MINUTE) == "started"
    assert not subscriptions.is_erased(ADA)


def test_the_periods_are_those_that_are_promised() -> None:
    assert (VALID_FOR.days, KEPT_FOR.days, ONCE_PER.days) == (7, 28, 1)
    assert retention.KEEP_ADDRESSES == KEPT_FOR
