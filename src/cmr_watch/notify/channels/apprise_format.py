"""Formats a message for one Apprise service: escaped, converted and truncated to the limits of the service.

Nothing is sent here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cmr_watch.models.recipients import Message
from cmr_watch.notify.channels.escaping import escape_markdown, escape_prose
from cmr_watch.notify.channels.truncate import ELLIPSIS, truncated

if TYPE_CHECKING:
    from apprise import NotifyBase, NotifyFormat


@dataclass(frozen=True, slots=True)
class FormattedMessage:
    """The arguments for `Apprise.notify`."""

    title: str
    body: str
    body_format: NotifyFormat


def format_message(service: NotifyBase, message: Message, *, truncate: bool = True) -> FormattedMessage:
    """The message for this service; with `truncate`, a message that is too long ends with a link to the full text."""
    formatter = _Formatter(service)
    subject = formatter.fit_subject(message) if truncate else message.subject
    text = formatter.fit_text(subject, message) if truncate else message.text
    return FormattedMessage(formatter.title(subject), formatter.body(text), formatter.body_format)


class _Formatter:
    """Escapes text for one service, and measures it as the service will receive it.

    If the service has no titles, Apprise puts the subject above the text; some services limit both together. In
    either case a long subject leaves less room for the text.
    """

    def __init__(self, service: NotifyBase) -> None:
        from apprise import NotifyFormat

        self._service = service
        self._target: NotifyFormat = service.resolve_format(NotifyFormat.TEXT)
        self._is_markdown = self._target == NotifyFormat.MARKDOWN
        self._has_title = service.title_maxlen > 0
        self.body_format = NotifyFormat.MARKDOWN if self._is_markdown else NotifyFormat.TEXT

    def title(self, subject: str) -> str:
        """The subject, escaped for Apprise's `title`."""
        escaped = escape_prose(subject)
        return escape_markdown(escaped) if self._is_markdown and not self._has_title else escaped

    def body(self, text: str) -> str:
        """The text, escaped for Apprise's `body`."""
        return escape_markdown(escape_prose(text)) if self._is_markdown else escape_prose(text)

    def fit_subject(self, message: Message) -> str:
        """The subject, truncated to the limit; where subject and text share a limit, the subject takes precedence."""
        subject = message.subject
        if self._has_title:
            return truncated(subject, self._service.title_maxlen, length=lambda text: len(self.title(text)))
        if self._body_length(subject, message.text) <= self._body_limit(subject):
            return subject
        link = f"{ELLIPSIS} {message.body.more_url}"
        shortest_text = link if self._body_length(ELLIPSIS, link) <= self._body_limit("") else ELLIPSIS
        return truncated(subject, self._body_limit(""), length=lambda text: self._body_length(text, shortest_text))

    def fit_text(self, subject: str, message: Message) -> str:
        """The text, truncated to the room that the subject leaves."""
        limit, more_url = self._body_limit(subject), message.body.more_url
        return truncated(message.text, limit, more_url, lambda text: self._body_length(subject, text))

    def _body_limit(self, subject: str) -> int:
        """The longest body allowed, calculated as Apprise does: it would split or cut a longer one."""
        service = self._service
        limit: int = service.body_maxlen - service.overflow_buffer
        title = self.title(subject)
        if self._has_title and service.overflow_amalgamate_title and title:
            limit -= min(len(title) + service.overflow_max_display_count_width, service.title_maxlen)
        return limit

    def _body_length(self, subject: str, text: str) -> int:
        """The length of the body as posted; above every limit if it has too many lines."""
        body = self._converted(self.body(text)).rstrip()
        if not self._has_title:
            body = self._converted(self.title(subject)) + self._title_markup() + body
        if 0 < self._service.body_max_line_count <= body.count("\n"):
            return int(self._service.body_maxlen) + 1
        return max(len(body), len(self._service.dialect_convert(body, self._target)))

    def _converted(self, text: str) -> str:
        from apprise.conversion import convert_between

        return str(convert_between(self.body_format, self._target, text))  # type: ignore[no-untyped-call]

    def _title_markup(self) -> str:
        """What Apprise puts around a title that it moves into the body."""
        tag = self._service.default_html_tag_id
        return {"html": f"<{tag}></{tag}><br />\r\n", "markdown": "# \n"}.get(self._target.value, "\r\n")
