"""The call page in June 2022, in early 2023 and in May 2024. The expected JSON is written by hand.

Invented in the same style: three of the four cut-offs of June 2022, the prose, and the dates that are not cut-offs.
"""

from __future__ import annotations

from tests.shapes.ownpages import OwnState, heading, line, prose
from tests.shapes.states import CALL_PATH, Json

FORM = "https://ec.europa.eu/eusurvey/runner/clusters-meet-regions"
TITLE = "Call for expression of interest: Clusters meet Regions"


def cutoff(at: str, *, closed: bool = False, tentative: bool = False) -> Json:
    """The JSON of a cut-off. Its `text` is not compared."""
    return {"at": at, "closed": closed, "tentative": tentative}


def call(status: str, *cutoffs: Json, warnings: tuple[str, ...] | None = (), **more: object) -> Json:
    """The expected JSON of the page. With `warnings=None` the warnings are not compared."""
    expected: Json = {
        "page": "call",
        "editions": [],
        "calls": [{"status": status, "cutoffs": list(cutoffs), **more}],
    }
    return expected if warnings is None else {**expected, "warnings": [{"code": code} for code in warnings]}


JUNE_2022 = OwnState(
    "2022-06",
    TITLE,
    CALL_PATH,
    (
        prose(
            "The European Cluster Collaboration Platform invites regional authorities and cluster organisations to "
            "express their interest in hosting ‘Clusters meet Regions’ events in 2022 - 2023."
        ),
        prose("Published on 15 June 2022."),
        heading("How to apply"),
        prose("Fill in the form and attach a letter of support from your regional authority. ", ("Apply here!", FORM)),
        heading("Cut-off dates"),
        line("29 July 2022", "at 18.00 CEST", gap=", "),
        line("30 September 2022", "at 18.00 CEST", gap=", "),
        line("25 November 2022", "at 18.00 CET", gap=", "),
        line("27 January 2023", "at 18.00 CET", gap=", "),
        heading("The events"),
        prose("The selected events take place between 1 September 2022 and 30 June 2023."),
    ),
    call(
        "open",
        cutoff("2022-07-29T16:00:00Z"),
        cutoff("2022-09-30T16:00:00Z"),
        cutoff("2022-11-25T17:00:00Z"),
        cutoff("2023-01-27T17:00:00Z"),
        hosting_years=[2022, 2023],
        apply_url=FORM,
    ),
)
EARLY_2023 = OwnState(
    "2023-02",
    TITLE,
    CALL_PATH,
    (
        prose(
            "Would your region like to host a ‘Clusters meet Regions’ event in 2023? The call for expression of "
            "interest is open to regional authorities and to cluster organisations."
        ),
        prose("Two events were held in Katowice and in Zagreb on 7-8 November 2022 and 29-30 November 2022."),
        heading("Timeline"),
        line("Next deadline", "1 April 2023, at 18.00 CET", gap=": "),
        line("Events", "from 15 September 2023 to 15 December 2023", gap=": "),
        heading("How to apply"),
        prose("Please use the ", ("application form", "/form/clusters-meet-regions-application"), "."),
        prose("Questions? ", ("Write to us", "mailto:hosts@example.org"), "."),
    ),
    call("open", cutoff("2023-04-01T16:00:00Z"), warnings=("cutoff-zone",), hosting_years=[2023]),
)
MAY_2024 = OwnState(
    "2024-05",
    TITLE,
    CALL_PATH,
    (
        prose(
            "This call for expression of interest to host ‘Clusters meet Regions’ events in 2024 - 2025 addresses "
            "local and regional authorities and cluster organisations. It is continuously open."
        ),
        heading("Cut-off dates:"),
        line("– 22 December 2023 – 18:00 CET (Brussels time)", "CLOSED", gap=" – "),
        line("– 31 May 2024 – 18:00 CET (Brussels time)"),
        line("– 30 September 2024 – 18:00 CET (Brussels time)"),
        line("– 20 December 2024 – 18:00 CET (Brussels time)"),
        line(
            "– Potentially, depending on previous selections’ results, 31 January 2025 – 18:00 CET (Brussels time)",
            "(tbc)",
            gap=" ",
        ),
        heading("Who pays for what?"),
        prose("The platform pays for the venue, up to 120 guests and 2 days. Prices are those of 1 January 2024."),
        prose(("Apply here!", FORM)),
    ),
    call(
        "open",
        cutoff("2023-12-22T17:00:00Z", closed=True),
        cutoff("2024-05-31T16:00:00Z"),
        cutoff("2024-09-30T16:00:00Z"),
        cutoff("2024-12-20T17:00:00Z"),
        cutoff("2025-01-31T17:00:00Z", tentative=True),
        warnings=None,
        hosting_years=[2024, 2025],
        apply_url=FORM,
    ),
)
CALL_STATES = (JUNE_2022, EARLY_2023, MAY_2024)
