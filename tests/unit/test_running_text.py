"""Chinese running text: which marks become full-width, and what stays as it came."""

import ast
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from readers import FROM_THE_READER

from regaudit.base.running_text import day_text, full_width, half_width, moment_text, written_days


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("受理,又由其本人审核", "受理，又由其本人审核"),
        ("业务 2026(首次登记)3月2日受理", "业务 2026（首次登记）3月2日受理"),
        ("张伟(人员编号 P01),自", "张伟（人员编号 P01），自"),
        ("审核(2026-03-11 10:00)先于登簿", "审核（2026-03-11 10:00）先于登簿"),
        ("SH.csv(缺少occurred_at(操作时间),映射中是 A)", "SH.csv（缺少occurred_at（操作时间），映射中是 A）"),
        ("见 regaudit findings --open, 或问: 谁?", "见 regaudit findings --open，或问：谁？"),
        ("regaudit:a(b),c;d 1:2 1,000", "regaudit:a(b),c;d 1:2 1,000"),
        ("12:30 开始", "12:30 开始"),
        ("已经：全（角）。", "已经：全（角）。"),
        (")一(", "）一（"),
        ("", ""),
    ],
)
def test_marks_beside_chinese_are_full_width(text: str, shown: str) -> None:
    assert full_width(text) == shown
    assert full_width(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("远多于以往（最多占 5%）：请核对。", "远多于以往(最多占 5%):请核对。"),
        ("蒙（2026）字第1号，未办", "蒙（2026）字第1号,未办"),
        ("第（3）项；谁？", "第(3)项;谁?"),
        ("已经,半角(的)", "已经,半角(的)"),
    ],
)
def test_a_terminal_has_half_width_marks(text: str, shown: str) -> None:
    assert half_width(text) == shown


@given(st.text(alphabet="中a1 ,:;()，", max_size=20))
def test_only_marks_and_the_spaces_beside_them_change(text: str) -> None:
    back = full_width(text).translate(str.maketrans("，：；（）", ",:;()"))
    plain = text.translate(str.maketrans("，：；（）", ",:;()"))
    assert back.replace(" ", "") == plain.replace(" ", "")


def test_numbers_and_names_stay_as_they_came() -> None:
    text = "业务 东(2026),1 由 李(东),审核,自 2025-06-01 起,见 2025-06-01"
    assert full_width(text, ["东(2026),1", "李(东)", None, ""]) == (
        "业务 东(2026),1 由 李(东)，审核，自 2025-06-01 起，见 2025-06-01"
    )
    assert written_days("自 2025-06-01 起,见 A2025-06-01、2025-06-01-1", []) == (
        "自 2025年6月1日 起,见 A2025-06-01、2025-06-01-1"
    )
    assert written_days("案 2025-06-01 自 2025-06-02", ["2025-06-01"]) == "案 2025-06-01 自 2025年6月2日"


def test_a_day_has_its_year_unless_it_is_clear() -> None:
    night = date(2026, 3, 31)
    assert day_text(date(2026, 4, 7), night) == "4月7日（周二）"
    assert day_text(date(2025, 4, 7), night) == "2025年4月7日（周一）"
    assert day_text(date(2026, 4, 7)) == "2026年4月7日（周二）"
    assert moment_text(datetime(2026, 4, 7, 9, 5), night) == "4月7日（周二）09:05"


ROOT = Path(__file__).parents[2]


def texts() -> Iterator[tuple[Path, str]]:
    """All that people may come to read of the program."""
    for path in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield path, node.value
    for folder, pattern in (("src", "*.j2"), ("src", "*.po"), ("projections", "*.*"), ("events", "*.toml")):
        for path in sorted((ROOT / folder).rglob(pattern)):
            yield path, path.read_text(encoding="utf-8")


def test_no_text_names_a_day_by_when_it_is_read() -> None:
    """Mails are read the next morning; a page of the desk is read when it is made."""
    found = [(path, text) for path, text in texts() if FROM_THE_READER.search(text)]
    assert [(path.name, text) for path, text in found if "desk" not in path.parts] == []


@pytest.mark.parametrize("text", ["今晚新增 1 行", "今日到期", "明日复查", "昨晚未运行", "请于明天前办结"])
def test_such_a_day_would_be_seen(text: str) -> None:
    assert FROM_THE_READER.search(text)


@pytest.mark.parametrize(
    "text", ["可据以证明日志未被改写", "请写明日期和时间", "本夜新增 1 行", "声明日期", "写明日历文件"]
)
def test_words_that_only_look_like_one_are_let_pass(text: str) -> None:
    assert not FROM_THE_READER.search(text)
