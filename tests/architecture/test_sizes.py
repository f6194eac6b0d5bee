"""Files and functions stay small enough to be read at once."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
LONGEST_FILE = 300
LONGEST_FUNCTION = 40
SOURCES = sorted(
    path for room in ("provenance", "watchers") for path in (ROOT / room).rglob("*.py")
)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function without decorators and docstring."""
    first = function.body[0]
    is_documented = ast.get_docstring(function, clean=False) is not None
    documented = (first.end_lineno or 0) - first.lineno + 1 if is_documented else 0
    return (function.end_lineno or 0) - function.lineno + 1 - documented


def test_there_is_something_to_measure() -> None:
    assert len(SOURCES) > 100
    sample = 'def f():\n    """One.\n\n    Two.\n    """\n    return 1\n'
    assert [length(function) for function in functions(ast.parse(sample))] == [2]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_can_be_read_at_once(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    long = {
        function.name: length(function)
        for function in functions(ast.parse(text))
        if length(function) > LONGEST_FUNCTION
    }
    assert long == {}
