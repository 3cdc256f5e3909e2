"""What an export that claims to hold a whole period lacks of what its source sent before."""

import re
from typing import Any

from regaudit.catalogue import event_class
from regaudit.eventlog.growth import Row
from regaudit.eventlog.log import EventLog
from regaudit.intake.workbench import Workbench


def vanished_rows(
    log: EventLog,
    bench: Workbench,
    state: dict[str, Any],
    import_no: int,
    quarantined: str,
) -> list[Row]:
    """A stored `step-vanished` event for each action that is lacking and was not reported before.

    Args:
        log: what was sent before.
        bench: the export's rows, judged.
        state: what the import event will say of the export.
        import_no: the import's number.
        quarantined: the export's rejected rows as text; a row of a case named there may be the one lacking.
    """
    if "covers_from" not in state or not log.position():
        return []
    covers = (state["covers_from"], state["covers_to"])
    same = {event.originator_version for event in log.events("imports") if _same_source(vars(event), state)}
    make, stream = event_class("step-vanished"), f"vanished:{import_no}"
    names = ("office", "case_no", "action_id", "step_position")
    excused = set(re.split(r'[\s,;"]+', quarantined))
    found = [row for row in bench.vanished(log.read(), covers, same) if row[1] not in excused]
    return [
        log.stored_row(make(stream, n, import_no=import_no, **dict(zip(names, row, strict=True))))
        for n, row in enumerate(found, start=1)
    ]


def _same_source(earlier: dict[str, Any], now: dict[str, Any]) -> bool:
    """Whether two imports are exports of one source, so that the later should hold what the earlier held."""
    return all(earlier.get(name, "") == now.get(name, "") for name in ("kind", "source", "mapping"))
