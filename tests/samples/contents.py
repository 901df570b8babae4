"""The samples: every kind of message, with the facts of a real call and of editions as the page gives them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

from cmr_watch.clock import BRUSSELS
from cmr_watch.models.muting import MUTE_SLOT
from cmr_watch.models.readings import (
    CallNotice,
    Change,
    ChangeKind,
    Cutoff,
    Edition,
    KnownCall,
    KnownEdition,
    Material,
    PageKind,
    RecordedChange,
)
from cmr_watch.models.recipients import (
    TOKEN_SLOT,
    Body,
    ChangeGroup,
    Contents,
    Digest,
    Incident,
    IncidentKind,
    OpenCutoff,
    OpenItems,
    OutageNotice,
    Reminder,
)
from cmr_watch.render.messages import Consent, MessageContext, body, delivery_test_body, operator_body

K = ChangeKind
PAGE = "https://clustercollaboration.eu/events/organised-by-eccp/clusters-meet-regions"
CALL_PAGE = "https://clustercollaboration.eu/content/call-hosts-clusters-meet-regions-2027-2028"
FORM = "https://ec.europa.eu/eusurvey/runner/clusters-meet-regions"
READ_AT = datetime(2026, 11, 28, 3, 11, tzinfo=UTC)
CONTEXT = MessageContext(
    PAGE,
    contact="watch@agency.example",
    unsubscribe_address="unsubscribe@agency.example",
    site_url="https://watch.agency.example",
    web_url="https://watch.agency.example",
)
TOKEN = "sample-token-0123456789-abcdefghij-KLMNOPQRS"[: len(TOKEN_SLOT)]
CONSENT = Consent(("calls",), date(2026, 5, 3))


@dataclass(frozen=True, slots=True)
class Sample:
    """A message as mail and as chat."""

    name: str
    title: str
    mail: Body
    chat: Body


def at(day: int, month: int, year: int, hour: int = 18) -> datetime:
    return datetime(year, month, day, hour, tzinfo=BRUSSELS).astimezone(UTC)


# ── a call ───────────────────────────────────────────────────────────────────────────────────────────────────────

ANNOUNCED_TEXT = "A new call to host upcoming ‘Clusters meet Regions’ events in 2027 will open soon. Stay tuned!"
OPEN_TEXT = (
    "A new call for applications to host upcoming ‘Clusters meet Regions’ events in 2027 – 2028 is open now and"
    " addresses local and regional authorities, innovation agencies, cluster organisations and other stakeholders."
)
CUTOFFS = (
    Cutoff(at(5, 12, 2026)),
    Cutoff(at(28, 2, 2027), text="28 February 2027 – 18:00 (Brussels time)"),
    Cutoff(at(31, 5, 2027)),
    Cutoff(at(30, 9, 2027), text="30 September 2027 – 18:00 (Brussels time)"),
    Cutoff(at(31, 1, 2028), tentative=True),
)
ANNOUNCED = CallNotice("announced", (2027,), apply_url=CALL_PAGE, text=ANNOUNCED_TEXT)
OPEN = CallNotice(
    "open",
    (2027, 2028),
    CUTOFFS,
    apply_url=FORM,
    text=OPEN_TEXT,
    contact="clustersmeetregions@clustercollaboration.eu",
    needs=(
        "A filled in application form.",
        "A letter of support from the regional or national authority.",
        "A draft agenda of two days with a matchmaking session.",
    ),
)
OPEN_FOR_2027 = replace(OPEN, hosting_years=(2027,), text=OPEN_TEXT.replace("2027 – 2028", "2027"))
LISTED_OPEN = replace(OPEN, cutoffs=(), contact=None, needs=())
NEW_CUTOFF = Cutoff(at(15, 3, 2027), text="15 March 2027 – 18:00 (Brussels time)")
MOVED = replace(OPEN, cutoffs=(CUTOFFS[0], NEW_CUTOFF, *CUTOFFS[2:]))
CLOSED = replace(
    OPEN,
    status="closed",
    cutoffs=(),
    text="The call to host an event in 2027 – 2028 is closed. Thank you for applying.",
)


def known_call(call: CallNotice, **values: Any) -> KnownCall:
    return KnownCall("call-2027", call, **values)


# ── editions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def edition(city: str, country: str, code: str, first: date, last: date, **values: Any) -> Edition:
    text = values.pop("text", f"{city}, {country} – {first.day}-{last.day} {last:%B %Y}")
    return Edition(city, None, country, code, first, last, "day", text=text, **values)


PORTO = edition("Porto", "Portugal", "PT", date(2027, 6, 4), date(2027, 6, 5), url=f"{PAGE}-porto")
TURKU = edition("Turku", "Finland", "FI", date(2027, 5, 5), date(2027, 5, 6), url=f"{PAGE}-turku")
GHENT = edition(
    "Ghent",
    "Belgium",
    "BE",
    date(2027, 3, 4),
    date(2027, 3, 5),
    url=f"{PAGE}-ghent",
    venue="De Krook, Miriam Makebaplein 1, 9000 Ghent",
    registration_url="https://register.example.eu/clusters-meet-regions-ghent",
    registration_closes_on=date(2027, 2, 19),
)
CLOSED_GHENT = replace(GHENT, registration_url=None, registration_closes_on=None)
KRAKOW = edition("Kraków", "Poland", "PL", date(2026, 11, 11), date(2026, 11, 12), url=f"{PAGE}-krakow")
HELD = replace(KRAKOW, section="past", status="held")
SUMMARISED = replace(HELD, summary_url="https://clustercollaboration.eu/content/event-summary-krakow")
LONG_TITLE = "Presentations 2026-11-11_Clusters_meet_Regions_Krakow_all_sessions"
MATERIALS = (
    Material(
        "slides",
        "https://clustercollaboration.eu/krakow/slides.pdf",
        LONG_TITLE,
    ),
    Material("photos", "https://clustercollaboration.eu/krakow/photos"),
)
PERIOD = replace(
    TURKU, starts_on=None, ends_on=None, date_precision="season", period="2027-Q4", date_text="autumn 2027",
    text="Turku, Finland – autumn 2027",
)  # fmt: skip
CANCELLED = replace(TURKU, status="cancelled", text="Turku, Finland – 5-6 May 2027 CANCELLED")
TAMPERE = replace(TURKU, city="Tampere", text="Tampere, Finland – 5-6 May 2027")
LEIPZIG = edition("Leipzig", "Germany", "DE", date(2027, 2, 9), date(2027, 2, 10))
RESCHEDULED = replace(
    TURKU, starts_on=date(2027, 10, 12), ends_on=date(2027, 10, 13), text="Turku, Finland – 12-13 October 2027"
)


def known_edition(current: Edition) -> KnownEdition:
    return KnownEdition(current.city.lower(), current)


# ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────────


def recorded(kind: ChangeKind, before: Any, after: Any, number: int = 1, **values: Any) -> RecordedChange:
    key = "call-2027" if kind.startswith("call.") else (after or before).city.lower()
    read_at = values.pop("read_at", READ_AT)
    page = values.pop("page_url", PAGE)
    return RecordedChange(number, Change(kind, key, before, after, **values), page, read_at)


def group(*changes: RecordedChange, current: Any = None) -> ChangeGroup:
    if isinstance(current, Edition):
        current = known_edition(current)
    elif isinstance(current, CallNotice):
        current = known_call(current)
    return ChangeGroup(changes, current)


def moved_cutoff(read_at: datetime = READ_AT) -> RecordedChange:
    return recorded(
        K.CALL_CUTOFF_MOVED, OPEN, MOVED,
        cutoff_before=CUTOFFS[1], cutoff_after=MOVED.cutoffs[1], page_url=CALL_PAGE, read_at=read_at,
    )  # fmt: skip


CALL_GROUPS: dict[str, tuple[str, ChangeGroup]] = {
    "call-announced": ("Call announced", group(recorded(K.CALL_ANNOUNCED, None, ANNOUNCED), current=ANNOUNCED)),
    "call-opened": (
        "Call opened: the list says so, the call page has the cut-offs",
        group(recorded(K.CALL_OPENED, ANNOUNCED, LISTED_OPEN), current=OPEN),
    ),
    "call-opened-without-cutoffs": (
        "Call opened, without cut-offs",
        group(recorded(K.CALL_OPENED, ANNOUNCED, LISTED_OPEN), current=LISTED_OPEN),
    ),
    "call-opened-contradicted": (
        "Call opened, and the list of editions disagrees",
        group(
            recorded(K.CALL_OPENED, ANNOUNCED, OPEN, page_url=CALL_PAGE),
            current=known_call(OPEN, conflicting_notice=replace(ANNOUNCED, status="closed")),
        ),
    ),
    "call-closed": ("Call closed", group(recorded(K.CALL_CLOSED, OPEN, CLOSED), current=CLOSED)),
    "call-withdrawn": ("Call removed from the page", group(recorded(K.CALL_WITHDRAWN, OPEN, None))),
    "call-cutoff-added": (
        "New cut-off",
        group(
            recorded(
                K.CALL_CUTOFF_ADDED, replace(OPEN, cutoffs=CUTOFFS[:3]), OPEN,
                cutoff_after=CUTOFFS[3], page_url=CALL_PAGE,
            ),
            current=OPEN,
        ),
    ),
    "call-cutoff-moved": ("Cut-off moved", group(moved_cutoff(), current=MOVED)),
    "call-cutoff-extended": (
        "Cut-off extended: the old date was near",
        group(
            moved_cutoff(at(20, 2, 2027)),
            current=replace(MOVED, cutoffs=(replace(CUTOFFS[0], closed=True), *MOVED.cutoffs[1:])),
        ),
    ),
    "call-updated": (
        "Call extended to further years",
        group(recorded(K.CALL_UPDATED, OPEN_FOR_2027, OPEN), current=OPEN),
    ),
    "call-opened-and-extended": (
        "Several changes of one call are one event",
        group(
            recorded(K.CALL_OPENED, ANNOUNCED, LISTED_OPEN),
            recorded(K.CALL_UPDATED, ANNOUNCED, LISTED_OPEN, 2),
            moved_cutoff(),
            current=MOVED,
        ),
    ),
}  # fmt: skip
EDITION_GROUPS: dict[str, tuple[str, ChangeGroup]] = {
    "edition-announced": ("New edition", group(recorded(K.EDITION_ANNOUNCED, None, PORTO), current=PORTO)),
    "edition-announced-save-the-date": (
        "New edition: save the date",
        group(recorded(K.EDITION_ANNOUNCED, None, replace(PORTO, status="save_the_date"))),
    ),
    "edition-listed": (
        "Added to past editions",
        group(recorded(K.EDITION_LISTED, None, SUMMARISED), current=SUMMARISED),
    ),
    "edition-dated": ("Dates confirmed", group(recorded(K.EDITION_DATED, PERIOD, RESCHEDULED), current=RESCHEDULED)),
    "edition-rescheduled": (
        "Rescheduled",
        group(recorded(K.EDITION_RESCHEDULED, TURKU, RESCHEDULED), current=RESCHEDULED),
    ),
    "edition-relocated": (
        "Relocated",
        group(recorded(K.EDITION_RELOCATED, TURKU, TAMPERE)),
    ),
    "edition-postponed": (
        "Postponed",
        group(recorded(K.EDITION_POSTPONED, TURKU, replace(PERIOD, status="postponed"))),
    ),
    "edition-cancelled": (
        "Cancelled",
        group(recorded(K.EDITION_CANCELLED, TURKU, CANCELLED)),
    ),
    "edition-reinstated": (
        "No longer cancelled",
        group(recorded(K.EDITION_REINSTATED, CANCELLED, TURKU)),
    ),
    "edition-withdrawn": ("Removed from the page", group(recorded(K.EDITION_WITHDRAWN, TURKU, None))),
    "edition-registration-opened": (
        "Registration open",
        group(
            recorded(
                K.EDITION_REGISTRATION_OPENED, replace(GHENT, registration_url=None), GHENT, page_url=f"{PAGE}-ghent"
            ),
            current=GHENT,
        ),
    ),
    "edition-held": ("Has taken place", group(recorded(K.EDITION_HELD, KRAKOW, HELD), current=HELD)),
    "edition-summary-published": (
        "Summary published",
        group(recorded(K.EDITION_SUMMARY_PUBLISHED, HELD, SUMMARISED), current=SUMMARISED),
    ),
    "edition-materials-published": (
        "New materials",
        group(
            recorded(K.EDITION_MATERIALS_PUBLISHED, SUMMARISED, replace(SUMMARISED, materials=MATERIALS)),
            current=replace(SUMMARISED, materials=MATERIALS),
        ),
    ),
}
REMINDER = Reminder(OpenCutoff("call-2027", OPEN, CUTOFFS[0]), 14, 14, CUTOFFS[1:])
ALL_GROUPS = CALL_GROUPS | EDITION_GROUPS
WELCOME = OpenItems(
    (known_call(OPEN),), tuple(map(known_edition, (GHENT, TURKU, replace(PORTO, status="save_the_date"))))
)


def contents() -> Iterator[tuple[str, str, Contents]]:
    """Name, title and contents of each message to a subscriber."""
    for name, (title, changed) in ALL_GROUPS.items():
        yield name, title, Contents((changed,))
    groups = {name: changed for name, (_, changed) in ALL_GROUPS.items()}
    two = (groups["call-cutoff-moved"], groups["edition-rescheduled"])
    yield "two-events", "Two events in one message", Contents(two)
    cancelled = group(recorded(K.EDITION_CANCELLED, LEIPZIG, replace(LEIPZIG, status="cancelled")))
    several = [groups[f"edition-{kind}"] for kind in ("registration-opened", "rescheduled", "announced")]
    yield "several-events", "Several events in one message", Contents((groups["call-opened"], cancelled, *several))
    weekly = Digest("weekly", date(2026, 11, 23), date(2026, 11, 29))
    listed = replace(LEIPZIG, section="past", status="held", starts_on=date(2025, 2, 9), ends_on=date(2025, 2, 10))
    listed = replace(listed, text="Leipzig, Germany – 9-10 February 2025")
    past = (groups["call-updated"], group(recorded(K.EDITION_LISTED, None, listed)), groups["edition-held"])
    yield "digest-weekly", "Weekly digest", Contents(past, digest=weekly)
    daily = Digest("daily", date(2026, 11, 28), date(2026, 11, 28))
    opened = OutageNotice("opened", at(25, 11, 2026, 9), PAGE)
    call_page = opened._replace(page_url=CALL_PAGE)
    editions = (groups["edition-rescheduled"], groups["edition-announced"])
    yield "digest-daily", "Daily digest with an outage", Contents(editions, digest=daily, outages=(call_page,))
    yield "reminder", "Reminder of the next cut-off", Contents(reminders=(REMINDER,))
    last = REMINDER._replace(days_left=2, offset=2, later=())
    yield (
        "reminder-last",
        "Reminder of the last cut-off, which moved",
        Contents(reminders=(last._replace(open=last.open._replace(moved_from=at(28, 11, 2026))),)),
    )
    yield (
        "reminder-and-call",
        "A reminder, and a change of the same call",
        Contents((groups["call-cutoff-added"],), (REMINDER,)),
    )
    yield "reminder-and-change", "A reminder and a change", Contents((groups["edition-announced"],), (REMINDER,))
    yield "welcome", "Welcome", Contents(welcome=WELCOME)
    yield "welcome-nothing", "Welcome, with nothing open", Contents(welcome=OpenItems())
    yield "monthly-status", "Monthly status", Contents(monthly_status=True)
    yield "outage-opened", "The page cannot be read", Contents(outages=(opened,))
    yield "outage-call-page", "The call page cannot be read", Contents(outages=(call_page,))
    yield "outage-both", "Neither page can be read", Contents(outages=(call_page, opened))
    yield "outage-ended", "The page can be read again", Contents(outages=(opened._replace(phase="ended"),))


# ── all samples ──────────────────────────────────────────────────────────────────────────────────────────────────


def incidents() -> Iterator[tuple[str, str, list[Incident]]]:
    """Name, title and incidents of each message to the operator."""
    details: dict[IncidentKind, tuple[str, str]] = {
        "fetch-failing": (PAGE, "The server reported an error (503)."),
        "reading-suspect": (PAGE, "Expected 15 editions, 1 call. Found 0 editions, 0 calls; no headings."),
        "reading-unusable": (CALL_PAGE, "the page describes no call. Expected 1 call. Found 0 calls."),
        "correction-lapsed": (PAGE, "correction 3 of “Ghent, Belgium – 12-13 March 2027”: the page has no such line"),
        "part-unrenderable": ("change 12", "a value is missing: cutoff_after"),
        "delivery-failed": ("anna@agency.example", "554 5.7.1 Message rejected"),
        "subscription-ended": ("anna@agency.example", "550 5.1.1 No such user"),
        "endings-held": ("bounces", "7 recipients of 40 within a day: 550 5.1.1 <…> No such user"),
        "complaint": ("anna@agency.example", "reported as abuse"),
        "unsubscribe-request": ("anna@agency.example", "please unsubscribe"),
        "mailbox-unreadable": ("", "/var/mail/returned/new/1711000000.M1P2.host: permission denied"),
        "row-unreadable": ("subscriptions 17", "schedule is not valid"),
        "site-failed": ("127.0.0.1:8000", "It has stopped listening."),
        "digest-overdue": ("digests", "a digest was due on 28 November 2026, 08:00 (Brussels time)"),
        "reading-still-suspect": (PAGE, "the page lists no editions; the last reading had 15"),
        "layout-changed": (
            PAGE,
            "Section headings before: upcoming (next), past (previous); now: none. Waiting: “Oslo, Norway – May 2027”",
        ),
        "newly-read": (
            PAGE,
            "edition.announced: “Porto, Portugal – 4-5 June 2027”; call.cutoff_added: 2027-03-15 17:00 UTC",
        ),
    }
    opened = []
    for kind in get_args(IncidentKind):
        subject, detail = details[kind]
        opened_at = READ_AT + timedelta(hours=5) if kind == "digest-overdue" else READ_AT
        page: PageKind | None = {PAGE: "initiative", CALL_PAGE: "call"}.get(subject)  # type: ignore[assignment]
        opened.append(Incident(1, kind, subject, detail, opened_at, page=page))
        yield f"operator-{kind}", f"Operator: {kind}", opened[-1:]
    ended = READ_AT + timedelta(hours=3)
    resolved = replace(opened[0], resolved_at=ended, opened_notified_at=READ_AT)
    yield "operator-resolved", "Operator: resolved", [resolved]
    several = [opened[1], opened[3], replace(resolved, subject=CALL_PAGE, page="call")]
    yield "operator-several", "Operator: several incidents", several


def samples() -> Iterator[Sample]:
    """All samples."""
    for name, title, content in contents():
        yield sample(name, title, lambda chat, content=content: body(content, CONTEXT, chat, BRUSSELS))
    opened = Contents((CALL_GROUPS["call-opened"][1],))
    name, title = "call-opened-self-subscribed", "Call opened, to a recipient who subscribed themselves"
    yield sample(name, title, lambda chat: body(opened, CONTEXT, chat, BRUSSELS, CONSENT))
    for name, title, found in incidents():
        yield sample(name, title, lambda chat, found=found: operator_body(found, CONTEXT, chat))
    yield sample("test-message", "Test message", lambda chat: delivery_test_body(CONTEXT, chat))


def sample(name: str, title: str, render: Callable[[bool], Body]) -> Sample:
    """The message as mail and for chat, as a recipient receives it: with a token."""
    mail, chat = (with_token(render(is_chat)) for is_chat in (False, True))
    return Sample(name, title, mail, chat)


def with_token(message: Body) -> Body:
    return replace(message, text=_with_tokens(message.text), html=_with_tokens(message.html))


def _with_tokens(text: str) -> str:
    return text.replace(TOKEN_SLOT, TOKEN).replace(MUTE_SLOT, f"m{TOKEN}")
