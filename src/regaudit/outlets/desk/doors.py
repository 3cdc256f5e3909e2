"""The rooms of the desk and their doors: each says who may pass, and no page is reached but by one.

A module of `rooms/` has `ROOMS = [ROOM := Room(...)]` and `routes = [ROOM.get("/path", view)]`.
"""

from collections.abc import Callable

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from regaudit.outlets.desk.viewer import Viewer

View = Callable[[Request], Response]
Who = Callable[[Viewer], bool]
IN = "in"
"""The stage of a session that has shown all that it has to."""
NOBODY = ""
"""The stage of who has no session."""


def anybody(_: Viewer) -> bool:
    """Whoever is in."""
    return True


class Room(Struct, frozen=True, kw_only=True):
    """Pages that belong together.

    Attributes:
        name: for templates and tests.
        path: where its first page is.
        title: in the navigation (Chinese).
        who: whether a viewer may enter; what of it he sees is for its views.
        order: its place in the navigation.
        is_shown: whether it stands there.
        stages: the stages of a session at which it is open.
        is_kept: whether a form of it is kept that is sent after the session ended; none with passwords.
    """

    name: str
    path: str
    title: str
    who: Who = anybody
    order: int = 50
    is_shown: bool = True
    stages: tuple[str, ...] = (IN,)
    is_kept: bool = True

    def get(self, path: str, view: View, *, who: Who = anybody) -> "Door":
        """A page of the room; `who` narrows who may see it."""
        return Door(room=self, method="GET", path=path, view=view, who=who)

    def post(self, path: str, view: View, *, who: Who = anybody) -> "Door":
        """Where a form of the room is sent to; the view finds it at `request.state.form`."""
        return Door(room=self, method="POST", path=path, view=view, who=who)


class Door(Struct, frozen=True, kw_only=True):
    """A path of a room with a method: its view, and who may pass."""

    room: Room
    method: str
    path: str
    view: View
    who: Who

    def lets(self, viewer: Viewer) -> bool:
        """Whether a viewer may pass."""
        return self.room.who(viewer) and self.who(viewer)
