from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

from sqlalchemy import delete, select, update

from cmr_watch.models.readings import PARSER_VERSION
from cmr_watch.store.database import open_database
from cmr_watch.store.schema import editions, snapshots
from tests.cli.conftest import Installation
from tests.monitor.small import html


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


LISTED = html(
    "> Porto, Portugal – 4-5 June 2099 ;; > Turku, Finland – 5-6 May 2099 ;; < Lyon, France – 5 May 2022"
).encode()


def forget(watch: Installation, city: str) -> None:
    """Remove an edition from what is stored, as if an older parser had not read its line."""
    with closing(open_database(f"sqlite:///{watch.database}")) as database, database.write() as connection:
        for row in connection.execute(select(snapshots)).all():
            kept = [edition for edition in row.reading["editions"] if edition["city"] != city]
            values = {"reading": {**row.reading, "editions": kept}, "parser_version": PARSER_VERSION - 1}
            connection.execute(update(snapshots).where(snapshots.c.id == row.id).values(values))
        connection.execute(delete(editions).where(editions.c.key.startswith(city.lower())))


def test_subscribers_are_notified_of_what_is_newly_read_when_the_operator_says_so(watch: Installation) -> None:
    watch.configure('[operator]\nto = ["admin@example.org"]\n')
    watch.check(LISTED)
    forget(watch, "Porto")
    assert watch.check(None, "--json").json[0]["changes"] == []
    (mail,) = watch.mailbox.mails
    assert mail.subject == "This version reads more of the page"
    assert "edition.announced: “Porto, Portugal – 4-5 June 2099”" in mail.part("plain")
    watch.mailbox.mails.clear()
    result = watch.run("replay", "--notify")
    assert result.lines == [
        "  New edition: Porto, Portugal (4–5 June 2099)",
        "1 change handed over for delivery; 2 messages sent.",
    ]
    assert "Porto" in watch.mailbox.mails[0].subject
    for _ in range(2):
        assert watch.run("replay", "--notify").out == "There is nothing ahead of which subscribers were not notified.\n"
    assert watch.check(None, "--json").json[0]["changes"] == []
    assert len(watch.mailbox.mails) == 1


def test_notify_as_json(watch: Installation) -> None:
    watch.check(LISTED)
    forget(watch, "Turku")
    watch.run("replay", "--apply")
    (row,) = watch.run("replay", "--notify", "--json").json
    assert (row["kind"], row["key"]) == ("edition.announced", "turku-fi-2099-05")


def test_apply_and_notify_exclude_each_other(watch: Installation) -> None:
    result = watch.run("replay", "--apply", "--notify")
    assert result.code == 2
    assert "exclude each other" in result.err
