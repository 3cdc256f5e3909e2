"""The desk of a workspace as browsers meet it: clients of the application, each its own browser."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pyotp
from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.testclient import TestClient

from regaudit.ledger.secrets import FACTOR
from regaudit.operation.desk import make_desk
from regaudit.operation.open import open_workspace
from regaudit.outlets.desk.app import make_app
from regaudit.outlets.desk.desk import Desk

PASSWORD = "Horse-Battery-7"  # noqa: S105 - of a test
OWN = "Correct-Staple-8"
"""What who has to choose one chooses."""
_TOKEN = re.compile(r'name="_token" value="([^"]*)"')
_SECRET = re.compile(r'name="secret" value="([^"]*)"')


class Hand:
    """A clock that tests set."""

    def __init__(self, at: datetime | None = None) -> None:
        self.at = at or datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **parts: float) -> None:
        """Let time pass."""
        self.at += timedelta(**parts)


class Browser:
    """One browser at the desk."""

    def __init__(self, app: Starlette, clock: Hand, *, address: str = "127.0.0.1") -> None:
        self.client = TestClient(
            app, base_url="http://localhost", follow_redirects=False, client=(address, 50000)
        )
        self.clock = clock
        self.secret = ""

    def get(self, path: str, **more: Any) -> httpx.Response:
        """A page."""
        return self.client.get(path, **more)

    def page(self, path: str) -> str:
        """A page that is there."""
        answer = self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.text

    def token(self, path: str = "/") -> str:
        """The token of the forms of a page."""
        found = _TOKEN.search(self.client.get(path).text)
        assert found, path
        return unescape(found[1])

    def post(
        self,
        path: str,
        fields: Mapping[str, Any] | None = None,
        *,
        form: str = "/",
        files: Any = None,
        **more: Any,
    ) -> httpx.Response:
        """Send a form whose token stands on the page `form`."""
        data = {"_token": self.token(form), **(fields or {})}
        return self.client.post(path, data=data, files=files, **more)

    def try_login(self, login: str, password: str = PASSWORD, **more: Any) -> httpx.Response:
        """Send the form of the entrance."""
        return self.post("/login", {"login": login, "password": password, **more}, form="/login")

    def login(self, login: str, password: str = PASSWORD) -> "Browser":
        """Get in: by a password that was set for him, or that he set, and by a code where one is needed."""
        answer = self.try_login(login, password)
        for _ in range(4):
            assert answer.status_code == 303, answer.text
            place = answer.headers["location"]
            path = place.partition("?")[0]
            if path == "/login/change":
                typed = {"password": password, "fresh": OWN, "again": OWN}
                answer = self.post(path, typed, form=path)
            elif path == "/login/enrol":
                shown = self.page(path)
                found = _SECRET.search(shown)
                assert found
                self.secret = found[1]
                answer = self.post(path, {"secret": self.secret, "code": self.code()}, form=path)
            elif path == "/login/code":
                answer = self.post(path, {"code": self.code()}, form=path)
            else:
                return self
        raise AssertionError(answer.text)

    def code(self) -> str:
        """The code of the second factor now."""
        return pyotp.TOTP(self.secret).at(self.clock.at)


class DeskSite:
    """The desk of a workspace."""

    def __init__(self, home: Path, *, clock: Hand | None = None, **settings: Any) -> None:
        self.clock = clock or Hand()
        desk = make_desk(home, system_user="tester", clock=self.clock)
        changed = replace(
            desk.settings, desk=replace(desk.settings.desk, **{"second_factor": False, **settings})
        )
        self.desk: Desk = replace(desk, settings=changed)
        self.app = make_app(self.desk)

    def browser(self, login: str = "", **more: Any) -> Browser:
        """A new browser; of somebody who is in, where a login is given."""
        made = Browser(self.app, self.clock, **more)
        return made.login(login) if login else made

    def enter(self, login: str) -> Browser:
        """A new browser of somebody who is in, with a password of his own if he has none."""
        user = self.desk.people().get(login)
        assert user is not None, login
        if "password" not in user.secrets:
            self.give_passwords([login])
        return self.browser(login)

    def give_passwords(self, logins: Iterable[str], password: str = PASSWORD, *, by: str = "") -> None:
        """Give users a password; by themselves unless somebody else is named."""
        for login in logins:
            with self.desk.steps.change_users(self.desk.author(by or login)) as users:
                users.set_password(login, password)


__all__ = ["FACTOR", "OWN", "PASSWORD", "Browser", "DeskSite", "Hand", "open_workspace"]
