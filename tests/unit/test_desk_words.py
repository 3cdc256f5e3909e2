"""What pages say of a kept form, and which page of a table is shown where there are not so many."""

from datetime import date, datetime
from typing import Any

import pytest

from regaudit.ledger.people import Held, People, User
from regaudit.ledger.steps import STEPS
from regaudit.outlets.desk.kept_words import told_form
from regaudit.outlets.desk.sessions import KeptFile, KeptForm
from regaudit.outlets.desk.step_forms import FIELDS
from regaudit.outlets.desk.table_page import Paging, page_of

DAY = date(2026, 4, 7)
PEOPLE = People(
    [
        User(
            login="hand",
            person_id="P1",
            person_name="张三",
            held={Held(role="handler", office="150602", section="登记科")},
        )
    ]
)


def kept(path: str, *fields: tuple[str, str], files: tuple[KeptFile, ...] = ()) -> KeptForm:
    at = datetime(2026, 4, 7, 9)
    return KeptForm(form_id="1", path=path, fields=[*fields], files=[*files], kept_at=at)


def test_a_step_is_told_as_its_form_asks_for_it() -> None:
    fields = (("step", "assign"), ("seen", "3"), ("to", "person:P1"), ("kind", "by_date"), ("text", "请说明"))
    form = kept("/ledger/150602-2026-0007", *fields, ("due", ""), files=(KeptFile("files", "a.pdf", b"12"),))
    told = told_form(form, PEOPLE, DAY)
    assert told.title == "台账项 150602-2026-0007：交办"
    said = dict(told.facts)
    assert said["交办给"] == "张三（P1，登记科）"
    assert said["方式"] == "限期整改"
    assert "请说明" in said.values()
    assert told.files == [("a.pdf", 2)]


@pytest.mark.parametrize("step", STEPS)
def test_no_field_of_a_step_is_told_by_its_name(step: str) -> None:
    fields = [(name, "x") for name in FIELDS]
    told = told_form(kept("/ledger/1", ("step", step), ("do", "take"), *fields), PEOPLE, DAY)
    assert len(told.facts) == len(FIELDS)
    assert not {name for name, _ in told.facts} & {*FIELDS, "step", "do"}


def test_a_step_on_many_tells_on_which() -> None:
    many = (("step", "assign"), ("entry", "A-1@2"), ("entry", "A-2@5"), ("view", "state=listed"))
    told = told_form(kept("/ledger/steps", *many), PEOPLE, DAY)
    assert (told.title, dict(told.facts)["事项"]) == ("台账：交办2 项", "A-1、A-2")
    whole = told_form(kept("/ledger/steps", ("step", "assign"), ("scope", "view")), PEOPLE, DAY)
    assert whole.title == "台账：交办筛选出的全部"


@pytest.mark.parametrize(
    ("path", "fields", "title", "facts"),
    [
        ("/users", {"login": "xin", "role": "head"}, "添加用户", {"登录名": "xin", "角色": "科室负责人"}),
        ("/users/xin", {"what": "lock"}, "用户 xin：锁定", {}),
        (
            "/ledger/open",
            {"title": "抽查", "kind": "complaint"},
            "登记挂账",
            {"事项名称": "抽查", "来源": "投诉举报"},
        ),
        ("/ledger/A-1/documents", {"kind": "assign"}, "台账项 A-1：制作交办单", {}),
    ],
)
def test_other_forms_are_told_by_their_titles(
    path: str, fields: dict[str, str], title: str, facts: dict[str, str]
) -> None:
    told = told_form(kept(path, *fields.items()), PEOPLE, DAY)
    assert (told.title, dict(told.facts)) == (title, facts)


@pytest.mark.parametrize(("number", "shown"), [(1, 1), (3, 3), (4, 3), (999, 3)])
def test_of_a_page_beyond_the_last_the_last_is_shown(number: int, shown: int) -> None:
    everything: list[dict[str, Any]] = [{"row": row, "total": 5} for row in range(5)]
    rows, paging = page_of(number, 2, lambda skipped: everything[skipped : skipped + 2])
    assert paging == Paging(shown, 3, 5)
    assert rows == everything[(shown - 1) * 2 : shown * 2]


def test_of_nothing_there_is_one_page() -> None:
    assert page_of(7, 2, lambda _: []) == ([], Paging(1, 1, 0))
