"""What people get: a subject that says what changed, and a body that shows where it stands. Pure; the door of jinja2.

Every scraped word is cleaned on its way into a template, and is never a template itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from cmr_watch.models import CallNotice, Change, ChangeKind, Edition, Message, RecordedChange
from cmr_watch.render.clean import clean, link
from cmr_watch.render.sentences import BRUSSELS, MONTHS, cutoff_words, headline

if TYPE_CHECKING:
    from jinja2 import Environment

K = ChangeKind
SUBJECT_LENGTH: Final = 140
SENTENCE_LENGTH: Final = 300
QUOTE_LENGTH: Final = 600
QUOTE_LENGTH_IN_CHAT: Final = 240
ADVICE: Final = (
    "Applicants need a letter of support from their regional authority. It takes weeks to get one: ask for it first."
)

_ADVISED: Final = frozenset({K.CALL_ANNOUNCED, K.CALL_OPENED, K.CALL_CUTOFF_ADDED})
_SAD: Final = frozenset(
    {K.EDITION_CANCELLED, K.EDITION_POSTPONED, K.EDITION_WITHDRAWN, K.CALL_CLOSED, K.CALL_WITHDRAWN}
)
_MATERIALS: Final = frozenset({K.EDITION_SUMMARY_PUBLISHED, K.EDITION_MATERIALS_PUBLISHED})


@dataclass(frozen=True, slots=True)
class MessageContext:
    """What is the same in every message: the watched page, the readers' time zone, who sends, whom to ask."""

    source_url: str
    time_zone: ZoneInfo = BRUSSELS
    sender_name: str = "Clusters meet Regions watch"
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Where something can be read, or done."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Item:
    """One change, in words that are fit to be shown."""

    kicker: str
    tone: str
    sentence: str
    quoted_from: str
    quote: str
    facts: tuple[str, ...]
    links: tuple[Link, ...]
    advice: str
    read_at: str


def message(address: str, changes: Sequence[RecordedChange], context: MessageContext, message_id: str) -> Message:
    """One message for one address: changes stand in the order given, the first gives the subject."""
    readings = sorted({change.read_at for change in changes})
    chat = "://" in address
    words = {
        "items": [_item(change, context, chat, several=len(readings) > 1) for change in changes],
        "read_at": moment(readings[-1], context.time_zone),
    }
    ids = tuple(change.id for change in changes)
    return _message(address, subject([change.change for change in changes]), words, context, message_id, ids)


def trial_message(address: str, context: MessageContext, message_id: str) -> Message:
    """What `test-mail` sends."""
    words = {"items": [], "note": "This is a test. When something changes on the page, the news comes the same way."}
    return _message(address, f"Test: {context.sender_name}", words, context, message_id, ())


def _message(
    address: str,
    title: str,
    words: Mapping[str, object],
    context: MessageContext,
    message_id: str,
    ids: tuple[int, ...],
) -> Message:
    values = {
        **words,
        "subject": clean(title, SUBJECT_LENGTH + 20),
        "address": clean(address, 320),
        "source_url": link(context.source_url),
        "sender_name": clean(context.sender_name, 100),
        "contact": clean(context.contact or "", 200),
    }
    chat = "://" in address
    text = _fill("chat.txt" if chat else "mail.txt", values)
    html = "" if chat else _fill("mail.html", values)
    return Message(address, str(values["subject"]), text, html, message_id, ids)


def subject(changes: Sequence[Change]) -> str:
    """Exactly what changed: the first headline, and how many more there are."""
    more = f" (+{len(changes) - 1})" if len(changes) > 1 else ""
    return clean(headline(changes[0]), SUBJECT_LENGTH - len(more)) + more


def moment(at: datetime, time_zone: ZoneInfo) -> str:
    """`12 October 2023, 09:12 (Brussels time)`."""
    local = at.astimezone(time_zone)
    place = time_zone.key.rpartition("/")[2].replace("_", " ")
    zone = f"{place} time" if "/" in time_zone.key else place
    return f"{local.day} {MONTHS[local.month - 1]} {local.year}, {local:%H:%M} ({zone})"


# ── one change ───────────────────────────────────────────────────────────────────────────────────────────────────


def _item(recorded: RecordedChange, context: MessageContext, chat: bool, several: bool) -> Item:
    change = recorded.change
    noun = change.after or change.before
    return Item(
        kicker=_kicker(change.kind),
        tone="sad" if change.kind in _SAD else "call" if change.kind.startswith("call.") else "plain",
        sentence=clean(recorded.sentence, SENTENCE_LENGTH),
        quoted_from="On the page" if change.after else "No longer on the page",
        quote=clean(noun.text if noun else "", QUOTE_LENGTH_IN_CHAT if chat else QUOTE_LENGTH),
        facts=_facts(change),
        links=_links(change),
        advice=ADVICE if change.kind in _ADVISED else "",
        read_at=moment(recorded.read_at, context.time_zone) if several else "",
    )


def _kicker(kind: ChangeKind) -> str:
    if kind.startswith("call."):
        return "Call for hosts"
    return "Materials" if kind in _MATERIALS else "Edition"


def _facts(change: Change) -> tuple[str, ...]:
    """The cut-offs that are still open, for whoever thinks of applying."""
    call = change.after
    if not isinstance(call, CallNotice) or call.status == "closed":
        return ()
    return tuple(f"Cut-off: {cutoff_words(cutoff)}" for cutoff in call.cutoffs if not cutoff.closed)[:8]


def _links(change: Change) -> tuple[Link, ...]:
    """What the page links to, as long as the page still says it."""
    noun = change.after
    candidates: tuple[tuple[str, str | None], ...] = ()
    if isinstance(noun, CallNotice):
        candidates = (("Apply" if noun.status == "open" else "About the call", noun.apply_url),)
    elif isinstance(noun, Edition):
        candidates = (("Read the event summary", noun.summary_url), ("Page of the edition", noun.url))
    return tuple(Link(label, url) for label, address in candidates if (url := link(address)))


# ── templates ────────────────────────────────────────────────────────────────────────────────────────────────────


def _fill(name: str, values: dict[str, object]) -> str:
    return _environment().get_template(name).render(values)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=PackageLoader("cmr_watch.render"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
