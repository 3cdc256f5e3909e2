"""What a correction changes: each figure that differs from the report before, and which imports did it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import duckdb
from msgspec import Struct

from regaudit.base.periods import Period
from regaudit.catalogue.sqlfile import result_sql
from regaudit.outlets.case_counts import class_title, read_rows
from regaudit.outlets.reports.case_measures import measure_title

_FIGURES = ("figures", "bridge", "nights", "exports", "unknowns", "ledger", "inspections", "trend", "days")
_NAMES = ("key", "family", "state", "role", "rule", "entry", "month", "days", "source", "name", "title")
"""By what a row of a list is known from one report to the next."""
_WHENS = {"now": "本期", "before": "上期", "year_before": "上年同期"}
_ANY = "any"
"""Stands among the periods for all of time."""
_PARTS = {
    "figures": "办件",
    "bridge": "台账增减",
    "nights": "夜间作业",
    "exports": "缺失的导出",
    "unknowns": "无法判断",
    "ledger": "台账",
    "inspections": "抽查",
    "trend": "走势",
    "days": "用时分布",
}
_TITLES = """
    value=数值 numerator=分子 denominator=分母 percent=百分比 entries=项数 cases=件数
    accepted=受理 closed=办结 on_time=按时 dated=应计 opening=期初 new=新增 recurred=再犯
    followed=接续 reopened=更正后恢复 struck=销号 unfounded=不成立 excused=说明采纳 quashed=撤销
    referred=移交 voided=随夜撤销 closing=期末 upheld=成立 judged=已认定 subjects=对象 waiting=只在等待
    late=逾期 steps=有期限的办理 past_due=期末已过期限 silent=期满未答 red=红 orange=橙 yellow=黄 blue=蓝
    whose=抽查范围 part=层 way=抽取方式
    drawn=应查 examined=已查 failed=不合格 faulty=有问题 count=总体 told=可以说的话
    none=无 green=绿 open=未了结 ran=有夜间作业 workdays=工作日 missing=缺夜 lights=灯 states=状态
    ages=账龄 limits=逾期 relapses=屡改屡犯 extensions=延期 appeals=申诉 verdicts=规则的差错
    funnel=办理进度 made=提出 pending=待决 changed=变更 ask=申请 grant=同意 refuse=不同意
    thrice=第三次申请 paper=书面批准 typed_later=补录 nights=夜
"""
_WORDS = dict(pair.split("=") for pair in _TITLES.split())
Flat = dict[tuple[str, ...], Any]


class Brought(Struct, frozen=True):
    """Which imports since an earlier report brought rows of which cases, by period, office and class."""

    by_period: Mapping[str, Mapping[tuple[str, str], Sequence[int]]]

    def of(self, when: str, office: str, limit_class: str) -> list[int]:
        """Those that may have changed a figure; empty names are of all.

        Where none brought rows of cases that are counted in it now, one may have left it: then those count
        that brought rows of any case of the office and class, else of the office.
        """
        places = ((when, limit_class), (_ANY, limit_class), (_ANY, ""))
        return next((found for name, each in places if (found := self._in(name, office, each))), [])

    def _in(self, when: str, office: str, limit_class: str) -> list[int]:
        found = self.by_period.get(when, {})
        return sorted({
            number
            for (own, of_class), numbers in found.items()
            if office in ("", own) and limit_class in ("", of_class)
            for number in numbers
        })  # fmt: skip


def read_brought(
    db: duckdb.DuckDBPyConnection, position: int, period: Period, titles: Mapping[str, str]
) -> Brought:
    """What imports brought behind a log position, of the three periods that a report tells of."""
    spans = [(each.first, each.last) for each in (period, period.before, period.year_before)]
    found = {}
    for when, (first, last) in zip((*_WHENS, _ANY), (*spans, (date.min, date.max)), strict=True):
        wanted = {"position": position, "first": first, "last": last}
        rows = read_rows(db, result_sql("report_brought"), wanted)
        found[when] = {(r["office"], class_title(titles, r["limit_class"])): r["imports"] for r in rows}
    return Brought(found)


def changes_of(
    old: Mapping[str, Any], new: Mapping[str, Any], brought: Brought, all_name: str
) -> list[dict[str, Any]]:
    """Each figure that differs: where it stands, what it was, what it is, and the imports that changed it.

    What no import changed follows from what people did since: steps typed later, nights withdrawn.

    Args:
        old: the report before.
        new: the report now.
        brought: which imports brought what since.
        all_name: what all offices together are called.
    """
    before, after = _flat(old), _flat(new)
    names = {**_names(old), **_names(new)}
    whole = new.get("office_name", all_name)
    found = []
    for path in dict.fromkeys([*before, *after]):
        was, now = before.get(path), after.get(path)
        if was == now:
            continue
        office, limit_class, when = _place(path, new)
        part = path[0]
        numbers = (
            brought.of(when, "" if office == all_name else office, limit_class)
            if part in ("figures", "trend", "days", "unknowns")
            else []
        )
        found.append({
            "path": "/".join(path),
            "title": _title(path, whole if office == all_name else office, limit_class, names),
            "old": was,
            "new": now,
            "imports": numbers,
        })  # fmt: skip
    return found


def _flat(facts: Mapping[str, Any]) -> Flat:
    return dict(pair for part in _FIGURES for pair in _leaves(facts.get(part), (part,)))


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list):
        if all(isinstance(each, dict) for each in value):
            for number, each in enumerate(value):
                yield from _leaves(each, (*path, _known_by(each, number)))
        else:
            yield path, value
    elif not (path[-1] in (*_NAMES, "office", "limit_class", "unit") and len(path) > 1):
        yield path, value


def _names(facts: Mapping[str, Any]) -> dict[tuple[str, ...], str]:
    """What people call the rows that a code stands for, by where a row is."""
    return dict(pair for part in _FIGURES for pair in _named_rows(facts.get(part), (part,)))


def _named_rows(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, dict):
        if path[-1] != path[0] and (title := value.get("title") or _part_of(value)):
            yield path, str(title)
        for key, inner in value.items():
            yield from _named_rows(inner, (*path, key))
    elif isinstance(value, list) and all(isinstance(each, dict) for each in value):
        for number, each in enumerate(value):
            yield from _named_rows(each, (*path, _known_by(each, number)))


def _part_of(row: Mapping[str, Any]) -> str:
    return f"{row['month']} {row['part']}" if "month" in row and "part" in row else ""


def _known_by(row: Mapping[str, Any], number: int) -> str:
    if "measures" in row:
        return f"{row['office']}|{row['limit_class']}"
    return next((str(row[name]) for name in _NAMES if row.get(name) not in (None, "")), f"{number}")


def _place(path: tuple[str, ...], facts: Mapping[str, Any]) -> tuple[str, str, str]:
    """The office, the class of limits and the period that a figure is of."""
    office, _, limit_class = path[1].partition("|") if path[0] == "figures" else (facts["office"], "", "")
    return office, limit_class, next((part for part in path if part in _WHENS), "now")


def _title(path: tuple[str, ...], office: str, limit_class: str, names: Mapping[tuple[str, ...], str]) -> str:
    """What a figure is, for people."""
    if path[0] == "figures":
        words = (_WHENS.get(part, _WORDS.get(part, part)) for part in path[4:])
        return "·".join([office, limit_class or "全部类别", measure_title(path[3]), *words])
    words = (
        names.get(path[: depth + 1]) or _WHENS.get(part) or _WORDS.get(part, part)
        for depth, part in enumerate(path[1:], start=1)
    )
    return "·".join([_PARTS[path[0]], *words])
