"""Reads the settings: a TOML file, then the environment over it. Whatever is wrong is named with its place.

The file is the first of: `--config`, $CMR_WATCH_CONFIG, ./cmr-watch.toml, /etc/cmr-watch/cmr-watch.toml; or none.
Each setting is also $CMR_WATCH_<SECTION>_<KEY> (lists with commas); an empty variable counts as not set.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from cmr_watch.config.settings import (
    PINNED_HOSTS,
    ArchiveSection,
    BackupSection,
    BouncesSection,
    DaemonSection,
    DatabaseSection,
    FetchSection,
    LogSection,
    MailSection,
    MessagesSection,
    OperatorSection,
    Option,
    PageSection,
    Settings,
    SubscriptionEntry,
    WebSection,
)
from cmr_watch.exceptions import ConfigError
from cmr_watch.log import shown
from cmr_watch.models import SubscriptionRequest

PREFIX: Final = "CMR_WATCH_"
SECTIONS: Final[dict[str, type]] = {
    "database": DatabaseSection,
    "page": PageSection,
    "fetch": FetchSection,
    "archive": ArchiveSection,
    "daemon": DaemonSection,
    "backup": BackupSection,
    "mail": MailSection,
    "messages": MessagesSection,
    "bounces": BouncesSection,
    "operator": OperatorSection,
    "web": WebSection,
    "log": LogSection,
}
# what Kubernetes tells every program of a service that is called cmr-watch, or cmr-watch-something
_CLUSTER: Final = re.compile(
    r"CMR_WATCH_(\w+_)?(SERVICE_HOST=.*|SERVICE_PORT(_\w+)?=\d+|PORT(_\d+_[A-Z]+)?=[a-z]+://.*"
    r"|PORT_\d+_[A-Z]+_(PROTO|PORT|ADDR)=.*)"
)
SEARCHED: Final = (Path("cmr-watch.toml"), Path("/etc/cmr-watch/cmr-watch.toml"))


def load(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings, or a ConfigError that names file, key, what was found and what was expected."""
    file = find_file(path, environ)
    document = _read_toml(file) if file else {}
    place = str(file) if file else "configuration"
    _refuse_unknown(lambda key: f"{place}: [{key}]", document, [*SECTIONS, "subscriptions"])
    _refuse_unknown_variables(environ)
    base = file.parent if file else Path()
    read = {name: _section(name, _table(place, name, document), place, base, environ) for name in SECTIONS}
    zone = read["messages"].time_zone
    subscriptions = tuple(_subscriptions(place, base, document.get("subscriptions", []), zone))
    read["database"] = _database(read["database"], environ)
    settings = Settings(**read, subscriptions=subscriptions, file=file)
    _refuse_contradictions(place, settings)
    return settings


def environment_without_ours(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment for a process that is to have no other settings than its file's."""
    return {name: value for name, value in environ.items() if not name.startswith(PREFIX)}


def notify_socket(environ: Mapping[str, str] = os.environ) -> str | None:
    """Where systemd wants to hear that the service is ready (sd_notify(3))."""
    return environ.get("NOTIFY_SOCKET") or None


def watchdog_seconds(environ: Mapping[str, str] = os.environ) -> float | None:
    """How often systemd's watchdog is to hear of us, by half of what it waits (sd_watchdog_enabled(3))."""
    microseconds = environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 2_000_000 if microseconds.isdecimal() and int(microseconds) > 0 else None


def find_file(path: Path | None, environ: Mapping[str, str] = os.environ) -> Path | None:
    """The configuration file that counts."""
    named = path or (Path(environ[PREFIX + "CONFIG"]) if environ.get(PREFIX + "CONFIG") else None)
    return named or next(filter(_is_there, SEARCHED), None)


def _is_there(file: Path) -> bool:
    try:
        return file.is_file()
    except PermissionError:  # there is something that we may not see: reading it says so, passing by would be silence
        return True


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: is not UTF-8 text (byte {error.start})") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: is not valid TOML: {error}") from error


def _database(section: DatabaseSection, environ: Mapping[str, str]) -> DatabaseSection:
    """With the usual places: the journal stands beside an SQLite file, or where one would be."""
    default = _default_database(environ) if not (section.url and section.journal) else ""
    url = section.url or default
    file = url if url.startswith("sqlite:///") else default
    return DatabaseSection(url, section.journal or Path(file.removeprefix("sqlite:///") + ".ended"))


def _default_database(environ: Mapping[str, str]) -> str:
    state = Path(environ.get("XDG_STATE_HOME") or "")
    if not state.is_absolute():
        state = _home(environ) / ".local" / "state"
    return f"sqlite:///{state}/cmr-watch/cmr-watch.db"


def _home(environ: Mapping[str, str]) -> Path:
    try:
        return Path(environ.get("HOME") or Path.home())
    except RuntimeError as error:
        raise ConfigError("no home folder is known here; say where the database is: [database] url") from error


# ── one value ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Given:
    """A value and where it stands; `base` is the folder that relative paths start from."""

    place: str
    value: Any
    base: Path = Path()

    def wrong(self, expected: str, secret: bool = False) -> ConfigError:
        found = _secret(self.value) if secret else _shown(self.value)
        return ConfigError(f"{self.place}: found {found}, expected {expected}")


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a table"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else text[:79] + "…"


def _secret(value: Any) -> str:
    """A wrong address is shown as far as it holds no secret; whatever else is secret is not shown."""
    if not isinstance(value, str):
        return _shown(value)
    is_address = "://" in value or ("@" in value and ":" not in value)
    return _shown(shown(value)) if is_address else "a value that is not shown"


def _path(given: _Given) -> Path:
    try:
        return given.base / Path(given.value).expanduser()
    except RuntimeError as error:  # ~name of somebody unknown
        raise given.wrong("the name of a file") from error


def _take(option: Option, given: _Given) -> Any:
    value = given.value
    if option.kind.from_path and isinstance(value, str):
        value = str(_path(given))
    try:
        return option.kind.take(value)
    except OSError as error:
        raise ConfigError(f"{given.place}: cannot read {value}: {error.strerror}") from error
    except (ValueError, TypeError) as error:
        raise given.wrong(option.kind.expected, option.secret) from error


def _from_file(given: _Given) -> _Given:
    """The secret that stands in the named file, without its last line end."""
    if not isinstance(given.value, str) or not given.value.strip():
        raise given.wrong("the name of a file that holds the secret")
    path = _path(given)
    try:
        secret = path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(f"{given.place}: cannot read {path}: {why}") from error
    return _Given(f"{given.place} ({path})", secret)


def _value(option: Option, found: Mapping[str, _Given]) -> Any:
    """The option's value from the givens of one table: key → given."""
    given, in_file = found.get(option.key), found.get(option.key + "_file") if option.secret else None
    if given and in_file:
        raise ConfigError(f"{given.place}: is set twice, also as {option.key}_file; keep one of them")
    if in_file:
        secret = _from_file(in_file)
        given = replace(secret, value=option.kind.from_text(secret.value))
    return _take(option, given) if given else None


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────


def options(section: type) -> dict[str, Option]:
    """Field name → option of a section."""
    return {field.name: field.metadata["option"] for field in fields(section)}


def keys(section: type) -> list[str]:
    """All keys that may be written in a section."""
    found = options(section).values()
    return [key for option in found for key in ([option.key, option.key + "_file"] if option.secret else [option.key])]


def _fill(section: type, found: Mapping[str, _Given]) -> Any:
    values = {name: _value(option, found) for name, option in options(section).items()}
    return section(**{name: value for name, value in values.items() if value is not None})


def _table(place: str, name: str, document: Mapping[str, Any]) -> dict[str, Any]:
    table = document.get(name, {})
    if not isinstance(table, dict):
        raise _Given(f"{place}: {name}", table).wrong(f"a table [{name}]")
    return table


def _section(name: str, table: dict[str, Any], place: str, base: Path, environ: Mapping[str, str]) -> Any:
    section = SECTIONS[name]
    _refuse_unknown(lambda key: f"{place}: [{name}] {key}", table, keys(section))
    found = {key: _Given(f"{place}: [{name}] {key}", value, base) for key, value in table.items()}
    over = dict(_from_environment(name, section, environ))
    for key in over:  # the variable stands for the setting, whichever of its two forms the file uses
        found.pop(key.removesuffix("_file"), None)
        found.pop(key.removesuffix("_file") + "_file", None)
    return _fill(section, {**found, **over})


def _from_environment(name: str, section: type, environ: Mapping[str, str]) -> Iterator[tuple[str, _Given]]:
    by_key = {option.key: option for option in options(section).values()}
    for key in keys(section):
        variable = f"{PREFIX}{name}_{key}".upper()
        if text := environ.get(variable):
            value = by_key[key].kind.from_text(text) if key in by_key else text
            yield key, _Given(f"environment: {variable}", value)


def _subscriptions(place: str, base: Path, entries: Any, time_zone: str) -> Iterator[SubscriptionRequest]:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise _Given(f"{place}: subscriptions", entries).wrong("one or more [[subscriptions]] in double brackets")
    names: set[str] = set()
    for number, entry in enumerate(entries, 1):
        here = f"{place}: [[subscriptions]] {_shown(entry['name']) if 'name' in entry else f'number {number}'}"
        _refuse_unknown(partial("{} {}".format, here), entry, keys(SubscriptionEntry))
        found = {key: _Given(f"{here} {key}", value, base) for key, value in entry.items()}
        read = _fill(SubscriptionEntry, found)
        _refuse_incomplete(here, read, names)
        names.add(read.name)
        yield read.wanted(time_zone)


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────


def _refuse_unknown(named: Callable[[str], str], found: Iterable[str], known: list[str]) -> None:
    for key in found:
        if key not in known:
            raise ConfigError(f"{named(key)}: unknown; {_suggestion(key, known)}")


def _suggestion(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, 1, 0.6)
    return f'did you mean "{near[0]}"?' if near else "known are " + ", ".join(known)


def _refuse_unknown_variables(environ: Mapping[str, str]) -> None:
    known = [f"{PREFIX}{name}_{key}".upper() for name, section in SECTIONS.items() for key in keys(section)]
    ours = [name for name in environ if name.startswith(PREFIX) and not _CLUSTER.fullmatch(f"{name}={environ[name]}")]
    _refuse_unknown("environment: {}".format, ours, [PREFIX + "CONFIG", *known])


def _refuse_incomplete(here: str, entry: SubscriptionEntry, names: set[str]) -> None:
    if not entry.name:
        raise ConfigError(f"{here} name: is missing, expected a line of text that no other subscription has")
    if entry.name in names:
        raise ConfigError(f"{here} name: is used twice, expected a name that no other subscription has")
    if not entry.to:
        raise ConfigError(f"{here} to: is missing, expected an e-mail address or an Apprise URL (or to_file)")
    if not entry.topics:
        raise ConfigError(f'{here} topics: found [], expected one or more of "calls", "editions", "materials"')


def _refuse_contradictions(place: str, settings: Settings) -> None:
    mail, host = settings.mail, urlsplit(settings.page.url).netloc
    if not settings.page.is_allowed:
        raise ConfigError(
            f"{place}: [page] url: its host is not one of {', '.join(PINNED_HOSTS)}; "
            f'to watch it all the same: hosts = ["{host}"]'
        )
    if mail.host and not mail.sender:
        raise ConfigError(f"{place}: [mail] from: is missing, expected the address that mail comes from")
    if settings.bounces.maildir and settings.bounces.host:
        raise ConfigError(f"{place}: [bounces]: names a maildir and a host; keep one of them")
    if bool(mail.user) != bool(mail.password):
        lacking, given = ("password_file", "user") if mail.user else ("user", "password")
        raise ConfigError(f"{place}: [mail] {lacking}: is missing, expected it beside {given}")
