"""What decides a draw: dice thrown before witnesses, a number published elsewhere, or a later checkpoint."""

from collections.abc import Sequence

from msgspec import Struct

from regaudit.base.errors import UsageError
from regaudit.base.folded_text import fold, fold_name
from regaudit.catalogue.inspection_terms import WAYS, Way

WITNESSES = 2
"""Who have to see the dice thrown."""


class Randomness(Struct, frozen=True, kw_only=True):
    """What decides a draw.

    Attributes:
        way: how it came about.
        text: what is hashed; of a checkpoint it is read from the log.
        source: where a number was published.
        witnesses: who saw the dice thrown.
        root_size: which checkpoint; 0: that of the next night.
    """

    way: Way
    text: str = ""
    source: str = ""
    witnesses: tuple[str, ...] = ()
    root_size: int = 0

    @property
    def title(self) -> str:
        """The way, for people."""
        return WAYS[self.way]


def dice(thrown: str, witnesses: Sequence[str], *, digits: int) -> Randomness:
    """Dice, as they were thrown.

    Args:
        thrown: digits, with spaces or without.
        witnesses: the names of who saw it.
        digits: how many there have to be at least.

    Raises:
        UsageError: there are too few digits or witnesses, or something else.
    """
    text = "".join(fold(thrown).split())
    if not (text.isascii() and text.isdigit()):
        raise UsageError(f"--dice {thrown!r} 应为掷出的数字,如 4261352264")
    if len(text) < digits:
        raise UsageError(f"--dice 只有 {len(text)} 位:至少应掷 {digits} 次")
    names = {fold_name(name): fold(name) for name in witnesses}
    if len(names.keys() - {""}) < WITNESSES:
        raise UsageError("掷骰子须有两名不同的见证人:--witness 姓名 --witness 姓名")
    return Randomness(way="dice", text=text, witnesses=tuple(names.values()))


def number(published: str, source: str) -> Randomness:
    """A number that was published elsewhere.

    Raises:
        UsageError: it is none, or nobody says where.
    """
    text = "".join(fold(published).split())
    if not any(sign.isdigit() for sign in text):
        raise UsageError(f"--number {published!r} 应为公布的数")
    if not fold(source):
        raise UsageError("--number 须用 --source 写明在何处、何时公布,如 --source 福利彩票双色球第2026040期")
    return Randomness(way="number", text=text, source=fold(source))


def root(size: int = 0) -> Randomness:
    """The root of a checkpoint of the log behind the freezing: whoever runs nights could try again."""
    return Randomness(way="checkpoint", root_size=size)
