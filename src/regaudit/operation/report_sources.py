"""What reports are made from: the published tables of a run, and the log up to a position."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, time
from typing import Any

import duckdb
from msgspec import Struct

from regaudit.audit.inputs import Inputs, load_inputs
from regaudit.audit.kept_inputs import restore_inputs
from regaudit.audit.past_tables import past_tables
from regaudit.audit.workspace import Workspace
from regaudit.base.duck import connect
from regaudit.base.errors import RegauditError, UsageError
from regaudit.base.folders import Folders
from regaudit.base.periods import Period
from regaudit.base.running_text import full_width
from regaudit.base.settings import Settings
from regaudit.catalogue.event_types import NightWithdrawn, ReportMade, RunCompleted
from regaudit.ledger.entries import read_entries
from regaudit.ledger.people import read_people
from regaudit.ledger.workdays import calendars
from regaudit.outlets.case_counts import class_titles
from regaudit.outlets.inspection.inspections import read_inspections
from regaudit.outlets.reports.changes import Brought, read_brought
from regaudit.outlets.reports.counted import TABLES, read_counted, read_run
from regaudit.outlets.reports.report_facts import ALL, Basis, Sources

_RUNS, _WITHDRAWALS = "runs", "withdrawals"
_END = time(23, 59, 59)


class Shelf(Struct, frozen=True, kw_only=True):
    """Where reports are made from: tables of a run, and that run."""

    db: duckdb.DuckDBPyConnection
    run: RunCompleted
    inputs: Inputs

    @property
    def titles(self) -> dict[str, str]:
        """The classes of limits as people call them."""
        return class_titles(self.inputs.profile)

    def offices(self) -> list[str]:
        """The offices that there are cases of."""
        rows = self.db.execute("SELECT DISTINCT office FROM main.cases ORDER BY 1").fetchall()
        return [office for (office,) in rows]

    def names(self, settings: Settings) -> dict[str, str]:
        """The offices as the settings name them."""
        return {office: settings.office_name(office) for office in self.offices()}

    def check_offices(self, wanted: Sequence[str]) -> None:
        """Refuse an office that there is nothing of: a slip of the pen must not look like a clean one.

        Raises:
            UsageError: one is unknown; the message names those that are there.
        """
        known = self.offices()
        if unknown := [office for office in wanted if office not in (*known, ALL)]:
            raise UsageError(
                f"没有登记机构 {'、'.join(unknown)} 的业务。有业务的登记机构:{'、'.join(known[:20]) or '无'}"
            )

    def sources(self, workspace: Workspace, period: Period, position: int) -> Sources:
        """What the reports of a period are made from, the ledger as the log had it at a position."""
        run = read_run(self.db)
        assert run is not None  # noqa: S101 - there are no such tables without a run
        return Sources(
            counted=read_counted(self.db, run, period, self.titles),
            entries=read_entries(workspace.log, position),
            people=read_people(workspace.log, position),
            calendars=calendars(self.inputs.settings, self.inputs.national, self.inputs.profile.ledger),
            inspections=read_inspections(workspace.log, position),
            plan=self.inputs.profile.inspection.plan,
            titles=self.titles,
        )

    def brought(self, period: Period, position: int) -> Brought:
        """What imports brought behind a log position."""
        return read_brought(self.db, position, period, self.titles)

    def basis(self, event: ReportMade) -> Basis:
        """What a report rests on, for people."""
        names = ("run_no", "log_position", "checkpoint_size", "checkpoint", "made_at", "by", "names")
        facts: dict[str, Any] = {name: getattr(event, name) for name in names}
        return Basis(**facts, profile_title=full_width(self.inputs.profile.title))


@contextmanager
def present_shelf(workspace: Workspace) -> Iterator[Shelf]:
    """What is published now.

    Raises:
        RegauditError: nothing is, or what is published is not of this log.
    """
    path = Folders(workspace.home).database
    if not path.is_file():
        raise RegauditError("还没有分析数据库:请先运行 regaudit nightly,报告所依据的是最近一晚的结果")
    db = connect(path, read_only=True)
    try:
        published = read_run(db)
        if published is None:
            raise RegauditError("分析数据库中没有任何运行:请运行 regaudit check")
        run = recorded_run(workspace, published.run_no)
        _check_counts(workspace, run)
        yield Shelf(db=db, run=run, inputs=_inputs_of(workspace, run))
    except (duckdb.BinderException, duckdb.CatalogException) as error:
        raise RegauditError(
            "分析数据库由较早的版本写成,没有报告要用的内容:请先运行 regaudit check,再出具"
        ) from error
    finally:
        db.close()


@contextmanager
def past_shelf(workspace: Workspace, run_no: int) -> Iterator[Shelf]:
    """What a run published, computed again from the log.

    Raises:
        RegauditError: the log is shorter than it was, or another computation of this kind runs.
    """
    run = recorded_run(workspace, run_no)
    with past_tables(workspace.home, run, TABLES, workspace.progress) as db:
        yield Shelf(db=db, run=run, inputs=_inputs_of(workspace, run))


def recorded_run(workspace: Workspace, run_no: int) -> RunCompleted:
    """A run as the log has it.

    Raises:
        RegauditError: it has none of that number.
    """
    for run in workspace.log.events(_RUNS, RunCompleted, after=run_no - 1):
        return run
    raise RegauditError(
        f"日志中没有第 {run_no} 次运行:分析数据库不是由本工作区的日志算出的,请运行 regaudit verify"
    )


def _check_counts(workspace: Workspace, run: RunCompleted) -> None:
    """Refuse a run whose night was withdrawn: what is published is still of it.

    Raises:
        RegauditError: it was; says what to do.
    """
    for withdrawn in workspace.log.events(_WITHDRAWALS, NightWithdrawn):
        if run.originator_version in withdrawn.run_nos:
            raise RegauditError(
                f"分析数据库还是 {withdrawn.night} 那一晚的,而那一晚已由 {withdrawn.withdrawn_by} 撤销:"
                "请先运行 regaudit nightly 或 regaudit check,再出具"
            )


def _inputs_of(workspace: Workspace, run: RunCompleted) -> Inputs:
    """What people edit as it was when the run was made, whatever the files say now."""
    return restore_inputs(workspace.home, run, load_inputs(workspace.home)).inputs


def check_over(period: Period, run: RunCompleted) -> bool:
    """Refuse a period whose end nothing was computed up to; returns whether it was over by the clock, too.

    Raises:
        RegauditError: says up to when the last run looked, and what to do.
    """
    end, as_of = datetime.combine(period.last, _END), datetime.fromisoformat(run.as_of)
    if as_of < end:
        raise RegauditError(
            f"{period.title}还没有查完:最近一次运行截至 {as_of:%Y-%m-%d %H:%M},"
            f"而本期止于 {period.last} 24 时。"
            "请待其后一晚的夜间作业以后再出具;期间的数字见监管台的统计"
        )
    return datetime.fromisoformat(run.finished_at) > end
