"""The published tables as a run left them: computed again from the log as it was, in a place of their own."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb

from regaudit.audit.inputs import compute, load_inputs
from regaudit.audit.kept_inputs import restore_inputs
from regaudit.audit.results import list_night, settle
from regaudit.audit.scratch import LogUntil, trial_warehouse
from regaudit.base.progress import Progress
from regaudit.catalogue.event_types import NightJudged, RunCompleted
from regaudit.catalogue.published import published_tables

_NIGHTS = "nights"


@contextmanager
def past_tables(
    home: Path, run: RunCompleted, names: Iterable[str], progress: Progress
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Some published tables of a recorded run, under `main.*`; those of the ledger are not among them.

    Rules are those that ran then, as they are written now; what people edit is as the archive kept it.

    Raises:
        RegauditError: the log is shorter than it was.
        WorkspaceBusyError: another computation of this kind runs in the workspace.
    """
    inputs = restore_inputs(home, run, load_inputs(home)).inputs
    with LogUntil(home, run.log_position) as log, trial_warehouse(home) as warehouse:
        judged = [
            night for night in log.events(_NIGHTS, NightJudged) if night.run_no == run.originator_version
        ]
        warehouse.catch_up(log, progress)
        as_of = datetime.fromisoformat(run.as_of)
        compute(warehouse, inputs, as_of=as_of, position=run.log_position, progress=progress)
        settle(warehouse.db, run)
        list_night(warehouse.db, next(iter(judged), None))
        for name in names:
            table = published_tables()[name]
            columns = ", ".join(table.columns)
            warehouse.db.execute(f"CREATE VIEW main.{name} AS SELECT {columns} FROM {table.source}")
        yield warehouse.db
