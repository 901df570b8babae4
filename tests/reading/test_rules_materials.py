"""The materials of an edition's own page: O3 of docs/reading.md, each with a neighbour."""

from __future__ import annotations

import pytest

from tests.reading.rules import path
from tests.reading.test_rules_edition import WHEN, only

MATERIALS: list[tuple[str, str]] = [  # O3: a paragraph, and the kinds of its links
    *[
        (f"<a href='/x'>{words}</a>", kind)
        for words, kind in [
            *[
                ("Agenda", "agenda"),
                ("Programme", "agenda"),
                ("Draft program", "agenda"),
                ("Participant booklet", "booklet"),
            ],
            *[
                ("Input paper", "paper"),
                ("Background note", "paper"),
                ("Concept note", "paper"),
                ("Discussion paper", "paper"),
            ],
            *[
                ("Issue paper", "paper"),
                ("White book", "paper"),
                ("White paper", "paper"),
                ("Event summary", "summary"),
            ],
            *[
                ("Proceedings", "proceedings"),
                ("Final report", "proceedings"),
                ("Photos", "photos"),
                ("Picture gallery", "photos"),
            ],
            *[
                ("Slides", "slides"),
                ("Download presentation", "slides"),
                ("Recording", "recording"),
                ("Video", "recording"),
            ],
            *[("Watch the event", "recording"), ("Summary report", "summary"), ("Report and photos", "proceedings")],
            *[
                ("Presentation of the programme", "slides"),
                ("Photo report", "photos"),
                ("Video and report", "recording"),
            ],
            *[
                ("Session recording", "recording"),
                ("AGENDA_Ghent_2027.pdf", "agenda"),
                ("Summary and agenda", "summary"),
            ],
            *[("Skills Agenda", ""), ("Single Market Programme", ""), ("Watch live", ""), ("Live stream", "")],
            *[("List of participants", ""), ("Press release", ""), ("Privacy statement", ""), ("YouTube channel", "")],
            *[("Digital Europe Programme", ""), ("Register", "")],
        ]
    ],
    ("<a href='/x'>Presentation videos</a>", "recording"),
    ("<a href='/x'>Agenda 2030</a>", ""),
    ("<a href='/x'>Policy paper</a>", ""),
    ("Read the agenda <a href='/x'>here</a>.", "agenda"),
    ("Input paper: <a href='/x'>download</a>", "paper"),
    ("Agenda: <a href='/x'>EN</a> / <a href='/y'>FR</a>", "agenda agenda"),
    ("Proceedings: <a href='/x.pdf'>PDF</a> (2 MB)", "proceedings"),
    ("</p><h3>Presentations</h3><p><a href='/x.pdf'>Ann Lee</a>", "slides"),
    ("</p><h3>Presentations</h3><p><a href='https://lee.example/'>Ann Lee</a>", ""),
    ("</p><h3>Presentations</h3><p><a href='/x.pdf'>Session 1</a> <a href='/y.pdf'>Day 2</a>", "slides slides"),
    (
        "</p><table><tr><th>Speaker</th><th>Slides</th></tr><tr><td>Ann Lee</td><td>"
        "<a href='/x.pdf'>PDF</a></td></tr></table><p>",
        "slides",
    ),
    ("</p><h3>Photos</h3><p><a href='https://www.flickr.com/photos/1'>Morning</a>", "photos"),
    ("</p><h3>Photos</h3><p>See the agenda <a href='/x'>here</a>.", "agenda"),
    ("Photos will be taken; see our <a href='/p'>privacy statement</a>", ""),
    ("10:30 Presentation by <a href='https://bio.example'>BioPark</a>", ""),
    ("The summary will be published <a href='/c'>on our channel</a>.", ""),
    ("<a href='/x'>Agenda</a> <a href='/x'>Programme</a>", "agenda"),
    (
        "<a href='/x'>Agenda</a> and <a href='/x'>the report</a>",
        "agenda",
    ),
    ("<a href='/x'>Agenda of the Porto edition</a>", ""),
    ("</p><h3>Other events</h3><p><a href='/x'>Agenda</a> <a href='/y'>Photos</a>", ""),
    ("</p><h3>Previous editions</h3><p>Porto: <a href='/x'>Event summary</a>", ""),
    ("<a href='mailto:a@b.eu'>Ask for the agenda</a> <a href='#agenda'>Agenda</a>", ""),
]


@pytest.mark.parametrize(("body", "kinds"), MATERIALS)
def test_materials(body: str, kinds: str) -> None:
    assert " ".join(one.kind for one in only(f"{WHEN}<p>{body}</p>").materials) == kinds


SUMMARIES: list[tuple[str, str | None]] = [  # O2, O3
    ("<a href='/s'>Event summary</a>", "/s"),
    ("Read the event summary <a href='/s'>here</a>", "/s"),
    ("<a href='s'>Summary</a>", "/content/s"),
    ("<a href='/s'>Summary of the Porto edition</a>", None),
    (
        "<a href='/s'>Event summary of Porto, Portugal</a>",
        None,
    ),
    ("<a href='/r'>Report</a>", None),
    ("The summary will be published <a href='/c'>on our channel</a>.", None),
]


@pytest.mark.parametrize(("body", "url"), SUMMARIES)
def test_summary(body: str, url: str | None) -> None:
    one = only(f"{WHEN}<p>{body}</p>")

    assert (one.summary_url and path(one.summary_url)) == url
    summaries = [path(material.url) for material in one.materials if material.kind == "summary"]
    assert summaries == ([url] if url else [])
