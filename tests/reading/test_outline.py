"""Text lines: the same words, whatever tags carry them."""

from __future__ import annotations

import pytest

from tests.reading.pages import days, read_upcoming

TWO = [("Lyon", "2025-10-12/10-13"), ("Brno", "2025-05-01/05-02")]
L, B = "Lyon, France – 12-13 October 2025", "Brno, Czechia – 1-2 May 2025"
SHAPES = [  # newest bugs on top
    ("preformatted", f"<pre>{L}\n{B}</pre>"),
    ("two in a row", f"<table><tr><td>{L}</td><td>{B}</td></tr></table>"),
    (
        "two cards in a row",
        "<table><tr><td>Lyon, France<br>12-13 October 2025<td>Brno, Czechia<br>1-2 May 2025</table>",
    ),
    ("cells", "<table><tr><td>Lyon<td>France<td>12-13 October 2025<tr><td>Brno<td>Czechia<td>1-2 May 2025</table>"),
    ("date first", "<table><tr><td>12-13 October 2025<td>Lyon, France<tr><td>1-2 May 2025<td>Brno, Czechia</table>"),
    (
        "year beside",
        "<table><tr><td rowspan=2>2025<td>Lyon, France<td>12-13 October<tr><td>Brno, Czechia<td>1-2 May</table>",
    ),
    ("unclosed", f"<P>{L}<P>{B}"),
    ("unclosed items", f"<UL><LI>{L}<LI>{B}</UL>"),
    ("one block", f"<p>{L}<br>{B}</p>"),
    ("semicolon", f"<p>{L}; {B}.</p>"),
    ("next line", "<p>Lyon, France<br>12-13 October 2025</p><p>Brno, Czechia</p><p>1-2 May 2025</p>"),
    ("date above", "<p>12-13 October 2025<br>Lyon, France</p><p>1-2 May 2025<br>Brno, Czechia</p>"),
    (
        "cards",
        "<h3>Lyon, France</h3><p>📅 12-13 October 2025</p><p>5G</p><h3>Brno, Czechia</h3><p>1-2 May 2025</p>",
    ),
    ("with venues", f"<p>{L}<br>📍 Cité Internationale, Lyon, France</p><p>{B}</p>"),
    ("definitions", "<dl><dt>Lyon, France<dd>12-13 October 2025<dt>Brno, Czechia<dd>1-2 May 2025</dl>"),
    (
        "word paste",
        f'<p class="MsoNormal"><span lang=EN-GB>{L}<o:p></o:p></span></p><p>&nbsp;</p><p><font>{B}</font></p>',
    ),
    ("raised ordinals", f"<p>Lyon, France – 12<sup>th</sup>-13<sup>th</sup> October 2025</p><p>{B}</p>"),
    ("one link over both", f'<p><a href="/x">{L}<br>{B}</a></p>'),
    (
        "struck out",
        f"<p>{L.replace('12-13', '<s>1-2 May 2024</s> 12-13')}</p><p><del>Rome, Italy – 1 May 2025</del></p><p>{B}</p>",
    ),
    (
        "entities",
        "<p>Lyon,&nbsp;France&#8211;12&ndash;13&nbsp;October&thinsp;2025</p><p>Brno, Czechia – 1&minus;2 May 2025",
    ),
    ("invisible", "<p>Ly&shy;on, Fra\u200bnce – 12-\u206013 Octo\u00adber 2025</p><p>\ufeff" + B),
    (
        "google docs",
        f'<b style="font-weight:normal;" id="docs-internal-guid-1"><p><span style="font-weight:400">{L}</span></p>'
        f'<p><span style="font-weight:400">Contact</span></p><p><span>{B}</span></p></b>',
    ),
    (
        "badges of a date",
        "<div class=card><div>12-13</div><div>Oct</div><div>2025</div><h4>Lyon, France</h4></div>"
        "<div class=card><div>1-2</div><div>May</div><div>2025</div><h4>Brno, Czechia</h4></div>",
    ),
    (
        "first and last day",
        "<table><tr><th>Place<th>From<th>To<tr><td>Lyon, France<td>12 October 2025<td>13 October 2025"
        "<tr><td>Brno, Czechia<td>1 May 2025<td>2 May 2025</table>",
    ),
    ("row heads", "<table><tr><th>Lyon, France<td>12-13 October 2025<tr><th>Brno, Czechia<td>1-2 May 2025</table>"),
    (
        "labels",
        "<p>Place: Lyon, France<br>Date: 12-13 October 2025</p><p>Place: Brno, Czechia<br>Date: 1-2 May 2025</p>",
    ),
    ("nested", f"<div><div><ul><li><p><span>{L}</span></p></li></ul></div><section><div>{B}</div></section></div>"),
]


@pytest.mark.parametrize("body", [body for _, body in SHAPES], ids=[name for name, _ in SHAPES])
def test_two_editions_in_every_shape(body: str) -> None:
    page = read_upcoming(body)

    assert [(edition.city, days(edition)) for edition in page.editions] == TWO
    assert page.warnings == ()


REMARKS = [
    ("<p>SAVE THE DATE!<br>{l}</p><p>{b}</p>", ["save_the_date", "scheduled"]),
    ("<p>{l}<br>SAVE THE DATE!</p><p>{b}</p>", ["save_the_date", "scheduled"]),
    ("<p>{l}</p><p>SAVE THE DATE!</p><p>{b}</p>", ["save_the_date", "scheduled"]),
    ("<p>{l}</p><p>SAVE THE DATE!<br>{b}</p>", ["scheduled", "save_the_date"]),
    ("<p>{l}</p><p>{b}</p><p>CANCELLED</p>", ["scheduled", "cancelled"]),
    ("<h3>SAVE THE DATE!</h3><p>{l}</p><p>{b}</p>", ["save_the_date", "save_the_date"]),
    ("<p>CANCELLED:</p><p>{l}</p><h3>2025</h3><p>{b}</p>", ["cancelled", "scheduled"]),
    ("<table><tr><td>{l}<td>cancelled<tr><td>{b}<td></table>", ["cancelled", "scheduled"]),
]


@pytest.mark.parametrize(("body", "statuses"), REMARKS)
def test_a_remark_belongs_to_the_line_beside_it(body: str, statuses: list[str]) -> None:
    page = read_upcoming(body.format(l=L, b=B))

    assert [edition.status for edition in page.editions] == statuses


def test_a_summary_in_the_next_line() -> None:
    page = read_upcoming(f'<p>{L}</p><p>📑 <a href="/s">Read the event summary</a></p><p>{B}</p>')

    assert [edition.summary_url for edition in page.editions] == ["https://clustercollaboration.eu/s", None]


def test_marks_beyond_measure_are_cut() -> None:
    page = read_upcoming(f"<p>{'a' + chr(0x323) * 100_000}</p><p>{L}</p><p>{B}</p>")

    assert len(page.editions) == 2
