"""A wide export: one row a case, a time and a person for each step; and the mapping that reads it."""

from pathlib import Path

import polars as pl

from regaudit.catalogue.vocabulary import display_name, value_titles
from regaudit.simulate.rows import StepLog

_ATTRIBUTES = (
    *("registration_type", "right_type", "applicant_kind", "channel", "batch_no", "unit_no"),
    *("promised_at", "subtype", "matter"),
)
STEPS = ("accept", "review", "book", "certify", "issue", "file", "refuse", "withdraw")
_MORE = {"review": {"result": "审核结果"}, "certify": {"serial_no": "印刷序列号"}}
_KEY = ("case_no", "office")


def write_wide(log: StepLog, path: Path) -> None:
    """CSV; of several actions of one step, reviews above all, the last. The mapping stands beside it."""
    with path.open("wb") as file:
        for n, rows in enumerate(log.pages_by_case()):
            _by_case(rows).write_csv(file, include_bom=n == 0, line_terminator="\r\n", include_header=n == 0)
    path.with_suffix(".toml").write_text(mapping_text(), encoding="utf-8", newline="\n")


def _by_case(rows: pl.DataFrame) -> pl.DataFrame:
    # The later in time; rows of one moment that differ are told apart by what they hold.
    ordered = rows.sort("occurred_at", "started_at", "account", "result", maintain_order=True)
    return (
        ordered.group_by(_KEY, maintain_order=True)
        .agg(
            *(pl.col(name).drop_nulls().first().alias(display_name(name)) for name in _ATTRIBUTES),
            *(
                pl.col(column).filter(pl.col("step") == step).last().alias(shown)
                for step in STEPS
                for column, shown in _columns(step).items()
            ),
        )
        .rename({name: display_name(name) for name in _KEY})
    )


def _columns(step: str) -> dict[str, str]:
    """Canonical columns of a step → the export's."""
    title = value_titles("step")[step]
    return {"occurred_at": f"{title}时间", "operator": f"{title}人"} | _MORE.get(step, {})


def mapping_text() -> str:
    """The mapping TOML of this export."""
    lines = ['title = "宽表:一行一件,各环节的时间与人员"', "", "[columns]"]
    lines += [f'{name} = "{display_name(name)}"' for name in (*_KEY, *_ATTRIBUTES)]
    for step in STEPS:
        columns = ", ".join(f'{name} = "{shown}"' for name, shown in _columns(step).items())
        lines += ["", "[[actions]]", f'step = "{step}"', f"columns = {{ {columns} }}"]
    return "\n".join(lines) + "\n"
