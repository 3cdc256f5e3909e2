"""The draw of an inspection: fair, consistent, and refused by both verifiers once anything was changed."""

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from fractions import Fraction
from hashlib import sha256
from math import comb

import draws
import pytest

from regaudit.base.errors import UsageError
from regaudit.catalogue.inspection_terms import InspectionPlan
from regaudit.outlets.inspection.lottery import picks_of, read_text, seed_of, text_of, ticket_of
from regaudit.outlets.inspection.randomness import Randomness, dice, number
from regaudit.outlets.inspection.sizes import (
    apportioned,
    endless_size,
    missed,
    most_faulty,
    planned,
    sizes_of,
    statement_size,
    upper_rate,
    wanted_size,
)

RATE, SURE = Fraction(1, 20), Fraction(19, 20)


def test_what_is_hashed_is_as_described_to_the_byte() -> None:
    units = [("150602/B", "150602/m"), ("150602/batch:7", "150602/g"), ("150602/A", "150602/g")]
    text = b"150602/A\t150602/g\n150602/B\t150602/m\n150602/batch:7\t150602/g\n"
    assert text_of(units) == text
    assert read_text(text) == sorted(units)
    digest = sha256(text).hexdigest()
    seed = seed_of(digest, "4261352264")
    assert seed == sha256(b"regaudit draw 1\n" + digest.encode() + b"\n4261352264\n").hexdigest()
    assert ticket_of(seed, "150602/A") == sha256(seed.encode() + b"\n150602/A").hexdigest()
    for broken in (b"150602/A\t150602/g", b"150602/A 150602/g\n"):
        with pytest.raises(ValueError, match="not"):
            read_text(broken)


def test_the_smallest_tickets_of_each_stratum_win_in_whatever_order_they_come() -> None:
    units, seed = draws.population(30, 20), "5" * 64
    picks = picks_of(units, seed, {"150602/class0": 4, "150602/class1": 2})
    assert picks == picks_of(reversed(units), seed, {"150602/class1": 2, "150602/class0": 4})
    assert Counter(pick.stratum for pick in picks) == {"150602/class0": 4, "150602/class1": 2}
    for stratum in ("150602/class0", "150602/class1"):
        won = [pick.ticket for pick in picks if pick.stratum == stratum]
        lost = {ticket_of(seed, u) for u, s in units if s == stratum} - set(won)
        assert won == sorted(won)
        assert max(won) < min(lost)


def test_a_unit_that_is_added_later_changes_nothing_else() -> None:
    units, seed, sizes = draws.population(200), "7" * 64, {"150602/class0": 10}
    before = [pick.unit for pick in picks_of(units, seed, sizes)]
    for number_of in range(50):
        added = f"150602/new{number_of}"
        after = [pick.unit for pick in picks_of([*units, (added, "150602/class0")], seed, sizes)]
        kept = [unit for unit in after if unit != added]
        # Either it lost, or it took the place of the last.
        assert kept == before[: len(kept)]
        assert len(kept) >= len(before) - 1


def test_every_unit_has_the_same_chance() -> None:
    """Over 10,000 seeds: the square of what is off stays within what chance does once in a thousand."""
    units, size, seeds = draws.population(20), 5, 10_000
    picked: Counter[str] = Counter()
    for number_of in range(seeds):
        seed = seed_of("0" * 64, str(number_of))
        picked.update(pick.unit for pick in picks_of(units, seed, {"150602/class0": size}))
    expected = seeds * size / len(units)
    # Drawn without putting back, what is off is smaller by the share that is not drawn.
    share = (len(units) - size) / (len(units) - 1)
    off = sum((picked[unit] - expected) ** 2 / expected for unit, _ in units) / share
    assert 43.82 > off > 5.41  # 19 degrees of freedom, one in a thousand on either side


@pytest.mark.parametrize(("count", "size"), [(100, 45), (300, 54), (1000, 57), (10_000, 59)])
def test_sizes_for_a_statement(count: int, size: int) -> None:
    assert statement_size(count, RATE, SURE) == size
    assert missed(count, size, RATE) <= 1 - SURE < missed(count, size - 1, RATE)


def test_a_flat_share_misses_what_it_is_for() -> None:
    assert round(100 * missed(100, 3, RATE)) == 86
    assert endless_size(RATE, SURE) == 59
    assert [statement_size(count, RATE, SURE) for count in (0, 1, 2)] == [0, 1, 2]


def test_the_larger_size_binds() -> None:
    counts = {"a": 60, "b": 40}
    flat, stated = InspectionPlan(), InspectionPlan(statement=True)
    assert sizes_of(counts, flat).sizes == {"a": 2, "b": 1}
    assert sizes_of(counts, stated).sizes == {"a": 27, "b": 18}
    assert sizes_of(counts, InspectionPlan(statement=True, share=0.5)).total == 50
    # Of a quarter a third of what does for any number of units.
    assert wanted_size(100, InspectionPlan(per="quarter")) == 20
    assert wanted_size(7, InspectionPlan(per="quarter")) == 7


def test_largest_remainder_and_ties_by_bytes() -> None:
    assert apportioned({"b": 10, "a": 10, "c": 10}, 4) == {"a": 2, "b": 1, "c": 1}
    assert apportioned({"a": 1, "b": 99}, 3) == {"a": 0, "b": 3}
    assert apportioned({}, 0) == {}
    raised = planned({"a": 1, "b": 99}, 3, 1)
    assert (raised.sizes, raised.is_proportional) == ({"a": 1, "b": 3}, False)
    assert planned({"a": 50, "b": 50}, 4, 1).is_proportional
    # 3 % of 100 is 3, not 4 by what binary fractions make of it.
    assert sizes_of({"a": 100}, InspectionPlan()).total == 3


@pytest.mark.parametrize(("size", "bound"), [(20, "13.9"), (50, "5.8"), (100, "3.0")])
def test_the_bound_when_no_fault_was_seen(size: int, bound: str) -> None:
    assert f"{100 * upper_rate(size, 0, SURE):.1f}" == bound


@pytest.mark.parametrize(("size", "faulty"), [(50, 2), (7, 3), (200, 0), (12, 11)])
def test_at_the_bound_so_few_faults_are_seen_once_in_twenty(size: int, faulty: int) -> None:
    rate = Fraction(upper_rate(size, faulty, SURE))
    seen = sum(comb(size, k) * rate**k * (1 - rate) ** (size - k) for k in range(faulty + 1))
    assert float(seen) == pytest.approx(0.05, abs=1e-9)
    assert upper_rate(size, size, SURE) == 1


@pytest.mark.parametrize(("count", "size", "faulty"), [(100, 45, 0), (100, 3, 0), (60, 20, 2), (30, 30, 4)])
def test_the_most_faulty_ones_that_a_finite_number_may_have(count: int, size: int, faulty: int) -> None:
    def seen(number_of: int) -> Fraction:
        ways = sum(comb(number_of, k) * comb(count - number_of, size - k) for k in range(faulty + 1))
        return Fraction(ways, comb(count, size))

    able = [one for one in range(faulty, count - size + faulty + 1) if seen(one) > Fraction(1, 20)]
    assert most_faulty(count, size, faulty, SURE) == max(able, default=faulty)


def test_a_file_as_it_was_made_has_no_faults() -> None:
    assert draws.faults(draws.drawn(draws.population(40, 60), total=3)) == ([], [])
    assert draws.faults(draws.drawn(draws.population(1), total=1)) == ([], [])


@pytest.mark.parametrize("change", draws.TAMPERED)
def test_both_verifiers_see_a_change(change: str) -> None:
    facts = draws.drawn(draws.population(40, 60), total=3)
    changed = deepcopy(facts)
    draws.TAMPERED[change](changed)
    assert changed != facts
    own, second = draws.faults(changed)
    assert own
    assert second
    assert not any("None" in fault for fault in [*own, *second])


def test_a_hundred_thousand_units_are_computed_again() -> None:
    facts = draws.drawn(draws.population(70_000, 30_000), total=3000)
    assert len(facts["picks"]) == 3000
    assert draws.faults(facts) == ([], [])
    facts["picks"][2999]["unit"] = facts["population"][0][0]
    assert all(draws.faults(facts))


def test_dice_and_numbers() -> None:
    thrown = dice("42613 5２264", ["赵一", "钱二", "赵一"], digits=10)
    assert (thrown.text, thrown.witnesses) == ("4261352264", ("赵一", "钱二"))
    assert number(" 07 14 22 ", "双色球 2026040 期").text == "071422"
    refusals: tuple[Callable[[], Randomness], ...] = (
        lambda: dice("426135226", ["赵一", "钱二"], digits=10),
        lambda: dice("42613522a4", ["赵一", "钱二"], digits=10),
        lambda: dice("4261352264", ["赵一", "赵 一"], digits=10),
        lambda: dice("4261352264", ["赵一", " "], digits=10),
        lambda: number("七", "报纸"),
        lambda: number("123456", " "),
    )
    for refused in refusals:
        with pytest.raises(UsageError):
            refused()
