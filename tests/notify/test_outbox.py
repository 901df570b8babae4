from __future__ import annotations

import logging
import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmr_watch.exceptions import ChannelDown, DeliveryError, RenderError, StoreUnavailable
from cmr_watch.models import SLOT, Body, ChangeKind, Message
from cmr_watch.notify.channels.apprise import AppriseChannel
from cmr_watch.notify.channels.mail import MailChannel
from cmr_watch.notify.message_composer import MessageComposer
from cmr_watch.notify.outbox import DeliveryReport, compose, deliver, enqueue, message_ids
from cmr_watch.render.messages import MessageContext, body
from cmr_watch.render.sentences import sentence
from cmr_watch.store import plan_writer
from cmr_watch.store.check_records import CheckRecord
from cmr_watch.store.checks import Checks
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.installation import Installation
from cmr_watch.store.match_queue import MatchQueue
from cmr_watch.store.schema import changes
from cmr_watch.store.schema import deliveries as deliveries_table
from cmr_watch.store.subscriptions import Subscriptions
from tests import factories
from tests.fakes.mailbox import Mailbox
from tests.fakes.senders import Sender
from tests.fakes.webhook import Webhook
from tests.notify.make import Clock, K, letter_to
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


def seed(database, *kinds: ChangeKind) -> None:
    """Changes of these kinds, committed by a check."""
    reading = factories.snapshot(calls=(factories.call(),))
    changes = [
        factories.change(kind, factories.call() if kind.startswith("call.") else factories.edition()) for kind in kinds
    ]
    checks = Checks(database)
    baseline = checks.baseline(factories.URL)
    record = CheckRecord(
        factories.URL,
        "initiative",
        factories.NOW,
        "changed" if baseline else "baseline",
        revision=baseline.revision if baseline else None,
        fetched=factories.page(),
        snapshot=reading,
        known=factories.known(reading),
        changes=tuple((change, sentence(change)) for change in changes),
    )
    assert checks.commit(record) is not None


def put(deliveries: Deliveries, clock: Clock, *messages: Message | str) -> list[Message]:
    """Messages straight into the outbox, for people who are subscribed."""
    made = [letter_to(entry) if isinstance(entry, str) else entry for entry in messages]
    database = deliveries._database
    with database.write() as connection:
        for entry in made:
            subscribe(connection, entry.address)
            plan_writer.insert_message(database, connection, entry, "news", clock())
    return made


def addresses(messages: list[Message]) -> list[str]:
    return [entry.address for entry in messages]


def run(deliveries: Deliveries, clock: Clock, sender: Sender) -> DeliveryReport:
    return deliver(deliveries, {"mail": sender, "apprise": sender}, clock, jitter=lambda: 0.0)


# ── enqueue ──────────────────────────────────────────────────────────────────────────────────────────────────────


def tell(database, clock, render=body) -> int:
    context = MessageContext(factories.URL)
    writer = MessageComposer(
        lambda contents, chat, zone: render(contents, context, chat, zone),
        message_ids("watch@example.org"),
        Installation(database).key(),
        Incidents(database),
    )
    made = enqueue(MatchQueue(database), clock())
    compose(MatchQueue(database), writer, clock)
    return made


def test_one_message_for_each_address_and_never_again(database, deliveries, subscriptions, clock):
    seed(database)
    tell(database, clock)
    seed(database, K.EDITION_ANNOUNCED, K.CALL_OPENED)
    assert tell(database, clock) == 4
    assert tell(database, clock) == 0
    waiting = deliveries.list("waiting")
    assert [entry.message.address for entry in waiting] == [ANN, BOB]
    assert len({entry.message.message_id for entry in waiting}) == 2
    assert {len(entry.message.token) for entry in waiting} == {len(SLOT)}


def test_what_is_never_told_is_done_with(database, deliveries, subscriptions, clock):
    seed(database, K.EDITION_UPDATED)
    assert tell(database, clock) == 0
    assert MatchQueue(database).pending() == ()


def test_what_cannot_be_written_is_set_aside_alone(database, deliveries, subscriptions, clock):
    seed(database)
    tell(database, clock)
    welcomed = len(deliveries.list())
    seed(database, K.EDITION_ANNOUNCED, K.CALL_OPENED)
    with database.write() as connection:
        connection.execute(changes.update().where(changes.c.id == 1).values(sentence="poison"))
        connection.execute(deliveries_table.update().values(outcome="sent"))

    def poisoned(contents, *rest) -> Body:
        if any(one.sentence == "poison" for one in contents.news):
            raise RenderError("no such word")
        return body(contents, *rest)

    tell(database, clock, poisoned)
    told = deliveries.list("waiting")
    assert len(told) == 2
    assert welcomed == 2
    assert all("now open" in entry.message.subject and "poison" not in entry.message.text for entry in told)
    assert [entry.subject for entry in Incidents(database).unresolved()] == ["change 1"]
    assert MatchQueue(database).is_idle(clock()) is False
    assert tell(database, clock, poisoned) == 0


def test_message_ids_are_random_and_at_the_senders_domain():
    make = message_ids("watch@müller.example")
    first, second = make(), make()
    assert first != second
    assert re.fullmatch(r"<[0-9a-f]{32}@xn--mller-kva\.example>", first)
    assert re.fullmatch(r"<[0-9a-f]{32}@cmr-watch\.invalid>", message_ids(None)())


# ── deliver ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_everything_due_is_sent_once(deliveries, clock, sender):
    made = put(deliveries, clock, *(f"{number}@example.org" for number in range(45)), HOOK)
    assert run(deliveries, clock, sender) == DeliveryReport(sent=46)
    assert run(deliveries, clock, sender) == DeliveryReport()
    assert sorted(addresses(sender.sent)) == sorted(addresses(made))
    assert deliveries.counts()["sent"] == 46
    assert sender.closed == 4


def test_news_for_one_address_goes_out_in_order(deliveries, clock, sender):
    made = put(deliveries, clock, ANN, BOB, ANN, ANN)
    run(deliveries, clock, sender)
    to_ann = [entry.message_id for entry in sender.sent if entry.address == ANN]
    assert to_ann == [entry.message_id for entry in made if entry.address == ANN]


def test_a_failure_waits_with_its_reason_and_the_others_go_on(deliveries, clock, sender):
    put(deliveries, clock, ANN, BOB, ANN, CID)
    sender.on(ANN, DeliveryError("451 later"))
    report = run(deliveries, clock, sender)
    assert report == DeliveryReport(sent=2, waiting=1, failures=("451 later",))
    assert report.failed
    first, second = deliveries.list("waiting")
    assert (first.attempts, first.last_error) == (1, "451 later")
    assert (first.due_at - clock()).total_seconds() == 60
    assert (second.attempts, second.last_error) == (0, None), "it waits for the one before it"

    assert run(deliveries, clock, sender) == DeliveryReport(), "not before its time"
    sender.on(ANN, lambda: None)
    clock.sleep(minutes=1)
    assert run(deliveries, clock, sender) == DeliveryReport(sent=2)
    assert [entry.message_id for entry in sender.sent if entry.address == ANN] == [
        first.message.message_id,
        second.message.message_id,
    ]


def test_a_permanent_failure_is_set_aside(database, deliveries, clock, sender):
    put(deliveries, clock, ANN, BOB)
    sender.on(ANN, DeliveryError("550 no such user", permanent=True))
    assert run(deliveries, clock, sender) == DeliveryReport(sent=1, set_aside=1, failures=("550 no such user",))
    (aside,) = deliveries.list("set_aside")
    assert aside.last_error == "550 no such user"
    (incident,) = Incidents(database).unresolved()
    assert (incident.kind, incident.subject) == ("delivery-set-aside", ANN)


def test_it_is_set_aside_in_the_end(deliveries, clock, sender):
    put(deliveries, clock, ANN)
    sender.on(ANN, DeliveryError("451 later"))
    runs = 0
    while (due := deliveries.next_due(clock())) is not None:
        clock.now = due
        run(deliveries, clock, sender)
        runs += 1
    assert runs == 10
    assert deliveries.list("set_aside")[0].last_error == "given up after 10 attempts: 451 later"


def test_without_a_mail_server_mail_is_logged_for_good(deliveries, clock, sender, caplog):
    put(deliveries, clock, ANN, HOOK)
    with caplog.at_level(logging.INFO, "cmr_watch.notify"):
        report = deliver(deliveries, {"apprise": sender}, clock)
    assert report == DeliveryReport(sent=1, logged=1)
    assert not report.failed
    assert caplog.messages == [
        f"no mail server is configured, not sent to {ANN}: Lyon, France: 12–13 October 2023 announced"
    ]
    assert run(deliveries, clock, sender) == DeliveryReport(), "a server configured later sends nothing old"


def test_a_closed_channel_is_tried_once_a_run(deliveries, clock, sender):
    put(deliveries, clock, *(f"{number}@example.org" for number in range(30)), HOOK)
    for number in range(30):
        sender.on(f"{number}@example.org", ChannelDown("nobody answers"))
    report = run(deliveries, clock, sender)
    assert report == DeliveryReport(sent=1, waiting=30, failures=("nobody answers",))
    assert len([address for address in sender.tried if "@" in address]) == 1
    clock.sleep(minutes=2)
    assert run(deliveries, clock, sender).waiting == 30
    assert len([address for address in sender.tried if "@" in address]) == 2


# ── ends ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("end", [KeyboardInterrupt(), SystemExit(143)])
def test_what_was_claimed_and_not_sent_is_given_back(deliveries, clock, sender, end):
    put(deliveries, clock, ANN, BOB, CID)
    sender.on(BOB, end)
    with pytest.raises(type(end)):
        run(deliveries, clock, sender)
    assert sender.closed == 2
    sender.on(BOB, lambda: None)
    assert run(deliveries, clock, sender) == DeliveryReport(sent=2), "at once: no lease has to run out"
    assert addresses(sender.sent) == [ANN, BOB, CID]
    assert [entry.attempts for entry in deliveries.list("sent")] == [1, 1, 1]


class Interrupted(Deliveries):
    """Ctrl-C comes in the middle of a mark."""

    interrupts = 1

    def finish_and_renew(self, *args, **kwargs):
        if self.interrupts:
            self.interrupts -= 1
            raise KeyboardInterrupt
        return super().finish_and_renew(*args, **kwargs)


def test_what_was_accepted_is_marked_also_when_the_end_comes_then(database, clock, sender):
    deliveries = Interrupted(database)
    put(deliveries, clock, ANN, BOB)
    with pytest.raises(KeyboardInterrupt):
        run(deliveries, clock, sender)
    run(deliveries, clock, sender)
    assert addresses(sender.sent) == [ANN, BOB]


class Full(Deliveries):
    """The disk is full."""

    def renew(self, *args, **kwargs) -> bool:
        raise StoreUnavailable("disk full")

    def release(self, *args, **kwargs) -> None:
        raise StoreUnavailable("disk full")


def test_nothing_is_sent_that_could_not_be_marked(database, deliveries, clock, sender):
    put(deliveries, clock, ANN)
    with pytest.raises(StoreUnavailable, match="disk full"):
        run(Full(database), clock, sender)
    assert sender.tried == []
    clock.sleep(minutes=6)
    assert run(deliveries, clock, sender) == DeliveryReport(sent=1)


def test_a_run_that_was_overtaken_sends_no_second_time(deliveries, clock, sender):
    put(deliveries, clock, ANN, BOB, CID)
    other = Sender()

    def freeze() -> None:
        sender.on(ANN, lambda: None)
        clock.sleep(minutes=6)
        run(deliveries, clock, other)

    sender.on(ANN, freeze)
    assert run(deliveries, clock, sender) == DeliveryReport(), "what it did is marked by the other one"
    # ANN's was under way: whether it had arrived could not be known
    assert addresses(sender.sent) == [ANN]
    assert addresses(other.sent) == [ANN, BOB, CID]
    assert len({entry.message_id for entry in (*sender.sent, *other.sent)}) == 3


# ── bad ones among good ones, through real servers ───────────────────────────────────────────────────────────────

FATES = (
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
LOST = {"no address", "no service", "550", "hook 404"}


class PlanningContext:
    """A mail server, a web hook, and addresses that meet a fate."""

    def __init__(self, mailbox: Mailbox, hook: Webhook, clock: Clock) -> None:
        self.mailbox = mailbox
        self.hook = hook
        self.clock = clock
        self._number = 0

    def letter(self, fate: str) -> Message:
        self._number += 1
        person, path = f"p{self._number}@example.org", f"/h{self._number}"
        address = {"no address": f"p{self._number} @example", "no service": f"nosuch://{self._number}"}.get(
            fate, person
        )
        if "hook" in fate:
            address = self.hook.address(path)
        if fate == "hook 404":
            self.hook.always(404, path)
        elif fate == "hook 500":
            self.hook.answer(500, path=path)
        elif fate == "550":
            self.mailbox.refuse(person)
        elif fate == "451":
            self.mailbox.refuse(person, "451 4.3.0 later", times=1)
        elif fate in ("inside DATA", "before 250", "after 250"):
            self.mailbox.cut(fate, to=person)  # type: ignore[arg-type]
        return letter_to(address, subject=f"News {self._number}")

    def arrived(self, letter: Message) -> int:
        if "://" in letter.address:
            return sum(post.subject == letter.subject for post in self.hook.received)
        return self.mailbox.by_message_id()[letter.message_id]


@pytest.fixture
def world(clock) -> Iterator[PlanningContext]:
    with Mailbox() as mailbox, Webhook() as hook:
        yield PlanningContext(mailbox, hook, clock)


@given(fates=st.lists(st.sampled_from(FATES), min_size=1, max_size=25))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bad_rows_never_stop_the_good_ones(deliveries, world, fates):
    letters = [(fate, world.letter(fate)) for fate in fates]
    put(deliveries, world.clock, *(letter for _, letter in letters))
    channels = {"mail": MailChannel(world.mailbox.settings(), world.clock), "apprise": AppriseChannel()}

    first = deliver(deliveries, channels, world.clock)
    assert first.set_aside == sum(fate in LOST for fate in fates)
    for fate, letter in letters:
        if fate in ("good", "good hook", "after 250"):
            assert world.arrived(letter) == 1, "already in the first run"

    world.clock.sleep(minutes=2)
    deliver(deliveries, channels, world.clock)
    assert deliveries.counts()["waiting"] == 0
    for fate, letter in letters:
        expected = 0 if fate in LOST else 2 if fate == "before 250" else 1
        assert world.arrived(letter) == expected, fate
    aside = {entry.message.message_id for entry in deliveries.list("set_aside")}
    assert {letter.message_id for fate, letter in letters if fate in LOST} <= aside


def test_a_mail_server_that_is_down_costs_nobody_else(deliveries, world):
    letters = [world.letter("good") for _ in range(5)]
    hooked = world.letter("good hook")
    put(deliveries, world.clock, *letters, hooked)
    channels = {"mail": MailChannel(world.mailbox.settings(), world.clock), "apprise": AppriseChannel()}
    with world.mailbox.shut_for_now():
        report = deliver(deliveries, channels, world.clock)
    assert (report.sent, report.waiting, len(report.failures)) == (1, 5, 1)
    world.clock.sleep(minutes=2)
    assert deliver(deliveries, channels, world.clock) == DeliveryReport(sent=5)
    assert [world.arrived(letter) for letter in (*letters, hooked)] == [1] * 6
