"""Rules of a production's own: read strictly from TOML, compared like the built-in ones."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.model.signal import Level
from provenance.signals._samples import with_field, with_fields, with_property
from provenance.signals.kinds import find_signals
from provenance.signals.user_rules import UserRules, read_user_rules

FORMATS = ("png", "jpeg")
RULE = {"id": "house-tool", "level": "declares", "title": "Our tool", "key": "Maker"}
XMP = {key: RULE[key] for key in ("id", "level", "title")} | {"xmp": "https://ns.example/ tool"}


def read(*tables: object) -> UserRules:
    return UserRules(read_user_rules(list(tables), taken={"own-tag"}, formats=FORMATS))


def levels(rules: UserRules, key: str, value: str, place: str = "png/tEXt") -> list[Level]:
    return [signal.level for signal in find_signals(with_field(key, value, place), [rules])]


@pytest.mark.parametrize("key", ["Maker", "maker", "MAKER", "TXXX:Maker", "----:com.house:maker"])
def test_a_key_is_compared_in_any_spelling(key: str) -> None:
    (signal,) = find_signals(with_field(key, "Rig 2"), [read(RULE)])
    assert (signal.rule, signal.level) == ("house-tool", Level.DECLARES)
    assert (signal.place, signal.value) == (f"png/tEXt/{key}", "Rig 2")


@pytest.mark.parametrize("key", ["Makers", "mak", "", "Make"])
def test_another_key_is_silent(key: str) -> None:
    assert levels(read(RULE), key, "Rig 2") == []


@pytest.mark.parametrize(
    ("pattern", "value", "fires"),
    [
        ("*", "x", True),
        ("*", "  ", False),
        ("Rig *", "Rig 2", True),
        ("Rig *", " Rig 2\n", True),
        ("Rig *", "rig 2", False),
        ("Rig ?", "a Rig 2", False),
        ("Rig ?", "Rig 22", False),
        ("Rig [0-9]", "Rig 7", True),
        ("Rig.+", "Rig 7", False),
    ],
)
def test_a_pattern_is_over_the_whole_value(pattern: str, value: str, *, fires: bool) -> None:
    assert bool(levels(read(RULE | {"value": pattern}), "Maker", value)) is fires


@pytest.mark.parametrize("level", list(Level))
def test_a_hit_has_the_level_of_its_rule(level: Level) -> None:
    assert levels(read(RULE | {"level": str(level)}), "maker", "x") == [level]


def test_a_rule_about_one_format_is_silent_in_others() -> None:
    rules = read(RULE | {"format": "jpeg"})
    assert levels(rules, "maker", "x", "jpeg/APP1") == [Level.DECLARES]
    assert levels(rules, "maker", "x") == []


def test_an_xmp_property_is_known_by_namespace_and_name() -> None:
    rules = read(XMP)
    (signal,) = find_signals(with_property("https://ns.example/", "tool", "Rig"), [rules])
    assert (signal.rule, signal.place) == ("house-tool", "jpeg/APP1/tool")
    assert find_signals(with_property("https://ns.example/", "Tool", "Rig"), [rules]) == ()
    assert find_signals(with_property("https://ns.other/", "tool", "Rig"), [rules]) == ()
    assert levels(rules, "tool", "Rig") == []


def test_the_surest_signal_stands_first_whoever_found_it() -> None:
    rules = read(RULE | {"level": "hint"}, RULE | {"id": "second", "level": "declares"})
    found = find_signals(with_fields(("Maker", "x"), ("Maker", "y")), [rules])
    assert [s.level.rank for s in found] == [3, 3, 1, 1]


def test_a_crowded_file_gives_a_bounded_number_of_short_signals() -> None:
    found = find_signals(with_fields(*[("Maker", "y" * 900)] * 5000), [read(RULE)])
    assert len(found) == 64
    assert len(found[0].value) == 200


def test_a_hostile_value_does_not_make_a_pattern_slow() -> None:
    assert levels(read(RULE | {"value": "*a" * 30 + "b"}), "maker", "a" * 100_000) == []


@settings(max_examples=50)
@given(st.text(max_size=40))
def test_ordinary_text_under_another_key_never_fires(text: str) -> None:
    assert levels(read(RULE), "title", text) == []


WRONG: list[tuple[object, str]] = [
    (7, "signals must be"),
    ([7], "signals must be"),
    ([RULE | {"id": "House Tool"}], "signals.id "),
    ([RULE | {"id": "own-tag"}], "signals.id "),
    ([RULE, RULE], "signals.id "),
    ([RULE | {"level": "certain"}], "signals.level "),
    ([RULE | {"title": " "}], "signals.title "),
    ([RULE | {"title": 1}], "signals.title "),
    ([RULE | {"key": " "}], "signals.key "),
    ([RULE | {"xmp": "https://ns.example/ tool"}], "signals.key "),
    ([XMP | {"xmp": "tool"}], "signals.xmp "),
    ([RULE | {"format": "xyz"}], "signals.format "),
    ([RULE | {"value": ""}], "signals.value "),
    ([RULE | {"pattern": "x"}], "signals.pattern "),
]


@pytest.mark.parametrize(("tables", "begins"), WRONG)
def test_a_wrong_rule_is_refused_by_the_name_of_its_key(tables: Any, begins: str) -> None:
    with pytest.raises(ValueError, match="^" + begins.replace(".", r"\.")):
        read_user_rules(tables, taken={"own-tag"}, formats=FORMATS)


def test_a_rule_explains_where_it_looks_and_for_what() -> None:
    rules = [RULE | {"format": "png", "value": "Rig*"}, XMP | {"id": "other"}]
    first, second = read_user_rules(rules, taken=(), formats=FORMATS)
    assert first.explanation.endswith("in png files, key maker matches Rig*.")
    assert second.explanation.endswith(
        "in every file, the XMP property https://ns.example/ tool says anything."
    )
