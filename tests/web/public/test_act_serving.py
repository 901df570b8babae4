"""How routes that act are served, with views of the tests: who may send what, and what is never kept or logged."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from cmr_watch.exceptions import StoreUnavailable
from cmr_watch.web.public.act_serving import Counter
from cmr_watch.web.public.acts import MAX_BODY, ActRoute, Errand, is_from_this_site
from cmr_watch.web.public.budget import Budget
from cmr_watch.web.public.serving import PublicSite
from cmr_watch.web.public.views import Reply, SiteFacts
from tests.web.public.client import Client

HERE = "https://watch.example.eu"
FACTS = SiteFacts("https://clusters.example/list", timedelta(hours=1), url=HERE)
FORM = "application/x-www-form-urlencoded"
OWN = {"content-type": FORM, "sec-fetch-site": "same-origin"}


class NoStore:
    """A store that is not read."""

    def state(self) -> str:
        raise AssertionError


@dataclass
class Bench:
    """A site with one form; a test reads what its POSTs were."""

    acted: list[Errand] = field(default_factory=list)
    fault: Exception | None = None
    waits: float = 0

    def show(self, errand: Errand) -> Reply:
        return Reply(b"the form")

    def act(self, errand: Errand) -> Reply:
        time.sleep(self.waits)
        if self.fault:
            raise self.fault
        self.acted.append(errand)
        return Reply(b"done")

    def client(self, budget: Budget | None = None) -> Client:
        routes = (
            ActRoute("/form/{secret}", self.show, self.act),
            ActRoute("/link/{secret}", self.show, self.act, is_exempt=True),
        )
        counter = Counter(FACTS, None, self.clock, routes, budget=budget)  # type: ignore[arg-type]
        site = PublicSite(FACTS, NoStore(), self.clock, (), counter=counter)  # type: ignore[arg-type]
        return Client(site.application())

    def clock(self) -> datetime:
        return datetime(2026, 11, 28, 9, 30, 20, tzinfo=UTC)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_the_fields_of_a_form_reach_its_view(bench: Bench) -> None:
    body = b"name=%C5%81%C3%B3d%C5%BA+x&empty=&name=last"
    assert bench.client().post("/form/s", body, OWN).text == "done"
    [errand] = bench.acted
    assert dict(errand.form) == {"name": "last", "empty": ""}
    assert (dict(errand.parameters), errand.now.second) == ({"secret": "s"}, 20)


def test_undecodable_and_very_many_fields_do_no_harm(bench: Bench) -> None:
    for body in (b"\xff=%ff&a", b"a=1&" * 4_000, b"&&&===;;;", b""):
        assert bench.client().post("/form/s", body, OWN).status_code == 200
    assert all(len(errand.form) <= 100 for errand in bench.acted)
    "".join(value for errand in bench.acted for value in errand.form.values()).encode()


def test_no_address_with_a_secret_is_sent_as_referrer(bench: Bench) -> None:
    response = bench.client().get("/form/s")
    assert response.headers["referrer-policy"] == "strict-origin", "not even with the request for the stylesheet"


def test_a_locked_database_is_not_waited_for_by_each_in_turn(bench: Bench) -> None:
    client = bench.client()
    bench.fault, bench.waits = StoreUnavailable("locked"), 0.3
    assert client.post("/form/s", b"a=1", OWN).status_code == 503
    bench.fault, bench.waits = None, 0
    refused = client.post("/link/s", b"", {})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "60")
    assert client.get("/form/s").text == "the form", "what needs no database is shown"
    time.sleep(0.4)
    assert client.post("/form/s", b"a=1", OWN).text == "done"
    assert len(bench.acted) == 1


def test_what_fails_at_once_is_tried_again_at_once(bench: Bench) -> None:
    client = bench.client()
    bench.fault = StoreUnavailable("no space left")
    assert client.post("/form/s", b"a=1", OWN).status_code == 503
    bench.fault = None
    time.sleep(0.05)
    assert client.post("/form/s", b"a=1", OWN).text == "done"


def test_get_and_head_never_act(bench: Bench) -> None:
    for method in ("GET", "HEAD"):
        assert bench.client().request(method, "/form/s", OWN).status_code == 200
    assert bench.acted == []


@pytest.mark.parametrize(
    ("headers", "is_allowed"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "cross-site", "origin": HERE}, False),
        ({"sec-fetch-site": "same-site", "origin": HERE}, False),
        ({"origin": HERE}, True),
        ({"origin": "https://WATCH.example.eu"}, True),
        ({"origin": "https://watch.example.eu.evil.example"}, False),
        ({"origin": "http://watch.example.eu"}, False),
        ({"origin": "null"}, False),
        ({"origin": ""}, False),
        ({"host": "watch.example.eu", "referer": HERE}, False),
        ({}, False),
    ],
)
def test_a_form_of_another_site_changes_nothing(bench: Bench, headers: dict[str, str], is_allowed: bool) -> None:
    response = bench.client().post("/form/s", b"a=1", {"content-type": FORM, **headers})
    assert response.status_code == (200 if is_allowed else 403)
    assert len(bench.acted) == is_allowed


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", "application/json", ""])
def test_only_the_encoding_of_our_forms_is_accepted(bench: Bench, kind: str) -> None:
    headers = {**OWN, "content-type": kind}
    assert bench.client().post("/form/s", b"a=1", headers).status_code == 403
    assert bench.client().post("/form/s", b"a=1", {**OWN, "content-type": f"{FORM}; charset=UTF-8"}).status_code == 200


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://watch.example.eu/sub", HERE),
        ("https://watch.example.eu:443", HERE),
        ("http://watch.example.eu:80/", "http://watch.example.eu"),
        ("https://watch.example.eu:8443", "https://watch.example.eu:8443"),
    ],
)
def test_the_origin_is_that_of_the_configured_address(address: str, origin: str) -> None:
    assert is_from_this_site({"origin": origin}, address)
    assert not is_from_this_site({"origin": origin + "1"}, address)


def test_without_a_configured_address_no_origin_is_ours() -> None:
    assert not is_from_this_site({"origin": ""}, "")
    assert not is_from_this_site({"origin": "://"}, "")


def test_a_route_whose_secret_is_enough_reads_no_fields(bench: Bench) -> None:
    response = bench.client().post("/link/s", b"a=1", {"sec-fetch-site": "cross-site", "origin": "null"})
    assert response.text == "done"
    assert dict(bench.acted[0].form) == {}


def test_a_long_body_is_refused(bench: Bench) -> None:
    client = bench.client()
    assert client.post("/form/s", b"a" * (MAX_BODY + 1), OWN).status_code == 413
    assert client.post("/link/s", b"a" * (MAX_BODY + 1)).status_code == 413
    assert bench.acted == []
    assert client.post("/form/s", b"a" * MAX_BODY, OWN).status_code == 200


@pytest.mark.parametrize(
    ("fault", "status"), [(StoreUnavailable("the database is locked"), 503), (KeyError("abcdef"), 500)]
)
def test_a_failure_is_a_plain_page_without_the_address_of_the_request(
    bench: Bench, caplog: pytest.LogCaptureFixture, fault: Exception, status: int
) -> None:
    bench.fault = fault
    with caplog.at_level(logging.DEBUG):
        response = bench.client().post("/form/abcdef", b"", OWN)
    assert response.status_code == status
    [record] = [record for record in caplog.records if record.name.startswith("cmr_watch")]
    logged = logging.Formatter().format(record)
    assert "abcdef" not in response.text + logged
    assert "/form/{secret}" in logged
    assert ("test_act_serving.py" in logged) == (status == 500), "where it failed"
    assert response.headers["cache-control"] == "no-store"


def test_who_asks_too_often_has_to_wait(bench: Bench) -> None:
    client = bench.client(Budget(rate=0, burst=3))
    assert [client.get("/form/s").status_code for _ in range(3)] == [200] * 3
    response = client.post("/link/s")
    assert (response.status_code, response.headers["retry-after"]) == (429, "60")
    assert bench.acted == []
