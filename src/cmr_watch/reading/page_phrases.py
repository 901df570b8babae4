"""More phrases, in the form of `phrases`: of the call's page and an edition's own page, and the kinds of material."""

from __future__ import annotations

from typing import Final

PAGE_PHRASE_TABLE: Final[dict[str, str]] = {
    "interest": """
        expression(s) of interest: call for ~
        """,
    "round": """
        following: the ~ one
        next | last: ~ cut-off
        upcoming | current: ~ rounds
        round(s) | phase: this ~
        """,
    "again": """
        reopened | re opened | relaunched: the call was ~
        open again | still open: the call is ~
        """,
    "state label": """
        status: ~: closed
        """,
    "condition": """
        once | when | until | before: ~ the call is closed
        after: ~ the call has closed
        """,
    "contact": """
        contact(s): please ~ a@example.org
        enquiries | inquiries: ~: a@example.org
        help | more information | further information: for ~ write to a@example.org
        get in touch: ~ with a@example.org
        """,
    "survey": """
        survey: the EU ~
        eusurvey: ~
        """,
    "about applying": """
        guide | guidelines: ~ for applicants
        template(s): ~ of the letter
        faq | criteria: the ~
        how to | who can: ~ apply
        example: an ~ of a letter
        annex: ~ 1 of the application
        letter(s) of support: the form of the ~
        """,
    "site form": """
        feedback | newsletter | subscribe | contact form | search form | rate this page | report a problem: ~
        """,
    "legal": """
        regulation | official journal: the ~
        privacy | data protection: ~ statement
        """,
    "need": """
        letter(s) of support | letter of commitment | letter of intent | support letter: a ~ is welcome.
        supporting documents: ~ are welcome.
        motivation: a ~ of one page is welcome.
        commitment: a ~ of the region is welcome.
        """,
    "must": """
        must | should | shall | need to | have to: applicants ~ submit a budget.
        needs to | has to: each region ~ submit a budget.
        required | asked | invited | expected: applicants are ~ to submit a budget.
        """,
    "submit": """
        submit | provide | attach | upload: applicants must ~ a budget.
        submitted | provided: a budget must be ~ by all.
        includes: the application has to be one file that ~ a budget.
        documents | requirements: applicants must meet the following ~ of the region.
        """,
    "duty": """
        duties | obligations: ~ of hosts
        hosts have to | hosts must | hosts book | hosts receive | hosts shall: ~ a contract by 3 May 2026
        hosts send | hosts name | hosts propose | hosts inform: ~ the venue before 3 May 2026
        programme must | programme has to: the ~ be sent before 3 May 2026
        second phase | second stage: deadline of the ~: 3 May 2026
        invited applicants: ~ until 3 May 2026
        invited applicants apply | invited regions apply: ~ by 3 May 2026
        get a receipt: applicants ~ by 3 May 2026
        sign: hosts ~ the agreement before 3 May 2026
        signed: the agreement is ~ before 3 May 2026
        signature: ~ of the agreement before 3 May 2026
        agreement: the ~ is made before 3 May 2026
        confirm: hosts ~ their dates before 3 May 2026
        may follow | may be completed | can be completed | handed in later: the letter ~ by 3 May 2026
        they book: hosts are chosen; ~ the venue by 3 May 2026
        visa | visa application(s): ~ by 3 May 2026
        may be sent later: the letter ~ , by 3 May 2026
        invited regions: ~ until 3 May 2026
        """,
    "letter": """
        letter(s): the ~ may be sent until 3 May 2026
        letter(s) of support | support letter(s): the ~ may be sent until 3 May 2026
        letter(s) of commitment | letter(s) of intent: the ~ may be sent until 3 May 2026
        """,
    "after the cutoff": """
        after the cut off | after the cutoff | after the deadline: two weeks ~, until 3 May 2026
        after the closing date: two weeks ~, until 3 May 2026
        """,
    "next edition": """
        next | upcoming | forthcoming | coming: the ~ workshop
        """,
    "meet": """
        meet | met: we ~ in Ghent on 3 May 2026
        gathered: clusters ~ in Ghent on 3 May 2026
        join us | see you: ~ in Ghent on 3 May 2026
        invite | invites: the platforms ~ clusters to Ghent
        invited: you are ~ to Ghent on 3 May 2026
        welcome | look forward to seeing you: we ~ you in Ghent on 3 May 2026
        welcomes | awaits you: Ghent ~ on 3 May 2026
        gather | come together: we ~ in Ghent on 3 May 2026
        welcomed: Ghent ~ clusters on 3 May 2026
        """,
    "was held": """
        took place | was held | was organised | was organized: the workshop ~ in Ghent
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
        thank all participants | thanks to all participants | thank everyone who: we ~ came
        participants attended | people attended | attended the workshop | attended the event: 120 ~
        was opened by | was a success | was a great success: the workshop ~ all
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
        hotel(s): ~ rooms until 3 May 2026
        accommodation: ~: 3 May 2026
        room(s): a ~ until 3 May 2026
        flights: ~ on 3 May 2026
        where to stay: ~: Hotel Astoria
        dinner | lunch: ~: Brasserie Georges
        """,
    "travel": """
        airport(s) | travel | how to get there: ~: Bergamo, Italy
        parking: ~: Main Street 1
        """,
    "visit": """
        tour: guided ~ on 3 May 2026
        visit(s): site ~ on 3 May 2026
        """,
    "counted part": """
        session(s) | day(s) | panel | part(s): ~ 1
        morning | afternoon: ~
        plenary: the ~
        """,
    "other event": """
        side event(s) | pre event | info session(s) | information session(s) | webinar(s): ~: Lab, 11 March 2027
        """,
    "programme item": """
        session(s) | panel(s): the ~ is cancelled
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
        interreg programme | erasmus programme | funding programme | work programme | framework programme: the ~
        """,
    "take part": """
        i want to participate | i want to join: ~
        """,
    "other registration": """
        waiting list | matchmaking | b2b | webinar: register for the ~
        newsletter: sign up for the ~
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
        is: the venue ~ the ICC
        are: venues ~ announced
        soon: the venue follows ~
        please: ~ see the map
        you: ~ find us here
        """,
    "error": """
        denied: access ~
        """,
}

MATERIAL_TABLE: Final[dict[str, str]] = {
    "agenda": """
        agenda | programme | program: see the ~
        """,
    "booklet": """
        booklet(s): the participants' ~
        """,
    "paper": """
        input paper(s) | input note | background paper(s) | white book(s) | white paper(s): the ~ of the workshop
        background note | concept note | concept paper | discussion paper(s) | issue(s) paper: the ~ of the workshop
        discussion note | issue papers | issue note: the ~ of the workshop
        """,
    "summary": """
        summary: the ~ of the workshop
        summaries: read the event ~
        """,
    "proceedings": """
        proceeding(s) | report: read the ~
        """,
    "photos": """
        photo(s): the ~ gallery
        photographs | gallery | galleries | pictures: see the ~
        """,
    "slides": """
        slides | slide deck | presentation(s): see the ~
        """,
    "recording": """
        recording(s) | video(s) | replay | aftermovie: see the ~
        recorded: the ~ session
        watch | rewatch: ~ the session
        """,
}
"""Kind of material → the words of a link that name it (READING O3). To add a kind, add it here."""
