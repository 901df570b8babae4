"""The call page: one call for expression of interest, with its cut-off dates (READING C2–C6, O4).

Pure, linear. Errors: ParseError.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final, NamedTuple

from cmr_watch.models.evidence import Evidence, Use
from cmr_watch.models.readings import CallNotice, CallStatus, Cutoff, Outline, Snapshot
from cmr_watch.reading.application import Mail, contact, form_address, needs
from cmr_watch.reading.apply_link import apply_link, links_in
from cmr_watch.reading.article import Article, articles, base_of
from cmr_watch.reading.call_state import find_state, read_state
from cmr_watch.reading.calls import calls_apart
from cmr_watch.reading.clauses import Span
from cmr_watch.reading.document import Document
from cmr_watch.reading.evidence import RULE_OF_FIELD, EvidenceLog, Source, numbered
from cmr_watch.reading.headings import meaning
from cmr_watch.reading.hosting_years import find_hosting_years
from cmr_watch.reading.lines import Line, Where
from cmr_watch.reading.links import resolve
from cmr_watch.reading.notices import mentions_call, names_call_itself, names_hosting, whole_sentences
from cmr_watch.reading.schedule import Schedule, read_schedule
from cmr_watch.reading.schedule_entries import entries_of
from cmr_watch.reading.tokens import Text

URL: Final = "https://clustercollaboration.eu/content/call-expression-interest-clusters-meet-regions"
"""The page's canonical address: relative links are resolved against it (O2)."""

_LONGEST_TEXT: Final = 2_000
_LONGEST_TITLE: Final = 300

Result = tuple[Snapshot, Evidence]


def read_call(document: Document, url: str | None = None) -> Result:
    """What the call page says, and where. `url` is the page's address: relative links are resolved against it."""
    found = list(articles(document, names_call_of_interest))
    ours = [article for article in found if _is_ours(article)]
    if ours:
        return _read(max(ours, key=_worth), document, base_of(url, URL))
    headings = found[0].headings if found else ()
    return Snapshot("call", outline=Outline(document.is_complete, (), headings=headings)), Evidence()


# ── does it name a call? ─────────────────────────────────────────────────────────────────────────────────────────────


def names_call_of_interest(text: Text) -> bool:
    """Whether a text names a call, or an expression of interest."""
    return mentions_call(text) or text.has("interest")


def _is_ours(article: Article) -> bool:
    """Whether it names a call and what is hosted, and is not the page with both lists, which contains a notice of it.

    “Open calls” alone may be the heading of any calls, or a link of the menu.
    """
    lines = article.all_lines
    own = (article.title, *article.lines) if article.title else article.lines
    if _lists_editions(lines) or not any(_names_ours(line.scan) for line in own):
        return False
    return any(names_call_of_interest(line.scan) and (line is article.title or _is_own_call(line)) for line in own)


def _is_own_call(line: Line) -> bool:
    return line.scan.has("interest") or _names_ours(line.scan) or not (line.is_heading or line.is_link)


def _worth(article: Article) -> tuple[bool, bool]:
    """Whether a line names both, and whether any mentions applying or a closing date."""
    texts = [line.scan for line in article.lines]
    is_whole = any(names_call_of_interest(text) and _names_ours(text) for text in texts)
    return is_whole, any(text.has("cutoff", "until", "apply") for text in texts)


def _names_ours(text: Text) -> bool:
    return text.has("hosting", "series") or names_hosting(text)


def _lists_editions(lines: Sequence[Line]) -> bool:
    """Whether it is the page with both lists, which has a notice of the call but is not the call's page."""
    return {meaning(line.text, is_marked=line.is_heading).section for line in lines} >= {"upcoming", "past"}


# ── the call ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _read(article: Article, document: Document, url: str) -> Result:
    log = EvidenceLog()
    whole, article = article, _call_that_counts(article)
    schedule = read_schedule(article.lines)
    outline = Outline(document.is_complete, (), schedule.dated_lines, schedule.unread_lines, article.headings)
    whole.note_lines(log, "C3")
    call = _call(article, schedule, document, url, log)
    calls = (call,) if call else ()
    return Snapshot("call", (), calls, schedule.warnings, outline), whole.evidence(log)


_RANKS: Final[dict[CallStatus | None, int]] = {"open": 0, None: 0, "announced": 1, "closed": 2}


def _call_that_counts(article: Article) -> Article:
    """The article without the lines of other calls: the open one counts, else the announced one, else the last (O1)."""
    calls = calls_apart(article.lines, is_page=True)
    states = [read_state([line.scan for line in lines], (), has_form=False) for lines in calls]
    ranks = [_RANKS[state] for state in states]
    number = len(calls) - 1 if min(ranks) == _RANKS["closed"] else ranks.index(min(ranks))
    return replace(article, lines=tuple(calls[number])) if len(calls) > 1 else article


class _Said(NamedTuple):
    """What the parts of a call's page say, and where."""

    status: CallStatus
    paragraph: Line | None
    years: dict[int, Where]
    form: str | None
    form_at: Where | None
    mail: Mail | None
    needs: Sequence[tuple[str, Where]]


def _call(article: Article, schedule: Schedule, document: Document, url: str, log: EvidenceLog) -> CallNotice | None:
    said = _said(article, schedule.cutoffs, document, url)
    if said is None:
        return None
    _note(log, _sources(article, schedule.places, said))
    return CallNotice(
        status=said.status,
        hosting_years=tuple(sorted(said.years)),
        cutoffs=schedule.cutoffs,
        title=article.title.shown[:_LONGEST_TITLE] if article.title else None,
        apply_url=said.form,
        text=said.paragraph.shown[:_LONGEST_TEXT] if said.paragraph else "",
        contact=said.mail.address if said.mail else None,
        needs=tuple(need for need, _ in said.needs),
    )


def _said(article: Article, cutoffs: Sequence[Cutoff], document: Document, url: str) -> _Said | None:
    title, lines = article.title, whole_sentences(article.lines)
    form, form_at, has_form = _form(article.lines, document, url)
    status = read_state([line.scan for line in (title, *lines) if line], cutoffs, has_form=has_form)
    if status is None:
        return None
    paragraph = _paragraph(lines) or title
    years = _hosting_years([one for one in (title, paragraph) if one], lines)
    return _Said(status, paragraph, years, form, form_at, contact(article.lines), needs(article.lines))


def _form(lines: Sequence[Line], document: Document, url: str) -> tuple[str | None, Where | None, bool]:
    """Where to apply, where the page says so, and whether it is a form (C6)."""
    link = apply_link(list(links_in(lines, url)))
    if link:
        return link.address.url, link.address.where, link.is_form
    form = form_address(document)
    return (None, None, False) if form is None else (resolve(url, form) or url, None, True)


def _sources(article: Article, cutoffs: Sequence[Where], said: _Said) -> Iterator[Source]:
    """Where each field of the call was read."""
    main = said.paragraph or article.lines[0]
    yield Source("text", _whole(main))
    yield Source("status", _where_said(said.status, (main, *article.lines)) or said.form_at or _whole(main), "C6")
    yield from (Source("hosting_years", one) for one in sorted({*said.years.values()}, key=lambda one: one[1:]))
    yield from numbered("needs", [where for _, where in said.needs], "O1")
    yield from numbered("cutoffs", cutoffs, "C4")
    if said.mail:
        yield Source("contact", said.mail.where)
    if said.form:
        yield Source("apply_url", said.form_at or _whole(main), "" if said.form_at else "C6")
    if article.title:
        yield Source("title", _whole(article.title))


def _whole(line: Line) -> Where:
    return Where(line, 0, len(line.text))


def _where_said(status: CallStatus, lines: Iterable[Line]) -> Where | None:
    """The first words that say the state."""
    for line in lines:
        found = find_state(line.scan)
        if found and found[0] == status:
            return Where(line, found[1].start, found[1].end)
    return None


_USES: Final[dict[str, Use]] = {"text": "call", "status": "call", "hosting_years": "call", "cutoffs": "cut-off"}


def _note(log: EvidenceLog, found: Iterable[Source]) -> None:
    """Note where each field was read, and how its line was classified; a heading stays one, except for a cut-off."""
    sources = list(found)
    log.note_all("calls[0]", sources)
    for name, (line, _, _), rule in sources:
        use = _USES.get(name.partition("[")[0], "application")
        if use == "cut-off" or not (line.is_heading or line.level):
            log.use(line, use, "C3" if use == "cut-off" else rule or RULE_OF_FIELD[name])


def _paragraph(lines: Sequence[Line]) -> Line | None:
    """The paragraph that names the call: it and what is hosted, or else the call alone."""
    lines = [line for line in lines if not line.is_heading and not _is_thanks(line.scan)]
    both = (line for line in lines if names_call_of_interest(line.scan) and _names_ours(line.scan))
    call = (line for line in lines if names_call_of_interest(line.scan))
    return next(both, None) or next(call, None)


def _is_thanks(text: Text) -> bool:
    """Thanks for an earlier call, or how its hosts were selected, do not count (C1)."""
    return text.has("thanks") and not names_call_itself(text)


def _hosting_years(first: Sequence[Line], lines: Sequence[Line]) -> dict[int, Where]:
    """By the title, then the paragraph, then the first other line, with its label, that names some (O4)."""
    for line in first:
        if years := find_hosting_years(line.scan, is_headed=True):
            return {year: Where(line, *words) for year, words in years.items()}
    others = (entry for entry in entries_of(lines) if not _is_thanks(entry.scan))
    for entry in islice(others, _MOST_LINES):
        text = entry.scan if entry.line.row is None else entry.line.scan
        if years := find_hosting_years(text, is_headed=True):
            return {year: _in_line(entry.line, text, words) for year, words in years.items()}
    return {}


def _in_line(line: Line, text: Text, words: Span) -> Where:
    """The position of words of a text in its line, which may begin with a label."""
    start, end = (max(0, position - len(text.text) + len(line.text)) for position in words)
    return Where(line, start, end) if start < end else _whole(line)


_MOST_LINES: Final = 200
