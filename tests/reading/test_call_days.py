"""Which days of a call page end the time to apply (C3): what a sentence is about decides before its words for time."""

from __future__ import annotations

import pytest

from cmr_watch.reading import read
from tests.reading.pages import codes
from tests.reading.test_call_kinds import DEADLINE, MAY, call_of, page, short

OF_SOMETHING_ELSE = [
    # answers and results
    "We will get back to you by 30 June 2027.",
    "You will hear from us before 30 June 2027.",
    "You will receive an answer by 30 June 2027.",
    "Applicants receive a reply by 30 June 2027.",
    "The team will reply to all applicants by 30 June 2027.",
    "The jury meets in June. We tell applicants by 30 June 2027 who hosts.",
    "All applicants will be informed by 30 June 2027.",
    "Replies are sent no later than 30 June 2027.",
    "Information of applicants: no later than 30 June 2027",
    "Notification of applicants: by 30 June 2027",
    "The jury will have read all proposals by 30 June 2027.",
    "We will take our decision by 30 June 2027.",
    "A decision is expected by 30 June 2027.",
    "Interviews with the regions on the short list: until 30 June 2027",
    # publication, reserve lists, confirmations
    "The list of selected regions will be published by 30 June 2027.",
    "The results will be published on this page no later than 30 June 2027.",
    "The hosts are announced before 30 June 2027.",
    "The reserve list is valid until 31 December 2027.",
    "A reserve list will be kept until 31 December 2027.",
    "You will get a confirmation by 10 May 2027.",
    "If you have no confirmation by 10 May 2027, please write to us.",
    "The selected regions confirm their participation by 30 June 2027.",
    # questions, complaints, contact hours
    "Complaints may be submitted until 30 June 2027.",
    "Appeals against the decision: until 30 June 2027",
    "Unsuccessful applicants can ask for feedback until 30 July 2027.",
    "Our helpdesk is open until 30 April 2027.",
    "You can call us every morning until 30 April 2027.",
    "The contact point can be reached until 30 April 2027.",
    "Contact: Ann Lee (until 30 April 2027), then Bo Berg",
    "Who can help me? Ilse, until 20 April 2027.",
    "Who answers questions? Ilse, until 20 April 2027.",
    "Clarifications can be requested until 20 April 2027.",
    "Questions must reach us by 20 April 2027.",
    "Questions received after 20 April 2027 will not be answered.",
    "Questions submitted by 20 April 2027 are answered here.",
    "Do you have questions? We answer them until 20 April 2027.",
    "The FAQ will be updated until 20 April 2027.",
    # duties of hosts, a second phase, letters
    "Selected regions have to send their programme by 30 June 2027.",
    "Hosts have to book the venue by 30 June 2027.",
    "The hosts receive the contract before 30 June 2027.",
    "The agreement has to be signed by 30 June 2027.",
    "The second phase, for invited regions, ends on 30 June 2027.",
    "Letters of support can be handed in until 10 May 2027.",
    "The support letter can follow until 10 May 2027.",
    # other things
    "Costs can be claimed until 30 June 2028.",
    "The project runs until 31 December 2028.",
    "The platform is funded until 31 August 2028.",
    "Personal data are deleted by 31 December 2028.",
    "Early-bird rooms can be booked until 1 June 2027.",
    "Sign up for the info session by 1 April 2027.",
    "The recording of the webinar is available until 1 April 2027.",
    "The call for papers is open until 10 May 2027.",
    # the end of a call in the past tense
    "Our first call closed on 27 November 2026.",
    "An earlier call ran from 1 March to 30 April 2026.",
    "Regions which were hosts before 1 January 2026 can apply again.",
]


@pytest.mark.parametrize("text", OF_SOMETHING_ELSE)
def test_a_sentence_about_something_else_names_no_cutoff(text: str) -> None:
    snapshot = read("call", page(f"{DEADLINE}<p>{text}</p>")).snapshot

    assert [short(cutoff) for call in snapshot.calls for cutoff in call.cutoffs] == [MAY]
    assert codes(snapshot) == []


UNDER_A_HEADING = [
    "<h2>Late applications</h2><p>Applications received by 15 June 2027 are put on a waiting list.</p>",
    "<h2>Second phase</h2><p>Apply by 30 June 2027.</p>",
    "<h2>Questions</h2><p>Send them to a@b.eu by 20 April 2027.</p>",
    "<p>You can ask questions until:</p><ul><li>20 April 2027</li></ul>",
    "<p>On 14 September 2027 we explain all this in Lille.</p>",
]


@pytest.mark.parametrize("body", UNDER_A_HEADING)
def test_what_stands_above_may_say_that_it_is_something_else(body: str) -> None:
    assert [short(cutoff) for cutoff in call_of(DEADLINE + body).cutoffs] == [MAY]


OF_APPLYING = [
    "You have until 3 May 2027 to send us your proposal.",
    "You have time until 3 May 2027.",
    "Please send your proposal no later than 3 May 2027.",
    "Please send everything to a@b.eu before 3 May 2027.",
    "The form is available until 3 May 2027.",
    "Your answers must reach us by 3 May 2027.",
    "Your proposal should arrive by 3 May 2027.",
    "We look forward to your applications until 3 May 2027.",
    "We await your proposals by 3 May 2027.",
    "We will accept applications until 3 May 2027.",
    "Closing: 3 May 2027",
    "Apply-by date: 3 May 2027",
    "The portal closes on 3 May 2027.",
    "The application window ends on 3 May 2027.",
    "Express your interest before 3 May 2027!",
    "Expressions of interest are welcome until 3 May 2027.",
    "The call closes on 3 May 2027; results follow by 30 June 2027.",
    "Applications received by 3 May 2027 are answered in June.",
    "By when? 3 May 2027",
    "Until when can I apply? Until 3 May 2027.",
    "Until when can I apply? 3 May 2027",
    "When is the deadline? 3 May 2027.",
    "Be quick: only until 3 May 2027",
    "Interested? Let us know by 3 May 2027!",
    "Interested regions contact us by 3 May 2027.",
    "Deadline for sending the form: 3 May 2027",
    "Date of receipt of applications: 3 May 2027 at the latest",
    "Last date for submission: 3 May 2027",
    "Final date: 3 May 2027",
    "Handing in is possible until 3 May 2027.",
    "Open until 3 May 2027, 23:59",
    "The call, published on 1 March 2027, is open until 3 May 2027.",
]


@pytest.mark.parametrize("text", OF_APPLYING)
def test_the_end_of_applying_in_other_words(text: str) -> None:
    assert [short(cutoff) for cutoff in call_of(f"<p>{text}</p>").cutoffs] == [MAY]


def test_a_heading_asks_until_when() -> None:
    assert [short(cutoff) for cutoff in call_of("<h3>Until when can I apply?</h3><p>3 May 2027</p>").cutoffs] == [MAY]
