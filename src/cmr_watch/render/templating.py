"""Renders the jinja2 templates; the only module that imports jinja2.

Text from a page is always passed as a value and never compiled as a template.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from cmr_watch.exceptions import RenderError
from cmr_watch.render import i18n
from cmr_watch.render.joining import labelled, quoted

if TYPE_CHECKING:
    from jinja2 import Environment


def render_template(name: str, values: dict[str, object]) -> str:
    """Render the named template; values are escaped in HTML. Raises RenderError if it fails."""
    environment = _environment()
    from jinja2 import TemplateError

    try:
        return environment.get_template(name).render(values)
    except (TemplateError, TypeError, ValueError, LookupError, AttributeError) as error:
        raise RenderError(f"{type(error).__name__}: {error}") from error


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    environment = Environment(
        extensions=["jinja2.ext.i18n"],
        loader=PackageLoader("cmr_watch.render"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        i18n.gettext, i18n.ngettext, newstyle=True, pgettext=i18n.pgettext, npgettext=i18n.npgettext
    )
    environment.policies["ext.i18n.trimmed"] = True  # as the catalogue is extracted
    environment.globals.update({"labelled": labelled, "quoted": quoted})
    return environment
