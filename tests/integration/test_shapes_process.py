"""The process logs of the engine of a platform, as task tables or XES, become steps."""

from pathlib import Path

import pytest
from tables import ZONE, Row, rejected_of, rows_of, steps_of, table

from regaudit.sources.canonical.shapes import known_columns
from regaudit.sources.formats.open import open_export

LOG = [
    *("序号", "用户名", "操作IP", "日志类型", "工作流实例ID", "流程名称", "受理编号", "不动产单元号"),
    *("区县代码", "审批来源", "节点", "原因", "操作时间"),
]


def event(code: str, node: str = "", case_no: str = "", instance: str = "i1", **more: str) -> Row:
    cells = dict.fromkeys(LOG, "") | {
        "用户名": "li",
        "日志类型": code,
        "节点": node,
        "工作流实例ID": instance,
    }
    office = "150602" if case_no else ""
    return cells | {"受理编号": case_no, "区县代码": office, "操作时间": "2026-03-02 09:00:00"} | more


def test_task_log_rows_get_case_and_office_by_their_process_instance() -> None:
    events = [
        event("FLOWABLE_CREATE"),
        event("FLOWABLE_CLAIM", "受理"),
        event("FLOWABLE_COMPLETE", "受理", "C1"),
        event("FLOWABLE_CREATE", instance="i2"),
        event("FLOWABLE_COMPLETE", "受理", "C2", "i3"),
        event("FLOWABLE_COMPLETE", "初审", "C3", "i3"),
        event("PROCESS_HANG", instance="i3", 原因="补正"),
    ]
    export = steps_of([table("统计表", events, batch_rows=2)])
    assert export.mapping_name == "flowable-tasklog"
    assert rows_of(export, "step", "case_no", "office", "account", "node") == [
        ("创建", "C1", "150602", "li", None),
        ("认领", "C1", "150602", "li", "受理"),
        ("accept", "C1", "150602", "li", "受理"),
        ("accept", "C2", "150602", "li", "受理"),
        ("review", "C3", "150602", "li", "初审"),
    ]
    reasons = {(r.row_no, r.column): r.reason for r in rejected_of(export)}
    assert set(reasons) == {(5, "case_no"), (5, "office"), (8, "case_no")}
    assert "工作流实例ID" in reasons[5, "case_no"]
    assert "也找不到" in reasons[5, "case_no"]
    assert "不同的值" in reasons[8, "case_no"]


STEPS = [
    ("FLOWABLE_COMPLETE", "受理", "accept", None),
    ("转发", "受理审核", "accept", None),
    ("流程转发", "窗口收件", "accept", None),
    ("FLOWABLE_COMPLETE", "预受理", "预受理", None),
    ("FLOWABLE_COMPLETE", "初审", "review", None),
    ("转发", "核定", "review", None),
    ("转发", "登簿", "book", None),
    ("转发", "缮证", "certify", None),
    ("转发", "发证", "issue", None),
    ("转发", "归档", "file", None),
    ("转发", "收费", "charge", None),
    ("转发", "公告", "转发", None),
    ("FLOWABLE_BACK", "复审", "review", "return"),
    ("退回", "登簿", "return", None),
    ("TASK_BACK_CHECK", "", "review", "return"),
    ("PROCESS_HANG", "初审", "pause", None),
    ("挂起", "", "pause", None),
    ("激活流程", "", "resume", None),
    ("PROCESS_REVOKE", "", "withdraw", None),
    ("终止", "", "refuse", None),
    ("PROCESS_URGENT", "", "expedite", None),
    ("加急", "", "expedite", None),
    ("SDDB", "", "book", None),
    ("手动登簿", "", "book", None),
    ("FLOWABLE_END", "归档", "办结", None),
    ("FLOWABLE_DELETE", "", "删除", None),
    ("TASK_RETRIEVE", "", "取回", None),
]


def test_task_log_events_become_steps_by_code_or_name_and_node() -> None:
    events = [event(code, node, "C1") for code, node, _, _ in STEPS]
    found = rows_of(steps_of([table("统计表", events)]), "step", "node", "result", "pause_kind")
    assert found == [(step, node or None, result, None) for _, node, step, result in STEPS]


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("申请材料不齐，通知补正", "supplement"),
        ("依法公告", "notice"),
        ("实地查看", "site_visit"),
        ("利害关系人提出异议", "objection"),
        ("权属争议，中止办理", "suspension"),
        ("无需公告,等申请人", None),
        ("系统升级", None),
        ("", None),
    ],
)
def test_the_reason_of_a_pause_tells_its_kind_where_it_names_one(reason: str, kind: str | None) -> None:
    events = [
        event("PROCESS_HANG", "初审", "C1", 原因=reason),
        event("PROCESS_ACTIVE", "", "C1", 原因=reason),
    ]
    found = rows_of(steps_of([table("统计表", events)]), "step", "pause_kind")
    assert found == [("pause", kind), ("resume", None)]


@pytest.mark.parametrize(
    ("flow", "registration", "right"),
    [
        ("国有建设用地使用权及房屋所有权转移登记", "200", None),
        ("抵押权首次登记", "100", "mortgage"),
        ("抵押权注销登记", "400", "mortgage"),
        ("预购商品房抵押权预告登记", "700", None),
        ("商品房转移登记+抵押权首次登记", "200", None),
        ("查封登记", "800", None),
        ("档案查询", None, None),
        ("", None, None),
    ],
)
def test_the_flows_name_tells_registration_and_right_type(
    flow: str, registration: str | None, right: str | None
) -> None:
    export = steps_of([table("统计表", [event("转发", "受理", "C1", 流程名称=flow)])])
    assert rows_of(export, "registration_type", "right_type") == [(registration, right)]


XES = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
<trace><string key="concept:name" value="00123"/><string key="office" value="150602"/>
<event><string key="concept:name" value="受理"/><string key="lifecycle:transition" value="start"/>
<string key="org:resource" value="li"/><date key="time:timestamp" value="2026-03-02T08:50:00+08:00"/></event>
<event><string key="concept:name" value="受理"/><string key="lifecycle:transition" value="COMPLETE"/>
<string key="org:resource" value="li"/><date key="time:timestamp" value="2026-03-02T01:00:00.000Z"/></event>
<event><string key="concept:name" value="review"/><string key="node" value="初审"/>
<date key="time:timestamp" value="2026-03-02T10:00:00+08:00"/></event>
</trace></log>"""


def test_of_a_process_log_what_is_complete_counts(tmp_path: Path) -> None:
    path = tmp_path / "log.xes"
    path.write_text(XES, encoding="utf-8")
    export = steps_of(open_export(path, lambda _: None, known_columns()))
    assert export.mapping_name == "xes"
    assert rows_of(export, "case_no", "office", "step", "node", "occurred_at", "account") == [
        ("00123", "150602", "accept", None, "2026-03-02T09:00:00", "li"),
        ("00123", "150602", "review", "初审", "2026-03-02T10:00:00", None),
    ]
    assert [page.skipped for page in export.pages(ZONE)] == [1]
