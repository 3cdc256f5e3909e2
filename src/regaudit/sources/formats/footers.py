"""Rows below the data that are none: totals, counts, who exported it and when.

Their texts change with every export, so that nothing could ever settle them in quarantine. A footer begins
with a label of its own, and holds nothing that such a label would not have beside it: a row with a case
number, a step or a person is data, whatever else it says.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from unicodedata import normalize

import polars as pl

from regaudit.sources.tables import ROW_NO, Batch, Footer, Malformed

Row = Sequence[str | None]
_MOST_FOOTERS = 5
LAST_ROWS = 20
"""How many rows at the end are looked at, blank ones included."""
_LEAST_COLUMNS = 2
_NUMBER = r"[0-9][0-9,.]*"
_UNIT = r"[条行笔件个项页份宗户人次]"
_WHAT = r"(?:记录|办件|业务|数据|日志)"
_TOTAL = (
    r"(?:[合总小共]\s*计|累\s*计|汇\s*总|本页|本次|全部|总记录数?|记录总?数|总页数|总[条行件]?数|[条行件]数"
    r"|total|count|sum)"
)
_MADE = r"(?:导出|打印|制表|填表|制单|填报|生成|统计|查询|下载|报表|报送|审核|复核|负责|经办|数据)"
_WHO = r"(?:人员?|者|员|时间|日期|用户|账号|帐号|单位|部门|机构|条件|范围|区间|方式|系统|ip)"
_LABELS = (
    rf"{_TOTAL}(?:[:\s]|{_NUMBER}|{_UNIT}|{_WHAT}|共|为)*(?:\(.{{0,20}}\))?",
    rf"[共计总合]+\s*(?:计|有|导出|查询到?|查到)?\s*:?\s*{_NUMBER}\s*{_UNIT}.{{0,20}}",
    rf"第\s*{_NUMBER}\s*页.{{0,20}}",
    rf"(?:page|页码)\s*:?\s*{_NUMBER}.{{0,12}}",
    rf"{_MADE}{_WHO}\s*(?::.{{0,60}})?",
    r"(?:统计|数据)?\s*截[至止](?:时间|日期)?\s*:?.{0,40}",
    r"(?:exported|generated|printed)\b.{0,60}",
    r"[-—=*\s]*(?:以下空白|以下无正文|此页无正文|完|end|结束)[-—=*\s]*",
    r"(?:本表|本数据|以上数据|本报表)?由?.{0,12}系统(?:自动)?(?:导出|生成|打印).{0,40}",
    r"(?:技术支持|版权所有|内部资料|仅供).{0,40}",
    r"(?:备注|说明|注)\s*:.{0,200}",
)
_LABEL = re.compile("|".join(_LABELS), re.IGNORECASE)
_GAP = re.compile(r"\s*[,;]\s*|\s{2,}|\s(?=[^\s\d])")
_BESIDE = re.compile(rf"{_NUMBER}\s*(?:{_UNIT}|元)?{_WHAT}?|\d{{4}}[-/.年]\d{{1,2}}.{{0,30}}|{_UNIT}")
"""What stands beside a label in a cell of its own."""
_ASKS = re.compile(rf".*:|{_MADE}{_WHO}", re.IGNORECASE | re.DOTALL)
"""A label beside which anything may stand."""


def find_footers(rows: Sequence[Row]) -> set[int]:
    """The places of footers among the last rows of a table, from the end up to the first row that is none."""
    found: set[int] = set()
    for at in range(len(rows) - 1, -1, -1):
        cells = [normalize("NFKC", cell).strip() for cell in rows[at] if cell and cell.strip()]
        if not cells:
            continue
        if len(found) == _MOST_FOOTERS or not _is_footer(cells, len(rows[at])):
            break
        found.add(at)
    return found


def without_footers(batches: Iterable[Batch], columns: int, delimiter: str) -> Iterator[Batch]:
    """The batches of a whole text file; footers are told in the last one, malformed ones among them.

    Only as many batches are held back as have the last rows.
    """
    held: list[Batch] = []
    for batch in batches:
        held.append(batch)
        while sum(b.rows.height + len(b.malformed) for b in held[1:]) >= LAST_ROWS:
            yield held.pop(0)
    rows: dict[int, Row] = {}
    for batch in held:
        rows |= {row[0]: row[1:] for row in batch.rows.tail(LAST_ROWS).iter_rows()}
        rows |= {m.row_no: _cells(m, columns, delimiter) for m in batch.malformed[-LAST_ROWS:]}
    numbers = sorted(rows)[-LAST_ROWS:]
    places = find_footers([rows[number] for number in numbers])
    footers = [
        Footer(number, delimiter.join(cell or "" for cell in rows[number]).rstrip(delimiter))
        for at, number in enumerate(numbers)
        if at in places
    ]
    gone = [footer.row_no for footer in footers]
    for at, batch in enumerate(held, start=1):
        yield Batch(
            batch.rows.filter(~pl.col(ROW_NO).is_in(gone)) if gone else batch.rows,
            [m for m in batch.malformed if m.row_no not in gone],
            batch.doubts,
            footers if at == len(held) else [],
        )


def _cells(row: Malformed, columns: int, delimiter: str) -> Row:
    """The cells of a row that has more or fewer than its table."""
    try:
        cells = next(csv.reader([row.text], delimiter=delimiter), [])
    except csv.Error:
        cells = [row.text]
    return [*cells, *[None] * (columns - len(cells))]


def _is_footer(cells: list[str], width: int) -> bool:
    """Whether the cells of a row that are not blank are labels and what stands beside them."""
    if width < _LEAST_COLUMNS or (len(cells) > 1 and 2 * len(cells) > width + 1):
        return False
    if not _says_label(cells[0]):
        return False
    answered = bool(_ASKS.fullmatch(cells[0]))
    for cell in cells[1:]:
        if not (answered or _says_label(cell) or _BESIDE.fullmatch(cell)):
            return False
        answered = bool(_ASKS.fullmatch(cell))
    return True


def _says_label(text: str) -> bool:
    """Whether a text is a label, or several in a row: `导出时间:2026-03-02 22:00 导出人:admin`."""
    return bool(_LABEL.fullmatch(text)) or bool(_LABEL.fullmatch(_GAP.split(text)[0]))
