"""More phrases, which only the call's page and an edition's own page need; in the form of `phrases`. Data alone."""

from __future__ import annotations

from typing import Final

PAGE_PHRASE_TABLE: Final[dict[str, str]] = {
    "event": """
        stop: the next ~
        """,
    "former": """
        original deadline | previous deadline: ~: 3 May 2026
        """,
    "of the page": """
        submitted by on: ~ 3 May 2026
        """,
    "until": """
        close on | close at | end on: applications ~ noon on 3 May 2026
        not longer than | no longer than: open ~ 3 May 2026
        possible until: applying is ~ 3 May 2026
        """,
    "since": """
        opens on | opens from: the call ~ 3 May 2026
        opens at: the call ~ noon on 3 May 2026
        possible from: applying is ~ 3 May 2026
        """,
    "apply": """
        received: ~ by 3 May 2026
        """,
    "register": """
        signing up: ~ is possible until 3 May 2026
        book your place | attend: ~ by 3 May 2026
        registration is still open | registrations are open: ~ until 3 May 2026
        register now: ~, until 3 May 2026
        """,
    "question": """
        write to: ~ us by 3 May 2026
        """,
    "closed": """
        has passed: the date ~
        no longer accept: we ~ applications
        has come to an end: the call ~
        have closed: the calls ~
        """,
    "to come": """
        to be opened | to follow: registration ~
        not yet possible | not possible | not available | not yet available: registration is ~
        """,
    "open": """
        at any time: you can apply ~
        re opened | relaunched: the call was ~
        open again: the call is ~
        may be closed | can be closed: the call ~ earlier
        possible to: it is ~ apply until 3 May 2026
        possible until: applying is ~ 3 May 2026
        """,
    "other edition": """
        former: the ~ workshop
        future | other: ~ editions
        after: ~ the workshop in Milan
        """,
    "cutoff": """
        deadline was | cut off was: the ~ 3 May 2026
        """,
    "result": """
        hear back | hear from us: applicants ~ by 3 May 2026
        """,
    "interest": """
        expression of interest | expressions of interest: call for ~
        express your interest: ~ in hosting
        express their interest: regions can ~ in hosting
        """,
    "round": """
        first round | second round | third round | next round | last round | final round: ~
        first | second | third | next | last: ~ cut-off
        upcoming | current: ~ rounds
        round | phase: this ~
        rounds: upcoming ~
        """,
    "again": """
        reopened: the call was ~
        open again: the call is ~
        """,
    "state label": """
        status | call status: ~: closed
        """,
    "condition": """
        once | when | until | before | if: ~ the call is closed
        after: ~ the call has closed
        after which: 3 May 2026, ~ the call is closed
        """,
    "contact": """
        contact: please ~ a@example.org
        contacts | enquiries | inquiries | helpdesk: ~: a@example.org
        contact us: ~ at a@example.org
        help | more information | further information: for ~ write to a@example.org
        get in touch: ~ with a@example.org
        """,
    "survey": """
        survey: the EU ~
        eusurvey | your application | your interest | your proposal: ~
        fill in | fill: ~ the form
        send: ~ it
        """,
    "about applying": """
        guide | guidelines: ~ for applicants
        template: ~ of the letter
        templates: ~ of the letters
        faq | criteria | results | regulation | newsletter: the ~
        how to | who can: ~ apply
        privacy: ~ statement
        example: an ~ of a letter
        presentation: the ~ of the call
        """,
    "need": """
        letter of support | letter of commitment | letter of intent: a ~
        support letter: a ~
        letters of support: ~
        supporting documents: ~
        motivation: a ~ of one page
        commitment: a ~ of the region
        """,
    "must": """
        must | should | shall | need to | have to: applicants ~ submit a budget
        needs to | has to: each region ~ submit a budget
        needed: a budget is ~
        required | asked | invited | expected: applicants are ~ to submit a budget
        """,
    "submit": """
        submit | provide | attach | upload: ~ a budget
        submitted | provided: a budget is to be ~
        includes: the application ~ a budget
        documents | requirements: the ~
        """,
    "duty": """
        sign: hosts ~ the agreement before 3 May 2026
        signed: the agreement is ~ before 3 May 2026
        signature: ~ of the agreement before 3 May 2026
        agreement: the ~ is made before 3 May 2026
        confirm: hosts ~ their dates before 3 May 2026
        may follow: the letter ~ by 3 May 2026
        may be sent later: the letter ~ , by 3 May 2026
        invited regions: ~ apply by 3 May 2026
        """,
    "next edition": """
        next | upcoming | forthcoming | coming: the ~ workshop
        """,
    "meet": """
        meet | met: we ~ in Ghent on 3 May 2026
        gathered: clusters ~ in Ghent on 3 May 2026
        join us | see you: ~ in Ghent on 3 May 2026
        invites: the platform ~ clusters to Ghent
        welcome: we ~ you to Ghent on 3 May 2026
        welcomed: Ghent ~ clusters on 3 May 2026
        brought: the event ~ clusters to Ghent
        """,
    "was held": """
        took place | was held | was successfully held | was organised | was organized: the workshop ~ in Ghent
        were held: the sessions ~ in Ghent
        was attended: the workshop ~ by 100 people
        was hosted: the workshop ~ by Flanders Make
        brought: the workshop ~ 100 people together
        gathered: 100 people ~ in Ghent
        attracted | welcomed | united | convened: the workshop ~ 100 people
        concluded: the workshop ~ with a visit
        participants discussed | participants explored: the ~ skills
        participants visited: the ~ a factory
        participants exchanged: the ~ ideas
        participants met: the ~ in Ghent
        is over | is now over | has ended | has come to an end | has been held | has taken place: the workshop ~
        has passed: this event ~
        thank you for joining | thank you for attending | thank you for participating | thank you for coming: ~ us
        thank you for being | thank you for your participation | thank you for your contributions: ~
        thank you all | thank you to all | thanks for joining | thanks for attending | thanks for coming: ~
        thanking | thanked: ~ all participants
        """,
    "taking place": """
        be held | is held | are held | be hosted | is hosted | are hosted: the event will ~ in Ghent
        be organised | be organized | is organised | is organized: the event will ~ in Ghent
        """,
    "theme label": """
        language: ~: English
        """,
    "was hosted": """
        hosted | organised | held: Ghent ~ the workshop
        """,
    "modal": """
        if: ~ it is cancelled
        may | can | could | might: it ~ be cancelled
        who: people ~ cancelled
        """,
    "stay": """
        hotel: ~ rooms until 3 May 2026
        hotels | accommodation: ~: 3 May 2026
        room: a ~ until 3 May 2026
        rooms: ~ until 3 May 2026
        flights: ~ on 3 May 2026
        where to stay: ~: Hotel Astoria
        dinner | lunch: ~: Brasserie Georges
        """,
    "travel": """
        airport | airports | travel | how to get there: ~: Bergamo, Italy
        parking: ~: Main Street 1
        """,
    "visit": """
        tour: guided ~ on 3 May 2026
        visit: site ~ on 3 May 2026
        visits: company ~ on 3 May 2026
        """,
    "counted part": """
        session | day | panel | part | round: ~ 1
        first round | second round | third round | next round | last round | final round: ~
        sessions: parallel ~
        days | parts: both ~
        morning | afternoon: ~
        plenary: the ~
        """,
    "no material": """
        channel: our video ~
        watch live: ~
        call for: ~ presentations
        upload: ~ your presentation
        register | registration | sign up: ~ for the presentation
        skills agenda: the European ~
        agenda 2030 | 2030 agenda | agenda 2063: the ~ for sustainable development
        europe programme: Horizon ~
        market programme: the Single ~
        """,
    "take part": """
        i want to participate | i want to join | book your place: ~
        book your seat | reserve your seat: ~
        """,
    "other registration": """
        waiting list: register for the ~
        newsletter: sign up for the ~
        matchmaking | b2b | webinar: register for the ~
        call for: register for the ~ hosts
        hotel: register at the ~
        """,
    "still possible": """
        can still | may still | can also: you ~ register
        still possible: registration is ~
        join online: you can ~
        """,
    "full": """
        fully booked | sold out | booked out: the workshop is ~
        no places left | no more places: there are ~
        is full: the workshop ~
        all places are taken: ~
        reached its full capacity | reached maximum capacity: the event has ~
        """,
    "is prose": """
        takes place | take place | taking place | took place: the event ~ in a hall
        will: the venue ~ be announced
        is | was: the venue ~ the ICC
        are: venues ~ announced
        soon: the venue follows ~
        please: ~ see the map
        you: ~ find us here
        """,
    "error": """
        not found: page ~
        denied: access ~
        forbidden | just a moment | log in: ~
        error: an ~
        unavailable: service ~
        maintenance: under ~
        """,
}
