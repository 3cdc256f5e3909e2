"""What a roster can say afterwards of who somebody was."""

from attack_desk import NEXT, Centre, Row, Told, roster
from attack_table import HEAD, attack


def rewrite(centre: Centre, account: str, **changes: str) -> None:
    """Put another roster in the place of the last."""
    rows = [row | changes if row["account"] == account else row for row in roster()]
    centre.desk.export("roster.csv", rows)


def add(centre: Centre, *more: Row) -> None:
    centre.desk.export("roster.csv", [*roster(), *more])


@attack(
    HEAD,
    "a roster that gives an account to another person",
    "changed",
    says="名册·150602·lb2·人员编号",
    is_quick=True,
)
def other_person(centre: Centre) -> None:
    rewrite(centre, "lb2", person_id="P-sun2", person_name="孙九")


@attack(
    HEAD,
    "the same: the finding of the one person with two accounts ceases",
    "late",
    light="red",
    says="一人办到底",
)
def other_person_since_ever(centre: Centre) -> None:
    rewrite(centre, "lb2", person_id="P-sun2", person_name="孙九", valid_from="2025-01-01")


@attack(
    HEAD, "a roster that makes an account a robot's", "changed", says="名册·150602·li2·机构类别 center robot"
)
def made_a_robot(centre: Centre) -> None:
    rewrite(centre, "li2", org_kind="robot", valid_from="2025-01-01")


@attack(HEAD, "a roster that lets an account have ended before it acted", "late", says="lb2")
def validity_ended(centre: Centre) -> None:
    rewrite(centre, "lb2", valid_to="2026-03-06")


@attack(HEAD, "a roster with two holders of one account", "late", light="red", says="一人办到底")
def two_holders(centre: Centre) -> None:
    add(centre, roster()[0] | {"person_id": "P-sun2", "person_name": "孙九", "valid_from": "2025-01-01"})


@attack(HEAD, "a rewritten roster imported by day, and the right one put back", "changed", says="lb2")
def rewritten_and_back(centre: Centre) -> Told:
    other_person_since_ever(centre)
    centre.desk.ok("import", centre.home / "roster.csv")
    centre.deliver()
    first = centre.night()
    assert "changed" in [reason["code"] for reason in first.because]
    centre.desk.export("roster.csv", [row | {"post": "窗口"} for row in roster()])
    return centre.usual(NEXT)
