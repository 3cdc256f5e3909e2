"""The night: import → project → check → publish → ledger → mail, in order, with one summary.

Whatever fails, the supervision posts hear of it: a failed night must never look like a clean one.
"""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import duckdb
from msgspec import Struct

from regaudit.alerts.compose import NightReport, compose, offices_to_tell
from regaudit.alerts.digest import Seal
from regaudit.alerts.post import Posted, PostOffice
from regaudit.bootstrap import Workspace
from regaudit.calendar import calendar_notices
from regaudit.catalogue import LogEvent
from regaudit.checking import Checked, check, record, record_with_ledger
from regaudit.errors import LogError
from regaudit.eventlog.notes import parse_checkpoint
from regaudit.gathering import Gathered, explain, gather
from regaudit.intake.records import import_states, open_counts
from regaudit.intake.results import ImportResult
from regaudit.warehouse.build import Warehouse

_NEVER = date(1, 1, 1)


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


class _OpenRows(Struct, frozen=True, kw_only=True):
    """How many rejected rows are open: of tonight's imports, of earlier ones; the files, the latest first."""

    tonight: int
    before: int
    files: list[str]


def run_night(
    workspace: Workspace,
    files: Sequence[Path],
    *,
    as_of: datetime | None = None,
    mapping: str | None = None,
    rebuild: bool = False,
) -> NightSummary:
    """Run the night with the given files or, without any, with what the settings name under `sources`.

    Without an as-of time it is the regular night, up to now: one that the ledger has overtaken has failed,
    while an old night that somebody asks for is a mere repetition.
    """
    is_regular, as_of = as_of is None, as_of or workspace.now()
    tonight = Gathered()
    notices: list[str] = []
    checked: Checked | None = None
    posted = Posted(sent=0, kept=0, already_sent=0, problems=[])
    try:
        workspace.log.check_writable()
        tonight = gather(workspace, files, mapping, as_of)
        last = _last_night(workspace)
        is_latest = as_of.date() >= last
        notices += calendar_notices(workspace.home, as_of)
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
    except Exception as error:  # noqa: BLE001 - the posts must hear of any failure whatever
        tonight.failures.append(explain(error))
        posted = _mail(workspace, None, tonight, notices, None, as_of=as_of)
    if as_of.date() > workspace.now().date():
        notices.append(_ahead(as_of.date(), is_recorded=checked is not None))
    rows = _open_rows(workspace, as_of.date())
    return NightSummary(
        as_of=as_of,
        imports=tonight.imports,
        checked=checked,
        failures=tonight.failures,
        missing=tonight.missing,
        quarantined=rows.tonight,
        quarantined_open=rows.tonight + rows.before,
        notices=notices,
        mail=posted,
    )


def _mail(
    workspace: Workspace,
    db: duckdb.DuckDBPyConnection | None,
    tonight: Gathered,
    notices: list[str],
    checked: Checked | None,
    *,
    as_of: datetime,
) -> Posted:
    imports = _imports_of_night(workspace, as_of.date())
    altered = sum(vars(event)["altered"] for event in imports)
    # Where the rule runs, its findings tell more.
    tells_altered = altered and "log-altered" not in workspace.rules
    rows = _open_rows(workspace, as_of.date())
    report = NightReport(
        as_of=as_of,
        profile_title=workspace.profile.title,
        run_no=checked.run_no if checked else None,
        log_position=checked.log_position if checked else workspace.log.position(),
        seal=_seal(workspace),
        failures=tonight.failures,
        quarantined=rows.tonight,
        quarantined_before=rows.before,
        quarantine_files=rows.files,
        missing=tonight.missing,
        notices=[
            *notices,
            *([f"今晚的导出中有 {altered} 行与以前不同,见 altered_steps 表"] if tells_altered else []),
        ],
        events_appended=sum(vars(event)["appended"] + vars(event)["altered"] for event in imports),
    )
    try:
        digests = [
            compose(db, office, workspace.settings, report)
            for office in offices_to_tell(db, workspace.settings)
        ]
        return PostOffice(workspace.home, workspace.settings, workspace.log, workspace.now).deliver(digests)
    except Exception as error:  # noqa: BLE001 - the summary must be printed even so
        return Posted(sent=0, kept=0, already_sent=0, problems=[f"邮件未能生成:{explain(error)}"])


def _seal(workspace: Workspace) -> Seal | None:
    """The log's last checkpoint; a log that has none fails in whatever writes to it, and that is told."""
    try:
        size, note = workspace.log.last_checkpoint()
        return Seal(note=note, size=size, fingerprint=parse_checkpoint(note).fingerprint())
    except (LogError, ValueError):
        return None


def _last_night(workspace: Workspace) -> date:
    """The date of the ledger's last night: nights of one date are one night, whatever the hour."""
    nights = (
        vars(event)["night"] for event in workspace.log.events("runs") if vars(event)["kind"] == "nightly"
    )
    return max(map(date.fromisoformat, nights), default=_NEVER)


def _overtaken(night: date, last: date) -> str:
    return (
        f"台账最近一晚是 {last},晚于今晚 {night}(多半是某次 --as-of 写错了年份或日期):今晚已检查并发布,"
        "但没有入台账,“新增”与“持续”不可靠。日志只增不减,那一晚不能撤销:"
        f"请从那一晚之前的备份恢复工作区,再导入其后的导出;否则直到 {last} 每晚都是运行失败"
    )


def _ahead(night: date, *, is_recorded: bool) -> str:
    """A typing error must be seen at once, before other nights follow."""
    recorded = "台账已记到那一天,此前的例行夜间作业都会运行失败。" if is_recorded else ""
    return (
        f"注意:截至时间 {night} 晚于今天。{recorded}"
        "模拟数据可以如此;若是写错了,请从这一晚之前的备份恢复工作区"
    )


def _imports_of_night(workspace: Workspace, night: date) -> list[LogEvent]:
    """Imports since the last night before this one: the same however often this night is run."""
    earlier = [
        vars(event)["log_position"]
        for event in workspace.log.events("runs")
        if vars(event)["kind"] == "nightly" and vars(event)["night"] < night.isoformat()
    ]
    return workspace.log.events_after("imports", max(earlier, default=0))


def _open_rows(workspace: Workspace, night: date) -> _OpenRows:
    """The rejected rows that were neither corrected nor dismissed: each is told every night until it is."""
    counts = open_counts(workspace.log)
    imports = {event.originator_version for event in _imports_of_night(workspace, night)}
    tonight = sum(count for number, count in counts.items() if number in imports)
    states = import_states(workspace.log)
    return _OpenRows(
        tonight=tonight,
        before=sum(counts.values()) - tonight,
        files=[states[number]["quarantine_file"] for number in sorted(counts, reverse=True)],
    )
