"""Edition pages before and after the event. The expected JSON is written by hand.

The wording of the lines follows the site as far as it is known; URLs, speakers and some venues are invented.
"""

from __future__ import annotations

from urllib.parse import urljoin

from tests.shapes.layouts import Block
from tests.shapes.ownpages import OwnState, heading, line, prose
from tests.shapes.states import SITE, Json

BASE = f"{SITE}/content/"
FILES = "/sites/default/files"
MaterialLink = tuple[str, str]
"""The kind of a material, and its URL as written in the page."""


def edition(
    place: tuple[str, str | None, str | None],
    days: tuple[str | None, str | None],
    *materials: MaterialLink,
    warnings: tuple[str, ...] | None = (),
    **more: object,
) -> Json:
    """The expected JSON, by default of an upcoming, scheduled edition. With `warnings=None` they are not compared."""
    fields: Json = {
        **dict(zip(("city", "country", "country_code"), place, strict=True)),
        **dict(zip(("starts_on", "ends_on"), days, strict=True)),
        "date_precision": "day",
        "section": "upcoming",
        "status": "scheduled",
        **more,
        "materials": [{"kind": kind, "url": urljoin(BASE, url)} for kind, url in materials],
    }
    expected: Json = {"page": "edition", "editions": [fields], "calls": []}
    return expected if warnings is None else {**expected, "warnings": [{"code": code} for code in warnings]}


def past(
    place: tuple[str, str | None, str | None],
    days: tuple[str | None, str | None],
    *materials: MaterialLink,
    **more: object,
) -> Json:
    """The expected JSON of a past edition."""
    return edition(place, days, *materials, **{"section": "past", "status": "held", **more})  # type: ignore[arg-type]


def _talks(folder: str, speakers: tuple[str, ...]) -> tuple[tuple[Block, ...], tuple[MaterialLink, ...]]:
    """A line for each speaker with a link to the slides, and the slides."""
    urls = [f"{FILES}/{folder}/talk-{number}.pdf" for number in range(1, len(speakers) + 1)]
    lines = (line(name, ("Download presentation", url), gap=" – ") for name, url in zip(speakers, urls, strict=True))
    return tuple(lines), tuple(("slides", url) for url in urls)


CHARLEROI = ("Charleroi", "Belgium", "BE")
CHARLEROI_DAYS = ("2024-11-27", "2024-11-28")
CHARLEROI_PATH = "/content/clusters-meet-regions-charleroi-belgium"
CHARLEROI_BEFORE = OwnState(
    "charleroi-before",
    "Clusters meet Regions – Charleroi, Belgium",
    CHARLEROI_PATH,
    (
        prose("The next ‘Clusters meet Regions’ workshop invites clusters and regions to Charleroi. Be part of it!"),
        heading("Practical information"),
        line("Date", "27–28 November 2024", gap=": "),
        line("Venue", "Halle des Verriers, Quai du Canal 10", gap=": "),
        line("Programme", ("🗓️ Agenda", f"{FILES}/2024-10/agenda-charleroi.pdf"), gap=": "),
        heading("Registration"),
        prose("Places are limited. ", ("Register here", "https://ec.europa.eu/eusurvey/runner/charleroi"), "!"),
        heading("Earlier workshops"),
        prose("Earlier workshops took place in Milan, Italy (26-27 March 2024) and in Kraków, Poland."),
    ),
    edition(
        CHARLEROI,
        CHARLEROI_DAYS,
        ("agenda", f"{FILES}/2024-10/agenda-charleroi.pdf"),
        venue="Halle des Verriers, Quai du Canal 10",
        registration_url="https://ec.europa.eu/eusurvey/runner/charleroi",
        registration_closes_on=None,
        summary_url=None,
    ),
)
_CHARLEROI_TALKS, _CHARLEROI_SLIDES = _talks("2024-12", ("Anne Exemple, Wallonia", "Bruno Beispiel, Saxony"))
_CHARLEROI_FILES: tuple[MaterialLink, ...] = (
    ("agenda", f"{FILES}/2024-10/agenda-charleroi.pdf"),
    ("booklet", f"{FILES}/2024-11/booklet-charleroi.pdf"),
    ("paper", f"{FILES}/2024-11/input-paper-charleroi.pdf"),
    ("photos", "https://www.flickr.com/photos/example/albums/7217"),
    ("summary", "/content/event-summary-clusters-meet-regions-charleroi-belgium"),
    ("proceedings", f"{FILES}/2024-12/proceedings-charleroi.pdf"),
)
_CHARLEROI_LINK_TEXTS = (
    "🗓️ Agenda",
    "📋 Participant Booklet",
    "📑Read the Input Paper on skills for the green transition",
    "📸 Explore the photo gallery",
    "📑 Read the event summary",
    "✍️ Read the event's proceedings",
)
CHARLEROI_AFTER = OwnState(
    "charleroi-after",
    "Clusters meet Regions: Charleroi, Belgium",
    CHARLEROI_PATH,
    (
        prose(
            "The ‘Clusters meet Regions’ workshop on 27 and 28 November 2024 brought clusters and policymakers from "
            "all over Europe to Charleroi, Belgium. It was hosted by the Walloon region."
        ),
        heading("Documents"),
        *(line((text, url)) for text, (_, url) in zip(_CHARLEROI_LINK_TEXTS, _CHARLEROI_FILES, strict=True)),
        heading("Speakers"),
        *_CHARLEROI_TALKS,
    ),
    past(
        CHARLEROI,
        CHARLEROI_DAYS,
        *_CHARLEROI_FILES,
        *_CHARLEROI_SLIDES,
        registration_url=None,
        summary_url=f"{BASE}event-summary-clusters-meet-regions-charleroi-belgium",
    ),
)
MALMO_AFTER = OwnState(
    "malmo-after",
    "Clusters meet Regions – Malmö, Sweden",
    "/content/clusters-meet-regions-skane-sweden",
    (
        line("📍15 - 16 June 2023, Media Evolution, Stora Varvsgatan 6A, Malmö , Sweden"),
        prose("The region of Skåne welcomed the ‘Clusters meet Regions’ workshop, which was about resilient supply."),
        heading("Read and watch"),
        line(("🗓️ Agenda", f"{FILES}/2023-06/agenda-malmo.pdf")),
        line(("📑 Read the event summary", "/content/event-summary-malmo")),
        line(("📸 Photo gallery", "https://photos.example.org/malmo?day=1&size=2")),
    ),
    past(
        ("Malmö", "Sweden", "SE"),
        ("2023-06-15", "2023-06-16"),
        ("agenda", f"{FILES}/2023-06/agenda-malmo.pdf"),
        ("summary", "/content/event-summary-malmo"),
        ("photos", "https://photos.example.org/malmo?day=1&size=2"),
        venue="Media Evolution, Stora Varvsgatan 6A",
        registration_url=None,
        registration_closes_on=None,
        summary_url=f"{BASE}event-summary-malmo",
    ),
)
VILNIUS_BEFORE = OwnState(
    "vilnius-before",
    "Clusters meet Regions – Vilnius, Lithuania – 26-27 April 2022",
    "/content/clusters-meet-regions-vilnius-lithuania",
    (
        prose("The workshop will bring together clusters and regions of the Baltic Sea. It is free of charge."),
        heading("Registration"),
        prose(("Register now", "https://events.example.org/vilnius"), " – it takes two minutes."),
        prose("Registration for the workshop will close on 14 April."),
        heading("Programme"),
        line(("Draft agenda", f"{FILES}/2022-03/draft-agenda-vilnius.pdf")),
        line(("Hotels near the venue", f"{FILES}/2022-03/hotels.pdf")),
    ),
    edition(
        ("Vilnius", "Lithuania", "LT"),
        ("2022-04-26", "2022-04-27"),
        ("agenda", f"{FILES}/2022-03/draft-agenda-vilnius.pdf"),
        registration_url="https://events.example.org/vilnius",
        registration_closes_on="2022-04-14",
        summary_url=None,
    ),
)
_IASI_TALKS, _IASI_SLIDES = _talks(
    "2023-12",
    (
        "Ana Exemplu, North-East Regional Development Agency",
        "Bo Eksempel, Region Zealand",
        "Carla Esempio, Emilia-Romagna",
        "Dana Příklad, South Moravia",
        "Eva Näide, Estonian Wood Cluster",
        "Filip Przykład, Mazovia",
        "Gerd Beispiel, ecoplus",
        "Hana Primer, Slovenian Tool and Die Cluster",
        "Inés Ejemplo, Basque Country, 12-13 years in clusters",
        "Jan Voorbeeld, Brainport",
        "Kaisa Esimerkki, Business Oulu",
        "Luís Exemplo, Portugal Clusters",
    ),
)
IASI_AFTER = OwnState(
    "iasi-after",
    "Clusters meet Regions in Iași, Romania",
    "/content/clusters-meet-regions-iasi-romania",
    (
        prose("The workshop took place on 21-23 November 2023 and was attended by 140 people from 19 countries."),
        heading("Speakers and presentations"),
        *_IASI_TALKS,
        heading("Recordings"),
        line(("🎥 Watch the recording of the first day", "https://www.youtube.com/watch?v=iasi1")),
        line(("🎥 Watch the recording of the second day", "https://www.youtube.com/watch?v=iasi2")),
    ),
    past(
        ("Iași", "Romania", "RO"),
        ("2023-11-21", "2023-11-23"),
        *_IASI_SLIDES,
        ("recording", "https://www.youtube.com/watch?v=iasi1"),
        ("recording", "https://www.youtube.com/watch?v=iasi2"),
        registration_url=None,
        summary_url=None,
    ),
)
EDITION_STATES = (CHARLEROI_BEFORE, CHARLEROI_AFTER, MALMO_AFTER, VILNIUS_BEFORE, IASI_AFTER)
