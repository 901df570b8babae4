"""More phrases, which only the call's page and an edition's own page need; in the form of `phrases`. Data alone."""

from __future__ import annotations

from typing import Final

PAGE_PHRASE_TABLE: Final[dict[str, str]] = {
    "event": """
        stop | stops: the next ~
        """,
    "former": """
        original deadline | old deadline | previous deadline | initial deadline: ~: 3 May 2026
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
        former | recent: the ~ workshop
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
        first | second | third | fourth: ~ round
        next | last: ~ cut-off
        upcoming | current: ~ rounds
        round | wave | batch | phase: first ~
        rounds: upcoming ~
        """,
    "again": """
        reopened | re opened | relaunched: the call was ~
        open again: the call is ~
        """,
    "state label": """
        status | call status: ~: closed
        """,
    "condition": """
        once | when | until | before | if | as soon as: ~ the call is closed
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
        fill in | fill out | fill | complete: ~ the form
        send | express: ~ it
        """,
    "about applying": """
        guide | guidelines | guidance: ~ for applicants
        template: ~ of the letter
        templates: ~ of the letters
        faq | faqs | rules | conditions | criteria | leaflet | results | regulation | newsletter: the ~
        how to | who can: ~ apply
        terms: ~ of reference
        privacy: ~ statement
        example: an ~ of a letter
        presentation: the ~ of the call
        """,
    "need": """
        letter of support | letter of commitment | letter of intent | letter of motivation: a ~
        letter of endorsement | letter of interest | support letter | commitment letter | motivation letter: a ~
        recommendation letter | supporting letter | supporting document | supporting statement: a ~
        letters of support | letters of commitment | letters of intent | support letters | supporting letters: ~
        supporting documents: ~
        endorsement letter: an ~
        motivation: a ~ of one page
        commitment: a ~ of the region
        proof of: ~ the legal status
        declaration of: ~ honour
        """,
    "must": """
        must | should | shall | need to | have to: applicants ~ submit a budget
        needs to | has to: each region ~ submit a budget
        needed: a budget is ~
        required | requested | asked | invited | expected: applicants are ~ to submit a budget
        require: we ~ you to submit a budget
        """,
    "submit": """
        submit | provide | include | attach | upload | enclose | hand in: ~ a budget
        submitted | provided | attached | uploaded | enclosed: a budget is to be ~
        submitting: by ~ a budget
        includes | contains: the application ~ a budget
        accompanied: ~ by a budget
        contain: the application has to ~ a budget
        document: a ~
        documents | requirements: the ~
        """,
    "duty": """
        sign: hosts ~ the agreement before 3 May 2026
        signed: the agreement is ~ before 3 May 2026
        signature: ~ of the agreement before 3 May 2026
        agreement: the ~ is made before 3 May 2026
        confirm: hosts ~ their dates before 3 May 2026
        confirmed by: dates are ~ 3 May 2026
        may follow | can follow: the letter ~ by 3 May 2026
        may be sent later: the letter ~ , by 3 May 2026
        be sent later: the letter can ~ , by 3 May 2026
        sent later | submitted later: the letter is ~ , by 3 May 2026
        follow later: the letters ~ , by 3 May 2026
        invited regions: ~ apply by 3 May 2026
        """,
    "next edition": """
        next | upcoming | forthcoming | coming: the ~ workshop
        """,
    "meet": """
        meet | met: we ~ in Ghent on 3 May 2026
        gather | gathered: clusters ~ in Ghent on 3 May 2026
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
        language | theme: ~: English
        """,
    "was hosted": """
        hosted | organised | organized | held: Ghent ~ the workshop
        """,
    "modal": """
        if | in case | unless: ~ it is cancelled
        may | can | could | might: it ~ be cancelled
        who: people ~ cancelled
        """,
    "stay": """
        hotel: ~ rooms until 3 May 2026
        hotels | accommodation: ~: 3 May 2026
        room: a ~ until 3 May 2026
        rooms: ~ until 3 May 2026
        flight: a ~ on 3 May 2026
        flights: ~ on 3 May 2026
        where to stay: ~: Hotel Astoria
        where to eat | dinner | lunch: ~: Brasserie Georges
        reception | drinks: ~: Town Hall
        """,
    "travel": """
        airport | airports | travel | how to get there | getting there: ~: Bergamo, Italy
        parking: ~: Main Street 1
        how to get: ~ to the venue
        how to reach | getting to: ~ the venue
        """,
    "visit": """
        tour: guided ~ on 3 May 2026
        visit: site ~ on 3 May 2026
        visits: company ~ on 3 May 2026
        """,
    "counted part": """
        session | day | panel | part | block | round: ~ 1
        sessions: parallel ~
        days | panels | parts: both ~
        morning | afternoon: ~
        plenary: the ~
        """,
    "no material": """
        live stream | livestream: ~ of the presentation
        watch live: ~
        watch the live: ~ stream
        teaser | trailer | promo: ~ video
        invitation: ~ to the presentation
        call for: ~ presentations
        submit | upload | send: ~ your presentation
        subscribe: ~ to our video channel
        follow us: ~ on our video channel
        channel: our video ~
        register | registration | sign up: ~ for the presentation
        innovation agenda | skills agenda: the European ~
        urban agenda | digital agenda | green agenda | policy agenda | territorial agenda | research agenda: the ~
        programme committee | programme manager | framework programme | work programme | interreg programme: the ~
        europe programme: Horizon ~
        market programme: the Single ~
        privacy: ~ statement on photos
        """,
    "take part": """
        i want to participate | i want to attend | i want to join | we want to participate | book your place: ~
        book your seat | book my place | reserve your place | reserve your seat | secure your place: ~
        save your place | save your seat: ~
        """,
    "other registration": """
        waiting list: register for the ~
        newsletter: sign up for the ~
        profile | abstracts: register your ~
        matchmaking | b2b | webinar | mailing list: register for the ~
        call for: register for the ~ hosts
        transparency: ~ register
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
        announced | confirmed: the venue is ~ later
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
