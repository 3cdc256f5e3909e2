"""The codes that stand in published columns, by kind, with their Chinese names.

Each has one source: the vocabulary of exports, what other modules of this room list, or
`projections/reference/codes.csv` for what SQL alone writes. Later rooms know those of
the ledger and of nights.
"""

from functools import cache

import polars as pl

from regaudit.catalogue.content import projections_dir
from regaudit.catalogue.inspection_terms import GRADES, VERDICTS, WAYS
from regaudit.catalogue.kinds import all_columns, export_kinds
from regaudit.catalogue.rules import ROLES, SEVERITIES
from regaudit.catalogue.vocabulary import coded_columns, value_titles
from regaudit.catalogue.zero_terms import DECLARATIONS, REPORTS


@cache
def code_kinds() -> dict[str, dict[str, str]]:
    """Kinds of codes → code → Chinese name."""
    kinds: dict[str, dict[str, str]] = {name: value_titles(name) for name in coded_columns()}
    kinds |= {
        "severity": SEVERITIES,
        "evidence_role": {str(role): title for role, title in ROLES.items()},
        "import_kind": {name: kind.title for name, kind in export_kinds().items()},
        "inspection_way": {str(way): title for way, title in WAYS.items()},
        "inspection_grade": GRADES,
        "inspection_verdict": VERDICTS,
        "report_kind": REPORTS,
        "report_declared": DECLARATIONS,
        "column": {name: column.title for name, column in all_columns().items()},
    }
    path = projections_dir() / "reference" / "codes.csv"
    for kind, code, title in pl.read_csv(path, infer_schema=False).iter_rows():
        kinds.setdefault(kind, {})[code] = title
    return kinds


def listed(kind: str) -> str:
    """The codes of a kind in one phrase: `open 在办、closed 办结`.

    Raises:
        KeyError: there is no such kind here.
    """
    return "、".join(f"{code} {title}" for code, title in code_kinds()[kind].items())
