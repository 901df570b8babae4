"""Minimal edition pages with one oddity each."""

from __future__ import annotations

from tests.shapes.editionpage import BASE, CHARLEROI, CHARLEROI_DAYS, CHARLEROI_PATH, edition, past
from tests.shapes.ownpages import Oddity
from tests.shapes.states import Json

_TITLE = "Clusters meet Regions – Charleroi, Belgium"
_WHEN = "<p>27-28 November 2024</p>"
_WHERE_FORM = "https://events.example.org/charleroi"


def _odd(name: str, description: str, body: str, expected: Json, title: str = _TITLE) -> Oddity:
    return Oddity(name, description, title, CHARLEROI_PATH, body, expected)


def _next(*materials: tuple[str, str], **more: object) -> Json:
    return edition(CHARLEROI, CHARLEROI_DAYS, *materials, **more)  # type: ignore[arg-type]


def _held(*materials: tuple[str, str], **more: object) -> Json:
    return past(CHARLEROI, CHARLEROI_DAYS, *materials, **more)


_DAYS_AND_PLACE = (
    _odd(
        "another-edition",
        "a sentence names another edition with its days, before the page's own",
        "<p>After Milan, Italy (26-27 March 2024), the ‘Clusters meet Regions’ series goes on.</p>\n"
        "<p>Join us in Charleroi, Belgium, on 27-28 November 2024!</p>",
        _next(),
    ),
    _odd(
        "the-next-edition",
        "a page of a held edition names the next one",
        "<p>The workshop took place in Charleroi on 27 and 28 November 2024.</p>\n"
        "<p>The next edition will take place in Porto, Portugal, on 3-4 April 2025.</p>",
        _held(venue=None),
    ),
    _odd(
        "days-in-prose",
        "the days stand in a sentence only",
        "<p>Clusters and regions will meet from Wednesday 27 to Thursday 28 November 2024 to speak of skills.</p>",
        _next(),
    ),
    _odd(
        "days-in-the-title",
        "the days stand in the title only",
        "<p>Clusters and regions will meet.</p>",
        _next(),
        "Clusters meet Regions – Charleroi, Belgium – 27-28 November 2024",
    ),
    _odd(
        "days-over-months",
        "the days lie in two months",
        "<p>📅 30 November – 1 December 2022</p>",
        edition(("Zagreb", "Croatia", "HR"), ("2022-11-30", "2022-12-01")),
        "Clusters meet Regions – Zagreb, Croatia",
    ),
    _odd(
        "days-struck",
        "the former days are struck out",
        "<p>New date: <del>20-21 November 2024</del> 27-28 November 2024</p>",
        _next(),
    ),
    _odd(
        "days-rescheduled",
        "the former days are named",
        "<p>27-28 November 2024 (rescheduled from 20-21 November 2024)</p>",
        _next(),
    ),
    _odd(
        "days-month-only",
        "a month without days",
        "<p>Date: November 2024</p>",
        edition(CHARLEROI, (None, None), date_precision="month"),
    ),
    _odd(
        "days-none",
        "no date at all",
        "<p>Clusters and regions will meet in Charleroi. More information will follow.</p>",
        edition(CHARLEROI, (None, None), date_precision="unknown", warnings=("date-unknown",)),
    ),
    _odd(
        "days-tentative",
        "the days are to be confirmed",
        "<p>27-28 November 2024 (tbc)</p>",
        _next(warnings=("date-tentative",)),
    ),
    _odd(
        "place-in-the-address",
        "the title names no place, the line with the pin does",
        "<p>📍15 - 16 June 2023, Media Evolution, Stora Varvsgatan 6A, Malmö , Sweden</p>",
        edition(("Malmö", "Sweden", "SE"), ("2023-06-15", "2023-06-16"), venue="Media Evolution, Stora Varvsgatan 6A"),
        "Clusters meet Regions",
    ),
    _odd(
        "place-in-brackets",
        "the country in brackets",
        _WHEN,
        _next(),
        "Clusters meet Regions: Charleroi (Belgium)",
    ),
    _odd(
        "place-luxembourg",
        "city and country of one name",
        "<p>5 June 2024</p>",
        edition(("Luxembourg", "Luxembourg", "LU"), ("2024-06-05", "2024-06-05")),
        "Clusters meet Regions – Luxembourg",
    ),
    _odd(
        "place-of-the-speakers",
        "the speakers come from other countries",
        f"{_WHEN}\n<h3>Speakers</h3>\n<p>Carla Esempio, Bologna, Italy</p>\n<p>Gerd Beispiel, Graz, Austria</p>",
        _next(),
    ),
)
_STATUS = (
    _odd(
        "cancelled", "cancelled; the days stay", f"{_WHEN}\n<p>The event is cancelled.</p>", _next(status="cancelled")
    ),
    _odd("postponed", "postponed in the title", _WHEN, _next(status="postponed"), f"POSTPONED: {_TITLE}"),
    _odd(
        "save-the-date",
        "no more than a date to save",
        "<p>SAVE THE DATE! 27-28 November 2024</p>",
        _next(status="save_the_date"),
    ),
    _odd(
        "past-by-its-words",
        "the past tense alone",
        "<p>The workshop took place on 27 and 28 November 2024 and brought together 100 participants.</p>",
        _held(),
    ),
    _odd(
        "past-by-its-photos",
        "no verb tells it, but there are photos",
        f'{_WHEN}\n<p><a href="https://www.flickr.com/photos/example/albums/1">📸 Photos</a></p>',
        _held(("photos", "https://www.flickr.com/photos/example/albums/1")),
    ),
    _odd(
        "upcoming-with-papers",
        "agenda, booklet and input paper come before the event",
        f'{_WHEN}\n<p><a href="/a.pdf">🗓️ Agenda</a></p>\n<p><a href="/b.pdf">📋 Participant Booklet</a></p>\n'
        '<p><a href="/c.pdf">📑Read the Input Paper on skills</a></p>',
        _next(("agenda", "/a.pdf"), ("booklet", "/b.pdf"), ("paper", "/c.pdf"), summary_url=None),
    ),
    _odd(
        "summary-to-come",
        "the summary is promised, not published: the links next to the promise lead elsewhere",
        f'{_WHEN}\n<p>We will meet in <a href="https://www.charleroi.be/">Charleroi</a>. Afterwards the summary and '
        'the photos will be published <a href="https://www.linkedin.com/company/example">on our channel</a>.</p>',
        _next(summary_url=None),
    ),
    _odd(
        "past-sentence-of-another",
        "the past tense is about another edition",
        f"<p>The last workshop took place in Milan, Italy, and was a success.</p>\n{_WHEN}\n"
        f'<p>Join us in Charleroi! <a href="{_WHERE_FORM}">Register here</a></p>',
        _next(registration_url=_WHERE_FORM),
    ),
)
_REGISTRATION = (
    _odd(
        "registration-not-yet",
        "registration is not yet open, though the page already links to the form",
        f'{_WHEN}\n<p>Registration will open soon.</p>\n<p><a href="{_WHERE_FORM}">Register here</a></p>',
        _next(registration_url=None, registration_closes_on=None),
    ),
    _odd(
        "registration-closed",
        "registration is closed, though the page still links to the form",
        f'{_WHEN}\n<p>Registration is closed.</p>\n<p><a href="{_WHERE_FORM}">Register here</a></p>',
        _next(registration_url=None, registration_closes_on=None),
    ),
    _odd(
        "registration-by",
        "register by: a date that is not the edition's, and comes first",
        f'<p><a href="{_WHERE_FORM}">Register</a> by 14 November 2024!</p>\n{_WHEN}',
        _next(registration_url=_WHERE_FORM, registration_closes_on="2024-11-14"),
    ),
    _odd(
        "registration-hour",
        "registration closes at an hour",
        f'{_WHEN}\n<p>Registration closes on 14 November 2024, 18:00. <a href="{_WHERE_FORM}">Register now!</a></p>',
        _next(registration_url=_WHERE_FORM, registration_closes_on="2024-11-14"),
    ),
    _odd(
        "registration-deadline",
        "a deadline under the heading of the registration, the link covers the word here",
        f'{_WHEN}\n<h3>Registration</h3>\n<p>Please register <a href="{_WHERE_FORM}">here</a>.</p>\n'
        "<p>Deadline for registration: 14/11/2024</p>",
        _next(registration_url=_WHERE_FORM, registration_closes_on="2024-11-14"),
    ),
    _odd(
        "registration-relative",
        "a form of the site, by a relative address",
        f'{_WHEN}\n<p>👉 <a href="/form/register-charleroi">Registration form</a></p>',
        _next(registration_url="https://clustercollaboration.eu/form/register-charleroi"),
    ),
    _odd(
        "call-mentioned",
        "the call for hosts and its deadline are named: neither a call nor the registration's end",
        f"{_WHEN}\n<p>Would you like to host the next one? The call for expression of interest to host events is open "
        'until 20 December 2024. <a href="/content/call-expression-interest-clusters-meet-regions">Apply here!</a></p>',
        _next(registration_url=None, registration_closes_on=None),
    ),
)
_MATERIALS = (
    _odd(
        "agenda-in-the-menu",
        "a menu inside the article has an Agenda",
        '<nav><ul><li><a href="/events/agenda">Agenda</a></li><li><a href="/photos">Photos</a></li></ul></nav>\n'
        f"{_WHEN}",
        _next(),
    ),
    _odd(
        "agenda-on-the-page",
        "the agenda is a part of the page: its link leads no further",
        f'{_WHEN}\n<p><a href="#agenda">Agenda</a></p>\n<h3 id="agenda">Agenda</h3>\n<p>9:00 Welcome</p>',
        _next(),
    ),
    _odd(
        "agenda-two",
        "two agendas",
        f'{_WHEN}\n<p><a href="/a1.pdf">Agenda of day 1</a></p>\n<p><a href="/a2.pdf">Agenda of day 2</a></p>',
        _next(("agenda", "/a1.pdf"), ("agenda", "/a2.pdf")),
    ),
    _odd(
        "agenda-here",
        "the link covers the word here",
        f'{_WHEN}\n<p>Download the agenda <a href="/a.pdf">here</a>.</p>',
        _next(("agenda", "/a.pdf")),
    ),
    _odd(
        "agenda-twice",
        "icon and words link to the same file",
        f'{_WHEN}\n<p><a href="/a.pdf"><img src="/i.png"></a><a href="/a.pdf">🗓️</a> <a href="/a.pdf">Agenda</a></p>',
        _next(("agenda", "/a.pdf")),
    ),
    _odd(
        "relative-addresses",
        "addresses relative to the page and to the site",
        f'{_WHEN}\n<p><a href="event-summary-charleroi">📑 Read the event summary</a></p>\n'
        '<p><a href="/sites/default/files/p.pdf">✍️ Read the event\'s proceedings</a></p>',
        _held(
            ("summary", "event-summary-charleroi"),
            ("proceedings", "/sites/default/files/p.pdf"),
            summary_url=f"{BASE}event-summary-charleroi",
        ),
    ),
    _odd(
        "materials-commented-out",
        "a summary in a comment",
        f'{_WHEN}\n<!-- <p><a href="/s">📑 Read the event summary</a></p> -->\n<p>Join us in Charleroi!</p>',
        _next(summary_url=None),
    ),
    _odd(
        "materials-in-one-line",
        "several in one line, the emoji outside the links",
        '<p>The workshop took place on 27-28 November 2024.</p>\n<p>🗓️ <a href="/a.pdf">Agenda</a> | '
        '📸 <a href="https://photos.example.org/1">Photo gallery</a> | 🎥 <a href="https://youtu.be/1">Recording</a></p>',
        _held(("agenda", "/a.pdf"), ("photos", "https://photos.example.org/1"), ("recording", "https://youtu.be/1")),
    ),
    _odd(
        "slides-split-tags",
        "tags in the midst of the words, a speaker in bold, one without slides",
        "<p>The workshop took place on 27-28 November 2024.</p>\n"
        '<p><b>Anne Exemple</b>, Wallonia <a href="/t1.pdf">Down<b>load</b> presentation</a></p>\n'
        '<p><b>Bo Eksempel</b>, Region Zealand</p>\n<p>Eva Näide <a href="/t2.pdf">Download&nbsp;presentation</a></p>',
        _held(("slides", "/t1.pdf"), ("slides", "/t2.pdf")),
    ),
    _odd(
        "links-of-no-kind",
        "hotels, a map and a mail address are no materials",
        f'{_WHEN}\n<p><a href="/hotels.pdf">Hotels</a>, <a href="https://maps.example.org/1">Map</a>, '
        '<a href="mailto:team@example.org">Write to us</a></p>',
        _next(registration_url=None),
    ),
)
_VENUE = (
    _odd(
        "venue-label",
        "a venue with a label in bold",
        f"{_WHEN}\n<p><b>Venue:</b> Halle des Verriers, Quai du Canal 10</p>",
        _next(venue="Halle des Verriers, Quai du Canal 10"),
    ),
    _odd(
        "venue-under-a-heading",
        "the venue stands under its heading, with the city",
        f"{_WHEN}\n<h3>Venue</h3>\n<p>Halle des Verriers, Quai du Canal 10, Charleroi, Belgium</p>",
        _next(venue="Halle des Verriers, Quai du Canal 10"),
    ),
    _odd(
        "venue-none",
        "the label of the venue is followed by a remark",
        f"{_WHEN}\n<p><b>Venue:</b> to be announced</p>",
        _next(venue=None),
    ),
)
EDITION_ODDITIES = (*_DAYS_AND_PLACE, *_STATUS, *_REGISTRATION, *_MATERIALS, *_VENUE)
