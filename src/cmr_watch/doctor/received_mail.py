"""Checks a test mail as it arrived: its headers, its DKIM signature, and what the receiving server says about it."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from email.utils import parseaddr
from typing import Final

from cmr_watch.config import Settings
from cmr_watch.doctor.dmarc import are_aligned, tag_list
from cmr_watch.doctor.finding import Finding
from cmr_watch.doctor.mail_domain import is_public, mail_domain
from cmr_watch.doctor.name_server import Names
from cmr_watch.doctor.spf import check_spf

_OURS: Final = ("List-Id", "List-Unsubscribe", "Precedence", "Auto-Submitted", "Feedback-ID")
_FOR_UNSUBSCRIBING: Final = ("List-Unsubscribe", "List-Unsubscribe-Post")
_MOST_SIGNATURES: Final = 5
_SHORTEST_RSA: Final = (
    140  # bytes; PKCS #1, which some publish, is 22 bytes shorter than the usual form (RFC 6376 §3.6.1)
)
_RESULT: Final = re.compile(r"(?:^|;)\s*(spf|dkim|dmarc)\s*=\s*([a-z]+)", re.IGNORECASE)
_SEE: Final = "in docs/deliverability.md."


@dataclass(frozen=True, slots=True)
class _Signature:
    """A DKIM signature: whose it is, where its key is, and the names of the headers that it covers."""

    domain: str
    selector: str
    covered: frozenset[str]


def check_headers(content: bytes, settings: Settings) -> Iterator[Finding]:
    """What the mail alone shows."""
    mail = email.message_from_bytes(content)
    sender = mail_domain(parseaddr(_header(mail, "From"))[1])
    if sender is None or sender != mail_domain(settings.mail.sender):
        text = f"it does not come from the address in the settings: From is {_header(mail, 'From') or 'missing'}"
        yield Finding("test mail", False, text, "Let the mail server keep “from” of [mail], or send a new test mail.")
    yield _check_kept(mail, settings)
    yield _check_results(mail)


def check_authentication(content: bytes, names: Names) -> Iterator[Finding]:
    """Whether signature and return path vouch for the sender. Raises NamesUnavailable."""
    mail = email.message_from_bytes(content)
    sender = mail_domain(parseaddr(_header(mail, "From"))[1])
    if sender is None or not is_public(sender):
        return
    yield from _check_return_path(mail, sender, names)
    found = _signatures(mail)
    signatures = [one for one in found if are_aligned(sender, one.domain, names, "adkim")]
    if not signatures:
        others = (
            f"only {', '.join(sorted({one.domain for one in found}))} signed the mail"
            if found
            else "the mail has no signature"
        )
        text = f"{others}, so nothing vouches for {sender}"
        yield Finding("dkim", False, text, f"Let your mail server sign as {sender}. See “DKIM” {_SEE}")
    for signature in signatures:
        yield _check_key(signature, names)
        yield from _check_covered(signature, mail)


def _check_kept(mail: Message, settings: Settings) -> Finding:
    expected = [*_OURS, *(["List-Unsubscribe-Post"] if settings.web.secure_url else [])]
    missing = [name for name in expected if name not in mail]
    if missing:
        text = f"it arrived without {', '.join(missing)}"
        return Finding("test mail", False, text, "Send one with `cmr-watch test-mail`, and save it with all headers.")
    if not settings.web.secure_url:
        text = "its headers are complete; without a site over https, one unsubscribes by mail, not by one click"
        return Finding("test mail", None, text, f"See “One-click unsubscribing” {_SEE}")
    return Finding("test mail", True, "its headers are complete")


def _check_results(mail: Message) -> Finding:
    """What the receiving server found. Only the topmost field is its own: others may be forged (RFC 8601 §7.1)."""
    value = _without_comments(_header(mail, "Authentication-Results"))
    results = _best_results(value)
    server = value.partition(";")[0].strip() or "the receiving server"
    if not results:
        text = f"{server} does not say whether SPF, DKIM and DMARC passed"
        return Finding("test mail", None, text, f"Send one to Gmail, Yahoo or Outlook.com. See “Test” {_SEE}")
    shown = ", ".join(f"{name}={result}" for name, result in sorted(results.items()))
    failed = [name.upper() for name, result in sorted(results.items()) if result not in ("pass", "bestguesspass")]
    if failed:
        advice = f"See “{failed[0]}” {_SEE}"
        return Finding("test mail", False, f"{server} did not accept {' and '.join(failed)}: {shown}", advice)
    return Finding("test mail", True, f"{server} says: {shown}")


def _without_comments(value: str) -> str:
    """The field without its comments, which may be nested (RFC 5322 §3.2.2)."""
    depth, kept = 0, []
    for character in value:
        depth += character == "("
        if depth == 0:
            kept.append(character)
        depth = max(0, depth - (character == ")"))
    return "".join(kept)


def _best_results(value: str) -> dict[str, str]:
    """The result of each method; of several signatures, that of one that passed."""
    results: dict[str, str] = {}
    for name, result in _RESULT.findall(value.lower()):
        if results.get(name) != "pass":
            results[name] = result
    return results


def _check_return_path(mail: Message, sender: str, names: Names) -> Iterator[Finding]:
    path = mail_domain(_header(mail, "Return-Path").strip("<> "))
    if path is None or path == sender or not is_public(path):
        return
    yield check_spf(path, names)
    if are_aligned(sender, path, names, "aspf"):
        yield Finding("return path", True, f"{path} is aligned with {sender}")
    else:
        text = f"the mail server sends bounces to {path}, which says nothing for {sender}: DMARC rests on DKIM alone"
        yield Finding("return path", None, text, f"See “Alignment” {_SEE}")


def _check_key(signature: _Signature, names: Names) -> Finding:
    place = f"{signature.selector}._domainkey.{signature.domain}"
    keys = [tag_list(text) for text in names.records(place, "TXT")]
    key = next((key for key in keys if key.get("p")), None)
    if key is not None and _is_too_short(key):
        text = f"the key of the signature has less than 1,024 bits: {place}"
        return Finding("dkim", False, text, f"Let your mail server make a new one, of 2,048 bits. See “DKIM” {_SEE}")
    if key is not None:
        return Finding("dkim", True, f"{signature.domain} signed it, and its key is published ({place})")
    state = "is revoked" if keys else "is missing"
    advice = f"Publish the key that your mail server shows. See “DKIM” {_SEE}"
    return Finding("dkim", False, f"the key of the signature {state}: {place}", advice)


def _is_too_short(key: Mapping[str, str]) -> bool:
    """Whether an RSA key is one that Gmail and Yahoo do not accept: that of 1,024 bits is encoded in 162 bytes."""
    return key.get("k", "rsa").lower() == "rsa" and len(key["p"].rstrip("=")) * 3 // 4 < _SHORTEST_RSA


def _check_covered(signature: _Signature, mail: Message) -> Iterator[Finding]:
    missing = [name for name in _FOR_UNSUBSCRIBING if name in mail and name.lower() not in signature.covered]
    if missing:
        text = f"the signature does not cover {' and '.join(missing)}, so no unsubscribe button is shown"
        advice = f"Let your mail server sign these headers. See “One-click unsubscribing” {_SEE}"
        yield Finding("dkim", False, text, advice)


def _signatures(mail: Message) -> list[_Signature]:
    found = []
    for field in mail.get_all("DKIM-Signature", [])[:_MOST_SIGNATURES]:
        tags = tag_list(str(field))
        if tags.get("d") and tags.get("s"):
            covered = frozenset(tags.get("h", "").lower().split(":"))
            found.append(_Signature(tags["d"].lower(), tags["s"], covered))
    return found


def _header(mail: Message, name: str) -> str:
    return " ".join(str(mail.get(name, "")).split())
