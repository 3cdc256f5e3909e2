"""The larger sheets of a report's workbook as rows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from regaudit.ledger.states import LIGHTS

Rows = tuple[Sequence[str], list[list[Any]]]
_WHENS = ("now", "before", "year_before")
_TITLES = {"now": "本期", "before": "上期", "year_before": "上年同期"}
_ALL_CLASSES = "全部类别"
_WITH_TITLES = ("ask", "grant", "refuse", "thrice")


def figure_rows(facts: Mapping[str, Any]) -> Rows:
    """Every figure of every office and class, of three periods: value, numerator, denominator."""
    columns = ["登记机构", "名称", "时限类别", "指标", "单位"]
    for when in _WHENS:
        columns += [f"{_TITLES[when]}{part}" for part in ("", "分子", "分母")]
    rows = []
    for group in facts["figures"]:
        office = group["office"]
        name = facts["office_name"] if office == facts["office"] else facts["names"].get(office, office)
        for measure in group["measures"]:
            row = [office, name, group["limit_class"] or _ALL_CLASSES, measure["title"], measure["unit"]]
            for when in _WHENS:
                figure = measure[when] or {"value": None, "numerator": None, "denominator": None}
                row += [figure["value"], figure["numerator"], figure["denominator"]]
            rows.append(row)
    return columns, rows


def ledger_rows(facts: Mapping[str, Any]) -> Rows:
    """The ledger's part: what it is of, and up to six numbers each named in the head of its own line."""
    columns = ("部分", "项目", "项数", "红", "橙", "黄", "蓝", "无灯", "说明")
    return columns, list(_ledger(facts["ledger"]))


def correction_rows(facts: Mapping[str, Any]) -> Rows:
    """What a correction changed."""
    changes = facts["correction"]["changes"]
    rows = [[c["title"], _cell(c["old"]), _cell(c["new"]), imports_text(c["imports"])] for c in changes]
    return ("数字", "原为", "现为", "由哪次导入"), rows


def imports_text(numbers: Sequence[int]) -> str:
    """Which imports changed a figure; without any, what did."""
    return "、".join(f"第 {number} 次" for number in numbers) or "不因导入（台账的补录、夜间作业等）"


def _ledger(ledger: Mapping[str, Any]) -> Iterator[list[Any]]:
    for row in ledger["states"]:
        yield ["状态", row["title"], row["entries"], *(row[light] for light in reversed(LIGHTS)), None]
    for row in ledger["ages"]:
        yield _line("账龄", row["title"], row["entries"])
    for row in ledger["limits"]:
        persons = "、".join(f"{who['name']} {who['late']}" for who in row["persons"])
        told = f"有期限的办理 {row['steps']},期末已过期限 {row['past_due']},期满未答 {row['silent']}"
        yield _line("逾期", row["title"], row["late"], f"{told};{persons}" if persons else told)
    for row in ledger["relapses"]:
        told = f"{'、'.join(row['answers'])}：{row['entry']}，接 {row['recurs_of']}"
        yield _line("屡改屡犯", row["title"], row["recurrences"], told)
    for name, title in zip(_WITH_TITLES, ("申请", "同意", "不同意", "第三次申请而未了结"), strict=True):
        yield _line("延期", title, ledger["extensions"][name])
    appeals = (
        ("made", "提出"),
        ("upheld", "维持"),
        ("changed", "变更"),
        ("quashed", "撤销"),
        ("pending", "待决"),
    )
    for name, title in appeals:
        yield _line("申诉", title, ledger["appeals"][name])
    for row in ledger["verdicts"]:
        parts = (
            ("成立", "upheld"),
            ("说明采纳", "excused"),
            ("不成立", "unfounded"),
            ("申诉撤销", "quashed"),
        )
        told = ",".join(f"{title} {row[name]}" for title, name in parts)
        yield _line("规则的认定", row["title"], row["judged"], told)
    for row in ledger["funnel"]:
        yield _line("办理进度", row["title"], row["entries"])


def _line(part: str, title: str, count: int, told: str | None = None) -> list[Any]:
    """A line of what has no lights."""
    return [part, title, count, *(None for _ in LIGHTS), told]


def _cell(value: Any) -> Any:
    return value if isinstance(value, str | int | float) or value is None else str(value)
