"""What the routes that act may do with the database: what a reader may do without the operator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cmr_watch.models.mail_requests import MailRequest, Managed
from cmr_watch.models.muting import ItemRef
from cmr_watch.models.readings import KnownCall, KnownEdition
from cmr_watch.models.recipients import SubscriptionRequest
from cmr_watch.models.signups import Signup
from cmr_watch.notify import tokens
from cmr_watch.store.database import Database
from cmr_watch.store.installation import Installation
from cmr_watch.store.mail_requests import MailRequests
from cmr_watch.store.mutes import Mutes, MuteStanding
from cmr_watch.store.pauses import Pauses
from cmr_watch.store.signups import Outcome, Signups
from cmr_watch.store.standing import Standing, standing
from cmr_watch.store.subscriptions import MERGED, UNSUBSCRIBED_ONLINE, Subscriptions
from cmr_watch.store.suppression_journal import SuppressionJournal

_MAX_TEXT: Final = 200
"""Characters in which a token is looked for: some mail programs add a bracket or a full stop to a link."""
_MAX_MUTE: Final = 400
_NOBODY: Final = 0
"""The ID of no subscription."""
_NOTHING: Final = ItemRef("edition", "")


@dataclass(frozen=True, slots=True)
class Muting:
    """What the link of a mail mutes, and how things stand."""

    item: ItemRef
    standing: MuteStanding


class Desk:
    """Serves readers who have a link from a mail. `journal`: records those who leave, outside the database."""

    def __init__(self, database: Database, journal: SuppressionJournal) -> None:
        self._database = database
        self._installation = Installation(database)
        self._mutes = Mutes(database)
        self._pauses = Pauses(database)
        self._requests = MailRequests(database)
        self._signups = Signups(database)
        self._subscriptions = Subscriptions(database, journal)

    def standing(self, token: str) -> Standing | None:
        """The state of the recipient of a message with this token; None if it is not valid.

        The database queries are the same for every token, so that the time taken reveals nothing about it.
        """
        number = self._number(token)
        found = standing(self._database, number or _NOBODY)
        return found if number is not None else None

    def leave(self, token: str, now: datetime) -> Standing | None:
        """End all subscriptions of the recipient; return how things stood before, or None if the token is not valid.

        Of several requests for the same recipient at the same time, one finds the subscriptions active.
        """
        number = self._number(token)
        before = standing(self._database, number or _NOBODY)
        if number is None:
            return None
        ended = self._subscriptions.end_recipient(number, UNSUBSCRIBED_ONLINE, now)
        return Standing(is_subscribed=bool(ended), has_left=before.has_left)

    def muting(self, token: str) -> Muting | None:
        """What a token mutes; None if it is not valid. The database queries are the same for every token."""
        number, item = self._muted(token) or (None, _NOTHING)
        found = self._mutes.standing(number or _NOBODY, item)
        return Muting(item, found) if number is not None else None

    def mute(self, token: str, now: datetime, *, undo: bool = False) -> Muting | None:
        """Mute what a token mutes, or undo that; None if the token is not valid."""
        before = self.muting(token)
        number, item = self._muted(token) or (None, _NOTHING)
        if before is None or number is None:
            return None
        if before.standing.is_subscribed:
            (self._mutes.remove if undo else self._mutes.add)(number, item, now)
        return before

    def sign_up(self, signup: Signup) -> None:
        """Store a request for a subscription."""
        self._signups.add(signup)

    def signup(self, token: str, now: datetime) -> Signup | None:
        """The request that a token confirms; None if it does not, or no longer."""
        return self._signups.find(token, now)

    def confirm(self, token: str, now: datetime) -> Outcome | None:
        """Start what was asked for; None if the token is not valid."""
        return self._signups.confirm(token, self._subscriptions, now)

    def ask(self, request: MailRequest) -> None:
        """Store a request for a mail: a link, or the data of an address."""
        self._requests.add(request)

    def managed(self, token: str, now: datetime) -> Managed | None:
        """What a link opens; None if it does not work, or no longer."""
        return self._requests.open(token, now)

    def change(self, managed: Managed, wanted: SubscriptionRequest, now: datetime) -> bool:
        """Change the subscription of an address; if there are several, they become one. False if it has just ended."""
        first, *others = managed.active
        for other in others:
            self._subscriptions.end(other.id, MERGED, now)
        return self._subscriptions.edit(first.id, wanted, now) is not None

    def pause(self, managed: Managed, until: datetime | None, now: datetime) -> None:
        """Pause until then; without a time, end the pause."""
        self._pauses.pause(managed.active[0].id, until, now)

    def entry(self, item: ItemRef) -> KnownEdition | KnownCall | None:
        """What is known of an edition or a call; None if nothing is any more."""
        return self._mutes.entry(item)

    def unmute(self, managed: Managed, item: ItemRef, now: datetime) -> None:
        """Undo a mute."""
        self._mutes.remove(managed.active[0].id, item, now)

    def end(self, managed: Managed, now: datetime) -> None:
        """End all subscriptions of an address."""
        self._subscriptions.end(managed.address, UNSUBSCRIBED_ONLINE, now)

    def erase(self, managed: Managed, now: datetime) -> None:
        """Erase an address from all records, as `subscriptions erase` does."""
        self._subscriptions.erase(managed.address, now)

    def _number(self, token: str) -> int | None:
        """The ID of the subscription that a token belongs to."""
        return tokens.find(self._installation.key(), token[:_MAX_TEXT])

    def _muted(self, token: str) -> tuple[int, ItemRef] | None:
        """The ID of the subscription that a token belongs to, and what it mutes."""
        return tokens.find_mute(self._installation.key(), token[:_MAX_MUTE])
