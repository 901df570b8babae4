"""The reading engine with one module changed: imported again from its syntax tree, without touching any file."""

from __future__ import annotations

import ast
import builtins
import importlib
import importlib.util
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

PACKAGE = "cmr_watch.reading"


def sources() -> dict[str, Path]:
    """The modules of the engine by their short names."""
    spec = importlib.util.find_spec(PACKAGE)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return {path.stem: path for path in sorted(Path(spec.submodule_search_locations[0]).glob("*.py"))}


def trees() -> dict[str, ast.Module]:
    return {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in sources().items()}


class _Loader(SourceFileLoader):
    def __init__(self, fullname: str, path: str, tree: ast.Module) -> None:
        super().__init__(fullname, path)
        self.tree = tree

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.tree, self.path, "exec")


class _Finder(MetaPathFinder):
    """Finds the changed modules; all others are found as always."""

    def __init__(self, changed: Mapping[str, ast.Module]) -> None:
        self.changed = {f"{PACKAGE}.{name}" if name != "__init__" else PACKAGE: tree for name, tree in changed.items()}

    def find_spec(self, fullname: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path) if fullname in self.changed else None
        if spec and spec.origin:
            spec.loader = _Loader(fullname, spec.origin, self.changed[fullname])
        return spec


def _modules() -> dict[str, ModuleType]:
    return {name: module for name, module in sys.modules.items() if f"{name}.".startswith(f"{PACKAGE}.")}


def _forget() -> None:
    for name in _modules():
        del sys.modules[name]


_REMEMBERED = "_remembered_nodes"


@cache
def _document() -> ast.Module:
    """The module that parses HTML, with a memory that outlives the import of a changed engine."""
    tree = trees()["document"]
    node = next(one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == "nodes_of")
    node.decorator_list.append(ast.Name(_REMEMBERED, ast.Load()))
    setattr(builtins, _REMEMBERED, _remembered)
    return ast.fix_missing_locations(tree)


_nodes: dict[str, list[Any]] = {}


def _remembered(nodes_of: Callable[[str], Any]) -> Callable[[str], list[Any]]:
    def remembered(markup: str) -> list[Any]:
        if markup not in _nodes:
            _nodes[markup] = list(nodes_of(markup))
        return _nodes[markup]

    return remembered


@contextmanager
def changed(modules: Mapping[str, ast.Module]) -> Iterator[Callable[..., Any]]:
    """The engine's `read`, with other syntax trees for some of its modules."""
    finder = _Finder({"document": _document(), **modules})
    sys.meta_path.insert(0, finder)
    _forget()
    try:
        yield importlib.import_module(PACKAGE).read
    finally:
        sys.meta_path.remove(finder)
        _forget()


@cache
def _whole() -> dict[str, ModuleType]:
    """The modules of the engine as it is."""
    with changed({}):
        for name in ("call", "edition"):
            importlib.import_module(f"{PACKAGE}.{name}")
        return _modules()


@contextmanager
def without_phrases(concept: str, forms: Collection[str]) -> Iterator[Callable[..., Any]]:
    """The engine's `read` without some phrases of a concept: taken out of the lookup, since an import takes long."""
    modules = _whole()
    lexicon = modules[f"{PACKAGE}.lexicon"]
    words = {form.split()[0] for form in forms}
    whole = {word: lexicon.PHRASES.pop(word) for word in words if word in lexicon.PHRASES}
    kept = (one for one in lexicon.ENTRIES if one.concept != concept or " ".join(one.phrase) not in forms)
    lexicon.PHRASES.update(lexicon.by_first_word(one for one in kept if one.phrase[0] in words))
    sys.modules.update(modules)
    _forget_texts(modules)
    try:
        yield modules[PACKAGE].read
    finally:
        lexicon.PHRASES.update(whole)
        _forget()


def _forget_texts(modules: Mapping[str, ModuleType]) -> None:
    """Empty the memories of all modules: they hold what was found with other phrases."""
    for module in modules.values():
        for value in vars(module).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()
