"""What `regaudit doctor` says of a machine and a workspace: each fault with what to do."""

import importlib.metadata
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bundles import WHEELS
from conftest import Desk, ordinary_case
from smtp_servers import HOST, LOGIN, PHRASE, PHRASE_FILE, Authority, Inbox, plain, smtp_server

from regaudit.base import press as presses
from regaudit.base.clock import Clock, system_clock
from regaudit.base.parts import PARTS
from regaudit.base.settings import load_settings
from regaudit.operation.doctor import machine
from regaudit.operation.doctor.checks import Check
from regaudit.operation.doctor.examination import examine
from regaudit.operation.doctor.ground import network_kind
from regaudit.operation.doctor.pins import Pin
from regaudit.outlets.mail.smtp import Mailer


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("doctor") / "home").make()
    desk.ok("nightly", desk.export("export.csv", ordinary_case("1")))
    return desk


@pytest.fixture
def desk(base: Desk, tmp_path: Path) -> Desk:
    return base.copy_to(tmp_path / "home")


def seen(home: Path, name: str, *, clock: Clock = system_clock, with_mail: bool = False) -> Check:
    [check] = [each for each in examine(home, clock=clock, with_mail=with_mail) if each.check == name]
    return check


def at(days: int) -> Clock:
    return lambda: datetime.now(UTC) + timedelta(days=days)


def test_a_workspace_in_order_has_no_fault(desk: Desk) -> None:
    checks = desk.facts("doctor")
    assert [each for each in checks if each["status"] == "failed"] == []
    names = [each["check"] for each in checks]
    assert len(names) == len(set(names))
    assert {"versions", "font", "clock", "zone", "rights", "owner", "disk", "share"} <= {*names}
    assert {"log", "nights", "staff", "calendar", "mail"} <= {*names}
    # What is to be done stands beside what is not right, and only there.
    assert [each for each in checks if (each["status"] == "ok") == bool(each["advice"])] == []


def test_people_read_what_to_do_and_how_many_there_are(desk: Desk) -> None:
    run = desk.ok("doctor")
    assert "注意" in run.out
    assert "→ 请在 regaudit.toml 中填写" in run.out
    assert run.out.splitlines()[-1].endswith(f"提示 {run.out.count('提示 ') - 1}")


def test_nothing_is_changed_by_looking(desk: Desk) -> None:
    def state() -> dict[str, tuple[int, bytes]]:
        files = (path for path in desk.home.rglob("*") if path.is_file())
        return {str(path): (path.stat().st_mode, path.read_bytes()) for path in files}

    before = state()
    examine(desk.home)
    assert state() == before


def test_without_a_workspace_the_machine_is_looked_at(tmp_path: Path) -> None:
    checks = {each.check: each.status for each in examine(tmp_path)}
    assert checks["settings"] == "note"
    assert "log" not in checks
    assert list(tmp_path.iterdir()) == []


def test_settings_that_cannot_be_read_are_a_fault_by_name(desk: Desk) -> None:
    desk.configure("zone = 7")
    run = desk.run("doctor")
    assert run.status == 1
    assert "regaudit.toml有误" in run.text


def test_a_profile_that_there_is_not(desk: Desk) -> None:
    desk.configure("", profile="nowhere")
    assert seen(desk.home, "profile").status == "failed"


def test_a_log_that_is_gone_is_a_fault(desk: Desk) -> None:
    (desk.home / "events.sqlite").unlink()
    assert seen(desk.home, "log").status == "failed"


def test_a_key_that_is_gone_is_a_fault(desk: Desk) -> None:
    (desk.home / "keys/log.key").unlink()
    assert seen(desk.home, "log").status == "failed"


@pytest.mark.parametrize(("days", "status"), [(0, "ok"), (3, "ok"), (6, "warning"), (-2, "failed")])
def test_nights_that_stopped_and_a_clock_behind_the_last_one(desk: Desk, days: int, status: str) -> None:
    assert seen(desk.home, "nights", clock=at(days)).status == status


def test_a_clock_from_before_the_program(tmp_path: Path) -> None:
    assert seen(tmp_path, "clock", clock=lambda: datetime(2001, 1, 1, tzinfo=UTC)).status == "failed"


@pytest.mark.parametrize(("month", "status"), [(10, "ok"), (11, "warning")])
def test_the_next_year_is_asked_for_from_november_on(desk: Desk, month: int, status: str) -> None:
    check = seen(desk.home, "calendar", clock=lambda: datetime(2026, month, 15, tzinfo=UTC))
    assert check.status == status
    assert ("regaudit calendar import" in check.advice) == (status == "warning")


def test_a_workspace_that_others_may_enter(desk: Desk) -> None:
    assert seen(desk.home, "owner").status == "ok"
    desk.home.chmod(0o755)
    assert seen(desk.home, "owner").status == "warning"


def test_files_of_another_user(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    own = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: own + 1)
    check = seen(desk.home, "owner")
    assert (check.status, "events.sqlite" in check.found) == ("warning", True)


def test_a_folder_where_nothing_can_be_written(desk: Desk) -> None:
    outbox = desk.home / "outbox"
    if outbox.exists():
        outbox.rename(desk.home / "outbox-kept")
    # A file where a folder should be refuses root, too.
    outbox.write_text("", encoding="utf-8")
    check = seen(desk.home, "rights")
    assert (check.status, "outbox" in check.found) == ("failed", True)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/regaudit", ""),
        ("/mnt/share/regaudit", "nfs4"),
        ("/mnt/share2/regaudit", ""),
        ("/mnt/share/local/home", ""),
        ("/mnt/of all/home", "cifs"),
    ],
)
def test_a_network_share_by_where_it_is_mounted(path: str, kind: str) -> None:
    mounts = "\n".join(
        (
            "/dev/sda1 / ext4 rw 0 0",
            "server:/x /mnt/share nfs4 rw 0 0",
            "/dev/sdb1 /mnt/share/local xfs rw 0 0",
            "//server/y /mnt/of\\040all cifs rw 0 0",
        )
    )
    assert network_kind(Path(path), mounts) == kind


def test_no_font_and_no_typst_are_told_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    presses.press.cache_clear()
    monkeypatch.setattr(presses, "FONTS", ("No Such Font",))
    check = seen(tmp_path, "font")
    presses.press.cache_clear()
    assert check.status == "warning"
    assert check.advice


def test_packages_that_are_missing_or_too_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [
        "msgspec>=999",
        "no-such-package>=1",
        'no-such-part; extra == "desk"',
        'no-such-system; sys_platform == "plan9"',
    ]
    monkeypatch.setattr(machine, "requires", lambda _: wanted)
    packages, desk = seen(tmp_path, "packages"), seen(tmp_path, "extra-desk")
    there = importlib.metadata.version("msgspec")
    assert packages.status == "failed"
    assert packages.found == f"缺少或版本不符:msgspec>=999(现为 {there})、no-such-package>=1"
    assert (desk.status, "no-such-part" in desk.found) == ("note", True)


def test_other_versions_than_were_tested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.metadata.version("msgspec")
    needed, unasked = Pin("msgspec", found), Pin("pytest", "0.1")
    monkeypatch.setattr(machine, "requires", lambda name: ["msgspec>=0.19"] if name == "regaudit" else [])

    def tested(*pins: Pin) -> Check:
        monkeypatch.setattr(machine, "tested_pins", lambda: {pin.name: pin for pin in pins})
        return seen(tmp_path, "versions")

    assert (tested(needed, unasked).status, tested().status) == ("ok", "note")
    other = tested(Pin("msgspec", "0.19.1"))
    assert (other.status, other.found) == ("warning", f"msgspec {found}(测试所用 0.19.1)")


def test_what_a_package_needs_and_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stated = {"regaudit": ["msgspec"], "msgspec": ["no-such-package"]}
    monkeypatch.setattr(machine, "requires", lambda name: stated.get(name, []))
    monkeypatch.setattr(machine, "tested_pins", lambda: {"no-such-package": Pin("no-such-package", "1.0")})
    check = seen(tmp_path, "versions")
    assert (check.status, check.found) == ("warning", "no-such-package 未安装(测试所用 1.0)")


@pytest.mark.parametrize(
    ("zone", "status"), [("Asia/Shanghai", "ok"), ("Asia/Singapore", "ok"), ("UTC", "note")]
)
def test_a_machine_that_shows_another_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, zone: str, status: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert seen(desk.home, "zone").status == status
    finally:
        monkeypatch.undo()
        time.tzset()


def test_only_what_archives_hold_is_said_to_come_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(machine, "version", version)
    advice = {each.check.removeprefix("extra-"): each.advice for each in examine(tmp_path)}
    held = [name for name in PARTS if "的离线安装包再安装一次" in advice[name]]
    own = [name for name in PARTS if "离线安装包中没有它,内网请自备" in advice[name]]
    assert (held, own) == (
        [name for name in PARTS if name in WHEELS.extras()],
        [name for name in PARTS if name not in WHEELS.extras()],
    )
    assert {"oracle", "sqlserver", "dm", "kingbase"} <= {*own}


def test_every_optional_part_is_looked_at() -> None:
    provided = importlib.metadata.metadata("regaudit").get_all("Provides-Extra") or []
    assert set(PARTS) == set(provided) - {"dev"}


def test_what_to_install_is_said_in_one_place() -> None:
    source = Path(machine.__file__).parents[2]
    named = re.compile(r"""pip install ["']?regaudit\[""")
    saying = {path.name for path in source.rglob("*.py") if named.search(path.read_text(encoding="utf-8"))}
    assert saying == {"parts.py"}


def test_what_the_settings_ask_for_is_needed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.configure('[desk]\naddress = "https://desk.example.cn"')
    assert seen(desk.home, "needs-desk").status == "ok"
    monkeypatch.setattr(machine, "requires", lambda _: ['no-such-part; extra == "desk"'])
    assert seen(desk.home, "needs-desk").status == "failed"


@pytest.fixture
def mailing(desk: Desk, authority: Authority) -> Desk:
    """A workspace that knows how to log in to a mail server."""
    (desk.home / "root.pem").write_bytes((authority.home / "root.pem").read_bytes())
    (desk.home / PHRASE_FILE).write_text(PHRASE, encoding="utf-8")
    return desk


def before(moment: datetime, days: int) -> Clock:
    return lambda: moment.replace(tzinfo=UTC) - timedelta(days=days)


def mail(port: int) -> str:
    return (
        f'[mail.smtp]\nhost = "{HOST}"\nport = {port}\nuser = "regaudit"\npassword_file = "{PHRASE_FILE}"\n'
        'security = "tls"\nca_file = "root.pem"\n[[mail.routes]]\noffice = "*"\nto = ["a@example.cn"]'
    )


@contextmanager
def serving(inbox: Inbox, authority: Authority) -> Iterator[int]:
    with smtp_server(inbox, tls=authority.server_context("good"), **LOGIN) as port:
        yield port


def test_the_mail_server_is_asked_only_on_request_and_gets_no_mail(
    mailing: Desk, inbox: Inbox, authority: Authority
) -> None:
    with serving(inbox, authority) as port:
        mailing.configure(mail(port))
        assert [each for each in examine(mailing.home) if each.check == "mail-server"] == []
        assert inbox.connections == 0
        with Mailer(load_settings(mailing.home).mail.smtp, mailing.home) as mailer:
            ends = mailer.greet()
        assert ends is not None
        found = [
            seen(mailing.home, "mail-server", with_mail=True, clock=before(ends, days)) for days in (40, 20)
        ]
    assert inbox.mails == []
    assert [check.status for check in found] == ["ok", "warning"]
    assert "到期" in found[1].found


def test_a_connection_that_is_not_encrypted_has_no_certificate(inbox: Inbox, tmp_path: Path) -> None:
    with smtp_server(inbox) as port, Mailer(plain(port), tmp_path) as mailer:
        assert mailer.greet() is None


def test_a_mail_server_that_refuses_the_login(mailing: Desk, inbox: Inbox, authority: Authority) -> None:
    (mailing.home / PHRASE_FILE).write_text("wrong", encoding="utf-8")
    with serving(inbox, authority) as port:
        mailing.configure(mail(port))
        check = seen(mailing.home, "mail-server", with_mail=True)
    assert (check.status, "密码" in check.found) == ("failed", True)


def test_a_mail_server_that_is_not_there(mailing: Desk) -> None:
    mailing.configure(mail(1))
    check = seen(mailing.home, "mail-server", with_mail=True)
    assert (check.status, bool(check.advice)) == ("failed", True)
