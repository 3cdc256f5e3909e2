"""Where an import's rows are told apart: new, repeated, known, altered. In columns, stream by stream.

The rows are brought into the order of their streams (of a step log: cases), on disk, and so is what the log
has of these. Then both are gone through side by side: all that can equal a row belongs to its stream and
stands on the same page.
"""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from types import TracebackType

import polars as pl
import pyarrow as pa
from msgspec import Struct

from regaudit.base.duck import connect
from regaudit.base.folded_text import folded
from regaudit.base.folders import Folders
from regaudit.catalogue.kinds import OFFICE, ExportKind
from regaudit.eventlog.batches import NEW_SCHEMA
from regaudit.intake.added_cells import ALTERED, EXTENDS, KNOWN, fates, filled_columns
from regaudit.intake.identity import ESCAPES, ID_LENGTH, NEEDS_ESCAPE, hashed
from regaudit.intake.same_actions import (
    FIRST_ID,
    HEAD,
    IS_ALTERED,
    Persons,
    nobody,
    same_actions,
)
from regaudit.intake.sorted_rows import STREAM, SortedRuns
from regaudit.sources.tables import ROW_NO

_SEPARATOR = "\x1f"
# A state in canonical JSON is its head, which tells what the row says, and its tail, which tells where it
# stood.
# No text within can look like the mark between them: its quotation marks are escaped.
_TAIL = "tail"
_MARK = ',"import_no":'
_FATE, _NEW = "fate", "new"


class Verdict(Struct):
    """What became of an import's canonical rows; final once all of its events are read.

    `rewritten` of the known and altered rows are written in other words than what the log has; `extended` of
    the known fill columns that it has blank of them.
    """

    appended: int = 0
    known: int = 0
    altered: int = 0
    rewritten: int = 0
    extended: int = 0
    alike: list[str] = []
    offices: set[str] = set()
    days: set[str] = set()


class Workbench:
    """Takes canonical rows in batches, then hands over those that are new as stored events."""

    def __init__(self, home: Path, import_no: int, kind: ExportKind, persons: Persons = nobody) -> None:
        """`kind` is one whose rows accumulate; `persons` tells who is behind logins and names."""
        base = Folders(home).work
        base.mkdir(exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix="import-", dir=base))
        self.rows = 0
        self.verdict = Verdict()
        self.kind = kind
        self._import_no, self._persons = import_no, persons
        self._is_precise = False
        self._filled: set[tuple[str, str]] = set()
        self._raw = SortedRuns(self.folder, "raw")
        self._incoming = SortedRuns(self.folder, "incoming")
        self._existing = SortedRuns(self.folder, "existing")
        self._db = connect()

    def __enter__(self) -> "Workbench":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def add(self, batch: pl.DataFrame, part_no: int | None = None) -> None:
        """Take canonical rows: `ROW_NO` and all of the kind's columns as text, of one part of the export."""
        if not batch.height:
            return
        self.rows += batch.height
        kind = self.kind
        if OFFICE in kind.columns:
            self.verdict.offices.update(batch[OFFICE].drop_nulls().unique())
        if kind.day:
            ends = (batch[kind.day].min(), batch[kind.day].max())
            self.verdict.days |= {str(end)[: len("2026-03-02")] for end in ends if end is not None}
        if kind.same:
            # Dates are shorter.
            self._is_precise |= bool(batch[kind.same.time].str.contains(r":\d\d:(?:0[1-9]|[1-5]\d)").any())
        raw = batch.select(streams_of(kind).alias(STREAM)).to_series()
        streams = folded(raw)
        if (odd := raw.filter(raw != streams)).len():
            self._raw.add(odd.unique().to_frame())
        part = "" if part_no is None else f',"part_no":{part_no}'
        number = "" if part_no is None else str(part_no)
        self._filled |= {(number, name) for name in filled_columns(batch, kind)}
        self._incoming.add(
            batch.select(
                streams,
                _heads(batch, kind, self._row_ids(batch)).alias(HEAD),
                pl.concat_str(
                    pl.lit(f'{_MARK}{self._import_no}{part},"row_no":'),
                    pl.col(ROW_NO).cast(pl.String),
                    pl.lit("}"),
                ).alias(_TAIL),
            )
        )

    def _row_ids(self, batch: pl.DataFrame) -> pl.Series:
        parts = (pl.coalesce(names) if names[1:] else pl.col(names) for names in self.kind.identity_parts)
        identity = pl.concat_str([part.fill_null("") for part in parts], separator=_SEPARATOR)
        return hashed(batch.select(identity=identity).to_series(), self._db)

    def streams(self) -> Iterator[str]:
        """The streams that the rows belong to, and those that bear their names as they came.

        One may come several times.
        """
        for streams in chain(self._incoming.column(STREAM), self._raw.column(STREAM)):
            yield from streams.unique(maintain_order=True)

    def new_streams(self) -> pl.Series:
        """The streams of the rows that the log has nothing of."""
        none = pl.Series(STREAM, [], dtype=pl.String)
        mine, known = (
            pl.concat([none, *(streams.unique() for streams in runs.column(STREAM))]).unique()
            for runs in (self._incoming, self._existing)
        )
        return mine.to_frame().join(known.to_frame(), on=STREAM, how="anti").to_series().sort()

    def row_ids(self) -> Iterator[pl.Series]:
        """The identities of the rows, one of each row."""
        for heads in self._incoming.column(HEAD):
            yield heads.str.slice(-ID_LENGTH - 1, ID_LENGTH)

    def add_existing(self, events: Iterable[pa.Table]) -> None:
        """Take what the log already has of these streams, as tables of `EVENT_SCHEMA`."""
        for table in events:
            stored = pl.DataFrame(pl.from_arrow(table)).filter(pl.col("topic").is_in(self.kind.topics))
            streams = folded(stored["originator_id"]).alias(STREAM)
            head = pl.col("state").str.splitn(_MARK, 2).struct.field("field_0")
            self._existing.add(
                stored.select(
                    streams,
                    pl.when(pl.col("originator_id") == streams)
                    .then("originator_version")
                    .otherwise(0)
                    .alias("version"),
                    head.alias(HEAD),
                )
            )

    def events(self) -> Iterator[pa.Table]:
        """The rows that the log lacks, as events of `NEW_SCHEMA`, by streams: so they lie in the index."""
        for page, stored in self._pages():
            fresh = page.filter(pl.col(HEAD).is_first_distinct())
            if stored is None:
                fresh = fresh.with_columns(pl.lit(_NEW).alias(_FATE), before=0)
            else:
                fresh = _beside(fresh, stored)
                again = self._again(page, fresh, stored)
                self.verdict.rewritten += page.join(again, on=HEAD, how="semi").height
                fresh = self._judged(fresh, again, stored)
            appended, altered, extended = (
                int((fresh[_FATE] == fate).sum()) for fate in (_NEW, ALTERED, EXTENDS)
            )
            self.verdict.altered += altered
            self.verdict.appended += appended
            self.verdict.extended += extended
            self.verdict.known += page.height - appended - altered
            yield _numbered(fresh, self.kind)

    def known_ids(self) -> Iterator[pl.Series]:
        """The identities under which the log has rows of the export that are written otherwise."""
        for page, stored in self._pages():
            if stored is not None:
                fresh = page.filter(pl.col(HEAD).is_first_distinct())
                yield self._again(page, _beside(fresh, stored), stored)[FIRST_ID]

    def _pages(self) -> Iterator[tuple[pl.DataFrame, pl.DataFrame | None]]:
        """The rows page by page, each with what the log has of its streams."""
        cuts = self._incoming.cuts()
        for page, stored in zip(self._incoming.pages(cuts), self._existing.pages(cuts), strict=True):
            if page is not None:
                yield page, stored

    def _again(self, page: pl.DataFrame, fresh: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
        left = fresh.filter(~pl.col("is_known_id"))
        return same_actions(self.kind, page, left, stored, self._persons, is_precise=self._is_precise)

    def _judged(self, fresh: pl.DataFrame, again: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
        """The rows that become events, each with what it is to the log: new, altered, or an extension.

        Those that the log has in other words bear the identity that it has.
        """
        told = _renamed(fresh, again).with_row_index("__n")
        # What is altered in other words, and what is new, is settled.
        direct = told.filter(pl.col("is_known_id"))
        rewritten = told.filter(pl.col(IS_ALTERED).not_())
        parts = [
            rows.select(
                "__n", fates(self.kind, rows, stored, self._filled, is_rewritten=is_rewritten).alias(_FATE)
            )
            for rows, is_rewritten in ((direct, False), (rewritten, True))
        ]
        settled = pl.when(IS_ALTERED).then(pl.lit(ALTERED)).otherwise(pl.lit(_NEW))
        told = told.join(pl.concat(parts), on="__n", how="left", maintain_order="left")
        return told.with_columns(pl.coalesce(_FATE, settled).alias(_FATE)).filter(pl.col(_FATE) != KNOWN)


def streams_of(kind: ExportKind) -> pl.Expr:
    """The streams of canonical rows, as their columns write them."""
    pieces = [[pl.lit(text), *([pl.col(name)] if name else [])] for text, name in kind.stream_parts]
    return pl.concat_str(piece for some in pieces for piece in some)


def _heads(batch: pl.DataFrame, kind: ExportKind, row_ids: pl.Series) -> pl.Expr:
    """The heads of rows: canonical JSON of the columns, members in order of their names, and the identity.

    What stands between two cells that are never blank is one piece: each piece costs every row something.
    """
    always = kind.subject[0]
    names = [name for name in sorted(kind.columns) if batch[name].null_count() < batch.height]
    special = batch.select(pl.col(names).str.contains(NEEDS_ESCAPE).any())
    pieces: list[pl.Expr] = []
    between = f'{{"{kind.content}":{{'
    for name in names:
        value = pl.col(name).str.replace_many(ESCAPES) if special[name].item() else pl.col(name)
        # Every row has what makes its stream: members before that bring the comma that follows them, those
        # behind it what ends the member before.
        begin, end = f'"{name}":"', '",'
        if name > always:
            begin = '",' + begin
        if name >= always:
            end = ""
        if batch[name].null_count():
            # Null where the cell is, and then left out.
            ends = [pl.lit(end)] if end else []
            pieces += [pl.lit(between), pl.concat_str(pl.lit(begin), value, *ends)]
            between = ""
        else:
            pieces += [pl.lit(between + begin), value]
            between = end
    pieces += [pl.lit(f'{between}"}},"{kind.id}":"'), pl.lit(row_ids), pl.lit('"')]
    return pl.concat_str(pieces, ignore_nulls=True)


def _beside(fresh: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """The rows that the log lacks, with the last version of their stream and `is_known_id`."""
    row_id = pl.col(HEAD).str.slice(-ID_LENGTH - 1)
    last = stored.group_by(STREAM).agg(pl.col("version").max().alias("before"))
    return (
        fresh.join(stored, on=HEAD, how="anti", maintain_order="left")
        .join(last, on=STREAM, how="left", maintain_order="left")
        .with_columns(
            pl.col("before").fill_null(0),
            is_known_id=row_id.is_in(stored.select(row_id).to_series().implode()),
        )
    )


def _renamed(fresh: pl.DataFrame, again: pl.DataFrame) -> pl.DataFrame:
    """The rows, those of `again` under the identity that the log has; of all others `IS_ALTERED` is null."""
    again = again.sort(IS_ALTERED, descending=True, maintain_order=True).unique(
        HEAD, keep="first", maintain_order=True
    )
    told = fresh.join(again, on=HEAD, how="left", maintain_order="left")
    renamed = pl.concat_str(pl.col(HEAD).str.head(-ID_LENGTH - 1), FIRST_ID, pl.lit('"'))
    return told.with_columns(pl.coalesce(renamed, HEAD).alias(HEAD))


def _numbered(fresh: pl.DataFrame, kind: ExportKind) -> pa.Table:
    """Rows in order of their streams as events of `NEW_SCHEMA`, numbered on from the version `before`."""
    topics = {_NEW: kind.recorded, ALTERED: kind.altered, EXTENDS: kind.extended}
    events = fresh.select(
        STREAM,
        pl.col("before") + pl.int_range(1, pl.len() + 1).over(STREAM),
        pl.col(_FATE).replace_strict(topics, return_dtype=pl.String),
        pl.concat_str(HEAD, _TAIL),
    )
    return events.to_arrow().rename_columns(NEW_SCHEMA.names).cast(NEW_SCHEMA)
