"""A digest in the reader's words: subject, light, one sentence, and the lists, sorted and capped.

Both templates lay out what is prepared here, so text and HTML cannot say different things.
"""

import re
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from regaudit.outlets.mail.digest import Digest, Line, RuleCount, Seal
from regaudit.outlets.mail.wording import (
    LIST_CAP,
    SEVERITIES,
    WEEKDAYS,
    Light,
    day_of,
    found_text,
    gaps_text,
    light_of,
    lists,
    one_line,
    rank,
    safe,
    sentence_of,
    shown,
    subject_of,
    urgency,
)

LEGEND = (
    "红灯：运行失败，或有超期、重要、严重问题；"
    "黄灯：有将到期的办件、一般问题，或数据不全；绿灯：检查完整且没有问题。"
)


class Item(Struct, frozen=True, kw_only=True):
    """A finding as both templates show it."""

    severity: str
    severity_label: str
    title: str
    case_no: str
    summary: str
    due: str
    facts: list[str]


class Section(Struct, frozen=True, kw_only=True):
    """A list of the mail: `total` findings, of which `LIST_CAP` are shown."""

    key: str
    title: str
    unit: str
    note: str
    total: int
    items: list[Item]

    @property
    def rest(self) -> int:
        """How many are left out."""
        return self.total - len(self.items)


class CountRow(Struct, frozen=True, kw_only=True):
    """A row of the table by rule and severity."""

    title: str
    severity: str
    severity_label: str
    new: int
    continuing: int
    gone: int


class Problem(Struct, frozen=True, kw_only=True):
    """Something that went wrong in the night: what, which, and what to do about it."""

    title: str
    lines: list[str]
    rest: int
    advice: str


class View(Struct, frozen=True, kw_only=True):
    """Everything the templates print."""

    subject: str
    office_name: str
    night: str
    light: Light
    status: str
    sentence: str
    problems: list[Problem]
    sections: list[Section]
    counts: list[CountRow]
    figures: list[tuple[str, int]]
    notices: list[str]
    footer: list[tuple[str, str]]
    legend: str = LEGEND

    @property
    def phrases(self) -> list[str]:
        """The sentence cut at its punctuation, for narrow screens to break only there."""
        return re.findall(r"[^，：；]+[，：；]?", self.sentence)


def make_view(digest: Digest, prefix: str) -> View:
    """Prepare `digest` for the templates; `prefix` opens the subject."""
    failure_count = len(digest.report.failures)
    digest = safe(_with_lines(digest))
    due_soon, new, continuing = lists(digest)
    light, status = light_of(digest, due_soon, new, continuing)
    found = found_text(due_soon, new, continuing)
    return View(
        subject=subject_of(digest, one_line(prefix), found),
        office_name=digest.office_name or digest.office,
        night=f"{digest.report.on.year}年{day_of(digest.report.on)}（周{WEEKDAYS[digest.report.on.weekday()]}）",
        light=light,
        status=status,
        sentence=sentence_of(digest, found),
        problems=_problems(digest, failure_count, [*shown(new), *shown(continuing)]),
        sections=_sections(digest, due_soon, new, continuing),
        counts=[_count_row(count) for count in sorted(digest.counts, key=_count_order)],
        figures=_figures(digest),
        notices=digest.report.notices,
        footer=_footer(digest),
    )


def _count_order(count: RuleCount) -> tuple[int, int, str]:
    return rank(count.severity), -count.new, count.rule


def _with_lines(digest: Digest) -> Digest:
    """`digest` with a failure for every line of one: a refusal lists what it found and what it needs."""
    lines = [line for text in digest.report.failures for line in text.splitlines() or [""]]
    return replace(digest, report=replace(digest.report, failures=lines))


def _problems(digest: Digest, failure_count: int, shown: list[Line]) -> list[Problem]:
    problems = []
    if not digest.is_whole:
        failures = digest.report.failures or ["本夜没有留下完整的运行结果"]
        advice = "数字可能不全，分析数据库可能仍是上次成功运行的结果。请排除原因后重新运行 regaudit nightly。"
        problems.append(_problem(f"运行失败（{failure_count or 1} 处）", failures, advice))
    if digest.report.missing:
        advice = "请向平台索取导出，到齐后重新运行 regaudit nightly；缺的部分本夜没有检查。"
        told = {line.source for line in shown}
        untold = [source for source in digest.report.missing if source not in told]
        if len(untold) < len(digest.report.missing):
            advice += "缺的是哪些、缺了几晚，见下文“导出缺失”。"
        problems.append(_problem(f"缺少应到的导出（{len(digest.report.missing)} 个）", untold, advice))
    if digest.report.has_open_rows:
        advice = (
            "这些行没有进入检查。文件里写明了行号、列名和原因，改正后用 regaudit import 重新导入即可；"
            "本就不该导入的，用 regaudit quarantine --dismiss 注销。在此之前每夜都会提示。"
        )
        rows = _rows_text(digest.report.quarantined, digest.report.quarantined_before)
        problems.append(_problem(f"有隔离行{rows}", digest.report.quarantine_files, advice))
    return problems


def _rows_text(tonight: int, before: int) -> str:
    if before:
        return f"（今晚新增 {tonight} 行，共 {tonight + before} 行待改正）"
    return f"（{tonight} 行）" if tonight else ""


def _problem(title: str, lines: list[str], advice: str) -> Problem:
    return Problem(title=title, lines=lines[:LIST_CAP], rest=max(0, len(lines) - LIST_CAP), advice=advice)


def _sections(digest: Digest, due_soon: list[Line], new: list[Line], continuing: list[Line]) -> list[Section]:
    """The lists that are not empty, in the order of the mail."""
    gone = sorted(digest.gone, key=urgency)
    night = digest.report.on
    gone_note = "上一夜仍在，本夜未再发现；不等于已销号。说明是当时所记"
    if not digest.is_whole or gaps_text(digest):
        gone_note = "本夜数据不全，不能据此认定问题已消除"
    blocks = [
        ("due_soon", "将到期", "件", "在办，尚未超期，须在期限内办结", due_soon),
        ("new", "新增问题", "项", "", new),
        ("continuing", "持续问题", "项", "以前已发现，至今仍在", continuing),
        ("gone", "不再出现", "项", gone_note, gone),
    ]
    return [
        Section(
            key=key,
            title=title,
            unit=unit,
            note=note,
            total=len(lines),
            items=[_item(line, key, night) for line in shown(lines)],
        )
        for key, title, unit, note, lines in blocks
        if lines
    ]


def _item(line: Line, key: str, night: date) -> Item:
    due = ""
    if line.due_on is not None:
        near = {0: "今日到期", 1: "明日到期"} if key == "due_soon" else {}
        when = near.get((line.due_on - night).days, "到期日")
        due = f"{when} {day_of(line.due_on)}（周{WEEKDAYS[line.due_on.weekday()]}）"
    facts = []
    if key != "new":
        since = (night - line.first_found_on).days
        facts.append(f"{day_of(line.first_found_on)}首次发现" + (f"，第 {since + 1} 天" if since > 0 else ""))
    facts.append(f"编号 {line.finding_id}")
    return Item(
        severity=line.severity if line.severity in SEVERITIES else "critical",
        severity_label=SEVERITIES.get(line.severity, line.severity),
        title=line.rule_title,
        case_no=line.case_no or "",
        summary=line.summary,
        due=due,
        facts=facts,
    )


def _count_row(count: RuleCount) -> CountRow:
    return CountRow(
        title=count.title,
        severity=count.severity if count.severity in SEVERITIES else "critical",
        severity_label=SEVERITIES.get(count.severity, count.severity),
        new=count.new,
        continuing=count.continuing,
        gone=count.gone,
    )


def _figures(digest: Digest) -> list[tuple[str, int]]:
    totals = digest.totals
    if totals is None:
        return []
    return [
        ("今日受理", totals.accepted_today),
        ("今日登簿", totals.booked_today),
        ("在办", totals.open_cases),
        ("其中暂停", totals.paused_cases),
        ("期限待定", totals.provisional_cases),
        ("新入日志（全部机构）", digest.report.events_appended),
    ]


def _footer(digest: Digest) -> list[tuple[str, str]]:
    return [
        ("截至", f"{digest.report.as_of:%Y-%m-%d %H:%M}"),
        ("登记机构", _office(digest)),
        ("收件岗位", digest.post),
        ("适用规则", digest.report.profile_title),
        ("运行序号", "无（本夜未完成）" if digest.report.run_no is None else str(digest.report.run_no)),
        ("日志位置", str(digest.report.log_position)),
        *([("日志检查点", _seal_text(digest.report.seal))] if digest.report.seal else []),
    ]


def _office(digest: Digest) -> str:
    """Name and code; an office without a name is called by its code."""
    if digest.office_name in ("", digest.office):
        return digest.office
    return f"{digest.office_name}（{digest.office}）"


def _seal_text(seal: Seal) -> str:
    return (
        f"前 {seal.size} 条，指纹 {seal.fingerprint}（签名见附件，请保存本邮件：日后可据以证明日志未被改写）"
    )
