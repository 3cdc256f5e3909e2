"""Values whose meaning nobody knows, of columns on whose meaning rules hang: counted, never shown."""

import polars as pl

from regaudit.catalogue.event_types import ImportRecorded, UnknownValues
from regaudit.catalogue.kinds import ExportKind, export_kinds
from regaudit.catalogue.vocabulary import understood_values

_MOST_VALUES = 1_000


class UnknownTally:
    """Counts over the pages of an export."""

    def __init__(self, kind: ExportKind) -> None:
        self._values: dict[str, set[str]] = {name: set() for name in kind.deciding}
        self._rows = dict.fromkeys(self._values, 0)

    def add(self, rows: pl.DataFrame) -> None:
        """Take canonical rows. Of very many different values the count stops; that of rows does not."""
        for name, values in self._values.items():
            column = rows[name].drop_nulls()
            others = column.filter(~column.is_in(list(understood_values(name))))
            self._rows[name] += others.len()
            if others.len() and len(values) < _MOST_VALUES:
                values.update(others.unique())

    def told(self) -> list[UnknownValues]:
        """What the import's event says of them."""
        return [
            UnknownValues(column=name, values=len(values), rows=self._rows[name])
            for name, values in self._values.items()
            if values
        ]


def unknown_in_words(kind: str, found: UnknownValues) -> str:
    """What an import of a kind did not understand (Chinese): the column and how much, never the values."""
    known = export_kinds().get(kind)
    title = known.title_of(found.column) if known else found.column
    return (
        f"{title}有 {found.values} 种不认识的写法,共 {found.rows} 行:照原样保留,既不当作同意,也不当作不同意;"
        f"请用 preview 查看,并在映射的 [values.{found.column}] 中写明"
    )


def unknown_in(event: ImportRecorded) -> list[str]:
    """The same of a recorded import, each column on one line with the file's name."""
    return [f"{event.file_name}:{unknown_in_words(event.kind, found)}" for found in event.unknown]
