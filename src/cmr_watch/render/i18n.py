"""Translation of the text that subscribers read. Pure.

The translation is chosen for a block of code with `translated`; without one the text stays English. Text is looked up
when it is used, so a constant is only marked with N_ and looked up with `_` where a message is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from gettext import NullTranslations
from typing import Final

_ENGLISH: Final = NullTranslations()
_current: ContextVar[NullTranslations] = ContextVar("translations", default=_ENGLISH)


def _(message: str) -> str:
    """The message in the current language."""
    return _current.get().gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    """The message for a number of things, in the current language; `{number}` in it is filled in."""
    return _current.get().ngettext(singular, plural, number).replace("{number}", str(number))


def N_(message: str) -> str:  # the name that gettext's tools know
    """The message as it is, marked for translation."""
    return message


def gettext(message: str) -> str:
    """The message in the current language, for templates."""
    return _(message)


@contextmanager
def translated(translations: NullTranslations) -> Iterator[None]:
    """Translate all text that is written within this block."""
    token = _current.set(translations)
    try:
        yield
    finally:
        _current.reset(token)
