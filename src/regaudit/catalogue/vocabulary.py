"""The canonical columns and values with their Chinese names.

Source of the columns: the canonical step log and the accounts roster as documented in `docs/formats.md`;
of the values: `projections/reference/vocabulary.csv`, which the warehouse's titles come from too.
"""

from functools import cache

import polars as pl

from regaudit.catalogue.content import projections_dir

STEP_COLUMNS: dict[str, tuple[str, ...]] = {
    "case_no": ("业务号", "受理编号"),
    "office": ("登记机构", "区县代码"),
    "step": ("环节",),
    "node": ("节点",),
    "order_no": ("审核顺序号",),
    "result": ("结果",),
    "started_at": ("开始时间",),
    "occurred_at": ("操作时间",),
    "account": ("账号",),
    "operator": ("操作人",),
    "terminal": ("终端", "操作IP"),
    "registration_type": ("登记类型",),
    "right_type": ("权利类型",),
    "applicant_kind": ("申请人类型",),
    "channel": ("渠道",),
    "batch_no": ("批次号",),
    "unit_no": ("不动产单元号",),
    "pause_kind": ("暂停类型",),
    "reason": ("原因",),
    "approver": ("批准人",),
    "serial_no": ("印刷序列号",),
    "promised_at": ("承诺时间",),
}
ROSTER_COLUMNS: dict[str, tuple[str, ...]] = {
    "account": ("账号",),
    "person_id": ("人员编号", "人员标识"),
    "person_name": ("姓名", "人员姓名"),
    "office": ("登记机构", "区县代码"),
    "org_kind": ("机构类别", "单位类别"),
    "post": ("岗位",),
    "valid_from": ("启用日期", "生效日期"),
    "valid_to": ("停用日期", "失效日期"),
}
STEP_REQUIRED = ("case_no", "office", "step", "occurred_at")
ROSTER_REQUIRED = ("account", "person_id")
TIME_COLUMNS = ("occurred_at", "started_at", "promised_at")
DATE_COLUMNS = ("valid_from", "valid_to")
IDENTITY_COLUMNS = ("office", "case_no", "step", "node", "occurred_at", "unit_no", "serial_no", "batch_no")
"""With the actor (account, else operator) after `node`, these make the identity of an action."""


def display_name(column: str) -> str:
    """The Chinese name of a canonical column."""
    return (STEP_COLUMNS | ROSTER_COLUMNS)[column][0]


@cache
def canonical_values(column: str) -> dict[str, str]:
    """Chinese names and aliases of a column's coded values → the canonical value."""
    names: dict[str, str] = {}
    for value, title, aliases in _vocabulary(column).iter_rows():
        names |= dict.fromkeys([title, *filter(None, aliases.split("|"))], value)
    return names


@cache
def value_titles(column: str) -> dict[str, str]:
    """A column's canonical values → their Chinese names."""
    return {value: title for value, title, _ in _vocabulary(column).iter_rows()}


def _vocabulary(column: str) -> pl.DataFrame:
    path = projections_dir() / "reference" / "vocabulary.csv"
    table = pl.read_csv(path, infer_schema=False).fill_null("").filter(pl.col("column") == column)
    return table.select("value", "title", "aliases")


def coded_columns() -> tuple[str, ...]:
    """Columns whose values the vocabulary lists."""
    return (
        "step",
        "result",
        "registration_type",
        "right_type",
        "applicant_kind",
        "channel",
        "pause_kind",
        "org_kind",
    )
