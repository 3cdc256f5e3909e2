"""The desk as an application: every room behind its doors, and what every answer carries."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pkgutil import iter_modules

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from regaudit.outlets.desk import rooms
from regaudit.outlets.desk.desk import Desk
from regaudit.outlets.desk.doors import Door, Room
from regaudit.outlets.desk.guard import Guard
from regaudit.outlets.desk.headers import Headers
from regaudit.outlets.desk.pages import FOLDER
from regaudit.outlets.desk.recorder import Recorder
from regaudit.outlets.desk.tasks import Agendas


def make_app(desk: Desk) -> Starlette:
    """The pages of a workspace."""
    modules = [import_module(f"{rooms.__name__}.{found.name}") for found in iter_modules(rooms.__path__)]
    all_rooms: list[Room] = [room for module in modules for room in module.ROOMS]
    static = Mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")
    app = Starlette(
        routes=[*guarded([door for module in modules for door in module.routes]), static],
        middleware=[Middleware(Headers, desk=desk)],
        lifespan=_lifespan,
        exception_handlers={404: _missing, 405: _missing},
    )
    app.state.desk, app.state.agendas = desk, Agendas()
    app.state.rooms = sorted(all_rooms, key=lambda room: (room.order, room.path))
    return app


def guarded(doors: list[Door]) -> list[BaseRoute]:
    """A route for each path, with a guard before its views."""
    paths: dict[str, dict[str, Door]] = {}
    for door in doors:
        paths.setdefault(door.path, {})[door.method] = door
    # Of two that match, the one without a variable in its place.
    ordered = sorted(paths.items(), key=lambda item: [("{" in part, part) for part in item[0].split("/")])
    return [Route(path, Guard(found)) for path, found in ordered]


async def _missing(request: Request, _: Exception) -> Response:
    """A page that is not there is what one is that may not be seen."""
    return await Guard({}).answer(request)


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    """While the pages are served, what was looked at is handed over to the log; figures are counted first."""
    app.state.desk.warm()
    with Recorder(app.state.desk):
        yield
