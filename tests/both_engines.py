"""Both engines under one check of a lake: each build is made twice, each table held against the other's."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from regaudit.audit.inputs import Inputs
from regaudit.audit.rule_runs import RuleRun
from regaudit.base.duck import attach, connect
from regaudit.base.progress import Progress
from regaudit.lake.builds import Engine, Joint, Own

B = TypeVar("B", Own, Joint)
_LAYERS = ("staging", "core", "findings", "results")
_OF_THE_RUN = "seconds"


class BothEngines:
    """What is published is the second engine's.

    Attributes:
        rows: of each table, build by build, as the first engine has them.
        differing: rows that one engine alone has, of the tables that have such.
        seconds: what each engine took for all builds.
    """

    def __init__(self, one: Engine, other: Engine) -> None:
        self._one, self._other = one, other
        self.rows: dict[str, int] = {}
        self.differing: dict[str, int] = {}
        self.seconds = [0.0, 0.0]

    def own(self, build: Own, as_of: datetime, progress: Progress) -> list[RuleRun]:
        """Make the tables of a log."""
        self._timed(0, lambda: self._one.own(_beside(build), as_of, progress))
        runs = self._timed(1, lambda: self._other.own(build, as_of, progress))
        self._compare(build.file)
        return runs

    def joint(self, build: Joint, inputs: Inputs, as_of: datetime, progress: Progress) -> list[RuleRun]:
        """Make the tables of several logs."""
        beside = replace(_beside(build), members=[_beside(own) for own in build.members])
        self._timed(0, lambda: self._one.joint(beside, inputs, as_of, progress))
        runs = self._timed(1, lambda: self._other.joint(build, inputs, as_of, progress))
        self._compare(build.file)
        return runs

    def _timed(self, number: int, make: Callable[[], list[RuleRun]]) -> list[RuleRun]:
        started = time.perf_counter()
        runs = make()
        self.seconds[number] += time.perf_counter() - started
        return runs

    def _compare(self, file: Path) -> None:
        with connect() as db:
            attach(db, _duplicate(file), "one", "READ_ONLY")
            attach(db, file, "other", "READ_ONLY")
            kinds: dict[str, list[tuple[str, str]]] = {}
            for table, column, kind in db.execute(
                "SELECT schema_name || '.' || table_name, column_name, data_type FROM duckdb_columns() "
                f"WHERE database_name = 'other' AND schema_name IN {_LAYERS}"
            ).fetchall():
                kinds.setdefault(table, []).append((column, kind))
            for table, columns in kinds.items():
                listed = ", ".join(compared(*column) for column in columns if column[0] != _OF_THE_RUN)
                one, other = (f"(SELECT {listed} FROM {name}.{table})" for name in ("one", "other"))
                sources = (one, f"({one} EXCEPT ALL {other})", f"({other} EXCEPT ALL {one})")
                counts = ", ".join(f"(SELECT count(*) FROM {source})" for source in sources)
                rows, more, less = db.execute(f"SELECT {counts}").fetchall()[0]
                self.rows[f"{file.stem} {table}"] = rows
                if more or less:
                    self.differing[f"{file.stem} {table}"] = more + less


def compared(name: str, kind: str) -> str:
    """A column; lists are sets by what they are: positions, names, pairs."""
    return f'list_sort(CAST("{name}" AS {kind}))' if kind.endswith("[]") else f'CAST("{name}" AS {kind})'


def _duplicate(file: Path) -> Path:
    return file.with_name(f"beside-{file.name}")


def _beside(build: B) -> B:
    return replace(build, file=_duplicate(build.file))
