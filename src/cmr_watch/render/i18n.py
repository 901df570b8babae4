"""Translation of the text that readers see. Pure, but for the catalogues, which are read when they are first used.

The language is chosen for a block of code with `in_language`; without one the text stays English. Text is looked up
when it is used, so a constant is only marked with N_ and looked up with `_` where a message is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from typing import Final, NamedTuple

from cmr_watch.languages import ENGLISH
from cmr_watch.render.cldr import cldr

LOCALE: Final = files("cmr_watch.render") / "locale"


class _Language(NamedTuple):
    code: str
    translations: NullTranslations


_ENGLISH: Final = _Language(ENGLISH, NullTranslations())
_current: ContextVar[_Language] = ContextVar("language", default=_ENGLISH)


def language() -> str:
    """The code of the current language."""
    return _current.get().code


def local_path(path: str) -> str:
    """A path of the site, in the current language."""
    code = language()
    return path if code == ENGLISH else f"/{code}{path}"


def _(message: str) -> str:
    """The message in the current language."""
    return _current.get().translations.gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    """The message for a number of things, in the current language; `{number}` in it is filled in."""
    return _numbered(_current.get().translations.ngettext(singular, plural, number), number)


def pgettext(context: str, message: str) -> str:
    """The message in the current language, where the same words mean something else in other places."""
    return _current.get().translations.pgettext(context, message)


def npgettext(context: str, singular: str, plural: str, number: int) -> str:
    """As `ngettext`, where the same words mean something else in other places."""
    return _numbered(_current.get().translations.npgettext(context, singular, plural, number), number)


def N_(message: str) -> str:  # the name that gettext's tools know
    """The message as it is, marked for translation."""
    return message


def gettext(message: str) -> str:
    """The message in the current language, for templates."""
    return _(message)


@contextmanager
def in_language(code: str) -> Iterator[None]:
    """Write all text within this block in a language."""
    with translated(_catalogue(code), code):
        yield


@contextmanager
def translated(translations: NullTranslations, code: str = ENGLISH) -> Iterator[None]:
    """Translate all text that is written within this block. `code`: whose dates, numbers and names to use."""
    token = _current.set(_Language(code, translations))
    try:
        yield
    finally:
        _current.reset(token)


@cache
def _catalogue(code: str) -> NullTranslations:
    if code == ENGLISH:
        return _ENGLISH.translations
    with (LOCALE / code / "LC_MESSAGES" / "messages.mo").open("rb") as file:
        return GNUTranslations(file)


def _numbered(text: str, number: int) -> str:
    return text.replace("{number}", cldr(language()).number(number))
