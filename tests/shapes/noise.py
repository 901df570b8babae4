"""Meaningless differences between two responses of the site, or between two editors."""

from __future__ import annotations

import html
import random
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace

from tests.shapes.boilerplate import Container, Tokens, add_boilerplate
from tests.shapes.layouts import Pen
from tests.shapes.states import Line

DASHES = "-‐‑‒–—―−"
SPACES = (" ", " ", " ", "&nbsp;", "  ", "\n      ", "\u202f", "\u00a0 ", "\t")
INVISIBLE = ("\u200b", "\u200c", "\u2060", "\ufeff", "&shy;", "<!-- 💡 BEGIN CUSTOM TEMPLATE OUTPUT -->", "<wbr>")
LEADS = ("", "", "", "📍", "🗓️ ", "• ", "👉 ", "🇪🇺 ", "➡️\u00a0", "· ")
BETWEEN = (" {} ", " {}", "{} ", "{}", "\u00a0{}\u00a0", "  {} ")
WRAPPERS = ("span", "em", "strong", "u", "font")


class NoisyPen(Pen):
    """Varies spaces, dashes, invisible characters, inline tags, order, tokens and boilerplate."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def text(self, text: str) -> str:
        if self._random.random() < 0.2:
            text = unicodedata.normalize("NFD", text)
        return "".join(self._word(part) for part in re.split(r"(\s)", text))

    def _word(self, part: str) -> str:
        if part == " ":
            return self._random.choice(SPACES)
        if len(part) < 2 or not any(map(str.isalnum, part)):
            return html.escape(part, quote=False)
        cut = self._cut(part)
        chance = self._random.random()
        if chance < 0.06:
            return html.escape(part[:cut]) + self._random.choice(INVISIBLE) + html.escape(part[cut:])
        if chance < 0.12:
            tag = self._random.choice(WRAPPERS)
            return f'{html.escape(part[:cut])}<{tag} class="x">{html.escape(part[cut:])}</{tag}>'
        return html.escape(part, quote=chance < 0.5)

    def _cut(self, word: str) -> int:
        """A random offset in the word, but not before a combining mark."""
        cuts = [
            at for at in range(1, len(word)) if not unicodedata.combining(word[at]) and word[at] not in "\ufe0f\u200d"
        ]
        return self._random.choice(cuts) if cuts else len(word)

    def link(self, href: str, inner: str) -> str:
        attributes = [f'href="{html.escape(href)}"', 'target="_blank"', "rel='noopener'", 'data-entity-type="node"']
        chosen = [attributes[0], *(attribute for attribute in attributes[1:] if self._random.random() < 0.4)]
        self._random.shuffle(chosen)
        return f"<a {' '.join(chosen)}>{inner}</a>"

    def heading(self, text: str) -> str:
        changes: tuple[Callable[[str], str], ...] = (
            str,
            str,
            str.upper,
            str.title,
            lambda text: f"{text}:",
            _with_curly_quotes,
            _without_quotes,
        )
        return self._random.choice(changes)(text)

    def lines(self, lines: Sequence[Line]) -> Sequence[Line]:
        return [self._with_other_dashes(line) for line in self._random.sample(lines, len(lines))]

    def _with_other_dashes(self, line: Line) -> Line:
        between = self._random.choice(BETWEEN).format(self._random.choice(DASHES))
        days = re.sub(r"[-–]", lambda _: self._random.choice(DASHES), line.days)
        return replace(line, between=between, days=days)

    def lead(self) -> str:
        return self._random.choice(LEADS)

    def add_boilerplate(self, inner: str, container: Container) -> str:
        letters = "".join(self._random.choices("abcdef0123456789", k=12))
        tokens = Tokens(f"form-{letters}", letters[::-1], self._random.randrange(10**6), letters[:6])
        for _ in range(self._random.randrange(3)):
            inner = f'<div class="wysiwyg-{letters[:3]}">\n{inner}\n</div>'
        return add_boilerplate(self._spaced(inner), container, tokens, debug=self._random.random() < 0.5)

    def _spaced(self, inner: str) -> str:
        """Adds comments and empty lines between the blocks."""
        gaps = (
            "\n",
            "\n",
            "\n\n   ",
            "\n<!-- THEME HOOK: 'block' -->\n",
            "\n<!-- Szeged, Hungary – 11-12 April 2024 -->\n",
        )
        return re.sub(r"\n", lambda _: self._random.choice(gaps), inner)


def _with_curly_quotes(text: str) -> str:
    return re.sub(r'"([^"]*)"', r"“\1”", text)


def _without_quotes(text: str) -> str:
    return text.replace('"', "")
