"""Edits of typography, markup and boilerplate that do not change what a page means by the rules of READING.md."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Final

from tests.shapes.noise import DASHES, INVISIBLE, SPACES

# ── the parts of a document ───────────────────────────────────────────────────────────────────────────────────────

_RAW_NAMES = "script|style|title|textarea|iframe|xmp|noembed|noframes"
_RAW = rf"<!--.*?-->|<(?P<raw>{_RAW_NAMES})\b.*?</(?P=raw)\s*>|<head\b.*?</head>|<!doctype[^>]*>"
_PART: Final = re.compile(rf"{_RAW}|<(/?[a-z](?:[^>\"']|\"[^\"]*\"|'[^']*')*)>", re.I | re.S)
_ATTRIBUTE: Final = re.compile(r"""([^\s=/>"']+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s>"']+))?""")

Edit = Callable[[str], str]
"""Edits one part of a page."""


def _parts(page: str) -> Iterator[tuple[str, str]]:
    """The parts of a page in order, each with its kind: “text”, “tag”, or “raw” (comments, scripts, the head)."""
    at = 0
    for part in _PART.finditer(page):
        yield "text", page[at : part.start()]
        yield ("tag" if part[2] else "raw"), part[0]
        at = part.end()
    yield "text", page[at:]


def _on(wanted: str, page: str, edit: Edit) -> str:
    """Apply the edit to the parts of one kind."""
    return "".join(edit(part) if kind == wanted else part for kind, part in _parts(page))


def _on_words(page: str, edit: Edit) -> str:
    """Apply the edit to text without URLs and e-mail addresses, in which every character matters."""
    return _on("text", page, lambda text: text if re.search(r"@|://|www\.", text) else edit(text))


def _on_markup(page: str, edit: Edit) -> str:
    """Apply the edit to runs of consecutive text and tags."""
    runs: list[list[str]] = [["markup", ""]]
    for kind, part in _parts(page):
        kind = "raw" if kind == "raw" else "markup"
        if runs[-1][0] == kind:
            runs[-1][1] += part
        else:
            runs.append([kind, part])
    return "".join(edit(part) if kind == "markup" else part for kind, part in runs)


# ── typography ───────────────────────────────────────────────────────────────────────────────────────────────────

_LOOSE_DASH: Final = re.compile(rf"(?<=[\s;])[{DASHES}](?=[\s&])|(?<=\d)[{DASHES}](?=\d)")
_HYPHEN: Final = re.compile(r"(?<=[^\W\d_])[-‐‑](?=[^\W\d_])")
_WORD: Final = re.compile(r"&#?\w+;|[^\W\d_]{4,}")


_CANONICAL: Final = 'href="https://clustercollaboration.eu/events/organised-by-eccp/clusters-meet-regions"'
"""Occurs on the list of all editions only."""


def spaces(chance: random.Random, page: str) -> str:
    """Other spaces between words; between elements only HTML whitespace."""

    def edit(text: str) -> str:
        if not text.strip():
            return re.sub(r"\n", lambda _: chance.choice(("\n", "\n\n", "\r\n   ", "\n\t")), text)
        return re.sub(r" +", lambda _: chance.choice(SPACES), text)

    return _on("text", page, edit)


def dashes(chance: random.Random, page: str) -> str:
    """Other dashes between words or days; other hyphens within words."""

    def edit(text: str) -> str:
        if re.search(r"\d{4}-\d\d-\d\d", text):
            return text
        text = _LOOSE_DASH.sub(lambda _: chance.choice(DASHES), text)
        return _HYPHEN.sub(lambda _: chance.choice("-‐‑"), text)

    return _on_words(page, edit)


def letters(chance: random.Random, page: str) -> str:
    """Words with decomposed letters, entities, invisible characters or inline tags."""

    def edit(match: re.Match[str]) -> str:
        word, cut = match[0], chance.randrange(1, 4)
        if word.startswith("&") or chance.random() < 0.6:
            return word
        variants = (
            unicodedata.normalize("NFD", word),
            "".join(f"&#{ord(letter)};" if ord(letter) > 127 or chance.random() < 0.3 else letter for letter in word),
            word[:cut] + chance.choice(INVISIBLE) + word[cut:],
            f'{word[:cut]}<span class="x" lang="en">{word[cut:]}</span>',
            f"<font>{word}</font>",
        )
        return chance.choice(variants) if not unicodedata.combining(word[cut]) else word

    return _on_words(page, lambda text: _WORD.sub(edit, text))


def bullets(chance: random.Random, page: str) -> str:
    """An emoji or a bullet before a line. A pin only on the list: on an edition page it marks the venue."""
    symbols = ("• ", "👉 ", "➡️ ", "· ", "✅\u00a0", "🗓️ ", *(("📍",) if _CANONICAL in page else ()))

    def edit(match: re.Match[str]) -> str:
        return match[0] + chance.choice(symbols) if chance.random() < 0.6 else match[0]

    return _on_markup(page, lambda part: re.sub(r"<(?:p|li|br)\b[^>]*>\s*(?=[^\W\d_])", edit, part, flags=re.I))


# ── tags ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def attributes(chance: random.Random, page: str) -> str:
    """Attributes in another order, with other quotes, and with further ones added."""
    additions = ('data-id="x71"', "data-title='Ghent, Belgium – 4-5 March 2024'", 'dir="ltr"', 'typeof="schema:Thing"')

    def edit(tag: str) -> str:
        name, rest = re.fullmatch(r"<(/?[\w:-]+)(.*?)/?>", tag, re.S).groups()  # type: ignore[union-attr]
        parsed = [(match[1], match[2]) for match in _ATTRIBUTE.finditer(rest)]
        if name.startswith("/") or len({key.lower() for key, _ in parsed}) < len(parsed):
            return tag
        written = [_attribute(chance, key, value) for key, value in parsed]
        if not any(key.startswith(("data-", "dir", "typeof")) for key, _ in parsed):
            written += chance.sample(additions, chance.randrange(3))
        chance.shuffle(written)
        return f"<{' '.join([name, *written])}>"

    return _on("tag", page, edit)


def _attribute(chance: random.Random, name: str, value: str | None) -> str:
    if value is None:
        return name
    quote, other = ('"', "'") if value.startswith('"') else ("'", '"')
    if value[0] == quote and other not in value and chance.random() < 0.4:
        value = f"{other}{value[1:-1]}{other}"
    return f"{name}{chance.choice(('=', '=', ' = '))}{value}"


def capitals(chance: random.Random, page: str) -> str:
    """Tag and attribute names in another case."""
    case = chance.choice((str.upper, str.title))

    def edit(tag: str) -> str:
        name, rest = re.fullmatch(r"<(/?[\w:-]+)(.*)>", tag, re.S).groups()  # type: ignore[union-attr]
        rest = _ATTRIBUTE.sub(lambda match: match[0].replace(match[1], case(match[1]), 1), rest)
        return f"<{case(name)}{rest}>"

    return _on("tag", page, edit)


def comments(chance: random.Random, page: str) -> str:
    """Comments between tags, with editions in them that must be ignored."""
    texts = (" THEME HOOK: 'block' ", " <h2>Next editions</h2> <p>Szeged, Hungary – 11-12 April 2024</p> ", "-")

    def edit(tag: str) -> str:
        return tag + f"<!--{chance.choice(texts)}-->" if chance.random() < 0.15 else tag

    return _on("tag", page, edit)


_FLAT: Final = re.compile(
    r"<(?P<name>p|h[1-6])(?P<rest>\b[^>]*)>(?P<inner>(?:(?!</?(?:p|h[1-6]|div|[uod]l|li|d[td]|table|t[rdh]|section|article)"
    r"\b).)*?)</(?P=name)\s*>",
    re.I | re.S,
)
_WRAPPERS: Final = (
    ('<div class="l-row">', "</div>"),
    ("<section>", "</section>"),
    ('<div><div class="c-1">', "</div></div>"),
)


def wrappers(chance: random.Random, page: str) -> str:
    """Additional elements around blocks, and around the whole main part."""

    def edit(match: re.Match[str]) -> str:
        before, after = chance.choice(_WRAPPERS)
        return f"{before}{match[0]}{after}" if chance.random() < 0.3 else match[0]

    page = _on_markup(page, lambda part: _FLAT.sub(edit, part))
    before, after = chance.choice(_WRAPPERS)
    return re.sub(r"(<main\b[^>]*>)(.*)(</main>)", rf"\1{before}\2{after}\3", page, flags=re.S | re.I)


def headings(chance: random.Random, page: str) -> str:
    """All headings one level lower, or all as bold lines; except the title."""
    bold = chance.random() < 0.5

    def edit(match: re.Match[str]) -> str:
        level = match["name"][1:]
        if not level or level == "1":
            return match[0]
        # in bold, a link is a link and no heading
        if bold and not match["rest"].strip() and "<a " not in match["inner"].lower():
            return f"<p><strong>{match['inner']}</strong></p>"
        lower = min(int(level) + 1, 6)
        return f"<h{lower}{match['rest']}>{match['inner']}</h{lower}>"

    return _on_markup(page, lambda part: _FLAT.sub(edit, part))


def divs_for_paragraphs(chance: random.Random, page: str) -> str:
    """A div in place of every paragraph."""

    def edit(match: re.Match[str]) -> str:
        return f"<div{match['rest']}>{match['inner']}</div>" if match["name"].lower() == "p" else match[0]

    return _on_markup(page, lambda part: _FLAT.sub(edit, part))


# ── lists, paragraphs, <br> ──────────────────────────────────────────────────────────────────────────────────────

_LIST: Final = re.compile(r"<(ul|ol)>\s*((?:<li>(?:(?!</?(?:ul|ol|li|div|p|table)\b).)*?</li>\s*)+)</\1>", re.S | re.I)
_ITEM: Final = re.compile(r"<li>(.*?)</li>", re.S | re.I)
_LINES: Final = re.compile(r"(?:<p>(?:(?!</?(?:p|strong|b)\b).)*?</p>\s*){2,}", re.S | re.I)
_PARAGRAPH: Final = re.compile(r"<p>(.*?)</p>", re.S | re.I)
_CALL_WORDS: Final = re.compile(r"\b(?:calls?|appl\w+|host\w*|deadline|cut-?offs?|express\w*)\b", re.I)


def _marked_up(chance: random.Random, lines: list[str]) -> str:
    """The lines as a list, as paragraphs, or in one block; entries of several lines stay blocks of their own."""
    variants = (
        "<ul>" + "\n".join(f"<li>{line}</li>" for line in lines) + "</ul>",
        "\n".join(f"<p>{line}</p>" for line in lines),
        f"<p>{'<br>'.join(lines)}</p>",
        "<div>" + "\n<br/>\n".join(lines) + "</div>",
    )
    has_breaks = any("<br" in line for line in lines)
    return chance.choice(variants[:2] if has_breaks else variants)


def _are_editions(lines: list[str]) -> bool:
    """Whether every line is a complete edition: a place and a full date, and not part of a call notice."""
    texts = [re.sub(r"<[^>]*>", "", line) for line in lines]
    return all(re.match(r"\W*[^\W\d_]", text) and re.search(r"\d \w+ \d{4}\b", text) for text in texts) and not any(
        map(_CALL_WORDS.search, texts)
    )


def lists(chance: random.Random, page: str) -> str:
    """Lists of editions as other blocks of lines, and the reverse."""

    def edit_with(item: re.Pattern[str]) -> Callable[[re.Match[str]], str]:
        def edit(match: re.Match[str]) -> str:
            lines = item.findall(match[0])
            return _marked_up(chance, lines) if _are_editions(lines) else match[0]

        return edit

    page = _on_markup(page, lambda part: _LIST.sub(edit_with(_ITEM), part))
    return _on_markup(page, lambda part: _LINES.sub(edit_with(_PARAGRAPH), part))


def broken_lines(chance: random.Random, page: str) -> str:
    """Other markup for lines that are separated by `<br>`."""

    def edit(match: re.Match[str]) -> str:
        lines = [line for line in re.split(r"\s*<br\s*/?>\s*", match[1]) if line.replace("&nbsp;", " ").strip()]
        bold = [line for line in lines if re.fullmatch(r"<(strong|b)>.*</\1>", line.strip(), re.S)]
        rest = [line for line in lines if line not in bold]
        can_split = rest and _are_editions(rest) and not re.search(r"<br", "".join(lines))
        # a bold line over other events takes the rest of its own paragraph alone (S3)
        can_split = can_split and not re.search(r"related|other", "".join(bold), re.I)
        return _marked_up(chance, lines) if can_split else match[0]

    return _on_markup(page, lambda part: _PARAGRAPH.sub(edit, part))


def order(chance: random.Random, page: str) -> str:
    """The lines of a list in another order."""

    def edit(match: re.Match[str]) -> str:
        lines = _ITEM.findall(match[0])
        if not _are_editions(lines):
            return match[0]
        return f"<{match[1]}>" + "".join(f"<li>{line}</li>\n" for line in chance.sample(lines, len(lines))) + "</ul>"

    return _on_markup(page, lambda part: _LIST.sub(edit, part)) if "<ol" not in page else page


# ── around the main part ─────────────────────────────────────────────────────────────────────────────────────────


def tokens(chance: random.Random, page: str) -> str:
    """The tokens that the site generates for every response."""
    new = f"{chance.getrandbits(48):012x}"
    page = re.sub(r"form-8Zq1vT0a2b7c", f"form-{new}", page)
    page = re.sub(r'nonce="\w+"', f'nonce="{new[:8]}"', page)
    page = re.sub(r"(css|js)_s8x2k1", rf"\1_{new[:6]}", page)
    fresh = f'<form method="post"><input type="hidden" name="form_token" value="{new}"></form>'
    return page.replace("</main>", f"{fresh}</main>", 1).replace("206740", str(chance.randrange(10**6)))


_ABOVE: Final = (
    '<nav class="menu"><h2>Upcoming editions</h2><a href="/u">Utrecht, Netherlands – 3-4 June 2024</a></nav>',
    '<div role="alertdialog"><p>We use cookies. The consent is valid until 31 December 2024.</p></div>',
    "<header role='banner'><p>Apply now: the call for hosts of events in 2027 is open until 3 May 2026.</p></header>",
    "<noscript><p>Ghent, Belgium – 4-5 March 2024</p></noscript><template><h2>Past editions</h2></template>",
)
_BELOW: Final = (
    "<aside><h2>Past events</h2><ul><li>Linz, Austria – 5-6 October 2022</li></ul></aside>",
    "<footer><h2>Next events</h2><p>Plovdiv, Bulgaria – 20-21 May 2024</p></footer>",
    '<script>window.next = "<p>Granada, Spain – 1-2 June 2024</p>";</script>',
    '<nav role="navigation" class="pager"><a href="?page=1">Next</a><a href="?page=0">Previous</a></nav>',
)
_MENUS: Final = re.compile(r"<(nav|noscript|template|footer)\b(?:(?!</?\1\b).)*</\1>\n?", re.S | re.I)


def boilerplate(chance: random.Random, page: str) -> str:
    """Some of the boilerplate around the main part is removed, and other boilerplate added."""
    above, main, rest = page.partition("<main")
    inner, closing, below = rest.rpartition("</main>")
    if not (main and closing):
        return page
    above = _MENUS.sub(lambda match: match[0] if chance.random() < 0.5 else "", above)
    below = _MENUS.sub(lambda match: match[0] if chance.random() < 0.5 else "", below)
    above += "".join(chance.sample(_ABOVE, chance.randrange(3)))
    return above + main + inner + closing + "".join(chance.sample(_BELOW, chance.randrange(3))) + below


PageEdit = Callable[[random.Random, str], str]
EDITS: Final[tuple[PageEdit, ...]] = (
    lists,
    broken_lines,
    order,
    headings,
    divs_for_paragraphs,
    wrappers,
    bullets,
    spaces,
    dashes,
    letters,
    attributes,
    capitals,
    comments,
    tokens,
    boilerplate,
)
"""Applied in this order: edits that look for lines come before edits that make lines hard to find."""
