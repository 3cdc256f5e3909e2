"""The working warehouse: a private DuckDB file that is thrown away and rebuilt whenever that is simpler."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl

from regaudit.base.duck import DatabaseFileError, Hindrance, attach, connect, quoted, remove_database
from regaudit.base.folders import Folders
from regaudit.base.progress import Progress
from regaudit.base.settings import Settings
from regaudit.base.warehouse_settings import WarehouseSettings
from regaudit.catalogue.profiles import Profile
from regaudit.catalogue.rules import load_rules
from regaudit.catalogue.sqlfile import SqlFile, load_sql_files
from regaudit.eventlog.log import EventLog
from regaudit.warehouse.increments import MAIN, Built, Increment, fingerprint
from regaudit.warehouse.mirror import (
    Mirrored,
    begin,
    catch_up,
    compare,
    keep_stretches,
    kept_blocks,
    kept_stretches,
    mirrored,
)
from regaudit.warehouse.pieces import join_where_many
from regaudit.warehouse.reference import load_reference

# Of so few rows a second thread costs more than it brings; the comparison with the log has a core to itself.
_ROWS_FOR_ONE = 200_000


class Warehouse:
    """Builds tables from the log. The caller holds the run lock."""

    def __init__(self, home: Path, file: Path | None = None, *, memory_limit: str = "") -> None:
        """Open the warehouse of the workspace `home`, or another `file`; one that is damaged is made anew.

        Args:
            home: the workspace.
            file: another than its own.
            memory_limit: for its tables, as DuckDB writes it; empty is what no settings give.

        Raises:
            DatabaseFileError: it cannot be opened for another reason; it is as it was.
        """
        path = file or Folders(home).warehouse
        path.parent.mkdir(exist_ok=True)
        self.db = connect()
        try:
            self._attach(path)
        except DatabaseFileError as error:
            if error.hindrance is not Hindrance.DAMAGED:
                self.db.close()
                raise
            # Cut off while it was written. It holds nothing that the log does not.
            remove_database(path)
            self._attach(path)
        self.db.execute(f"SET memory_limit = '{memory_limit or WarehouseSettings().memory_limit}'")
        self.db.execute("SET preserve_insertion_order = false")
        self.files: list[SqlFile] = load_sql_files()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close it, with all that was written."""
        self.db.close()

    def _attach(self, path: Path) -> None:
        # Tables are written back once, when the night closes: of a night that is cut off nothing stays, and
        # the next follows on what there was.
        attach(self.db, path, MAIN, "RECOVERY_MODE NO_WAL_WRITES")
        self.db.execute(f"USE {MAIN}")
        self.db.execute(f"SET temp_directory = '{quoted(str(path))}.tmp'")
        self.db.execute("SET wal_autocheckpoint = '1GB'")

    def catch_up(self, log: Mirrored, progress: Progress) -> int:
        """Mirror and stage what the log has gained; returns the log position reached."""
        # The log is read beside it; and what one thread writes stays in the order of the log, case by case.
        self._share(0)
        position = catch_up(self.db, log, self.files, progress)
        self.db.execute("RESET threads")
        return position

    def _share(self, rows: int) -> None:
        """Use as many threads as a computation on so many rows is worth."""
        self.db.execute("SET threads = 1" if rows <= _ROWS_FOR_ONE else "RESET threads")

    @contextmanager
    def comparing(self, log: EventLog, progress: Progress) -> Iterator[int]:
        """Mirror what the log has gained, and hold what was mirrored before against it while the block runs.

        Gives the log position reached.

        Raises:
            MirrorMismatchError: at the end of the block, if they differ.
        """
        begin(self.db, self.files)
        before, known, blocks = mirrored(self.db), kept_stretches(self.db), kept_blocks(self.db)
        # Their bytes before their events, which are held against what was signed as they come: what is
        # changed between the two is seen there, what is changed later has other bytes the next time.
        fresh = list(log.stretches(frozenset(), before))
        position = self.catch_up(log, progress)
        with ThreadPoolExecutor(1) as pool:
            comparison = pool.submit(compare, blocks, log, before, progress, known)
            yield position
            read = [stretch for stretch in fresh if stretch.last <= position]
            keep_stretches(self.db, [*comparison.result(), *read])

    def build_core(
        self,
        *,
        as_of: datetime,
        position: int,
        settings: Settings,
        national: pl.DataFrame | None = None,
        profile: Profile,
        rules: Iterable[str],
        progress: Progress,
    ) -> Increment:
        """Bring the reference, parameter and core tables to a time; returns what makes the findings' tables.

        Args:
            as_of: local time; later actions are left out.
            position: the log position mirrored, from `catch_up`.
            settings: local days, offices and hours.
            national: `calendar.national_calendar` with the workspace's own years; None is the shipped one.
            profile: limits and parameters.
            rules: the names of the rules that will run.
            progress: hears of each table made.
        """
        # Rules switched off too: core tables read some of their parameters.
        known = list(load_rules(self.files).values())
        load_reference(
            self.db,
            as_of=as_of,
            settings=settings,
            national=national,
            profile=profile,
            rules=known,
        )
        now = Built(position, as_of, fingerprint(self.db, self.files, sorted(rules)))
        increment = Increment(self.db, self.files, now)
        self._share(increment.actions)
        core = [file for file in self.files if file.layer == "core"]
        for done, file in enumerate(core, start=1):
            increment.make(file)
            progress("投影", done, len(core))
        if any(file.table == "core.steps" for file in core):
            join_where_many(self.db)
        return increment
