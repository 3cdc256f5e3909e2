"""Makes the reports of periods and records them: each is an event of its own stream.

Made again they are what they were: the archive has them, and what it lost is built from the log as it was.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from regaudit.audit.workspace import Workspace
from regaudit.base.errors import RegauditError, UsageError
from regaudit.base.periods import Period, period_of
from regaudit.catalogue.event_types import ReportMade
from regaudit.ledger.request import Author
from regaudit.operation.report_archive import MONTHLY, Files, MadeReport, ReportArchive, hashes
from regaudit.operation.report_sources import Shelf, check_over, past_shelf, present_shelf
from regaudit.outlets.reports.changes import changes_of
from regaudit.outlets.reports.report_book import make_workbook
from regaudit.outlets.reports.report_facts import ALL, Sources, encoded, report_facts
from regaudit.outlets.reports.report_paper import report_press


class Reports:
    """The monthly reports of an opened workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace, self._archive = workspace, ReportArchive(workspace)

    def make(self, period: Period, author: Author, *, office: str = "", reason: str = "") -> list[MadeReport]:
        """The reports of a period: of one office, or of each and of all together.

        Args:
            period: what is reported.
            author: who has them made.
            office: whose; `ALL`: all together; empty: each, and all together.
            reason: why they are corrected; empty: what was made before is given again.

        Raises:
            RegauditError: the period is not over, there is no such office, or there is nothing to correct.
            NoPressError: typst or a font is missing.
            RefusedFileError: what was made before cannot be made again.
        """
        with ExitStack() as stack:
            opened: list[Shelf] = []

            def shelf() -> Shelf:
                if not opened:
                    opened.append(stack.enter_context(present_shelf(self._workspace)))
                return opened[0]

            offices = [office] if office else [*shelf().offices(), ALL]
            known = {each: self._archive.events_of(MONTHLY, period.key, each)[-1:] for each in offices}
            wanted = [each for each in offices if reason or not known[each]]
            if reason and not all(known.values()):
                lacking = "、".join(each for each in offices if not known[each])
                raise UsageError(f"{lacking} 还没有{period.title}的报告,无可更正:请先不带 --correct 出具")
            drafts = self._drafted(shelf(), period, wanted, author, reason) if wanted else {}
        self._archive.record([event for event, _ in drafts.values()])
        return [
            self._archive.put(*drafts[each], is_new=True)
            if each in drafts
            else self._archive.put(known[each][0], self.content(known[each][0]), is_new=False)
            for each in offices
        ]

    def content(self, event: ReportMade) -> Files:
        """The files of a report: their archived copies, or made again from the log.

        Raises:
            RefusedFileError: there is no copy, and what is made again is not the same.
            NoPressError: it would have to be made again, and typst or a font is missing.
        """
        return self._archive.content(event, self._again, report_press().maker)

    def _again(self, event: ReportMade) -> Files:
        """A report made again: its run computed again, the ledger read up to where it was."""
        period = period_of(event.period)
        with past_shelf(self._workspace, event.run_no) as shelf:
            sources = shelf.sources(self._workspace, period, event.log_position)
            return self._files(shelf, sources, period, event)

    def _drafted(
        self, shelf: Shelf, period: Period, offices: Sequence[str], author: Author, reason: str
    ) -> dict[str, tuple[ReportMade, Files]]:
        """New reports with their files, archived but not recorded."""
        check_over(period, shelf.run)
        shelf.check_offices(offices)
        position = self._workspace.log.position()
        sources = shelf.sources(self._workspace, period, position)
        drafts = {}
        for office in offices:
            event = self._archive.draft(
                MONTHLY,
                period,
                office,
                author,
                reason=reason,
                run_no=shelf.run.originator_version,
                log_position=position,
                names=shelf.names(self._workspace.settings),
                maker=report_press().maker,
            )
            files = self._files(shelf, sources, period, event)
            self._archive.keep(files)
            drafts[office] = replace(event, files=hashes(files)), files
        return drafts

    def _files(self, shelf: Shelf, sources: Sources, period: Period, event: ReportMade) -> Files:
        """The files of a report; of a correction, with what it changes.

        Raises:
            RegauditError: it is a correction, and nothing has changed.
        """
        is_over = check_over(period, shelf.run)
        facts = report_facts(sources, event.office, shelf.basis(event), is_over=is_over)
        if event.originator_version > 1:
            facts["correction"] = self._correction(shelf, period, event, facts)
        content = encoded(facts)
        told = msgspec.json.decode(content)
        made_at = datetime.fromisoformat(event.made_at)
        return {
            "json": content,
            "xlsx": make_workbook(told, made_at),
            "pdf": report_press().set(told, made_at),
        }

    def _correction(
        self, shelf: Shelf, period: Period, event: ReportMade, facts: Mapping[str, Any]
    ) -> dict[str, Any]:
        earlier = self._archive.events_of(MONTHLY, period.key, event.office)
        former = earlier[event.originator_version - 2]
        old = msgspec.json.decode(self.content(former)["json"])
        brought = shelf.brought(period, old["basis"]["run_position"])
        changes = changes_of(old, msgspec.to_builtins(facts), brought, all_name=ALL)
        if not changes:
            raise RegauditError(
                f"{event.period} {event.office}:按现在的日志重算,各项数字与上一份相同,无可更正。"
                "未写入任何记录"
            )
        return {
            "number": event.originator_version - 1,
            "reason": event.reason,
            "of": former.files["json"],
            "changes": changes,
        }
