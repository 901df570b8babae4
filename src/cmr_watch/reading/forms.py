"""The forms of a page by which one applies (READING C6). Pure; no errors."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from cmr_watch.reading.document import Document
from cmr_watch.reading.lexicon import words_of

_MOST_FORMS: Final = 40
_FORM_NAMES: Final = ("webform", "apply", "application", "expression", "eoi", "survey")
_OTHER_FORMS: Final = words_of(
    "search newsletter login subscri comment contact feedback poll user- cookie filter exposed vote share language"
)


def form_addresses(document: Document) -> Iterator[str]:
    """The addresses, empty for the page itself, of the article's own forms to apply (C6)."""
    for form in islice(document.root.iter("form"), _MOST_FORMS):
        if not any(box.tag in ("article", "main") for box in form.iterancestors()):
            continue
        name = " ".join((form.get(key) or "")[:300] for key in ("id", "class", "action", "name")).lower()
        has_input = any(field.get("type") not in ("hidden", "submit", "search") for field in form.iter("input"))
        if has_input and any(one in name for one in _FORM_NAMES) and not any(one in name for one in _OTHER_FORMS):
            yield (form.get("action") or "")[:2_000]
