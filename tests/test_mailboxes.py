"""Which addresses are one recipient."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.domain_names import to_ascii, to_unicode
from cmr_watch.models.recipients import mailbox_of
from cmr_watch.store.former_spellings import former_spellings

LABELS = st.from_regex(r"[a-zà-öø-ÿ]{1,20}", fullmatch=True)
LOCAL_PARTS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Z"), exclude_characters="@:/"), min_size=1)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Joe@Example.ORG", "joe@example.org"),
        ("joe@bücher.example", "joe@xn--bcher-kva.example"),
        ("joe@BÜCHER.example", "joe@XN--BCHER-KVA.example"),
        ("joe@bücher\u3002example", "joe@bücher.example"),  # the full stop of East Asia (UTS 46)
        ("joe@bu\u0308cher.example", "joe@bücher.example"),
        ("eva@straße.example", "eva@xn--strae-oqa.example"),
        ("Jose\u0301@example.org", "JOSÉ@example.org"),
    ],
)
def test_spellings_of_one_mailbox(one: str, other: str) -> None:
    assert mailbox_of(one) == mailbox_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("weiß@example.org", "weiss@example.org"),
        ("eva@straße.example", "eva@strasse.example"),
        ("json://host/A", "json://host/a"),
        ("json://bücher.example", "json://xn--bcher-kva.example"),
    ],
)
def test_different_mailboxes(one: str, other: str) -> None:
    assert mailbox_of(one) != mailbox_of(other)


@pytest.mark.parametrize("domain", ["☃.example", "a_ü.example", "ü..example", "-ü.example", "ü" * 64, "ü." * 5000])
def test_a_domain_without_an_ascii_form_is_unchanged(domain: str) -> None:
    assert to_ascii(domain) is None
    assert mailbox_of(f"Joe@{domain}") == f"joe@{domain}"


@given(LOCAL_PARTS, LABELS)
def test_both_forms_of_a_domain_are_one_mailbox(local: str, label: str) -> None:
    ascii_form = to_ascii(f"{label}.example")
    assert ascii_form is not None
    mailbox = mailbox_of(f"{local}@{label}.example")
    assert mailbox == mailbox_of(f"{local}@{ascii_form}") == mailbox_of(
        f"{local}@{to_unicode(ascii_form).upper()}"
    ) or (
        "ß" in label or "ÿ" in label  # their capitals are other characters
    )


@given(st.text())
def test_a_mailbox_is_its_own_mailbox(address: str) -> None:
    mailbox = mailbox_of(address)
    assert mailbox_of(mailbox) == mailbox
    assert "://" in address or unicodedata.is_normalized("NFC", mailbox.rpartition("@")[0])


@given(st.text(max_size=100))
def test_any_text_has_a_mailbox_and_former_spellings(address: str) -> None:
    assert address.casefold() in former_spellings(address) or "://" in address


def test_the_former_spellings_of_an_international_address() -> None:
    found = former_spellings("Weiß@xn--bcher-kva.example")
    assert found == ("weiss@xn--bcher-kva.example", "weiss@bücher.example")
