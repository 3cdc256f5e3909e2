"""The night: import → project → check → publish → ledger → mail, in order, with one summary.

Whatever fails, the supervision posts hear of it: a failed night must never look like a clean one.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

import duckdb
from msgspec import Struct

from regaudit.audit.check import Checked, Closing, RunKind, check, open_warehouse
from regaudit.audit.ledger_nights import Night, read_night, reread
from regaudit.audit.light import Light, Reason
from regaudit.audit.workspace import Workspace
from regaudit.base.errors import LockLostError, LockUnprovenError, WorkspaceBusyError
from regaudit.base.failures import explain
from regaudit.catalogue.calendar import calendar_notices
from regaudit.catalogue.event_types import RunCompleted
from regaudit.catalogue.events import LogEvent
from regaudit.intake.results import ImportResult
from regaudit.ledger.numbers import Numbers
from regaudit.operation.books import Booked, close_books
from regaudit.operation.gather import Gathered, gather
from regaudit.operation.judgement import Judgement
from regaudit.operation.lake_night import add_to_lake
from regaudit.operation.light import Judge, judge_failed, judge_repeated, judge_unpublished, record_failed
from regaudit.operation.night_mail import mail_night
from regaudit.operation.open import Stranded, importing
from regaudit.operation.report import Known, make_report, read_known
from regaudit.operation.report_night import month_reports
from regaudit.outlets.mail.post import Posted
from regaudit.proof.integrity import Integrity, integrity_of


class NightSummary(Struct, frozen=True, kw_only=True):
    """What a night did.

    Exit status: 1 something failed, also a mail or what goes to the lake; 3 rejected rows are open, an export
    is missing or was not read whole; else 0. `unread` is what is missing from tonight's imports.
    `quarantined` rows of tonight's imports are open, and `quarantined_open` of all imports.
    """

    as_of: datetime
    light: Light
    because: list[Reason]
    imports: list[ImportResult]
    checked: Checked | None
    failures: list[str]
    missing: list[str]
    unread: list[str]
    quarantined: int
    quarantined_open: int
    notices: list[str]
    ledger: Booked
    mail: Posted
    lake: list[str]

    @property
    def exit_status(self) -> int:
        """The command's exit status."""
        if self.failures or self.mail.problems or self.lake:
            return 1
        return 3 if self.quarantined_open or self.missing or self.unread else 0

    @property
    def remarks(self) -> list[tuple[str, str]]:
        """What people must know, the worst first: a label and a text (Chinese)."""
        rows = f"本夜新增 {self.quarantined} 行,共 {self.quarantined_open} 行待改正"
        return [
            *(("失败", text) for text in self.failures),
            *(("邮件", text) for text in self.mail.problems),
            *(("湖", text) for text in self.lake),
            *(("缺导出", text) for text in self.missing),
            *(("未读全", text) for text in self.unread),
            *(
                [("有隔离行", f"{rows},见 quarantine/ 和 regaudit quarantine")]
                if self.quarantined_open
                else []
            ),
            *(("提示", text) for text in [*self.notices, *self.mail.notes]),
        ]


class AfterMail(Struct, frozen=True, kw_only=True):
    """What was done once the posts had heard: what is told of it, and what was wrong with the lake."""

    notices: list[str] = []
    lake: list[str] = []


def run_night(
    opened: Workspace | Stranded,
    files: Sequence[Path],
    *,
    as_of: datetime | None = None,
    mapping: str | None = None,
    backfill: str = "",
    rebuild: bool = False,
    told: Sequence[str] = (),
) -> NightSummary:
    """Run the night with the given files or, without any, with what the settings name under `sources`.

    `backfill` is why rows of days that nights have judged come only now, where somebody declares it. `told`
    is told with the night, without a light (Chinese).

    Without an as-of time it is the regular night, up to now: one that the ledger has overtaken has failed,
    while an old night that somebody asks for is a mere repetition. In a workspace that does not open, the
    night has failed before it began.

    Raises:
        WorkspaceBusyError: somebody imports; the night has not begun.
        LockLostError: a lock was lost on the way, so another night may be at work: what this one has not
            stored or mailed by then it does not, and tells nobody but who called it.
    """
    is_regular, as_of = as_of is None, as_of or opened.now()
    night: Night | None = None
    tonight = Gathered()
    notices = [*told]
    checked: Checked | None = None
    whole: Integrity | None = None
    judgement = Judgement(because=[])
    after = AfterMail()
    posted = Posted(sent=0, kept=0, already_sent=0, problems=[])
    try:
        workspace = _writable(opened)
        notices += workspace.notices
        night = read_night(workspace.log, as_of)
        with importing(workspace):
            tonight = gather(workspace, files, mapping, night, backfill)
        night = reread(workspace.log, night)
        notices += [
            *_nothing_new(night, tonight),
            *calendar_notices(workspace.home, as_of),
            *night.withdrawn,
        ]
        if is_regular and not night.is_latest:
            tonight.failures.append(_overtaken(night))
        whole = found = integrity_of(workspace)
        notices += found.notices
        with open_warehouse(workspace, rebuild=rebuild) as warehouse:

            def contradictions() -> list[str]:
                return [*found.facts, *(one.text for one in warehouse.contradictions)]

            judge = Judge(workspace, night, tonight, contradictions) if night.is_latest else None
            kind: RunKind = "nightly" if night.is_latest else "check"
            checked = check(
                workspace, warehouse, as_of=as_of, kind=kind, closing=_closing(workspace, night, judge)
            )
            Numbers(workspace.log).keep_taken()
            judgement = _with_publication(
                workspace,
                judge.judgement if judge else judge_repeated(night, tonight.failures),
                checked,
                as_of,
            )
            notices += [*checked.notices, *judgement.notes]
            tonight.failures += checked.errors
            known = read_known(workspace, tonight, night, as_of, checked.log_position)
            if is_regular or night.is_latest:
                report = make_report(
                    workspace, tonight, notices, checked, known, judgement=judgement, as_of=as_of
                )
                posted = mail_night(
                    workspace, warehouse.db, report, known, night=night if night.is_latest else None
                )
                after = _after_mail(workspace, checked, as_of) if night.is_latest else after
            else:
                notices.append(f"截至时间早于台账最近一晚 {night.last}:已检查并发布,台账不变,不发邮件")
    except (WorkspaceBusyError, LockLostError):  # somebody imports, nothing was done yet; or may be at work
        raise
    except Exception as error:  # noqa: BLE001 - the posts must hear of any failure whatever
        tonight.failures.append(explain(error))
        known = _provable(read_known(opened, tonight, night, as_of))
        judgement = judge_failed(tonight.failures, (whole or _contradicted(opened)).facts)
        record_failed(known.log, judgement, as_of=as_of, now=opened.now())
        report = make_report(opened, tonight, notices, None, known, judgement=judgement, as_of=as_of)
        posted = mail_night(opened, None, report, known)
    notices += _ahead(as_of.date(), opened.now().date(), night if checked else None)
    return NightSummary(
        as_of=as_of,
        light=judgement.light,
        because=judgement.because,
        imports=tonight.imports,
        checked=checked,
        failures=tonight.failures,
        missing=tonight.missing,
        unread=known.unread,
        quarantined=known.quarantined,
        quarantined_open=known.quarantined + known.before,
        notices=[*notices, *after.notices, *known.unclear],
        ledger=judgement.booked,
        mail=posted,
        lake=after.lake,
    )


def _after_mail(workspace: Workspace, checked: Checked, as_of: datetime) -> AfterMail:
    """What follows once the posts have heard: nothing that goes wrong with it is a failure of the night."""
    # Reports are of what is published.
    told = [] if checked.unpublished else month_reports(workspace, as_of)
    return AfterMail(notices=told, lake=add_to_lake(workspace))


def _with_publication(
    workspace: Workspace, judgement: Judgement, checked: Checked, as_of: datetime
) -> Judgement:
    """The judgement of a night that the log has; where it was not published, the log is told that, too."""
    if checked.unpublished:
        judgement = judge_unpublished(judgement, checked.unpublished)
        record_failed(workspace.log, judgement, as_of=as_of, now=workspace.now())
    return judgement


def _closing(workspace: Workspace, night: Night, judge: Judge | None) -> Closing:
    """How a night's run is closed: the ledger first, which the light tells of. A repetition opens nothing."""

    def close(db: duckdb.DuckDBPyConnection, run: RunCompleted) -> Callable[[], list[LogEvent]]:
        stored, booked = close_books(workspace, db, run, night if judge else None)
        judged = judge.close(db, run, booked) if judge else []
        return lambda: [*stored(), *judged]

    return close


def _provable(known: Known) -> Known:
    """What is known, but without the log where nobody can say whether we still have it for ourselves.

    Then the server does not answer, and the posts hear of that without it.

    Raises:
        LockLostError: another night may be at work, and has the posts' ear.
    """
    try:
        if known.log is not None:
            known.log.prove_locks()
    except LockUnprovenError:
        return Known()
    return known


def _writable(opened: Workspace | Stranded) -> Workspace:
    """The workspace, if it is one and its log takes events; else the reason is raised."""
    if isinstance(opened, Stranded):
        raise opened.error
    opened.log.check_writable()
    return opened


def _contradicted(opened: Workspace | Stranded) -> Integrity:
    """What contradicts the log in a night that failed before it looked; nothing where that fails, too.

    Of the mails the first will do: each failed night leaves one more, which would change the next one.
    """
    if isinstance(opened, Workspace):
        with suppress(Exception):
            facts = integrity_of(opened).facts
            mails = [text for text in facts if text.startswith("outbox/")]
            return Integrity(facts=[text for text in facts if text not in mails[1:]], notices=[])
    return Integrity(facts=[], notices=[])


def _nothing_new(night: Night, tonight: Gathered) -> list[str]:
    """That no data came since the last night, where that is not told as an export missing or a failure."""
    if tonight.missing or tonight.failures or tonight.emptied or night.new_imports:
        return []
    if not night.imports:
        where = "请在 regaudit.toml 的 sources 中写明平台的导出在哪里,或把文件写在 regaudit nightly 之后"
        return [f"日志中还没有任何导入,没有业务可查:{where}"]
    return ["自上一晚以来没有导入新的文件:如果平台应有新的导出,请检查导出任务和 regaudit.toml 的 sources"]


def _overtaken(night: Night) -> str:
    last = night.last
    return (
        f"台账最近一晚是 {last},晚于本夜 {night.on}(多半是某次 --as-of 写错了年份或日期):本夜已检查并发布,"
        "但没有入台账,“新增”与“持续”不可靠。那一晚若是误运行,请撤销:"
        f"regaudit withdraw-night {last} --reason 原因;否则直到 {last} 每晚都是运行失败"
    )


def _ahead(night: date, today: date, checked: Night | None) -> list[str]:
    """A typing error must be seen at once, before other nights follow."""
    if night <= today:
        return []
    told = f"注意:截至时间 {night} 晚于运行的日子。模拟数据可以如此"
    if checked is None or not checked.is_latest:
        return [told]
    told += f";若是写错了,请撤销这一晚:regaudit withdraw-night {night} --reason 原因。"
    return [f"{told}否则台账已记到那一天,此前的例行夜间作业都会运行失败"]
