"""Renders the templates of the public site. Text from a page is always a value, never a template.

The only module besides `render.templating` that imports jinja2.
"""

from __future__ import annotations

import re
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from importlib.resources import files
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from cmr_watch import __version__
from cmr_watch.languages import ENGLISH
from cmr_watch.render import i18n
from cmr_watch.render.datetimes import at_time, day_words, full_day, full_minute, full_time
from cmr_watch.render.joining import in_turn, labelled
from cmr_watch.render.sanitize import safe_link
from cmr_watch.web.public import words
from cmr_watch.web.public.languages import localized, versions
from cmr_watch.web.public.views import Reply, SiteFacts, Visit

STATIC: Final = files("cmr_watch.web.public") / "static"
_COMMENTS: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_SPACES: Final = re.compile(r"\s*([{};,])\s*|(?<=:)\s+")
"""Spaces around brackets and commas, and after a colon: those around a sign or before a colon may mean something."""
_OWN: Final = Markup(' lang="en"')
"""The attribute of an element with the platform's own words, which are English; none on an English page."""
_NONE: Final = Markup()
_BLANK_LINES: Final = re.compile(r"\n\s*\n+")


def page(visit: Visit, template: str, **values: object) -> Reply:
    """The page that a template makes of these values."""
    fresh = words.freshness(visit.overview.read_at, visit.now, visit.site.check_interval)
    made = {"visit": visit, "fresh": fresh, "now": visit.now, "here": visit.address, **values}
    return Reply(_render(visit.site, template, made))


def form_page(site: SiteFacts, template: str, status: int = HTTPStatus.OK, **values: object) -> Reply:
    """A page with a form, or with the result of one. It shows nothing of the platform, and no address with a secret.

    `here`: its path, with which it links to itself in other languages; not given if it has a secret in it.
    """
    return Reply(_render(site, template, values), status=status)


def error_page(site: SiteFacts, status: int, **values: object) -> Reply:
    """The page of an error, which needs no database."""
    return Reply(_render(site, "error.html", values), status=status)


def _render(site: SiteFacts, template: str, values: dict[str, object]) -> bytes:
    here, language = values.get("here"), i18n.language()
    shared: dict[str, object] = {"site": site, "stylesheet": stylesheet_path(), "language": language}
    shared |= {"own": _NONE if language == ENGLISH else _OWN, "versions": ()}
    if isinstance(here, str):
        shared["versions"] = tuple(versions(here))
    text = _environment().get_template(template).render({**shared, **values})
    return localized(_BLANK_LINES.sub("\n", text)).encode("utf-8", "replace")


@cache
def stylesheet() -> bytes:
    """The stylesheet, without its comments and the spaces that mean nothing."""
    text = _COMMENTS.sub("", (STATIC / "site.css").read_text(encoding="utf-8"))
    return _SPACES.sub(r"\1", text).strip().encode()


@cache
def icon() -> bytes:
    """The icon of the site."""
    return (STATIC / "favicon.svg").read_bytes()


@cache
def stylesheet_path() -> str:
    """The path of the stylesheet, which names its content, so that clients may cache it forever."""
    return f"/static/site-{sha256(stylesheet()).hexdigest()[:10]}.css"


@cache
def _environment() -> Environment:
    environment = Environment(
        extensions=["jinja2.ext.i18n"],
        loader=PackageLoader("cmr_watch.web.public"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        i18n.gettext, i18n.ngettext, newstyle=True, pgettext=i18n.pgettext, npgettext=i18n.npgettext
    )
    environment.filters.update(
        {
            "day": day_words,
            "full_day": full_day,
            "full_minute": full_minute,
            "full_time": full_time,
            "brussels": words.brussels,
            "safe_link": safe_link,
            "iso": words.iso,
            "unbroken": words.unbroken,
            "upper_first": words.upper_first,
        }
    )
    environment.policies["ext.i18n.trimmed"] = True  # as the catalogue is extracted
    environment.globals.update({"version": __version__, "labelled": labelled, "at_time": at_time, "in_turn": in_turn})
    return environment
