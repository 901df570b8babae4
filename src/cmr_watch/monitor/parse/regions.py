"""Names of regions that editions are listed under, to tell a region in a title from a town. Pure data for matching."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from cmr_watch.places import city_names, fold

# Regions of Europe that share their name with no town, in English and in their own tongues.
_REGIONS: Final = """
skane|scania|blekinge|halland|smaland|vastra gotaland|ostergotland|varmland|dalarna|norrbotten|vasterbotten
vasternorrland|jamtland|sodermanland|uppland|gotland|svealand|norrland
lapland|lappi|kainuu|ostrobothnia|north ostrobothnia|satakunta|pirkanmaa|uusimaa|helsinki uusimaa|karelia
north karelia|south karelia|north savo|south savo|southwest finland|central finland|tavastia|kymenlaakso|aland
jutland|zealand|funen|north denmark|central denmark|southern denmark|syddanmark|midtjylland|nordjylland|hovedstaden
nordland|vestland|rogaland|innlandet|viken|trondelag|agder|troms|finnmark
andalusia|andalucia|aragon|asturias|cantabria|castilla la mancha|castilla y leon|castile and leon|catalonia|cataluna
catalunya|extremadura|galicia|la rioja|navarre|navarra|basque country|pais vasco|euskadi|valencian community
balearic islands|canary islands|canarias|gipuzkoa|bizkaia
alentejo|algarve|acores|azores|madeira|norte|centro|centro de portugal|north of portugal
auvergne rhone alpes|rhone alpes|auvergne|bourgogne franche comte|brittany|bretagne|centre val de loire|corsica|corse
grand est|alsace|lorraine|hauts de france|ile de france|normandy|normandie|nouvelle aquitaine|occitanie|occitania
pays de la loire|provence alpes cote d azur|provence|reunion|martinique|guadeloupe
abruzzo|basilicata|calabria|campania|emilia romagna|friuli venezia giulia|lazio|liguria|lombardy|lombardia|marche
molise|piedmont|piemonte|puglia|apulia|sardinia|sardegna|sicily|sicilia|tuscany|toscana|trentino|south tyrol
trentino alto adige|umbria|aosta valley|valle d aosta|veneto
baden wurttemberg|bavaria|bayern|brandenburg|hesse|hessen|lower saxony|niedersachsen|mecklenburg vorpommern
north rhine westphalia|nordrhein westfalen|rhineland palatinate|rheinland pfalz|saarland|saxony|sachsen
saxony anhalt|sachsen anhalt|schleswig holstein|thuringia|thuringen|ruhr
burgenland|carinthia|karnten|lower austria|niederosterreich|upper austria|oberosterreich|styria|steiermark|tyrol|tirol
vorarlberg|wallonia|wallonie|flanders|vlaanderen|hainaut|limburg|east flanders|west flanders|walloon brabant
drenthe|flevoland|friesland|gelderland|noord brabant|north brabant|brabant|noord holland|north holland|overijssel
zeeland|zuid holland|south holland
lower silesia|dolnoslaskie|kuyavia pomerania|lesser poland|malopolska|lubelskie|lubuskie|lodzkie|mazovia|mazowieckie
opolskie|podkarpackie|subcarpathia|podlaskie|podlasie|pomerania|pomorskie|silesia|slaskie|upper silesia
swietokrzyskie|warmia mazury|wielkopolska|greater poland|west pomerania
bohemia|central bohemia|south bohemia|moravia|south moravia|moravia silesia|moravian silesian|vysocina|eastern slovakia
transylvania|moldavia|banat|oltenia|muntenia|dobrogea|dobruja|bucovina|maramures|north east|nord est|north west
nord vest|south east|south west oltenia|central transylvania|vojvodina|sumadija
istria|dalmatia|slavonia|kvarner|medimurje|podravje|gorenjska|primorska|prekmurje|transdanubia|northern great plain
attica|crete|epirus|thessaly|peloponnese|central macedonia|western macedonia|eastern macedonia and thrace
samogitia|kurzeme|vidzeme|zemgale|latgale|ida viru|ida virumaa|thrace|cappadocia|anatolia
connacht|leinster|munster|ulster|scotland|wales|england|northern ireland|cornwall|west midlands
"""
_CALLED_ONE: Final = re.compile(
    r"\b(?:regions?|county|counties|province|voivodeship|district|oblast|krai|kraj|lan|comunidad|land of|valley|coast"
    r"|islands|prefecture|canton|autonomous|metropolitan area|euroregion)\b"
)
"""A name with such a word in it is a region's."""


@cache
def _regions() -> frozenset[str]:
    return frozenset(name.strip() for name in re.split(r"[|\n]", _REGIONS) if name.strip())


def is_region(name: str, text: str = "") -> bool:
    """Whether a name is a region's: a known one, one that says so, or one that `text` calls a region."""
    folded = fold(name)
    if folded in _regions() or _CALLED_ONE.search(folded) or not city_names(name).isdisjoint(_regions()):
        return True
    return _is_called_one(folded, fold(text))


def _is_called_one(name: str, text: str) -> bool:
    """“The region of Rogaland”, “Region Midt”, “Rogaland County”."""
    own = re.escape(name)
    of = rf"\b(?:region|county|province|voivodeship)(?: of)?(?: the)? {own}\b(?! city)"
    return bool(name and re.search(rf"{of}|\b{own} (?:region|county|province|voivodeship)\b", text))
