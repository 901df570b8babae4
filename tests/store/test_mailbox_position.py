from __future__ import annotations

import pytest

from cmr_watch.store import installation
from cmr_watch.store.database import Database
from cmr_watch.store.mailbox_position import MailboxPosition


def test_the_position_belongs_to_one_mailbox_and_its_uidvalidity(database: Database) -> None:
    position = MailboxPosition(database)
    assert position.load("a@b/INBOX", 7) == 0
    position.save("a@b/INBOX", 7, 4_294_967_295)
    assert MailboxPosition(database).load("a@b/INBOX", 7) == 4_294_967_295
    assert position.load("a@b/INBOX", 8) == position.load("a@b/Other", 7) == 0
    position.save("a@b/INBOX", 7, 5)
    assert position.load("a@b/INBOX", 7) == 5


@pytest.mark.parametrize("stored", ["", "x", "[]", "7", '["a", 7, null]', '["a", 7, "x"]', "{}"])
def test_a_damaged_position_means_reading_from_the_start(database: Database, stored: str) -> None:
    with database.write() as connection:
        installation.write(connection, "mailbox", stored)
    assert MailboxPosition(database).load("a", 7) == 0
