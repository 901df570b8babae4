"""Minimal call pages with one oddity each."""

from __future__ import annotations

from tests.shapes.callpage import FORM, TITLE, call, cutoff
from tests.shapes.ownpages import Oddity
from tests.shapes.states import CALL_PATH, Json

_ABOUT = (
    "<p>The call for expression of interest addresses regions that wish to host ‘Clusters meet Regions’ events.</p>"
)
_APPLY = f'<p><a href="{FORM}">Apply here!</a></p>'
_MAY, _JUNE = cutoff("2024-05-31T21:59:00Z"), cutoff("2023-06-07T21:59:00Z")


def _odd(name: str, description: str, body: str, expected: Json, *, about: str = _ABOUT) -> Oddity:
    return Oddity(name, description, TITLE, CALL_PATH, f"{about}\n{body}", expected)


_STATUS = (
    _odd(
        "closed",
        "the call is closed, its last cut-off still stands there",
        "<p>The call for expression of interest to host events is closed.</p>\n<p>Last cut-off: 31 January 2025</p>",
        call("closed", {"at": "2025-01-31T22:59:00Z", "tentative": False}),
        about="",
    ),
    _odd(
        "closed-no-longer-open",
        "closed in other words, and the form is still linked",
        f"<p>This call is no longer open. We thank all applicants.</p>\n{_APPLY}",
        call("closed"),
    ),
    _odd(
        "closed-has-ended",
        "closed in other words; the remaining links do not lead to an application form",
        "<p>The call for expression of interest to host ‘Clusters meet Regions’ events has ended.</p>\n"
        '<p>See the <a href="/content/hosts">regions that were selected</a> and the '
        '<a href="/funding">funding opportunities</a>.</p>',
        call("closed", apply_url=None),
        about="",
    ),
    _odd(
        "announced",
        "the call is only announced; its links do not lead to an application form",
        "<p>A new call for expression of interest to host ‘Clusters meet Regions’ events in 2027 will open soon. "
        'Stay tuned: <a href="/newsletter">subscribe to our newsletter</a> or '
        '<a href="/community">join the community</a>!</p>',
        call("announced", hosting_years=[2027], apply_url=None),
        about="",
    ),
    _odd(
        "announced-with-cutoff",
        "the call is announced with its first cut-off",
        "<p>The call for expression of interest to host events will be launched in January 2025. "
        "The first cut-off is on 31 March 2025.</p>",
        call("announced", cutoff("2025-03-31T21:59:00Z")),
        about="",
    ),
    _odd(
        "one-closed",
        "a closed cut-off does not close the call",
        "<h3>Cut-off dates</h3>\n<p>31 May 2024 – CLOSED</p>\n<p>30 September 2024</p>",
        call("open", cutoff("2024-05-31T21:59:00Z", closed=True), cutoff("2024-09-30T21:59:00Z")),
    ),
    _odd(
        "one-closed-in-a-sentence",
        "a sentence says that a cut-off is closed and that the call is not",
        "<p>The first cut-off is closed. The call remains open until 30 September 2024.</p>",
        call("open", cutoff("2024-09-30T21:59:00Z")),
    ),
    _odd(
        "all-closed-with-form",
        "every cut-off is closed, yet there is a form and nothing says that the call is closed",
        f"<h3>Cut-off dates</h3>\n<p>31 May 2024 – CLOSED</p>\n<p>30 September 2024 – CLOSED</p>\n{_APPLY}",
        call(
            "open",
            cutoff("2024-05-31T21:59:00Z", closed=True),
            cutoff("2024-09-30T21:59:00Z", closed=True),
            apply_url=FORM,
        ),
    ),
    _odd("form-only", "no cut-off at all, but a form", _APPLY, call("open", apply_url=FORM)),
)
_CUTOFF_FORMATS = (
    _odd(
        "until-month-first",
        "until, month before day",
        "<p>Applications are taken until June 7th 2023.</p>",
        call("open", _JUNE),
    ),
    _odd("day-month", "the plainest deadline", "<p>Deadline: 7 June 2023</p>", call("open", _JUNE)),
    _odd("dotted", "a date in numbers with dots", "<p>Deadline for applications: 07.06.2023</p>", call("open", _JUNE)),
    _odd("weekday", "a weekday before the date", "<p>Deadline: Friday, 31 May 2024</p>", call("open", _MAY)),
    _odd(
        "extended",
        "extended, day first, an hour that is both 15 and pm, and the wrong zone: the earlier instant",
        "<p>Deadline extended to 03/07/2023 15 pm CET</p>",
        call("open", cutoff("2023-07-03T13:00:00Z"), warnings=("cutoff-zone",)),
    ),
    _odd(
        "wrong-zone-in-winter",
        "CEST in winter: the earlier instant is that of the zone named",
        "<p>Deadline: 20 December 2024, at 18.00 CEST</p>",
        call("open", cutoff("2024-12-20T16:00:00Z"), warnings=("cutoff-zone",)),
    ),
    _odd(
        "brussels-without-brackets",
        "Brussels time without brackets or another zone, the hour with an h",
        "<p>Deadline: 31 May 2024, 17h00 Brussels time</p>",
        call("open", cutoff("2024-05-31T15:00:00Z")),
    ),
    _odd(
        "pm", "an hour with pm", "<p>Deadline: 31 May 2024, 5 pm CEST</p>", call("open", cutoff("2024-05-31T15:00:00Z"))
    ),
    _odd(
        "utc",
        "UTC is exactly that, although it is later than Brussels",
        "<p>Deadline: 31 May 2024, 18:00 UTC</p>",
        call("open", cutoff("2024-05-31T18:00:00Z"), warnings=None),
    ),
    _odd(
        "spaces",
        "spaces that do not break, and invisible signs",
        "<p>Deadline:&nbsp;31&nbsp;May\u200b&nbsp;2024&nbsp;–&nbsp;18:00&nbsp;(Brussels&nbsp;time)</p>",
        call("open", cutoff("2024-05-31T16:00:00Z")),
    ),
    _odd(
        "split-tags",
        "tags in the midst of the date",
        "<p><b>Dead</b>line: <b>3</b>1 M<em>ay</em> 20<span>24</span>, 18<u>:00</u></p>",
        call("open", cutoff("2024-05-31T16:00:00Z")),
    ),
    _odd(
        "two-in-a-line",
        "two cut-offs in one line are no range",
        "<p>Cut-offs: 31 May 2024 and 30 September 2024, both at 18:00 CEST</p>",
        call("open", {"closed": False, "tentative": False}, cutoff("2024-09-30T16:00:00Z")),
    ),
    _odd(
        "year-of-the-heading",
        "days without a year take the heading's",
        "<h3>Cut-off dates in 2024</h3>\n<ul>\n<li>31 May</li>\n<li>30 September</li>\n</ul>",
        call("open", _MAY, cutoff("2024-09-30T21:59:00Z")),
    ),
    _odd(
        "to-be-confirmed",
        "tentative in whole words",
        "<h3>Deadlines</h3>\n<p>31 May 2024</p>\n<p>31 January 2025 (to be confirmed)</p>",
        call("open", _MAY, cutoff("2025-01-31T22:59:00Z", tentative=True), warnings=None),
    ),
    _odd(
        "table",
        "date, hour and remark each in a cell, under a head",
        "<table><thead><tr><th>Cut-off</th><th>Time</th><th>Remark</th></tr></thead><tbody>\n"
        "<tr><td>31 May 2024</td><td>18:00 CEST</td><td>Closed</td></tr>\n"
        "<tr><td>30 September 2024</td><td>18:00 CEST</td><td></td></tr></tbody></table>",
        call("open", cutoff("2024-05-31T16:00:00Z", closed=True), cutoff("2024-09-30T16:00:00Z")),
    ),
    _odd(
        "lead-in-sentence",
        "a sentence with a colon leads in the list, no heading does",
        "<p>The call is continuously open, with the following cut-off dates:</p>\n"
        "<ul>\n<li>31 May 2024</li>\n<li>30 September 2024</li>\n</ul>",
        call("open", _MAY, cutoff("2024-09-30T21:59:00Z")),
    ),
)
_NOT_A_CUTOFF = (
    _odd(
        "struck",
        "a struck-out cut-off is not on the page",
        "<p>Deadline: <s>31 May 2024</s> 14 June 2024</p>",
        call("open", cutoff("2024-06-14T21:59:00Z")),
    ),
    _odd(
        "instead-of",
        "the former date is named",
        "<p>Deadline: 14 June 2024 (instead of 31 May 2024)</p>",
        call("open", cutoff("2024-06-14T21:59:00Z")),
    ),
    _odd(
        "extended-from",
        "from the former date to the new one",
        "<p>The deadline is extended from 31 May 2024 to 14 June 2024.</p>",
        call("open", cutoff("2024-06-14T21:59:00Z")),
    ),
    _odd(
        "from-until",
        "the beginning is no cut-off",
        "<p>Applications are accepted from 1 March 2024 until 31 May 2024.</p>",
        call("open", _MAY),
    ),
    _odd(
        "published-and-period",
        "when the call was published and when the events take place",
        f"<p>Published on 1 March 2024.</p>\n<p>Events take place from 1 September 2024 to 30 June 2025.</p>\n{_APPLY}",
        call("open", apply_url=FORM),
    ),
    _odd(
        "next-heading-ends-it",
        "the dates under the heading after the cut-offs are none",
        "<h3>Cut-off dates</h3>\n<p>31 May 2024</p>\n<h3>Past events</h3>\n"
        "<p>Lyon, France – 12-13 October 2023</p>\n<p>Milan, Italy - 26-27 March 2024</p>",
        call("open", _MAY),
    ),
    _odd(
        "commented-out",
        "a cut-off in a comment, one in a script",
        "<!-- <p>Deadline: 29 February 2024</p> -->\n<script>var deadline = 'Deadline: 1 March 2024';</script>\n"
        "<p>Deadline: 31 May 2024</p>",
        call("open", _MAY),
    ),
    _odd(
        "said-twice",
        "the same cut-off in a sentence and in the list",
        "<p>The next deadline is 31 May 2024, at 18:00.</p>\n<h3>Cut-off dates</h3>\n"
        "<p>31 May 2024 – 18:00</p>\n<p>30 September 2024 – 18:00</p>",
        call("open", cutoff("2024-05-31T16:00:00Z"), cutoff("2024-09-30T16:00:00Z"), warnings=None),
    ),
    _odd(
        "impossible",
        "a day that does not exist",
        f"<p>Deadline: 31 June 2024</p>\n{_APPLY}",
        call("open", warnings=("date-impossible",)),
    ),
    _odd(
        "relative-form",
        "the form's address is relative",
        '<p>Deadline: 31 May 2024. <a href="/form/host-an-event">Apply here</a></p>',
        call("open", _MAY, apply_url="https://clustercollaboration.eu/form/host-an-event"),
    ),
)
CALL_ODDITIES = (*_STATUS, *_CUTOFF_FORMATS, *_NOT_A_CUTOFF)
