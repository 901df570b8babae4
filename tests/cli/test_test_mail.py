from __future__ import annotations

from contextlib import closing

from cmr_watch.notify import tokens
from cmr_watch.store.database import open_database
from cmr_watch.store.installation import Installation


def test_an_email(watch):
    result = watch.run("test-mail", "bea@example.org")
    assert (result.code, result.out) == (0, "The mail server accepted the test message to bea@example.org.\n")
    assert watch.mailbox.recipients == ["bea@example.org"]
    assert watch.mailbox.subjects[0].startswith("Test: ")


def test_a_test_mail_has_the_headers_of_news_and_unsubscribes_nobody(watch):
    watch.configure('[web]\nurl = "https://watch.example.org"\n')
    watch.check("2023-12")
    watch.run("test-mail", "bea@example.org")
    mail = watch.mailbox.mails[-1].parsed
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Id"] == "cmr-watch <cmr-watch.example.org>"
    token = mail["List-Unsubscribe"].partition("/unsubscribe/")[2].partition(">")[0]
    with closing(open_database(f"sqlite:///{watch.database}")) as database:
        assert tokens.find(Installation(database).key(), token) is None


def test_a_webhook(watch):
    result = watch.run("test-mail", watch.hook.address("/secret"))
    assert (result.code, len(watch.hook.received)) == (0, 1)
    assert result.out == f"The service accepted the test message to json://127.0.0.1:{watch.hook.port}/….\n"


def test_a_rejected_recipient(watch):
    watch.mailbox.refuse("bea@example.org")
    result = watch.run("test-mail", "bea@example.org")
    assert (result.code, result.out, len(result.err.splitlines())) == (1, "", 1)
    assert "550 5.1.1 no such user" in result.err


def test_without_a_mail_server(watch):
    watch.configure(mail=False)
    result = watch.run("test-mail", "bea@example.org")
    assert (result.code, result.err) == (2, "cmr-watch: no mail server is configured: set [mail] host and from\n")
