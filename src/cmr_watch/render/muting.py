"""The link by which a recipient gets no more messages about an edition or a call. Pure."""

from __future__ import annotations

from cmr_watch.models.muting import ItemRef, mute_path
from cmr_watch.render.i18n import local_path
from cmr_watch.render.message_context import MessageContext
from cmr_watch.render.sanitize import safe_link


def mute_url(context: MessageContext, chat: bool, item: ItemRef) -> str:
    """The address, with MUTE_SLOT; empty if this service does not serve its site, or if the readers share a chat."""
    site_url = None if chat else safe_link(context.site_url)
    return f"{site_url.rstrip('/')}{local_path(mute_path(item))}" if site_url else ""
