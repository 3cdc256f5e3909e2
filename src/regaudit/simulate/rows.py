"""Actions become the export: columns of codes first, text only in slices, so that memory stays bounded."""

from collections.abc import Iterator
from random import Random

import polars as pl

from regaudit.simulate.actions import Action
from regaudit.simulate.worktime import WorkAxis, day_texts, time_texts

COLUMNS = (
    *("case_no", "office", "step", "node", "result", "started_at", "occurred_at"),
    *("account", "operator", "terminal", "registration_type", "right_type", "applicant_kind", "channel"),
    *("batch_no", "unit_no", "pause_kind", "reason", "approver", "serial_no", "promised_at"),
    *("subtype", "matter"),
)
_ATTRIBUTES = (
    "registration_type",
    "right_type",
    "applicant_kind",
    "channel",
    "batch_no",
    "unit_no",
)
_LAST_ATTRIBUTES = ("promised_at", "subtype", "matter")
_WITH_ATTRIBUTES = ("accept", "book")
_TYPES: dict[str, type[pl.DataType]] = {
    "step": pl.String,
    "at": pl.Int64,
    "actor": pl.Int32,
    "started": pl.Int64,
    "day_only": pl.Boolean,
    "nameless": pl.Boolean,
    "node": pl.String,
    "result": pl.String,
    "pause_kind": pl.String,
    "reason": pl.String,
    "approver": pl.Int32,
    "serial": pl.Int64,
    "shift": pl.Int32,
    "desk": pl.Int32,
}
_SLICE = 200_000
_CASES = 25_000
_REPEATED = 0.01


def action_frame(cases: list[int], actions: list[Action]) -> pl.DataFrame:
    """One office's actions as columns; `cases` holds the number of each action's case."""
    columns = zip(*actions, strict=True)
    series = [
        pl.Series(name, values, dtype=kind)
        for (name, kind), values in zip(_TYPES.items(), columns, strict=True)
    ]
    return pl.DataFrame([pl.Series("case", cases, dtype=pl.UInt32), *series])


def mix(rng: Random, actions: pl.DataFrame) -> pl.DataFrame:
    """Repeats about one action in a hundred and shuffles all of them."""
    count = actions.height
    order = list(range(count)) + rng.sample(range(count), max(1, round(count * _REPEATED)))
    rng.shuffle(order)
    return actions[pl.Series(order, dtype=pl.UInt32)]


class StepLog:
    """What the platform logged, as numbers; becomes text page by page, as often as asked."""

    def __init__(
        self, actions: pl.DataFrame, cases: pl.DataFrame, people: pl.DataFrame, axis: WorkAxis
    ) -> None:
        """Takes the columns over.

        Args:
            actions: Mixed actions, as `action_frame` makes them.
            cases: One row a case, in the order of their numbers: `case_no`, `office` and the attributes.
            people: One row an account, in the order of their numbers.
            axis: What the moments mean.
        """
        self._actions = actions
        self._cases = cases
        self._people = people
        self._axis = axis

    def with_actions(self, actions: pl.DataFrame) -> "StepLog":
        """Other mixed actions of the same cases and people."""
        return StepLog(actions, self._cases, self._people, self._axis)

    def names(self, case: int) -> tuple[str, str]:
        """Case number and office of the case with a number."""
        [case_no], [office] = self._cases[case].select("case_no", "office").get_columns()
        return case_no, office

    @property
    def height(self) -> int:
        """Rows, repeated ones included."""
        return self._actions.height

    @property
    def case_count(self) -> int:
        """Cases."""
        return self._cases.height

    @property
    def offices(self) -> list[str]:
        """The offices, sorted."""
        return sorted(self._cases["office"].unique())

    def pages(self) -> Iterator[pl.DataFrame]:
        """The rows in the order of the export: `COLUMNS` as text, null where blank."""
        for rows in self._actions.iter_slices(_SLICE):
            yield self._texts(rows)

    def pages_by_case(self) -> Iterator[pl.DataFrame]:
        """The same rows sorted by case, no case on two pages."""
        ordered = self._actions.sort("case", maintain_order=True)
        for first in range(0, self.case_count, _CASES):
            begin, end = (ordered["case"].search_sorted(n, side="left") for n in (first, first + _CASES))
            yield self._texts(ordered.slice(begin, end - begin))

    def whole(self) -> pl.DataFrame:
        """All rows at once, for formats whose size is limited anyway."""
        return pl.concat(self.pages())

    def _texts(self, rows: pl.DataFrame) -> pl.DataFrame:
        axis = self._axis
        bearer = pl.col("step").is_in(_WITH_ATTRIBUTES)
        started = pl.when(pl.col("started") >= 0).then(pl.col("started"))
        office = pl.col("office").str.slice(4, 2)
        subject = self._cases[rows["case"]]
        actor = _people(self._people, rows["actor"])
        elsewhere = _people(self._people.select("terminal"), rows["desk"])
        approver = _people(self._people, rows["approver"])
        return (
            pl.concat(
                [
                    rows,
                    subject,
                    actor.select("account", "terminal", operator="person_name"),
                    elsewhere.rename({"terminal": "elsewhere"}),
                    approver.select(approver="person_name").rename({"approver": "approved_by"}),
                ],
                how="horizontal",
            )
            .select(
                "case_no",
                "office",
                "step",
                "node",
                "result",
                started_at=time_texts(started, axis),
                occurred_at=pl.when("day_only")
                .then(day_texts(pl.col("at"), axis))
                .otherwise(time_texts(pl.col("at"), axis, pl.col("shift"))),
                account=pl.when(~pl.col("nameless")).then("account"),
                operator="operator",
                terminal=pl.coalesce("elsewhere", "terminal"),
                **{name: pl.when(bearer).then(name) for name in _ATTRIBUTES},
                pause_kind="pause_kind",
                reason="reason",
                approver="approved_by",
                serial_no=pl.when(pl.col("serial") > 0).then(
                    pl.format("{}{}", office, pl.col("serial").cast(pl.String).str.zfill(9))
                ),
                **{name: pl.when(bearer).then(name) for name in _LAST_ATTRIBUTES},
            )
            .select(pl.col(COLUMNS).replace("", None))
        )


def _people(people: pl.DataFrame, numbers: pl.Series) -> pl.DataFrame:
    known = pl.select(pl.when(numbers >= 0).then(numbers)).to_series()
    return people.select(pl.all().gather(known))
