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
    """Change the stored readings and the known editions, as if an older parser had read the pages differently."""
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


def test_no_differences(watch: Installation) -> None:
    watch.check("2023-12")
    assert watch.run("replay").out == "No differences.\n"
    misread(watch, lambda edition: None)
    assert watch.run("replay").out == "No differences.\n"


def test_without_apply_differences_are_only_shown(watch: Installation) -> None:
    watch.check("2023-12")
    misread(watch, wrong_day)
    for _ in range(2):
        result = watch.run("replay")
        assert result.code == 0
        assert result.out.splitlines()[1:] == [
            "  Lyon: ends_on 2023-10-14 → 2023-10-13",
            "1 reading would change. To apply, run: cmr-watch replay --apply",
        ]
    assert days(watch) == "2023-10-14"


def test_apply_corrects_the_known_data_without_notifications(watch: Installation) -> None:
    watch.check("2023-12")
    misread(watch, wrong_day)
    mails = len(watch.mailbox.mails)
    assert watch.run("replay", "--apply").out.endswith("1 reading corrected. No notifications were sent.\n")
    assert days(watch) == "2023-10-13"
    result = watch.check(None, "--json")
    assert (result.json[0]["outcome"], result.json[0]["changes"]) == ("unchanged", [])
    assert watch.run("changes").out == "No changes recorded yet.\n"
    assert len(watch.mailbox.mails) == mails
    assert watch.run("replay").out == "No differences.\n"


def test_json_lines(watch: Installation) -> None:
    watch.check("2023-12")
    misread(watch, wrong_day)
    (row,) = watch.run("replay", "--json").json
    assert (row["snapshot_id"], row["page_url"], row["differences"]) == (
        1,
        watch.page_url,
        ["Lyon: ends_on 2023-10-14 → 2023-10-13"],
    )


def test_an_entry_that_only_one_parser_reads(watch: Installation) -> None:
    watch.check("2023-12")

    def change_text(edition: dict[str, Any]) -> None:
        if edition["city"] == "Lyon":
            edition["text"] = "Lion, France"

    misread(watch, change_text)
    lines = watch.run("replay").out.splitlines()[1:3]
    assert lines == ["  added: Lyon", "  removed: Lyon"]
