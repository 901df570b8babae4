"""The words of the form with which readers subscribe: what they choose, in their voice, and what follows from it."""

from __future__ import annotations

from typing import Final

from cmr_watch.languages import LANGUAGES
from cmr_watch.models.readings import Topic
from cmr_watch.models.recipients import Frequency
from cmr_watch.render.i18n import N_
from cmr_watch.web.public.signup_form import TRAP

TOPIC_WORDS: Final[dict[Topic, tuple[str, str]]] = {
    "calls": (N_("I want to host"), N_("calls for hosts, their cut-offs, and what moves")),
    "editions": (N_("I want to attend"), N_("editions: new, dated, moved or cancelled, and when registration opens")),
    "materials": (N_("I want to read"), N_("summaries, slides and other documents of past editions")),
}
FREQUENCY_WORDS: Final[dict[Frequency, tuple[str, str]]] = {
    "immediately": (N_("As soon as something changes"), N_("You may get several e-mails a day, or none for weeks.")),
    "daily": (
        N_("At most once a day"),
        N_("One e-mail at 8:00 if something changed: up to a day later."),
    ),
    "weekly": (N_("On Mondays"), N_("One e-mail at 8:00 if something changed: up to a week later.")),
}


def form_words() -> dict[str, object]:
    """The words, for a template."""
    return {"topics": TOPIC_WORDS, "frequencies": FREQUENCY_WORDS, "languages": LANGUAGES, "trap": TRAP}
