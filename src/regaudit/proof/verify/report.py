"""What a verification found, as people and programs read it."""

from typing import Literal

from msgspec import Struct

_OfRecords = Literal["改动", "缺失", "插入", "顺序", "截短", "历史被改写", "格式", "版本"]
_OfTree = Literal["叶散列", "树节点", "检查点", "密钥", "结构"]
_OfCopies = Literal["归档", "镜像", "已发布问题", "邮件"]
Kind = _OfRecords | _OfTree | _OfCopies

RESTORE_ADVICE = "请保留现场,从备份恢复事件日志;已发邮件中的检查点可证明当时的内容"
CUT_ADVICE = (
    f"{RESTORE_ADVICE}。日志确是从备份恢复来的,用 regaudit verify --acknowledge 缘由 --by 登录名 记下缘由"
)


class Damage(Struct, frozen=True, kw_only=True):
    """One damage: its kind, the first bad record, what is wrong and what to do (Chinese).

    `position` 0 concerns no single record. `upto` is set where the first bad record is one of several and
    cannot be told more closely: it lies between `position` and `upto`. `import_no`, `file` and `row_no` say
    which row of which export it was, where that is known.
    """

    kind: Kind
    position: int = 0
    upto: int = 0
    stream: str = ""
    version: int = 0
    topic: str = ""
    import_no: int = 0
    file: str = ""
    row_no: int = 0
    problem: str
    advice: str


class Held(Struct, frozen=True, kw_only=True):
    """What somebody gave by `--key` or `--checkpoint`, what it is, and what it was held against (Chinese)."""

    given: str
    what: str
    against: str
    holds: bool


class Verified(Struct, frozen=True, kw_only=True):
    """A finished verification: `is_whole` where all was read and no damage was found.

    The first of `damages` is the main one. `unchecked` (Chinese) says what could not be read, why, and what
    to do: nobody knows whether it is whole, and nobody is accused. `notes` (Chinese) say what need not be
    there to be checked. `root` is hexadecimal; `held` says of each key and checkpoint that was given what it
    was held against.
    """

    is_whole: bool
    origin: str
    hash: str
    events: int
    root: str
    checkpoints: int
    keys: list[str]
    archived_files: int
    damages: list[Damage]
    notes: list[str]
    held: list[Held] = []
    unchecked: list[str] = []
