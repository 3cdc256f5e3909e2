"""Limits, clocks and due days of many cases at once, against a plain Python loop over `chinesecalendar`.

Both sides begin with the actions at hand and end with each case's due days by promise and by statute, its
days used and days paused. Their answers for the sample are compared: a fast clock that is wrong is none.
"""

import tempfile
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import chinese_calendar

from regaudit.base.progress import no_progress
from regaudit.base.settings import Settings
from regaudit.catalogue.profiles import load_profile
from regaudit.catalogue.rules import load_rules
from regaudit.catalogue.sqlfile import SqlFile
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.make import make_log
from regaudit.warehouse.build import Warehouse
from regaudit.warehouse.reference import load_reference

PROFILE, LIMITS, STATUTORY = "ordos-2023", {"mortgage": 3, "4": 5}, 30
AS_OF = datetime(2026, 9, 30, 23, 59, 59)
SAMPLE = 2_000
DAY = timedelta(1)
# Spread without chance: the same numbers on every machine. A third of the cases is paused, a tenth open.
_ACTIONS = """
INSERT INTO staging.steps BY NAME
WITH cases AS (
    SELECT
        number,
        TIMESTAMP '2025-01-02 08:00:00' + to_seconds(hash(number, 1) % (590 * 86400)) AS accepted_at,
        hash(number, 2) % 100 < 33 AS is_paused,
        hash(number, 3) % 100 < 95 AS is_resumed,
        hash(number, 4) % 100 < 90 AS is_booked,
        hash(number, 5) % (6 * 86400) AS to_pause,
        hash(number, 6) % (15 * 86400) + 3600 AS to_resume,
        hash(number, 7) % (8 * 86400) + 3600 AS to_book,
        CASE WHEN hash(number, 8) % 100 < 36 THEN 'mortgage' ELSE '4' END AS right_type
    FROM range(?) AS numbers(number)
),
actions AS (
    SELECT number, 'accept' AS step, accepted_at AS occurred_at, right_type, NULL AS pause_kind FROM cases
    UNION ALL
    SELECT number, 'pause', accepted_at + to_seconds(to_pause), NULL, 'supplement' FROM cases WHERE is_paused
    UNION ALL
    SELECT number, 'resume', accepted_at + to_seconds(to_pause + to_resume), NULL, NULL
    FROM cases WHERE is_paused AND (is_resumed OR is_booked)
    UNION ALL
    SELECT number, 'book', accepted_at + to_seconds(to_pause + to_resume + to_book), NULL, NULL
    FROM cases WHERE is_booked
)
SELECT
    row_number() OVER (ORDER BY number, occurred_at) AS position, false AS is_altered, false AS is_extended,
    1 AS import_no, 1 AS part_no, '150602' AS office, number::VARCHAR AS case_no, 'time' AS precision,
    * EXCLUDE (number)
FROM actions
"""
_ANSWERS = """
SELECT case_no, due_on, statutory_due_on, used_days, paused_days FROM core.cases
WHERE case_no::BIGINT < ?
"""
_SAMPLE = """
SELECT
    case_no,
    any_value(right_type),
    min(occurred_at) FILTER (step = 'accept')::DATE,
    max(occurred_at) FILTER (step = 'book')::DATE,
    min(occurred_at) FILTER (step = 'pause')::DATE,
    min(occurred_at) FILTER (step = 'resume')::DATE
FROM core.steps INNER JOIN core.actions USING (position, case_no, step, occurred_at)
WHERE case_no::BIGINT < ? GROUP BY case_no
"""


class Answer(NamedTuple):
    """What either side says of a case."""

    due_on: date | None
    statutory_due_on: date | None
    used_days: int
    paused_days: int


class Case(NamedTuple):
    """A case for the loop: the class of its limit, the days of its actions."""

    right_type: str
    accepted_on: date
    booked_on: date | None
    paused_on: date | None
    resumed_on: date | None


def measure(cases: int) -> list[tuple[str, str]]:
    """Time both sides; labels and figures.

    Raises:
        SystemExit: they differ.
    """
    with tempfile.TemporaryDirectory() as folder, _prepared(Path(folder), cases) as warehouse:
        _make(warehouse, _before_clocks(warehouse.files))
        started = time.perf_counter()
        _make(warehouse, _clocks(warehouse.files))
        each = (time.perf_counter() - started) / cases
        answers = {no: Answer(*row) for no, *row in warehouse.db.execute(_ANSWERS, [SAMPLE]).fetchall()}
        sample = {no: Case(*row) for no, *row in warehouse.db.execute(_SAMPLE, [SAMPLE]).fetchall()}
    started = time.perf_counter()
    expected = {no: by_loop(case) for no, case in sample.items()}
    each_by_loop = (time.perf_counter() - started) / len(sample)
    if wrong := [no for no, answer in expected.items() if answers[no] != answer]:
        no = wrong[0]
        raise SystemExit(f"{len(wrong)} clocks differ: {sample[no]}\n{answers[no]}\n{expected[no]}")
    return [
        (f"clocks of {cases:,} cases", f"{each * cases:.1f} s, {each * 1e6:.1f} µs a case"),
        (
            "  against a loop over chinesecalendar",
            f"{each_by_loop / each:.0f}× a case ({each_by_loop * 1e6:.0f} µs)",
        ),
    ]


def by_loop(case: Case) -> Answer:
    """One case, one day after the other."""
    reached_on = case.booked_on or AS_OF.date()
    due_on = statutory_due_on = None
    counted = used = paused = 0
    day = case.accepted_on
    while due_on is None or statutory_due_on is None or day < reached_on:
        day += DAY
        try:
            is_workday = chinese_calendar.is_workday(day)
        except NotImplementedError:  # a year that is not published
            break
        if is_workday:
            is_stopped = (
                case.paused_on is not None
                and case.paused_on < day
                and (case.resumed_on is None or day <= case.resumed_on)
            )
            if is_stopped and case.resumed_on is None and day > reached_on:
                break
            counted += not is_stopped
            used += not is_stopped and day <= reached_on
            paused += is_stopped and day <= reached_on
            if due_on is None and counted == LIMITS[case.right_type]:
                due_on = day
            if statutory_due_on is None and counted == STATUTORY:
                statutory_due_on = day
    return Answer(due_on, statutory_due_on, used, paused)


def _prepared(folder: Path, cases: int) -> Warehouse:
    """A warehouse with the actions staged and the reference tables made."""
    warehouse = Warehouse(folder)
    make_log(folder)
    with EventLog(folder) as log:
        warehouse.catch_up(log, no_progress)
    warehouse.db.execute(_ACTIONS, [cases])
    warehouse.db.execute("INSERT INTO staging.import_parts BY NAME SELECT 1 AS import_no, 1 AS part_no")
    load_reference(
        warehouse.db,
        as_of=AS_OF,
        settings=Settings(),
        national=None,
        profile=load_profile(PROFILE),
        rules=list(load_rules().values()),
    )
    warehouse.db.execute("CREATE SCHEMA IF NOT EXISTS core")
    return warehouse


def _clocks(files: list[SqlFile]) -> list[SqlFile]:
    """The tables between the actions and the cases, in order."""
    return _core(files, _read_by(files, "core.cases") - {file.table for file in _before_clocks(files)})


def _before_clocks(files: list[SqlFile]) -> list[SqlFile]:
    """What the clocks begin with: the actions, and the calendar's days."""
    return _core(files, _read_by(files, "core.steps") | _read_by(files, "core.workdays"))


def _core(files: list[SqlFile], tables: set[str]) -> list[SqlFile]:
    return [file for file in files if file.layer == "core" and file.table in tables]


def _read_by(files: list[SqlFile], table: str) -> set[str]:
    """A table and all that it is made from."""
    reads = {file.table: file.reads for file in files}
    found, ahead = set(), [table]
    while ahead:
        name = ahead.pop()
        if name in reads and name not in found:
            found.add(name)
            ahead.extend(reads[name])
    return found


def _make(warehouse: Warehouse, files: list[SqlFile]) -> None:
    for file in files:
        kind = "VIEW" if file.head.get("view") else "TABLE"
        warehouse.db.execute(f"CREATE {kind} {file.table} AS {file.select}")
