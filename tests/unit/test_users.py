"""Who may do users and roles, which roles go together, and what is told of them: case by case."""

from collections.abc import Iterable
from datetime import date
from itertools import combinations

import pytest

from regaudit.catalogue.event_types import DeputyNamed, RoleEnded, RoleGranted, SecretChanged, UserAdded
from regaudit.catalogue.events import LogEvent
from regaudit.ledger.chain_gaps import chain_gaps
from regaudit.ledger.people import Held, People, User
from regaudit.ledger.states import ADMINISTRATORS, ROLES, Role
from regaudit.ledger.user_facts import other_changes, passing_changes, user_facts
from regaudit.ledger.user_rules import (
    RefusedUserError,
    check_clerk,
    check_deputies,
    check_deputy,
    check_last_secadmin,
    check_names,
    check_roles,
    place_of,
    role_of,
)

TODAY = date(2026, 3, 10)
WHO = {"by": "sec", "system_user": "regaudit", "machine": "m", "at": "2026-03-10T09:00:00"}


def user(login: str, person: str, *held: Held, locked: bool = False) -> User:
    return User(login=login, person_id=person, held=set(held), is_locked=locked)


SEC, POST = user("sec", "S1", Held("secadmin")), user("wang", "P1", Held("post", "1"))
CENTRE = People([SEC, POST, user("gone", "S2", Held("secadmin"), locked=True)])
FOUNDLING = People([POST])
NOBODY = People()


@pytest.mark.parametrize(
    ("people", "by", "first", "own"),
    [
        # Before the first user: whoever says so, but the owner alone makes the first secadmin and no other.
        (NOBODY, "", True, ""),
        (NOBODY, "anybody", True, ""),
        (NOBODY, "anybody", False, ""),
        # As long as there is no secadmin: the owner makes one.
        (FOUNDLING, "", True, ""),
        (FOUNDLING, "wang", False, "wang"),
        # From then on an unlocked secadmin; in his own matter each himself.
        (CENTRE, "sec", True, ""),
        (CENTRE, "sec", False, "wang"),
        (CENTRE, "wang", False, "wang"),
    ],
)
def test_who_may_do_users(people: People, by: str, first: bool, own: str) -> None:
    check_clerk(people, by, is_first=first, own=own)


@pytest.mark.parametrize(
    ("people", "by", "first", "own", "why"),
    [
        (NOBODY, "", False, "", "还没有安全管理员"),
        (FOUNDLING, "", False, "", "还没有安全管理员"),
        (FOUNDLING, "wang", True, "", "不是安全管理员"),
        (FOUNDLING, "anybody", True, "", "没有用户 anybody"),
        (CENTRE, "", True, "", "请用 --by"),
        (CENTRE, "", False, "wang", "请用 --by"),
        (CENTRE, "wang", False, "", "不是安全管理员"),
        (CENTRE, "wang", False, "sec", "不是安全管理员"),
        (CENTRE, "nobody", False, "", "没有用户 nobody"),
        (CENTRE, "gone", False, "", "已锁定"),
        (CENTRE, "gone", False, "gone", "已锁定"),
    ],
)
def test_who_may_not(people: People, by: str, first: bool, own: str, why: str) -> None:
    with pytest.raises(RefusedUserError, match=why):
        check_clerk(people, by, is_first=first, own=own)


@pytest.mark.parametrize("pair", [*combinations(ROLES, 2), *((role, role) for role in ROLES)])
@pytest.mark.parametrize("is_one_login", [True, False])
def test_an_administrator_holds_that_role_alone(pair: tuple[Role, Role], is_one_login: bool) -> None:
    """By natural person: a second login is the same one."""
    people = People([user("a", "P1", Held(pair[0])), user("x", "P2", Held("post"))])
    if not is_one_login:
        people.users["b"] = user("b", "P1")
    is_allowed = pair[0] == pair[1] or not ADMINISTRATORS & set(pair)
    if is_allowed:
        check_roles(people, "P1", [pair[1]])
    else:
        with pytest.raises(RefusedUserError, match="P1"):
            check_roles(people, "P1", [pair[1]])
    check_roles(people, "P3", [pair[1]])


def test_a_corrected_person_is_held_against_his_other_logins() -> None:
    people = People([SEC, POST])
    with pytest.raises(RefusedUserError, match="S1"):
        check_roles(people, "S1", ["post"], without="wang")
    check_roles(people, "P1", ["post"], without="wang")


@pytest.mark.parametrize(
    ("login", "person", "mail", "why"),
    [
        ("a b", "P9", "", "登录名"),
        ("user:x", "P9", "", "登录名"),
        ("", "P9", "", "登录名"),
        ("x", "", "", "--person"),
        ("x", "P9", "nobody", "邮箱"),
        ("WANG", "P9", "", "写法不同"),
        ("x", "p1", "", "人员编号写作 P1"),
    ],
)
def test_a_name_that_is_none_or_another_writing_is_refused(
    login: str, person: str, mail: str, why: str
) -> None:
    with pytest.raises(RefusedUserError, match=why):
        check_names(CENTRE, login, person, mail)


def test_one_person_may_have_two_logins() -> None:
    check_names(CENTRE, "王-2", "P1", "wang@example.org")


def test_roles_are_words_of_either_language() -> None:
    assert [role_of(word) for word in ("post", " 质量监管岗 ")] == ["post", "post"]
    for word in ("boss", "", "Post"):
        with pytest.raises(RefusedUserError, match="没有角色"):
            role_of(word)


LI = user("li", "P2", Held("handler"))


@pytest.mark.parametrize(
    ("deputy", "principal", "until", "why"),
    [
        (LI, POST, date(2026, 3, 10), ""),
        (LI, POST, date(2026, 3, 9), "已经过去"),
        (user("wang2", "P1"), POST, date(2026, 4, 1), "同一自然人"),
        (LI, user("wu", "P5", Held("post"), locked=True), date(2026, 4, 1), "已锁定"),
        (user("li", "P2", locked=True), POST, date(2026, 4, 1), "已锁定"),
        (LI, SEC, date(2026, 4, 1), "管理员"),
        (SEC, POST, date(2026, 4, 1), "管理员"),
        (LI, user("new", "P6"), date(2026, 4, 1), "没有角色"),
    ],
)
def test_who_can_be_a_deputy(deputy: User, principal: User, until: date, why: str) -> None:
    people = People([SEC, POST, LI])
    if not why:
        check_deputy(people, deputy, principal, until, TODAY)
        return
    with pytest.raises(RefusedUserError, match=why):
        check_deputy(people, deputy, principal, until, TODAY)


def test_a_day_that_has_passed_ends_what_runs() -> None:
    deputy = user("li", "P2")
    deputy.deputy_for["wang"] = date(2026, 3, 31)
    check_deputy(People([POST, deputy]), deputy, POST, date(2026, 3, 9), TODAY)


def test_a_deputy_becomes_no_administrator_until_it_is_over() -> None:
    deputy = user("li", "P2")
    deputy.deputy_for["wang"] = date(2026, 3, 10)
    people = People([POST, deputy])
    for each in (deputy, POST, user("li2", "P2")):
        with pytest.raises(RefusedUserError, match="代理"):
            check_deputies(people, each, TODAY)
        check_deputies(people, each, date(2026, 3, 11))


def test_what_a_locked_one_holds_his_deputy_does_not() -> None:
    deputy, principal = user("li", "P2", Held("handler")), user("wang", "P1", Held("post"))
    deputy.deputy_for["wang"] = TODAY
    people = People([deputy, principal])
    assert [acting.held.role for acting in people.acting(deputy, TODAY)] == ["handler", "post"]
    principal.is_locked = True
    assert [acting.held.role for acting in people.acting(deputy, TODAY)] == ["handler"]


def test_the_last_secadmin_stays() -> None:
    with pytest.raises(RefusedUserError, match="唯一"):
        check_last_secadmin(CENTRE, SEC)
    check_last_secadmin(CENTRE, SEC, [Held("secadmin", "1")])
    check_last_secadmin(CENTRE, POST)
    check_last_secadmin(People([SEC, user("sec2", "S3", Held("secadmin"))]), SEC)


def test_a_role_is_ended_where_it_is_held() -> None:
    one = user("a", "P1", Held("post", "1", "一科"))
    two = user("b", "P2", Held("post", "1"), Held("post", "2"))
    assert place_of(one, Held("post")) == place_of(one, Held("post", "1")) == Held("post", "1", "一科")
    assert place_of(two, Held("post", "2")) == Held("post", "2")
    for who, wanted, why in (
        (two, Held("post"), "--office"),
        (one, Held("post", "2"), "不是"),
        (one, Held("head"), "不是"),
    ):
        with pytest.raises(RefusedUserError, match=why):
            place_of(who, wanted)


def folded(*events: LogEvent) -> User:
    made = User(login="wang", person_id="")
    for event in events:
        made.apply(event)
    return made


def added(version: int, person: str) -> UserAdded:
    return UserAdded("user:wang", version, login="wang", person_id=person, **WHO)


def test_another_person_needs_another_password() -> None:
    secret = SecretChanged("user:wang", 2, login="wang", kind="password", record_sha256="x", **WHO)
    assert folded(added(1, "P1"), secret).secrets == {"password": "x"}
    assert folded(added(1, "P1"), secret, added(3, "P1")).secrets == {"password": "x"}
    assert folded(added(1, "P1"), secret, added(3, "P2")).secrets == {}


def texts(people: Iterable[User]) -> str:
    return "".join(gap for office in chain_gaps(People(people), ["1"]) for gap in office.gaps)


FULL = [
    user("h", "P1", Held("head", "1")),
    user("p", "P2", Held("post", "1")),
    user("q", "P3", Held("post", "1")),
    user("l", "P4", Held("leader")),
    user("s", "P5", Held("superior")),
]


@pytest.mark.parametrize(
    ("missing", "gap"),
    [
        ("h", "没有科室负责人"),
        ("p", "质量监管岗只有一名自然人:他复核过的,一般问题的销号由中心负责人办理"),
        ("pq", "没有质量监管岗:交办、认定、责令整改、复核由中心负责人办理"),
        ("l", "没有中心负责人:重大、严重问题的销号和延期、中止、移交由上级主管办理"),
        ("s", "没有上级主管"),
        ("hqls", "只有同一名自然人"),
        ("hpqls", "没有人任"),
    ],
)
def test_an_office_whose_chain_is_short_is_named(missing: str, gap: str) -> None:
    assert texts(FULL) == ""
    assert gap in texts(each for each in FULL if each.login not in missing)


def test_a_chain_counts_persons_who_are_there() -> None:
    twin = [user(u.login, "P2" if u.login == "q" else u.person_id, *u.held) for u in FULL]
    assert "质量监管岗只有一名自然人" in texts(twin)
    locked = [user(u.login, u.person_id, *u.held, locked=u.login == "h") for u in FULL]
    assert "没有科室负责人" in texts(locked)
    elsewhere = [user(u.login, u.person_id, Held("head", "2")) if u.login == "h" else u for u in FULL]
    assert "没有科室负责人" in texts(elsewhere)


def granted(version: int, role: str, kind: type[RoleGranted] | type[RoleEnded] = RoleGranted) -> LogEvent:
    return kind("user:wang", version, login="wang", role=role, office="1", section="", **WHO)


@pytest.mark.parametrize("role", ROLES)
def test_who_decides_is_a_fact_and_the_rest_a_note(role: Role) -> None:
    decides = role in ("post", "leader", "superior", *ADMINISTRATORS)
    facts = user_facts(People([user("wang", "P1", Held(role, "1"))]))
    assert facts == ({"用户·wang": f"人员编号 P1:{ROLES[role]}(1)"} if decides else {})
    assert other_changes([granted(2, role)]) == (
        [] if decides else [f"用户 wang:由 sec 授予{ROLES[role]}(1)"]
    )
    back = [granted(2, role), granted(3, role, RoleEnded)]
    told = [change.new for change in passing_changes(back, {}, {})]
    title = f"{ROLES[role]}(1)"
    assert told == ([f"其间由 sec 授予{title}、由 sec 收回{title}"] if decides else [])
    assert passing_changes(back[:1], {}, facts) == [] or not decides


def test_a_lock_of_who_decides_is_in_the_fact() -> None:
    facts = user_facts(People([user("wang", "P1", Held("post"), locked=True)]))
    assert facts == {"用户·wang": "人员编号 P1:质量监管岗;已锁定"}


def test_many_other_changes_are_counted() -> None:
    deputy = DeputyNamed("user:li", 3, login="li", for_login="wang", until="2026-03-31", **WHO)
    assert other_changes([deputy]) == ["用户 li:由 sec 指定代理 wang,至 2026-03-31"]
    assert other_changes([deputy] * 10) == other_changes([deputy]) * 10
    assert other_changes([deputy] * 12)[-1] == "用户和角色另有 2 处变动,现状见 regaudit user list"
