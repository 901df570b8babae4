"""The settings: one frozen dataclass per section. The metadata of a field says how its value is validated."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from cmr_watch.clock import BRUSSELS
from cmr_watch.config import setting_types
from cmr_watch.config.setting_types import SettingType
from cmr_watch.languages import ENGLISH
from cmr_watch.log import LEVELS, LogFormat
from cmr_watch.models.readings import TOPICS, Topic
from cmr_watch.models.recipients import REMINDERS, Frequency, QuietHours, Schedule, SubscriptionRequest

INITIATIVE_PAGE: Final = "https://clustercollaboration.eu/events/organised-by-eccp/clusters-meet-regions"
PINNED_HOSTS: Final = ("clustercollaboration.eu", "www.clustercollaboration.eu")
"""The host names of the platform. Pages and redirects on other hosts need an entry in `[page] hosts`."""
MAIL_PORTS: Final = {"starttls": 587, "tls": 465, "plain": 25}


class Option(NamedTuple):
    """How a setting is written. A secret can also be read from a file that `<key>_file` names."""

    key: str
    setting_type: SettingType
    secret: bool = False


def option(key: str, setting_type: SettingType, default: Any, *, secret: bool = False) -> Any:
    """A dataclass field for a setting. The value of a secret is left out of the repr."""
    return field(default=default, repr=not secret, metadata={"option": Option(key, setting_type, secret)})


@dataclass(frozen=True, slots=True)
class DatabaseSection:
    """Where data is stored. `journal`: the suppression journal, which survives a restore of the database."""

    url: str = option("url", setting_types.DATABASE, "", secret=True)
    journal: Path | None = option("journal", setting_types.PATH, None)


@dataclass(frozen=True, slots=True)
class PageSection:
    """The watched page. `hosts` (with or without a port) are allowed besides the pinned ones; no others are."""

    url: str = option("url", setting_types.PAGE_URL, INITIATIVE_PAGE)
    hosts: tuple[str, ...] = option("hosts", setting_types.HOSTS, ())
    private_addresses: bool = option("private_addresses", setting_types.BOOLEAN, False)

    @property
    def is_allowed(self) -> bool:
        """Whether the page is on an allowed host."""
        page = urlsplit(self.url)
        return not {page.hostname, f"{page.hostname}:{page.port}"}.isdisjoint((*PINNED_HOSTS, *self.hosts))


@dataclass(frozen=True, slots=True)
class FetchSection:
    """How pages are fetched. In seconds: `deadline` for a complete response, `pause` between two pages.

    `proxy`: the HTTP proxy through which all of them are fetched, and old copies of them, too.
    """

    contact: str | None = option("contact", setting_types.CONTACT, None)
    deadline: int = option("deadline", setting_types.whole(1, 600), 60)
    retries: int = option("retries", setting_types.whole(0, 10), 3)
    robots: bool = option("robots", setting_types.BOOLEAN, True)
    pause: int = option("pause", setting_types.whole(0, 60), 1)
    proxy: str | None = option("proxy", setting_types.PROXY_URL, None, secret=True)


@dataclass(frozen=True, slots=True)
class ArchiveSection:
    """The web archive that `backfill` reads (Memento, RFC 7089).

    `timemap` is the prefix that, followed by the URL of a page, gives its TimeMap. `pause` is in seconds.
    """

    timemap: str = option("timemap", setting_types.PAGE_URL, "https://web.archive.org/web/timemap/link/")
    pause: int = option("pause", setting_types.whole(0, 600), 5)


@dataclass(frozen=True, slots=True)
class DaemonSection:
    """How `run` works.

    `check_every` and `jitter` are in minutes; the health endpoints are on `listen`; `ping` is a dead man's switch.
    """

    check_every: int = option("check_every", setting_types.whole(5, 1440), 60)
    jitter: int = option("jitter", setting_types.whole(0, 60), 5)
    listen: str = option("listen", setting_types.LISTEN, "127.0.0.1:8080")
    ping: str | None = option("ping", setting_types.PING_URL, None, secret=True)


@dataclass(frozen=True, slots=True)
class BackupSection:
    """The daily backups that `run` makes of an SQLite database. The newest `keep` are kept in `folder`."""

    folder: Path | None = option("folder", setting_types.PATH, None)
    keep: int = option("keep", setting_types.whole(1, 365), 7)


@dataclass(frozen=True, slots=True)
class MailSection:
    """The mail server. Without `host`, mail is only logged. `unsubscribe` goes to the mailbox that `bounces` reads."""

    host: str | None = option("host", setting_types.HOST, None)
    port: int | None = option("port", setting_types.whole(1, 65535), None)
    security: Literal["starttls", "tls", "plain"] = option("security", setting_types.one_of(*MAIL_PORTS), "starttls")
    user: str | None = option("user", setting_types.TEXT, None)
    password: str | None = option("password", setting_types.PASSWORD, None, secret=True)
    sender: str | None = option("from", setting_types.MAIL_ADDRESS, None)
    sender_name: str = option("from_name", setting_types.TEXT, "Clusters meet Regions watch")
    ca_file: Path | None = option("ca_file", setting_types.FILE, None)
    per_minute: int | None = option("per_minute", setting_types.whole(1, 100_000), None)
    unsubscribe: str | None = option("unsubscribe", setting_types.MAIL_ADDRESS, None)
    oauth_token_command: tuple[str, ...] = option("oauth_token_command", setting_types.COMMAND, ())
    oauth_token_file: Path | None = option("oauth_token_file", setting_types.PATH, None)

    @property
    def uses_oauth(self) -> bool:
        """Whether the login is by an OAuth access token instead of a password."""
        return bool(self.oauth_token_command or self.oauth_token_file)

    @property
    def effective_port(self) -> int:
        """The port, or else the standard port for `security`."""
        return self.port or MAIL_PORTS[self.security]


@dataclass(frozen=True, slots=True)
class MessagesSection:
    """The content of messages."""

    time_zone: str = option("time_zone", setting_types.TIME_ZONE, BRUSSELS.key)

    @property
    def zone(self) -> ZoneInfo:
        """The default time zone of times in messages."""
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True, slots=True)
class BouncesSection:
    """Where bounces and unsubscribe requests arrive: a Maildir or a mailbox on an IMAP server."""

    maildir: Path | None = option("maildir", setting_types.PATH, None)
    host: str | None = option("host", setting_types.HOST, None)
    port: int | None = option("port", setting_types.whole(1, 65535), None)
    security: Literal["starttls", "tls", "plain"] = option(
        "security", setting_types.one_of("tls", "starttls", "plain"), "tls"
    )
    user: str | None = option("user", setting_types.TEXT, None)
    password: str | None = option("password", setting_types.PASSWORD, None, secret=True)
    folder: str = option("folder", setting_types.TEXT, "INBOX")
    ca_file: Path | None = option("ca_file", setting_types.FILE, None)
    oauth_token_command: tuple[str, ...] = option("oauth_token_command", setting_types.COMMAND, ())
    oauth_token_file: Path | None = option("oauth_token_file", setting_types.PATH, None)

    @property
    def uses_oauth(self) -> bool:
        """Whether the login is by an OAuth access token instead of a password."""
        return bool(self.oauth_token_command or self.oauth_token_file)


@dataclass(frozen=True, slots=True)
class OperatorSection:
    """Who is notified of problems. `after_failures`: the number of consecutive failed checks that are a problem."""

    to: tuple[str, ...] = option("to", setting_types.ADDRESS_LIST, (), secret=True)
    after_failures: int = option("after_failures", setting_types.whole(1, 1000), 3)


@dataclass(frozen=True, slots=True)
class WebSection:
    """The public site, on `listen`. `url` is its public address, which links in messages need.

    `trusted_proxies`: the networks of the proxies in front of it, whose X-Forwarded-For names the client. `operator`,
    `postal_address` and `contact` (a mail address) say who runs this installation. `subscribe`: whether readers can
    subscribe themselves, with addresses of `subscribe_domains` or, if that is empty, with any.
    """

    url: str | None = option("url", setting_types.BASE_URL, None)
    listen: str = option("listen", setting_types.LISTEN, "127.0.0.1:8000")
    trusted_proxies: tuple[str, ...] = option("trusted_proxies", setting_types.NETWORKS, ())
    operator: str = option("operator", setting_types.TEXT, "")
    postal_address: str = option("postal_address", setting_types.TEXT, "")
    contact: str | None = option("contact", setting_types.MAIL_ADDRESS, None)
    subscribe: bool = option("subscribe", setting_types.BOOLEAN, True)
    subscribe_domains: tuple[str, ...] = option("subscribe_domains", setting_types.DOMAINS, ())

    @property
    def secure_url(self) -> str | None:
        """The public address, if links with a secret may lead there: only over https, and if there is a site."""
        return self.url if self.listen and self.url and self.url.lower().startswith("https://") else None


@dataclass(frozen=True, slots=True)
class LogSection:
    """The log on stderr. `level`: by default "info" for `run` and `worker`, and "warning" for other commands."""

    level: str | None = option("level", setting_types.one_of(*LEVELS), None)
    format: LogFormat = option("format", setting_types.one_of("text", "json"), "text")


@dataclass(frozen=True, slots=True)
class SubscriptionEntry:
    """One [[subscriptions]] entry."""

    name: str = option("name", setting_types.TEXT, "")
    to: str = option("to", setting_types.ADDRESS, "", secret=True)
    topics: tuple[Topic, ...] = option("topics", setting_types.TOPIC_LIST, TOPICS)
    countries: tuple[str, ...] = option("countries", setting_types.COUNTRY_LIST, ())
    frequency: Frequency = option("frequency", setting_types.FREQUENCY, "immediately")
    hour: int = option("hour", setting_types.HOUR, 8)
    weekday: int = option("weekday", setting_types.WEEKDAY, 0)
    time_zone: str | None = option("time_zone", setting_types.TIME_ZONE, None)
    quiet: QuietHours | None = option("quiet", setting_types.QUIET, None)
    reminders: tuple[int, ...] = option("reminders", setting_types.DAY_LIST, REMINDERS)
    still_watching: bool = option("still_watching", setting_types.BOOLEAN, False)
    language: str = option("language", setting_types.LANGUAGE, ENGLISH)

    def wanted(self, time_zone: str) -> SubscriptionRequest:
        """The request that the entry makes. `time_zone` is used if the entry has none."""
        schedule = Schedule(self.frequency, self.hour, self.weekday, self.time_zone or time_zone, self.quiet)
        rest = (self.topics, self.countries, self.name, schedule, self.reminders, self.still_watching)
        return SubscriptionRequest(self.to, *rest, language=self.language)


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings. `file` is the configuration file they were read from, or None."""

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
    def declared(self) -> tuple[SubscriptionRequest, ...] | None:
        """The subscriptions that the configuration declares. None if there is no file: that does not mean “none”."""
        return self.subscriptions if self.file or self.subscriptions else None

    @property
    def sends_mail(self) -> bool:
        """Whether there is a mail server. If not, mail is only logged."""
        return self.mail.host is not None

    @property
    def accepts_signups(self) -> bool:
        """Whether readers can subscribe themselves."""
        return self.web.subscribe and self.offers_managing

    @property
    def offers_managing(self) -> bool:
        """Whether recipients can change and end what they get: that needs a site with https, and a mail server."""
        return self.web.secure_url is not None and self.sends_mail

    @property
    def secrets(self) -> tuple[str, ...]:
        """The passwords, tokens and URLs that must never be shown or logged."""
        password = urlsplit(self.database.url).password if "@" in self.database.url else None
        addresses = [*(request.address for request in self.subscriptions), *self.operator.to]
        apprise_urls = [address for address in addresses if "://" in address]
        secrets = (self.mail.password, self.bounces.password, password, self.daemon.ping, *apprise_urls)
        return tuple(secret for secret in secrets if secret)
