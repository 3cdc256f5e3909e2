"""Reports by mail: to the posts of their office, once, and the month's own by the first night after it."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from conftest import Desk
from report_desk import SAMPLE, files_of, made, need_press

pytestmark = pytest.mark.long
OWN, OTHER = "150602", "150603"
ROUTES = f"""
[[mail.routes]]
office = "{OWN}"
to = ["post@own.example"]
[[mail.routes]]
office = "*"
to = ["post@all.example"]
"""


def new_desk(home: Path, settings: str) -> Desk:
    need_press()
    desk = Desk(home).make()
    desk.configure(ROUTES + settings)
    return desk


def reports(desk: Desk) -> list[EmailMessage]:
    """The mails of reports that lie in the outbox."""
    found = [message_from_bytes(path.read_bytes(), policy=default) for path in desk.mails()]
    return [mail for mail in found if "质量监管月报" in mail["Subject"] or "六不准" in mail["Subject"]]


def test_each_goes_to_the_posts_of_its_office_with_paper_and_workbook_and_once(tmp_path: Path) -> None:
    desk = new_desk(tmp_path / "home", "[reports]\nmail = true\n")
    desk.ok("nightly", SAMPLE / "roster.csv", SAMPLE / "steps.csv", "--as-of", "2026-04-03")
    told = made(desk, "monthly", "--month", "2026-03")
    mails = {str(mail["Subject"]).split("】")[1].split()[0]: mail for mail in reports(desk)}
    assert {name: str(mail["To"]) for name, mail in mails.items()} == {
        OWN: "post@own.example",
        OTHER: "post@all.example",
        "全部登记机构": "post@all.example",
    }
    enclosed = {part.get_filename(): part.get_content() for part in mails[OWN].iter_attachments()}
    files = files_of(told[OWN])
    assert enclosed == {f"2026-03-{OWN}.pdf": files["pdf"], f"2026-03-{OWN}.xlsx": files["xlsx"]}
    body = mails[OWN].get_body()
    assert body is not None
    assert "本月受理" in body.get_content()
    made(desk, "monthly", "--month", "2026-03")
    assert len(reports(desk)) == 3
    # They are mails that the log vouches for: the next night finds nothing wrong with them.
    night = desk.facts("nightly", "--as-of", "2026-04-07")
    assert "integrity" not in {why["code"] for why in night["because"]}


def test_without_the_setting_none_is_mailed(tmp_path: Path) -> None:
    desk = new_desk(tmp_path / "home", "")
    desk.ok("nightly", SAMPLE / "roster.csv", SAMPLE / "steps.csv", "--as-of", "2026-04-03")
    made(desk, "monthly", "--month", "2026-03", "--office", OWN)
    assert not reports(desk)


def test_the_first_night_after_a_month_makes_its_reports_and_no_later_one_does(tmp_path: Path) -> None:
    desk = new_desk(tmp_path / "home", "[reports]\nmonthly = true\n")
    files = [SAMPLE / "roster.csv", SAMPLE / "steps.csv"]
    desk.ok("nightly", *files, "--as-of", "2026-03-30")
    told = [event.state["period"] for event in desk.events("report-made")]
    assert told == ["2026-02"] * 3
    desk.ok("nightly", "--as-of", "2026-03-31")
    assert len(desk.events("report-made")) == 3
    run = desk.ok("nightly", "--as-of", "2026-04-01")
    assert "2026年3月的报告已出具" in run.text
    desk.ok("nightly", "--as-of", "2026-04-02")
    assert [event.state["period"] for event in desk.events("report-made")] == ["2026-02"] * 3 + [
        "2026-03"
    ] * 3
    assert (desk.home / "reports" / "2026-03-ALL.pdf").is_file()
    desk.assert_log_is_whole()
