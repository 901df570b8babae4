"""What the responses and requests of all routes of the public site have in common."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

from cmr_watch.web.connections import Networks, client_of, network_of

_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "interest-cohort=()",
    "Vary": "Accept-Encoding",
}


def network(request: Request, trusted: Networks) -> str:
    """The network of the client, whose address a trusted proxy may have forwarded."""
    peer = request.client.host if request.client else ""
    try:
        return network_of(client_of(peer, ",".join(request.headers.getlist("x-forwarded-for")), trusted))
    except ValueError:  # a socket that has no IP address
        return peer
