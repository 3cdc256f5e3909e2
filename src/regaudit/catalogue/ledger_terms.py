"""What a profile says of the ledger: limits with their citations, and which rules go on it."""

from collections.abc import Container
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

_Days = Annotated[int, Meta(ge=0)]


class LedgerLimit(Struct, frozen=True, forbid_unknown_fields=True):
    """Working days within which a step is to be taken, and what says so: a notice, or the word 惯例."""

    days: _Days
    basis: Annotated[str, Meta(min_length=1)]


LIMITS = {
    "assign": "交办",
    "dispute": "提出管辖异议",
    "settle": "答复管辖异议",
    "answer": "说明",
    "judge": "认定",
    "demand": "责令整改",
    "at_once": "立行立改",
    "by_date": "限期整改",
    "review": "复核",
    "strike": "销号",
    "appeal": "提出申诉",
    "decide": "作出申诉决定",
}
"""The limits that a profile sets, with what is to be done within them."""


class LedgerTerms(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A profile's terms of the ledger.

    Attributes:
        limits: by name, see `LIMITS`; one that extends another sets those that differ.
        rules_on: rules that go on the ledger here though their head or severity keeps them off.
        rules_off: rules that do not go on the ledger here.
        history_days: findings of a first night whose acts lie further back are opened together.
        late_days: working days after which a step that was decided on paper is typed late (补录).
    """

    limits: dict[str, LedgerLimit] = {}
    rules_on: list[str] = []
    rules_off: list[str] = []
    history_days: _Days = 30
    late_days: _Days = 1


def inherited_terms(named: Container[str], own: LedgerTerms, base: LedgerTerms) -> LedgerTerms:
    """Terms with all that they inherit: `named` are the keys that they set themselves."""
    rest = ("rules_on", "rules_off", "history_days", "late_days")
    inherited = {name: getattr(base, name) for name in rest if name not in named}
    return replace(own, limits={**base.limits, **own.limits}, **inherited)
