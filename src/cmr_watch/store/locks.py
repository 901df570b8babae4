"""The numbers of PostgreSQL's advisory locks: arbitrary, but the same in every process, and each of its own."""

from __future__ import annotations

from enum import IntEnum, unique


@unique
class Lock(IntEnum):
    """What is done by one process at a time.

    - CHANGES: inserting changes, so that their IDs are assigned in commit order: a subscription covers the changes
      after the highest ID it saw when created.
    - CALENDAR: changing events, because what they show is read from all pages.
    """

    MIGRATION = 0x636D7201
    CHANGES = 0x636D7202
    FAN_OUT = 0x636D7203
    PLAN = 0x636D7204
    CONTENTS = 0x636D7205
    SIGNUPS = 0x636D7206
    CALENDAR = 0x636D7207
    LINKS = 0x636D7208
