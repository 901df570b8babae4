"""The settings: one frozen dataclass a section. A field's metadata says what it may be."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from cmr_watch.config import kinds
from cmr_watch.config.kinds import Kind
from cmr_watch.log import LEVELS, LogFormat
from cmr_watch.models import REMINDERS, TOPICS, Frequency, QuietHours, Schedule, SubscriptionRequest, Topic

INITIATIVE_PAGE: Final = "https://clustercollaboration.eu/events/organised-by-eccp/clusters-meet-regions"
PINNED_HOSTS: Final = ("clustercollaboration.eu", "www.clustercollaboration.eu")
"""The platform's own two names. A page, and a redirect, elsewhere is read only if the configuration names its host."""
MAIL_PORTS: Final = {"starttls": 587, "tls": 465, "plain": 25}


@dataclass(frozen=True, slots=True)
class Option:
    """How a setting is written. A secret may also stand in a file of its own, named by `<key>_file`."""

    key: str
    kind: Kind
    secret: bool = False


def option(key: str, kind: Kind, default: Any, *, secret: bool = False) -> Any:
    """A dataclass field that is a setting."""
    return field(default=default, repr=not secret, metadata={"option": Option(key, kind, secret)})


@dataclass(frozen=True, slots=True)
class DatabaseSection:
    """Where what we know is kept; `journal` remembers who must not be written to, also after a restore."""

    url: str = option("url", kinds.DATABASE, "", secret=True)
    journal: Path | None = option("journal", kinds.PATH, None)


@dataclass(frozen=True, slots=True)
class PageSection:
    """What is watched. `hosts`, with or without a port, are added to the pinned ones: no other host is ever asked."""

    url: str = option("url", kinds.PAGE_ADDRESS, INITIATIVE_PAGE)
    hosts: tuple[str, ...] = option("hosts", kinds.HOSTS, ())
    private_addresses: bool = option("private_addresses", kinds.YES_OR_NO, False)

    @property
    def is_allowed(self) -> bool:
        """Whether the page is on a host that may be asked."""
        page = urlsplit(self.url)
        return not {page.hostname, f"{page.hostname}:{page.port}"}.isdisjoint((*PINNED_HOSTS, *self.hosts))


@dataclass(frozen=True, slots=True)
class FetchSection:
    """How politely it is asked for. `deadline` in seconds, for one whole answer; `pause` between two pages."""

    contact: str | None = option("contact", kinds.TEXT, None)
    deadline: int = option("deadline", kinds.whole(1, 600), 60)
    retries: int = option("retries", kinds.whole(0, 10), 3)
    robots: bool = option("robots", kinds.YES_OR_NO, True)
    pause: int = option("pause", kinds.whole(0, 60), 1)


@dataclass(frozen=True, slots=True)
class ArchiveSection:
    """The archive that `backfill` reads (Memento, RFC 7089). `timemap` stands before a page's own address."""

    timemap: str = option("timemap", kinds.PAGE_ADDRESS, "https://web.archive.org/web/timemap/link/")
    pause: int = option("pause", kinds.whole(0, 600), 5)


@dataclass(frozen=True, slots=True)
class DaemonSection:
    """How `run` works. Times in minutes; `listen`: where it says how it is; `ping`: whom it tells of good checks."""

    check_every: int = option("check_every", kinds.whole(5, 1440), 60)
    jitter: int = option("jitter", kinds.whole(0, 60), 5)
    listen: str = option("listen", kinds.LISTEN, "127.0.0.1:8080")
    ping: str | None = option("ping", kinds.WEB_ADDRESS, None, secret=True)


@dataclass(frozen=True, slots=True)
class BackupSection:
    """Copies of an SQLite database that `run` makes each day: into `folder`, the newest `keep` of them."""

    folder: Path | None = option("folder", kinds.PATH, None)
    keep: int = option("keep", kinds.whole(1, 365), 7)


@dataclass(frozen=True, slots=True)
class MailSection:
    """The mail server. Without a host, mail is only logged. `unsubscribe`: the mailbox that `bounces` reads."""

    host: str | None = option("host", kinds.HOST, None)
    port: int | None = option("port", kinds.whole(1, 65535), None)
    security: Literal["starttls", "tls", "plain"] = option("security", kinds.one_of(*MAIL_PORTS), "starttls")
    user: str | None = option("user", kinds.TEXT, None)
    password: str | None = option("password", kinds.PASSWORD, None, secret=True)
    sender: str | None = option("from", kinds.MAIL_ADDRESS, None)
    sender_name: str = option("from_name", kinds.TEXT, "Clusters meet Regions watch")
    ca_file: Path | None = option("ca_file", kinds.FILE, None)
    per_minute: int | None = option("per_minute", kinds.whole(1, 100_000), None)
    unsubscribe: str | None = option("unsubscribe", kinds.MAIL_ADDRESS, None)

    @property
    def port_or_usual(self) -> int:
        """The port, or the usual one of the kind of security."""
        return self.port or MAIL_PORTS[self.security]


@dataclass(frozen=True, slots=True)
class MessagesSection:
    """How messages are written."""

    time_zone: str = option("time_zone", kinds.TIME_ZONE, "Europe/Brussels")

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that people read."""
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True, slots=True)
class BouncesSection:
    """Where mail comes back: a Maildir, or a mailbox on an IMAP server."""

    maildir: Path | None = option("maildir", kinds.PATH, None)
    host: str | None = option("host", kinds.HOST, None)
    port: int | None = option("port", kinds.whole(1, 65535), None)
    security: Literal["starttls", "tls", "plain"] = option("security", kinds.one_of("tls", "starttls", "plain"), "tls")
    user: str | None = option("user", kinds.TEXT, None)
    password: str | None = option("password", kinds.PASSWORD, None, secret=True)
    folder: str = option("folder", kinds.TEXT, "INBOX")
    ca_file: Path | None = option("ca_file", kinds.FILE, None)


@dataclass(frozen=True, slots=True)
class OperatorSection:
    """Who is told of trouble. `after_failures`: so many checks in a row have to fail first."""

    to: tuple[str, ...] = option("to", kinds.ADDRESS_LIST, (), secret=True)
    after_failures: int = option("after_failures", kinds.whole(1, 1000), 3)


@dataclass(frozen=True, slots=True)
class WebSection:
    """Where the web pages of this installation are, for links in messages."""

    url: str | None = option("url", kinds.WEB_ADDRESS, None)


@dataclass(frozen=True, slots=True)
class LogSection:
    """What goes to stderr."""

    level: str = option("level", kinds.one_of(*LEVELS), "warning")
    format: LogFormat = option("format", kinds.one_of("text", "json"), "text")


@dataclass(frozen=True, slots=True)
class SubscriptionEntry:
    """One [[subscriptions]] entry, as it is written."""

    name: str = option("name", kinds.TEXT, "")
    to: str = option("to", kinds.ADDRESS, "", secret=True)
    topics: tuple[Topic, ...] = option("topics", kinds.TOPIC_LIST, TOPICS)
    countries: tuple[str, ...] = option("countries", kinds.COUNTRY_LIST, ())
    frequency: Frequency = option("frequency", kinds.FREQUENCY, "immediately")
    hour: int = option("hour", kinds.HOUR, 8)
    weekday: int = option("weekday", kinds.WEEKDAY, 0)
    time_zone: str | None = option("time_zone", kinds.TIME_ZONE, None)
    quiet: QuietHours | None = option("quiet", kinds.QUIET, None)
    reminders: tuple[int, ...] = option("reminders", kinds.DAY_LIST, REMINDERS)
    still_watching: bool = option("still_watching", kinds.YES_OR_NO, False)

    def wanted(self, time_zone: str) -> SubscriptionRequest:
        """As a wish; `time_zone` where it names none."""
        schedule = Schedule(self.frequency, self.hour, self.weekday, self.time_zone or time_zone, self.quiet)
        wishes = (self.topics, self.countries, self.name, schedule, self.reminders, self.still_watching)
        return SubscriptionRequest(self.to, *wishes)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set. `file` is where it was read, None when there was no file."""

    database: DatabaseSection = DatabaseSection()
    page: PageSection = PageSection()
    fetch: FetchSection = FetchSection()
    archive: ArchiveSection = ArchiveSection()
    daemon: DaemonSection = DaemonSection()
    backup: BackupSection = BackupSection()
    mail: MailSection = MailSection()
    messages: MessagesSection = MessagesSection()
    bounces: BouncesSection = BouncesSection()
    operator: OperatorSection = OperatorSection()
    web: WebSection = WebSection()
    log: LogSection = LogSection()
    subscriptions: tuple[SubscriptionRequest, ...] = field(default=(), repr=False)
    file: Path | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        password = urlsplit(self.database.url).password if "@" in self.database.url else None
        addresses = [*(wanted.address for wanted in self.subscriptions), *self.operator.to]
        services = [address for address in addresses if "://" in address]
        secrets = (self.mail.password, self.bounces.password, password, self.daemon.ping, *services)
        return tuple(secret for secret in secrets if secret)
