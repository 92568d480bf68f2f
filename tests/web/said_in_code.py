"""The sentences that the code writes: read from its source, with something in each hole."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

_IN_A_HOLE = ("7", "“7”", "is zero", "the invoice is paid already")
"""Whatever is written there is one of these, or is said like one."""
_MOST = 4
"""Holes that all ways are tried of; more are filled alike."""


def arguments(folder: str, *callables: str, name: str = "", place: int = 0) -> Iterator[list[str]]:
    """What is handed to these callables under `folder`, by name or else by place: each sentence in
    all the ways in which its holes may be filled."""
    for path in sorted((ROOT / folder).rglob("*.py") if "." not in folder else [ROOT / folder]):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or _called(node) not in callables:
                continue
            said = next((one.value for one in node.keywords if one.arg == name), None)
            if said is None and len(node.args) > place:
                said = node.args[place]
            if isinstance(said, ast.Constant | ast.JoinedStr) and (ways := _ways(said)):
                yield ways


def sentences(file: str) -> Iterator[str]:
    """All texts of a module that are made of words and stand in no docstring."""
    tree = ast.parse((ROOT / file).read_text())
    documented = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in documented:
            continue
        if isinstance(node.value, str) and node.value.strip().count(" ") > 1:
            yield node.value


def _called(node: ast.Call) -> str:
    return getattr(node.func, "id", "") or getattr(node.func, "attr", "")


def _ways(said: ast.expr) -> list[str]:
    if isinstance(said, ast.Constant):
        return [said.value] if isinstance(said.value, str) else []
    assert isinstance(said, ast.JoinedStr)
    parts: list[tuple[str, ...]] = []
    holes = sum(isinstance(one, ast.FormattedValue) for one in said.values)
    for one in said.values:
        if isinstance(one, ast.Constant):
            parts.append((str(one.value),))
        else:
            assert isinstance(one, ast.FormattedValue)
            parts.append(_choices(one.value) or (_IN_A_HOLE if holes <= _MOST else ("7",)))
    return ["".join(way) for way in itertools.product(*parts)]


def _choices(node: ast.expr) -> tuple[str, ...]:
    if not isinstance(node, ast.IfExp):
        return ()
    both = (node.body, node.orelse)
    texts = [one.value for one in both if isinstance(one, ast.Constant)]
    return tuple(str(text) for text in texts) if len(texts) == 2 else ()
