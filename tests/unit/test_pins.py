"""Which packages are needed, and in which versions: read from the lock and from what packages say."""

import re
from collections.abc import Collection
from typing import Any

import pytest
from bundles import BUNDLE, EVERY, ROOT
from examples import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.markers import Marker

from regaudit.operation.doctor.pins import LOCK, closure, read_pins

TEXT = (ROOT / LOCK).read_text(encoding="utf-8")
ENTRIES = re.findall(r"^(\w.*?) *\\\n((?: +--hash.*\n)+)", TEXT, re.MULTILINE)
NAMES = [f"p{number}" for number in range(6)]
EXTRAS = ("", "a", "b")
needs = st.tuples(st.sampled_from(NAMES), st.sampled_from(EXTRAS), st.sampled_from(EXTRAS), st.booleans())
"""Of one requirement: the package, its extra, the extra that it is for, whether it is for this platform."""
graphs = st.fixed_dictionaries({name: st.lists(needs, max_size=3) for name in NAMES})


@pytest.mark.parametrize("target", EVERY, ids=str)
def test_a_lock_is_read_whole_for_every_platform(target: Any) -> None:
    wanted = {}
    for first, hashes in ENTRIES:
        pinned, _, marker = first.partition(" ; ")
        if not marker or Marker(marker).evaluate(target.environment):
            name, version = pinned.split("==")
            wanted[name] = (version, {*re.findall(r"sha256:\w{64}", hashes)})
    pins = read_pins(TEXT, target.environment)
    assert {name: (pin.version, {*pin.hashes}) for name, pin in pins.items()} == wanted
    assert ("colorama" in pins) == target.is_windows


def test_constraints_are_the_lock_without_hashes() -> None:
    made = BUNDLE.constraints(TEXT)
    assert "hash" not in made
    for each in EVERY:
        versions = {name: pin.version for name, pin in read_pins(TEXT, each.environment).items()}
        assert {name: pin.version for name, pin in read_pins(made, each.environment).items()} == versions


def stated(graph: dict[str, list[tuple[str, str, str, bool]]], name: str) -> list[str]:
    """The requirements of a package, as its metadata has them."""
    lines = []
    for other, extra, condition, is_here in graph[name]:
        markers = [f"extra == '{condition}'"] if condition else []
        markers += [] if is_here else ["sys_platform == 'plan9'"]
        lines.append(
            f"{other.upper()}{f'[{extra}]' if extra else ''}; {' and '.join(markers)}".removesuffix("; ")
        )
    return lines


@settings(max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs, st.sampled_from(EXTRAS))
def test_all_that_is_needed_and_nothing_else(
    graph: dict[str, list[tuple[str, str, str, bool]]], extra: str
) -> None:
    reached: set[tuple[str, str]] = set()

    def visit(name: str, part: str) -> None:
        if (name, part) not in reached:
            reached.add((name, part))
            if part:
                visit(name, "")
            for other, other_part, condition, is_here in graph[name]:
                if is_here and condition in ("", part):
                    visit(other, other_part)

    def requires(names: Collection[str]) -> dict[str, list[str]]:
        return {name: stated(graph, name) for name in names}

    visit("p0", extra)
    wanted = f"P0[{extra}]" if extra else "P0"
    assert closure([wanted], requires) == {name for name, _ in reached}
