"""Shared by the tests of messages: bodies, and the rules that every HTML part has to keep."""

from __future__ import annotations

from datetime import UTC, datetime
from gettext import NullTranslations
from html.parser import HTMLParser

from cmr_watch.clock import BRUSSELS
from cmr_watch.models.readings import CallNotice, Cutoff, RecordedChange
from cmr_watch.models.recipients import Body, ChangeGroup, Contents, OpenCutoff, Reminder
from cmr_watch.render.messages import MessageContext, body
from tests.notify.make import PAGE, call

CONTEXT = MessageContext(PAGE)
NOTHING = NullTranslations()
"""Translates no message, for tests of what no catalogue holds."""
CUTOFF = Cutoff(datetime(2024, 5, 31, 16, 0, tzinfo=UTC))


def render(*changes: RecordedChange, chat: bool = False, context: MessageContext = CONTEXT) -> Body:
    return body(Contents(groups(*changes)), context, chat, BRUSSELS)


def groups(*changes: RecordedChange) -> tuple[ChangeGroup, ...]:
    """A group for each change."""
    return tuple(ChangeGroup((recorded,)) for recorded in changes)


def reminder(
    days_left: int = 14,
    cutoff: Cutoff = CUTOFF,
    moved_from: datetime | None = None,
    notice: CallNotice | None = None,
    later: tuple[Cutoff, ...] = (),
) -> Reminder:
    return Reminder(OpenCutoff("key", notice or call(), cutoff, None, moved_from), days_left, days_left, later)


def rendered_texts(render_for) -> list[str]:
    """The content of `render_for(chat)` in its three forms: plain text, text and links of the HTML, chat."""
    mail, chat = render_for(False), render_for(True)
    assert (chat.subject, chat.html) == (mail.subject, "")
    document = check_document(mail.html)
    return [mail.text, "\n".join([*document.texts, *map(str, document.links)]), chat.text]


class ParsedHtml(HTMLParser):
    """The tags, links, attributes and texts of a document."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str | None] = []
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data):
        self.texts.append(data.strip())


def check_document(html) -> ParsedHtml:
    """Only tags and attributes that mail programs support, and nothing that is loaded from elsewhere."""
    document = ParsedHtml(html)
    assert set(document.tags) <= {
        "html", "head", "meta", "title", "style", "body", "div", "table", "tr", "td", "h1", "h2", "h3", "p", "ul", "li",
        "a", "br", "strong",
    }  # fmt: skip
    assert document.attributes <= {
        "lang", "charset", "name", "content", "class", "style", "role", "width", "cellpadding", "cellspacing",
        "border", "align", "valign", "bgcolor", "colspan", "href", "xmlns:o",
    }  # fmt: skip
    assert all(link and link.startswith(("http://", "https://", "mailto:")) for link in document.links)
    assert document.tags.count("h1") == 1
    assert "url(" not in html, "no remote images: they can track the recipient"
    return document
