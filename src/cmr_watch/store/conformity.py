"""Whether values have the types that the models declare.

A row that was damaged or edited by hand can hold anything. A model that is made from it is checked against its own
annotations, so that whatever uses the models can rely on them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

_Check = Callable[[Any], bool]
_YEARS: Final = range(1000, 9000)
"""A date outside of them is an error, and arithmetic with it could overflow."""
MAX_INTEGER: Final = 2**63 - 1
"""The largest integer of both engines; JSON and TOML have larger ones."""


def require(model: Any) -> None:
    """Raise ValueError, which names the field, unless the fields of this model have their declared types."""
    kind: Any = type(model)
    for name, is_valid in _field_checks(kind):
        if not is_valid(getattr(model, name)):
            raise ValueError(f"{name} is not valid")


@cache
def _field_checks(model: type) -> tuple[tuple[str, _Check], ...]:
    hints = get_type_hints(model)
    names = [field.name for field in fields(model)] if is_dataclass(model) else list(model.__annotations__)
    return tuple((name, check_of(hints[name])) for name in names)


@cache
def check_of(hint: Any) -> _Check:
    """Return the function that says whether a value has the type `hint`."""
    if get_origin(hint) is Literal:
        return _one_of(get_args(hint))
    if get_origin(hint) in (Union, UnionType):
        return _union_check(get_args(hint))
    if get_origin(hint) is tuple:
        return _tuple_check(get_args(hint))
    if get_origin(hint) is frozenset or get_origin(hint) is Mapping:
        return _collection_check(get_origin(hint), get_args(hint))
    return _plain_check(hint)


def _one_of(values: tuple[Any, ...]) -> _Check:
    return lambda value: isinstance(value, str | int) and value in values


def _union_check(hints: tuple[Any, ...]) -> _Check:
    first, *others = (check_of(hint) for hint in hints if hint is not NoneType)
    if NoneType in hints and not others:
        return lambda value: value is None or first(value)
    checks = tuple(map(check_of, hints))
    return lambda value: any(check(value) for check in checks)


def _tuple_check(hints: tuple[Any, ...]) -> _Check:
    if len(hints) == 2 and hints[1] is Ellipsis:
        check = check_of(hints[0])
        return lambda value: isinstance(value, tuple) and all(map(check, value))
    checks = tuple(map(check_of, hints))
    return lambda value: (
        isinstance(value, tuple)
        and len(value) == len(checks)
        and all(check(part) for check, part in zip(checks, value, strict=True))
    )


def _collection_check(kind: Any, hints: tuple[Any, ...]) -> _Check:
    key = check_of(hints[0])
    if kind is frozenset:
        return lambda value: isinstance(value, frozenset) and all(map(key, value))
    item = check_of(hints[1])
    return lambda value: (
        isinstance(value, Mapping) and all(map(key, value)) and all(item(part) for part in value.values())
    )


def _plain_check(hint: Any) -> _Check:
    if hint in _CHECKS:
        return _CHECKS[hint]
    if hint is Any or not isinstance(hint, type):
        return lambda _: True
    if is_dataclass(hint) or issubclass(hint, tuple):
        return lambda value: (
            isinstance(value, hint) and all(check(getattr(value, name)) for name, check in _field_checks(hint))
        )
    return lambda value: isinstance(value, hint)


def _is_integer(value: Any) -> bool:
    return type(value) is int and abs(value) <= MAX_INTEGER


def _is_time(value: Any) -> bool:
    return isinstance(value, datetime) and value.tzinfo is not None and value.year in _YEARS


def _is_date(value: Any) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime) and value.year in _YEARS


_CHECKS: Final[dict[Any, _Check]] = {
    int: _is_integer,
    datetime: _is_time,
    date: _is_date,
    None: lambda value: value is None,
    NoneType: lambda value: value is None,
}
