"""What can be switched off: phrases, rows of tables, functions that recognise something, and single conditions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass

from cmr_watch.reading.lexicon import ENTRIES
from cmr_watch.reading.page_phrases import MATERIAL_TABLE, PAGE_PHRASE_TABLE
from cmr_watch.reading.phrases import PHRASE_TABLE

EXEMPT = frozenset(
    {
        *("_MONTHS", "_WEEKDAYS", "ZONES", "TIME_WORDS"),  # data
        *("_BOMS", "_NO_PAGE_CHARSETS", "_SINGLE_BYTE", "_OTHER_LETTERS", "_SIGNS", "_OTHERS"),  # characters
        *("_TAGS", "_BLOCKS", "_LEVELS", "_BOILERPLATE_TAGS", "_BOILERPLATE_ROLES", "MARKED_TAGS"),  # HTML
        *("__all__", "_RULES", "RULE_OF_FIELD"),
    }
)
"""Tables of data, of characters and of HTML."""
PHRASES = frozenset({"PHRASE_TABLE", "PAGE_PHRASE_TABLE", "MATERIAL_TABLE"})
UNSEEN = frozenset({"application", "content", "evidence", "call._where_said"})
"""Modules and functions whose results no saved page states: whom to ask and what to submit, evidence, the exit code."""
UNSEEN_CONCEPTS = frozenset({"need", "must", "submit"})
"""Concepts of what to submit, which only `application` uses; `tests/reading/test_call_kinds.py` needs each phrase."""
CONCEPTS = {
    concept: tuple(" ".join(entry.phrase) for entry in ENTRIES if entry.concept == concept)
    for concept in {entry.concept for entry in ENTRIES}
}


@dataclass(frozen=True)
class Cut:
    """One thing to switch off in a module.

    - `concept`: of a phrase, the concept that it then no longer expresses.
    - `words`: phrases; a page on which none of them stands does not need it. Empty where nothing is known.
    - `rule`: the number under which `watched` records the pages on which it matched.
    """

    module: str
    name: str
    apply: Callable[[ast.Module], None] = lambda _: None
    concept: str = ""
    words: tuple[str, ...] = ()
    rule: int | None = None

    def tree(self, tree: ast.Module) -> ast.Module:
        copy = deepcopy(tree)
        self.apply(copy)
        return ast.fix_missing_locations(copy)


# ── phrases ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def phrases(module: str, _: ast.Module) -> Iterator[Cut]:
    """Each phrase of the lexicon; “deadline(s)” covers two forms."""
    tables = {"phrases": (PHRASE_TABLE,), "page_phrases": (PAGE_PHRASE_TABLE, MATERIAL_TABLE)}
    for table in tables.get(module, ()):
        for concept, rows in table.items():
            for phrase in () if concept in UNSEEN_CONCEPTS else _phrases_in(rows):
                forms = (phrase.replace("(s)", ""), phrase.replace("(s)", "s"))
                yield Cut(module, f"“{phrase}” ({concept})", concept=concept, words=forms)


def _phrases_in(rows: str) -> list[str]:
    found = [row.strip().split(": ", 1)[0].split(" | ") for row in rows.splitlines() if row.strip()]
    return [phrase for row in found for phrase in row]


# ── rows of tables ───────────────────────────────────────────────────────────────────────────────────────────────────


def rows(module: str, tree: ast.Module) -> Iterator[Cut]:
    """Each word of a vocabulary, and each row of a table, at the head of a module."""
    for table in _tables(tree):
        if _name_of(table) in EXEMPT | PHRASES:
            continue
        for place, node in enumerate(ast.walk(table)):
            for number, (shown, words) in enumerate(_rows_of(node)):
                yield Cut(module, f"{_name_of(table)}: {shown}", _without_row(table.lineno, place, number), words)


_Row = tuple[str, tuple[str, ...]]


def _rows_of(node: ast.AST) -> list[_Row]:
    if isinstance(node, ast.Call) and _is_words(node):
        return [(word, (word,)) for word in _text(node.args[0]).split()]
    if isinstance(node, ast.Dict):
        return [(ast.unparse(key), _words(key)) if key else ("", ()) for key in node.keys]
    if isinstance(node, ast.Set | ast.Tuple | ast.List) and len(node.elts) > 1:
        return [(ast.unparse(one), _words(one)) for one in node.elts]
    return []


def _is_words(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == "words_of" and isinstance(node.args[0], ast.Constant)


def _words(node: ast.AST) -> tuple[str, ...]:
    """The phrases without which a row cannot match: the row itself, or those of the concept that it names."""
    text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
    if text in CONCEPTS:
        return CONCEPTS[text]
    return (text,) if len(text) > 2 and text.replace(" ", "").isalpha() and text.islower() else ()


def _without_row(line: int, place: int, number: int) -> Callable[[ast.Module], None]:
    def apply(tree: ast.Module) -> None:
        table = next(one for one in _tables(tree) if one.lineno == line)
        node = list(ast.walk(table))[place]
        if isinstance(node, ast.Call):
            words = _text(node.args[0]).split()
            node.args[0] = ast.Constant(" ".join(words[:number] + words[number + 1 :]))
        elif isinstance(node, ast.Dict):
            del node.keys[number], node.values[number]
        elif isinstance(node, ast.Set | ast.Tuple | ast.List):
            del node.elts[number]

    return apply


# ── functions and conditions ─────────────────────────────────────────────────────────────────────────────────────────


def functions(module: str, tree: ast.Module) -> Iterator[Cut]:
    """Each function that answers whether, or perhaps nothing: it then answers no, or nothing."""
    for number, node in enumerate(ast.walk(tree)):
        if (
            isinstance(node, ast.FunctionDef)
            and _answer_of(node)
            and UNSEEN.isdisjoint({module, f"{module}.{node.name}"})
        ):
            yield Cut(module, f"{node.name}()", _answering(number), rule=number)


def _answer_of(node: ast.FunctionDef) -> ast.Constant | None:
    returns = ast.unparse(node.returns) if node.returns else ""
    if returns == "bool":
        return ast.Constant(False)
    return ast.Constant(None) if returns.endswith("| None") else None


def _answering(number: int) -> Callable[[ast.Module], None]:
    def apply(tree: ast.Module) -> None:
        node = list(ast.walk(tree))[number]
        assert isinstance(node, ast.FunctionDef)
        node.body = [ast.Return(_answer_of(node))]

    return apply


def conditions(module: str, tree: ast.Module) -> Iterator[Cut]:
    """Each condition, and each part of one, without which it would hold more often (`and`) or less often."""
    for number, node in enumerate(ast.walk(tree)):
        for place, part in enumerate(_parts_of(node)):
            shown = ast.unparse(part).replace("\n", " ")
            yield Cut(
                module,
                f"line {part.lineno}: {'and ' if _is_and(node) else ''}{shown[:90]}",
                _without_part(number, place),
                rule=number * 100 + place,
            )


def _parts_of(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.If | ast.IfExp) and not isinstance(node.test, ast.BoolOp):
        return [node.test]
    if isinstance(node, ast.comprehension):
        return [test for test in node.ifs if not isinstance(test, ast.BoolOp)]
    return []


def _is_and(node: ast.AST) -> bool:
    return (isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And)) or isinstance(node, ast.comprehension)


def _put(node: ast.AST, place: int, part: ast.expr) -> None:
    if isinstance(node, ast.BoolOp):
        node.values[place] = part
    elif isinstance(node, ast.If | ast.IfExp):
        node.test = part
    elif isinstance(node, ast.comprehension):
        tests = [test for test in node.ifs if not isinstance(test, ast.BoolOp)]
        node.ifs[node.ifs.index(tests[place])] = part


def _without_part(number: int, place: int) -> Callable[[ast.Module], None]:
    def apply(tree: ast.Module) -> None:
        node = list(ast.walk(tree))[number]
        _put(node, place, ast.Constant(_is_and(node)))

    return apply


# ── on which pages does it match? ────────────────────────────────────────────────────────────────────────────────────


def watched(module: str, tree: ast.Module, record: str) -> ast.Module:
    """The module with calls of `record(module, rule, value)` around what its functions return."""
    copy = deepcopy(tree)
    for number, node in enumerate(list(ast.walk(copy))):
        if isinstance(node, ast.FunctionDef) and _answer_of(node):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Return) and inner.value:
                    inner.value = _recorded(module, number, record, inner.value)
    return ast.fix_missing_locations(copy)


def watched_conditions(module: str, tree: ast.Module, record: str) -> ast.Module:
    copy = deepcopy(tree)
    for number, node in enumerate(list(ast.walk(copy))):
        for place, part in enumerate(_parts_of(node)):
            _put(node, place, _recorded(module, number * 100 + place, record, part))
    return ast.fix_missing_locations(copy)


def _recorded(module: str, rule: int, record: str, value: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(record, ast.Load()), [ast.Constant(module), ast.Constant(rule), value], [])


def _tables(tree: ast.Module) -> Iterator[ast.AnnAssign | ast.Assign]:
    yield from (node for node in tree.body if isinstance(node, ast.AnnAssign | ast.Assign) and node.value)


def _name_of(table: ast.AnnAssign | ast.Assign) -> str:
    return ast.unparse(table.target if isinstance(table, ast.AnnAssign) else table.targets[0])


def _text(node: ast.AST | None) -> str:
    assert isinstance(node, ast.Constant)
    return str(node.value)
