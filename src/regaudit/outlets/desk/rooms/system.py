"""系统: nights, imports, coverage, quarantine, settings and their changes, and the log's last checkpoint."""

from contextlib import suppress
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from regaudit.base.last_verified import last_verified
from regaudit.catalogue.event_types import SettingsChanged
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.tree.notes import parse_checkpoint
from regaudit.outlets.desk.desk import Desk
from regaudit.outlets.desk.doors import Room
from regaudit.outlets.desk.night_facts import last_nights, strip, unrun_nights
from regaudit.outlets.desk.pages import page
from regaudit.outlets.desk.published import NothingPublishedError
from regaudit.outlets.desk.viewer import Viewer

ROOMS = [
    SYSTEM := Room(
        name="system",
        path="/system",
        title="系统",
        order=70,
        who=lambda viewer: viewer.holds("sysadmin", "auditor"),
    )
]
_NIGHTS, _IMPORTS, _CHANGES, _GAPS = 60, 50, 100, 100
_LISTED = """
SELECT import_no, kind, file_name, source, rows_read, appended, altered, quarantined, open_quarantined,
    quarantine_file, offices, first_on, last_on, covers_from, covers_to, imported_at, file_sha256
FROM main.imports ORDER BY import_no DESC LIMIT $limit
"""
_QUARANTINED = """
SELECT import_no, file_name, quarantined, open_quarantined, quarantine_file, imported_at
FROM main.imports WHERE open_quarantined > 0 ORDER BY import_no DESC LIMIT $limit
"""
_COVERAGE = """
WITH each AS (SELECT unnest(offices) AS office, * EXCLUDE (offices) FROM main.imports WHERE kind = 'steps')
SELECT office, count(*) AS imports, min(first_on) AS first_on, max(last_on) AS last_on,
    min(covers_from) AS covers_from, max(covers_to) AS covers_to, max(imported_at) AS imported_at
FROM each GROUP BY office ORDER BY office
"""
_CHANGED = """
SELECT night, what, old, new, seen_at FROM main.setting_changes WHERE NOT is_withdrawn
ORDER BY seen_at DESC, what LIMIT $limit
"""
_FAILED = "SELECT rule, title, status FROM main.rule_runs WHERE status = 'error' ORDER BY rule"


def show(request: Request) -> Response:
    """How the nights go, and what they go by."""
    desk: Desk = request.app.state.desk
    viewer: Viewer = request.state.viewer
    published: dict[str, Any] = {"nights": [], "listed": [], "quarantined": [], "coverage": [], "changed": []}
    published |= {"failed": [], "unrun": [], "gaps": []}
    with suppress(NothingPublishedError):
        published = {
            "nights": last_nights(desk.published, viewer, _NIGHTS),
            "listed": desk.published.kept_rows(_LISTED, {"limit": _IMPORTS}),
            "quarantined": desk.published.kept_rows(_QUARANTINED, {"limit": _IMPORTS}),
            "coverage": desk.published.kept_rows(_COVERAGE),
            "changed": desk.published.kept_rows(_CHANGED, {"limit": _CHANGES}),
            "failed": desk.published.kept_rows(_FAILED),
            "unrun": unrun_nights(desk.published, request.state.at),
            "gaps": desk.gaps.get(),
        }
    with EventLog(desk.home) as log:
        size, note = log.last_checkpoint()
        settings = log.last_event("settings", SettingsChanged)
        place = log.place
    return page(
        request,
        "system.html",
        **published,
        strip=strip(published["nights"], request.state.at),
        gaps_shown=_GAPS,
        verified=last_verified(desk.home),
        size=size,
        fingerprint=parse_checkpoint(note).fingerprint(),
        place=place,
        facts=settings.facts if settings else {},
        settings=settings,
        waiting=desk.access.count(),
        office_name=desk.settings.office_name,
    )


routes = [SYSTEM.get("/system", show)]
