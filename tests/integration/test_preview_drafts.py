"""A draft of a mapping accuses nobody: what it proposes is sure, and what it leaves open does no harm."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from conftest import Desk

Row = dict[str, str]


def drafted(desk: Desk, rows: list[Row], name: str = "log.csv") -> tuple[dict[str, Any], Path]:
    """The draft for an export, with what its comments would say were they no comments."""
    path, draft = desk.export(name, rows), desk.home / "draft.toml"
    desk.run("preview", path, "--write", draft)
    return tomllib.loads(draft.read_text("utf-8")), draft


def log(cases: int = 8, **more: str) -> list[Row]:
    steps = (("收件受理", "09:05:10"), ("初审", "10:15:20"), ("登簿", "15:25:30"))
    return [
        {"流水号": f"20260405{n:04}", "流程环节": step, "完成时间": f"2026-04-{n + 5:02} {at}", **more}
        for n in range(cases)
        for step, at in steps
    ]


@pytest.mark.parametrize(
    "planned", ["计划完成时间", "承诺办结时间", "应办结时间", "预计完成日期", "due_date", "planned_end"]
)
def test_a_planned_date_is_no_time_of_an_action(desk: Desk, planned: str) -> None:
    rows = [row | {planned: "2026-05-01 17:00:00"} for row in log()]
    for row in rows:
        row["办结时刻"] = row.pop("完成时间")
    content, _ = drafted(desk, rows)
    assert content["columns"].get("occurred_at") != planned
    assert content["columns"].get("started_at") != planned


def test_a_planned_date_makes_no_action_of_a_wide_row(desk: Desk) -> None:
    row = {"编号": "1", "受理时间": "2026-04-05 09:05:10", "审核时间": "2026-04-06 09:05:10"}
    rows = [row | {"编号": str(n), "计划登簿时间": "2026-04-09 09:05:10"} for n in range(30)]
    content, _ = drafted(desk, rows)
    assert {action["step"] for action in content["actions"]} == {"accept", "review"}


@pytest.mark.parametrize("attribute", ["申请人", "权利人姓名", "代理人", "(case) operator", "customer"])
def test_who_applied_did_not_act(desk: Desk, attribute: str) -> None:
    content, _ = drafted(desk, [row | {attribute: "林申"} for row in log()])
    assert attribute not in content["columns"].values()


def test_who_is_the_same_on_all_rows_of_every_case_is_no_actor(desk: Desk) -> None:
    names = ["林一", "吴二", "王三", "赵四", "钱五", "孙六", "李七", "周八"]
    rows = log()
    fixed = [row | {"经办人": names[n // 3]} for n, row in enumerate(rows)]
    assert "经办人" not in drafted(desk, fixed)[0]["columns"].values()
    (desk.home / "draft.toml").unlink()
    changing = [row | {"经办人": names[n % 7]} for n, row in enumerate(rows)]
    assert drafted(desk, changing, "other.csv")[0]["columns"]["operator"] == "经办人"


@pytest.mark.parametrize(
    ("names", "given"),
    [
        (("登记大类", "登记小类", "登记原因", "原因说明"), ("登记大类", "登记小类", "登记原因", "原因说明")),
        (("DJDL", "DJXL", "DJYY", "备注"), ("DJDL", "DJXL", "DJYY", "备注")),
        (("业务类型", "业务小类", "登记事由", "意见"), ("业务类型", "业务小类", "登记事由", "意见")),
        (("登记大类", "备用", "申请时间", "原因说明"), ("登记大类", None, None, "原因说明")),
    ],
)
def test_subtype_and_matter_are_told_from_type_and_reason(
    desk: Desk, names: tuple[str, ...], given: tuple[str | None, ...]
) -> None:
    cells = dict(
        zip(names, ("转移登记", "国有建设用地使用权及房屋所有权转移", "分割", "材料齐"), strict=True)
    )
    columns = drafted(desk, [row | cells for row in log()])[0]["columns"]
    mapped = ("registration_type", "subtype", "matter", "reason")
    assert tuple(columns.get(name) for name in mapped) == given


def test_all_values_of_the_step_column_are_listed(desk: Desk) -> None:
    rows = log(cases=900)
    rows[-1]["流程环节"] = "归档移交"
    rows[-2]["流程环节"] = "奇怪环节"
    content, draft = drafted(desk, rows)
    text = draft.read_text("utf-8")
    assert content["values"]["step"]["收件受理"] == "accept"
    assert "归档移交" in text
    assert '# "奇怪环节" = "奇怪环节" # 1 行' in text


def test_how_many_values_are_not_listed_is_told(desk: Desk) -> None:
    rows = [row | {"流程环节": f"环节{n}"} if n % 3 == 1 else row for n, row in enumerate(log(cases=400))]
    assert "# 另有 " in drafted(desk, rows)[1].read_text("utf-8")


def test_template_lines_do_no_harm_when_they_count(desk: Desk) -> None:
    rows = [row | {"区县": "150602"} for row in log()]
    rows[0]["流程环节"] = "奇怪环节"
    _, draft = drafted(desk, rows)
    lines = draft.read_text("utf-8").splitlines()
    counting = [line[2:] if line.startswith(('# "', "# office")) else line for line in lines]
    draft.write_text("\n".join(counting), encoding="utf-8")
    [export] = desk.facts("preview", desk.home / "log.csv", "--mapping", draft)["exports"]
    assert (export["quarantined"], export["unmapped"]["step"][0]["value"]) == (0, "奇怪环节")


def test_the_office_of_the_template_is_none_until_it_is_filled_in(desk: Desk) -> None:
    _, draft = drafted(desk, log())
    draft.write_text(draft.read_text("utf-8").replace("# office", "office"), encoding="utf-8")
    told = desk.run("import", desk.home / "log.csv", "--mapping", draft)
    assert (told.status, desk.events("import-recorded")) == (1, [])
    assert "office(登记机构)" in told.err


def test_only_exports_with_its_columns_are_read_by_a_draft(desk: Desk) -> None:
    content, _ = drafted(desk, log())
    assert content["required"] == ["流水号", "流程环节", "完成时间"]


def test_a_log_of_a_shipped_form_extends_that(desk: Desk) -> None:
    rows = [
        {
            "case:concept:name": row["流水号"],
            "concept:name": row["流程环节"],
            "time:timestamp": row["完成时间"],
        }
        | {"org:resource": "lin", "lifecycle:transition": "complete"}
        for row in log()
    ]
    content, draft = drafted(desk, rows)
    assert content == {"extends": "xes", "constants": {}}
    text = draft.read_text("utf-8")
    draft.write_text(text.replace('# office = ""', 'office = "150602"'), encoding="utf-8")
    [export] = desk.facts("preview", desk.home / "log.csv", "--mapping", draft)["exports"]
    assert (export["mapping"], export["rows"], export["absent"]) == ("draft.toml", 24, [])


@pytest.mark.parametrize("names", [("操作日期", "操作时间"), ("办理日期", "办理时刻")])
def test_a_day_and_a_clock_are_joined(desk: Desk, names: tuple[str, str]) -> None:
    rows = []
    for row in log():
        day, clock = row.pop("完成时间").split(" ")
        rows.append(row | {"登记机构": "150602", names[0]: day, names[1]: clock})
    if names[1] == "操作时间":
        rows = [{"业务号": row.pop("流水号"), "环节": row.pop("流程环节"), **row} for row in rows]
    content, draft = drafted(desk, rows)
    assert content["join"] == {"occurred_at": list(names)}
    [export] = desk.facts("preview", desk.home / "log.csv", "--mapping", draft)["exports"]
    assert (export["quarantined"], export["times"], export["dates"]) == (0, 24, 0)
