"""The desk as a process: it answers, ends when it is told to, and forgets nothing over it."""

import signal
import socket
import time
from pathlib import Path

import httpx2 as httpx
import pytest
from conftest import Desk
from desk_people import everybody
from desk_site import DeskSite

from regaudit.catalogue.event_types import AccessRecorded
from regaudit.eventlog.log import EventLog
from regaudit.outlets.desk.guard import COOKIE
from regaudit.outlets.desk.recorder import Recorder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.mark.long
def test_it_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    site, port = everybody(tmp_path / "home"), free_port()
    process = Desk(site.desk.home).start("serve", "--port", str(port))
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                page = httpx.get(f"http://127.0.0.1:{port}/login")
                break
            except httpx.TransportError:
                assert time.monotonic() < deadline
                assert process.poll() is None
                time.sleep(0.2)
        assert "登录名" in page.text
        assert "server" not in page.headers
        process.send_signal(signal.SIGINT)
        told, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0
    assert f"http://127.0.0.1:{port}/" in told
    assert "Traceback" not in told


def test_sessions_and_waiting_lines_outlast_a_restart(tmp_path: Path) -> None:
    first = everybody(tmp_path / "home")
    browser = first.browser("post1")
    first.desk.store.close()
    second = DeskSite(first.desk.home, clock=first.clock)
    again = second.browser()
    again.client.cookies.set(COOKIE, browser.client.cookies[COOKIE])
    assert again.get("/").status_code == 200
    assert [line.kind for _, line in second.desk.access.waiting()] == ["login", "view"]


def test_a_form_sent_during_a_restart_is_taken_after_it(tmp_path: Path) -> None:
    first = everybody(tmp_path / "home")
    browser = first.browser("secu")
    token = browser.token("/users")
    second = DeskSite(first.desk.home, clock=first.clock)
    again = second.browser()
    again.client.cookies.set(COOKIE, browser.client.cookies[COOKIE])
    fields = {"_token": token, "login": "new", "person_id": "P99", "role": "handler"}
    assert again.client.post("/users", data=fields).status_code == 200
    assert second.desk.people().get("new") is not None


def test_what_waits_is_handed_over_while_pages_are_served(tmp_path: Path) -> None:
    site = everybody(tmp_path / "home", access_lines=3)
    site.browser("post1").get("/own")
    with Recorder(site.desk):
        site.browser("lead").get("/own")
        deadline = time.monotonic() + 20
        while site.desk.access.count() and time.monotonic() < deadline:
            time.sleep(0.1)
    assert site.desk.access.count() == 0
    with EventLog(site.desk.home) as log:
        events = [*log.events("access", AccessRecorded)]
    assert sum(len(event.lines) for event in events) == 4
    assert all(len(event.lines) <= 3 for event in events)
