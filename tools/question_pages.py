"""The analysts' questions as pages: each with its SQL and the answer that it really gets."""

import tempfile
import tomllib
from pathlib import Path
from typing import Any

import demo
import duckdb
import question_site

_FILE = Path(__file__).with_name("questions.toml")
_INTRO = """\
Twenty questions to `regaudit.duckdb`, each with its SQL, the answer, and what the answer does not say. They
were asked of an invented platform ([`sample_logs/`](../sample_logs)) after four nights and some steps of the
ledger; the names are invented, too. All columns stand in [database.md](database.md), what codes mean in the
table `codes`.

Any client of DuckDB runs them: `duckdb -readonly regaudit.duckdb`, a [notebook](analysts.md#notebooks), or
`regaudit export --sql question.sql -o answer.xlsx`, which needs no client at all. The same page in Chinese:
[zh/questions.md](zh/questions.md)."""
_ZH_INTRO = """\
向 `regaudit.duckdb` 提的二十个问题:各有 SQL、真实的答案,以及答案没有说的。数据是虚构的平台
([`sample_logs/`](../../sample_logs)),跑了四晚,台账办了几步;人名也是虚构的。各栏的含义见
[database.md](../database.md),代码的中文名见表 `codes`。

任何 DuckDB 客户端都能运行:`duckdb -readonly regaudit.duckdb`、[笔记本](../analysts.md#notebooks),
或者不用客户端:`regaudit export --sql 问题.sql -o 答案.xlsx`。英文版见 [questions.md](../questions.md)。"""


def questions() -> list[dict[str, str]]:
    """`title`, `sql` and `reads` of each, and `zh_title` and `zh_reads`."""
    found: list[dict[str, str]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))["questions"]
    return [question | {"sql": question["sql"].strip()} for question in found]


def pages() -> dict[Path, str]:
    """Both pages, from a workspace that is made for them."""
    with tempfile.TemporaryDirectory() as folder:
        return pages_from(question_site.make_site(Path(folder)))


def pages_from(database: Path) -> dict[Path, str]:
    """Both pages, from the answers of a database."""
    with duckdb.connect(database, read_only=True) as db:
        answers = [demo.answer(db, question["sql"]) for question in questions()]
    docs = demo.ROOT / "docs"
    return {
        docs / "questions.md": _page("Questions of analysts", _INTRO, answers, title="title", reads="reads"),
        docs / "zh" / "questions.md": _page(
            "分析员的问题", _ZH_INTRO, answers, title="zh_title", reads="zh_reads"
        ),
    }


def _page(heading: str, intro: str, answers: list[str], **keys: Any) -> str:
    parts = [
        "<!-- Made by `make docs` from tools/questions.toml and sample_logs/. Edits here are lost. -->",
        f"# {heading}",
        intro,
    ]
    for number, (question, answer) in enumerate(zip(questions(), answers, strict=True), start=1):
        other = "" if keys["title"] == "zh_title" else f" {question['zh_title']}"
        parts += [
            f"## {number}. {question[keys['title']]}{other}",
            f"```sql\n{question['sql']}\n```",
            answer,
            question[keys["reads"]],
        ]
    return "\n\n".join(parts) + "\n"
