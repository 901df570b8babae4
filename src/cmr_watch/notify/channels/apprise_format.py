"""What is said to one Apprise service: harmless, in a format of its, and cut to its limits. Nothing is sent here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cmr_watch.models import Message
from cmr_watch.notify.channels.escaping import as_markdown, escape_prose
from cmr_watch.notify.channels.truncate import ELLIPSIS, truncated

if TYPE_CHECKING:
    from apprise import NotifyBase, NotifyFormat


@dataclass(frozen=True, slots=True)
class FormattedMessage:
    """What Apprise is handed."""

    title: str
    body: str
    form: NotifyFormat


def said(service: NotifyBase, message: Message, *, cut: bool = True) -> FormattedMessage:
    """The message for this service; too long, it ends at a word and says where the rest is, unless not to be `cut`."""
    words = _Words(service)
    subject = words.subject(message) if cut else message.subject
    text = words.text(subject, message) if cut else message.text
    return FormattedMessage(words.as_title(subject), words.as_body(text), words.form)


class _Words:
    """How words become what the service posts, and how long they are then.

    A service without titles gets the subject above the text; one whose limit is for both has less for the text.
    """

    def __init__(self, service: NotifyBase) -> None:
        from apprise import NotifyFormat

        self._service = service
        self._target: NotifyFormat = service.resolve_format(NotifyFormat.TEXT)
        self._is_markdown = self._target == NotifyFormat.MARKDOWN
        self._has_title = service.title_maxlen > 0
        self.form = NotifyFormat.MARKDOWN if self._is_markdown else NotifyFormat.TEXT

    def as_title(self, subject: str) -> str:
        """The subject as Apprise is handed it."""
        return escape_prose(subject) if self._has_title or not self._is_markdown else as_markdown(escape_prose(subject))

    def as_body(self, text: str) -> str:
        """The text as Apprise is handed it."""
        return as_markdown(escape_prose(text)) if self._is_markdown else escape_prose(text)

    def subject(self, message: Message) -> str:
        """The subject, cut where it has no room: of the two it goes before the text."""
        subject = message.subject
        if self._has_title:
            return truncated(subject, self._service.title_maxlen, length=lambda words: len(self.as_title(words)))
        if self._length(subject, message.text) <= self._room(subject):
            return subject
        link = f"{ELLIPSIS} {message.body.more_url}"
        rest = link if self._length(ELLIPSIS, link) <= self._room("") else ELLIPSIS
        return truncated(subject, self._room(""), length=lambda words: self._length(words, rest))

    def text(self, subject: str, message: Message) -> str:
        """The text, as much of it as there is room for."""
        room, more_url = self._room(subject), message.body.more_url
        return truncated(message.text, room, more_url, lambda words: self._length(subject, words))

    def _room(self, subject: str) -> int:
        """How long a body may be. What Apprise itself would cut by: else it would cut once more."""
        service = self._service
        room: int = service.body_maxlen - service.overflow_buffer
        title = self.as_title(subject)
        if self._has_title and service.overflow_amalgamate_title and title:
            room -= min(len(title) + service.overflow_max_display_count_width, service.title_maxlen)
        return room

    def _length(self, subject: str, text: str) -> int:
        """How long the body is when it is posted; more than any limit when it has too many lines."""
        body = self._converted(self.as_body(text)).rstrip()
        if not self._has_title:
            body = self._converted(self.as_title(subject)) + self._between() + body
        if 0 < self._service.body_max_line_count <= body.count("\n"):
            return int(self._service.body_maxlen) + 1
        return max(len(body), len(self._service.dialect_convert(body, self._target)))

    def _converted(self, words: str) -> str:
        from apprise.conversion import convert_between

        return str(convert_between(self.form, self._target, words))  # type: ignore[no-untyped-call]

    def _between(self) -> str:
        """As much as Apprise puts around a title that goes into the body."""
        tag = self._service.default_html_tag_id
        return {"html": f"<{tag}></{tag}><br />\r\n", "markdown": "# \n"}.get(self._target.value, "\r\n")
