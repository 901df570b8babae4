"""All text of the site and of messages can be translated."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from cmr_watch import render
from cmr_watch.web import public

MODULES = sorted(module for package in (public, render) for module in Path(package.__file__).parent.glob("*.py"))


CALLS = ("_", "N_", "ngettext", "pgettext", "npgettext")


def hidden_texts(source: str) -> list[str]:
    """The texts within f-strings, which gettext's tools do not find there before Python 3.12."""
    strings = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.JoinedStr)]
    calls = [node for string in strings for node in ast.walk(string) if isinstance(node, ast.Call)]
    marked = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in CALLS]
    return [call.args[0].value for call in marked if isinstance(call.args[0], ast.Constant)]


def test_a_text_within_an_f_string_is_found():
    assert hidden_texts("""f"{_('a')} {_(b)}" + _('c')""") == ["a"]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_no_text_is_hidden_from_translators(module):
    assert hidden_texts(module.read_text(encoding="utf-8")) == []
