from __future__ import annotations

import re
import socket
import sqlite3
from contextlib import closing

import pytest

from cmr_watch.store.database import open_database
from cmr_watch.store.restore_quarantine import mark_restored
from cmr_watch.web.listener import Listener
from cmr_watch.web.monitoring import application
from tests.cli.conftest import page
from tests.fakes.imap import ImapServer
from tests.fakes.names import serve_names
from tests.fakes.proxy import FakeProxy
from tests.monitor.small import html


def test_no_problems(watch):
    watch.serve("2024-04")
    result = watch.run("doctor")
    assert (result.code, result.lines[-1], result.err) == (0, "No problems found.", "")
    for text in (
        f"✓ configuration: {watch.config} is valid",
        "is up to date",
        "✓ network: 127.0.0.1 accepts connections on port",
        "✓ page: was fetched and read (15 editions, 1 call)",
        f"✓ mail: connected to 127.0.0.1:{watch.mailbox.port} (plain); nothing was sent",
        "✓ channel: json://127.0.0.1:",
        "✓ subscriptions: 2 recipients",
    ):
        assert text in result.out
    assert watch.mailbox.mails == []
    assert "/hook" not in result.out


def test_a_proxy_is_shown_without_its_password(watch):
    watch.serve("2024-04")
    with FakeProxy("me:sesame") as proxy:
        watch.configure()
        watch.config.write_text(watch.config.read_text().replace("[fetch]\n", f'[fetch]\nproxy = "{proxy.url}"\n'))
        result = watch.run("doctor")
        port = proxy.host.rpartition(":")[2]
    assert (
        f"✓ network: the proxy 127.0.0.1 accepts connections on port {port}; pages are fetched through it" in result.out
    )
    assert "✓ page: was fetched and read" in result.out
    assert f"GET {watch.page_url}" in proxy.requests
    down = watch.run("doctor")
    assert f"✗ network: the proxy 127.0.0.1 cannot be reached on port {port}" in down.out
    assert "→ Check [fetch] proxy" in down.out
    assert "sesame" not in result.out + result.err + down.out + down.err


def test_without_a_mail_server(watch):
    watch.serve("2024-04")
    watch.configure(mail=False)
    result = watch.run("doctor")
    assert result.code == 0
    assert "· mail: no mail server is configured, so mail to 1 recipient is only logged\n  → To send mail" in result.out


def test_each_problem_comes_with_advice(watch):
    watch.configure('[[subscriptions]]\nname = "odd"\nto = "nosuchservice://x"\n')
    watch.mailbox.stop()
    result = watch.run("doctor")
    assert (result.code, result.lines[-1]) == (1, "3 problems to fix.")
    for text in ("✗ page: ", "✗ mail: ", "✗ channel: nosuchservice://… is not a valid Apprise URL"):
        assert text in result.out
    assert result.out.count("\n  → ") >= 3
    watch.mailbox.start()


def test_a_page_disallowed_by_robots_txt(watch):
    watch.serve("2024-04")
    watch.site.robots("User-agent: *\nDisallow: /")
    result = watch.run("doctor")
    assert result.code == 1
    assert "robots.txt" in result.out


def test_the_wrong_page(watch):
    watch.serve(b"<html><body><h1>Welcome</h1></body></html>")
    assert (
        "✗ page: the headings of the upcoming and past editions are missing (0 editions, 0 calls)"
        in watch.run("doctor").out
    )


def test_a_list_without_headings_is_no_problem_if_its_editions_are_known(watch):
    lines = ["> Porto, Portugal – 4-5 June 2099", *(f"< Lyon, France – 5 May 20{year}" for year in (19, 20, 21, 22))]
    page = html(" ;; ".join(lines))
    bare = re.sub("<h2>.*?</h2>", "", page).encode()
    watch.check(page.encode())
    watch.serve(bare)
    assert "✓ page: was fetched and read (5 editions, 0 calls)" in watch.run("doctor").out
    watch.serve(bare.replace(b"5 May 20", b"6 July 20").replace(b"Lyon", b"Rome"))
    assert "✗ page: " in watch.run("doctor").out


def test_an_invalid_configuration(watch):
    watch.config.write_text("[mail]\nprot = 1\n")
    result = watch.run("doctor")
    assert result.code == 1
    assert "✗ configuration: " in result.out
    assert '[mail] prot: unknown; did you mean "port"?' in result.out


def test_unresolved_incidents_are_reported(watch):
    watch.check("2023-09")
    watch.check(page("2023-09").replace(b"</html>", b""))
    watch.serve("2023-09")
    result = watch.run("doctor")
    assert result.code == 1
    assert "✗ incident: suspect reading since " in result.out


def test_messages_waiting_for_a_retry_are_reported(watch):
    watch.check("2023-09")
    watch.mailbox.stop()
    assert watch.check("2023-12").code == 1
    watch.mailbox.start()
    result = watch.run("doctor")
    assert (result.code, result.lines[-1]) == (1, "1 problem to fix.")
    assert re.search(
        r"✗ outbox: 1 message has been waiting since [-0-9]+ [:0-9]+ \(Brussels time\): .+;"
        r" will be retried at [-0-9]+ [:0-9]+",
        result.out,
    )
    assert "  → See: cmr-watch deliveries list --state pending\n" in result.out
    watch.run("deliveries", "retry")
    assert "; will be retried by the next check\n" in watch.run("doctor").out
    watch.check()
    assert watch.run("doctor").lines[-1] == "No problems found."


def test_all_messages_that_wait_behind_a_failed_one_are_counted(watch):
    watch.configure('[[subscriptions]]\nname = "bo"\nto = "bo@example.org"\n')
    watch.check("2023-09")
    watch.mailbox.stop()
    assert watch.check("2023-12").code == 1
    watch.mailbox.start()
    assert len(watch.run("deliveries", "list", "--state", "pending", "--json").json) == 2
    assert "✗ outbox: 2 messages have been waiting since " in watch.run("doctor").out


def test_recipients_are_the_mailboxes_that_are_subscribed(watch):
    watch.configure('[[subscriptions]]\nname = "anna 2"\nto = "Anna@Example.org"\ntopics = ["calls"]\n')
    watch.check("2023-09")
    assert "✓ subscriptions: 2 recipients" in watch.run("doctor").out, "anna twice, and a chat"
    watch.run("subscriptions", "end", "anna@example.org")
    out = watch.run("doctor").out
    assert "✓ subscriptions: 1 recipient\n" in out, "still declared, but ended"


def test_an_erased_address_in_the_configuration_is_pointed_out(watch):
    watch.check("2023-09")
    watch.run("subscriptions", "erase", "anna@example.org")
    assert (
        f'· subscriptions: anna@example.org was erased, but {watch.config} still contains it, as "anna"; it is not'
        " started\n  → Remove the entry from the file.\n"
    ) in watch.run("doctor").out


@pytest.mark.parametrize(
    ("sql", "pattern", "advice"),
    [
        (
            "UPDATE alembic_version SET version_num = '9999'",
            "a newer version",
            "Install the newer version of cmr-watch, or restore",
        ),
        ("DELETE FROM alembic_version", "an older schema", "Run: cmr-watch db upgrade"),
        ("DROP TABLE alembic_version", "tables of another program", "Choose another file"),
    ],
)
def test_a_database_that_this_version_cannot_read(watch, sql, pattern, advice):
    watch.check("2023-09")
    with closing(sqlite3.connect(watch.database)) as connection, connection:
        connection.execute(sql)
    result = watch.run("doctor")
    assert result.code == 1
    assert re.search(rf"✗ database: .*{pattern}.*\n  → {advice}", result.out)


# ── services ─────────────────────────────────────────────────────────────────────────────────────────────────────


def findings(watch, text):
    """Run doctor with these settings."""
    watch.serve("2024-04")
    watch.configure(text)
    return watch.run("doctor")


def test_a_mailbox_that_cannot_be_used(watch, tmp_path):
    result = findings(watch, '[bounces]\nhost = "127.0.0.1"\n')
    assert result.code == 1
    assert "✗ bounces: [bounces] names a host, but no user to log in with\n  → Set user and password" in result.out
    folder = tmp_path / "maildir"
    result = findings(watch, f'[bounces]\nmaildir = "{folder}"\n')
    assert f"✗ bounces: The Maildir {folder} does not exist\n  → Check maildir in [bounces]." in result.out
    for name in ("new", "cur", "tmp"):
        (folder / name).mkdir(parents=True)
    assert f"✓ bounces: {folder} can be read" in findings(watch, f'[bounces]\nmaildir = "{folder}"\n').out


@pytest.mark.parametrize(("password", "mark"), [("s3cret", "✓"), ("wrong", "✗")])
def test_a_mailbox_on_a_server(watch, password, mark):
    with ImapServer() as server:
        text = f'host = "127.0.0.1"\nport = {server.settings().port}\nsecurity = "plain"\nuser = "watch"\n'
        result = findings(watch, f'[bounces]\n{text}password = "{password}"\n')
    assert f"{mark} bounces: " in result.out
    assert password not in result.out


def test_a_backup_folder_that_cannot_be_written(watch, tmp_path):
    (tmp_path / "file").write_text("")
    result = findings(watch, f'[backup]\nfolder = "{tmp_path / "file" / "backups"}"\n')
    assert f"✗ backup: {tmp_path / 'file' / 'backups'} cannot be written: Not a directory\n  → " in result.out
    folder = tmp_path / "new" / "backups"
    text = f"✓ backup: {folder} does not exist yet; `run` creates it with the first backup\n"
    assert text in findings(watch, f'[backup]\nfolder = "{folder}"\n').out
    assert not folder.exists()
    folder.mkdir(parents=True)
    assert f"✓ backup: {folder} can be written" in findings(watch, f'[backup]\nfolder = "{folder}"\n').out


def test_an_address_that_the_daemon_cannot_listen_on(watch):
    port = watch.mailbox.port
    result = findings(watch, f'[daemon]\nlisten = "127.0.0.1:{port}"\n')
    assert (
        f"✗ endpoints: another program listens on 127.0.0.1:{port}, so the daemon could not start\n  → " in result.out
    )
    result = findings(watch, '[daemon]\nlisten = "192.0.2.1:8080"\n')
    assert "✗ endpoints: the daemon cannot listen on 192.0.2.1:8080: Cannot assign requested address" in result.out
    with Listener("127.0.0.1:0", application({}), "[daemon] listen") as server:
        result = findings(watch, f'[daemon]\nlisten = "127.0.0.1:{server.port}"\n')
        assert f"✓ endpoints: the daemon is running and listens on 127.0.0.1:{server.port}" in result.out


def test_a_dead_mans_switch_is_reached_but_not_pinged(watch):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    result = findings(watch, f'[daemon]\nping = "http://127.0.0.1:{port}/secret-uuid"\n')
    text = f"✗ ping: the dead man's switch 127.0.0.1 cannot be reached on port {port}: Connection refused\n  → "
    assert text in result.out
    result = findings(watch, f'[daemon]\nping = "{watch.site.url("/ping/secret-uuid")}"\n')
    assert "✓ ping: 127.0.0.1 accepts connections" in result.out
    assert "secret-uuid" not in result.out
    assert not [path for path in watch.site.paths() if "ping" in path]


def test_an_operator_is_suggested(watch):
    assert "· operator: nobody is notified of problems\n  → Set “to” in [operator]" in findings(watch, "").out
    assert "operator:" not in findings(watch, '[operator]\nto = ["op@example.org"]\n').out


def test_what_is_on_hold_is_a_problem(watch):
    watch.check("2023-09")
    watch.mailbox.refuse("anna@example.org", "451 later", times=1)
    watch.check("2023-12")
    with closing(open_database(f"sqlite:///{watch.database}")) as database, database.write() as connection:
        mark_restored(connection)
    assert "· quarantine: the database was restored" in watch.run("doctor").out
    count = len(watch.run("deliveries", "release", "--json").json)
    text = f"✗ quarantine: {count} items are on hold since the restore\n  → See: cmr-watch deliveries release"
    assert text in watch.run("doctor").out


def test_the_advice_fits_what_is_wrong_with_the_database(watch):
    open_database(f"sqlite:///{watch.database}").close()
    with closing(sqlite3.connect(watch.database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        result = watch.run("doctor")
    locked = "another process has been writing to it for more than 5 seconds"
    assert f"is locked: {locked}\n  → Wait until the other process has finished, or end it." in result.out


# ── deliverability ───────────────────────────────────────────────────────────────────────────────────────────────

ZONE = {
    ("watch.eu", "TXT"): ["v=spf1 ip4:192.0.2.1 -all"],
    ("watch.eu", "MX"): ["10 mx.watch.eu."],
    ("_dmarc.watch.eu", "TXT"): ["v=DMARC1; p=none"],
    ("s1._domainkey.watch.eu", "TXT"): ["v=DKIM1; p=" + "MIGf" * 54],
    ("eu", "NS"): ["x.dns.eu."],
}
SIGNATURE = b"DKIM-Signature: v=1; d=watch.eu; s=s1; h=from:list-unsubscribe:list-unsubscribe-post\r\n"


@pytest.fixture
def from_watch_eu(watch):
    watch.serve("2024-04")
    watch.configure('[web]\nurl = "https://watch.eu"\ncontact = "news@watch.eu"\n')
    watch.config.write_text(watch.config.read_text().replace("watch@example.org", "news@watch.eu"))
    return watch


def test_the_records_of_the_mail_domain(from_watch_eu):
    with serve_names(ZONE) as address:
        result = from_watch_eu.run("doctor", "--name-server", address)
    for text in (
        "✓ spf: watch.eu has one, with 0 of 10 look-ups: v=spf1 ip4:192.0.2.1 -all\n",
        "✓ dmarc: the policy for watch.eu is p=none, which only asks for reports\n",
        "✓ mx: mail to watch.eu goes to mx.watch.eu\n",
    ):
        assert text in result.out
    assert (result.code, result.lines[-1]) == (0, "No problems found.")


def test_a_test_mail_as_it_arrived(from_watch_eu):
    from_watch_eu.run("test-mail", "bea@example.org")
    content = from_watch_eu.mailbox.mails[-1].content
    file = from_watch_eu.folder / "test.eml"
    with serve_names(ZONE) as address:
        file.write_bytes(SIGNATURE + content)
        good = from_watch_eu.run("doctor", "--mail", str(file), "--name-server", address)
        file.write_bytes(SIGNATURE.replace(b":list-unsubscribe-post", b"") + content)
        bad = from_watch_eu.run("doctor", "--mail", str(file), "--name-server", address)
    assert "✓ test mail: its headers are complete\n" in good.out
    assert "✓ dkim: watch.eu signed it, and its key is published (s1._domainkey.watch.eu)\n" in good.out
    assert good.lines[-1] == "No problems found."
    text = "✗ dkim: the signature does not cover List-Unsubscribe-Post, so no unsubscribe button is shown\n  → Let "
    assert text in bad.out
    assert (bad.code, bad.lines[-1]) == (1, "1 problem to fix.")


def test_without_a_name_server_there_is_one_line(from_watch_eu):
    with serve_names(ZONE, broken=True) as address:
        result = from_watch_eu.run("doctor", "--name-server", address)
    text = "· dns: SPF, DMARC and the like were not checked to the end: no name server knows an answer about eu\n"
    assert text in result.out
    assert (result.code, result.lines[-1]) == (0, "No problems found.")


def test_what_a_name_server_says_does_not_drive_the_terminal(from_watch_eu):
    with serve_names({**ZONE, ("watch.eu", "TXT"): ["v=spf1 \x1b[31m -all"]}) as address:
        out = from_watch_eu.run("doctor", "--name-server", address).out
    assert "v=spf1" in out
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--name-server", "dns.watch.eu"], "'dns.watch.eu' is not the IP address of a name server"),
        (["--mail", "none.eml"], "none.eml"),
    ],
)
def test_wrong_arguments(watch, arguments, words):
    result = watch.run("doctor", *arguments)
    assert (result.code, result.out) == (2, "")
    assert words in result.err
