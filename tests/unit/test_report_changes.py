"""What a correction names: each figure that differs, and the imports that may have changed it."""

from typing import Any

from regaudit.outlets.reports.changes import Brought, changes_of

OFFICE = "150602"


def figure(value: int | None, numerator: int | None = None, denominator: int | None = None) -> dict[str, Any]:
    return {"value": value, "numerator": numerator, "denominator": denominator}


def facts(*measures: dict[str, Any], limit_class: str = "一般登记", **more: Any) -> dict[str, Any]:
    group = {"office": OFFICE, "limit_class": limit_class, "measures": list(measures)}
    return {"office": OFFICE, "figures": [group], **more}


def measure(key: str, now: dict[str, Any], before: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"key": key, "title": key, "unit": "件", "now": now, "before": before, "year_before": None}


BROUGHT = Brought(
    {
        "now": {(OFFICE, "一般登记"): [4]},
        "before": {("150603", "一般登记"): [5]},
        "any": {(OFFICE, "一般登记"): [4, 6], (OFFICE, "抵押登记"): [7], ("150603", "一般登记"): [5]},
    }
)


def test_only_what_differs_is_named_with_old_and_new_value() -> None:
    old = facts(measure("accepted", figure(3)), measure("on_time", figure(None, 2, 3)))
    new = facts(measure("accepted", figure(4)), measure("on_time", figure(None, 2, 3)))
    [change] = changes_of(old, new, BROUGHT, "ALL")
    assert (change["old"], change["new"], change["imports"]) == (3, 4, [4])
    assert change["title"] == "150602·一般登记·受理·本期·数值"
    assert changes_of(old, old, BROUGHT, "ALL") == []


def test_a_case_that_left_a_figure_is_looked_for_among_all_of_the_office() -> None:
    old = facts(measure("accepted", figure(3), figure(8)))
    new = facts(measure("accepted", figure(3), figure(7)))
    [change] = changes_of(old, new, BROUGHT, "ALL")
    assert change["imports"] == [4, 6]
    old, new = (facts(measure("accepted", figure(n)), limit_class="法定时限") for n in (1, 0))
    [change] = changes_of(old, new, BROUGHT, "ALL")
    assert change["imports"] == [4, 6, 7]


def test_what_appears_where_nothing_was_is_named_as_a_whole() -> None:
    old, new = facts(measure("accepted", figure(3))), facts(measure("accepted", figure(3), figure(2)))
    paths = {change["path"].rpartition("before")[2] for change in changes_of(old, new, BROUGHT, "ALL")}
    assert "/value" in paths


def test_the_ledger_changes_through_no_import() -> None:
    row = {"family": "time", "title": "时限", "closing": 4}
    old, new = facts(bridge=[row]), facts(bridge=[{**row, "closing": 3}])
    [change] = changes_of(old, new, BROUGHT, "ALL")
    assert (change["path"], change["old"], change["new"]) == ("bridge/time/closing", 4, 3)
    assert change["imports"] == []


def test_rows_are_called_what_people_call_them_and_not_by_their_codes() -> None:
    unknown = {"rule": "queue-jump", "title": "插队", "subjects": 1}
    state = {"state": "listed", "title": "挂账", "entries": 2}
    drawn = {
        "key": "150602-2026-03 150602/general",
        "month": "2026-03",
        "part": "150602 一般登记",
        "way": "掷骰子",
    }
    old = facts(unknowns=[unknown], ledger={"states": [state]}, inspections=[])
    new = facts(unknowns=[], ledger={"states": [{**state, "entries": 3}]}, inspections=[drawn])
    assert [change["title"] for change in changes_of(old, new, BROUGHT, "ALL")] == [
        "无法判断·插队·对象",
        "台账·状态·挂账·项数",
        "抽查·2026-03 150602 一般登记·层",
        "抽查·2026-03 150602 一般登记·抽取方式",
    ]


def test_all_offices_together_are_named() -> None:
    row = measure("accepted", figure(3))
    old, new = (
        {
            "office": "ALL",
            "office_name": "全部登记机构",
            "figures": [{"office": "ALL", "limit_class": "", "measures": [{**row, "now": figure(n)}]}],
        }
        for n in (3, 4)
    )
    [change] = changes_of(old, new, BROUGHT, "ALL")
    assert change["title"] == "全部登记机构·全部类别·受理·本期·数值"
