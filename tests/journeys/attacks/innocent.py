"""What honest people do, some of it beside an attack that it looks like: the night is green."""

from collections.abc import Callable

from attack_desk import NEXT, NIGHT, Centre, Told, roster, work
from conftest import step
from on_rows import bring_back, jump, spoil

Twin = Callable[[Centre], Told | None]


def an_ordinary_day(_: Centre) -> None:
    """Nothing else than always."""


def the_same_night_twice(centre: Centre) -> Told:
    centre.deliver()
    centre.night()
    return centre.night()


def after_midnight_with_the_export(centre: Centre) -> Told:
    centre.deliver()
    return centre.night(f"{NEXT} 00:40")


def after_a_weekend(centre: Centre) -> Told:
    for day in (NIGHT, NEXT):
        rows = work(day)
        if day == NIGHT:
            # In time, so that nothing of it is news after the weekend.
            rows.append(step("L2", "book", f"{NIGHT} 16:00:00", "zhao2", registration_type="200"))
        centre.deliver(day, rows)
        centre.night(day)
    return centre.usual("2026-03-16")


def a_pause_entered_in_time(centre: Centre) -> None:
    row = step("L2", "pause", f"{NIGHT} 09:00:00", "li2", pause_kind="supplement", reason="材料补正")
    centre.rows.append(row)


def a_jump_with_its_reason(centre: Centre) -> None:
    jump(centre, step("Q4", "expedite", f"{NIGHT} 10:05:00", "li2", reason="老人就医"))


def comments_in_the_settings(centre: Centre) -> None:
    centre.add_settings("# 一切照旧")


def a_new_colleague_on_the_roster(centre: Centre) -> None:
    new = roster()[0] | {"account": "sun2", "person_id": "P-sun2", "person_name": "孙九"}
    centre.desk.export("roster.csv", [*roster(), new])


def an_account_ended_from_now_on(centre: Centre) -> None:
    rows = [row | {"valid_to": NIGHT} if row["account"] == "lb2" else row for row in roster()]
    centre.desk.export("roster.csv", rows)
    assert "G2" in centre.found("one-person")


def an_account_gone_from_the_roster(centre: Centre) -> None:
    centre.desk.export("roster.csv", [row for row in roster() if row["account"] != "lb2"])
    assert "G2" in centre.found("one-person")


def an_office_without_a_case_for_a_day(centre: Centre) -> None:
    centre.rows = [row for row in centre.rows if row["office"] == "150602"]


def an_import_by_day(centre: Centre) -> Told:
    path = centre.deliver()
    return centre.night(NIGHT, path, "--mapping", "mappings/platform.toml")


def a_rejected_row_that_comes_back_as_it_was(centre: Centre) -> Told:
    # In time, so that nothing of it is news on the night after.
    centre.rows.append(step("L2", "book", f"{NIGHT} 16:00:00", "zhao2", registration_type="200"))
    accepted, *_ = centre.case("X1")
    assert [reason["code"] for reason in spoil(centre, accepted).because] == ["quarantined"]
    bring_back(centre, "li2")
    return centre.usual(NEXT)


TWINS: list[Twin] = [
    an_ordinary_day,
    the_same_night_twice,
    after_midnight_with_the_export,
    after_a_weekend,
    a_pause_entered_in_time,
    a_jump_with_its_reason,
    comments_in_the_settings,
    a_new_colleague_on_the_roster,
    an_account_ended_from_now_on,
    an_account_gone_from_the_roster,
    an_office_without_a_case_for_a_day,
    an_import_by_day,
    a_rejected_row_that_comes_back_as_it_was,
]
