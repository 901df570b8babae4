"""Whatever a server sends, fetching returns a page or raises a FetchError whose one-line message names the server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cmr_watch.exceptions import FetchError
from cmr_watch.models.readings import FetchedPage, Validators
from cmr_watch.monitor.fetch import Fetcher
from cmr_watch.monitor.fetch.settings import PRODUCT
from tests.fakes.site import FakeSite, Raw
from tests.monitor.fetch.conftest import Rig


@pytest.fixture(scope="module")
def site_and_fetcher() -> Iterator[tuple[FakeSite, Fetcher]]:
    with ExitStack() as stack:
        site = stack.enter_context(FakeSite())
        yield site, Rig(site, stack).fetcher(retries=0, max_bytes=100_000, deadline=5.0)


arbitrary = st.binary(max_size=40)
statuses = st.sampled_from(b"200 304 302 301 404 429 503 100 103 204".split()) | arbitrary
names = st.sampled_from(
    b"Content-Type Content-Length Content-Encoding Transfer-Encoding Location ETag Last-Modified Retry-After "
    b"Set-Cookie Connection Upgrade Refresh WWW-Authenticate".split()
)
values = arbitrary | st.sampled_from(
    b"text/html|text/html; charset=\xff|gzip|deflate|br|chunked|5|-5|0|/x|//|http://[|http://127.0.0.1:x/|http://xn--/|"
    b"http://\xc3\xa9.\xff/|/../%%%||close|h2c|Tue, 02 Apr 2024 12:00:30 GMT|99999999999999999999|Digest realm=x|"
    b"a=b; expires=x; domain=.".split(b"|")
)
headers = st.lists(st.tuples(names | arbitrary, values), max_size=6).map(
    lambda pairs: b"".join(name + b": " + value + b"\r\n" for name, value in pairs)
)
bodies = st.binary(max_size=60) | st.sampled_from(
    [b"5\r\nhello\r\n0\r\n\r\n", b"5\r\nhel", b"\x1f\x8b\x08\x00", b"x\x9c\x03\x00\x00\x00\x00\x01", b"%PDF-", b"\x0b"]
)
raw_responses = st.builds(
    lambda status, head, body: b"HTTP/1.1 " + status + b" X\r\n" + head + b"\r\n" + body, statuses, headers, bodies
)


@given(raw=raw_responses | st.binary(max_size=80), conditional=st.booleans())
@example(raw=b"HTTP/1.1 302 X\r\nLocation: http://xn--\xff/\r\n\r\n", conditional=False)
@settings(max_examples=400, deadline=None)
def test_any_response_gives_a_page_or_a_fetch_error(
    site_and_fetcher: tuple[FakeSite, Fetcher], raw: bytes, conditional: bool
) -> None:
    site, fetcher = site_and_fetcher
    site.remove("/")
    site.script("/", Raw(raw))
    try:
        page = fetcher.fetch(site.url("/"), Validators('"1"') if conditional else None)
    except FetchError as error:
        message = str(error)
        assert site.host in message
        assert message.isprintable()
        assert len(message) < 300
    else:
        assert isinstance(page, FetchedPage) if page is not None else conditional


@given(url=st.text(max_size=60) | st.text(max_size=30).map("https://clustercollaboration.eu".__add__))
@settings(deadline=None)
def test_any_url_without_a_reachable_host_raises_a_printable_fetch_error(
    site_and_fetcher: tuple[FakeSite, Fetcher], url: str
) -> None:
    def unreachable(host: str, port: int) -> tuple[str, ...]:
        raise OSError(PRODUCT)

    with ExitStack() as stack, pytest.raises(FetchError) as caught:
        Rig(site_and_fetcher[0], stack).fetcher(resolve=unreachable, retries=0).fetch(url)
    assert str(caught.value).isprintable()
