"""Renders the jinja2 templates; the only module that imports jinja2.

Text from a page is always passed as a value and never compiled as a template.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from cmr_watch.exceptions import RenderError

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

    return Environment(
        loader=PackageLoader("cmr_watch.render"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
