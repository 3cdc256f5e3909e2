"""Invented registration centres: offices, posts, persons, accounts, terminals."""

from dataclasses import dataclass, field, replace
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
    """One row of the roster, and the terminal that the account is used on; strangers are not listed."""

    account: str
    person_id: str
    person_name: str
    office: str
    org_kind: str
    post: str
    valid_from: date
    valid_to: date | None
    terminal: str
    is_listed: bool = True


@dataclass(slots=True)
class Staff:
    """Who does what in one office; nobody holds two posts. `doubled` have two accounts at a time."""

    acceptors: list[Person] = field(default_factory=list)
    reviewers: tuple[list[Person], list[Person]] = field(default_factory=lambda: ([], []))
    chiefs: list[Person] = field(default_factory=list)
    bookers: list[Person] = field(default_factory=list)
    issuers: list[Person] = field(default_factory=list)
    archivists: list[Person] = field(default_factory=list)
    banks: list[Person] = field(default_factory=list)
    agencies: list[Person] = field(default_factory=list)
    robots: list[Person] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)


class Roster:
    """The accounts of all offices, in the order of their hiring."""

    def __init__(self, rng: Random, start: date) -> None:
        self._rng = rng
        self._start = start
        self._names: set[str] = set()
        self._logins: set[str] = set()
        self._persons = 0
        self.accounts: list[Account] = []

    def staff(
        self, office: int, daily: tuple[float, float], reviewers: tuple[int, int], *, doubles: bool
    ) -> Staff:
        """Hires an office.

        Args:
            office: Number of the office in `OFFICES`.
            daily: Expected cases a day in the general and the mortgage lane.
            reviewers: Reviewers in these lanes.
            doubles: Whether an acceptor and a reviewer have a second account.
        """
        load = sum(daily)
        staff = Staff()
        for n in range(max(4, round(load / 12))):
            staff.acceptors.append(self.hire(office, "受理岗", accounts=1 + (doubles and n == 0)))
        for lane, count in enumerate(reviewers):
            for n in range(count):
                accounts = 1 + (doubles and lane == 0 and n == 1)
                staff.reviewers[lane].append(self.hire(office, "审核岗", accounts=accounts))
        if doubles:
            pairs = (staff.acceptors[0], staff.reviewers[0][1])
            staff.doubled = [self.accounts[person[0]].person_id for person in pairs]
        staff.chiefs = [self.hire(office, "核定岗") for _ in range(max(2, round(load / 50)))]
        staff.bookers = [self.hire(office, "登簿岗") for _ in range(max(2, round(load / 40)))]
        staff.issuers = [self.hire(office, "发证岗") for _ in range(max(2, round(load / 50)))]
        staff.archivists = [self.hire(office, "档案岗") for _ in range(2)]
        staff.banks = [self.hire(office, "预审岗", org_kind="bank") for _ in range(2)]
        staff.agencies = [self.hire(office, "预审岗", org_kind="agency")]
        staff.robots = [self._robot(office)]
        self.hire(office, "受理岗", until=self._start - timedelta(self._rng.randint(10, 100)))
        return staff

    def hire(
        self,
        office: int,
        post: str,
        *,
        org_kind: str = "center",
        accounts: int = 1,
        since: date | None = None,
        until: date | None = None,
    ) -> Person:
        """A new person with one or two accounts, in force from long before the period on unless told."""
        name, login = self._name()
        self._persons += 1
        since = since or self._start - timedelta(self._rng.randint(120, 2000))
        logins = [login, self._login(f"{login}_{OFFICES[office][-2:]}")][:accounts]
        terminal = f"10.{16 + office}.{self._persons // 200}.{10 + self._persons % 200}"
        person = f"P{self._persons:05d}"
        return [
            self._add(Account(each, person, name, OFFICES[office], org_kind, post, since, until, terminal))
            for each in logins
        ]

    def renew(self, number: int, since: date) -> int:
        """Another account of the same person, in force from a day on."""
        old = self.accounts[number]
        login = self._login(f"{old.account}_{old.office[-2:]}")
        return self._add(replace(old, account=login, valid_from=since, valid_to=None))

    def outsider(self, office: int) -> int:
        """An account that the roster does not list."""
        [number] = self.hire(office, "")
        self.accounts[number] = replace(self.accounts[number], is_listed=False)
        return number

    def of_other_offices(self, office: int, post: str) -> Person:
        """Accounts of a post in the other offices hired so far."""
        return [
            number
            for number, account in enumerate(self.accounts)
            if account.post == post and account.office != OFFICES[office]
        ]

    def frame(self) -> pl.DataFrame:
        """The accounts as a table, terminals and unlisted ones included."""
        columns = Account.__slots__
        return pl.DataFrame(
            {name: [getattr(account, name) for account in self.accounts] for name in columns},
            schema_overrides={"valid_from": pl.Date, "valid_to": pl.Date},
        )

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
