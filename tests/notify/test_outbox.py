"""The outbox: enqueue, compose and deliver against a real database, with fake senders and real servers."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from cmr_watch.exceptions import ChannelDown, DeliveryError, RenderError, StoreUnavailable
from cmr_watch.models.readings import ChangeKind, PageRef
from cmr_watch.models.recipients import REQUESTED, TOKEN_SLOT, Body, Message
from cmr_watch.models.reports import DeliveryReport
from cmr_watch.notify.channels.apprise import AppriseChannel
from cmr_watch.notify.channels.mail import MailChannel
from cmr_watch.notify.message_composer import MessageComposer
from cmr_watch.notify.outbox import compose, deliver, enqueue, message_ids
from cmr_watch.render.messages import MessageContext, body
from cmr_watch.store import plan_writer
from cmr_watch.store.check_records import CheckRecord
from cmr_watch.store.checks import Checks
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.hard_bounces import HardBounces
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.installation import Installation
from cmr_watch.store.match_queue import MatchQueue
from cmr_watch.store.pauses import Pauses
from cmr_watch.store.schema import changes, metadata
from cmr_watch.store.schema import deliveries as deliveries_table
from cmr_watch.store.subscriptions import UNSUBSCRIBED_ONLINE, Subscriptions
from cmr_watch.store.waiting import is_idle
from tests import factories
from tests.fakes.mailbox import Mailbox
from tests.fakes.senders import Sender
from tests.fakes.webhook import Webhook
from tests.notify.make import Clock, K, message_to
from tests.store.test_deliveries import subscribe

ANN, BOB, CID = "ann@example.org", "bob@example.org", "cid@example.org"
HOOK = "json://127.0.0.1/hook"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def deliveries(database) -> Deliveries:
    return Deliveries(database)


@pytest.fixture
def subscriptions(database, clock) -> Subscriptions:
    made = Subscriptions(database)
    for address in (ANN, BOB):
        made.add(factories.wanted(address), clock())
    return made


@pytest.fixture
def sender() -> Sender:
    return Sender()


def commit_changes(database, *kinds: ChangeKind) -> None:
    """Commit changes of these kinds as a check does."""
    reading = factories.snapshot(calls=(factories.call(),))
    changes = [
        factories.change(kind, factories.call() if kind.startswith("call.") else factories.edition()) for kind in kinds
    ]
    checks = Checks(database)
    baseline = checks.baseline(factories.URL)
    record = CheckRecord(
        PageRef(factories.URL, "initiative"),
        factories.NOW,
        "changed" if baseline else "baseline",
        revision=baseline.revision if baseline else None,
        fetched=factories.page(),
        snapshot=reading,
        known=factories.known(reading),
        changes=tuple(changes),
    )
    assert checks.commit(record) is not None


def insert(deliveries: Deliveries, clock: Clock, *messages: Message | str) -> list[Message]:
    """Insert messages into the outbox directly, for subscribed recipients."""
    made = [message_to(entry) if isinstance(entry, str) else entry for entry in messages]
    database = deliveries._database
    with database.write() as connection:
        for entry in made:
            subscribe(connection, entry.address)
            plan_writer.insert_message(database, connection, entry, "subscriber", clock())
    return made


def addresses(messages: list[Message]) -> list[str]:
    return [entry.address for entry in messages]


def run(deliveries: Deliveries, clock: Clock, sender: Sender) -> DeliveryReport:
    return deliver(deliveries, {"mail": sender, "apprise": sender}, clock, jitter=lambda: 0.0)


# ── enqueue ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def enqueue_and_compose(database, clock, render=body) -> int:
    context = MessageContext(factories.URL)
    composer = MessageComposer(
        lambda contents, chat, zone, *_: render(contents, context, chat, zone),
        message_ids("watch@example.org"),
        Installation(database).key(),
        Incidents(database),
    )
    matched = enqueue(MatchQueue(database), clock())
    compose(MatchQueue(database), composer, clock)
    return matched


def test_one_message_per_recipient_and_no_repetition(database, deliveries, subscriptions, clock):
    commit_changes(database)
    enqueue_and_compose(database, clock)
    commit_changes(database, K.EDITION_ANNOUNCED, K.CALL_OPENED)
    assert enqueue_and_compose(database, clock) == 4
    assert enqueue_and_compose(database, clock) == 0
    pending = deliveries.list("pending")
    assert [entry.message.address for entry in pending] == [ANN, BOB]
    assert len({entry.message.message_id for entry in pending}) == 2
    assert {len(entry.message.token) for entry in pending} == {len(TOKEN_SLOT)}


def test_changes_that_are_never_notified_are_settled(database, deliveries, subscriptions, clock):
    commit_changes(database, K.EDITION_UPDATED)
    assert enqueue_and_compose(database, clock) == 0
    assert enqueue(MatchQueue(database), clock()) == 0, "no changes are pending"


def test_only_the_part_that_cannot_be_rendered_is_left_out(database, deliveries, subscriptions, clock):
    commit_changes(database)
    enqueue_and_compose(database, clock)
    welcomed = len(deliveries.list())
    commit_changes(database, K.EDITION_ANNOUNCED, K.CALL_OPENED)
    with database.write() as connection:
        connection.execute(changes.update().where(changes.c.id == 1).values(key="unrenderable"))
        connection.execute(deliveries_table.update().values(outcome="sent"))

    def failing_render(contents, *rest) -> Body:
        if any(one.change.key == "unrenderable" for one in contents.changes):
            raise RenderError("undefined variable")
        return body(contents, *rest)

    enqueue_and_compose(database, clock, failing_render)
    pending = deliveries.list("pending")
    assert len(pending) == 2
    assert welcomed == 2
    assert all("now open" in entry.message.subject and "unrenderable" not in entry.message.text for entry in pending)
    found = Incidents(database).unnotified()
    assert [(entry.kind, entry.subject) for entry in found] == [("part-unrenderable", "change 1")]
    assert is_idle(database, clock()) is False
    assert enqueue_and_compose(database, clock, failing_render) == 0


def test_message_ids_are_random_and_use_the_senders_domain():
    make = message_ids("watch@müller.example")
    first, second = make(), make()
    assert first != second
    assert re.fullmatch(r"<[0-9a-f]{32}@xn--mller-kva\.example>", first)
    assert re.fullmatch(r"<[0-9a-f]{32}@cmr-watch\.invalid>", message_ids(None)())


# ── deliver ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_all_due_messages_are_sent_once(deliveries, clock, sender):
    made = insert(deliveries, clock, *(f"{number}@example.org" for number in range(45)), HOOK)
    assert run(deliveries, clock, sender) == DeliveryReport(sent=46)
    assert run(deliveries, clock, sender) == DeliveryReport()
    assert sorted(addresses(sender.sent)) == sorted(addresses(made))
    assert deliveries.counts()["sent"] == 46
    assert sender.closed == 4


def test_messages_to_one_address_are_sent_in_order(deliveries, clock, sender):
    made = insert(deliveries, clock, ANN, BOB, ANN, ANN)
    run(deliveries, clock, sender)
    to_ann = [entry.message_id for entry in sender.sent if entry.address == ANN]
    assert to_ann == [entry.message_id for entry in made if entry.address == ANN]


def test_a_failed_delivery_is_postponed_and_the_others_are_sent(deliveries, clock, sender):
    insert(deliveries, clock, ANN, BOB, ANN, CID)
    sender.on(ANN, DeliveryError("451 later"))
    report = run(deliveries, clock, sender)
    assert report == DeliveryReport(sent=2, pending=1, failures=("451 later",))
    assert report.has_failures
    first, second = deliveries.list("pending")
    assert (first.attempts, first.last_error) == (1, "451 later")
    assert (first.due_at - clock()).total_seconds() == 60
    assert (second.attempts, second.last_error) == (0, None), "it waits for the earlier message"

    assert run(deliveries, clock, sender) == DeliveryReport(), "not before it is due"
    sender.on(ANN, lambda: None)
    clock.sleep(minutes=1)
    assert run(deliveries, clock, sender) == DeliveryReport(sent=2)
    assert [entry.message_id for entry in sender.sent if entry.address == ANN] == [
        first.message.message_id,
        second.message.message_id,
    ]


@pytest.mark.parametrize("fault", [ValueError("Invalid base64-encoded string"), KeyError("id"), TypeError("None")])
def test_a_channel_that_raises_what_it_should_not_stops_no_other_message(deliveries, clock, sender, fault):
    insert(deliveries, clock, ANN, BOB, HOOK)
    sender.on(ANN, fault)
    report = run(deliveries, clock, sender)
    assert report == DeliveryReport(sent=2, pending=1, failures=(f"{ANN}: unexpected error ({type(fault).__name__})",))
    (pending,) = deliveries.list("pending")
    assert pending.uncertain, "it may have been accepted"


def test_a_permanent_error_fails_the_delivery_and_opens_an_incident(database, deliveries, clock, sender):
    insert(deliveries, clock, ANN, BOB)
    sender.on(ANN, DeliveryError("550 no such user", permanent=True))
    assert run(deliveries, clock, sender) == DeliveryReport(sent=1, failed=1, failures=("550 no such user",))
    (failed,) = deliveries.list("failed")
    assert failed.last_error == "550 no such user"
    (incident,) = Incidents(database).unresolved()
    assert (incident.kind, incident.subject) == ("delivery-failed", ANN)


@pytest.mark.parametrize("error", [DeliveryError("550 no such user", permanent=True), DeliveryError("450 greylisted")])
@pytest.mark.parametrize("purpose", REQUESTED)
def test_nobody_can_raise_an_alarm_with_an_address_that_does_not_exist(
    database, deliveries, clock, sender, purpose, error
):
    insert(deliveries, clock, ANN)
    with database.write() as connection:
        plan_writer.insert_message(database, connection, message_to(BOB), purpose, clock())
    sender.on(BOB, error)
    report = run(deliveries, clock, sender)
    assert report == DeliveryReport(sent=1)
    assert not report.has_failures
    assert Incidents(database).unresolved() == ()
    assert ("mail", "failed") not in deliveries.counts_by_channel()
    unsent = next(entry for entry in deliveries.list() if entry.message.address == BOB)
    assert unsent.last_error == str(error), "the operator can look it up"


def test_an_address_that_is_erased_while_its_mail_is_refused_is_not_stored_again(database, deliveries, clock, sender):
    insert(deliveries, clock, ANN)
    refusal = DeliveryError("550 no such user", permanent=True, unknown_recipient=True)
    sender.on(ANN, refusal)
    bounces = HardBounces(database)

    def note(address: str, reason: str) -> None:
        Subscriptions(database).erase(ANN, clock())  # while the server answers
        bounces.record_rejection(address, reason, clock())

    channels = {"mail": sender, "apprise": sender}
    deliver(deliveries, channels, clock, jitter=lambda: 0.0, on_unknown_recipient=note)
    with database.read() as connection:
        for table in metadata.sorted_tables:
            assert ANN not in str(connection.execute(select(table)).all()), table.name


def test_a_server_that_is_down_is_an_alarm_whatever_was_to_be_sent(database, deliveries, clock, sender):
    with database.write() as connection:
        plan_writer.insert_message(database, connection, message_to(BOB), "opt-in", clock())
    sender.on(BOB, ChannelDown("refuses connections"))
    assert run(deliveries, clock, sender) == DeliveryReport(pending=1, failures=("refuses connections",))


def test_a_delivery_fails_permanently_after_all_retries(deliveries, clock, sender):
    insert(deliveries, clock, ANN)
    sender.on(ANN, DeliveryError("451 later"))
    runs = 0
    while pending := deliveries.list("pending"):
        clock.now = max(clock(), pending[0].due_at)
        run(deliveries, clock, sender)
        runs += 1
    assert runs == 10
    assert deliveries.list("failed")[0].last_error == "gave up after 10 attempts: 451 later"


def test_without_a_mail_server_mail_is_logged_and_never_sent_later(deliveries, clock, sender, caplog):
    insert(deliveries, clock, ANN, HOOK)
    with caplog.at_level(logging.INFO, "cmr_watch.notify"):
        report = deliver(deliveries, {"apprise": sender}, clock)
    assert report == DeliveryReport(sent=1, logged=1)
    assert not report.has_failures
    assert caplog.messages == [
        f"no mail server is configured; not sent to {ANN}: Lyon, France: 12–13 October 2023 announced"
    ]
    assert run(deliveries, clock, sender) == DeliveryReport(), "a mail server configured later does not send it"


def test_a_route_that_is_down_is_tried_once_per_run(deliveries, clock, sender):
    insert(deliveries, clock, *(f"{number}@example.org" for number in range(30)), HOOK)
    for number in range(30):
        sender.on(f"{number}@example.org", ChannelDown("connection refused"))
    report = run(deliveries, clock, sender)
    assert report == DeliveryReport(sent=1, pending=30, failures=("connection refused",))
    assert len([address for address in sender.tried if "@" in address]) == 1
    clock.sleep(minutes=2)
    assert run(deliveries, clock, sender).pending == 30
    assert len([address for address in sender.tried if "@" in address]) == 2


# ── interruptions ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("end", [KeyboardInterrupt(), SystemExit(143)])
def test_claimed_deliveries_that_were_not_sent_are_released(deliveries, clock, sender, end):
    insert(deliveries, clock, ANN, BOB, CID)
    sender.on(BOB, end)
    with pytest.raises(type(end)):
        run(deliveries, clock, sender)
    assert sender.closed == 2
    sender.on(BOB, lambda: None)
    assert run(deliveries, clock, sender) == DeliveryReport(sent=2), "at once, without waiting for the lease to expire"
    assert addresses(sender.sent) == [ANN, BOB, CID]
    assert [entry.attempts for entry in deliveries.list("sent")] == [1, 1, 1]


class Interrupted(Deliveries):
    """Interrupted while recording an outcome."""

    interrupts = 1

    def finish(self, *args, **kwargs):
        if self.interrupts:
            self.interrupts -= 1
            raise KeyboardInterrupt
        return super().finish(*args, **kwargs)


def test_an_accepted_message_is_recorded_as_sent_even_if_interrupted(database, clock, sender):
    deliveries = Interrupted(database)
    insert(deliveries, clock, ANN, BOB)
    with pytest.raises(KeyboardInterrupt):
        run(deliveries, clock, sender)
    run(deliveries, clock, sender)
    assert addresses(sender.sent) == [ANN, BOB]


class FullDisk(Deliveries):
    """A store whose disk is full."""

    def renew(self, *args, **kwargs) -> bool:
        raise StoreUnavailable("disk full")

    def release(self, *args, **kwargs) -> None:
        raise StoreUnavailable("disk full")


def test_nothing_is_sent_if_the_outcome_cannot_be_recorded(database, deliveries, clock, sender):
    insert(deliveries, clock, ANN)
    with pytest.raises(StoreUnavailable, match="disk full"):
        run(FullDisk(database), clock, sender)
    assert sender.tried == []
    clock.sleep(minutes=6)
    assert run(deliveries, clock, sender) == DeliveryReport(sent=1)


def test_a_run_whose_lease_expired_sends_nothing_more(deliveries, clock, sender):
    insert(deliveries, clock, ANN, BOB, CID)
    other = Sender()

    def suspend() -> None:
        sender.on(ANN, lambda: None)
        clock.sleep(minutes=6)
        run(deliveries, clock, other)

    sender.on(ANN, suspend)
    assert run(deliveries, clock, sender) == DeliveryReport(), "the other run records the outcomes"
    assert sender.sent == [], "the lease is looked at again before the message is handed over"
    assert addresses(other.sent) == [ANN, BOB, CID]


@pytest.mark.parametrize("who", [ANN, BOB])
@pytest.mark.parametrize("what", ["leave", "erase", "pause"])
def test_who_leaves_while_a_slow_server_takes_a_batch_gets_nothing(database, deliveries, clock, sender, who, what):
    insert(deliveries, clock, ANN, BOB, CID)
    acts = {
        "leave": lambda: Subscriptions(database).end(who, UNSUBSCRIBED_ONLINE, clock()),
        "erase": lambda: Subscriptions(database).erase(who, clock()),
        "pause": lambda: Pauses(database).pause(_id(database, who), clock() + timedelta(days=1), clock()),
    }

    def slowly() -> None:
        sender.on(ANN, lambda: None)
        clock.sleep(seconds=20)
        acts[what]()

    sender.on(ANN, slowly)
    run(deliveries, clock, sender)
    assert addresses(sender.sent) == [address for address in (ANN, BOB, CID) if address != who]
    clock.sleep(minutes=6)
    run(deliveries, clock, sender)
    assert addresses(sender.sent) == [address for address in (ANN, BOB, CID) if address != who]
    clock.sleep(days=1)
    run(deliveries, clock, sender)
    assert addresses(sender.sent).count(who) == (what == "pause"), "what a pause has held back comes after it"
    assert len({message.message_id for message in sender.sent}) == len(sender.sent)


def test_what_a_pause_takes_out_of_a_batch_can_still_be_replaced(database, deliveries, clock, sender):
    insert(deliveries, clock, ANN, BOB)

    def slowly() -> None:
        clock.sleep(seconds=20)
        Pauses(database).pause(_id(database, BOB), clock() + timedelta(days=1), clock())

    sender.on(ANN, slowly)
    run(deliveries, clock, sender)
    (held,) = deliveries.list("pending")
    assert (held.message.address, held.claim, held.uncertain) == (BOB, None, False)


def _id(database, address: str) -> int:
    return Subscriptions(database).find(address)[0].id


@pytest.mark.parametrize("seconds", [0, 20])
def test_a_disk_that_becomes_full_in_a_batch_repeats_one_message_at_most(database, clock, sender, seconds):
    class FullDisk(Deliveries):
        def finish(self, *args, **kwargs):
            raise StoreUnavailable("the disk is full")

        def release(self, *args, **kwargs) -> None:
            raise StoreUnavailable("the disk is full")

    full, working = FullDisk(database), Deliveries(database)
    insert(working, clock, ANN, BOB, CID)
    sender.on(ANN, lambda: clock.sleep(seconds=seconds))
    with pytest.raises(StoreUnavailable):
        run(full, clock, sender)
    assert addresses(sender.sent) == [ANN]
    clock.sleep(minutes=6)
    run(working, clock, sender)
    assert addresses(sender.sent) == [ANN, ANN, BOB, CID]
    assert sender.sent[0].message_id == sender.sent[1].message_id


@pytest.mark.parametrize("seconds", [0.4, 2, 200, 400])
def test_two_processes_of_which_one_freezes_between_two_messages_send_each_once(
    database, deliveries, clock, sender, seconds
):
    """Frozen after the first message was recorded, and before the second one is handed over."""
    insert(deliveries, clock, ANN, BOB, CID)
    other = Sender()

    def freeze() -> None:
        clock.sleep(seconds=seconds)
        run(Deliveries(database), clock, other)

    sender.on(BOB, freeze)
    run(deliveries, clock, sender)
    assert sorted(addresses([*sender.sent, *other.sent])) == [ANN, BOB, CID]
    assert deliveries.counts()["sent"] == 3


# ── failing recipients, through real servers ────────────────────────────────────────────────────────────────────────

CASES = (
    "good",
    "good hook",
    "no address",
    "no service",
    "550",
    "451",
    "inside DATA",
    "before 250",
    "after 250",
    "hook 404",
    "hook 500",
)
FAILING = {"no address", "no service", "550", "hook 404"}


class Servers:
    """A mail server, a web hook, and recipients that fail in a given way."""

    def __init__(self, mailbox: Mailbox, hook: Webhook, clock: Clock) -> None:
        self.mailbox = mailbox
        self.hook = hook
        self.clock = clock
        self._number = 0

    def message(self, case: str) -> Message:
        self._number += 1
        mailbox, path = f"p{self._number}@example.org", f"/h{self._number}"
        address = {"no address": f"p{self._number} @example", "no service": f"nosuch://{self._number}"}.get(
            case, mailbox
        )
        if "hook" in case:
            address = self.hook.address(path)
        if case == "hook 404":
            self.hook.always(404, path)
        elif case == "hook 500":
            self.hook.respond(500, path=path)
        elif case == "550":
            self.mailbox.refuse(mailbox)
        elif case == "451":
            self.mailbox.refuse(mailbox, "451 4.3.0 later", times=1)
        elif case in ("inside DATA", "before 250", "after 250"):
            self.mailbox.cut(case, to=mailbox)  # type: ignore[arg-type]
        return message_to(address, subject=f"News {self._number}")

    def arrived(self, message: Message) -> int:
        if "://" in message.address:
            return sum(post.subject == message.subject for post in self.hook.received)
        return self.mailbox.by_message_id()[message.message_id]


@pytest.fixture
def servers(clock) -> Iterator[Servers]:
    with Mailbox() as mailbox, Webhook() as hook:
        yield Servers(mailbox, hook, clock)


@given(cases=st.lists(st.sampled_from(CASES), min_size=1, max_size=25))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_failing_recipients_do_not_affect_the_others(deliveries, servers, cases):
    messages = [(case, servers.message(case)) for case in cases]
    insert(deliveries, servers.clock, *(message for _, message in messages))
    channels = {"mail": MailChannel(servers.mailbox.settings(), servers.clock), "apprise": AppriseChannel()}

    first = deliver(deliveries, channels, servers.clock)
    assert first.failed == sum(case in FAILING for case in cases)
    for case, message in messages:
        if case in ("good", "good hook", "after 250"):
            assert servers.arrived(message) == 1, "sent in the first run"

    servers.clock.sleep(minutes=2)
    deliver(deliveries, channels, servers.clock)
    assert deliveries.counts()["pending"] == 0
    for case, message in messages:
        expected = 0 if case in FAILING else 2 if case == "before 250" else 1
        assert servers.arrived(message) == expected, case
    failed = {entry.message.message_id for entry in deliveries.list("failed")}
    assert {message.message_id for case, message in messages if case in FAILING} <= failed


def test_a_mail_server_that_is_down_does_not_affect_other_channels(deliveries, servers):
    messages = [servers.message("good") for _ in range(5)]
    hook_message = servers.message("good hook")
    insert(deliveries, servers.clock, *messages, hook_message)
    channels = {"mail": MailChannel(servers.mailbox.settings(), servers.clock), "apprise": AppriseChannel()}
    with servers.mailbox.stopped():
        report = deliver(deliveries, channels, servers.clock)
    assert (report.sent, report.pending, len(report.failures)) == (1, 5, 1)
    servers.clock.sleep(minutes=2)
    assert deliver(deliveries, channels, servers.clock) == DeliveryReport(sent=5)
    assert [servers.arrived(message) for message in (*messages, hook_message)] == [1] * 6
