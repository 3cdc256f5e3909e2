"""The analysts' questions as pages: each with its SQL and the answer that it really gets."""

import tempfile
import tomllib
from pathlib import Path

import demo
import duckdb
import question_site
from docs_base import CHINESE, ENGLISH, Tongue

_FILE = Path(__file__).with_name("questions.toml")


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
    return {tongue.folder / "questions.md": _page(tongue, answers) for tongue in (ENGLISH, CHINESE)}


def _page(tongue: Tongue, answers: list[str]) -> str:
    parts = ["# " + tongue.say("Questions of analysts", "分析员的问题"), tongue.words("questions", "intro")]
    for number, (question, answer) in enumerate(zip(questions(), answers, strict=True), start=1):
        title = tongue.say(f"{question['title']} {question['zh_title']}", question["zh_title"])
        parts += [
            f"## {number}. {title}",
            f"```sql\n{question['sql']}\n```",
            answer,
            tongue.say(question["reads"], question["zh_reads"]),
        ]
    return tongue.page(parts, "tools/questions.toml and sample_logs/")
