"""Which column of an unknown table may be which canonical one: by its name, and by how its cells look."""

import re
from collections.abc import Callable, Iterable
from difflib import SequenceMatcher
from functools import cache

import polars as pl

from regaudit.catalogue.vocabulary import STEP_COLUMNS, canonical_values
from regaudit.intake.preview.facts import Candidate
from regaudit.sources.canonical.cells import clean_cells
from regaudit.sources.canonical.mapping import Mapping, Sheet, listed, shipped_mappings
from regaudit.sources.canonical.times import parse_times
from regaudit.sources.formats.headers import plain_name
from regaudit.sources.tables import ROW_NO, Table, no_rows

SAMPLE_ROWS = 2_000
LIKELY = 0.6
_POSSIBLE = 0.5
_OF_THE_NAME = 0.6
_NEUTRAL = 0.5
# Names that platforms give; a guess needs them, an import never looks at them.
_USUAL: dict[str, tuple[str, ...]] = {
    "case_no": (
        "流水号",
        "业务编号",
        "办件编号",
        "办件号",
        "案卷号",
        "宗号",
        "收件编号",
        "申请编号",
        "caseid",
    ),
    "office": ("区县", "区划代码", "行政区", "机构代码", "所属机构", "受理机构", "登记所", "qxdm"),
    "step": ("流程环节", "业务环节", "活动", "任务名称", "操作类型", "办理环节", "activity", "task"),
    "node": ("岗位节点", "审批节点", "岗位", "节点名称", "审核级别"),
    "result": ("审核结果", "办理结果", "操作结果", "审批意见", "处理结果"),
    "started_at": ("接收时间", "到达时间", "签收时间", "开始办理时间", "start"),
    "occurred_at": ("完成时间", "办理时间", "结束时间", "提交时间", "处理时间", "审核时间", "timestamp"),
    "account": ("登录名", "用户名", "工号", "登录账号", "用户账号", "user", "login"),
    "operator": ("办理人", "经办人", "处理人", "姓名", "办理人员", "受理人", "审核人", "人员"),
    "terminal": ("IP", "IP地址", "客户端", "机器名", "工作站"),
    "registration_type": ("登记大类", "业务类型", "登记小类", "业务类别", "办件类型"),
    "right_type": ("权利", "不动产权利类型", "抵押类型"),
    "applicant_kind": ("申请人类别", "权利人类型"),
    "channel": ("来源", "申请渠道", "受理方式", "办理渠道"),
    "batch_no": ("批量号", "批次", "合并号"),
    "unit_no": ("单元号", "BDCDYH", "不动产单元"),
    "pause_kind": ("暂停类别", "挂起类型", "暂停原因类型"),
    "reason": ("备注", "原因说明", "意见", "说明"),
    "approver": ("审批人", "批准人员", "加急批准人"),
    "serial_no": ("证书序列号", "印刷号", "证书编号"),
    "promised_at": ("承诺办结时间", "承诺期限", "应办结时间", "到期时间"),
    "order_no": ("顺序号", "审核序号"),
}
# What a step's name may hint at, too weak to be entered without a person's look.
_HINTS = {
    "pause": "挂起|补正通知|补正告知|中止|公告开始|实地查看开始",
    "resume": "激活|补正完成|补正提交|公告结束|恢复",
    "accept": "收件|接件|申请",
    "book": "登记簿|记载",
    "certify": "打证|制证|证书打印",
    "issue": "领证|领取|送达",
    "file": "档案|存档",
    "charge": "缴费|税费",
    "assign": "分派|分办|派发",
}
_NODES = re.compile(r"初审|复审|核定|审批|审核|登簿|缮证|受理")
_PERSON = r"^[\u4e00-\u9fff·]{2,4}\d?$"
_LOOKS: dict[str, str] = {
    "case_no": r"^[A-Za-z]*[-_]?\d[\w-]{4,}$|^\d{4,}$",
    "office": r"^\d{6}$",
    "account": r"^[A-Za-z][\w.@-]*$|^\d{3,8}$",
    "operator": _PERSON,
    "approver": _PERSON,
    "terminal": r"^\d{1,3}(?:\.\d{1,3}){3}$|^[A-Za-z]+-[\w-]+$",
    "unit_no": r"^\d{12}[A-Z]{2}\d+",
    "order_no": r"^\d{1,2}$",
    "node": _NODES.pattern,
}
_TIMES = ("occurred_at", "started_at", "promised_at")
_OF_THE_CASE = (
    *("case_no", "office", "registration_type", "right_type", "applicant_kind", "channel", "batch_no"),
    *("unit_no", "promised_at"),
)
"""Columns about a whole case: no other can be a column `case:…` of a flattened XES log."""
_NEEDS_ITS_LOOKS = (*_TIMES, "terminal", "unit_no", "office", "order_no", "operator", "approver")
"""Columns that a name alone does not make: cells must look the part."""


def sample_of(table: Table) -> pl.DataFrame:
    """The first rows of a table as clean text, and `ROW_NO`."""
    batch = next(iter(table.read()), None)
    rows = batch.rows.head(SAMPLE_ROWS) if batch else no_rows(table.columns)
    return clean_cells(rows, [name for name in table.columns if name in rows.columns])


def guess_columns(rows: pl.DataFrame, zone: str) -> dict[str, list[Candidate]]:
    """Candidates for each canonical column of a step log, the likeliest first; those without are left out."""
    names = [name for name in rows.columns if name != ROW_NO]
    looks = {name: _looks(rows[name].drop_nulls(), zone) for name in names}
    guessed = {}
    for column in STEP_COLUMNS:
        scored = [Candidate(name, round(_score(column, name, looks[name]), 2)) for name in names]
        likely = sorted((c for c in scored if c.score >= _POSSIBLE), key=lambda c: -c.score)
        if likely:
            guessed[column] = likely[:4]
    return guessed


def assign(candidates: dict[str, list[Candidate]]) -> dict[str, str]:
    """One column for each canonical one, the surest first, each given once; unlikely ones are left out."""
    ranked = sorted(
        ((c.score, column, c.column) for column, found in candidates.items() for c in found),
        key=lambda item: -item[0],
    )
    given: dict[str, str] = {}
    for score, column, name in ranked:
        if score >= LIKELY and column not in given and name not in given.values():
            given[column] = name
    return given


def guess_step(text: str) -> str:
    """The canonical step that a text names as a whole or as its only known part; else empty.

    `收件受理` is accept; 受理审核 might be either.
    """
    known = canonical_values("step")
    if text in known:
        return known[text]
    found = {step for title, step in known.items() if title in text}
    if not found and re.search(r"初审|复审|核定|审批", text):
        return "review"
    return found.pop() if len(found) == 1 else ""


def hint_of_step(text: str) -> str:
    """The canonical step that a text hints at; empty where it hints at none."""
    return next((step for step, pattern in _HINTS.items() if re.search(pattern, text)), "")


def time_columns(rows: pl.DataFrame, zone: str) -> list[str]:
    """The columns whose cells are times; of blank ones, those that are called so."""
    found = []
    for name in (name for name in rows.columns if name != ROW_NO):
        looks = _looks(rows[name].drop_nulls(), zone)
        if looks.get("occurred_at", 0) >= LIKELY or (not looks and name.endswith(("时间", "日期"))):
            found.append(name)
    return found


@cache
def _known_names(column: str) -> tuple[str, ...]:
    """Names that a canonical column has anywhere: ours, the shipped mappings', and usual ones."""
    mapped = [name for mapping in shipped_mappings().values() for name in _named(mapping, column)]
    found = [column, *STEP_COLUMNS[column], *_USUAL.get(column, ()), *mapped]
    return tuple(dict.fromkeys(plain_name(name) for name in found))


def _named(mapping: Mapping, column: str) -> Iterable[str]:
    sheets: list[Sheet] = [mapping, *mapping.tables]
    for sheet in sheets:
        for columns in (sheet.columns, *(action.columns for action in sheet.actions)):
            yield from listed(columns.get(column, []))


def _score(column: str, name: str, looks: dict[str, float]) -> float:
    by_name = max(_similarity(plain_name(name), known) for known in _known_names(column))
    if name.startswith("case:") and column not in _OF_THE_CASE:
        return 0.0
    by_looks = looks.get("occurred_at" if column in _TIMES else column, _NEUTRAL)
    if column in _NEEDS_ITS_LOOKS and by_looks < _NEUTRAL:
        return 0.0
    if column not in _TIMES and looks.get("occurred_at", 0) >= LIKELY:
        return 0.0
    return _OF_THE_NAME * by_name + (1 - _OF_THE_NAME) * by_looks


def _similarity(name: str, known: str) -> float:
    if name == known:
        return 1.0
    ratio = SequenceMatcher(None, name, known).ratio()
    is_part = len(known) > 1 and (known in name or (len(name) > 1 and name in known))
    return max(ratio, 0.8) if is_part else ratio


def _looks(cells: pl.Series, zone: str) -> dict[str, float]:
    """By canonical column, the share of cells that look like it; nothing is said of an empty column."""
    if not len(cells):
        return {}
    shares = {column: _share(cells.str.contains(pattern)) for column, pattern in _LOOKS.items()}
    shares["occurred_at"] = _share(parse_times(cells, zone, zone).is_not_null())
    for column in ("result", "registration_type", "right_type", "applicant_kind", "channel", "pause_kind"):
        shares[column] = _share(cells.is_in(list(canonical_values(column))))
    shares["step"] = _weighed(cells, lambda value: bool(guess_step(value)))
    # What never repeats is no office, step or terminal, what is always the same is no case number.
    distinct = cells.n_unique() / len(cells)
    if len(cells) >= 20:  # noqa: PLR2004 - fewer say nothing about repetition
        for column in ("office", "step", "node", "terminal"):
            shares[column] *= distinct <= _NEUTRAL
        shares["case_no"] *= cells.n_unique() > 1
    return shares


def _share(found: pl.Series) -> float:
    return float(found.sum()) / len(found)


def _weighed(cells: pl.Series, test: Callable[[str], bool]) -> float:
    counts = cells.value_counts()
    return float(sum(n for value, n in counts.iter_rows() if test(value))) / len(cells)
