"""The DNS for tests: records in a dictionary, and a name server on loopback that serves the same."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from cmr_watch.doctor.name_server import Kind, NamesUnavailable

Zone = Mapping[tuple[str, Kind], Sequence[str]]


class FakeNames:
    """Answers from a zone; `asked` are the questions. After `fails_after` of them, the DNS cannot be reached."""

    def __init__(self, zone: Zone, fails_after: int | None = None) -> None:
        self.zone = zone
        self.asked: list[tuple[str, Kind]] = []
        self._fails_after = fails_after

    def records(self, name: str, kind: Kind) -> tuple[str, ...]:
        if self._fails_after is not None and len(self.asked) >= self._fails_after:
            raise NamesUnavailable("no name server answered in time")
        self.asked.append((name, kind))
        return tuple(self.zone.get((name, kind), ()))


@contextmanager
def serve_names(zone: Zone, *, silent: bool = False, broken: bool = False) -> Iterator[str]:
    """Serve the zone over UDP; yields "address:port". A `silent` server never answers, a `broken` one says SERVFAIL."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.1)
        stopping = threading.Event()

        def answer() -> None:
            while not stopping.is_set():
                try:
                    query, client = server.recvfrom(4096)
                except TimeoutError:
                    continue
                if not silent:
                    server.sendto(_response(query, zone, broken), client)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield "{}:{}".format(*server.getsockname())
        finally:
            stopping.set()
            thread.join()


def _response(query: bytes, zone: Zone, broken: bool) -> bytes:
    message = dns.message.from_wire(query)
    response = dns.message.make_response(message)
    response.flags |= dns.flags.RA
    question = message.question[0]
    name, kind = question.name.to_text(omit_final_dot=True), question.rdtype.name
    records = [records for (known, a_kind), records in zone.items() if (known, a_kind) == (name, kind)]
    if broken:
        response.set_rcode(dns.rcode.SERVFAIL)
    elif records:
        texts = [_quoted(text) if kind == "TXT" else text for text in records[0]]
        response.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *texts))
    elif not any(known == name for known, _ in zone):
        response.set_rcode(dns.rcode.NXDOMAIN)
    return response.to_wire(max_size=65_535)


def _quoted(text: str) -> str:
    """The text as the strings of one TXT record, of which none is longer than 255 characters."""
    return " ".join(f'"{text[at : at + 200]}"' for at in range(0, len(text), 200))
