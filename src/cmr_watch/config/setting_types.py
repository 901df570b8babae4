"""The types of settings: how a value is validated and parsed, and how error messages describe a valid one."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from datetime import time
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from cmr_watch.config.files import read_file
from cmr_watch.domain_names import to_ascii
from cmr_watch.languages import LANGUAGES
from cmr_watch.log import mask_credentials
from cmr_watch.models.readings import TOPICS
from cmr_watch.models.recipients import FREQUENCIES, QuietHours
from cmr_watch.places import country_code, country_codes

_EMAIL: Final = re.compile(r"""[^\s@<>()\[\],;:\\"]+@[^\W_](?:[\w.-]*[^\W_])?""")
# In octets: RFC 5321 §4.5.3.1.1, and §4.5.3.1.3 without the angle brackets; RFC 1035 §2.3.4.
_MAX_LOCAL_PART, _MAX_ADDRESS, _MAX_LABEL = 64, 254, 63
_APPRISE_URL: Final = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_DAY, _MIN_DELIVERY = 24 * 60, 60
"""In minutes: a day, and the part of it that quiet hours must leave."""
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_BOOLEANS: Final = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}


class SettingType(NamedTuple):
    """How one type of setting is validated and parsed.

    - `expected`: describes a valid value, to follow “expected” in an error message.
    - `parse`: parses a TOML value; raises ValueError if it is invalid.
    - `from_text`: converts the text of an environment variable to a TOML value for `parse`.
    - `is_path`: the value is a path; a relative one is resolved against the folder of the configuration file.
    """

    expected: str
    parse: Callable[[Any], Any]
    from_text: Callable[[str], Any] = str
    is_path: bool = False


class InvalidValue(ValueError):
    """A value that has the expected form, but is invalid for the reason given."""


def reason(error: Exception) -> str:
    """The reason of an InvalidValue, to follow “expected …” in an error message; empty for any other error."""
    return f" ({error})" if isinstance(error, InvalidValue) else ""


def _require(condition: object) -> None:
    if not condition:
        raise ValueError


def _text(value: Any) -> str:
    _require(isinstance(value, str) and value.strip() and value.isprintable())
    return str(value).strip()


def _command(value: Any) -> tuple[str, ...]:
    """The words of a command, which is run without a shell."""
    words = value if isinstance(value, list) else shlex.split(_text(value))
    _require(words and all(isinstance(word, str) and word.isprintable() for word in words) and words[0])
    return tuple(words)


def _password(value: Any) -> str:
    """Unlike other text, not stripped: a space at the end is part of the password."""
    _require(isinstance(value, str) and value and value.isprintable())
    return str(value)


def _matching(pattern: re.Pattern[str]) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        text = _text(value)
        _require(pattern.fullmatch(text))
        return text

    return parse


def _domain(value: Any) -> str:
    """A domain of mail addresses, in lower case."""
    return _mail_address(f"x@{_text(value)}").removeprefix("x@").lower()


def _boolean(value: Any) -> bool:
    _require(isinstance(value, bool))
    return bool(value)


def _number_from_text(text: str) -> int | str:
    return int(text) if re.fullmatch(r"\d{1,9}", text) else text


def whole(low: int, high: int) -> SettingType:
    """A whole number from `low` to `high`, inclusive."""

    def parse(value: Any) -> int:
        _require(type(value) is int and low <= value <= high)  # not isinstance: a bool is an int
        return int(value)

    return SettingType(f"a whole number from {low} to {high}", parse, _number_from_text)


def _choice(value: Any, choices: Sequence[str]) -> str:
    """The choice that the value names, in upper or lower case."""
    named = [choice for choice in choices if isinstance(value, str) and value.strip().lower() == choice]
    _require(named)
    return named[0]


def one_of(*choices: str) -> SettingType:
    """One of the given strings."""

    def parse(value: Any) -> str:
        return _choice(value, choices)

    return SettingType("one of " + ", ".join(f'"{choice}"' for choice in choices), parse)


def _list_of(parse_item: Callable[[Any], Any], *, is_secret: bool = False) -> Callable[[Any], tuple[Any, ...]]:
    """A list. An invalid item is quoted, or counted if it may be a secret."""

    def parse(value: Any) -> tuple[Any, ...]:
        _require(isinstance(value, list))
        numbered = enumerate(value, 1)
        return tuple(dict.fromkeys(_parse_item(parse_item, *item, is_secret) for item in numbered))  # no duplicates

    return parse


def _parse_item(parse: Callable[[Any], Any], number: int, item: Any, is_secret: bool) -> Any:
    try:
        return parse(item)
    except (ValueError, TypeError) as error:
        name = f"item {number}" if is_secret else repr(mask_credentials(item))[:80]
        raise InvalidValue(f"not {name}{reason(error)}") from error


def _items_from_text(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _host_and_port(value: Any) -> str:
    host, colon, port = _text(value).partition(":")
    _require(_HOST.fullmatch(host) and (not colon or re.fullmatch(r"\d{1,5}", port)))
    return f"{host.lower()}{colon}{port}"


def _page_url(value: Any) -> str:
    text = _text(value)
    parts = urlsplit(text)
    _require(parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc and " " not in text)
    _require(parts.port != 0)  # for a port that is not a number, urlsplit raises ValueError here
    return text


def _database_url(value: Any) -> str:
    text = _text(value)
    file = text.removeprefix("sqlite:///")
    if text.startswith("sqlite:///"):
        _require(file and not file.startswith(":memory:"))
    else:
        _require(urlsplit(text).scheme in ("postgresql", "postgresql+psycopg") and urlsplit(text).path.strip("/"))
    return text


def _time_zone(value: Any) -> str:
    name = _text(value)
    try:
        ZoneInfo(name)
    except (KeyError, OSError) as error:
        raise ValueError from error
    return name


def _readable_file(value: Any) -> Path:
    path = Path(_text(value))
    read_file(path)  # raises OSError
    return path


def _mail_address(value: Any) -> str:
    text = _text(value)
    _require(_EMAIL.fullmatch(text))
    if fault := _fault_of_address(*text.rsplit("@", 1)):
        raise InvalidValue(fault)
    return text


def _fault_of_address(local: str, domain: str) -> str | None:
    """Why no mail server accepts this address, or None."""
    if not all(local.split(".")):  # RFC 5321 §4.1.2, Dot-string
        return 'the part before the "@" begins or ends with a dot, or has two in a row'
    if len(local.encode()) > _MAX_LOCAL_PART:
        return f'the part before the "@" is longer than {_MAX_LOCAL_PART} characters'
    if len(f"{local}@{domain}".encode()) > _MAX_ADDRESS:
        return f"it is longer than {_MAX_ADDRESS} characters"
    return _fault_of_domain(domain)


def _fault_of_domain(domain: str) -> str | None:
    labels = domain.split(".")
    if len(labels) == 1 and domain.lower() != "localhost":
        return f'the domain "{domain}" has no dot'
    if any(not label or len(label) > _MAX_LABEL or "-" in (label[0], label[-1]) for label in labels):
        return f'"{domain}" is not a domain name'
    if "_" in domain:
        return f'the domain "{domain}" has an underscore'
    if to_ascii(domain) is None:
        return f'the domain "{domain}" cannot be converted to its ASCII form; write it in that form ("xn--…")'
    if labels[-1].isdecimal():
        return f'"{domain}" is an IP address, not a domain name'
    if len(labels[-1]) == 1 and labels[-1].isascii():  # no top-level domain is that short
        return f'"{domain}" is not a domain name: the part after the last dot is too short'
    return None


def _address(value: Any) -> str:
    text = _text(value)
    return text if _APPRISE_URL.fullmatch(text) else _mail_address(text)


def _addresses(value: Any) -> tuple[str, ...]:
    return _list_of(_address, is_secret=True)(value)


def _quiet(value: Any) -> QuietHours:
    match = re.fullmatch(r"(\d{1,2}:\d{2})\s*[-–]\s*(\d{1,2}:\d{2})", _text(value))
    if match is None:
        raise ValueError
    start, end = (time.fromisoformat(part.zfill(5)) for part in match.groups())
    if start == end:
        raise InvalidValue("both times are the same")
    quiet_minutes = (_minutes(end) - _minutes(start)) % _DAY
    if _DAY - quiet_minutes < _MIN_DELIVERY:
        raise InvalidValue("that leaves less than an hour a day for messages")
    return QuietHours(start, end)


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _weekday(value: Any) -> int:
    days = [day for day in WEEKDAYS if isinstance(value, str) and len(value) > 2 and day.startswith(value.lower())]
    _require(days)
    return WEEKDAYS.index(days[0])


def _day(value: Any) -> int:
    _require(type(value) is int and 1 <= value <= 365)
    return int(value)


def _days(value: Any) -> tuple[int, ...]:
    return tuple(sorted(_list_of(_day)(value), reverse=True))


def _numbers_from_text(text: str) -> list[int | str]:
    return [_number_from_text(item) for item in _items_from_text(text)]


def _contact(value: Any) -> str:
    text = _text(value)
    return _page_url(text) if "://" in text else _mail_address(text)


def _base_url(value: Any) -> str:
    text = _page_url(value)
    _require(not urlsplit(text).path.strip("/") and not urlsplit(text).query and not urlsplit(text).fragment)
    return text.rstrip("/")


def _ping_url(value: Any) -> str:
    """Unlike a page URL, it may contain a user name and password: it is a secret. A fragment is never sent."""
    text = _text(value)
    parts = urlsplit(text)
    _require(parts.scheme in ("http", "https") and parts.hostname and " " not in text and not parts.fragment)
    _require(parts.port != 0)
    return text


def _proxy_url(value: Any) -> str:
    """Like a ping, it may contain a user name and password; and nothing after the port."""
    text = _ping_url(value)
    _require(urlsplit(text).path in ("", "/") and not urlsplit(text).query)
    return text


def _listen(value: Any) -> str:
    """`HOST:PORT`, or an empty string to disable the server."""
    if value == "":
        return ""
    text = str(_text(value))
    host, _, port = text.rpartition(":")
    _require(host.strip("[]") and port.isdecimal() and 0 <= int(port) <= 65535)
    return text


def _network(value: Any) -> str:
    try:
        return str(ip_network(_text(value), strict=False))
    except ValueError:
        raise InvalidValue("found no IP address or network") from None


def _topic(value: Any) -> str:
    return _choice(value, TOPICS)


def _country(value: Any) -> str:
    text = _text(value)
    code = text.upper() if text.upper() in country_codes() else country_code(text)
    _require(code)
    return str(code)


TEXT: Final = SettingType("a single line of text", _text)
PASSWORD: Final = SettingType("a password on a single line", _password)
COMMAND: Final = SettingType('a command such as "get-token --user watch", or a list of its words', _command)
BOOLEAN: Final = SettingType("true or false", _boolean, lambda text: _BOOLEANS.get(text.strip().lower(), text))
HOST: Final = SettingType(
    "a host name without a port", _matching(re.compile(rf"{_HOST.pattern}|[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*"))
)
HOSTS: Final = SettingType('a list of host names such as ["example.eu"]', _list_of(_host_and_port), _items_from_text)
MAIL_ADDRESS: Final = SettingType('an e-mail address such as "watch@example.eu"', _mail_address)
CONTACT: Final = SettingType('an e-mail address, or a web page such as "https://…"', _contact)
ADDRESS: Final = SettingType('an e-mail address, or an Apprise URL such as "slack://…"', _address)
PAGE_URL: Final = SettingType("an HTTP or HTTPS URL without a password", _page_url)
DATABASE: Final = SettingType('"sqlite:///FILE" or "postgresql://USER:PASSWORD@HOST/NAME"', _database_url)
TIME_ZONE: Final = SettingType('a time zone such as "Europe/Brussels"', _time_zone)
FILE: Final = SettingType("a readable file", _readable_file, is_path=True)
COUNTRY: Final = SettingType("a country name or code", _country)
TOPIC_LIST: Final = SettingType(
    "a list of " + ", ".join(f'"{topic}"' for topic in TOPICS), _list_of(_topic), _items_from_text
)
COUNTRY_LIST: Final = SettingType(
    'a list of country names or codes such as ["France", "PL"]', _list_of(_country), _items_from_text
)
ADDRESS_LIST: Final = SettingType("a list of e-mail addresses and Apprise URLs", _addresses, _items_from_text)
FREQUENCY: Final = one_of(*FREQUENCIES)
LANGUAGE: Final = one_of(*LANGUAGES)
HOUR: Final = whole(0, 23)
WEEKDAY: Final = SettingType('a day of the week such as "monday"', _weekday)
QUIET: Final = SettingType('a time range such as "22:00-07:00"', _quiet)
DAY_LIST: Final = SettingType("a list of days from 1 to 365 such as [30, 7, 1]", _days, _numbers_from_text)
BASE_URL: Final = SettingType(
    'an HTTP or HTTPS URL without a path, password or query string, such as "https://watch.example.eu"',
    _base_url,
)
PING_URL: Final = SettingType("an HTTP or HTTPS URL", _ping_url)
PROXY_URL: Final = SettingType('an HTTP proxy such as "http://proxy.example.eu:3128"', _proxy_url)
LISTEN: Final = SettingType('a host and port such as "127.0.0.1:8080", or "" to disable', _listen)
NETWORKS: Final = SettingType(
    'a list of IP addresses and networks such as ["127.0.0.1", "10.0.0.0/8"]', _list_of(_network), _items_from_text
)
DOMAINS: Final = SettingType('a list of domains such as ["example.eu"]', _list_of(_domain), _items_from_text)
PATH: Final = SettingType("the path of a file or folder", lambda value: Path(_text(value)), is_path=True)
