"""Case files under the same settings as one world: each case keeps to offices and persons of its own.

A build on Spark takes its time whatever its rows; what nights did between imports stays a world of its own.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, islice, repeat, zip_longest
from operator import attrgetter
from typing import TypeVar

from msgspec import structs
from rule_world import Export, Given, Row

from regaudit.intake.results import Origin

T = TypeVar("T")
_OWN = ("account", "person_id", "operator", "person_name", "approver")
_settings = attrgetter("profile", "profile_toml", "settings_toml", "mapping_toml", "as_of", "roster_days")


def joined(givens: Sequence[Given]) -> Iterator[tuple[Given, int]]:
    """The worlds that the givens make, the largest first, each with the number of its givens."""
    groups: dict[str, list[Given]] = {}
    for number, given in enumerate(givens):
        groups.setdefault(repr((_settings(given), number if given.happened else 0)), []).append(given)
    for group in sorted(groups.values(), key=len, reverse=True):
        yield _one(group), len(group)


def _one(group: Sequence[Given]) -> Given:
    if len(group) == 1:
        return structs.replace(group[0], tables=None)
    offices: dict[tuple[int, str], str] = {}

    def own(row: Row, number: int) -> Row:
        """A row as no other of the group's cases may have it."""
        changed = {name: f"{row[name]}{number}" for name in _OWN if row.get(name)}
        if office := row.get("office"):
            changed["office"] = offices.setdefault((number, office), str(200_001 + len(offices)))
        return {**row, **changed}

    logs = [(number, given) for number, given in enumerate(group)]
    return structs.replace(
        group[0],
        step_logs=[[own(row, number) for row in rows] for number, given in logs for rows in given.step_logs],
        origins=list(chain(*(_as_many(given.origins, Origin(), given) for given in group))),
        exports=list(chain(*(_as_many(given.exports, Export(), given) for given in group))),
        # The rosters of a place are one export: the last holds all that is still in force.
        rosters=[
            [own(row, number) for number, rows in enumerate(rosters) for row in rows]
            for rosters in zip_longest(*(given.rosters for given in group), fillvalue=())
        ],
        tables=None,
    )


def _as_many(values: Sequence[T], default: T, given: Given) -> Iterator[T]:
    return islice(chain(values, repeat(default)), len(given.step_logs))
