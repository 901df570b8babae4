"""The phrases of the pages, by concept: only data, built into lookups by `lexicon`. More of them: `page_phrases`.

Each row is `phrase | phrase: example`, in which `~` means each of the phrases; a test reads every example. Phrases
are lower-case words without hyphens, apostrophes and dots: “cut off” also matches “Cut-off”, “isn t” “isn’t”, “tbc”
“t.b.c.”; “deadline(s)” means both forms. To add a synonym, add it to a row. A phrase may express several concepts;
the longest phrase wins.
"""

from __future__ import annotations

from typing import Final

PHRASE_TABLE: Final[dict[str, str]] = {
    # the state of an edition
    "cancelled": """
        cancelled: Ghent, Belgium – ~
        called off: the event was ~
        """,
    "postponed": """
        postponed: Ghent, Belgium – ~
        on hold: the workshop is ~
        delayed: the event is ~
        """,
    "save the date": """
        save the date(s): Ghent, Belgium – ~!
        """,
    "tentative": """
        tbc | tba | tbd: 12-13 March 2026 (~)
        to be confirmed: dates ~
        to be announced | to be defined | to be decided | to be determined: date ~
        provisional: 12-13 March 2026, ~
        provisionally | tentatively: ~ 12-13 March 2026
        tentative: 12-13 March 2026 – ~
        """,
    # words next to a place or a date, and part of neither
    "remark": """
        hosted by | organised by | organized by: Ghent, Belgium – ~ Flanders Make
        """,
    "mode": """
        hybrid | in person | physical: Ghent, Belgium (~)
        and online | and virtual: Ghent, Belgium ~
        """,
    "country remark": """
        republic of: Chisinau, Moldova (~)
        """,
    "badge": """
        new | updated | update | reminder | coming up | coming soon | next up | just announced: ~: Ghent, Belgium
        new venue: ~: Ghent, Belgium
        confirmed | registration open | registration is open | registration now open: ~: Ghent, Belgium
        registration is now open | last places | fully booked | sold out | booked out: ~: Ghent, Belgium
        """,
    "series": """
        clusters meet(s) regions | cluster meet regions | clusters meet region: ~ – Ghent, Belgium
        cmr: ~ Ghent, Belgium
        """,
    "event": """
        event date(s): ~: 3 May 2026
        event(s): the ~ takes place in Ghent
        edition(s) | workshop(s) | meeting(s) | stop: the next ~
        """,
    "place label": """
        place | location | where: ~: Ghent, Belgium
        city: ~: Ghent, Country: Belgium
        town | host city: ~: Ghent
        country: City: Ghent, ~: Belgium
        region | host region: ~: Flanders
        host country: ~: Belgium
        """,
    "venue label": """
        venue | new venue: ~: ICC Ghent
        address: ~: Main Street 1, Ghent
        """,
    "date label": """
        date(s) | when | event date(s): ~: 12-13 March 2026
        """,
    "speakers": """
        speaker(s) | moderator: ~: Ann Lee, Belgium
        host(s) | partner(s) | organiser(s) | contact(s): ~: Flanders Make, Belgium
        theme | topic: ~: Steel in Belgium
        """,
    # which day is it? D2
    "moved": """
        rescheduled | moved | postponed | changed | shifted | delayed: ~ from 3 May 2026 to 4 June 2026
        extended: ~ from 3 May 2026 to 4 June 2026
        prolonged | brought forward: ~ to 4 June 2026
        """,
    "new date": """
        new date(s): ~: 4 June 2026
        now: ~ on 4 June 2026
        """,
    "former": """
        instead of: 4 June 2026 ~ 3 May 2026
        originally | initially | previously | formerly | replaces: ~ 3 May 2026
        was: 4 June 2026 (~: 3 May 2026)
        original date | old date | original deadline | previous deadline: ~: 3 May 2026
        """,
    "follow up": """
        following up | follow(s) up | building on | builds on | follows: ~ the workshop of 3 May 2026
        """,
    "of the page": """
        published | publication: ~: 3 May 2026
        as of | submitted by on: ~ 3 May 2026
        updated | posted | created | modified: ~ on 3 May 2026
        update: ~ of 3 May 2026
        version: ~ of 9 January 2026
        """,
    "until": """
        until | till | by | before | no later than | not later than: apply ~ 3 May 2026
        at the latest: on 3 May 2026 ~
        latest: 3 May 2026 ~
        up to | not longer than | no longer than: open ~ 3 May 2026
        due: applications are ~ on 3 May 2026
        closes | will close | will be closed | ends | will end | expires | is closing: the call ~ on 3 May 2026
        closing | ending: ~ on 3 May 2026
        last day: the ~ is 3 May 2026
        close on | close at | end on: applications ~ noon on 3 May 2026
        possible until: applying is ~ 3 May 2026
        you have until: ~ 3 May 2026
        """,
    "latest": """
        at the latest | latest: on 3 May 2026 ~
        """,
    "since": """
        from | since: open ~ 3 May 2026
        starting: ~ 3 May 2026
        starts | begins | opened | will open: the call ~ on 3 May 2026
        start | opening | launch: ~ of the call: 3 May 2026
        began: the series ~ on 3 May 2026
        beginning: ~ on 3 May 2026
        opens | opens on | opens from: the call ~ 3 May 2026
        launched: the call, ~ on 3 May 2026
        after: events ~ 3 May 2026
        between: events ~ 3 May and 4 June 2026
        opens at: the call ~ noon on 3 May 2026
        """,
    # what a day or a sentence is about
    "cutoff": """
        original deadline: the ~ of 3 May 2026 has been moved
        last day to submit | last day to send | last day for applications: the ~ is 3 May 2026
        last day for submissions: the ~ is 3 May 2026
        cut off dates for the evaluation | cut off date for the evaluation: ~ of applications
        cut offs for the evaluation: ~ of applications
        deadline(s) | dead line | cut off(s) | cutoff(s) | cut off date(s): ~: 3 May 2026
        closing date(s) | due date(s) | submission date(s) | collection date(s) | last day to apply: ~: 3 May 2026
        deadline was | cut off was: the ~ 3 May 2026
        last date | final date | latest date | final day | date of receipt: ~: 3 May 2026
        """,
    "apply": """
        apply | application(s) | submit | submission(s) | express your interest: ~ by 3 May 2026
        expression(s) of interest: ~ by 3 May 2026
        applying: ~ is possible until 3 May 2026
        proposals: ~ until 3 May 2026
        applicants | candidates | interested: ~ have until 3 May 2026
        submitted | received | handed in | sent in: to be ~ by 3 May 2026
        must reach us | has to reach us | have to reach us | should reach us: it ~ by 3 May 2026
        form(s): send the ~ by 3 May 2026
        """,
    "passive": """
        submitted | received | handed in | sent in: questions ~ by 3 May 2026
        must reach us | has to reach us | have to reach us | should reach us: questions ~ by 3 May 2026
        """,
    "call": """
        new call | next call | another call: a ~ is open
        call(s): the ~ is open
        """,
    "call for": """
        no open call(s): there is ~ for hosts
        call(s) for: the ~ hosts
        """,
    "hosting": """
        host(s): call to ~ events
        hosted: events ~ in 2027
        hosting: call for ~ events
        """,
    "register": """
        register | sign up | attend: ~ by 3 May 2026
        registration(s): ~ closes on 3 May 2026
        your place | your seat: book ~ by 3 May 2026
        registered: be ~ by 3 May 2026
        book a place | book a seat: ~ by 3 May 2026
        booking(s) | enrolment | enrol | sign ups: ~ until 3 May 2026
        registration open | registration now open: ~: Ghent, Belgium
        registration is open | registration is now open: ~ until 3 May 2026
        signing up: ~ is possible until 3 May 2026
        """,
    "house": """
        conference centre | conference center | conference hall: we meet in the ~
        """,
    "session": """
        webinar(s) | info session(s) | information session(s) | kick off: ~ on 3 May 2026
        pre event | side event(s) | reception: ~ on 3 May 2026
        info day(s) | information day | summit | conference(s): ~ on 3 May 2026
        call for papers | call for speakers | call for experts: the ~ is open until 3 May 2026
        call for tender(s) | call for posters | call for pitches | call for abstracts: the ~ is open until 3 May 2026
        """,
    "result": """
        panel | jury | evaluators: the ~ decides by 3 May 2026
        result(s) | notification | notified | informed | evaluated | selected | selection | feedback: ~ by 3 May 2026
        announced | announcement: ~ on 3 May 2026
        evaluation | assessment: ~ until 3 May 2026
        hear back | hear from us | will receive | participants receive: applicants ~ by 3 May 2026
        get back | we reply | will reply | we answer | will answer | we respond: ~ by 3 May 2026
        a reply | replies | an answer | a response | responses | will respond: we send ~ by 3 May 2026
        we decide | we will decide | we inform | we will inform | we contact | we will contact: ~ by 3 May 2026
        we tell | we will tell | we let | we will let: ~ you by 3 May 2026
        we publish | we will publish | we choose | we will choose | we announce | we will announce: ~ by 3 May 2026
        information of applicants | information of the applicants | information to applicants: ~: by 3 May 2026
        information of all applicants | be contacted | be notified: ~: no later than 3 May 2026
        outcome(s) | list of hosts | short list | shortlist | shortlisted | decided: the ~ by 3 May 2026
        interview(s) | hearing(s): ~ with applicants until 3 May 2026
        is published | are published: the list ~ no later than 3 May 2026
        chosen | ranked: the hosts are ~ by 3 May 2026
        confirmation | acknowledgement: applicants get a ~ by 3 May 2026
        """,
    "question": """
        out of office | on holiday | not available: Ann Lee is ~ until 3 May 2026
        request(s): ~ to the ministry by 3 May 2026
        a chat | a slot | a talk: book ~ with us until 3 May 2026
        question(s): ask a ~ by 3 May 2026
        queries | clarification(s): ~ by 3 May 2026
        write to: ~ us by 3 May 2026
        complaint(s) | appeal(s) | objection(s): ~ until 3 May 2026
        helpdesk | help desk | faq: the ~ is open until 3 May 2026
        call us | e mail us | email us | ask us | phone us: ~ before 3 May 2026
        can reach us | can be reached | reachable | here for you: the team is ~ until 3 May 2026
        hotline | phone line | office hours | on leave: the ~ until 3 May 2026
        in the office | present until: we are ~ 3 May 2026
        """,
    "regulation": """
        regulation: ~ (EU) 2018/1724 of 23 October 2018
        directive | decision: ~ 2018/1724 of 23 October 2018
        communication: ~ of 23 October 2018
        """,
    "dateline": """
        brussels: ~, 3 March 2026
        """,
    "brussels time": """
        brussels time | time in brussels | central european time: 18:00 ~
        central european summer time | cet cest | cest cet: 18:00 ~
        belgian time | local time: 18:00 (~)
        paris time | berlin time | madrid time | rome time | vienna time | amsterdam time: 18:00 (~)
        luxembourg time | prague time | warsaw time | stockholm time | copenhagen time | oslo time: 18:00 (~)
        budapest time | zagreb time | ljubljana time | bratislava time | bern time | zurich time: 18:00 (~)
        barcelona time | milan time | munich time | strasbourg time | cet time: 18:00 (~)
        ce: 18:00 ~(S)T
        """,
    "taking place": """
        take place | organised | organized | implemented: events ~ until 3 May 2026
        takes place | took place: the event ~ on 3 May 2026
        taking place: events ~ on 3 May 2026
        held: the event, ~ on 3 May 2026
        implementation: ~ until 3 May 2026
        scheduled: the event is ~ for 22 September 2026
        contract(s): the ~ runs until 3 May 2026
        ranking | reserve list: the ~ is valid until 3 May 2026
        valid: the list is ~ until 3 May 2026
        kept | stored | retained: data are ~ until 3 May 2026
        be held | is held | are held: the event will ~ in Ghent
        be organised | be organized | is organised | is organized: the event will ~ in Ghent
        """,
    "late": """
        late applications | late submissions | incomplete applications: ~ until 3 May 2026
        late application | late proposal(s) | late expression(s) | late submission | latecomers: ~ until 3 May 2026
        go to a reserve list | go on a reserve list | are put on a reserve list: applications by 3 May 2026 ~
        """,
    "long ago": """
        that hosted | who hosted | which hosted | have hosted | has hosted: regions ~ an event before 3 May 2026
        already hosted: regions that ~ before 3 May 2026
        applied | participated | took part: regions that ~ before 3 May 2026
        founded | established: bodies ~ before 3 May 2026
        were hosts: regions that ~ before 3 May 2026
        was open | were open | had been open | was ongoing: the call ~ all year until 3 May 2026
        ran from | ran until | ran till | ran to | ran between: the call ~ 3 May 2026
        closed on | closed at | ended on | ended at: the call ~ 3 May 2026
        could be submitted: applications ~ for all until 3 May 2026
        was possible | were accepted | were welcome | could apply: applying ~ for all until 3 May 2026
        """,
    "perhaps": """
        potentially | possibly | perhaps: ~ 31 January 2026
        potential | possible: a ~ cut-off: 31 January 2026
        """,
    # the state of a call, C2
    "closed": """
        closed | no longer open | not open any more | not open anymore: the call is ~
        no longer accepting: we are ~ applications
        no longer accepted: applications are ~
        no longer possible: applying is ~
        no longer available: the form is ~
        no longer apply | no longer submit: you can ~
        no longer be submitted | no longer be made | no longer be sent: applications can ~
        no longer be accepted: applications will ~
        no open call(s): there is ~
        has ended | has now ended | is over | has come to an end: the call ~
        have ended: the calls ~
        is now over | are over | is finished | is now finished | has finished | ended on | closed on: the call ~
        closed at | ended at: the call ~ noon on 3 May 2026
        was open until | was open till | was open from | was open between | was possible until: the call ~ 3 May 2026
        could be submitted until: applications to the call ~ 3 May 2026
        ran from | ran until | ran till | ran to | ran between: the call ~ 3 May 2026
        expired | passed: 3 May 2026 – ~
        deadline has passed | deadline is passed: the ~
        has passed: the date ~
        no longer accept: we ~ applications
        """,
    "over": """
        over | past | ended | finished | elapsed | done: 3 May 2026 – ~
        previous | earlier | former: ~ cut-offs
        """,
    "to come": """
        will open | will reopen | will re open | will start: the call ~ in May
        will follow: a new call ~
        will launch: we ~ a call
        will soon open | will soon start | opens soon: the call ~
        be launched | be opened | be re opened | be reopened | be published | be open | be announced: the call will ~
        be released | be available | be issued | be relaunched | be re launched: the call will ~
        stay tuned: ~ for the next call
        open soon | open shortly: ~: the next call
        opening soon | opening shortly: ~
        coming soon | coming shortly | launching soon | not yet open | not open: the call is ~
        not yet been opened: the call has ~
        is planned | is foreseen: a call ~
        are planned: calls ~
        is expected | is expected to open | is due to open: the call ~ in 2026
        being drafted | being finalised | being finalized: the call ~
        opens on: the call ~ 3 May 2026
        opens in | opens from: the call ~ May
        opens at: the call ~ noon
        in preparation | being prepared: a call is ~
        to follow: registration ~
        be possible from | be possible as of: registration will ~ January
        not yet possible | not possible | not available | not yet available: registration is ~
        """,
    "open": """
        is live | is now live | is closing | is accepting applications | is prolonged | has been prolonged: the call ~
        being accepted | are accepted: submissions ~
        open | reopened | not yet closed | open again | still open: the call is ~
        opened: the call is now ~
        is ongoing | has been launched | has been published | was launched | is launched: the call ~
        isn t closed: the call ~
        apply: ~ by 3 May 2026
        applications are welcome | submissions are welcome | proposals are welcome: ~
        submit: ~ your application
        extended: the deadline was ~
        closes | will close | will be closed: the call ~ on 3 May 2026
        not closed: the call is ~ yet
        not been closed: the call has ~
        at any time: you can apply ~
        re opened | relaunched: the call was ~
        may be closed | can be closed: the call ~ earlier
        possible to: it is ~ apply until 3 May 2026
        possible until: applying is ~ 3 May 2026
        """,
    "thanks": """
        selected through: ~ our call
        were selected: the hosts ~ by a call
        thank | thank you all | thank you to all: ~ for answering the call for hosts
        thanks: ~ to all who answered the call for hosts
        """,
    "another call": """
        new call: a ~ is open
        next call: the ~ is open
        another call: ~ is open
        a new one | the next one: ~ will open soon
        """,
    "other edition": """
        previous | last | earlier | past | following | former: the ~ workshop
        future | other: ~ editions
        after: ~ the workshop in Milan
        """,
    "negation": """
        not | never: ~ cancelled
        isn t: it ~ cancelled
        hasn t: it ~ been cancelled
        previously: ~ postponed
        if: ~ it is cancelled
        """,
    # links: O2, O3
    "more": """
        more info | more information | read more | find out more | learn more: 12-13 March 2026 – ~
        details | website | event page: 12-13 March 2026 (~)
        """,
}
