from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

from sqlalchemy import select, update

from cmr_watch.models import PARSER_VERSION
from cmr_watch.store.database import open_database
from cmr_watch.store.schema import editions, snapshots
from tests.cli.conftest import Installation


def misread(watch: Installation, change: Callable[[dict[str, Any]], object]) -> None:
    """As if an older parser had read the stored pages otherwise, and what is known had come from that."""
    with closing(open_database(f"sqlite:///{watch.database}")) as database, database.write() as connection:
        for row in connection.execute(select(snapshots)).all():
            reading = row.reading
            for edition in reading["editions"]:
                change(edition)
            values = {"reading": reading, "parser_version": PARSER_VERSION - 1}
            connection.execute(update(snapshots).where(snapshots.c.id == row.id).values(values))
        for row in connection.execute(select(editions)).all():
            body = row.body
            change(body)
            connection.execute(update(editions).where(editions.c.key == row.key).values(body=body))


def wrong_day(edition: dict[str, Any]) -> None:
    if edition["city"] == "Lyon":
        edition["ends_on"] = "2023-10-14"


def days(watch: Installation) -> str:
    (lyon,) = [row for row in watch.run("editions", "--json").json if row["city"] == "Lyon"]
    return str(lyon["ends_on"])


def test_nothing_is_different(watch: Installation) -> None:
    watch.check("2023-12")
    assert watch.run("replay").out == "Every stored page is read as before.\n"
    misread(watch, lambda edition: None)
    assert watch.run("replay").out == "Every stored page is read as before.\n"


def test_what_would_be_different_is_shown_and_nothing_is_done(watch: Installation) -> None:
    watch.check("2023-12")
    misread(watch, wrong_day)
    for _ in range(2):
        ran = watch.run("replay")
        assert ran.code == 0
        assert ran.out.splitlines()[1:] == [
            "  Lyon: ends_on 2023-10-14 → 2023-10-13",
            "1 reading would be different; to correct them: cmr-watch replay --apply",
        ]
    assert days(watch) == "2023-10-14"


def test_the_record_is_corrected_and_nobody_is_told(watch: Installation) -> None:
    watch.check("2023-12")
    misread(watch, wrong_day)
    mails = len(watch.mailbox.mails)
    assert watch.run("replay", "--apply").out.endswith("1 reading corrected; nobody was told.\n")
    assert days(watch) == "2023-10-13"
    ran = watch.check(None, "--json")
    assert (ran.json[0]["outcome"], ran.json[0]["changes"]) == ("unchanged", [])
    assert watch.run("changes").out == "Nothing has changed yet.\n" or "Lyon" not in watch.run("changes").out
    assert len(watch.mailbox.mails) == mails
    assert watch.run("replay").out == "Every stored page is read as before.\n"


def test_json_lines(watch: Installation) -> None:
    watch.check("2023-12")
    misread(watch, wrong_day)
    (row,) = watch.run("replay", "--json").json
    assert (row["page_url"], row["differences"]) == (watch.page_url, ["Lyon: ends_on 2023-10-14 → 2023-10-13"])


def test_a_line_that_only_one_parser_reads(watch: Installation) -> None:
    watch.check("2023-12")

    def other_words(edition: dict[str, Any]) -> None:
        if edition["city"] == "Lyon":
            edition["text"] = "Lion, France"

    misread(watch, other_words)
    lines = watch.run("replay").out.splitlines()[1:3]
    assert lines == ["  added: Lyon", "  removed: Lyon"]
