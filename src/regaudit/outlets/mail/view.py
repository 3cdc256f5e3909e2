"""A digest in the reader's words, news before tables: the light and its reasons, cards, matters, then counts.

Both templates lay out what is prepared here, so text and HTML cannot say different things.
"""

from collections import Counter

from msgspec import Struct
from msgspec.structs import replace

from regaudit.audit.light import LIGHTS, Light, title_of
from regaudit.base.running_text import day_text, full_width, moment_text
from regaudit.outlets.mail.cards import Section, sections_of, sources_told
from regaudit.outlets.mail.digest import Digest, RuleCount, Seal
from regaudit.outlets.mail.ledger_stand import stand_lines
from regaudit.outlets.mail.matters import FIRST, Matter, headed, matters_of
from regaudit.outlets.mail.wording import (
    SEVERITIES,
    Lists,
    graded,
    lists,
    one_line,
    rank,
    safe,
    sentence_of,
    subject_of,
)

LEGEND = (
    "灯只说本夜。红灯：有新增的严重或重要问题，或运行失败、记录不一致等须立即查明的情况；"
    "黄灯：有新增的一般问题，或数据、设置有须留意之处；绿灯：本夜没有这些情况。"
    "以前发现、至今未结的问题另列，不影响本夜的灯。"
)
IN_DATABASE = "见分析数据库的 findings 表"
EARLIER = "首次运行时"


class Because(Struct, frozen=True, kw_only=True):
    """A reason of the light."""

    light: Light
    label: str
    title: str
    text: str


class CountRow(Struct, frozen=True, kw_only=True):
    """A row of the table by rule and severity."""

    title: str
    severity: str
    severity_label: str
    new: int
    continuing: int
    gone: int


class View(Struct, frozen=True, kw_only=True):
    """Everything the templates print."""

    subject: str
    office_name: str
    night: str
    light: Light
    light_name: str
    status: str
    sentence: str
    because: list[Because]
    first_matters: list[Matter]
    sections: list[Section]
    attachment: str
    matters: list[Matter]
    notes: list[str]
    ledger: list[str]
    unknowns: list[str]
    standing: str
    counts: list[CountRow]
    figures_title: str
    figures: list[tuple[str, int]]
    footer: list[tuple[str, str]]
    legend: str = LEGEND


def make_view(digest: Digest, prefix: str, *, attachment: str = "", rest: str = IN_DATABASE) -> View:
    """Prepare `digest` for the templates; `prefix` opens the subject.

    Args:
        digest: what to tell.
        prefix: `mail.subject_prefix`.
        attachment: one sentence on the workbook of all new and open findings; empty without any.
        rest: where the findings stand that have no card.
    """
    digest = safe(_with_lines(digest))
    found = lists(digest)
    night = digest.report.on
    matters = matters_of(digest, sources_told(found))
    return View(
        subject=subject_of(digest, one_line(prefix), found),
        office_name=digest.office_name or digest.office,
        night=day_text(night),
        light=digest.light,
        light_name=f"{LIGHTS[digest.light]}灯",
        status=_status(digest),
        sentence=sentence_of(digest, found),
        because=_because(digest),
        first_matters=[matter for matter in matters if matter.code in FIRST],
        sections=sections_of(digest, found, rest),
        attachment=attachment,
        matters=[matter for matter in matters if matter.code not in FIRST],
        notes=[full_width(note) for note in digest.report.notes],
        ledger=stand_lines(digest.ledger, rest),
        unknowns=_unknowns(digest),
        standing=_standing(found),
        counts=[_count_row(count) for count in sorted(digest.counts, key=_count_order)],
        figures_title=f"{day_text(night, night)}的数字",
        figures=_figures(digest),
        footer=_footer(digest),
    )


def _status(digest: Digest) -> str:
    """What the light stands for: the titles of the reasons that made it so."""
    titles = [title_of(reason.code) for reason in digest.because if reason.light == digest.light]
    return "、".join(dict.fromkeys(titles)) or "零报告"


def _because(digest: Digest) -> list[Because]:
    """The reasons beside the light; of a code with many, how many more there are."""
    above, below = headed(digest.because)
    left = Counter(reason.code for reason in below)
    last = {reason.code: number for number, reason in enumerate(above)}
    lines = []
    for number, reason in enumerate(above):
        title = title_of(reason.code)
        text = full_width(reason.text)
        if left[reason.code] and last[reason.code] == number:
            text += f"同类还有 {left[reason.code]} 条，见下文。"
        lines.append(
            Because(
                light=reason.light,
                label=LIGHTS[reason.light],
                title=f"{title}（{EARLIER}）" if reason.is_earlier else title,
                text=text,
            )
        )
    return lines


def _with_lines(digest: Digest) -> Digest:
    """`digest` with a failure for every line of one: a refusal lists what it found and what it needs."""
    lines = [line for text in digest.report.failures for line in text.splitlines() or [""]]
    return replace(digest, report=replace(digest.report, failures=lines))


def _unknowns(digest: Digest) -> list[str]:
    """What no rule could decide, with the reasons; due days of a year without a calendar apart."""
    lines = [f"{told.title} {told.subjects} 项：{full_width(told.why)}" for told in digest.unknowns]
    if digest.totals is not None and digest.totals.provisional_cases:
        cases = digest.totals.provisional_cases
        lines.append(f"期限待定 {cases} 件：到期日所在年份的工作日历尚未公布，公布后再计算")
    return lines


def _standing(found: Lists) -> str:
    if not found.standing:
        return ""
    return f"以前发现、至今未结 {len(found.standing)} 项：{graded(found.standing)}。"


def _count_order(count: RuleCount) -> tuple[int, int, str]:
    return rank(count.severity), -count.new, count.rule


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
        ("当日受理", totals.accepted_that_day),
        ("当日登簿", totals.booked_that_day),
        ("在办", totals.open_cases),
        ("其中暂停", totals.paused_cases),
        ("期限待定", totals.provisional_cases),
        ("新入日志（全部机构）", digest.report.events_appended),
    ]


def _footer(digest: Digest) -> list[tuple[str, str]]:
    return [
        ("截至", moment_text(digest.report.as_of)),
        ("登记机构", _office(digest)),
        ("收件岗位", digest.post),
        ("适用规则", full_width(digest.report.profile_title)),
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
