"""The evidence of an entry as rows of a document: who did what and when, from which file, by the log."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

import msgspec
from msgspec import Struct

from regaudit.catalogue.event_kinds import catalogue
from regaudit.catalogue.rules import ROLES
from regaudit.catalogue.vocabulary import value_titles
from regaudit.eventlog.log import EventLog
from regaudit.intake.imports import States, import_states

SHOWN = 200
"""A document shows no more rows of evidence than this; it says how many more there are."""


class Exhibit(Struct, frozen=True):
    """An event that is evidence: its log position, its role, and what it says (Chinese)."""

    position: int
    role: str
    subject: str
    act: str
    who: str
    at: str
    source: str


class Exhibits:
    """Reads evidence from a log; imports are read once for many documents."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    def of(self, evidence: Iterable[tuple[int, str]]) -> list[Exhibit]:
        """The evidence at some positions, each with its role; those that are too many are left out.

        Raises:
            LogError: the log cannot be read.
        """
        roles = dict(sorted(evidence))
        shown = self._rows([*roles][:SHOWN])
        return [_exhibit(row, roles[row["position"]], self._imports) for row in shown]

    @cached_property
    def _imports(self) -> States:
        return import_states(self._log)

    def _rows(self, positions: Sequence[int]) -> Iterator[dict[str, Any]]:
        """The stored events at rising positions, those in a row read together."""
        first = last = None
        for position in [*positions, -1]:
            if first is not None and last is not None and position != last + 1:
                for table in self._log.read(after=first - 1, upto=last):
                    yield from table.to_pylist()
                first = None
            first, last = position if first is None else first, position


def _exhibit(row: dict[str, Any], role: str, imports: States) -> Exhibit:
    content = msgspec.json.decode(row["state"])
    facts = content | (content.get("action") or content.get("entry") or {})
    brought = imports.get(content.get("import_no", 0))
    place = f"第 {content['row_no']} 行" if content.get("row_no") else ""
    kind = catalogue().get(row["topic"])
    step = str(facts.get("step", ""))
    act = value_titles("step").get(step, step) or (kind.title if kind else str(row["topic"]))
    node, result = str(facts.get("node", "")), str(facts.get("result", ""))
    more = "、".join(filter(None, (node, value_titles("result").get(result, result))))
    names = (facts.get("account"), facts.get("operator") or facts.get("person_name"))
    return Exhibit(
        position=row["position"],
        role=ROLES.get(role, role),  # type: ignore[call-overload]
        subject=str(facts.get("case_no") or facts.get("source") or facts.get("source_name") or ""),
        act=f"{act}（{more}）" if more else act,
        who=" ".join(str(name) for name in names if name),
        at=str(facts.get("occurred_at") or facts.get("valid_from") or "").replace("T", " "),
        source=f"{brought.file_name} {place}".strip() if brought else place,
    )
