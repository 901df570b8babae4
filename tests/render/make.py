"""What the tests of messages share: bodies, and what every HTML document has to be like."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser

from cmr_watch.models import Body, CallNotice, Contents, Cutoff, OpenCutoff, RecordedChange, Reminder
from cmr_watch.render.messages import MessageContext, body
from cmr_watch.render.sentences import BRUSSELS
from tests.notify.make import PAGE, call

CONTEXT = MessageContext(PAGE)
CUTOFF = Cutoff(datetime(2024, 5, 31, 16, 0, tzinfo=UTC))


def write(*changes: RecordedChange, chat: bool = False, context: MessageContext = CONTEXT) -> Body:
    return body(Contents(changes), context, chat, BRUSSELS)


def reminder(
    days_left: int = 14,
    cutoff: Cutoff = CUTOFF,
    moved_from: datetime | None = None,
    notice: CallNotice | None = None,
) -> Reminder:
    return Reminder(OpenCutoff("key", notice or call(), cutoff, None, moved_from), days_left, days_left)


def told(make) -> list[str]:
    """What `make(chat)` says in the text, in the words and links of the HTML, and in a chat: all say the same."""
    mail, chat = make(False), make(True)
    assert (chat.subject, chat.html) == (mail.subject, "")
    shape = check_document(mail.html)
    return [mail.text, "\n".join([*shape.words, *map(str, shape.links)]), chat.text]


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


def check_document(html):
    shape = Shape(html)
    assert set(shape.tags) <= {
        "html", "head", "meta", "title", "style", "body", "table", "tr", "td", "p", "a", "br", "span"
    }  # fmt: skip
    assert shape.attributes <= {
        "lang", "charset", "name", "content", "class", "style", "role", "width", "cellpadding", "cellspacing",
        "border", "align", "href",
    }  # fmt: skip
    assert all(link and link.startswith(("http://", "https://", "mailto:")) for link in shape.links)
    assert "url(" not in html, "no remote pictures, no tracking"
    return shape
