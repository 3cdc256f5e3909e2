"""Draws of an inspection made by hand: a file as it would be kept, and every way to change it."""

import sys
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from regaudit.catalogue.event_types import (
    InspectionDrawn,
    InspectionFrozen,
    InspectionPick,
    InspectionStratum,
    MandatoryUnit,
)
from regaudit.outlets.inspection.draw_file import Draw, faults_of, file_of
from regaudit.outlets.inspection.lottery import Listed, picks_of, seed_of, sorted_units, text_of
from regaudit.outlets.inspection.sizes import planned

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
import verify_draw

Facts = dict[str, Any]


def population(*counts: int) -> list[Listed]:
    """Strata with so many units each."""
    return [
        (f"150602/2026030{stratum}{unit:05}", f"150602/class{stratum}")
        for stratum, count in enumerate(counts)
        for unit in range(count)
    ]


def drawn(units: list[Listed], *, total: int, dice: str = "4261352264") -> Facts:
    """The file of a draw, decoded."""
    digest = sha256(text_of(units)).hexdigest()
    counts = Counter(stratum for _, stratum in units)
    sizes = planned(counts, total, 1).sizes
    frozen = InspectionFrozen(
        "inspection:150602-2026-03",
        1,
        at="2026-04-02T09:00:00",
        month="2026-03",
        office="150602",
        population_sha256=digest,
        count=len(units),
        strata=[InspectionStratum(stratum=s, count=counts[s], size=size) for s, size in sizes.items()],
        mandatory=[MandatoryUnit(unit="150602/A1", classes=["分割"])],
        share="3/100",
        at_least=1,
        total=total,
        checkpoint_size=10,
        checkpoint="AMtMmKafzaU2v2ZvhDxUYeP6jtHfLEi6S4hzDq2rzXU=",
        run_no=1,
        log_position=8,
        as_of="2026-04-01T23:59:59",
        by="wang",
        door="command",
    )
    seed = seed_of(digest, dice)
    event = InspectionDrawn(
        "inspection:150602-2026-03",
        2,
        at="2026-04-02T10:00:00",
        frozen_version=1,
        population_sha256=digest,
        way="dice",
        randomness=dice,
        witnesses=["赵一", "钱二"],
        seed=seed,
        picks=[
            InspectionPick(unit=p.unit, stratum=p.stratum, ticket=p.ticket)
            for p in picks_of(units, seed, sizes)
        ],
        draw_sha256="",
        by="wang",
        door="command",
    )
    facts: Facts = msgspec.json.decode(file_of(frozen, event, units, draw_no=1, origin="centre"))
    return facts


def faults(facts: Facts) -> tuple[list[str], list[str]]:
    """What our own verifier finds, and what the one in `tools/` does."""
    own = list(faults_of(msgspec.convert(facts, Draw)))
    return own, [*verify_draw.check_draw(facts), *verify_draw.check_randomness(facts)]


def consistent(facts: Facts) -> Facts:
    """A draw with everything that follows from population and randomness made to follow again."""
    units = sorted_units((unit, stratum) for unit, stratum in facts["population"])
    digest = sha256(text_of(units)).hexdigest()
    seed = seed_of(digest, facts["randomness"])
    picks = msgspec.to_builtins(picks_of(units, seed, facts["sizes"]))
    return {**facts, "population": units, "population_sha256": digest, "seed": seed, "picks": picks}


def _without_a_pick(facts: Facts) -> None:
    facts["population"] = [one for one in facts["population"] if one[0] != facts["picks"][0]["unit"]]


def _renamed(facts: Facts) -> None:
    facts["population"][0][0] += "9"


def _other_stratum(facts: Facts) -> None:
    facts["population"][0][1] = facts["population"][-1][1]


def _swapped(facts: Facts) -> None:
    first, second, *rest = facts["population"]
    facts["population"] = [second, first, *rest]


def _repeated(facts: Facts) -> None:
    facts["population"].insert(0, facts["population"][0])


def _exchanged(facts: Facts) -> None:
    picked = {pick["unit"] for pick in facts["picks"]}
    other = next(u for u, s in facts["population"] if u not in picked and s == facts["picks"][0]["stratum"])
    facts["picks"][0]["unit"] = other


def _reordered(facts: Facts) -> None:
    facts["picks"].reverse()


def _of_all(facts: Facts) -> None:
    facts["mandatory"].append({"unit": facts["population"][0][0], "classes": ["分割"]})


def _twice(facts: Facts) -> None:
    facts["mandatory"] *= 2


def _smaller(facts: Facts) -> None:
    stratum = facts["picks"][0]["stratum"]
    facts["sizes"][stratum] -= 1
    facts["picks"] = facts["picks"][1:]


def _set(key: str, value: Any) -> Callable[[Facts], None]:
    def change(facts: Facts) -> None:
        facts[key] = value

    return change


TAMPERED: dict[str, Callable[[Facts], None]] = {
    "a unit left out": _without_a_pick,
    "a unit renamed": _renamed,
    "a unit in another stratum": _other_stratum,
    "the population in another order": _swapped,
    "a unit listed twice": _repeated,
    "another hash": _set("population_sha256", "0" * 64),
    "other dice": _set("randomness", "4261352265"),
    "another seed": _set("seed", "0" * 64),
    "fewer drawn": _smaller,
    "a smaller share": lambda facts: facts["plan"].update(total=1),
    "more at least": lambda facts: facts["plan"].update(at_least=9),
    "a pick exchanged": _exchanged,
    "picks in another order": _reordered,
    "a pick left out": lambda facts: facts["picks"].pop(),
    "another ticket": lambda facts: facts["picks"][0].update(ticket="0" * 64),
    "a pick of another stratum": lambda facts: facts["picks"][0].update(stratum="150602/x"),
    "a mandatory unit of the population": _of_all,
    "a mandatory unit twice": _twice,
    "one witness": _set("witnesses", ["赵一"]),
    "dice that are no digits": _set("randomness", "abc"),
    "a number without a source": _set("way", "number"),
    "an early checkpoint": _set("way", "checkpoint"),
    "an unknown way": _set("way", "guess"),
}
"""Each change of a file that does not follow any more, by what was done."""
