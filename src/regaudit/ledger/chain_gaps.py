"""Where an office's chain of roles is too short, so that others act, or nobody can."""

from collections.abc import Iterable

from msgspec import Struct

from regaudit.ledger.people import People
from regaudit.ledger.states import Role

_NOBODY = "只能由其他机构的人办理,或凭书面批准录入"
_CHAIN: tuple[Role, ...] = ("head", "post", "leader", "superior")


class OfficeGaps(Struct, frozen=True, kw_only=True):
    """An office, and what its chain lacks (Chinese)."""

    office: str
    gaps: list[str]


def chain_gaps(people: People, offices: Iterable[str]) -> list[OfficeGaps]:
    """The offices whose chain of roles is too short, with what that means there.

    Counted are natural persons who are not locked out, whether they hold a role at the office or at all;
    deputies do not count, for they stand in for a time only.
    """
    found = ((office, _gaps(people, office)) for office in sorted(set(offices)))
    return [OfficeGaps(office=office, gaps=gaps) for office, gaps in found if gaps]


def offices_of(people: People) -> set[str]:
    """The offices at which somebody holds a role."""
    return {held.office for user in people.users.values() for held in user.held if held.office}


def _gaps(people: People, office: str) -> list[str]:
    heads, posts, leaders, superiors = (_persons(people, role, office) for role in _CHAIN)
    everybody = heads | posts | leaders | superiors
    if not everybody:
        return [
            "没有人任科室负责人、质量监管岗、中心负责人或上级主管:台账只能由其他机构的人办理,或凭书面批准录入"
        ]
    found = []
    if not heads:
        found.append("没有科室负责人:整改报告由质量监管岗代报,管辖异议和延期无人提出")
    if not posts:
        above = "中心负责人" if leaders else "上级主管" if superiors else ""
        rest = f"由{above}办理" if above else _NOBODY
        found.append(f"没有质量监管岗:交办、认定、责令整改、复核{rest}")
    elif len(posts) == 1:
        above = "中心负责人" if leaders - posts else "上级主管" if superiors - posts else ""
        rest = f"由{above}办理" if above else _NOBODY
        found.append(f"质量监管岗只有一名自然人:他复核过的,一般问题的销号{rest}")
    if not leaders:
        rest = "由上级主管办理" if superiors else _NOBODY
        found.append(f"没有中心负责人:重大、严重问题的销号和延期、中止、移交{rest}")
    if not superiors:
        found.append("没有上级主管:中心负责人是责任人或办理过本项的,申诉和更正无人决定")
    if len(everybody) == 1:
        found.append("各岗位只有同一名自然人:报告、复核、销号须由不同的人办理,整改报告后无法继续")
    return found


def _persons(people: People, role: Role, office: str) -> set[str]:
    """The natural persons who hold a role at an office and are not locked out."""
    return {
        user.person_id
        for user in people.users.values()
        if not user.is_locked and any(held.role == role and held.covers(office) for held in user.held)
    }
