"""A night that dies among its mails: whom none reached is told by the next one, and nobody else."""

from pathlib import Path
from typing import Any

import pytest
from conftest import Desk, MailServer
from test_nights import LATE, MONDAY, TUESDAY, WEDNESDAY, night, text

from regaudit.outlets.mail.outbox import Outbox
from regaudit.outlets.mail.post import PostOffice

pytestmark = pytest.mark.long
HERE, THERE, NEWCOMER = "150602", "150603", "150604"
THURSDAY = "2026-03-12"
EARLY = LATE | {"occurred_at": "2026-03-02 08:45:00"}


def of(office: str, case_no: str) -> dict[str, str]:
    """A case that is due on Monday and late on Tuesday."""
    return EARLY | {"office": office, "case_no": case_no}


def untold(result: Any) -> list[str | None]:
    """The offices that a night tells of one that no mail told them of; None is all of them."""
    found = [each for each in result["because"] if "记入台账以后中断" in each["text"]]
    assert {(each["code"], each["light"]) for each in found} <= {("failed", "red")}
    return [each["office"] for each in found]


@pytest.fixture(scope="module")
def monday(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Two offices, mailed of a Monday on which a case of each is not late yet."""
    desk = Desk(tmp_path_factory.mktemp("monday") / "home").make()
    desk.configure(routes(HERE, THERE, NEWCOMER))
    night(desk, MONDAY, [of(HERE, "L1"), of(THERE, "L2")])
    return desk


def routes(*offices: str) -> str:
    """Who is mailed, with no server: the mails lie in the outbox."""
    return "".join(
        f'[[mail.routes]]\noffice = "{office}"\nto = ["post@{office}.example"]\n' for office in offices
    )


@pytest.fixture
def centre(monday: Desk, mail_server: MailServer, tmp_path: Path) -> Desk:
    """The same on Tuesday, with a mail server."""
    desk = monday.copy_to(tmp_path / "home")
    desk.configure(mail_server.settings(HERE, THERE, NEWCOMER))
    return desk


def die_at(desk: Desk, place: type, name: str, number: int) -> None:
    """Run Tuesday's night, and end it where it calls a method the `number`th time."""
    real, left = getattr(place, name), [number]

    def stop(*args: Any, **kwargs: Any) -> Any:
        left[0] -= 1
        if not left[0]:
            raise SystemExit(137)
        return real(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(place, name, stop)
        assert desk.run("nightly", "--as-of", TUESDAY).status == 137


@pytest.mark.parametrize(
    ("died", "lacking"),
    [
        ((Outbox, "put", 1), [None]),
        ((Outbox, "put", 2), [THERE]),
        ((PostOffice, "_record_kept", 2), [THERE]),
    ],
)
def test_whom_no_mail_reached_is_told_once(
    centre: Desk, mail_server: MailServer, died: tuple[type, str, int], lacking: list[str | None]
) -> None:
    die_at(centre, *died)
    before = len(mail_server.mails)
    assert untold(night(centre, WEDNESDAY)) == lacking
    told = {mail["Subject"]: text(mail) for mail in mail_server.mails[before:]}
    assert len(told) == 3
    for subject, content in told.items():
        is_lacking = lacking == [None] or THERE in subject
        assert ("记入台账以后中断" in content) == is_lacking, subject
        assert ("首次发现为 2026-03-10" in content) == is_lacking
    assert untold(night(centre, THURSDAY)) == []


def test_what_waits_in_the_outbox_is_not_untold(centre: Desk) -> None:
    die_at(centre, PostOffice, "_send", 2)
    assert f"{TUESDAY}-{THERE}" in {path.name[:17] for path in centre.mails()}
    assert untold(night(centre, WEDNESDAY)) == []


def test_who_had_no_data_by_then_is_not_untold(centre: Desk) -> None:
    die_at(centre, Outbox, "put", 3)
    assert untold(night(centre, WEDNESDAY, [of(NEWCOMER, "L3")])) == []


def test_the_same_night_run_again_tells_whom_it_had_not(centre: Desk) -> None:
    die_at(centre, Outbox, "put", 2)
    assert untold(night(centre, TUESDAY)) == []
    assert untold(night(centre, WEDNESDAY)) == []
