from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmr_watch.models import Cutoff, RecordedChange
from cmr_watch.notify.channels.harmless import harmless
from cmr_watch.render.messages import ADVICE, MessageContext, message, moment, subject, trial_message
from tests.notify.make import NOON, PAGE, K, call, edition, recorded

CONTEXT = MessageContext(PAGE)
ANN, SLACK = "ann@example.org", "slack://TokenA/TokenB/TokenC"
ID = "<0@example.org>"
SUMMARY = "https://clustercollaboration.eu/summary"


def write(*changes: RecordedChange, address: str = ANN, context: MessageContext = CONTEXT):
    return message(address, changes, context, ID)


class Shape(HTMLParser):
    """The tags, the links and the words of a document."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str | None] = []
        self.attributes: set[str] = set()
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data):
        self.words.append(data.strip())


# ── the subject ──────────────────────────────────────────────────────────────────────────────────────────────────

OPENED = recorded(K.CALL_OPENED)
ANNOUNCED = recorded(K.EDITION_ANNOUNCED)


def test_the_subject_says_exactly_what_changed():
    assert write(OPENED).subject == "Call open: host an edition in 2024–2025"
    assert write(ANNOUNCED).subject == "Lyon, France: 12–13 October 2023 announced"
    assert write(ANNOUNCED, *[OPENED] * 4).subject == "Lyon, France: 12–13 October 2023 announced (+4)"


def test_a_long_subject_is_cut_at_a_word_and_still_says_how_many():
    long = recorded(K.EDITION_ANNOUNCED, edition("Castell d'Aro " * 30))
    made = write(long, OPENED).subject
    assert len(made) <= 140
    assert made.endswith(("Castell… (+1)", "d'Aro… (+1)"))


HOSTILE = [
    "Lyon\r\nBcc: eve@example.org",
    "\u202eLyon\u2066\u0000\u001b[31m",
    "<script>alert(1)</script>",
    '"><img src=https://evil.example/x onerror=alert(1)>',
    "<!channel> @everyone",
    '=HYPERLINK("https://evil.example","Lyon")',
    "{{7*7}}{% raw %}{#",
    "\ud83d half",
    "Lyon " * 100_000,
]


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("kind", [K.EDITION_ANNOUNCED, K.EDITION_WITHDRAWN, K.EDITION_RELOCATED])
def test_hostile_words_are_harmless(hostile, kind):
    check_harmless(hostile, kind)


@given(st.text(max_size=200), st.sampled_from([K.EDITION_ANNOUNCED, K.EDITION_RELOCATED, K.EDITION_HELD]))
@settings(deadline=None)
def test_any_words_are_harmless(words, kind):
    check_harmless(words, kind)


def test_a_scraped_word_is_never_a_template():
    mail = write(recorded(K.EDITION_ANNOUNCED, edition("{{7*7}}", text="{% raw %}{{7*7}}")))
    assert mail.subject.startswith("{{7*7}}, France: ")
    assert "“{% raw %}{{7*7}}”" in mail.text
    assert "{% raw %}{{7*7}}" in Shape(mail.html).words


def check_harmless(hostile, kind):
    bad = edition(hostile, hostile, None, text=hostile, date_text=hostile, url=hostile, summary_url=hostile)
    before = None if kind is K.EDITION_ANNOUNCED else bad
    change = recorded(kind, None if kind is K.EDITION_WITHDRAWN else bad, before)
    mail, chat = write(change), write(change, address=SLACK)
    for part in (mail.subject, mail.text, mail.html, chat.subject, chat.text):
        part.encode("utf-8")
        assert not set(part) & set("\r\x00\x1b\u202e\u2066")
    assert "\n" not in mail.subject + chat.subject
    assert len(mail.subject) <= 140
    assert len(mail.text) < 4000
    assert not any(line.startswith("Bcc:") for line in mail.text.splitlines())
    check_document(mail.html)
    assert not set("<>") & set(harmless(chat.text))


def check_document(html):
    shape = Shape(html)
    assert set(shape.tags) <= {
        "html", "head", "meta", "title", "style", "body", "table", "tr", "td", "p", "a", "br", "span"
    }  # fmt: skip
    assert shape.attributes <= {
        "lang", "charset", "name", "content", "class", "style", "role", "width", "cellpadding", "cellspacing",
        "border", "align", "href",
    }  # fmt: skip
    assert all(link and link.startswith(("http://", "https://")) for link in shape.links)
    assert "url(" not in html, "no remote pictures, no tracking"
    return shape


# ── the body ─────────────────────────────────────────────────────────────────────────────────────────────────────


def bodies(*changes: RecordedChange, context: MessageContext = CONTEXT) -> list[str]:
    """The text, the words and links of the HTML, and the chat message: all say the same."""
    mail = write(*changes, context=context)
    shape = check_document(mail.html)
    html = "\n".join([*shape.words, *map(str, shape.links)])
    return [mail.text, html, write(*changes, address=SLACK, context=context).text]


def test_what_every_message_says():
    lyon = edition(text="Lyon, France - 12-13 October 2023", url="https://clustercollaboration.eu/lyon")
    for body in bodies(recorded(K.EDITION_ANNOUNCED, lyon)):
        assert "Lyon, France, 12–13 October 2023: announced" in body
        assert "On the page" in body
        assert "Lyon, France - 12-13 October 2023" in body
        assert "https://clustercollaboration.eu/lyon" in body
        assert PAGE in body
        assert "Read on 5 December 2023, 13:00 (Brussels time)" in body
        assert "nofficial service" in body
        assert "declared" in body
        assert "operator" in body
        assert "To stop" in body


def test_each_change_has_its_sentence_in_the_order_given():
    changes = [OPENED, ANNOUNCED, recorded(K.EDITION_SUMMARY_PUBLISHED, edition("Bonn", summary_url=SUMMARY))]
    for body in bodies(*changes):
        places = [body.index(change.sentence) for change in changes]
        assert places == sorted(places)
        assert SUMMARY in body
    assert "3 changes" in Shape(write(*changes).html).words


def test_what_is_gone_is_quoted_as_it_was_without_its_links():
    lyon = edition(url="https://clustercollaboration.eu/lyon")
    for body in bodies(recorded(K.EDITION_WITHDRAWN, None, lyon)):
        assert "No longer on the page" in body
        assert lyon.text in body
        assert "https://clustercollaboration.eu/lyon" not in body


def test_an_open_call_says_until_when_and_what_it_takes():
    cutoffs = (
        Cutoff(datetime(2023, 12, 22, 17, 0, tzinfo=UTC), closed=True),
        Cutoff(datetime(2024, 5, 31, 16, 0, tzinfo=UTC)),
        Cutoff(datetime(2025, 1, 31, 17, 0, tzinfo=UTC), tentative=True),
    )
    for body in bodies(recorded(K.CALL_OPENED, call(cutoffs=cutoffs))):
        assert ADVICE in body
        assert "https://example.eu/apply" in body
        assert "Cut-off: 31 May 2024, 18:00 (Brussels time)" in body
        assert "Cut-off: 31 January 2025, 18:00 (Brussels time), to be confirmed" in body
        assert "2023, 18:00" not in body


@pytest.mark.parametrize("kind", [K.CALL_CLOSED, K.CALL_UPDATED, K.CALL_CUTOFF_MOVED])
def test_advice_comes_when_there_is_something_to_begin(kind):
    for body in bodies(recorded(kind, call("closed"), call())):
        assert ADVICE not in body


def test_readings_at_several_times_are_told_apart():
    later = recorded(K.CALL_OPENED, call(), number=2, read_at=NOON + timedelta(days=1))
    for body in bodies(ANNOUNCED, later):
        assert "Read on 5 December 2023, 13:00 (Brussels time)" in body
        assert "Read on 6 December 2023, 13:00 (Brussels time)" in body


def test_the_operator_can_be_asked():
    context = MessageContext(PAGE, contact="Ada <ada@example.org>", sender_name="Regions & more")
    mail, html, chat = bodies(ANNOUNCED, context=context)
    assert "To stop, write to Ada <ada@example.org>" in mail
    assert "To stop, write to Ada <ada@example.org>" in html
    assert "To stop, ask Ada <ada@example.org>" in chat
    assert "Regions & more: an unofficial service" in mail


def test_chat_is_text_alone_and_tells_no_token():
    chat = write(OPENED, ANNOUNCED, address=SLACK)
    assert chat.html == ""
    assert "Token" not in chat.text
    assert chat.address == SLACK


def test_what_belongs_to_the_delivery():
    mail = write(recorded(K.CALL_OPENED, number=7), recorded(K.EDITION_ANNOUNCED, number=3))
    assert (mail.address, mail.message_id, mail.change_ids) == (ANN, ID, (7, 3))


def test_every_kind_can_be_told():
    for kind in K:
        noun = call() if kind.startswith("call.") else edition(starts_on=date(2024, 1, 1), ends_on=date(2024, 1, 2))
        bodies(recorded(kind, noun, noun))


def test_a_trial():
    mail = trial_message(ANN, CONTEXT, ID)
    assert mail.subject == "Test: Clusters meet Regions watch"
    assert "This is a test." in mail.text
    assert "This is a test." in " ".join(check_document(mail.html).words)
    assert "This is a test." in trial_message(SLACK, CONTEXT, ID).text


MOMENTS = [
    (datetime(2023, 12, 5, 12, 0, tzinfo=UTC), "Europe/Brussels", "5 December 2023, 13:00 (Brussels time)"),
    (datetime(2023, 7, 5, 23, 30, tzinfo=UTC), "Europe/Brussels", "6 July 2023, 01:30 (Brussels time)"),
    (datetime(2023, 7, 5, 23, 30, tzinfo=UTC), "America/New_York", "5 July 2023, 19:30 (New York time)"),
    (datetime(2023, 7, 5, 23, 30, tzinfo=UTC), "UTC", "5 July 2023, 23:30 (UTC)"),
]


@pytest.mark.parametrize(("at", "zone", "expected"), MOMENTS)
def test_moments(at, zone, expected):
    assert moment(at, ZoneInfo(zone)) == expected


def test_subject_of_changes():
    assert subject([ANNOUNCED.change]) == "Lyon, France: 12–13 October 2023 announced"


def test_jinja_is_loaded_when_a_message_is_written():
    code = "import sys, cmr_watch.render.messages; sys.exit('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
