"""Reasons for a night's light that lie in what it computed: news, silent offices, what nobody can decide."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any

import duckdb
from msgspec import Struct

from regaudit.audit.judged_nights import Subjects
from regaudit.audit.light import Light, Reason
from regaudit.base.running_text import day_text
from regaudit.catalogue.event_types import SettingChange
from regaudit.catalogue.rules import SEVERITIES, Rule
from regaudit.catalogue.sqlfile import result_sql

_WHY = {"opened": "", "raised": "其中级别升高的 {} 项", "acted": "其中原有问题又有新行为的 {} 项"}
_LOST = {"ceased": "有 {} 项问题因此消失", "due_moved": "有 {} 项问题因此改了到期日"}
_FEW, _SHARE = 2, 0.05
_NAMED = 3
"""So many corrected rows are named."""
Rows = list[dict[str, Any]]


class SilentOffice(Struct, frozen=True, kw_only=True):
    """An office that has fallen silent: the last action, and how many working days ago that is."""

    office: str
    last_on: date
    days: int


def new_findings(db: duckdb.DuckDBPyConnection) -> list[Reason]:
    """News of each office: what no earlier night had, what rose in severity, what was done again."""
    of_office: dict[str | None, Rows] = defaultdict(list)
    for row in _rows(db, "news"):
        of_office[row["office"]].append(row)
    return [_news(office, rows) for office, rows in of_office.items()]


def _news(office: str | None, rows: Rows) -> Reason:
    grades = Counter(row["severity"] for row in rows)
    rules = Counter(row["rule_title"] for row in rows)
    light: Light = "red" if grades["critical"] or grades["major"] else "yellow"
    parts = "、".join(f"{title} {grades[name]}" for name, title in SEVERITIES.items() if grades[name])
    names = "、".join(f"{title} {number}" for title, number in rules.most_common())
    whys = Counter(row["why"] for row in rows)
    again = [form.format(whys[why]) for why, form in _WHY.items() if form and whys[why]]
    text = f"新增问题 {len(rows)} 项（{parts}）：{names}{''.join(f'；{part}' for part in again)}。"
    return Reason(code="new", light=light, text=text, count=len(rows), office=office)


def lost_through_late_rows(db: duckdb.DuckDBPyConnection) -> list[Reason]:
    """What rows and rosters did that came late: findings that ceased or are due on another day."""
    return [_late(row) for row in _rows(db, "lost_news")]


def _late(row: dict[str, Any]) -> Reason:
    of_import = f"第 {row['import_no']} 次导入（{row['file_name']}）"
    if row["how"] == "rewritten":
        text = f"{of_import}的名册改写了已查过的操作是谁所为或账号是否有效：{row['names']}。"
    else:
        done = _LOST.get(row["how"], _LOST["ceased"]).format(row["findings"])
        text = f"{of_import}补来已查过的日子的 {row['late_rows']} 行，{done}：{row['names']}。"
    if row["backfill"]:
        text += f"导入时声明为补录，理由：{row['backfill']}。"
    light: Light = "red" if row["grave"] and row["how"] == "ceased" else "yellow"
    return Reason(code="late", light=light, text=text, count=row["findings"], office=row["office"])


def corrected_actors(db: duckdb.DuckDBPyConnection) -> list[Reason]:
    """Rejected rows that came back as another's act, by office and import."""
    of_import: dict[tuple[str, int], Rows] = defaultdict(list)
    for row in _rows(db, "corrected_actors"):
        of_import[row["office"], row["import_no"]].append(row)
    return [_corrected(office, rows) for (office, _), rows in of_import.items()]


def _corrected(office: str, rows: Rows) -> Reason:
    of_import = f"第 {rows[0]['import_no']} 次导入（{rows[0]['file_name']}）"
    named = "；".join(
        f"第 {row['rejecting_no']} 次导入（{row['rejected_file']}）隔离的第 {row['rejected_row_no']} 行"
        f"（业务 {row['case_no']} {row['step_title']}）"
        f"由 {row['old_actor'] or '空白'} 改为 {row['new_actor'] or '空白'}"
        for row in rows[:_NAMED]
    )
    more = f" 等 {len(rows)} 处" if len(rows) > _NAMED else ""
    text = f"隔离后更正的行换了办理账号，见{of_import}：{named}{more}。"
    return Reason(code="quarantined", light="yellow", text=text, count=len(rows), office=office)


def silent_offices(db: duckdb.DuckDBPyConnection) -> tuple[list[SilentOffice], list[str]]:
    """Offices that have fallen silent, and notes on those that act after their end."""
    rows = _rows(db, "silent_offices")
    notes = [
        f"机构 {row['office']} 的 until 是{day_text(row['until_on'])}，"
        f"此后仍有操作（最近{day_text(row['last_on'])}）"
        for row in rows
        if row["is_after_end"]
    ]
    silent = [
        SilentOffice(office=row["office"], last_on=row["last_on"], days=row["days_since"])
        for row in rows
        if not row["is_after_end"]
    ]
    return silent, notes


def account_changes(db: duckdb.DuckDBPyConnection) -> list[SettingChange]:
    """What rosters since the last night changed of accounts known before."""
    found = []
    for row in _rows(db, "account_changes"):
        name = f"名册·{row['office'] or ''}·{row['account']}"
        for title, column in (("人员编号", "person_id"), ("机构类别", "org_kind")):
            old, new = row[f"old_{column}"] or "", row[f"new_{column}"] or ""
            if old != new:
                found.append(SettingChange(what=f"{name}·{title}", old=old, new=new))
    return found


def missed_nights(db: duckdb.DuckDBPyConnection, previous: date | None, night: date) -> list[date]:
    """The working days between two nights of which none was run."""
    if previous is None:
        return []
    days = db.execute(
        "SELECT on_date FROM core.workdays "
        "WHERE calendar = '*' AND is_workday AND on_date > ? AND on_date < ? ORDER BY on_date",
        [previous, night],
    ).fetchall()
    return [day for (day,) in days]


def rules_in_error(db: duckdb.DuckDBPyConnection) -> list[str]:
    """Rules that could not be run, and why."""
    rows = db.execute(
        "SELECT rule, error FROM results.rule_runs WHERE status = 'error' ORDER BY rule"
    ).fetchall()
    return [f"规则 {rule} 运行出错：{error}" for rule, error in rows]


def undecided(db: duckdb.DuckDBPyConnection) -> Subjects:
    """The subjects that could not be decided, by rule and office."""
    found: Subjects = defaultdict(set)
    for row in _rows(db, "unknown_subjects"):
        found[row["rule"], row["office"]].add(row["subject_id"])
    return dict(found)


def more_undecided(
    db: duckdb.DuckDBPyConnection,
    became: Subjects,
    rules: Mapping[str, Rule],
    *,
    before: int,
) -> list[Reason]:
    """Where more became undecidable than a few, and than a small share of what was examined tonight.

    Args:
        db: the warehouse.
        became: the subjects that became so, by rule and office.
        rules: those that ran.
        before: the log position of the last night of an earlier date.
    """
    reasons = []
    for (rule, office), subjects in sorted(became.items()):
        if len(subjects) <= _FEW:
            continue
        examined = _examined_tonight(db, f"findings.{rules[rule].table}", office, before)
        if len(subjects) > max(_FEW, _SHARE * examined):
            reasons.append(
                Reason(
                    code="unknown",
                    light="yellow",
                    text=(
                        f"“{rules[rule].title}”本夜有 {len(subjects)} 个对象变得无法判断"
                        f"（本夜检查 {examined} 个）。"
                    ),
                    count=len(subjects),
                    office=office or None,
                )
            )
    return reasons


def _examined_tonight(db: duckdb.DuckDBPyConnection, table: str, office: str, before: int) -> int:
    """How many subjects of an office a rule examined first or anew: of cases those with rows since."""
    columns = {name for name, *_ in db.execute(f"DESCRIBE {table}").fetchall()}
    mine = "WHERE office = $office" if "office" in columns and office else ""
    parameters: dict[str, Any] = {"office": office} if mine else {}
    touched = ""
    if {"office", "case_no"} <= columns:
        touched = (
            "SEMI JOIN (SELECT office, case_no FROM core.steps WHERE position > $before) AS s "
            "ON t.office = s.office AND t.case_no = s.case_no"
        )
        mine, parameters["before"] = mine.replace("office =", "t.office ="), before
    counted = db.execute(f"SELECT count(*) FROM {table} AS t {touched} {mine}", parameters)
    return int(counted.fetchall()[0][0])


def _rows(db: duckdb.DuckDBPyConnection, name: str) -> Rows:
    cursor = db.execute(result_sql(name))
    columns = [column for column, *_ in cursor.description or []]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
