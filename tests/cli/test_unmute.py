"""What recipients have muted, for the operator: shown, and undone at their request."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

import pytest

from cmr_watch.models.muting import ItemRef
from cmr_watch.store.database import open_database
from cmr_watch.store.mutes import Mutes

AT = datetime(2024, 4, 2, 9, 12, tzinfo=UTC)


@pytest.fixture
def muted(watch):
    """An installation whose only recipient has muted a call, and an edition with the same key."""
    watch.configure(subscriptions=False)
    watch.run("subscriptions", "add", "bea@example.org")
    with closing(open_database(f"sqlite:///{watch.database}")) as database:
        for item in (ItemRef("call", "call-2024"), ItemRef("edition", "call-2024"), ItemRef("edition", "lyon-fr")):
            assert Mutes(database).add(1, item, AT)
    return watch


def keys(watch):
    (row,) = watch.run("subscriptions", "show", "1", "--json").json
    return [(mute["kind"], mute["key"]) for mute in row["muted"]]


def test_show_lists_what_is_muted(muted):
    lines = [" ".join(line.split()) for line in muted.run("subscriptions", "show", "bea@example.org").lines]
    assert "muted call call-2024, since 2 April 2024, 11:12 (Brussels time)" in lines
    (row,) = muted.run("subscriptions", "show", "1", "--json").json
    assert row["muted"][0] == {"kind": "call", "key": "call-2024", "muted_at": "2024-04-02T09:12:00Z"}
    assert len(row["muted"]) == 3


@pytest.mark.parametrize("recipient", ["1", "Bea@example.org"])
def test_unmute_undoes_all_with_the_key(muted, recipient):
    result = muted.run("subscriptions", "unmute", recipient, "call-2024")
    assert (result.code, result.err) == (0, "")
    assert result.lines == [
        "bea@example.org is notified again of the call call-2024, from now on.",
        "bea@example.org is notified again of the edition call-2024, from now on.",
    ]
    assert keys(muted) == [("edition", "lyon-fr")]


def test_what_is_not_muted_cannot_be_undone(muted):
    result = muted.run("subscriptions", "unmute", "1", "oslo-no")
    assert (result.code, result.out, result.err) == (1, "", "cmr-watch: bea@example.org has not muted oslo-no\n")
    assert len(keys(muted)) == 3


def test_an_unknown_recipient_is_reported(muted):
    result = muted.run("subscriptions", "unmute", "7", "call-2024")
    assert (result.code, result.err) == (2, "cmr-watch: no active subscription found for 7\n")
