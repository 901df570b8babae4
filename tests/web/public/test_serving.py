"""How replies are made, kept and sent, with views of the tests."""

from __future__ import annotations

import gzip
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.exceptions import StoreUnavailable
from cmr_watch.store.public import Overview
from cmr_watch.web.public.budget import Budget
from cmr_watch.web.public.cache import PIECE, stored
from cmr_watch.web.public.errors import NOTICE
from cmr_watch.web.public.serving import PublicSite
from cmr_watch.web.public.views import BadRequest, NotFound, PublicRoute, Reply, SiteFacts, Visit
from tests.web.public.client import Client

FACTS = SiteFacts("https://clusters.example/list", timedelta(hours=1))


@dataclass
class FakeStore:
    """A store whose state a test sets; with `is_gone`, it cannot be used."""

    version: str = "1"
    is_gone: bool = False
    overviews: int = 0

    def state(self) -> str:
        if self.is_gone:
            raise StoreUnavailable("the database is locked")
        return self.version

    def overview(self) -> Overview:
        self.overviews += 1
        return Overview()


@dataclass
class Bench:
    """A site with views that count their calls, and a clock that a test sets."""

    store: FakeStore = field(default_factory=FakeStore)
    now: datetime = datetime(2026, 11, 28, 9, 30, 20, tzinfo=UTC)
    calls: list[Visit] = field(default_factory=list)
    state_seconds: float = 0.0

    def page(self, visit: Visit) -> Reply:
        self.calls.append(visit)
        return Reply(b"<p>" + NOTICE + b"call %d " % len(self.calls) + b"x" * 1000 + b"</p>")

    def refuse(self, visit: Visit) -> Reply:
        raise BadRequest(f"“{visit.query['since']}” is not a day")

    def lack(self, visit: Visit) -> Reply:
        raise NotFound("There is no edition with this key.", ("/editions", "See all editions"))

    def break_(self, visit: Visit) -> Reply:
        raise ZeroDivisionError

    def client(self, trusted: str = "", burst: float = 60) -> Client:
        routes = (
            PublicRoute("/", self.page, accepts=("country",)),
            PublicRoute("/data", self.page, max_age=300, is_open=True),
            PublicRoute("/changes", self.refuse, accepts=("since",)),
            PublicRoute("/editions/{key}", self.lack),
            PublicRoute("/broken", self.break_),
            PublicRoute("/large", lambda _: Reply(bytes(range(256)) * 4_000, "text/plain")),
            PublicRoute("/style.css", self.page, is_fixed=True),
        )
        networks = (ip_network(trusted),) if trusted else ()
        limits = {"budget": Budget(0, burst), "state_seconds": self.state_seconds}
        site = PublicSite(FACTS, self.store, lambda: self.now, routes, networks, **limits)  # type: ignore[arg-type]
        return Client(site.application())


@pytest.fixture
def bench() -> Bench:
    return Bench()


# ── keeping replies ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_reply_is_made_once_until_the_minute_or_the_state_changes(bench: Bench) -> None:
    client = bench.client()
    bodies = [client.get("/").text for _ in range(3)]
    assert len(bench.calls) == 1
    assert bodies == [bodies[0]] * 3
    bench.now += timedelta(minutes=1)
    client.get("/")
    assert [visit.now.second for visit in bench.calls] == [0, 0]
    assert bench.store.overviews == 1


def test_a_new_state_is_seen_at_the_latest_with_the_next_minute(bench: Bench) -> None:
    client = bench.client()
    client.get("/")
    bench.store.version = "2"
    bench.now += timedelta(minutes=1)
    client.get("/")
    assert (len(bench.calls), bench.store.overviews) == (2, 2)


def test_only_accepted_parameters_make_another_reply(bench: Bench) -> None:
    client = bench.client()
    for query in ("", "?utm_source=x", "?country=", "?country=PL", "?x=1&country=PL"):
        client.get(f"/{query}")
    assert [dict(visit.query) for visit in bench.calls] == [{}, {"country": "PL"}]


def test_parameters_are_cut_and_never_undecodable(bench: Bench) -> None:
    bench.client().get("/?country=%ff%00" + "A" * 5000)
    [visit] = bench.calls
    assert len(visit.query["country"]) <= 200
    visit.query["country"].encode()


# ── responses ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_response_is_compressed_for_those_who_accept_it(bench: Bench) -> None:
    client = bench.client()
    plain = client.get("/", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    for accepted in ("gzip", "br;q=1, gzip;q=0.5", "*"):
        packed = client.get("/", headers={"Accept-Encoding": accepted})
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.content == plain.content
        assert int(packed.headers["content-length"]) < len(plain.content)
    assert "content-encoding" not in client.get("/", headers={"Accept-Encoding": "gzip;q=0"}).headers
    assert gzip.compress(b"") != plain.content


def test_a_client_that_has_the_content_gets_no_body(bench: Bench) -> None:
    client = bench.client()
    tag = client.get("/").headers["etag"]
    for sent in (tag, tag.removeprefix("W/"), f'"other", {tag}'):
        response = client.get("/", headers={"If-None-Match": sent})
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["etag"] == tag
        assert response.headers["cache-control"] == "public, max-age=60"
    assert client.get("/", headers={"If-None-Match": '"other"'}).status_code == 200


def test_head_has_the_headers_and_no_body(bench: Bench) -> None:
    client = bench.client()
    head, get = client.request("HEAD", "/"), client.get("/")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == get.headers


def test_every_response_forbids_scripts_frames_and_other_hosts(bench: Bench) -> None:
    client = bench.client()
    for path in ("/", "/nowhere", "/changes?since=x", "/broken"):
        headers = client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'; img-src 'self'")
        assert headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in headers
        assert "access-control-allow-origin" not in headers
    assert client.get("/data").headers["access-control-allow-origin"] == "*"
    assert client.get("/data").headers["cache-control"] == "public, max-age=300"


# ── errors ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_errors_are_pages_with_a_way_on(bench: Bench) -> None:
    client = bench.client()
    pages = {
        "/nowhere": (404, "Page not found"),
        "/editions/x": (404, '<a href="/editions">See all editions</a>'),
        "/changes?since=<b>": (400, "“&lt;b&gt;” is not a day"),
        "/broken": (500, "Something went wrong"),
    }
    for path, (status, text) in pages.items():
        response = client.get(path)
        assert (response.status_code, response.headers["cache-control"]) == (status, "no-store")
        assert text in response.text
        assert "Traceback" not in response.text
    assert client.request("POST", "/").status_code == 405
    assert client.request("POST", "/").headers["allow"] in ("GET, HEAD", "HEAD, GET")


def test_while_the_database_cannot_be_used_the_last_page_is_shown_and_says_so(bench: Bench) -> None:
    client = bench.client()
    client.get("/")
    client.get("/data")
    bench.store.is_gone = True
    bench.now += timedelta(minutes=5)
    known, unknown = client.get("/"), client.get("/?country=FR")
    assert (known.status_code, unknown.status_code) == (503, 503)
    assert "may be out of date" in known.text
    assert "call 1" in known.text
    assert "short break" in unknown.text
    assert known.headers["retry-after"] == "60"
    bench.store.is_gone = False
    assert client.get("/").status_code == 200
    assert "out of date" not in client.get("/").text


def test_what_never_changes_is_sent_without_the_database(bench: Bench) -> None:
    client = bench.client()
    bench.store.is_gone = True
    assert [client.get("/style.css").status_code for _ in range(2)] == [200, 200]
    bench.now += timedelta(minutes=5)
    assert client.get("/style.css").status_code == 200
    assert len(bench.calls) == 1


# ── clients ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_network_that_asks_for_too_much_is_told_to_wait_and_others_are_served(bench: Bench) -> None:
    bench.state_seconds = 60
    client = bench.client(trusted="192.0.2.0/24")
    one, other = {"X-Forwarded-For": "198.51.100.1"}, {"X-Forwarded-For": "203.0.113.1"}
    statuses = [client.get(f"/?country={number}", headers=one).status_code for number in range(100)]
    assert statuses == [200] * 60 + [429] * 40
    assert client.get("/?country=0", headers=one).status_code == 200, "what is kept costs nothing"
    assert client.get("/?country=again", headers=other).status_code == 200


def test_what_need_not_be_made_costs_nothing(bench: Bench) -> None:
    """Neither a look whether a page is still the newest one, nor the last page while the database cannot be used."""
    client = bench.client(burst=1)
    assert client.get("/").status_code == 200
    time.sleep(1.1)  # for so long, the state counts as the newest one
    assert client.get("/").status_code == 200
    bench.store.is_gone = True
    bench.now += timedelta(minutes=5)
    assert client.get("/").status_code == 503
    bench.store.is_gone = False
    assert client.get("/").status_code == 429
    assert len(bench.calls) == 1


def test_the_forwarded_address_of_a_stranger_is_not_believed(bench: Bench) -> None:
    client = bench.client()
    statuses = [
        client.get(f"/?country={number}", headers={"X-Forwarded-For": f"198.51.{number}.1"}).status_code
        for number in range(100)
    ]
    assert statuses[-1] == 429


def test_several_lines_of_forwarded_addresses_count_as_one(bench: Bench) -> None:
    """A proxy may add a line of its own after that of the client, which is made up."""
    client = bench.client(trusted="192.0.2.0/24")
    made_up = [[("X-Forwarded-For", f"198.51.{number}.1"), ("X-Forwarded-For", "203.0.113.1")] for number in range(61)]
    assert [client.get(f"/?country={n}", headers).status_code for n, headers in enumerate(made_up)][-1] == 429


def test_a_reply_that_is_new_enough_costs_no_query(bench: Bench) -> None:
    bench.state_seconds = 60
    client = bench.client()
    client.get("/")
    bench.store.version = "2"
    client.get("/")
    assert len(bench.calls) == 1


def test_a_network_pays_for_the_work_that_it_causes() -> None:
    budget = Budget(rate=10, burst=60)
    taken = 0
    while budget.take("a", at=0):
        budget.charge("a", 0.15)
        taken += 1
    assert 4 <= taken <= 5
    assert budget.take("b", at=0)
    assert not budget.take("a", at=0.05)
    assert budget.take("a", at=10)


def test_the_first_reader_after_a_start_does_not_pay_for_what_is_loaded_once() -> None:
    budget = Budget(rate=0, burst=60)
    for _ in range(2):
        assert budget.take("a", at=0)
        budget.charge("a", 2.0)
    assert budget.take("a", at=0)


# ── large replies, and scripts of other sites ────────────────────────────────────────────────────────────────────


@given(st.binary(max_size=300_000), st.booleans())
def test_a_body_in_pieces_is_the_body(body: bytes, is_text: bool) -> None:
    kept = stored(Reply(body, "text/plain" if is_text else "image/png"), "1")
    pieces = list(kept.pieces(is_compressed=False))
    assert b"".join(pieces) == body == kept.plain
    assert all(len(piece) <= PIECE for piece in pieces)
    packed = b"".join(kept.pieces(is_compressed=True))
    assert (gzip.decompress(packed) if kept.is_compressed else packed) == body
    assert kept.length == len(body)


def test_large_replies_have_their_length_and_content(bench: Bench) -> None:
    client = bench.client()
    plain = client.get("/large", headers={"Accept-Encoding": "identity"})
    packed = client.get("/large", headers={"Accept-Encoding": "gzip"})
    assert plain.content == packed.content
    assert int(plain.headers["content-length"]) == len(plain.content) > PIECE
    assert client.request("HEAD", "/large").content == b""


def test_scripts_of_other_sites_may_ask_again_with_a_tag(bench: Bench) -> None:
    client = bench.client()
    allowed = client.request("OPTIONS", "/data").headers
    assert allowed["access-control-allow-headers"] == "If-None-Match"
    assert client.get("/data").headers["access-control-expose-headers"] == "ETag"
    assert client.request("OPTIONS", "/").status_code == 405
    for method, path in (("GET", "/api/v1/none"), ("POST", "/api/v1/none")):
        response = client.request(method, path)
        assert response.json()["error"]
        assert response.headers["access-control-allow-origin"] == "*"
