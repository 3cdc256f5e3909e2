"""`ledger document`: makes a document of an entry, or prints it again."""

import platform
import shutil
from collections.abc import Mapping
from pathlib import Path

import click
from rich.markup import escape

from regaudit.base.errors import RegauditError, UsageError, reason_of
from regaudit.base.modes import for_others
from regaudit.cli.options import Coded, file_type, home_option, json_option, system_user
from regaudit.cli.screen import complain, print_json, say
from regaudit.ledger.documents.register import Made, Register, papers_of
from regaudit.ledger.documents.wording import KINDS, Kind
from regaudit.ledger.people import read_people
from regaudit.ledger.request import Author
from regaudit.ledger.service import Ledger
from regaudit.operation.open import open_workspace

_KIND = Coded(KINDS)


@click.command()
@click.argument("entry", metavar="台账编号")
@click.option(
    "--kind",
    type=_KIND,
    help=f"{_KIND.told};默认为最近一次办理的",
)
@click.option("-o", "--out", type=file_type, help="PDF 另存为(总在 reports/ledger/ 下存一份)")
@click.option("--by", default="", help="何人制作:登录名(默认为当前系统用户)")
@home_option
@json_option
def document(entry: str, kind: Kind | None, out: Path | None, by: str, home: Path, *, as_json: bool) -> None:
    """制作或重印台账一项的文书(PDF):交办单、整改通知书、督办单(黄灯起)、销号单。

    已制作过的按原样重印,内容逐字节相同;存档中没有的按日志重新制作,与当时的 SHA-256 核对。
    """
    with open_workspace(home, "ledger document", locks=()) as workspace:
        if by and read_people(workspace.log).get(by) is None:
            raise UsageError(f"没有用户 {by}")
        user = system_user()
        author = Author(login=by or user, door="command", system_user=user, machine=platform.node())
        [made] = Register(Ledger(workspace)).make({entry: kind}, author)
    if out is not None:
        _copy(made.path, out)
    print_json(made_facts(made)) if as_json else print_made(made, out)


def make_documents(ledger: Ledger, taken: Mapping[str, str], author: Author) -> list[Made]:
    """The documents that come with steps just taken, by entry; where none can be made it is told, no more.

    Raises:
        LogError: they could not be recorded; the steps are.
    """
    wanted = {number: step for number, step in taken.items() if step in KINDS}
    if not wanted:
        return []
    made, why = papers_of(ledger, wanted, author)
    if why:
        complain(f"提示:{escape(why)}")
    return made


def made_facts(made: Made) -> dict[str, object]:
    """A document for programs."""
    return {
        "entry": made.entry,
        "kind": made.kind,
        "document_no": made.document_no,
        "sha256": made.sha256,
        "path": str(made.path),
        "is_new": made.is_new,
    }


def print_made(made: Made, out: Path | None) -> None:
    """A document: its number, where it is."""
    title, done = KINDS[made.kind], "已制作" if made.is_new else "重印"  # type: ignore[index]
    say(f"{title} {escape(made.document_no)} {done}:{escape(str(out or made.path))}\nSHA-256 {made.sha256}")


def _copy(path: Path, out: Path) -> None:
    try:
        with for_others():
            shutil.copyfile(path, out)
    except OSError as error:
        raise RegauditError(f"{out} 无法写入:{reason_of(error)}") from error
