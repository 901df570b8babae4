"""What a setting may be: each kind says in words what it expects, and takes a value or raises ValueError."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from cmr_watch.models import FREQUENCIES, TOPICS, QuietHours
from cmr_watch.places import country_code, country_codes

_MAIL: Final = re.compile(r"""[^\s@<>()\[\],;:\\"]+@[^\W_](?:[\w.-]*[^\W_])?""")
_SERVICE: Final = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WORDS: Final = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}


@dataclass(frozen=True, slots=True)
class Kind:
    """`take` gets a TOML value; `from_text` turns the environment's text into one first; `from_path`: a path."""

    expected: str
    take: Callable[[Any], Any]
    from_text: Callable[[str], Any] = str
    from_path: bool = False


def _is(good: object) -> None:
    if not good:
        raise ValueError


def _text(value: Any) -> str:
    _is(isinstance(value, str) and value.strip() and value.isprintable())
    return str(value).strip()


def _password(value: Any) -> str:
    """Kept to the letter: a space at its end is part of it."""
    _is(isinstance(value, str) and value and value.isprintable())
    return str(value)


def _matching(pattern: re.Pattern[str]) -> Callable[[Any], str]:
    def take(value: Any) -> str:
        text = _text(value)
        _is(pattern.fullmatch(text))
        return text

    return take


def _yes_or_no(value: Any) -> bool:
    _is(isinstance(value, bool))
    return bool(value)


def _number(text: str) -> int | str:
    return int(text) if re.fullmatch(r"\d{1,9}", text) else text


def whole(low: int, high: int) -> Kind:
    """A whole number in a range."""

    def take(value: Any) -> int:
        _is(type(value) is int and low <= value <= high)  # bool is an int, and not meant
        return int(value)

    return Kind(f"a whole number from {low} to {high}", take, _number)


def one_of(*words: str) -> Kind:
    """One of a few words."""

    def take(value: Any) -> str:
        _is(value in words)
        return str(value)

    return Kind("one of " + ", ".join(f'"{word}"' for word in words), take)


def _list_of(take_one: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    def take(value: Any) -> tuple[Any, ...]:
        _is(isinstance(value, list))
        return tuple(dict.fromkeys(take_one(part) for part in value))

    return take


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _host_and_port(value: Any) -> str:
    host, colon, port = _text(value).partition(":")
    _is(_HOST.fullmatch(host) and (not colon or re.fullmatch(r"\d{1,5}", port)))
    return f"{host.lower()}{colon}{port}"


def _page_address(value: Any) -> str:
    text = _text(value)
    parts = urlsplit(text)
    _is(parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc and " " not in text)
    _is(parts.port != 0)  # reading the port raises ValueError where it is none
    return text


def _database_address(value: Any) -> str:
    text = _text(value)
    file = text.removeprefix("sqlite:///")
    if file != text:
        _is(file and not file.startswith(":memory:"))
    else:
        _is(urlsplit(text).scheme in ("postgresql", "postgresql+psycopg") and urlsplit(text).path.strip("/"))
    return text


def _time_zone(value: Any) -> str:
    name = _text(value)
    try:
        ZoneInfo(name)
    except (KeyError, OSError) as error:
        raise ValueError from error
    return name


def _file(value: Any) -> Path:
    path = Path(_text(value))
    with path.open("rb"):
        return path


def _address(value: Any) -> str:
    text = _text(value)
    _is(_MAIL.fullmatch(text) or _SERVICE.fullmatch(text))
    return text


def _addresses(value: Any) -> tuple[str, ...]:
    return _list_of(_address)(value)


def _quiet(value: Any) -> QuietHours:
    found = re.fullmatch(r"(\d{1,2}:\d{2})\s*[-–]\s*(\d{1,2}:\d{2})", _text(value))
    _is(found)
    assert found is not None
    start, end = (time.fromisoformat(part.zfill(5)) for part in found.groups())
    return QuietHours(start, end)


def _weekday(value: Any) -> int:
    days = [day for day in WEEKDAYS if isinstance(value, str) and len(value) > 2 and day.startswith(value.lower())]
    _is(days)
    return WEEKDAYS.index(days[0])


def _days(value: Any) -> tuple[int, ...]:
    _is(isinstance(value, list) and all(type(day) is int and 1 <= day <= 365 for day in value))
    return tuple(sorted(set(value), reverse=True))


def _whole_parts(text: str) -> list[int | str]:
    return [_number(part) for part in _parts(text)]


def _web_address(value: Any) -> str:
    text = _page_address(value)
    _is(not urlsplit(text).query and not urlsplit(text).fragment)
    return text.rstrip("/")


def _listen(value: Any) -> str:
    """`host:port`; an empty text is nowhere."""
    if value == "":
        return ""
    text = str(_text(value))
    host, _, port = text.rpartition(":")
    _is(host.strip("[]") and port.isdecimal() and 0 <= int(port) <= 65535)
    return text


def _topic(value: Any) -> str:
    _is(value in TOPICS)
    return str(value)


def _country(value: Any) -> str:
    text = _text(value)
    code = text.upper() if text.upper() in country_codes() else country_code(text)
    _is(code)
    return str(code)


TEXT: Final = Kind("a line of text", _text)
PASSWORD: Final = Kind("a password in one line", _password)
YES_OR_NO: Final = Kind("true or false", _yes_or_no, lambda text: _WORDS.get(text.lower(), text))
HOST: Final = Kind(
    "a host name without a port", _matching(re.compile(rf"{_HOST.pattern}|[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*"))
)
HOSTS: Final = Kind('a list of host names such as ["example.eu"]', _list_of(_host_and_port), _parts)
MAIL_ADDRESS: Final = Kind('an e-mail address such as "watch@example.eu"', _matching(_MAIL))
ADDRESS: Final = Kind('an e-mail address, or an Apprise URL such as "slack://…"', _address)
PAGE_ADDRESS: Final = Kind("an http or https address without a password", _page_address)
DATABASE: Final = Kind('"sqlite:///FILE" or "postgresql://USER:PASSWORD@HOST/NAME"', _database_address)
TIME_ZONE: Final = Kind('a time zone such as "Europe/Brussels"', _time_zone)
FILE: Final = Kind("a file that can be read", _file, from_path=True)
COUNTRY: Final = Kind("a country by name or code", _country)
TOPIC_LIST: Final = Kind("a list of " + ", ".join(f'"{topic}"' for topic in TOPICS), _list_of(_topic), _parts)
COUNTRY_LIST: Final = Kind('a list of countries by name or code, such as ["France", "PL"]', _list_of(_country), _parts)
ADDRESS_LIST: Final = Kind("a list of e-mail addresses and Apprise URLs", _addresses, _parts)
FREQUENCY: Final = one_of(*FREQUENCIES)
HOUR: Final = whole(0, 23)
WEEKDAY: Final = Kind('a day such as "monday"', _weekday)
QUIET: Final = Kind('hours such as "22:00-07:00"', _quiet)
DAY_LIST: Final = Kind("a list of days from 1 to 365, such as [30, 7, 1]", _days, _whole_parts)
WEB_ADDRESS: Final = Kind("an http or https address without a password or a query", _web_address)
LISTEN: Final = Kind('a host and a port such as "127.0.0.1:8080", or "" for none', _listen)
PATH: Final = Kind("the name of a file or a folder", lambda value: Path(_text(value)), from_path=True)
