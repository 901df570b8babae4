"""The countries that have a page of their own, and which of them share a land border. Pure.

Source: the lists of land boundaries in the CIA World Factbook (public domain), without those of overseas territories.
France and the United Kingdom are joined by the tunnel, Denmark and Sweden by the bridge.
The list is not a political statement.
"""

from __future__ import annotations

from typing import Final

_TABLE: Final = """
AD ES FR|AL GR ME MK XK|AM AZ GE TR|AT CH CZ DE HU IT LI SI SK|AZ AM GE TR|BA HR ME RS|BE DE FR LU NL
BG GR MK RO RS TR|BY LT LV PL RU UA|CH AT DE FR IT LI|CY GB|CZ AT DE PL SK|DE AT BE CH CZ DK FR LU NL PL
DK DE SE|EE LV RU|ES AD FR PT GB|FI NO RU SE|FR AD BE CH DE ES GB IT LU MC|GB CY ES FR IE|GE AM AZ RU TR
GR AL BG MK TR|HR BA HU ME RS SI|HU AT HR RO RS SI SK UA|IE GB|IS|IT AT CH FR SI SM VA|LI AT CH|LT BY LV PL RU
LU BE DE FR|LV BY EE LT RU|MC FR|MD RO UA|ME AL BA HR RS XK|MK AL BG GR RS XK|MT|NL BE DE|NO FI RU SE
PL BY CZ DE LT RU SK UA|PT ES|RO BG HU MD RS UA|RS BA BG HR HU ME MK RO XK|RU BY EE FI GE LT LV NO PL UA
SE DK FI NO|SI AT HR HU IT|SK AT CZ HU PL UA|SM IT|TR AM AZ BG GE GR|UA BY HU MD PL RO RU SK|VA IT|XK AL ME MK RS
"""


def _read() -> dict[str, tuple[str, ...]]:
    rows = (row.split() for row in _TABLE.replace("\n", "|").split("|"))
    return {row[0]: tuple(row[1:]) for row in rows if row}


NEIGHBOURS: Final = _read()
"""Code of a country → the codes of its neighbours."""
