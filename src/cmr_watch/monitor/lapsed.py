"""What is known of an edition whose correction has ended, and whose line is misread in the same way again. Pure.

The known edition has the corrected place, the new reading the misread one, and M1 takes them for two. Such an edition
is compared as it was misread before, so that no one is notified of a new edition and of one that is gone.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from cmr_watch.models.readings import Known, KnownEdition, Snapshot
from cmr_watch.monitor.match import match_editions


def known_as_misread(known: Known, corrected: Snapshot, misread: Snapshot, reading: Snapshot, now: datetime) -> Known:
    """The known state to compare a reading with, in which corrections of the last one have ended.

    `corrected` and `misread`: the last reading with these corrections, and without them.
    """
    found = {entry.key for entry, _ in match_editions(known, reading, now)}
    line_by_text = {line.text: line for line in misread.editions}
    before = {
        entry.key: line_by_text[line.text]
        for entry, line in match_editions(known, corrected, now)
        if entry.key not in found and line.text in line_by_text and line_by_text[line.text] != line
    }
    again = {
        key: line for key, line in before.items() if match_editions(Known((KnownEdition(key, line),)), reading, now)
    }
    editions = (replace(entry, edition=again.get(entry.key, entry.edition)) for entry in known.editions)
    return replace(known, editions=tuple(editions))
