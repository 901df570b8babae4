"""Opening and resolving incidents."""

from __future__ import annotations

from cmr_watch.models.recipients import Incident
from cmr_watch.store.database import Database
from cmr_watch.store.incidents import Incidents, open_incident, resolve_incidents
from tests.factories import MINUTE, NOW


def test_an_incident_is_opened_once_and_resolved(database: Database) -> None:
    incidents = Incidents(database)
    with database.write() as connection:
        assert open_incident(database, connection, "fetch-failing", "x", "503", NOW)
        assert not open_incident(database, connection, "fetch-failing", "x", "502", NOW + MINUTE)
        assert open_incident(database, connection, "fetch-failing", "y", "503", NOW)
    first, second = incidents.unresolved()
    assert first == Incident(first.id, "fetch-failing", "x", "503", NOW)
    assert second.subject == "y"
    with database.write() as connection:
        resolve_incidents(connection, "x", NOW, "fetch-failing", "reading-suspect")
    assert incidents.unresolved() == (second,)


def test_a_resolved_incident_can_be_opened_again(database: Database) -> None:
    for _ in range(2):
        with database.write() as connection:
            assert open_incident(database, connection, "reading-suspect", "x", "half a page", NOW)
            resolve_incidents(connection, "x", NOW, "reading-suspect")
    assert Incidents(database).unresolved() == ()


def test_only_the_given_kinds_are_resolved(database: Database) -> None:
    with database.write() as connection:
        open_incident(database, connection, "reading-suspect", "x", "half a page", NOW)
        resolve_incidents(connection, "x", NOW, "fetch-failing")
    assert len(Incidents(database).unresolved()) == 1
