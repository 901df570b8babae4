"""The reading engine: from a page's bytes to a Snapshot, and the evidence for it. Pure; no errors but ParseError.

The way of a page, one module after the other; each imports only those before it:

    lexicon      concepts and their phrases, as data; the words of dates
    tokens       scan(text) → Text: tokens with letters, cues with concepts; one scan for each line
    headings     what the words of a heading mean: a section, a year, a state, other people's content
    panels       headings that stand apart from what they head, moved in front of it
    document     bytes → tree → candidates for the article → nodes; the door of lxml and Beautiful Soup
    outline      nodes → lines (`line.scan` is its Text) in a tree of parts
    dates        Text → dates: tokens become a shape, a table says what it means
    places       Text, dates → places
    clauses      sentences, subject_of, relation_of: what a day or a link is about
    evidence     field → line, span, rule
    cutoffs      days with subject and relation → cut-offs with their instants
    initiative   the list of editions, with its call notices
    call, edition  the call's page and an edition's own page
"""

from __future__ import annotations
