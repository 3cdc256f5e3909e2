"""The task log of a widespread platform suite, as its Excel export has it.

What the workflow engine notes besides (creating a process, claiming a task, ending) stands there, too.
Some of its events carry neither case number nor office: the process instance alone ties them to the case.
"""

from pathlib import Path

import polars as pl

from regaudit.catalogue.vocabulary import value_titles
from regaudit.simulate.cases import OTHER_PAUSE
from regaudit.simulate.rows import StepLog
from regaudit.simulate.story import FILLERS
from regaudit.simulate.writers.cells import as_moment
from regaudit.simulate.writers.workbooks import write_xlsx_sheets

NODES = {
    "accept": "受理",
    "book": "登簿",
    "certify": "缮证",
    "issue": "发证",
    "file": "归档",
}
"""Steps that are a task of the workflow; reviews have nodes of their own."""
CODES = {
    **dict.fromkeys(NODES, "FLOWABLE_COMPLETE"),
    "review": "FLOWABLE_COMPLETE",
    "pause": "PROCESS_HANG",
    "resume": "PROCESS_ACTIVE",
    "withdraw": "PROCESS_REVOKE",
    "refuse": "PROCESS_STOP",
    "expedite": "PROCESS_URGENT",
}
RETURNS = {"return": "FLOWABLE_BACK", "reject": "TASK_BACK_CHECK"}
"""Results of a review that are events of their own."""
_WITHOUT_CASE_NO = ("FLOWABLE_CREATE", "FLOWABLE_CLAIM", "PROCESS_HANG", "PROCESS_URGENT")
_KEY = ["office", "case_no"]


def write_task_log(log: StepLog, path: Path) -> None:
    """XLSX with the suite's thirteen columns, newest row first."""
    write_xlsx_sheets([("任务日志", _rows(log.whole()))], path)


def _rows(rows: pl.DataFrame) -> pl.DataFrame:
    cases = (
        rows.filter(pl.col("step") == "accept")
        .unique(_KEY, maintain_order=True)
        .select(*_KEY, _flow_name(), "unit_no", instance=pl.format("25{}", _number(8)))
    )
    events = pl.concat([_logged(rows), _created(rows), _claimed(rows), _ended(rows)])
    known = events.join(cases, on=_KEY, how="inner", maintain_order="left").sort(
        "at", "instance", "code", "account", descending=True, nulls_last=True, maintain_order=True
    )
    return known.select(
        序号=pl.int_range(1, pl.len() + 1),
        用户名="account",
        操作IP="terminal",
        日志类型="code",
        工作流实例ID="instance",
        流程名称="flow",
        受理编号=pl.when(~pl.col("code").is_in(_WITHOUT_CASE_NO)).then("case_no"),
        不动产单元号="unit_no",
        区县代码=pl.when(~pl.col("code").is_in(_WITHOUT_CASE_NO)).then("office"),
        审批来源=pl.lit("登记平台"),
        节点="node",
        原因="reason",
        操作时间=as_moment(pl.col("at")),
    )


def task_node() -> pl.Expr:
    """The workflow's node of an action: that of a review, else what the step is called."""
    return pl.coalesce("node", pl.col("step").replace_strict(NODES, default=None))


def result_told() -> pl.Expr:
    """The result as far as the event tells it: sent back, or not."""
    return pl.when(pl.col("result").is_in(list(RETURNS))).then(pl.lit("return"))


def type_told() -> pl.Expr:
    """The registration type as far as the flow's name tells it: 其它登记 is none of the standard's words."""
    return pl.when(pl.col("registration_type") != "900").then("registration_type")


def right_told() -> pl.Expr:
    """The right type as far as the flow's name tells it: mortgages, but for pre-notices of one."""
    is_told = (pl.col("right_type") == "mortgage") & (pl.col("registration_type") != "700")
    return pl.when(is_told).then("right_type")


def pause_kind_told() -> pl.Expr:
    """The kind of a pause as far as its reason names a lawful one."""
    is_told = (pl.col("step") == "pause") & pl.col("reason").is_not_null() & ~pl.col("reason").is_in(FILLERS)
    return pl.when(is_told & (pl.col("pause_kind") != OTHER_PAUSE)).then("pause_kind")


def _number(digits: int) -> pl.Expr:
    return pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(digits)


def _flow_name() -> pl.Expr:
    """`转移登记`, for mortgages `抵押权首次登记`."""
    title = pl.col("registration_type").replace(value_titles("registration_type"))
    prefix = pl.when(pl.col("right_type") == "mortgage").then(pl.lit("抵押权")).otherwise(pl.lit(""))
    return pl.concat_str(prefix, title).alias("flow")


def _events(rows: pl.DataFrame, code: pl.Expr, node: pl.Expr, at: str = "occurred_at") -> pl.DataFrame:
    return rows.select(*_KEY, "account", "terminal", "reason", code=code, node=node, at=at)


def _logged(rows: pl.DataFrame) -> pl.DataFrame:
    told = rows.filter(pl.col("step").is_in(list(CODES)))
    plain = pl.col("step").replace_strict(CODES)
    returned = pl.col("result").replace_strict(RETURNS, default=None)
    code = pl.when(pl.col("step") == "review").then(pl.coalesce(returned, plain)).otherwise(plain)
    return _events(told, code, task_node())


def _created(rows: pl.DataFrame) -> pl.DataFrame:
    accepted = rows.filter(pl.col("step") == "accept")
    return _events(accepted, pl.lit("FLOWABLE_CREATE"), pl.lit(None, pl.String))


def _claimed(rows: pl.DataFrame) -> pl.DataFrame:
    begun = rows.filter((pl.col("step") == "review") & pl.col("started_at").is_not_null())
    return _events(begun, pl.lit("FLOWABLE_CLAIM"), pl.col("node"), "started_at")


def _ended(rows: pl.DataFrame) -> pl.DataFrame:
    filed = rows.filter(pl.col("step") == "file")
    return _events(filed, pl.lit("FLOWABLE_END"), pl.lit(None, pl.String))
