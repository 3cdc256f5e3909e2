"""What each shape of an export cannot carry, and what is left of a step log that went through it.

The README of the samples and the test that imports every shape both rest on this.
"""

from collections.abc import Callable, Iterable

import polars as pl
from msgspec import Struct

from regaudit.simulate.actions import UNKNOWN_STEP
from regaudit.simulate.writers import national, tasklog


class Change(Struct, frozen=True):
    """A column that comes out otherwise: how, in words, and what of it is left, computed from the row."""

    column: str
    words: str
    left: Callable[[], pl.Expr]


class Losses(Struct, frozen=True, kw_only=True):
    """What a shape loses.

    Attributes:
        steps: Actions that it has no place for.
        columns: Columns that it has no place for.
        changes: Columns of which it carries a part; each sees what the ones before it left.
        only_last: Whether of several actions of one step the last alone is left.
        names_alone: Whether persons are names, in which a digit behind the name is to be taken off.
    """

    steps: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    only_last: bool = False
    names_alone: bool = False


def _only_on(column: str, *steps: str) -> Change:
    return Change(
        column, f"except on {_listed(steps)}", lambda: pl.when(pl.col("step").is_in(steps)).then(column)
    )


def _date_in_one_office(column: str) -> Change:
    return Change(
        column,
        f"time of day in office {national.DATE_ONLY_OFFICE}",
        lambda: (
            pl.when(pl.col("office") == national.DATE_ONLY_OFFICE)
            .then(pl.col(column).str.slice(0, 10))
            .otherwise(column)
        ),
    )


def _supplement() -> pl.Expr:
    is_supplement = (pl.col("step") == "resume") & (pl.col("pause_kind") == "supplement")
    return pl.when(is_supplement).then(pl.lit("supplement")).otherwise("step")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


NOTHING = Losses()
_NATIONAL_CHANGES = (
    Change("step", "`resume` after a supplement comes out as the step `supplement`", _supplement),
    Change("operator", "of a person's second account: a digit behind the name", national.clerk_name),
    _only_on("operator", "accept", "review", "book", "certify", "issue"),
    Change("order_no", "the number of each review, which the canonical log lacks", national.review_order),
    _date_in_one_office("started_at"),
    _date_in_one_office("occurred_at"),
    _only_on("subtype", "accept"),
)
_RARE_STEPS = ("charge", "overtime", UNKNOWN_STEP)
_TABLE_STEPS = (
    *("assign", "pause", "resume", "expedite", "explain", "precheck_submit", "precheck"),
    *_RARE_STEPS,
)
_NATIONAL_COLUMNS = (
    *("account", "terminal", "applicant_kind", "channel", "batch_no", "pause_kind", "reason", "approver"),
    "promised_at",
)
NATIONAL_2015 = Losses(
    steps=_TABLE_STEPS,
    columns=_NATIONAL_COLUMNS,
    changes=(
        *_NATIONAL_CHANGES,
        _only_on("result", "review"),
        _only_on("unit_no", "book"),
        _only_on("matter", "book"),
        Change(
            "right_type",
            "except on `book`, and there of 600, 700, 800 but for mortgages",
            national.right_told,
        ),
    ),
    names_alone=True,
)
NATIONAL_2021 = Losses(
    steps=_TABLE_STEPS,
    columns=(*_NATIONAL_COLUMNS, "unit_no", "right_type", "matter"),
    changes=(*_NATIONAL_CHANGES, _only_on("registration_type", "accept")),
    names_alone=True,
)
TASK_LOG = Losses(
    steps=("assign", "explain", "precheck_submit", "precheck", *_RARE_STEPS),
    columns=(
        *("started_at", "operator", "applicant_kind", "channel", "batch_no", "approver"),
        *("serial_no", "promised_at", "subtype", "matter"),
    ),
    changes=(
        Change("node", "that of the workflow, on every task", tasklog.task_node),
        Change("result", "`reject` comes out as `return`", tasklog.result_told),
        Change("pause_kind", "as 原因 names it on `pause`, where it does", tasklog.pause_kind_told),
        Change("right_type", "except `mortgage`, and there of 700", tasklog.right_told),
        Change("registration_type", "900", tasklog.type_told),
    ),
)
WIDE = Losses(
    steps=_TABLE_STEPS,
    columns=("account", "terminal", "node", "started_at", "pause_kind", "reason", "approver"),
    only_last=True,
)


def carried(rows: pl.DataFrame, losses: Losses) -> pl.DataFrame:
    """What is left of a canonical step log after it went through a shape.

    Args:
        rows: The canonical columns as text, null where blank.
        losses: Those of the shape.

    Returns:
        Canonical columns as text: lost cells blank, lost rows gone.
    """
    left = rows
    for change in losses.changes:
        left = left.with_columns(change.left().alias(change.column))
    left = left.filter(~pl.col("step").is_in(losses.steps))
    if losses.only_last:
        ordered = left.sort("occurred_at", "started_at", "account", "result", maintain_order=True)
        left = ordered.unique(["office", "case_no", "step"], keep="last", maintain_order=True)
    return left.with_columns(pl.lit(None, pl.String).alias(name) for name in losses.columns)


def losses_in_words(losses: Losses) -> list[str]:
    """One clause of Markdown for each sort of loss."""
    words = []
    if losses.steps:
        words.append("steps " + _listed(losses.steps))
    if losses.columns:
        words.append("columns " + _listed(losses.columns))
    words += [f"`{change.column}`: {change.words}" for change in losses.changes]
    if losses.only_last:
        words.append("of several actions of one step, all but the last")
    return words
