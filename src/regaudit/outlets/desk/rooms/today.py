"""今日: what somebody must do today."""

from starlette.requests import Request
from starlette.responses import Response

from regaudit.outlets.desk.doors import Room
from regaudit.outlets.desk.pages import page

ROOMS = [TODAY := Room(name="today", path="/", title="今日", order=10)]


def show(request: Request) -> Response:
    """The first page."""
    return page(request, "today.html")


routes = [TODAY.get("/", show)]
