"""What each shape of an export cannot carry, and what is left of a step log that went through it.

The README of the samples and the test that imports every shape both rest on this.
"""

from collections.abc import Callable, Iterable

import polars as pl
from msgspec import Struct

from regaudit.simulate.actions import UNKNOWN_STEP
from regaudit.simulate.writers import national, tasklog


class Change(Struct, frozen=True):
    """A column that comes out otherwise: how, in words of two languages, and what of it is left of a row."""

    column: str
    words: str
    zh: str
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
        column,
        f"except on {_listed(steps)}",
        f"{_listed(steps, '、')} 之外的",
        lambda: pl.when(pl.col("step").is_in(steps)).then(column),
    )


def _date_in_one_office(column: str) -> Change:
    return Change(
        column,
        f"time of day in office {national.DATE_ONLY_OFFICE}",
        f"机构 {national.DATE_ONLY_OFFICE} 的钟点",
        lambda: (
            pl.when(pl.col("office") == national.DATE_ONLY_OFFICE)
            .then(pl.col(column).str.slice(0, 10))
            .otherwise(column)
        ),
    )


def _supplement() -> pl.Expr:
    is_supplement = (pl.col("step") == "resume") & (pl.col("pause_kind") == "supplement")
    return pl.when(is_supplement).then(pl.lit("supplement")).otherwise("step")


def _listed(names: Iterable[str], comma: str = ", ") -> str:
    return comma.join(f"`{name}`" for name in names)


NOTHING = Losses()
_NATIONAL_CHANGES = (
    Change(
        "step",
        "`resume` after a supplement comes out as the step `supplement`",
        "补正之后的 `resume` 成为环节 `supplement`",
        _supplement,
    ),
    Change(
        "operator",
        "of a person's second account: a digit behind the name",
        "一人的第二个账号，姓名后加一个数字",
        national.clerk_name,
    ),
    _only_on("operator", "accept", "review", "book", "certify", "issue"),
    Change(
        "order_no",
        "the number of each review, which the canonical log lacks",
        "各次审核的序号，标准日志中没有",
        national.review_order,
    ),
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
            "`book` 之外的，以及其中 600、700、800 而不是抵押的",
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
        Change("node", "that of the workflow, on every task", "每个任务都是工作流的节点", tasklog.task_node),
        Change("result", "`reject` comes out as `return`", "`reject` 成为 `return`", tasklog.result_told),
        Change(
            "pause_kind",
            "as 原因 names it on `pause`, where it does",
            "`pause` 的按“原因”所写，没有写的没有",
            tasklog.pause_kind_told,
        ),
        Change(
            "right_type",
            "except `mortgage`, and there of 700",
            "`mortgage` 之外的，以及其中 700 的",
            tasklog.right_told,
        ),
        Change("registration_type", "900", "900 的", tasklog.type_told),
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


def losses_in_words(losses: Losses, *, in_chinese: bool = False) -> list[str]:
    """One clause of Markdown for each sort of loss."""
    steps, columns, last, comma, colon = (
        ("环节 ", "列 ", "同一环节的多次操作，只留最后一次", "、", "：")
        if in_chinese
        else ("steps ", "columns ", "of several actions of one step, all but the last", ", ", ": ")
    )
    words = []
    if losses.steps:
        words.append(steps + _listed(losses.steps, comma))
    if losses.columns:
        words.append(columns + _listed(losses.columns, comma))
    words += [f"`{each.column}`{colon}{each.zh if in_chinese else each.words}" for each in losses.changes]
    if losses.only_last:
        words.append(last)
    return words
