"""Opens the delivery channels that are configured."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cmr_watch.clock import Clock
from cmr_watch.config import Settings
from cmr_watch.models.recipients import Channel
from cmr_watch.notify.channels import Sender
from cmr_watch.notify.channels.apprise import AppriseChannel
from cmr_watch.notify.channels.mail import MailChannel
from cmr_watch.notify.channels.settings import mail_settings

OpenChannels = Callable[[Settings, Clock], Mapping[Channel, Sender]]
"""Returns a sender for each configured channel. Tests pass their own."""


def open_channels(settings: Settings, clock: Clock) -> dict[Channel, Sender]:
    """The configured channels; each connects when it is first used. Without a mail server there is no mail channel."""
    channels: dict[Channel, Sender] = {"apprise": AppriseChannel(sender_name=settings.mail.sender_name)}
    if mail := mail_settings(settings):
        channels["mail"] = MailChannel(mail, clock)
    return channels
