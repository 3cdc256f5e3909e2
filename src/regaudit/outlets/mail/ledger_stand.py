"""Where the ledger stands, as the mail of an office says it; and the old findings that a night lists."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

import duckdb
from msgspec import Struct

from regaudit.ledger.states import FINAL, LIGHTS, STATES
from regaudit.outlets.mail.entry_facts import rows_of

OLD_SHEET = "历史存量"


class OldFinding(Struct, frozen=True, kw_only=True):
    """A finding whose act lies long back and that an entry lists with others of its rule and office."""

    entry: str
    rule: str
    title: str
    finding_id: str
    case_no: str | None
    acted_on: date | None
    severity: str
    summary: str


class Since(Struct, frozen=True):
    """Up to where the night before had read the log, its run, and whether this is the first with a ledger."""

    before: int
    last_run: int
    is_first: bool


class LedgerStand(Struct, frozen=True, kw_only=True):
    """The ledger of an office at the end of a night.

    Attributes:
        open: entries that are not closed, by state.
        lights: these, by light.
        opened: how many were opened since the night before.
        closed: how many were closed since, by state.
        highest: the highest number of each office and year.
        old: old findings that entries opened since list together.
        is_first: it is the first night with a ledger.
    """

    open: dict[str, int]
    lights: dict[str, int]
    opened: int
    closed: dict[str, int]
    highest: list[str]
    old: list[OldFinding]
    is_first: bool


def read_stand(db: duckdb.DuckDBPyConnection, of: dict[str, Any], since: Since) -> LedgerStand:
    """The stand of an office, and what came since the night before."""
    told = {**of, "before": since.before, "last_run": since.last_run}
    rows = rows_of(db, "mailed_ledger", told)
    states, lights, closed = Counter[str](), Counter[str](), Counter[str]()
    for row in rows:
        if row["state"] in FINAL:
            closed[row["state"]] += row["stepped"]
        else:
            states[row["state"]] += row["entries"]
            lights[row["light"]] += row["entries"]
    return LedgerStand(
        open={state: states[state] for state in STATES if states[state]},
        lights={light: lights[light] for light in reversed(LIGHTS) if lights[light]},
        opened=sum(row["opened"] for row in rows),
        closed={state: closed[state] for state in STATES if closed[state]},
        highest=sorted({row["highest"] for row in rows}),
        old=[OldFinding(**row) for row in rows_of(db, "mailed_histories", told)],
        is_first=since.is_first,
    )


def stand_lines(stand: LedgerStand | None, listed: str) -> list[str]:
    """What a mail says of the stand, a sentence each; `listed` says where the old findings stand."""
    if stand is None:
        return []
    lines = ["台账自本夜启用：从此发现的问题逐项挂账，办结后销号。"] if stand.is_first else []
    total = sum(stand.open.values())
    if total:
        states = "、".join(f"{STATES[state]} {count}" for state, count in stand.open.items())
        lights = "、".join(
            f"{'未亮灯' if light == 'none' else LIGHTS[light]} {count}"  # type: ignore[index]
            for light, count in stand.lights.items()
        )
        lines.append(f"未销号 {total} 项（{states}）：{lights}。")
    elif stand.closed or stand.highest:
        lines.append("未销号 0 项。")
    news = [
        *([f"新挂账 {stand.opened} 项"] if stand.opened else []),
        *(f"{STATES[state]} {count} 项" for state, count in stand.closed.items()),
    ]
    if news:
        lines.append(f"本夜：{'，'.join(news)}。")
    return [*lines, *_old_lines(stand.old, listed)]


def _old_lines(old: Sequence[OldFinding], listed: str) -> list[str]:
    """Counts by entry, that is by rule, and where the list is."""
    counts = Counter((finding.entry, finding.title) for finding in old)
    lines = [
        f"历史存量：{title} {count} 项，合并挂账为 {entry}。" for (entry, title), count in counts.items()
    ]
    return [*lines, *([f"历史存量共 {len(old)} 项，逐项{listed}的“{OLD_SHEET}”表。"] if old else [])]
