"""A second export of the last weeks, in which some rows were rewritten and some are gone.

Everything else in it is known from the first export. It covers its period: an action of these days that it
lacks was taken out of the platform's log.
"""

from datetime import date
from random import Random

import polars as pl
from msgspec import Struct

from regaudit.simulate.actions import UNKNOWN
from regaudit.simulate.rows import StepLog, mix
from regaudit.simulate.worktime import DAY, WorkAxis

FOLDER = "reexport"
RULES_REEXPORT = ("log-altered", "log-vanished")
"""The rules that the truth beside the second export is about."""
_WEEKS = 15
"""Working days that it covers."""
_FEW, _RATE = 3, 0.0002
_RESULT, _WORDS, _START, _NOTHING = range(4)
"""What is rewritten in a row."""
_EARLIER = 600
_REASON = "补录"


class Reexport(Struct, frozen=True):
    """A second export: its rows, the first day it covers, and rule and case of what was done to the log."""

    log: StepLog
    covers_from: date
    broken: list[tuple[str, int]]


def tamper(rng: Random, actions: pl.DataFrame, log: StepLog, axis: WorkAxis) -> Reexport:
    """Rewrites some reviews of the last weeks and leaves out some rows, each of another case.

    Args:
        rng: Source of chance.
        actions: All actions as numbers, each once.
        log: The first export.
        axis: What the moments mean.
    """
    first = max(0, axis.last - _WEEKS + 1)
    rows = actions.filter(pl.col("at") >= first * DAY).with_row_index("row")
    is_review = (pl.col("step") == "review") & (pl.col("result") != "return") & (pl.col("started") != UNKNOWN)
    count = max(_FEW, round(log.case_count * _RATE))
    altered = _some(rng, rows.filter(is_review), count)
    others = rows.filter(~pl.col("case").is_in(altered["case"].implode()))
    vanished = _some(rng, others, count)
    kept = rows.filter(~pl.col("row").is_in(vanished["row"].implode()))
    turn = pl.col("row").replace_strict(
        altered["row"], [n % _NOTHING for n in range(altered.height)], default=_NOTHING
    )
    told = kept.with_columns(
        result=pl.when(turn == _RESULT).then(pl.lit("return")).otherwise("result"),
        reason=pl.when(turn == _WORDS).then(pl.lit(_REASON)).otherwise("reason"),
        started=pl.when(turn == _START).then(pl.col("started") - _EARLIER).otherwise("started"),
    ).drop("row")
    broken = [("log-altered", case) for case in altered["case"]]
    broken += [("log-vanished", case) for case in vanished["case"]]
    return Reexport(log.with_actions(mix(rng, told)), axis.days[first], broken)


def _some(rng: Random, rows: pl.DataFrame, count: int) -> pl.DataFrame:
    """So many rows, each of another case, or fewer."""
    each = rows.unique("case", keep="first", maintain_order=True)
    places = rng.sample(range(each.height), min(count, each.height))
    return each[pl.Series(places, dtype=pl.UInt32)]
