"""The night: import → project → check → publish → ledger → mail, in order, with one summary.

Whatever fails, the supervision posts hear of it: a failed night must never look like a clean one.
"""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import duckdb
from msgspec import Struct

from regaudit.audit.check import Checked, check, record, record_with_ledger
from regaudit.audit.ledger_nights import last_night, position_before, withdrawals
from regaudit.audit.workspace import Workspace
from regaudit.base.errors import LogError, WorkspaceBusyError
from regaudit.base.failures import explain
from regaudit.catalogue.calendar import calendar_notices
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.tree.notes import parse_checkpoint
from regaudit.intake.imports import import_states
from regaudit.intake.quarantine.open_rows import open_counts
from regaudit.intake.results import ImportResult
from regaudit.operation.gather import Gathered, gather
from regaudit.operation.open import Stranded, importing
from regaudit.outlets.mail.compose import NightReport, compose, offices_to_tell
from regaudit.outlets.mail.digest import Seal
from regaudit.outlets.mail.post import Posted, PostOffice
from regaudit.warehouse.build import Warehouse


class NightSummary(Struct, frozen=True, kw_only=True):
    """What a night did. Exit status: 1 something failed, 3 rejected rows open or an export missing, else 0.

    `quarantined` rows of tonight's imports are open, and `quarantined_open` of all imports.
    """

    as_of: datetime
    imports: list[ImportResult]
    checked: Checked | None
    failures: list[str]
    missing: list[str]
    quarantined: int
    quarantined_open: int
    notices: list[str]
    mail: Posted

    @property
    def exit_status(self) -> int:
        """The command's exit status."""
        if self.failures or self.mail.problems:
            return 1
        return 3 if self.quarantined_open or self.missing else 0

    @property
    def remarks(self) -> list[tuple[str, str]]:
        """What people must know, the worst first: a label and a text (Chinese)."""
        rows = f"今晚新增 {self.quarantined} 行,共 {self.quarantined_open} 行待改正"
        return [
            *(("失败", text) for text in self.failures),
            *(("邮件", text) for text in self.mail.problems),
            *(("缺导出", text) for text in self.missing),
            *(
                [("有隔离行", f"{rows},见 quarantine/ 和 regaudit quarantine")]
                if self.quarantined_open
                else []
            ),
            *(("提示", text) for text in self.notices),
        ]


class _Known(Struct, frozen=True, kw_only=True):
    """What the log says of a night; with the defaults, what is known where it says nothing.

    Of the open rejected rows `quarantined` are of tonight's imports, `before` of earlier ones, and `files`
    hold them, the latest first.
    """

    position: int = 0
    seal: Seal | None = None
    appended: int = 0
    altered: int = 0
    quarantined: int = 0
    before: int = 0
    files: list[str] = []


def run_night(
    opened: Workspace | Stranded,
    files: Sequence[Path],
    *,
    as_of: datetime | None = None,
    mapping: str | None = None,
    rebuild: bool = False,
) -> NightSummary:
    """Run the night with the given files or, without any, with what the settings name under `sources`.

    Without an as-of time it is the regular night, up to now: one that the ledger has overtaken has failed,
    while an old night that somebody asks for is a mere repetition. In a workspace that does not open, the
    night has failed before it began.

    Raises:
        WorkspaceBusyError: somebody imports; the night has not begun.
    """
    is_regular, as_of = as_of is None, as_of or opened.now()
    is_latest = False
    tonight = Gathered()
    notices: list[str] = []
    checked: Checked | None = None
    posted = Posted(sent=0, kept=0, already_sent=0, problems=[])
    try:
        workspace = _writable(opened)
        with importing(workspace):
            tonight = gather(workspace, files, mapping, as_of)
        last = last_night(workspace.log)
        is_latest = as_of.date() >= last
        before = position_before(workspace.log, as_of.date())
        notices += _nothing_new(workspace.log, tonight, before)
        notices += calendar_notices(workspace.home, as_of)
        notices += withdrawals(workspace.log, before)
        with Warehouse(workspace.home, rebuild=rebuild) as warehouse:
            checked = check(workspace, warehouse, as_of=as_of, kind="nightly" if is_latest else "check")
            tonight.failures += checked.errors
            if is_latest:
                record_with_ledger(workspace, warehouse.db, checked, as_of=as_of)
            else:
                record(workspace, checked)
            if is_regular and not is_latest:
                tonight.failures.append(_overtaken(as_of.date(), last))
            if is_regular or is_latest:
                posted = _mail(workspace, warehouse.db, tonight, notices, checked, as_of=as_of)
            else:
                notices.append(f"截至时间早于台账最近一晚 {last}:已检查并发布,台账不变,不发邮件")
    except WorkspaceBusyError:  # somebody imports; nothing was done yet
        raise
    except Exception as error:  # noqa: BLE001 - the posts must hear of any failure whatever
        tonight.failures.append(explain(error))
        posted = _mail(opened, None, tonight, notices, None, as_of=as_of)
    if as_of.date() > opened.now().date():
        notices.append(_ahead(as_of.date(), is_recorded=checked is not None and is_latest))
    known, _ = _known(opened, tonight, as_of.date(), checked)
    return NightSummary(
        as_of=as_of,
        imports=tonight.imports,
        checked=checked,
        failures=tonight.failures,
        missing=tonight.missing,
        quarantined=known.quarantined,
        quarantined_open=known.quarantined + known.before,
        notices=notices,
        mail=posted,
    )


def _writable(opened: Workspace | Stranded) -> Workspace:
    """The workspace, if it is one and its log takes events; else the reason is raised."""
    if isinstance(opened, Stranded):
        raise opened.error
    opened.log.check_writable()
    return opened


def _mail(
    workspace: Workspace | Stranded,
    db: duckdb.DuckDBPyConnection | None,
    tonight: Gathered,
    notices: list[str],
    checked: Checked | None,
    *,
    as_of: datetime,
) -> Posted:
    known, log = _known(workspace, tonight, as_of.date(), checked)
    profile_title, tells_altered = workspace.settings.profile, False
    if isinstance(workspace, Workspace):
        profile_title = workspace.profile.title
        # Where the rule runs, its findings tell more.
        tells_altered = known.altered > 0 and "log-altered" not in workspace.rules
    report = NightReport(
        as_of=as_of,
        profile_title=profile_title,
        run_no=checked.run_no if checked else None,
        log_position=checked.log_position if checked else known.position,
        seal=known.seal,
        failures=tonight.failures,
        quarantined=known.quarantined,
        quarantined_before=known.before,
        quarantine_files=known.files,
        missing=tonight.missing,
        notices=[
            *notices,
            *([f"今晚的导出中有 {known.altered} 行与以前不同,见 altered_steps 表"] if tells_altered else []),
        ],
        events_appended=known.appended,
    )
    try:
        digests = [
            compose(db, office, workspace.settings, report)
            for office in offices_to_tell(db, workspace.settings)
        ]
        return PostOffice(workspace.home, workspace.settings, log, workspace.now).deliver(digests)
    except Exception as error:  # noqa: BLE001 - the summary must be printed even so
        return Posted(sent=0, kept=0, already_sent=0, problems=[f"邮件未能生成:{explain(error)}"])


def _known(
    workspace: Workspace | Stranded, tonight: Gathered, night: date, checked: Checked | None
) -> tuple[_Known, EventLog | None]:
    """What the log says of the night, and the log; neither where it cannot be read, which is a failure.

    What was imported while the night computed is the next night's.
    """
    log = workspace.log
    if log is None:
        return _Known(), None
    try:
        list(log.events("mails"))
        return _read(log, night, checked.log_position if checked else log.position()), log
    except Exception as error:  # noqa: BLE001 - a damaged log shows itself in any way, and must be told of
        if explain(error) not in tonight.failures:
            tonight.failures.append(explain(error))
        return _Known(), None


def _read(log: EventLog, night: date, upto: int) -> _Known:
    imports = log.events_after("imports", position_before(log, night), upto)
    states = import_states(log)
    last = len(log.events_after("imports", 0, upto))
    counts = {number: count for number, count in open_counts(log).items() if number <= last}
    numbers = {event.originator_version for event in imports}
    quarantined = sum(count for number, count in counts.items() if number in numbers)
    return _Known(
        position=upto,
        seal=_seal(log),
        appended=sum(vars(event)["appended"] + vars(event)["altered"] for event in imports),
        altered=sum(vars(event)["altered"] for event in imports),
        quarantined=quarantined,
        before=sum(counts.values()) - quarantined,
        files=[states[number]["quarantine_file"] for number in sorted(counts, reverse=True)],
    )


def _seal(log: EventLog) -> Seal | None:
    """The log's last checkpoint; a log that has none fails in whatever writes to it, and that is told."""
    try:
        size, note = log.last_checkpoint()
        return Seal(note=note, size=size, fingerprint=parse_checkpoint(note).fingerprint())
    except (LogError, ValueError):
        return None


def _nothing_new(log: EventLog, tonight: Gathered, before: int) -> list[str]:
    """That no data came since the last night, where that is not told as an export missing or a failure.

    `before` is the log position of that night.
    """
    if tonight.missing or tonight.failures or log.events_after("imports", before):
        return []
    if not log.version("imports"):
        where = "请在 regaudit.toml 的 sources 中写明平台的导出在哪里,或把文件写在 regaudit nightly 之后"
        return [f"日志中还没有任何导入,没有业务可查:{where}"]
    return ["自上一晚以来没有导入新的文件:如果平台应有新的导出,请检查导出任务和 regaudit.toml 的 sources"]


def _overtaken(night: date, last: date) -> str:
    return (
        f"台账最近一晚是 {last},晚于今晚 {night}(多半是某次 --as-of 写错了年份或日期):今晚已检查并发布,"
        "但没有入台账,“新增”与“持续”不可靠。那一晚若是误运行,请撤销:"
        f"regaudit withdraw-night {last} --reason 原因;否则直到 {last} 每晚都是运行失败"
    )


def _ahead(night: date, *, is_recorded: bool) -> str:
    """A typing error must be seen at once, before other nights follow."""
    told = f"注意:截至时间 {night} 晚于今天。模拟数据可以如此"
    if not is_recorded:
        return told
    return (
        f"{told};若是写错了,请撤销这一晚:regaudit withdraw-night {night} --reason 原因。"
        "否则台账已记到那一天,此前的例行夜间作业都会运行失败"
    )
