"""Checks the DMARC policy of a domain, and whether two domains are aligned (RFC 9989, formerly RFC 7489)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from cmr_watch.doctor.finding import Finding
from cmr_watch.doctor.name_server import Names

_POLICIES: Final = {
    "none": "which only asks for reports",
    "quarantine": "so mail that fails goes to the spam folder",
    "reject": "so mail that fails is refused",
}
_MOST_LABELS: Final = 8  # RFC 9989 §4.10
_SEE: Final = "See “DMARC” in docs/deliverability.md."


@dataclass(frozen=True, slots=True)
class Policy:
    """The tags of the record that holds for a domain, and the domain whose record it is."""

    domain: str
    tags: Mapping[str, str]


def tag_list(text: str) -> dict[str, str]:
    """The tags of a record or signature, "v=DMARC1; p=none" (RFC 6376 §3.2); of several with one name, the first."""
    tags: dict[str, str] = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if equals:
            tags.setdefault(name.strip().lower(), "".join(value.split()))
    return tags


def check_dmarc(domain: str, names: Names) -> Finding:
    """What the policy says. Raises NamesUnavailable."""
    if len(_records(domain, names)) > 1:
        text = f"{domain} has more than one DMARC record, so none counts"
        return Finding("dmarc", False, text, f"Keep one of them. {_SEE}")
    policy = find_policy(domain, names)
    if policy is None:
        text = f"{domain} has no DMARC record, which Gmail, Yahoo and Outlook.com require of large senders"
        return Finding("dmarc", None, text, f"Publish one; begin with p=none. {_SEE}")
    tag = "sp" if policy.domain != domain and "sp" in policy.tags else "p"
    value = policy.tags.get(tag, "").lower()
    place = "" if policy.domain == domain else f" (of {policy.domain})"
    if value not in _POLICIES:
        text = f"the DMARC record of {policy.domain} has no valid policy: {tag}={value}"
        return Finding("dmarc", False, text, f"Write {tag}=none, {tag}=quarantine or {tag}=reject. {_SEE}")
    return Finding("dmarc", True, f"the policy for {domain} is {tag}={value}{place}, {_POLICIES[value]}")


def find_policy(domain: str, names: Names) -> Policy | None:
    """The policy of the domain itself, or else of its organizational domain. Raises NamesUnavailable."""
    walked = _walk(domain, names)
    own = next((policy for policy in walked if policy.domain == domain), None)
    organizational = _organizational(domain, walked)
    return own or next((policy for policy in walked if policy.domain == organizational), None)


def are_aligned(domain: str, other: str, names: Names, tag: Literal["aspf", "adkim"]) -> bool:
    """Whether `other`, which was authenticated, vouches for the From domain `domain`. Raises NamesUnavailable."""
    if domain == other:
        return True
    policy = find_policy(domain, names)
    if policy is not None and policy.tags.get(tag, "r").lower() == "s":
        return False
    return _organizational(domain, _walk(domain, names)) == _organizational(other, _walk(other, names))


def _walk(domain: str, names: Names) -> list[Policy]:
    """The policies of the domain and of its parents, in this order. Top-level domains are not asked."""
    labels = domain.split(".")
    parents = [".".join(labels[at:]) for at in range(max(1, len(labels) - _MOST_LABELS + 1), len(labels) - 1)]
    found = [(name, _records(name, names)) for name in (domain, *parents)]
    return [Policy(name, tag_list(records[0])) for name, records in found if len(records) == 1]


def _organizational(domain: str, walked: list[Policy]) -> str:
    """The domain that all of one owner's have in common: the shortest with a record, unless `psd` says otherwise."""
    for policy in walked:
        psd = policy.tags.get("psd", "u").lower()
        if psd == "n":
            return policy.domain
        if psd == "y" and policy.domain != domain:
            below = domain.removesuffix(f".{policy.domain}").rpartition(".")[2]
            return f"{below}.{policy.domain}"
    return walked[-1].domain if walked else domain


def _records(domain: str, names: Names) -> list[str]:
    texts = names.records(f"_dmarc.{domain}", "TXT")
    return [text for text in texts if tag_list(text.partition(";")[0]).get("v") == "DMARC1"]
