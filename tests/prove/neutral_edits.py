"""Ways to type, tag and furnish a page otherwise that carry no meaning by the rules of reading."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Final

from tests.shapes.noise import DASHES, INVISIBLE, SPACES

# ── the parts of a document ──────────────────────────────────────────────────────────────────────────────────────

_RAW_NAMES = "script|style|title|textarea|iframe|xmp|noembed|noframes"
_RAW = rf"<!--.*?-->|<(?P<raw>{_RAW_NAMES})\b.*?</(?P=raw)\s*>|<head\b.*?</head>|<!doctype[^>]*>"
_PART: Final = re.compile(rf"{_RAW}|<(/?[a-z](?:[^>\"']|\"[^\"]*\"|'[^']*')*)>", re.I | re.S)
_ATTRIBUTE: Final = re.compile(r"""([^\s=/>"']+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s>"']+))?""")

Retype = Callable[[str], str]


def _parts(page: str) -> Iterator[tuple[str, str]]:
    """Text, tags, and what is neither (comments, scripts, the head), in order."""
    at = 0
    for part in _PART.finditer(page):
        yield "text", page[at : part.start()]
        yield ("tag" if part[2] else "raw"), part[0]
        at = part.end()
    yield "text", page[at:]


def _on(what: str, page: str, retype: Retype) -> str:
    return "".join(retype(part) if kind == what else part for kind, part in _parts(page))


def _on_words(page: str, retype: Retype) -> str:
    """Addresses that stand in the text are no words: another sign in them is another address."""
    return _on("text", page, lambda text: text if re.search(r"@|://|www\.", text) else retype(text))


def _on_markup(page: str, retype: Retype) -> str:
    """On whole stretches of text and tags."""
    runs: list[list[str]] = [["markup", ""]]
    for kind, part in _parts(page):
        kind = "raw" if kind == "raw" else "markup"
        if runs[-1][0] == kind:
            runs[-1][1] += part
        else:
            runs.append([kind, part])
    return "".join(retype(part) if kind == "markup" else part for kind, part in runs)


# ── typing ───────────────────────────────────────────────────────────────────────────────────────────────────────

_LOOSE_DASH: Final = re.compile(rf"(?<=[\s;])[{DASHES}](?=[\s&])|(?<=\d)[{DASHES}](?=\d)")
_HYPHEN: Final = re.compile(r"(?<=[^\W\d_])[-‐‑](?=[^\W\d_])")
_WORD: Final = re.compile(r"&#?\w+;|[^\W\d_]{4,}")


_CANONICAL: Final = 'href="https://clustercollaboration.eu/events/organised-by-eccp/clusters-meet-regions"'
"""On the list of all editions only."""


def spaces(chance: random.Random, page: str) -> str:
    """Any space between words; between elements only what HTML takes for a space."""

    def retype(text: str) -> str:
        if not text.strip():
            return re.sub(r"\n", lambda _: chance.choice(("\n", "\n\n", "\r\n   ", "\n\t")), text)
        return re.sub(r" +", lambda _: chance.choice(SPACES), text)

    return _on("text", page, retype)


def dashes(chance: random.Random, page: str) -> str:
    """Any dash between words or days; within a word any hyphen."""

    def retype(text: str) -> str:
        if re.search(r"\d{4}-\d\d-\d\d", text):
            return text
        text = _LOOSE_DASH.sub(lambda _: chance.choice(DASHES), text)
        return _HYPHEN.sub(lambda _: chance.choice("-‐‑"), text)

    return _on_words(page, retype)


def letters(chance: random.Random, page: str) -> str:
    """Composed or decomposed, as entities, with signs in between that nobody sees, in tags of their own."""

    def retype(match: re.Match[str]) -> str:
        word, cut = match[0], chance.randrange(1, 4)
        if word.startswith("&") or chance.random() < 0.6:
            return word
        ways = (
            unicodedata.normalize("NFD", word),
            "".join(f"&#{ord(letter)};" if ord(letter) > 127 or chance.random() < 0.3 else letter for letter in word),
            word[:cut] + chance.choice(INVISIBLE) + word[cut:],
            f'{word[:cut]}<span class="x" lang="en">{word[cut:]}</span>',
            f"<font>{word}</font>",
        )
        return chance.choice(ways) if not unicodedata.combining(word[cut]) else word

    return _on_words(page, lambda text: _WORD.sub(retype, text))


def bullets(chance: random.Random, page: str) -> str:
    """An emoji or a bullet before a line; but on an edition's own page a pin has a meaning: here is the venue."""
    signs = ("• ", "👉 ", "➡️ ", "· ", "✅\u00a0", "🗓️ ", *(("📍",) if _CANONICAL in page else ()))

    def retype(match: re.Match[str]) -> str:
        return match[0] + chance.choice(signs) if chance.random() < 0.6 else match[0]

    return _on_markup(page, lambda part: re.sub(r"<(?:p|li|br)\b[^>]*>\s*(?=[^\W\d_])", retype, part, flags=re.I))


# ── tags ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def attributes(chance: random.Random, page: str) -> str:
    """In another order, between other quotes, and with more of them."""
    more = ('data-id="x71"', "data-title='Ghent, Belgium – 4-5 March 2024'", 'dir="ltr"', 'typeof="schema:Thing"')

    def retype(tag: str) -> str:
        name, rest = re.fullmatch(r"<(/?[\w:-]+)(.*?)/?>", tag, re.S).groups()  # type: ignore[union-attr]
        found = [(one[1], one[2]) for one in _ATTRIBUTE.finditer(rest)]
        if name.startswith("/") or len({one.lower() for one, _ in found}) < len(found):
            return tag
        kept = [_attribute(chance, *one) for one in found]
        if not any(one.startswith(("data-", "dir", "typeof")) for one, _ in found):
            kept += chance.sample(more, chance.randrange(3))
        chance.shuffle(kept)
        return f"<{' '.join([name, *kept])}>"

    return _on("tag", page, retype)


def _attribute(chance: random.Random, name: str, value: str | None) -> str:
    if value is None:
        return name
    quote, other = ('"', "'") if value.startswith('"') else ("'", '"')
    if value[0] == quote and other not in value and chance.random() < 0.4:
        value = f"{other}{value[1:-1]}{other}"
    return f"{name}{chance.choice(('=', '=', ' = '))}{value}"


def capitals(chance: random.Random, page: str) -> str:
    """The names of tags and attributes in another case."""
    case = chance.choice((str.upper, str.title))

    def retype(tag: str) -> str:
        name, rest = re.fullmatch(r"<(/?[\w:-]+)(.*)>", tag, re.S).groups()  # type: ignore[union-attr]
        rest = _ATTRIBUTE.sub(lambda one: one[0].replace(one[1], case(one[1]), 1), rest)
        return f"<{case(name)}{rest}>"

    return _on("tag", page, retype)


def comments(chance: random.Random, page: str) -> str:
    """Between any two tags, with somebody else's editions in them."""
    texts = (" THEME HOOK: 'block' ", " <h2>Next editions</h2> <p>Szeged, Hungary – 11-12 April 2024</p> ", "-")

    def retype(tag: str) -> str:
        return tag + f"<!--{chance.choice(texts)}-->" if chance.random() < 0.15 else tag

    return _on("tag", page, retype)


_FLAT: Final = re.compile(
    r"<(?P<name>p|h[1-6])(?P<rest>\b[^>]*)>(?P<inner>(?:(?!</?(?:p|h[1-6]|div|[uod]l|li|d[td]|table|t[rdh]|section|article)"
    r"\b).)*?)</(?P=name)\s*>",
    re.I | re.S,
)
_BOXES: Final = (
    ('<div class="l-row">', "</div>"),
    ("<section>", "</section>"),
    ('<div><div class="c-1">', "</div></div>"),
)


def wrappers(chance: random.Random, page: str) -> str:
    """Blocks in boxes, and all of the page's own part in some more."""

    def retype(match: re.Match[str]) -> str:
        before, after = chance.choice(_BOXES)
        return f"{before}{match[0]}{after}" if chance.random() < 0.3 else match[0]

    page = _on_markup(page, lambda part: _FLAT.sub(retype, part))
    before, after = chance.choice(_BOXES)
    return re.sub(r"(<main\b[^>]*>)(.*)(</main>)", rf"\1{before}\2{after}\3", page, flags=re.S | re.I)


def headings(chance: random.Random, page: str) -> str:
    """All headings one level lower, or all of them bold lines; the title stays."""
    bold = chance.random() < 0.5

    def retype(match: re.Match[str]) -> str:
        level = match["name"][1:]
        if not level or level == "1":
            return match[0]
        if bold and not match["rest"].strip():
            return f"<p><strong>{match['inner']}</strong></p>"
        lower = min(int(level) + 1, 6)
        return f"<h{lower}{match['rest']}>{match['inner']}</h{lower}>"

    return _on_markup(page, lambda part: _FLAT.sub(retype, part))


def boxes_for_paragraphs(chance: random.Random, page: str) -> str:
    """Every paragraph is a div."""

    def retype(match: re.Match[str]) -> str:
        return f"<div{match['rest']}>{match['inner']}</div>" if match["name"].lower() == "p" else match[0]

    return _on_markup(page, lambda part: _FLAT.sub(retype, part))


# ── lists, paragraphs, <br> ──────────────────────────────────────────────────────────────────────────────────────

_LIST: Final = re.compile(r"<(ul|ol)>\s*((?:<li>(?:(?!</?(?:ul|ol|li|div|p|table)\b).)*?</li>\s*)+)</\1>", re.S | re.I)
_ITEM: Final = re.compile(r"<li>(.*?)</li>", re.S | re.I)
_LINES: Final = re.compile(r"(?:<p>(?:(?!</?(?:p|strong|b)\b).)*?</p>\s*){2,}", re.S | re.I)
_PARAGRAPH: Final = re.compile(r"<p>(.*?)</p>", re.S | re.I)
_SPEAKS_OF_A_CALL: Final = re.compile(r"\b(?:calls?|appl\w+|host\w*|deadline|cut-?offs?|express\w*)\b", re.I)


def _written(chance: random.Random, lines: list[str]) -> str:
    """The same lines as a list, as paragraphs, or in one block."""
    ways = (
        "<ul>" + "\n".join(f"<li>{line}</li>" for line in lines) + "</ul>",
        "\n".join(f"<p>{line}</p>" for line in lines),
        f"<p>{'<br>'.join(lines)}</p>",
        "<div>" + "\n<br/>\n".join(lines) + "</div>",
    )
    return chance.choice(ways)


def _are_editions(lines: list[str]) -> bool:
    """Whether each of them stands for itself: a place with its whole date, and no part of a notice."""
    texts = [re.sub(r"<[^>]*>", "", line) for line in lines]
    return all(re.match(r"\W*[^\W\d_]", text) and re.search(r"\d \w+ \d{4}\b", text) for text in texts) and not any(
        map(_SPEAKS_OF_A_CALL.search, texts)
    )


def lists(chance: random.Random, page: str) -> str:
    """Lines that are a list are none, and the other way round."""

    def retype(item: re.Pattern[str]) -> Callable[[re.Match[str]], str]:
        def written(match: re.Match[str]) -> str:
            lines = item.findall(match[0])
            return _written(chance, lines) if _are_editions(lines) else match[0]

        return written

    page = _on_markup(page, lambda part: _LIST.sub(retype(_ITEM), part))
    return _on_markup(page, lambda part: _LINES.sub(retype(_PARAGRAPH), part))


def broken_lines(chance: random.Random, page: str) -> str:
    """Lines parted by `<br>` are paragraphs."""

    def retype(match: re.Match[str]) -> str:
        lines = [line for line in re.split(r"\s*<br\s*/?>\s*", match[1]) if line.replace("&nbsp;", " ").strip()]
        bold = [line for line in lines if re.fullmatch(r"<(strong|b)>.*</\1>", line.strip(), re.S)]
        rest = [line for line in lines if line not in bold]
        can_part = rest and _are_editions(rest) and not re.search(r"<br", "".join(lines))
        return _written(chance, lines) if can_part else match[0]

    return _on_markup(page, lambda part: _PARAGRAPH.sub(retype, part))


def order(chance: random.Random, page: str) -> str:
    """The lines of a list in another order."""

    def retype(match: re.Match[str]) -> str:
        lines = _ITEM.findall(match[0])
        if not _are_editions(lines):
            return match[0]
        return f"<{match[1]}>" + "".join(f"<li>{line}</li>\n" for line in chance.sample(lines, len(lines))) + "</ul>"

    return _on_markup(page, lambda part: _LIST.sub(retype, part)) if "<ol" not in page else page


# ── what stands around ───────────────────────────────────────────────────────────────────────────────────────────


def tokens(chance: random.Random, page: str) -> str:
    """What the site makes anew for every answer."""
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


def furniture(chance: random.Random, page: str) -> str:
    """Some of what stood around the page's own part goes, something else comes."""
    above, main, rest = page.partition("<main")
    inner, closing, below = rest.rpartition("</main>")
    if not (main and closing):
        return page
    above = _MENUS.sub(lambda one: one[0] if chance.random() < 0.5 else "", above)
    below = _MENUS.sub(lambda one: one[0] if chance.random() < 0.5 else "", below)
    above += "".join(chance.sample(_ABOVE, chance.randrange(3)))
    return above + main + inner + closing + "".join(chance.sample(_BELOW, chance.randrange(3))) + below


Way = Callable[[random.Random, str], str]
WAYS: Final[tuple[Way, ...]] = (
    lists,
    broken_lines,
    order,
    headings,
    boxes_for_paragraphs,
    wrappers,
    bullets,
    spaces,
    dashes,
    letters,
    attributes,
    capitals,
    comments,
    tokens,
    furniture,
)
"""In this order: what looks for lines comes before what hides them."""
