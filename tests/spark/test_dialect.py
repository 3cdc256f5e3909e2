"""Each rule of the dialect: what DuckDB answers, Spark answers to what the rule makes of it."""

import tomllib
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from regaudit.catalogue.sqlfile import load_sql_files
from regaudit.spark.dialect import RULES, to_spark

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROWS = """(
    SELECT * FROM (VALUES
        (1, 'a', 3, TIMESTAMP '2026-03-02 09:30:15.25', true),
        (1, 'b', NULL, TIMESTAMP '2026-03-31 00:00:00', false),
        (1, NULL, 1, NULL, true),
        (2, NULL, NULL, TIMESTAMP '2026-02-01 23:59:59', NULL),
        (2, 'c', NULL, NULL, true)
    ) AS given(k, t, n, "at", is_it)
) AS r"""
ASKED: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("asked.toml").read_text("utf-8"))
"""What is asked of each rule; `flat_tables` is asked by every table that is built."""


def answers(rows: list[tuple[object, ...]]) -> Counter[str]:
    return Counter(repr(tuple(row)) for row in rows)


def test_every_rule_is_asked() -> None:
    assert {rule.__name__ for rule in RULES} == {*ASKED, "flat_tables"}


def test_a_table_is_a_view_that_keeps_its_name() -> None:
    assert to_spark("select steps.a, c.b from core.steps cross join core.cases as c").lower() == (
        "select steps.a, c.b from core__steps as steps cross join core__cases as c"
    )


@pytest.mark.parametrize("file", load_sql_files(), ids=lambda file: file.table)
def test_every_file_can_be_said(file: object) -> None:
    said = to_spark(file.select)  # type: ignore[attr-defined]
    assert "::" not in said
    assert not {"staging.", "core.", "findings.", "reference.", "params."} & {
        word for word in said.split() for word in [word[: word.find(".") + 1]] if word
    }


@pytest.mark.spark
@pytest.mark.parametrize("rule", ASKED)
def test_both_engines_answer_alike(spark: "SparkSession", rule: str) -> None:
    for select in (text.replace("{ROWS}", ROWS) for text in ASKED[rule]):
        with duckdb.connect() as db:
            ours = db.execute(select).fetchall()
        theirs = [_plain(tuple(row)) for row in spark.sql(to_spark(select)).collect()]
        assert answers(ours) == answers(theirs), select


def _plain(row: tuple[object, ...]) -> tuple[object, ...]:
    assert all(isinstance(value, (type(None), bool, int, str, list, date, datetime)) for value in row)
    return row
