"""The catalogues have all the text that readers see, in all languages. If one fails, run `make catalogue`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel import Locale
from babel.messages import Catalog, Message
from babel.messages.pofile import read_po

from cmr_watch.languages import ENGLISH, LANGUAGES
from cmr_watch.render.i18n import in_language, ngettext
from tests.render.catalogue import CATALOGUE, LOCALE, compiled, read, sources, updated, write

NUMBERS = (0, 1, 2, 5, 12, 22, 24, 112)
PLACEHOLDER = re.compile(r"\{\w*\}|%\(\w+\)s|<[^>]*>|\n|^ | $")
GAP = re.compile(r"\[[^\[\]]+\]")
SOURCES = sources()
TRANSLATED = sorted(set(LANGUAGES) - {ENGLISH})


def forms(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def originals(message: Message) -> list[str]:
    return [message.id] if isinstance(message.id, str) else list(message.id)


def faults(catalogue: Catalog) -> Iterator[str]:
    """What is wrong with the translations, including those that are missing."""
    for message in catalogue:
        if not message.id:
            continue
        if message.fuzzy or not all(forms(message)) or len(forms(message)) != wanted_forms(message, catalogue):
            yield f"not translated: {message.id}"
        else:
            yield from differences(message)


def wanted_forms(message: Message, catalogue: Catalog) -> int:
    return 1 if isinstance(message.id, str) else catalogue.num_plurals


def differences(message: Message) -> Iterator[str]:
    """Placeholders, tags, line breaks, and spaces at the ends that a form has not got, or has in addition."""
    allowed = [sorted(PLACEHOLDER.findall(original)) for original in originals(message)]
    for form in forms(message):
        if sorted(PLACEHOLDER.findall(form)) not in allowed:
            yield f"other placeholders: {message.id} → {form}"
        if len(GAP.findall(form)) < min(len(GAP.findall(original)) for original in originals(message)):
            yield f"other gaps to fill in: {message.id} → {form}"


def test_the_template_is_up_to_date(tmp_path: Path) -> None:
    write(tmp_path / "messages.pot")
    assert CATALOGUE.read_text(encoding="utf-8") == (tmp_path / "messages.pot").read_text(encoding="utf-8")


def test_it_has_the_text_of_the_code_and_of_each_template() -> None:
    text = CATALOGUE.read_text(encoding="utf-8")
    for message in ("New edition", "What to submit:", "What to submit", "Unofficial service.", "{number} more change"):
        assert f'"{message}"' in text


@pytest.mark.parametrize("language", TRANSLATED)
def test_each_language_is_complete(language: str) -> None:
    path = SOURCES[language]
    assert list(faults(read(path, language))) == []
    assert path.read_text(encoding="utf-8") == updated(path, language)


@pytest.mark.parametrize("language", SOURCES)
def test_what_the_program_reads_is_compiled_from_the_catalogue(language: str) -> None:
    path = SOURCES[language]
    assert path.with_suffix(".mo").read_bytes() == compiled(path, language)


@pytest.mark.parametrize("language", TRANSLATED)
def test_each_number_has_its_plural_form(language: str) -> None:
    rule = Locale.parse(language).plural_form
    with in_language(language):
        texts = {number: ngettext("{number} edition", "{number} editions", number) for number in NUMBERS}
    assert all(str(number) in text for number, text in texts.items())
    words = {number: text.replace(str(number), "") for number, text in texts.items()}
    for one in NUMBERS:
        for other in NUMBERS:
            if rule(one) == rule(other):
                assert words[one] == words[other]
    assert words[1] != words[5]
    assert words[5] != " editions"


BROKEN = """
msgid ""
msgstr "Plural-Forms: nplurals=2; plural=n != 1;\\n"

msgid "by {day}"
msgstr "bis {tag}"

msgid "missing"
msgstr ""

#, fuzzy
msgid "unsure"
msgstr "unsicher"

msgid "{number} day"
msgid_plural "{number} days"
msgstr[0] "{number} Tag"
msgstr[1] ""

msgid "Error: "
msgstr "Fehler:"

msgid "Dear [name]"
msgstr "Guten Tag"

msgid "{number} hour"
msgid_plural "{number} hours"
msgstr[0] "{number} Stunde"
msgstr[1] "{number} Stunden"
"""


def test_faults_are_found(tmp_path: Path) -> None:
    path = tmp_path / "messages.po"
    path.write_text(BROKEN, encoding="utf-8")
    with path.open("rb") as file:
        found = list(faults(read_po(file, locale="de")))
    assert [fault.partition(": ")[0] for fault in found] == [
        "other placeholders",
        "not translated",
        "not translated",
        "not translated",
        "other placeholders",
        "other gaps to fill in",
    ]


def test_an_update_adds_what_is_new_untranslated_and_removes_what_is_gone(tmp_path: Path) -> None:
    header = '# Terms\n#\n# edition: Ausgabe\n\nmsgid ""\nmsgstr ""\n"Language: de\\n"\n\n'
    path = tmp_path / "messages.po"
    text = 'msgid "Cut-off"\nmsgstr "Aufrufe"\n\nmsgid "no longer there"\nmsgstr "weg"\n'
    path.write_text(header + text, encoding="utf-8")
    made = updated(path, "de")
    assert made.startswith(header)
    assert 'msgid "Cut-off"\nmsgstr "Aufrufe"\n' in made
    assert 'msgid "Cut-offs"\nmsgstr ""\n' in made
    assert "weg" not in made
    assert "fuzzy" not in made
    path.write_text(made, encoding="utf-8")
    assert updated(path, "de") == made


def test_every_catalogue_is_of_a_language_whose_dates_are_known() -> None:
    assert {path.parent.name for path in LOCALE.glob("*/cldr.json")} >= {*SOURCES, *LANGUAGES}
