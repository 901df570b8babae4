"""The links by which recipients mute: one with each edition or call, and nowhere else."""

from __future__ import annotations

from cmr_watch.clock import BRUSSELS
from cmr_watch.models.muting import MUTE_SLOT, ItemRef, linked_items
from cmr_watch.models.readings import KnownCall
from cmr_watch.models.recipients import Body, Contents, OpenItems, OutageNotice
from cmr_watch.render.i18n import in_language
from cmr_watch.render.message_context import MessageContext
from cmr_watch.render.messages import body
from tests.notify.make import NOON, PAGE, K, call, edition, recorded
from tests.render.make import groups, reminder

SITE = MessageContext(PAGE, site_url="https://watch.example.org/sub/")
CALL, EDITION = ItemRef("call", "key"), ItemRef("edition", "key")


def muted(contents: Contents, context: MessageContext = SITE, chat: bool = False) -> list[list[ItemRef]]:
    """What the links in the text and in the HTML mute."""
    mail = body(contents, context, chat, BRUSSELS)
    return [list(linked_items(mail.text)), list(linked_items(mail.html))]


def both(*items: ItemRef) -> list[list[ItemRef]]:
    return [list(items)] * 2


def test_each_block_of_a_digest_has_its_own_link() -> None:
    changes = groups(recorded(K.CALL_OPENED), recorded(K.EDITION_ANNOUNCED))
    assert muted(Contents(changes)) == both(CALL, EDITION)


def test_a_reminder_has_one() -> None:
    assert muted(Contents(reminders=(reminder(),))) == both(CALL)


def test_what_is_gone_has_one() -> None:
    assert muted(Contents(groups(recorded(K.EDITION_WITHDRAWN, None, edition())))) == both(EDITION)


def test_the_calls_of_a_welcome_have_one() -> None:
    welcome = OpenItems((KnownCall("open", call()), KnownCall("soon", call("announced"))))
    assert muted(Contents(welcome=welcome)) == both(ItemRef("call", "open"), ItemRef("call", "soon"))


def test_what_is_about_no_edition_and_no_call_has_none() -> None:
    assert muted(Contents(monthly_status=True)) == both()
    assert muted(Contents(outages=(OutageNotice("opened", NOON, PAGE),))) == both()


def test_a_chat_has_none_as_its_readers_share_it() -> None:
    mail = body(Contents(groups(recorded(K.CALL_OPENED))), SITE, True, BRUSSELS)
    assert "/mute/" not in mail.text


def test_there_is_none_if_the_site_is_not_served() -> None:
    assert muted(Contents(groups(recorded(K.CALL_OPENED))), MessageContext(PAGE)) == both()


def test_the_link_is_that_of_the_site_and_is_labelled() -> None:
    mail: Body = body(Contents(groups(recorded(K.CALL_OPENED))), SITE, False, BRUSSELS)
    url = f"https://watch.example.org/sub/mute/call-key-{MUTE_SLOT}"
    assert f"  No more about this one: {url}\n" in mail.text
    assert f'href="{url}"' in mail.html
    assert ">No more about this one</a>" in mail.html


def test_a_mail_in_another_language_leads_to_the_page_in_that_language() -> None:
    with in_language("de"):
        mail = body(Contents(groups(recorded(K.CALL_OPENED))), SITE, False, BRUSSELS)
    url = f"https://watch.example.org/sub/de/mute/call-key-{MUTE_SLOT}"
    assert (mail.text.count(url), mail.html.count(f'href="{url}"')) == (1, 1)
    assert list(linked_items(mail.html)) == [CALL]


def test_a_page_cannot_receive_a_mute_token() -> None:
    slot = f"/mute/call-key-{MUTE_SLOT}"
    url = f"https://evil.example{slot}"
    hostile = edition(f"Lyon {slot}", text=f"a{MUTE_SLOT[:5]}\u200b{MUTE_SLOT[5:]}b", url=url, summary_url=url)
    contents = Contents(groups(recorded(K.EDITION_ANNOUNCED, hostile)))
    assert muted(contents) == both(EDITION)
    mail = body(contents, SITE, False, BRUSSELS)
    assert (mail.text.count(MUTE_SLOT), mail.html.count(MUTE_SLOT)) == (1, 1)
    assert "evil.example/mute" not in mail.text + mail.html
