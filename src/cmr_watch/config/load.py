"""Loads the settings from a TOML file and the environment, which takes precedence.

The file is the first of: `--config`, $CMR_WATCH_CONFIG, ./cmr-watch.toml, /etc/cmr-watch/cmr-watch.toml. Without one,
the defaults apply. Each setting can also be given as $CMR_WATCH_<SECTION>_<KEY> (list items separated by commas); an
empty variable counts as not set. Error messages name the file or variable, and the key.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from cmr_watch.config.files import read_file
from cmr_watch.config.setting_types import reason
from cmr_watch.config.settings import (
    PINNED_HOSTS,
    BouncesSection,
    DatabaseSection,
    MailSection,
    Option,
    Settings,
    SubscriptionEntry,
)
from cmr_watch.escaping import json_line
from cmr_watch.exceptions import ConfigError
from cmr_watch.log import mask_credentials
from cmr_watch.models.recipients import SubscriptionRequest
from cmr_watch.os_errors import os_reason

PREFIX: Final = "CMR_WATCH_"
_MOUNTED_SECRETS: Final = Path("/run/secrets")
SECTIONS: Final = {field.name: type(field.default) for field in fields(Settings) if is_dataclass(field.default)}
"""The class of each section of the file, by its name."""
# Variables that Kubernetes sets in every container for a service named cmr-watch or cmr-watch-<anything>. Each is
# matched as NAME=value.
_KUBERNETES: Final = re.compile(
    r"CMR_WATCH_(\w+_)?(SERVICE_HOST=.*|SERVICE_PORT(_\w+)?=\d+|PORT(_\d+_[A-Z]+)?=[a-z]+://.*"
    r"|PORT_\d+_[A-Z]+_(PROTO|PORT|ADDR)=.*)"
)
SEARCHED: Final = (Path("cmr-watch.toml"), Path("/etc/cmr-watch/cmr-watch.toml"))


def load(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings. ConfigError: names the place of an invalid value, the value, and what was expected."""
    file = find_file(path, environ)
    document = _read_toml(file) if file else {}
    place = str(file) if file else "configuration"
    _reject_unknown_keys(lambda key: f"{place}: [{key}]", document, [*SECTIONS, "subscriptions"])
    _reject_unknown_variables(environ)
    base = file.parent if file else Path()
    sections = {name: _read_section(name, _get_table(place, name, document), place, base, environ) for name in SECTIONS}
    time_zone = sections["messages"].time_zone
    subscriptions = tuple(_read_subscriptions(place, base, document.get("subscriptions", []), time_zone))
    sections["database"] = _fill_in_database(sections["database"], environ)
    settings = Settings(**sections, subscriptions=subscriptions, file=file)
    _reject_contradictions(place, settings)
    return settings


def environment_without_settings(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment for a child process that takes all of its settings from a file."""
    return {name: value for name, value in environ.items() if not name.startswith(PREFIX)}


def notify_socket(environ: Mapping[str, str] = os.environ) -> str | None:
    """The path of systemd's notification socket (sd_notify(3)); None if systemd did not start this process."""
    return environ.get("NOTIFY_SOCKET") or None


def watchdog_seconds(environ: Mapping[str, str] = os.environ) -> float | None:
    """Seconds between resets of systemd's watchdog: half its timeout (sd_watchdog_enabled(3)). None if it is off."""
    microseconds = environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 2_000_000 if microseconds.isdecimal() and int(microseconds) > 0 else None


def find_file(path: Path | None, environ: Mapping[str, str] = os.environ) -> Path | None:
    """The configuration file to use, or None. A file that is named by `path` or the environment may not exist."""
    named = path or (Path(environ[PREFIX + "CONFIG"]) if environ.get(PREFIX + "CONFIG") else None)
    return named or next(filter(_is_candidate, SEARCHED), None)


def _is_candidate(file: Path) -> bool:
    try:
        return file.is_file()
    except PermissionError:  # skipping it would hide the problem; reading it reports the error
        return True


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(read_file(file).decode("utf-8-sig").replace("\r\n", "\n"))
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {os_reason(error)}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: is not UTF-8 text (byte {error.start})") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: is not valid TOML: {error}") from error
    except RecursionError as error:
        raise ConfigError(f"{file}: is not valid TOML: too many brackets in brackets") from error
    except ValueError as error:  # of int(), or of a path with a null character
        raise ConfigError(f"{file}: cannot be read: a number or the file's name is not valid") from error


def _fill_in_database(section: DatabaseSection, environ: Mapping[str, str]) -> DatabaseSection:
    """Add the defaults. The journal is next to the SQLite file, with PostgreSQL where the default one would be."""
    default = _default_database(environ) if not (section.url and section.journal) else ""
    url = section.url or default
    file = url if url.startswith("sqlite:///") else default
    return DatabaseSection(url, section.journal or Path(file.removeprefix("sqlite:///") + ".ended"))


def _default_database(environ: Mapping[str, str]) -> str:
    state = Path(environ.get("XDG_STATE_HOME") or "")
    if not state.is_absolute():
        state = _home_directory(environ) / ".local" / "state"
    return f"sqlite:///{state}/cmr-watch/cmr-watch.db"


def _home_directory(environ: Mapping[str, str]) -> Path:
    try:
        return Path(environ.get("HOME") or Path.home())
    except RuntimeError as error:
        raise ConfigError("this user has no home directory; set [database] url") from error


def why_another_database(
    settings: Settings, environ: Mapping[str, str] = os.environ, searched: Sequence[Path] = SEARCHED
) -> str | None:
    """Why the database of these settings may not be the one that the service uses; None if there is no sign of that."""
    ours = settings.database.url
    if another := _another_named(ours, filter(None, (settings.file, *searched))):
        file, theirs = another
        how = f"--config {file}" if file != settings.file else f"unset {PREFIX}DATABASE_URL"
        return f"{file} names another one, {_without_password(theirs)}; to use that: {how}"
    if ours.startswith("sqlite:///") and not Path(ours.removeprefix("sqlite:///")).is_absolute():
        return "its path in [database] url is relative to the current folder; better use an absolute path"
    if settings.file is None and not environ.get(f"{PREFIX}DATABASE_URL"):
        named = f"name it with --config FILE or {PREFIX}DATABASE_URL"
        return f"no configuration file was found; if the service uses another database, {named}"
    return None


def _another_named(ours: str, files: Iterable[Path]) -> tuple[Path, str] | None:
    """The first of the files that names another database than `ours`, and that database."""
    databases = ((file, _database_of(file)) for file in files if _is_candidate(file))
    return next(((file, url) for file, url in databases if url and url != ours), None)


def _database_of(file: Path) -> str | None:
    try:
        url = _get_table(str(file), "database", _read_toml(file)).get("url")
    except ConfigError:
        return None
    return url if isinstance(url, str) else None


def _without_password(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"


# ── one value ────────────────────────────────────────────────────────────────────────────────────────────────────


class _RawValue(NamedTuple):
    """A value before it is parsed. `place` says where it was set; relative paths start from the folder `base`."""

    place: str
    value: Any
    base: Path = Path()

    def error(self, expected: str, secret: bool = False) -> ConfigError:
        found = _kind(self.value) if secret else _format(self.value)
        return ConfigError(f"{self.place}: found {found}, expected {expected}")


def _format(value: Any) -> str:
    """A value that is not secret, shortened. Passwords in URLs are masked, even where no URL is expected."""
    if isinstance(value, dict):
        return "a table"
    try:
        text = json_line(mask_credentials(value), default=str)
    except ValueError:  # a number with more digits than Python writes
        return "a number with too many digits"
    return text if len(text) <= 80 else text[:79] + "…"


def _kind(value: Any) -> str:
    """What can be said of a value that may be secret, whatever its type."""
    if isinstance(value, dict):
        return "a table"
    kinds = {str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list"}
    return f"{kinds.get(type(value), 'a date or time')} (not shown: it may be secret)"


def _resolve_path(raw: _RawValue) -> Path:
    try:
        return raw.base / Path(raw.value).expanduser()
    except RuntimeError as error:  # "~name" of an unknown user
        raise raw.error("a file path") from error


def _parse(option: Option, raw: _RawValue) -> Any:
    value = raw.value
    if option.setting_type.is_path and isinstance(value, str):
        value = str(_resolve_path(raw))
    try:
        return option.setting_type.parse(value)
    except OSError as error:
        raise ConfigError(f"{raw.place}: cannot read {value}: {os_reason(error)}") from error
    except (ValueError, TypeError) as error:
        raise raw.error(option.setting_type.expected + reason(error), option.secret) from error


def _read_secret(raw: _RawValue) -> _RawValue:
    """The content of the file that `raw` names, without the line break at its end."""
    if not isinstance(raw.value, str) or not raw.value.strip():
        raise raw.error("the name of a file that contains the secret", secret=True)
    path = _resolve_path(raw)
    try:
        secret = read_file(path).decode("utf-8-sig").rstrip("\r\n")
    except (OSError, ValueError) as error:
        reason = os_reason(error) if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(f"{raw.place}: cannot read {path}: {reason}{_advice(path)}") from error
    if not secret.strip():
        raise ConfigError(f"{raw.place}: {path} is empty")
    return _RawValue(f"{raw.place} ({path})", secret)


def _advice(path: Path) -> str:
    """What to do about a missing secret in a container: compose.yaml mounts the host's folder `secrets`."""
    if path.exists() or path.parent != _MOUNTED_SECRETS:
        return ""
    return (
        f"; with Docker Compose, store the secret in secrets/{path.name} next to compose.yaml, readable by user 10001"
    )


def _parse_option(option: Option, values: Mapping[str, _RawValue]) -> Any:
    """The value of an option, from `<key>` or `<key>_file` in `values`; None if neither is set."""
    raw, in_file = values.get(option.key), values.get(option.key + "_file") if option.secret else None
    if raw and in_file:
        raise ConfigError(f"{raw.place}: is set twice, also as {option.key}_file; keep only one of them")
    if in_file:
        secret = _read_secret(in_file)
        raw = secret._replace(value=option.setting_type.from_text(secret.value))
    return _parse(option, raw) if raw else None


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────


def options(section: type) -> dict[str, Option]:
    """The options of a section, by field name."""
    return {field.name: field.metadata["option"] for field in fields(section)}


def keys(section: type) -> list[str]:
    """All keys that are allowed in a section, including `<key>_file` for secrets."""
    pairs = [
        (option.key, option.key + "_file") if option.secret else (option.key,) for option in options(section).values()
    ]
    return [key for pair in pairs for key in pair]


def _build_section(section: type, raw_values: Mapping[str, _RawValue]) -> Any:
    values = {name: _parse_option(option, raw_values) for name, option in options(section).items()}
    return section(**{name: value for name, value in values.items() if value is not None})


def _get_table(place: str, name: str, document: Mapping[str, Any]) -> dict[str, Any]:
    table = document.get(name, {})
    if not isinstance(table, dict):
        raise _RawValue(f"{place}: {name}", table).error(f"a table [{name}]", secret=True)
    return table


def _read_section(name: str, table: dict[str, Any], place: str, base: Path, environ: Mapping[str, str]) -> Any:
    section = SECTIONS[name]
    _reject_unknown_keys(lambda key: f"{place}: [{name}] {key}", table, keys(section))
    values = {key: _RawValue(f"{place}: [{name}] {key}", value, base) for key, value in table.items()}
    overrides = dict(_read_environment(name, section, environ))
    for key in overrides:  # a variable replaces both <key> and <key>_file of the configuration file
        values.pop(key.removesuffix("_file"), None)
        values.pop(key.removesuffix("_file") + "_file", None)
    return _build_section(section, {**values, **overrides})


def _read_environment(name: str, section: type, environ: Mapping[str, str]) -> Iterator[tuple[str, _RawValue]]:
    by_key = {option.key: option for option in options(section).values()}
    for key in keys(section):
        variable = f"{PREFIX}{name}_{key}".upper()
        if text := environ.get(variable):
            value = by_key[key].setting_type.from_text(text) if key in by_key else text
            yield key, _RawValue(f"environment: {variable}", value)


def _read_subscriptions(place: str, base: Path, entries: Any, time_zone: str) -> Iterator[SubscriptionRequest]:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise _RawValue(f"{place}: subscriptions", entries).error(
            "one or more [[subscriptions]] in double brackets", secret=True
        )
    names: set[str] = set()
    for number, table in enumerate(entries, 1):
        here = f"{place}: [[subscriptions]] {_format(table['name']) if 'name' in table else f'number {number}'}"
        _reject_unknown_keys(partial("{} {}".format, here), table, keys(SubscriptionEntry))
        values = {key: _RawValue(f"{here} {key}", value, base) for key, value in table.items()}
        entry = _build_section(SubscriptionEntry, values)
        _reject_incomplete(here, entry, names)
        names.add(entry.name)
        yield entry.wanted(time_zone)


# ── checks ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _reject_unknown_keys(place_of: Callable[[str], str], keys: Iterable[str], known: list[str]) -> None:
    for key in keys:
        if key not in known:
            raise ConfigError(f"{place_of(key)}: unknown; {_suggest(key, known)}")


def _suggest(key: str, known: list[str]) -> str:
    import difflib  # only to explain an error

    matches = difflib.get_close_matches(key, known, 1, 0.6)
    return f'did you mean "{matches[0]}"?' if matches else "expected one of " + ", ".join(known)


def _reject_unknown_variables(environ: Mapping[str, str]) -> None:
    known = [f"{PREFIX}{name}_{key}".upper() for name, section in SECTIONS.items() for key in keys(section)]
    ours = [
        name for name in environ if name.startswith(PREFIX) and not _KUBERNETES.fullmatch(f"{name}={environ[name]}")
    ]
    _reject_unknown_keys("environment: {}".format, ours, [PREFIX + "CONFIG", *known])


def _reject_incomplete(here: str, entry: SubscriptionEntry, names: set[str]) -> None:
    if not entry.name:
        raise ConfigError(f"{here} name: is missing, expected a name that no other subscription has")
    if entry.name in names:
        raise ConfigError(f"{here} name: is used twice, expected a name that no other subscription has")
    if not entry.to:
        raise ConfigError(f"{here} to: is missing, expected an e-mail address or an Apprise URL (or to_file)")
    if not entry.topics:
        raise ConfigError(f'{here} topics: found [], expected one or more of "calls", "editions", "materials"')


def _reject_contradictions(place: str, settings: Settings) -> None:
    mail, host = settings.mail, urlsplit(settings.page.url).netloc
    if not settings.page.is_allowed:
        raise ConfigError(
            f"{place}: [page] url: its host is not one of {', '.join(PINNED_HOSTS)}; "
            f'to watch it anyway, set hosts = ["{host}"]'
        )
    if mail.host and not mail.sender:
        raise ConfigError(f"{place}: [mail] from: is missing, expected the sender address of all mail")
    if settings.bounces.maildir and settings.bounces.host:
        raise ConfigError(f"{place}: [bounces]: has both maildir and host; keep only one of them")
    for name, section in (("mail", mail), ("bounces", settings.bounces)):
        if problem := _login_problem(section):
            raise ConfigError(f"{place}: [{name}] {problem}")
    if bool(mail.user) != bool(mail.password or mail.uses_oauth):
        missing, present = ("password_file", "user") if mail.user else ("user", "password")
        raise ConfigError(f"{place}: [mail] {missing}: is missing; {present} requires it")


def _login_problem(section: MailSection | BouncesSection) -> str:
    """What contradicts itself in how to log in; empty if nothing does."""
    if section.oauth_token_command and section.oauth_token_file:
        return "has both oauth_token_command and oauth_token_file; keep only one of them"
    if section.uses_oauth and section.password:
        return "has both a password and an OAuth token; keep only one of them"
    if section.uses_oauth and not section.user:
        return "user: is missing; oauth_token_command and oauth_token_file require it"
    if section.uses_oauth and section.security == "plain":
        return 'security: found "plain", expected "starttls" or "tls", as an OAuth token must not be sent unencrypted'
    return ""
