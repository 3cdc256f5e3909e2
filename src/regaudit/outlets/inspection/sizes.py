"""How many units an inspection draws, stratum by stratum, and what a number of them lets one say.

Everything is counted in whole numbers and fractions: no rounding decides a size.
"""

from collections.abc import Mapping
from fractions import Fraction
from math import ceil, comb, exp, lgamma, log, log1p

from msgspec import Struct

from regaudit.catalogue.inspection_terms import InspectionPlan, exact

MONTHS = 3
"""Of a quarter."""
_ROUNDS = 60


class Sizes(Struct, frozen=True, kw_only=True):
    """How many units of each stratum are drawn.

    Attributes:
        total: how many the share, or the wanted statement, asks for.
        sizes: by stratum, in the order of their bytes; more than `total` where the least number of a stratum
            asks for it.
        is_proportional: no stratum has more than its part of the total.
    """

    total: int
    sizes: dict[str, int]
    is_proportional: bool


def shared(count: int, share: Fraction) -> int:
    """A share of some units, rounded up."""
    return ceil(count * share)


def statement_size(count: int, rate: Fraction, confidence: Fraction) -> int:
    """How many of some units to draw to see a faulty one, as surely as wanted, if a rate of them is faulty.

    Hypergeometric: drawn without putting back. Of none it is none.
    """
    faulty, unseen, size = ceil(count * rate), Fraction(1), 0
    while size < count and unseen > 1 - confidence:
        unseen *= Fraction(max(count - faulty - size, 0), count - size)
        size += 1
    return size


def endless_size(rate: Fraction, confidence: Fraction) -> int:
    """As `statement_size`, of units without end: enough for any number of them."""
    unseen, size = Fraction(1), 0
    while unseen > 1 - confidence:
        unseen *= 1 - rate
        size += 1
    return size


def missed(count: int, size: int, rate: Fraction) -> Fraction:
    """How probably none of those drawn is faulty, if a rate of all is."""
    return Fraction(comb(count - ceil(count * rate), size), comb(count, size))


def wanted_size(count: int, plan: InspectionPlan) -> int:
    """How many units of a month the wanted statement asks for: a third of what does for any quarter."""
    rate, confidence = exact(plan.fault_rate), exact(plan.confidence)
    if plan.per == "month":
        return statement_size(count, rate, confidence)
    return min(ceil(Fraction(endless_size(rate, confidence), MONTHS)), count)


def sizes_of(counts: Mapping[str, int], plan: InspectionPlan) -> Sizes:
    """The sizes that a plan asks for, of the number of units in each stratum."""
    count = sum(counts.values())
    total = shared(count, exact(plan.share))
    if plan.statement:
        total = max(total, wanted_size(count, plan))
    return planned(counts, total, plan.at_least)


def planned(counts: Mapping[str, int], total: int, at_least: int) -> Sizes:
    """A total over strata by largest remainder, each then raised to at least some units, or to all it has."""
    parts = apportioned(counts, total)
    sizes = {stratum: max(part, min(at_least, counts[stratum])) for stratum, part in parts.items()}
    return Sizes(total=total, sizes=sizes, is_proportional=sizes == parts)


def apportioned(counts: Mapping[str, int], total: int) -> dict[str, int]:
    """A total in proportion to counts: whole parts first, the rest to the largest remainders.

    Of equal remainders the stratum is first whose name is, by its bytes.
    """
    count = sum(counts.values())
    order = sorted(counts, key=str.encode)
    shares = {stratum: divmod(total * counts[stratum], count) for stratum in order}
    parts = {stratum: whole for stratum, (whole, _) in shares.items()}
    by_remainder = sorted(order, key=lambda stratum: -shares[stratum][1])
    for stratum in by_remainder[: total - sum(parts.values())]:
        parts[stratum] += 1
    return parts


def upper_rate(size: int, faulty: int, confidence: Fraction) -> float:
    """The rate of faulty units below which one is as sure as wanted that it lies, of units without end.

    The upper bound of Clopper and Pearson, one-sided: at that rate so few faulty ones would be seen with the
    probability that is left.
    """
    left, low, high = float(1 - confidence), faulty / size, 1.0
    if faulty == size:
        return 1.0
    for _ in range(_ROUNDS):
        rate = (low + high) / 2
        seen = sum(
            exp(_log_comb(size, k) + k * log(rate) + (size - k) * log1p(-rate)) for k in range(faulty + 1)
        )
        low, high = (rate, high) if seen > left else (low, rate)
    return high


def most_faulty(count: int, size: int, faulty: int, confidence: Fraction) -> int:
    """The most faulty units that a finite number of them may have, as surely as wanted (hypergeometric)."""
    left, low, high = float(1 - confidence), faulty, count - size + faulty

    def seen(number: int) -> float:
        """How probable it is to see no more than was seen, if so many are faulty."""
        return sum(
            exp(_log_comb(number, k) + _log_comb(count - number, size - k) - _log_comb(count, size))
            for k in range(faulty + 1)
            if k <= number and size - k <= count - number
        )

    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if seen(middle) > left else (low, middle - 1)
    return low


def _log_comb(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
