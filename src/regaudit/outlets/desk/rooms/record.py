"""查阅记录: who looked at and changed what, when, from where; for the auditor."""

import csv
import io
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from regaudit.catalogue.event_types import AccessLine
from regaudit.outlets.desk.access_pages import KINDS, WantedLines, find_lines
from regaudit.outlets.desk.desk import Desk
from regaudit.outlets.desk.doors import Room
from regaudit.outlets.desk.pages import page

ROOMS = [
    RECORD := Room(
        name="access", path="/access", title="查阅记录", order=90, who=lambda viewer: viewer.holds("auditor")
    )
]
_SIZE = 100
_DAYS = 7
_COLUMNS = ("时间", "登录名", "人员编号", "来自", "类别", "方法", "页面", "结果", "说明")


def show(request: Request) -> Response:
    """The lines of some days."""
    desk: Desk = request.app.state.desk
    given = request.query_params
    today = request.state.at.date()
    since, until = _day(given.get("since"), today - timedelta(days=_DAYS)), _day(given.get("until"), today)
    wanted = WantedLines(
        since=datetime.combine(since, time.min),
        until=datetime.combine(until, time.max),
        login=given.get("login", "").strip(),
        kind=given.get("kind", "") if given.get("kind") in KINDS else "",
        text=given.get("text", "").strip(),
    )
    lines = find_lines(desk.home, desk.access, wanted)
    if given.get("as") == "csv":
        return _csv(lines, since, until)
    pages = max(1, -(-len(lines) // _SIZE))
    number = min(max(1, int(given["page"]) if given.get("page", "").isdecimal() else 1), pages)
    kept = {
        "since": since.isoformat(),
        "until": until.isoformat(),
        "login": wanted.login,
        "kind": wanted.kind,
        "text": wanted.text,
    }
    return page(
        request,
        "access.html",
        lines=lines[(number - 1) * _SIZE : number * _SIZE],
        total=len(lines),
        number=number,
        pages=pages,
        wanted=kept,
        kinds=KINDS,
        logins=[("", "全部"), *((login, user.title) for login, user in sorted(desk.people().users.items()))],
        query=urlencode({name: value for name, value in kept.items() if value}),
    )


def _csv(lines: list[AccessLine], since: date, until: date) -> Response:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for line in lines:
        kind = KINDS.get(line.kind, line.kind)
        cells = (line.at, line.login, line.person_id, line.address, kind, line.method, line.path)
        writer.writerow([_plain(str(cell)) for cell in (*cells, line.status or "", line.told)])
    name = f"access-{since}-{until}.csv"
    return Response(
        "\ufeff" + out.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _plain(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _day(text: str | None, otherwise: date) -> date:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return otherwise


routes = [RECORD.get("/access", show)]
