"""The desk on the demonstration's workspace, with users of every role: `make desk`.

Makes `demo-home/` where there is none, adds users whose password is printed, and serves the pages until
Ctrl+C. The second factor is switched off there, which nobody should do with a workspace of their own.
"""

import sys
from typing import NamedTuple

import demo

from regaudit.base.folders import Folders
from regaudit.ledger.users import NewUser
from regaudit.operation.desk import make_desk
from regaudit.outlets.database import AnalystDatabase
from regaudit.outlets.desk.desk import Desk

PASSWORD = "Demo-Desk-2026"  # noqa: S105 - printed for everybody
PORT = 8765


class Person(NamedTuple):
    """A user of the demonstration."""

    login: str
    name: str
    role: str
    is_everywhere: bool = False
    section: str = ""


PEOPLE = (
    Person("anquan", "安全员", "secadmin", is_everywhere=True),
    Person("xitong", "系统员", "sysadmin", is_everywhere=True),
    Person("shenji", "审计员", "auditor", is_everywhere=True),
    Person("zhijian1", "质检甲", "post"),
    Person("zhijian2", "质检乙", "post"),
    Person("kezhang", "科长", "head", section="登记科"),
    Person("jingban", "经办", "handler", section="登记科"),
    Person("zhuren", "主任", "leader"),
    Person("shangji", "上级", "superior", is_everywhere=True),
    Person("fenxi", "分析员", "analyst", is_everywhere=True),
)


def add_users(desk: Desk, office: str) -> None:
    """Add those who are not there yet, each with the printed password as his own."""
    for person in PEOPLE:
        if desk.people().get(person.login) is not None:
            continue
        by = "" if person.role == "secadmin" else PEOPLE[0].login
        new = NewUser(
            login=person.login,
            person_id=f"DEMO-{person.login}",
            person_name=person.name,
            mail=f"{person.login}@example.cn",
            role=person.role,
            office="" if person.is_everywhere else office,
            section=person.section,
        )
        with desk.steps.change_users(desk.author(by)) as users:
            users.add(new)
        with desk.steps.change_users(desk.author(person.login)) as users:
            users.set_password(person.login, PASSWORD)


def main() -> int:
    """Serve the desk of the demonstration; returns the exit status."""
    home = demo.ROOT / demo.HOME
    if not Folders(home).database.is_file():
        status = demo.main()
        if status:
            return status
    settings = Folders(home).settings
    told = settings.read_text(encoding="utf-8")
    if "\n[desk]\n" not in told:
        settings.write_text(f"{told}\n[desk]\nsecond_factor = false\n", encoding="utf-8")
    with AnalystDatabase(home) as database:
        office = database.offices()[0]
    add_users(make_desk(home, system_user="demo"), office)
    print(f"\n── 监管台:http://127.0.0.1:{PORT}/,口令都是 {PASSWORD},机构 {office}\n")
    print(demo.table(["登录名", "角色"], [[person.login, person.name] for person in PEOPLE]), flush=True)
    demo.regaudit(["serve", "--port", str(PORT), "--home", demo.HOME], demo.ROOT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
