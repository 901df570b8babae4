"""The vocabulary of the pages: concepts, and the phrases that express them. Data only; imports nothing of the package.

Each row of `_PHRASES` is one entry, `phrase: example`, in which `~` stands for the phrase; a test reads every example.
Phrases are lower-case words without hyphens, apostrophes and dots: “cut off” also matches “Cut-off”, “isn t” “isn’t”,
“tbc” “t.b.c.”. To add a synonym, add a row. A phrase may express several concepts. The longest phrase wins.
"""

from __future__ import annotations

from typing import Final, NamedTuple

Concept = str
"""The name of a concept: a key of `_PHRASES`."""


def words_of(text: str) -> frozenset[str]:
    """The words of a text, for a vocabulary that reads as one."""
    return frozenset(text.split())


class Entry(NamedTuple):
    """One phrase of a concept, with a text in which it expresses it."""

    concept: Concept
    phrase: tuple[str, ...]
    example: str


# ── single words of dates: the letter of their token and its value ───────────────────────────────────────────────────

_MONTHS: Final = """
jan january|feb febr february|mar march|apr april|may|jun june|jul july|aug august|sep sept september|oct october
nov november|dec december
"""
_WEEKDAYS: Final = """
mon monday tue tues tuesday wed wednesday thu thur thurs thursday fri friday sat saturday sun sunday
"""
_DATE_WORDS: Final = {
    "&": "and or et und",
    "t": "to until till through",
    "f": "from",
    "o": "of",
    "s": "spring summer autumn fall winter",
    "q": "quarter trimester semester half",
    "v": "early mid late end beginning start first second third fourth",
    "r": "rescheduled moved postponed changed shifted transferred delayed",
    "k": "week",
    "D": "day",
    "a": "at",
    "h": "the",
}
TIME_WORDS: Final = {"noon": 720, "midday": 720, "midnight": 1440}
"""Minutes since the day began; midnight ends the named day (READING C4)."""
ZONES: Final = {"CEST": 2, "CET": 1, "GMT": 0, "UTC": 0, "BST": 1, "WEST": 1, "WET": 0, "EEST": 3, "EET": 2}
"""Letters of time zones, and their offsets from UTC in hours."""


def _date_words() -> dict[str, tuple[str, int]]:
    months = enumerate(_MONTHS.strip().replace("\n", "|").split("|"), 1)
    found = {name: ("m", number) for number, names in months for name in names.split()}
    found |= dict.fromkeys(_WEEKDAYS.split(), ("w", 0))
    found |= {word: (letter, 0) for letter, words in _DATE_WORDS.items() for word in words.split()}
    found |= {word: ("T", minutes) for word, minutes in TIME_WORDS.items()}
    return found | {zone.lower(): ("z", hours) for zone, hours in ZONES.items()}


DATE_WORDS: Final = _date_words()
"""Word → (letter of its token, value)."""

# ── phrases ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_PHRASES: Final[dict[Concept, str]] = {
    # the state of an edition
    "cancelled": """
        cancelled: Ghent, Belgium – ~
        canceled: Ghent, Belgium – ~
        called off: the event was ~
        """,
    "postponed": """
        postponed: Ghent, Belgium – ~
        on hold: the workshop is ~
        delayed: the event is ~
        """,
    "save the date": """
        save the date: Ghent, Belgium – ~!
        save the dates: ~ for the next workshops
        """,
    "tentative": """
        tbc: 12-13 March 2026 (~)
        tba: 12-13 March 2026 (~)
        tbd: 12-13 March 2026 (~)
        to be confirmed: dates ~
        to be announced: date ~
        to be defined: date ~
        to be decided: date ~
        to be determined: date ~
        provisional: 12-13 March 2026, ~
        provisionally: ~ 12-13 March 2026
        tentative: 12-13 March 2026 – ~
        tentatively: ~ 12-13 March 2026
        """,
    # what stands beside a place and a date, and is part of neither
    "remark": """
        fully booked: 12-13 March 2026 – ~
        sold out: 12-13 March 2026 – ~
        booked out: 12-13 March 2026 – ~
        new date: 12-13 March 2026 – ~
        new dates: 12-13 March 2026 – ~
        new venue: 12-13 March 2026 – ~
        invitation only: 12-13 March 2026 – by ~
        coming soon: 12-13 March 2026 – ~
        stay tuned: 12-13 March 2026 – ~
        hosted by: Ghent, Belgium – ~ Flanders Make
        organised by: Ghent, Belgium – ~ Flanders Make
        organized by: Ghent, Belgium – ~ Flanders Make
        read the: ~ event summary
        read our: ~ summary
        read more: 12-13 March 2026 – ~
        read about: ~ the workshop
        event summary: 12-13 March 2026 – ~
        more info: 12-13 March 2026 – ~
        more information: 12-13 March 2026 – ~
        """,
    "mode": """
        hybrid: Ghent, Belgium (~)
        hybrid event: Ghent, Belgium – ~
        hybrid format: Ghent, Belgium – ~
        hybrid edition: Ghent, Belgium – ~
        in person: Ghent, Belgium (~)
        face to face: Ghent, Belgium (~)
        physical: Ghent, Belgium (~)
        and online: Ghent, Belgium ~
        and virtual: Ghent, Belgium ~
        under unscr: Pristina, Kosovo (~ 1244/99)
        """,
    "country remark": """
        republic of: Chisinau, Moldova (~)
        """,
    "badge": """
        new: ~: Ghent, Belgium
        updated: ~: Ghent, Belgium
        update: ~: Ghent, Belgium
        reminder: ~: Ghent, Belgium
        coming up: ~: Ghent, Belgium
        coming soon: ~: Ghent, Belgium
        next up: ~: Ghent, Belgium
        just announced: ~: Ghent, Belgium
        confirmed: ~: Ghent, Belgium
        registration open: ~: Ghent, Belgium
        registration is open: ~: Ghent, Belgium
        registration now open: ~: Ghent, Belgium
        registration is now open: ~: Ghent, Belgium
        rescheduled: ~: Ghent, Belgium
        last places: ~: Ghent, Belgium
        """,
    "series": """
        clusters meet regions: ~ – Ghent, Belgium
        cluster meet regions: ~ – Ghent, Belgium
        clusters meets regions: ~ – Ghent, Belgium
        clusters meet region: ~ – Ghent, Belgium
        cmr: ~ Ghent, Belgium
        """,
    "event": """
        event: the ~ takes place in Ghent
        events: the ~ take place in Ghent
        edition: the next ~
        editions: the next ~
        workshop: the next ~
        workshops: the next ~
        meeting: the next ~
        meetings: the next ~
        stop: the next ~
        stops: the next ~
        """,
    "place label": """
        place: ~: Ghent, Belgium
        location: ~: Ghent, Belgium
        city: ~: Ghent, Country: Belgium
        town: ~: Ghent
        country: City: Ghent, ~: Belgium
        region: ~: Flanders
        where: ~: Ghent, Belgium
        host city: ~: Ghent
        host region: ~: Flanders
        hosting region: ~: Flanders
        hosting city: ~: Ghent
        host country: ~: Belgium
        """,
    "venue label": """
        venue: ~: ICC Ghent
        address: ~: Main Street 1, Ghent
        venues: ~: ICC Ghent
        the venue: ~: ICC Ghent
        meeting place: ~: ICC Ghent
        """,
    "date label": """
        date: ~: 12-13 March 2026
        dates: ~: 12-13 March 2026
        when: ~: 12-13 March 2026
        event date: ~: 12-13 March 2026
        event dates: ~: 12-13 March 2026
        """,
    "speakers": """
        speakers: ~: Ann Lee, Belgium
        speaker: ~: Ann Lee, Belgium
        moderator: ~: Ann Lee, Belgium
        hosts: ~: Flanders Make, Belgium
        host: ~: Flanders Make, Belgium
        partners: ~: Flanders Make, Belgium
        partner: ~: Flanders Make, Belgium
        organisers: ~: Flanders Make, Belgium
        organiser: ~: Flanders Make, Belgium
        contact: ~: Flanders Make, Belgium
        contacts: ~: Flanders Make, Belgium
        theme: ~: Steel in Belgium
        topic: ~: Steel in Belgium
        """,
    # which day is it? D2
    "moved": """
        rescheduled: ~ from 3 May 2026 to 4 June 2026
        moved: ~ from 3 May 2026 to 4 June 2026
        postponed: ~ from 3 May 2026 to 4 June 2026
        changed: ~ from 3 May 2026 to 4 June 2026
        shifted: ~ from 3 May 2026 to 4 June 2026
        transferred: ~ from 3 May 2026 to 4 June 2026
        delayed: ~ from 3 May 2026 to 4 June 2026
        extended: ~ from 3 May 2026 to 4 June 2026
        prolonged: ~ to 4 June 2026
        brought forward: ~ to 4 June 2026
        """,
    "new date": """
        new date: ~: 4 June 2026
        new dates: ~: 4 June 2026
        now: ~ on 4 June 2026
        """,
    "former": """
        instead of: 4 June 2026 ~ 3 May 2026
        originally: ~ 3 May 2026
        initially: ~ 3 May 2026
        previously: ~ 3 May 2026
        formerly: ~ 3 May 2026
        was: 4 June 2026 (~: 3 May 2026)
        were: 4 June 2026 (~ 3 May 2026)
        original date: ~: 3 May 2026
        old date: ~: 3 May 2026
        replaces: ~ 3 May 2026
        original deadline: ~: 3 May 2026
        old deadline: ~: 3 May 2026
        previous deadline: ~: 3 May 2026
        initial deadline: ~: 3 May 2026
        """,
    "of the page": """
        published: ~: 3 May 2026
        published on: ~ 3 May 2026
        publication: ~: 3 May 2026
        updated: ~ on 3 May 2026
        update: ~ of 3 May 2026
        last update: ~ 3 May 2026
        posted: ~ on 3 May 2026
        created: ~ on 3 May 2026
        modified: ~ on 3 May 2026
        version: ~ of 9 January 2026
        as of: ~ 3 May 2026
        submitted by on: ~ 3 May 2026
        """,
    "until": """
        until: apply ~ 3 May 2026
        till: apply ~ 3 May 2026
        by: apply ~ 3 May 2026
        before: apply ~ 3 May 2026
        no later than: apply ~ 3 May 2026
        not later than: apply ~ 3 May 2026
        at the latest: on 3 May 2026 ~
        at the latest on: ~ 3 May 2026
        at the latest by: ~ 3 May 2026
        latest: 3 May 2026 ~
        up to: open ~ 3 May 2026
        due: applications are ~ on 3 May 2026
        closes: the call ~ on 3 May 2026
        closing: the call is ~ on 3 May 2026
        will close: the call ~ on 3 May 2026
        will be closed: the call ~ on 3 May 2026
        ends: the call ~ on 3 May 2026
        ending: the call is ~ on 3 May 2026
        will end: the call ~ on 3 May 2026
        expires: the call ~ on 3 May 2026
        last day: the ~ is 3 May 2026
        not longer than: open ~ 3 May 2026
        no longer than: open ~ 3 May 2026
        possible until: applying is ~ 3 May 2026
        """,
    "since": """
        from: open ~ 3 May 2026
        since: open ~ 3 May 2026
        starting: ~ 3 May 2026
        starts: the call ~ on 3 May 2026
        start: ~ of the call: 3 May 2026
        begins: the call ~ on 3 May 2026
        began: the series ~ on 3 May 2026
        beginning: ~ on 3 May 2026
        opens: the call ~ 3 May 2026
        opened: the call ~ on 3 May 2026
        opening: ~ of the call: 3 May 2026
        will open: the call ~ on 3 May 2026
        launch: ~ of the call: 3 May 2026
        launched: the call, ~ on 3 May 2026
        after: events ~ 3 May 2026
        between: events ~ 3 May and 4 June 2026
        opens on: the call ~ 3 May 2026
        opens from: the call ~ 3 May 2026
        opens at: the call ~ noon on 3 May 2026
        possible from: applying is ~ 3 May 2026
        """,
    # what a day or a sentence is about
    "cutoff": """
        deadline: ~: 3 May 2026
        dead line: ~: 3 May 2026
        deadlines: ~: 3 May 2026
        cut off: ~: 3 May 2026
        cut offs: ~: 3 May 2026
        cutoff: ~: 3 May 2026
        cutoffs: ~: 3 May 2026
        cut off date: ~: 3 May 2026
        cut off dates: ~: 3 May 2026
        closing date: ~: 3 May 2026
        closing dates: ~: 3 May 2026
        due date: ~: 3 May 2026
        due dates: ~: 3 May 2026
        submission date: ~: 3 May 2026
        submission dates: ~: 3 May 2026
        collection date: ~: 3 May 2026
        collection dates: ~: 3 May 2026
        last day to apply: ~: 3 May 2026
        """,
    "apply": """
        apply: ~ by 3 May 2026
        applying: ~ is possible until 3 May 2026
        applications: ~ until 3 May 2026
        application: ~ by 3 May 2026
        applicants: ~ have until 3 May 2026
        submit: ~ by 3 May 2026
        submission: ~ by 3 May 2026
        submissions: ~ by 3 May 2026
        submitted: to be ~ by 3 May 2026
        proposals: ~ until 3 May 2026
        candidates: ~ have until 3 May 2026
        express your interest: ~ by 3 May 2026
        expressions of interest: ~ until 3 May 2026
        expression of interest: ~ by 3 May 2026
        form: send the ~ by 3 May 2026
        received: ~ by 3 May 2026
        """,
    "call": """
        call: the ~ is open
        calls: the ~ are open
        """,
    "call for": """
        call for: the ~ hosts
        calls for: the ~ hosts
        call of: the ~ expression of interest
        call to: the ~ host events
        calls to: the ~ host events
        """,
    "hosting": """
        host: call to ~ events
        hosts: call for ~
        hosted: events ~ in 2027
        hosting: call for ~ events
        """,
    "register": """
        register: ~ by 3 May 2026
        registration: ~ closes on 3 May 2026
        registrations: ~ close on 3 May 2026
        registered: be ~ by 3 May 2026
        registration open: ~: Ghent, Belgium
        registration is open: ~ until 3 May 2026
        registration now open: ~: Ghent, Belgium
        registration is now open: ~ until 3 May 2026
        sign up: ~ by 3 May 2026
        signing up: ~ is possible until 3 May 2026
        book your place: ~ by 3 May 2026
        attend: ~ by 3 May 2026
        registration is still open: ~ until 3 May 2026
        registrations are open: ~ until 3 May 2026
        register now: ~, until 3 May 2026
        """,
    "session": """
        webinar: ~ on 3 May 2026
        webinars: ~ on 3 May 2026
        info session: ~ on 3 May 2026
        info sessions: ~ on 3 May 2026
        information session: ~ on 3 May 2026
        information sessions: ~ on 3 May 2026
        info day: ~ on 3 May 2026
        info days: ~ on 3 May 2026
        information day: ~ on 3 May 2026
        summit: ~ on 3 May 2026
        conference: ~ on 3 May 2026
        conferences: ~ on 3 May 2026
        kick off: ~ on 3 May 2026
        """,
    "result": """
        results: ~ by 3 May 2026
        result: ~ by 3 May 2026
        notification: ~ by 3 May 2026
        notified: ~ by 3 May 2026
        informed: ~ by 3 May 2026
        announced: ~ on 3 May 2026
        announcement: ~ on 3 May 2026
        evaluation: ~ until 3 May 2026
        evaluated: ~ by 3 May 2026
        assessment: ~ until 3 May 2026
        selected: ~ by 3 May 2026
        selection: ~ by 3 May 2026
        feedback: ~ by 3 May 2026
        """,
    "question": """
        question: ask a ~ by 3 May 2026
        questions: ~ by 3 May 2026
        queries: ~ by 3 May 2026
        clarification: ~ by 3 May 2026
        clarifications: ~ by 3 May 2026
        write to: ~ us by 3 May 2026
        """,
    "regulation": """
        regulation: ~ (EU) 2018/1724 of 23 October 2018
        directive: ~ 2018/1724 of 23 October 2018
        decision: ~ 2018/1724 of 23 October 2018
        communication: ~ of 23 October 2018
        """,
    "dateline": """
        brussels: ~, 3 March 2026
        """,
    "brussels time": """
        brussels time: 18:00 ~
        brussels local time: 18:00 ~
        time in brussels: 18:00 ~
        time brussels: 18:00 ~
        brussels belgium: 18:00 (~)
        central european time: 18:00 ~
        central european summer time: 18:00 ~
        cet cest: 18:00 ~
        cest cet: 18:00 ~
        ce: 18:00 ~(S)T
        """,
    "taking place": """
        take place: events ~ until 3 May 2026
        takes place: the event ~ on 3 May 2026
        took place: the event ~ on 3 May 2026
        taking place: events ~ on 3 May 2026
        held: the event is ~ on 3 May 2026
        organised: events ~ until 3 May 2026
        organized: events ~ until 3 May 2026
        implemented: events ~ until 3 May 2026
        implementation: ~ until 3 May 2026
        scheduled: the event is ~ for 22 September 2026
        contract: the ~ runs until 3 May 2026
        contracts: ~ run until 3 May 2026
        ranking: the ~ is valid until 3 May 2026
        reserve list: the ~ is valid until 3 May 2026
        valid: the list is ~ until 3 May 2026
        kept: data are ~ until 3 May 2026
        stored: data are ~ until 3 May 2026
        retained: data are ~ until 3 May 2026
        """,
    "late": """
        late applications: ~ until 3 May 2026
        late submissions: ~ until 3 May 2026
        incomplete applications: ~ until 3 May 2026
        """,
    "long ago": """
        applied: regions that ~ before 3 May 2026
        participated: regions that ~ before 3 May 2026
        founded: bodies ~ before 3 May 2026
        established: bodies ~ before 3 May 2026
        took part: regions that ~ before 3 May 2026
        """,
    "perhaps": """
        potentially: ~ 31 January 2026
        possibly: ~ 31 January 2026
        potential: a ~ cut-off: 31 January 2026
        possible: a ~ cut-off: 31 January 2026
        """,
    # the state of a call, C2
    "closed": """
        closed: the call is ~
        no longer open: the call is ~
        no longer accepting: we are ~ applications
        no longer accepted: applications are ~
        no longer possible: applying is ~
        no longer available: the form is ~
        no longer apply: you can ~
        no longer submit: you can ~
        no longer be submitted: applications can ~
        no longer be accepted: applications will ~
        no longer be made: applications can ~
        no longer be sent: applications can ~
        no open call: there is ~
        no open calls: there are ~
        has ended: the call ~
        have ended: the calls ~
        has now ended: the call ~
        has expired: the call ~
        expired: 3 May 2026 – ~
        is over: the call ~
        not open any more: the call is ~
        not open anymore: the call is ~
        deadline has passed: the ~
        deadline is passed: the ~
        passed: 3 May 2026 – ~
        has passed: the date ~
        no longer accept: we ~ applications
        has come to an end: the call ~
        have closed: the calls ~
        """,
    "to come": """
        will open: the call ~ in May
        will reopen: the call ~ in May
        will re open: the call ~ in May
        will follow: a new call ~
        will launch: we ~ a call
        will start: the call ~ in May
        will soon open: the call ~
        will soon start: the call ~
        be launched: the call will ~
        be opened: the call will ~
        be re opened: the call will ~
        be reopened: the call will ~
        be published: the call will ~
        be open: the call will ~
        be announced: the call will ~
        be released: the call will ~
        be available: the call will ~
        be issued: the call will ~
        stay tuned: ~ for the next call
        open soon: ~: the next call
        opens soon: the call ~
        opening soon: ~
        opening shortly: ~
        open shortly: ~: the next call
        coming soon: the call is ~
        coming shortly: the call is ~
        launching soon: the call is ~
        not open yet: the call is ~
        not yet open: the call is ~
        not yet been opened: the call has ~
        not open: the call is ~
        is planned: a call ~
        are planned: calls ~
        is foreseen: a call ~
        is expected: the next call ~ in 2026
        opens on: the call ~ 3 May 2026
        opens in: the call ~ May
        opens from: the call ~ May
        opens at: the call ~ noon
        in preparation: a call is ~
        being prepared: a call is ~
        to be opened: registration ~
        to follow: registration ~
        not yet possible: registration is ~
        not possible: registration is ~
        not available: registration is ~
        not yet available: registration is ~
        """,
    "open": """
        open: the call is ~
        opened: the call is now ~
        reopened: the call is ~
        is ongoing: the call ~
        apply: ~ by 3 May 2026
        apply here: ~!
        apply now: ~!
        applications are welcome: ~
        submit: ~ your application
        extended: the deadline was ~
        has been launched: the call ~
        has been published: the call ~
        has been opened: the call ~
        was launched: the call ~
        is launched: the call ~
        closes: the call ~ on 3 May 2026
        will close: the call ~ on 3 May 2026
        will be closed: the call ~ on 3 May 2026
        not closed: the call is ~ yet
        not been closed: the call has ~
        not yet closed: the call is ~
        isn t closed: the call ~
        re opened: the call was ~
        open again: the call is ~
        relaunched: the call was ~
        may be closed: the call ~ earlier
        can be closed: the call ~ earlier
        possible to: it is ~ apply until 3 May 2026
        possible until: applying is ~ 3 May 2026
        """,
    "thanks": """
        selected through: ~ our call
        were selected: the hosts ~ by a call
        thank you: ~ for answering the call for hosts
        thanks: ~ to all who answered the call for hosts
        """,
    "another call": """
        new call: a ~ is open
        next call: the ~ is open
        another call: ~ is open
        a new one: ~ will open soon
        the next one: ~ will open soon
        """,
    "other edition": """
        previous: the ~ workshop
        last: the ~ workshop
        earlier: the ~ workshop
        past: the ~ workshop
        following: the ~ workshop
        former: the ~ workshop
        recent: the ~ workshop
        future: ~ editions
        other: ~ editions
        after: ~ the workshop in Milan
        """,
    "negation": """
        not: ~ cancelled
        never: ~ cancelled
        isn t: it ~ cancelled
        hasn t: it ~ been cancelled
        previously: ~ postponed
        originally: ~ postponed
        formerly: ~ postponed
        if: ~ it is cancelled
        """,
    "interest": """
        expression of interest: call for ~
        expressions of interest: call for ~
        express your interest: ~ in hosting
        express their interest: regions can ~ in hosting
        """,
    "round": """
        first: ~ round
        second: ~ round
        third: ~ round
        fourth: ~ round
        next: ~ cut-off
        last: ~ cut-off
        upcoming: ~ rounds
        current: ~ rounds
        round: first ~
        rounds: upcoming ~
        wave: first ~
        batch: first ~
        phase: first ~
        """,
    "again": """
        reopened: the call was ~
        re opened: the call was ~
        open again: the call is ~
        relaunched: the call was ~
        """,
    "state label": """
        status: ~: closed
        state: ~: closed
        call status: ~: closed
        """,
    "condition": """
        once: ~ the call is closed
        when: ~ the call is closed
        until: ~ the call is closed
        before: ~ the call is closed
        after: ~ the call has closed
        if: ~ the call is closed
        as soon as: ~ the call is closed
        after which: 3 May 2026, ~ the call is closed
        """,
    "contact": """
        contact: please ~ a@example.org
        contacts: ~: a@example.org
        contact us: ~ at a@example.org
        enquiries: ~: a@example.org
        inquiries: ~: a@example.org
        help: for ~ write to a@example.org
        helpdesk: ~: a@example.org
        more information: for ~ write to a@example.org
        further information: for ~ write to a@example.org
        get in touch: ~ with a@example.org
        """,
    "survey": """
        survey: the EU ~
        eusurvey: ~
        fill in: ~ the form
        fill out: ~ the form
        fill: ~ the form
        complete: ~ the form
        send: ~ it
        express: ~ it
        your application: ~
        your interest: ~
        your proposal: ~
        """,
    "about applying": """
        guide: ~ for applicants
        guidelines: ~ for applicants
        guidance: ~ for applicants
        template: ~ of the letter
        templates: ~ of the letters
        faq: the ~
        faqs: the ~
        how to: ~ apply
        who can: ~ apply
        terms: ~ of reference
        rules: the ~
        conditions: the ~
        privacy: ~ statement
        criteria: the ~
        example: an ~ of a letter
        leaflet: the ~
        presentation: the ~ of the call
        results: the ~
        regulation: the ~
        newsletter: the ~
        """,
    "need": """
        letter of support: a ~
        letters of support: ~
        letter of commitment: a ~
        letters of commitment: ~
        letter of intent: a ~
        letters of intent: ~
        letter of motivation: a ~
        letter of endorsement: a ~
        letter of interest: a ~
        support letter: a ~
        support letters: ~
        commitment letter: a ~
        motivation letter: a ~
        endorsement letter: an ~
        recommendation letter: a ~
        supporting letter: a ~
        supporting letters: ~
        supporting document: a ~
        supporting documents: ~
        supporting statement: a ~
        motivation: a ~ of one page
        commitment: a ~ of the region
        proof of: ~ the legal status
        declaration of: ~ honour
        """,
    "must": """
        must: applicants ~ submit a budget
        should: applicants ~ submit a budget
        shall: applicants ~ submit a budget
        need to: applicants ~ submit a budget
        needs to: each region ~ submit a budget
        needed: a budget is ~
        have to: applicants ~ submit a budget
        has to: each region ~ submit a budget
        required: applicants are ~ to submit a budget
        require: we ~ you to submit a budget
        requested: applicants are ~ to submit a budget
        asked: applicants are ~ to submit a budget
        invited: applicants are ~ to submit a budget
        expected: applicants are ~ to submit a budget
        """,
    "submit": """
        submit: ~ a budget
        submitted: a budget is to be ~
        submitting: by ~ a budget
        provide: ~ a budget
        provided: a budget is to be ~
        include: ~ a budget
        includes: the application ~ a budget
        attach: ~ a budget
        attached: a budget is to be ~
        upload: ~ a budget
        uploaded: a budget is to be ~
        enclose: ~ a budget
        enclosed: a budget is to be ~
        hand in: ~ a budget
        accompanied: ~ by a budget
        contain: the application has to ~ a budget
        contains: the application ~ a budget
        document: a ~
        documents: the ~
        requirements: the ~
        """,
    "duty": """
        sign: hosts ~ the agreement before 3 May 2026
        signed: the agreement is ~ before 3 May 2026
        signature: ~ of the agreement before 3 May 2026
        agreement: the ~ is made before 3 May 2026
        confirm: hosts ~ their dates before 3 May 2026
        confirmed by: dates are ~ 3 May 2026
        may follow: the letter ~ by 3 May 2026
        can follow: the letter ~ by 3 May 2026
        may be sent later: the letter ~ , by 3 May 2026
        be sent later: the letter can ~ , by 3 May 2026
        sent later: the letter is ~ , by 3 May 2026
        submitted later: the letter is ~ , by 3 May 2026
        follow later: the letters ~ , by 3 May 2026
        invited regions: ~ apply by 3 May 2026
        """,
    "next edition": """
        next: the ~ workshop
        upcoming: the ~ workshop
        forthcoming: the ~ workshop
        coming: the ~ workshop
        """,
    "meet": """
        meet: we ~ in Ghent on 3 May 2026
        met: we ~ in Ghent on 3 May 2026
        gather: clusters ~ in Ghent on 3 May 2026
        gathered: clusters ~ in Ghent on 3 May 2026
        join us: ~ in Ghent on 3 May 2026
        invites: the platform ~ clusters to Ghent
        welcome: we ~ you to Ghent on 3 May 2026
        welcomed: Ghent ~ clusters on 3 May 2026
        brought: the event ~ clusters to Ghent
        see you: ~ in Ghent on 3 May 2026
        """,
    "was held": """
        took place: the workshop ~ in Ghent
        was held: the workshop ~ in Ghent
        were held: the sessions ~ in Ghent
        was successfully held: the workshop ~ in Ghent
        was attended: the workshop ~ by 100 people
        was hosted: the workshop ~ by Flanders Make
        was organised: the workshop ~ in Ghent
        was organized: the workshop ~ in Ghent
        brought: the workshop ~ 100 people together
        gathered: 100 people ~ in Ghent
        attracted: the workshop ~ 100 people
        welcomed: the workshop ~ 100 people
        concluded: the workshop ~ with a visit
        united: the workshop ~ 100 people
        convened: the workshop ~ 100 people
        thank you: ~ for joining us
        thank you all: ~ for joining us
        thanks for: ~ joining us
        participants discussed: the ~ skills
        participants explored: the ~ skills
        participants visited: the ~ a factory
        participants exchanged: the ~ ideas
        participants met: the ~ in Ghent
        is over: the workshop ~
        is now over: the workshop ~
        has ended: the workshop ~
        has passed: this event ~
        has come to an end: the workshop ~
        has been held: the workshop ~
        has taken place: the workshop ~
        """,
    "was hosted": """
        hosted: Ghent ~ the workshop
        organised: Ghent ~ the workshop
        organized: Ghent ~ the workshop
        held: Ghent ~ the workshop
        """,
    "not yet": """
        will: the workshop ~ be held
        if: ~ it was held
        once: ~ it was held
        after the event: ~ they met
        in advance: ~ they met
        be: to ~ hosted
        is: the event ~ hosted
        are: the events ~ hosted
        """,
    "modal": """
        if: ~ it is cancelled
        in case: ~ it is cancelled
        unless: ~ it is cancelled
        may: it ~ be cancelled
        can: it ~ be cancelled
        could: it ~ be cancelled
        might: it ~ be cancelled
        who: people ~ cancelled
        """,
    "stay": """
        hotel: ~ rooms until 3 May 2026
        hotels: ~: 3 May 2026
        accommodation: ~: 3 May 2026
        room: a ~ until 3 May 2026
        rooms: ~ until 3 May 2026
        flight: a ~ on 3 May 2026
        flights: ~ on 3 May 2026
        where to stay: ~: Hotel Astoria
        where to eat: ~: Brasserie Georges
        dinner: ~: Brasserie Georges
        lunch: ~: Brasserie Georges
        reception: ~: Town Hall
        drinks: ~: Town Hall
        """,
    "travel": """
        airport: ~: Bergamo, Italy
        airports: ~: Bergamo, Italy
        parking: ~: Main Street 1
        travel: ~: Bergamo, Italy
        how to get there: ~: Bergamo, Italy
        how to get: ~ to the venue
        how to reach: ~ the venue
        getting there: ~: Bergamo, Italy
        getting to: ~ the venue
        """,
    "visit": """
        visit: site ~ on 3 May 2026
        visits: company ~ on 3 May 2026
        """,
    "meal": """
        dinner: the ~ takes place at the Brasserie
        reception: the ~ takes place at the Town Hall
        lunch: the ~ takes place at the Town Hall
        visit: the ~ takes place at the factory
        visits: the ~ take place at the factory
        tour: the ~ takes place at the factory
        drinks: the ~ take place at the Town Hall
        """,
    "counted part": """
        session: ~ 1
        sessions: parallel ~
        day: ~ 1
        days: both ~
        panel: ~ 1
        panels: both ~
        part: ~ 1
        parts: both ~
        block: ~ 1
        round: ~ 1
        morning: ~
        afternoon: ~
        plenary: the ~
        """,
    "no material": """
        live stream: ~ of the presentation
        livestream: ~ of the presentation
        watch live: ~
        watch the live: ~ stream
        teaser: ~ video
        trailer: ~ video
        promo: ~ video
        invitation: ~ to the presentation
        call for: ~ presentations
        submit: ~ your presentation
        upload: ~ your presentation
        send: ~ your presentation
        subscribe: ~ to our video channel
        follow us: ~ on our video channel
        channel: our video ~
        register: ~ for the presentation
        registration: ~ for the presentation
        sign up: ~ for the presentation
        innovation agenda: the European ~
        skills agenda: the European ~
        urban agenda: the ~
        digital agenda: the ~
        green agenda: the ~
        policy agenda: the ~
        territorial agenda: the ~
        research agenda: the ~
        europe programme: Horizon ~
        market programme: the Single ~
        programme committee: the ~
        programme manager: the ~
        framework programme: the ~
        work programme: the ~
        interreg programme: the ~
        privacy: ~ statement on photos
        """,
    "take part": """
        i want to participate: ~
        i want to attend: ~
        i want to join: ~
        we want to participate: ~
        book your place: ~
        book your seat: ~
        book my place: ~
        reserve your place: ~
        reserve your seat: ~
        secure your place: ~
        save your place: ~
        save your seat: ~
        """,
    "other registration": """
        newsletter: sign up for the ~
        profile: register your ~
        matchmaking: register for the ~
        webinar: register for the ~
        call for: register for the ~ hosts
        mailing list: register for the ~
        transparency: ~ register
        hotel: register at the ~
        abstracts: register your ~
        """,
    "still possible": """
        can still: you ~ register
        may still: you ~ register
        can also: you ~ register
        still possible: registration is ~
        join online: you can ~
        """,
    "registration is open": """
        registration is open: ~
        registration is now open: ~
        registration is still open: ~
        registration now open: ~
        registrations are open: ~
        register now: ~
        """,
    "full": """
        fully booked: the workshop is ~
        sold out: the workshop is ~
        booked out: the workshop is ~
        no places left: there are ~
        no more places: there are ~
        is full: the workshop ~
        all places are taken: ~
        reached its full capacity: the event has ~
        reached maximum capacity: the event has ~
        """,
    "theme label": """
        language: ~: English
        theme: ~: steel
        time: ~: 9:00
        """,
    "is prose": """
        will: the venue ~ be announced
        is: the venue ~ the ICC
        are: venues ~ announced
        was: the venue ~ the ICC
        announced: the venue is ~ later
        confirmed: the venue is ~ later
        soon: the venue follows ~
        please: ~ see the map
        you: ~ find us here
        """,
    "error": """
        not found: page ~
        denied: access ~
        forbidden: ~
        error: an ~
        unavailable: service ~
        maintenance: under ~
        just a moment: ~
        log in: ~
        """,
    # links: O2, O3
    "summary": """
        summary: the ~ of the workshop
        summaries: read the event ~
        event summary: read the ~
        """,
    "agenda": """
        agenda: see the ~
        programme: see the ~
        program: see the ~
        """,
    "booklet": """
        booklet: the participants' ~
        booklets: the participants' ~
        """,
    "paper": """
        input paper: the ~ of the workshop
        input papers: the ~ of the workshop
        input note: the ~ of the workshop
        background paper: the ~ of the workshop
        background papers: the ~ of the workshop
        background note: the ~ of the workshop
        concept note: the ~ of the workshop
        concept paper: the ~ of the workshop
        discussion paper: the ~ of the workshop
        issue paper: the ~ of the workshop
        white book: the ~ of the workshop
        white paper: the ~ of the workshop
        paper: the ~ of the workshop
        """,
    "proceedings": """
        proceedings: read the ~
        proceeding: read the ~
        report: read the ~
        """,
    "photos": """
        photo: the ~ gallery
        photos: see the ~
        photographs: see the ~
        gallery: see the ~
        galleries: see the ~
        pictures: see the ~
        """,
    "slides": """
        slides: see the ~
        slide deck: see the ~
        presentation: see the ~
        presentations: see the ~
        """,
    "recording": """
        recording: see the ~
        recordings: see the ~
        recorded: the ~ session
        video: see the ~
        videos: see the ~
        watch: ~ the session
        rewatch: ~ the session
        replay: see the ~
        aftermovie: see the ~
        """,
    "link here": """
        here: click ~
        """,
}

PROSE: Final = words_of(
    """
    the this that these our we us you your it they will is are was were be been has have had can may please join
    follow stay next previous upcoming past forthcoming edition editions workshop workshops event events conference
    webinar call calls participants register registration contact information platform clusters cluster with about
    published updated date dates deadline potentially possibly took take takes taking place held hosted hosting
    organised more when apply read see find download click watch no there deadlines cut each all which who soon
    currently
    """
)
"""Words that stand in no place's name: a part that holds one is prose."""


def _entries() -> tuple[Entry, ...]:
    rows = ((concept, row.strip()) for concept, rows in _PHRASES.items() for row in rows.splitlines() if row.strip())
    split = ((concept, *row.split(": ", 1)) for concept, row in rows)
    return tuple(
        Entry(concept, tuple(phrase.split()), example.replace("~", phrase)) for concept, phrase, example in split
    )


ENTRIES: Final = _entries()


def _by_first_word() -> dict[str, tuple[tuple[tuple[str, ...], frozenset[Concept]], ...]]:
    concepts: dict[tuple[str, ...], set[Concept]] = {}
    for entry in ENTRIES:
        concepts.setdefault(entry.phrase, set()).add(entry.concept)
    found: dict[str, list[tuple[tuple[str, ...], frozenset[Concept]]]] = {}
    for phrase in sorted(concepts, key=len, reverse=True):
        found.setdefault(phrase[0], []).append((phrase[1:], frozenset(concepts[phrase])))
    return {word: tuple(rests) for word, rests in found.items()}


PHRASES: Final = _by_first_word()
"""First word → (the other words, the concepts) of each phrase, the longest first."""
