"""The tree of errors is the one its docstring draws, exit status by exit status."""

import inspect
import re

from provenance import errors
from provenance.errors import (
    ChangedMeanwhileError,
    ConfigError,
    ProvenanceError,
    TaggingError,
    UsageError,
)


def _classes() -> dict[str, type[ProvenanceError]]:
    return {
        name: kind
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, ProvenanceError)
    }


def test_the_docstring_draws_every_class_in_its_place() -> None:
    drawn = re.findall(r"^ {4}(.*?)(\w+Error)\b", errors.__doc__ or "", re.MULTILINE)
    assert {name for _, name in drawn} == set(_classes())
    above: dict[int, str] = {-1: "Exception"}
    for rails, name in drawn:
        depth = len(rails)
        parent = above[max(level for level in above if level < depth)]
        assert _classes()[name].__base__.__name__ == parent
        above = {level: other for level, other in above.items() if level < depth} | {depth: name}


def test_wrong_use_exits_with_2_and_everything_else_could_not_decide() -> None:
    for kind in _classes().values():
        assert kind.exit_code == (2 if issubclass(kind, UsageError) else 3)
    assert issubclass(ConfigError, UsageError)
    assert issubclass(ChangedMeanwhileError, TaggingError)


def test_every_error_says_in_one_line_what_it_stands_for() -> None:
    for name, kind in _classes().items():
        assert inspect.getdoc(kind), name
        assert "\n" not in str(inspect.getdoc(kind))
