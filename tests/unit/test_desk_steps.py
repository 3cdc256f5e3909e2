"""The forms of the steps, made from the table of steps; the families of the rules."""

from datetime import date, datetime

import pytest

from regaudit.base.errors import RegauditError
from regaudit.catalogue.rules import FAMILIES, load_rules
from regaudit.ledger.people import Held, People, User
from regaudit.ledger.steps import STEPS, Step
from regaudit.outlets.desk.families import rules_in
from regaudit.outlets.desk.step_forms import FIELDS, form_of, late_field, read_request, targets

DAY, NOW = date(2026, 3, 10), datetime(2026, 3, 10, 9)
PEOPLE = People(
    [
        User(login="a", person_id="P1", person_name="张三", held={Held("handler", "150602", "A科")}),
        User(login="b", person_id="P2", held={Held("head", "150602", "B科")}),
        User(login="c", person_id="P3", held={Held("handler", "150603", "C科")}),
        User(login="d", person_id="P4", held={Held("handler", "150602", "D科")}, is_locked=True),
        User(login="e", person_id="P5", held={Held("post", "150602")}),
    ]
)


@pytest.mark.parametrize("step", STEPS.values(), ids=lambda step: step.name)
def test_a_form_asks_for_what_its_step_takes_and_no_more(step: Step) -> None:
    fields = {field.name: field for field in form_of(step, PEOPLE, ["150602"], on=DAY)}
    takes = {name.rstrip("?"): not name.endswith("?") for name in step.takes}
    assert set(fields) - {"text", "verdict", "to_other"} == set(takes)
    assert ("verdict" in fields) == bool(step.verdicts)
    assert fields["text"].is_needed == bool(step.says)
    for name in {"due", "kind"} & set(fields):
        assert fields[name].is_needed == takes[name]
    assert {*fields, late_field().name, "signed_by"} <= set(FIELDS)
    typed = dict.fromkeys(fields, "")
    request = read_request(step, typed, NOW, NOW)
    assert (request.step, request.to, request.due, request.at) == (step.name, "", None, None)


def test_entries_are_given_to_sections_and_persons_of_their_office() -> None:
    assert targets(PEOPLE, ["150602"], DAY) == {
        "科室": [("section:A科", "A科"), ("section:B科", "B科")],
        "人员": [("person:P2", "b（P2，B科）"), ("person:P1", "张三（P1，A科）")],
    }
    assert targets(PEOPLE, ["150602", "150603"], DAY) == {"科室": [], "人员": []}


def test_a_form_is_read_as_it_was_typed() -> None:
    step = STEPS["assign"]
    typed = {
        "to_other": " Ｐ9 ",
        "kind": "at_once",
        "due": "2026-03-20",
        "text": " 一\r\n二 ",
        "at": "2026-03-09T08:30",
    }
    request = read_request(step, typed, NOW, NOW)
    assert (request.to, request.due, request.text) == ("person:P9", date(2026, 3, 20), "一\n二")
    assert request.at == datetime(2026, 3, 9, 8, 30)
    for wrong in (
        {"due": "明天"},
        {"at": "昨天"},
        {"to": "section:A科", "to_other": "P9"},
        {"text": "字" * 20_001},
    ):
        with pytest.raises(RegauditError):
            read_request(step, typed | wrong, NOW, NOW)


def test_every_rule_has_a_family() -> None:
    assert {rule.family for rule in load_rules().values()} == set(FAMILIES)
    assert sorted(rules_in(frozenset(FAMILIES))) == sorted(load_rules())
    assert rules_in(frozenset(("late",))) == ["late-entry"]
