"""Chinese in an encoding that is not read is refused, not imported as other characters."""

from pathlib import Path

import pytest

from regaudit.base.errors import RefusedFileError
from regaudit.sources.formats.open import open_export

HEADER = "case_no,office,step,occurred_at,operator,reason\n"
TRADITIONAL = (
    HEADER + "1,150602,accept,2026-03-02 09:00:00,張偉,申請材料不齊\n2,150602,審核,2026-03-02,李娜,\n"
)
RARE = HEADER + "1,150602,accept,2026-03-02 09:00:00,龚昊骉,\n2,150602,review,2026-03-02,濮珺,歙县\n"
JAPANESE = HEADER + "1,150602,accept,2026-03-02,受理しました,これはテストです。カタカナとひらがな\n"
KNOWN = frozenset(HEADER.strip().split(","))


def operators(path: Path, text: str, encoding: str) -> list[str]:
    path.write_bytes(text.encode(encoding))
    [table] = open_export(path, lambda _: None, KNOWN)
    return [name for batch in table.read() for name in batch.rows["operator"]]


def test_big5_is_refused_by_its_name_and_shown_as_it_reads(tmp_path: Path) -> None:
    with pytest.raises(RefusedFileError) as refused:
        operators(tmp_path / "a.csv", TRADITIONAL, "big5")
    assert "a.csv 看来是 Big5(繁体中文)编码(从第 2 行起)" in str(refused.value)
    assert "另存为 UTF-8" in str(refused.value)


def test_another_encoding_is_refused_without_a_name(tmp_path: Path) -> None:
    with pytest.raises(RefusedFileError, match=r"a\.csv 的文字编码无法识别"):
        operators(tmp_path / "a.csv", JAPANESE, "shift_jis")


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-16"])
@pytest.mark.parametrize(("text", "first"), [(TRADITIONAL, "張偉"), (RARE, "龚昊骉")])
def test_traditional_characters_and_rare_names_are_read_in_encodings_we_know(
    tmp_path: Path, text: str, first: str, encoding: str
) -> None:
    assert operators(tmp_path / "a.csv", text, encoding)[0] == first


def test_a_few_letters_beyond_ascii_prove_nothing(tmp_path: Path) -> None:
    text = HEADER + "1,150602,accept,2026-03-02,李,\n"
    assert operators(tmp_path / "a.csv", text, "gb18030") == ["李"]
