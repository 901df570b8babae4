"""The door of jinja2: sections filled into templates. A scraped word is a value there, never a template itself."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from cmr_watch.exceptions import RenderError

if TYPE_CHECKING:
    from jinja2 import Environment


def fill(name: str, values: dict[str, object]) -> str:
    """The template of this name with these values; in HTML every value is escaped. RenderError: it cannot be filled."""
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
