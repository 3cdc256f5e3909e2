"""XES, the process-mining format: a trace a case, an event an action."""

from pathlib import Path

import polars as pl

from regaudit.simulate.rows import StepLog
from regaudit.simulate.writers.cells import escaped, times_as

_HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0" xes.features="" xmlns="http://www.xes-standard.org/">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
"""
_TRACE = {
    "concept:name": "case_no",
    "office": "office",
    "registration_type": "registration_type",
    "right_type": "right_type",
    "applicant_kind": "applicant_kind",
    "channel": "channel",
    "batch_no": "batch_no",
    "unit_no": "unit_no",
    "promised_at": "promised_at",
    "subtype": "subtype",
    "matter": "matter",
}
_EVENT = {
    "concept:name": "step",
    "lifecycle:transition": "lifecycle",
    "org:resource": "account",
    "time:timestamp": "occurred_at",
    "started_at": "started_at",
    "node": "node",
    "result": "result",
    "operator": "operator",
    "terminal": "terminal",
    "pause_kind": "pause_kind",
    "reason": "reason",
    "approver": "approver",
    "serial_no": "serial_no",
}
_DATES = ("promised_at", "time:timestamp", "started_at")
_KEY = ("office", "case_no")


def write_xes(log: StepLog, path: Path) -> None:
    """Names of the standard extensions, case attributes on the trace, a date alone as its midnight."""
    attributes = [name for name in _TRACE.values() if name not in _KEY]
    with path.open("wb") as file:
        file.write(_HEAD.encode())
        for rows in log.pages_by_case():
            shown = times_as(rows, "%Y-%m-%dT%H:%M:%S+08:00", "%Y-%m-%dT00:00:00+08:00")
            traces = (
                shown.with_columns(lifecycle=pl.lit("complete"))
                .with_columns(event=pl.format("<event>{}</event>\n", _attributes(_EVENT)))
                .group_by(_KEY, maintain_order=True)
                .agg(pl.col(attributes).drop_nulls().first(), pl.col("event").str.join())
                .select(pl.format("<trace>{}\n{}</trace>\n", _attributes(_TRACE), "event"))
            )
            file.write("".join(traces.to_series()).encode())
        file.write(b"</log>\n")


def _attributes(names: dict[str, str]) -> pl.Expr:
    """XES attributes of the columns that are not blank."""
    return pl.concat_str(
        pl.format(
            f'<{"date" if key in _DATES else "string"} key="{key}" value="{{}}"/>', escaped(pl.col(column))
        ).fill_null("")
        for key, column in names.items()
    )
