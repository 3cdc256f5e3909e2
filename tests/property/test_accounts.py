"""Rosters and terminals held against plain loops over days, orders and guesses."""

import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise, permutations, product
from operator import itemgetter
from pathlib import Path

import pytest
from rule_world import OFFICE, Given, built, records

Act = tuple[int, str]
FIRST = date(2026, 1, 1)
TERMINALS = ("T1", "T2", "T3")
SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 6))]


def day_text(number: int) -> str:
    return (FIRST + timedelta(days=number)).isoformat()


def holders(rosters: Sequence[tuple[int, Sequence[dict[str, str]]]], account: str, day: int) -> set[str]:
    """Who held an account on a day, as decision 0017 says it; `rosters` are (day of arrival, entries)."""
    on = day_text(day)
    of_account = [[entry for entry in entries if entry["account"] == account] for _, entries in rosters]

    def is_dated(entry: dict[str, str]) -> bool:
        return bool(entry["valid_from"] or entry["valid_to"])

    def speaks(entry: dict[str, str]) -> bool:
        return not is_dated(entry) or not entry["valid_from"] or entry["valid_from"] <= on

    later = [number for number, (arrived, _) in enumerate(rosters) if arrived >= day]
    earlier = [number for number in range(len(rosters)) if number not in later]
    speaking = [number for number in later if any(map(speaks, of_account[number]))]
    of_days = groupby(speaking, key=lambda number: rosters[number][0])
    last_of_days = [list(numbers)[-1] for _, numbers in of_days]
    dated = [n for n in last_of_days if any(is_dated(e) and speaks(e) for e in of_account[n])]
    if dated:
        asked = dated[-1]
    elif any(of_account[number] for number in earlier):
        asked = earlier[-1]
    elif last_of_days:
        asked = last_of_days[0]
    else:
        return set()
    return {
        entry["person_id"]
        for entry in of_account[asked]
        if (not entry["valid_from"] or entry["valid_from"] <= on)
        and (not entry["valid_to"] or entry["valid_to"] >= on)
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_the_holder_on_every_day_is_the_one_that_the_rosters_say(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test's own dice
    accounts = [f"a{n}" for n in range(12)]

    def entry(account: str) -> dict[str, str]:
        start, stop = sorted(chance.sample(range(20), 2))
        return {
            "account": account,
            "person_id": f"P{chance.randrange(4)}",
            "valid_from": day_text(start) if chance.random() < 0.3 else "",
            "valid_to": day_text(stop) if chance.random() < 0.3 else "",
        }

    rosters: list[tuple[int, list[dict[str, str]]]] = []
    for arrived in sorted(chance.choices(range(3, 20, 4), k=5)):
        # No roster is empty, and none is what the one before was: such an import brings nothing.
        entries = [entry("always"), {**entry("number"), "person_id": f"N{len(rosters)}"}]
        for account in accounts:
            entries += [entry(account) for _ in range(chance.choice((0, 1, 1, 2)))]
        rosters.append((arrived, entries))
    steps = [
        {
            "office": OFFICE,
            "case_no": account,
            "step": "other",
            "occurred_at": day_text(day),
            "account": account,
        }
        for account in accounts
        for day in range(20)
    ]
    given = Given(
        step_logs=[steps],
        rosters=[entries for _, entries in rosters],
        roster_days=[FIRST + timedelta(days=arrived) for arrived, _ in rosters],
        tables=frozenset({"core.account_holders"}),
    )
    with built(tmp_path / "home", given) as db:
        found = {
            (row["account"], row["used_on"]): row["person_id"]
            for row in records(db, "SELECT account, used_on, person_id FROM core.account_holders")
        }
    for account in accounts:
        for day in range(20):
            held = holders(rosters, account, day)
            key = (account, FIRST + timedelta(days=day))
            assert (key in found) == bool(held), (key, held)
            assert found.get(key) == (held.pop() if len(held) == 1 else None), key


def switches(acts: Sequence[Act]) -> int:
    """How often consecutive acts within five minutes are on different terminals."""
    return sum(b[0] - a[0] <= 5 and a[1] != b[1] for a, b in pairwise(acts))


def worlds(acts: Sequence[Act]) -> Iterator[list[Act]]:
    """Every order at equal times, with every guess for each blank terminal."""
    ties = [list(tie) for _, tie in groupby(sorted(acts), key=itemgetter(0))]
    for order in product(*(permutations(tie) for tie in ties)):
        row = [act for tie in order for act in tie]
        for guess in product(*(TERMINALS if not terminal else (terminal,) for _, terminal in row)):
            yield [(minute, terminal) for (minute, _), terminal in zip(row, guess, strict=True)]


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_an_account_is_shared_in_every_possible_world_or_not_at_all(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test's own dice
    acts: dict[str, list[Act]] = {}
    for number in range(150):
        span = chance.choice((4, 18))
        minutes = chance.choices(range(span), k=6) if number % 3 == 0 else chance.sample(range(26), 6)
        blanks = chance.choice((0, 0, 1, 3))
        named = [(minute, chance.choice(TERMINALS[: chance.choice((2, 3))])) for minute in minutes[blanks:]]
        acts[f"a{number}"] = named + [(minute, "") for minute in minutes[:blanks]]
    steps = [
        {
            "office": OFFICE,
            "case_no": f"{account}-{number}",
            "step": "accept",
            "occurred_at": (datetime(2026, 3, 2, 9) + timedelta(minutes=minute)).isoformat(" "),
            "account": account,
            "terminal": terminal,
        }
        for account, row in acts.items()
        for number, (minute, terminal) in enumerate(row)
    ]
    given = Given(step_logs=[steps], tables=frozenset({"findings.shared_account"}))
    with built(tmp_path / "home", given) as db:
        verdicts = {
            row["account"]: row["is_violation"]
            for row in records(db, "SELECT * FROM findings.shared_account")
        }
    assert set(verdicts.values()) == {True, False, None}
    for account, row in acts.items():
        counts = [switches(world) for world in worlds(row)]
        if verdicts[account]:
            assert min(counts) >= 3, (account, sorted(row))
        if all(terminal for _, terminal in row):
            # “At equal times the order with the fewest switches counts.”
            assert verdicts[account] == (min(counts) >= 3), (account, sorted(row))
        if len({minute for minute, _ in row}) == len(row) and verdicts[account] is False:
            assert max(counts) < 3, (account, sorted(row))
