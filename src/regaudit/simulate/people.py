"""Invented registration centres: offices, posts, persons, accounts, terminals."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

import polars as pl

from regaudit.simulate.chance import happens

OFFICES = (
    *("150602", "150603", "150621", "150622", "150623", "150624"),
    *("150625", "150626", "150627", "150691", "150692", "150693"),
)

_SURNAMES = [
    "王wang",
    "李li",
    "张zhang",
    "刘liu",
    "陈chen",
    "杨yang",
    "赵zhao",
    "黄huang",
    "周zhou",
    "吴wu",
    "徐xu",
    "孙sun",
    "胡hu",
    "朱zhu",
    "高gao",
    "林lin",
    "何he",
    "郭guo",
    "马ma",
    "罗luo",
    "梁liang",
    "宋song",
    "郑zheng",
    "谢xie",
    "韩han",
    "唐tang",
    "冯feng",
    "于yu",
    "董dong",
    "萧xiao",
    "程cheng",
    "曹cao",
]
_GIVEN = [
    "建jian",
    "国guo",
    "秀xiu",
    "英ying",
    "伟wei",
    "芳fang",
    "娜na",
    "敏min",
    "静jing",
    "丽li",
    "强qiang",
    "磊lei",
    "军jun",
    "洋yang",
    "勇yong",
    "艳yan",
    "杰jie",
    "娟juan",
    "涛tao",
    "明ming",
    "超chao",
    "霞xia",
    "平ping",
    "刚gang",
    "桂gui",
    "兰lan",
    "玉yu",
    "萍ping",
    "红hong",
    "波bo",
    "鑫xin",
    "宇yu",
]

Person = list[int]
"""A natural person's accounts, as numbers of the roster's rows."""


@dataclass(frozen=True, slots=True)
class Account:
    """One row of the roster, and the terminal that the account is used on."""

    account: str
    person_id: str
    person_name: str
    office: str
    org_kind: str
    post: str
    valid_from: date
    valid_to: date | None
    terminal: str


@dataclass(slots=True)
class Staff:
    """Who does what in one office; nobody holds two posts."""

    acceptors: list[Person] = field(default_factory=list)
    reviewers: tuple[list[Person], list[Person]] = field(default_factory=lambda: ([], []))
    chiefs: list[Person] = field(default_factory=list)
    bookers: list[Person] = field(default_factory=list)
    issuers: list[Person] = field(default_factory=list)
    archivists: list[Person] = field(default_factory=list)
    banks: list[Person] = field(default_factory=list)
    robots: list[Person] = field(default_factory=list)


class Roster:
    """The accounts of all offices, in the order of their hiring."""

    def __init__(self, rng: Random, start: date) -> None:
        self._rng = rng
        self._start = start
        self._names: set[str] = set()
        self._logins: set[str] = set()
        self._persons = 0
        self.accounts: list[Account] = []

    def staff(self, office: int, daily: tuple[float, float], reviewers: tuple[int, int]) -> Staff:
        """Hires an office.

        Args:
            office: Number of the office in `OFFICES`.
            daily: Expected cases a day in the general and the mortgage lane.
            reviewers: Reviewers in these lanes.
        """
        load = sum(daily)
        staff = Staff()
        for n in range(max(4, round(load / 12))):
            staff.acceptors.append(self._hire(office, "受理岗", twice=n == 0 or happens(self._rng, 0.1)))
        for lane, count in enumerate(reviewers):
            staff.reviewers[lane].extend(self._hire(office, "审核岗", twice=n == 1) for n in range(count))
        staff.chiefs = [self._hire(office, "核定岗") for _ in range(max(2, round(load / 50)))]
        staff.bookers = [self._hire(office, "登簿岗") for _ in range(max(2, round(load / 40)))]
        staff.issuers = [self._hire(office, "发证岗") for _ in range(max(2, round(load / 50)))]
        staff.archivists = [self._hire(office, "档案岗") for _ in range(2)]
        staff.banks = [self._hire(office, "预审岗", org_kind="bank") for _ in range(2)]
        staff.robots = [self._robot(office)]
        self._hire(office, "受理岗", left=True)
        return staff

    def frame(self) -> pl.DataFrame:
        """The roster as a table, terminals included."""
        columns = Account.__slots__
        return pl.DataFrame(
            {name: [getattr(account, name) for account in self.accounts] for name in columns},
            schema_overrides={"valid_from": pl.Date, "valid_to": pl.Date},
        )

    def _hire(
        self, office: int, post: str, *, org_kind: str = "center", twice: bool = False, left: bool = False
    ) -> Person:
        name, login = self._name()
        self._persons += 1
        since = self._start - timedelta(self._rng.randint(120, 2000))
        until = self._start - timedelta(self._rng.randint(10, 100)) if left else None
        logins = [login, self._login(f"{login}_{OFFICES[office][-2:]}")] if twice else [login]
        terminal = f"10.{16 + office}.{self._persons // 200}.{10 + self._persons % 200}"
        person = f"P{self._persons:05d}"
        return [
            self._add(Account(each, person, name, OFFICES[office], org_kind, post, since, until, terminal))
            for each in logins
        ]

    def _robot(self, office: int) -> Person:
        login = self._login(f"wsbl{OFFICES[office]}")
        since = self._start - timedelta(300)
        terminal = f"10.{16 + office}.250.1"
        robot = Account(
            login, f"R{OFFICES[office]}", "网上受理", OFFICES[office], "robot", "", since, None, terminal
        )
        return [self._add(robot)]

    def _add(self, account: Account) -> int:
        self.accounts.append(account)
        return len(self.accounts) - 1

    def _name(self) -> tuple[str, str]:
        while True:
            parts = [self._rng.choice(_SURNAMES), self._rng.choice(_GIVEN)]
            if happens(self._rng, 0.8):
                parts.append(self._rng.choice(_GIVEN))
            name = "".join(part[0] for part in parts)
            if name not in self._names:
                self._names.add(name)
                return name, self._login("".join(part[1:] for part in parts))

    def _login(self, wanted: str) -> str:
        login, n = wanted, 1
        while login in self._logins:
            n += 1
            login = f"{wanted}{n}"
        self._logins.add(login)
        return login
