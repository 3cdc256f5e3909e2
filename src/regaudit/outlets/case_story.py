"""The story of a case: attributes, every action with its source, the clock day by day, its findings."""

from collections.abc import Mapping
from typing import Any, Protocol

from regaudit.catalogue.sqlfile import result_sql

Rows = list[dict[str, Any]]
_WHERE = "WHERE office = $office AND case_no = $case_no"
_ALL = 0, 1 << 62


class Ask(Protocol):
    """What answers a query of the published tables."""

    def __call__(self, sql: str, parameters: dict[str, Any] | None = None, /) -> Rows:
        """The rows of a query as dicts."""


def case_story(
    ask: Ask, office: str, case_no: str, places: Mapping[str, tuple[int, int]] | None = None
) -> dict[str, Any] | None:
    """All that the published tables hold of a case; None where there is none.

    Args:
        ask: answers queries of them.
        office: of the case.
        case_no: its number.
        places: between which rows of `cases`, `steps` and `clock_rounds` all of the case lies, where that is
            known; without it they are looked through.

    Returns:
        `case`, `steps`, `altered_steps`, `extended_steps`, `rounds` of the clock, `days`, each of a round,
        and `findings`. A day's `pauses` are all that hold on it: `pause_kind`, `is_lawful`, `until_on` (null:
        still open).
    """
    key = {"office": office, "case_no": case_no}
    near = {name: (places or {}).get(name, _ALL) for name in ("cases", "steps", "clock_rounds")}
    within = {name: f"{_WHERE} AND {name}.rowid BETWEEN {a} AND {b}" for name, (a, b) in near.items()}
    cases = ask(f"SELECT * FROM cases {within['cases']}", key)
    if not cases:
        return None
    steps = ask(
        f"""SELECT steps.*, imports.file_name FROM steps INNER JOIN imports USING (import_no)
        {within["steps"]} ORDER BY CAST(occurred_at AS DATE), precision = 'date', occurred_at, position""",
        key,
    )
    return {
        "case": cases[0],
        "steps": steps,
        "altered_steps": ask(
            f"""SELECT altered_steps.*, imports.file_name
            FROM altered_steps INNER JOIN imports USING (import_no)
            {_WHERE} ORDER BY altered_steps.position""",
            key,
        ),
        "extended_steps": ask(
            f"""SELECT extended_steps.*, imports.file_name
            FROM extended_steps INNER JOIN imports USING (import_no)
            {_WHERE} AND NOT is_of_altered ORDER BY extended_steps.position""",
            key,
        ),
        "rounds": ask(f"SELECT * FROM clock_rounds {within['clock_rounds']} ORDER BY round_no", key),
        "days": ask(
            result_sql("clock_days"),
            key | {"near_case": list(near["cases"]), "near_round": list(near["clock_rounds"])},
        ),
        "findings": ask(f"SELECT * FROM findings {_WHERE} ORDER BY first_found_on, rule", key),
    }
