"""Text in an encoding of another language: GB18030 reads nearly any bytes, as characters nobody writes."""

import re
from collections import Counter

from msgspec import Struct

from regaudit.base.errors import RefusedFileError
from regaudit.sources.formats.streams import SAMPLE_BYTES, Source

_LEAST, _LEAST_UNNAMED = 4, 20
# Chinese in GB18030 has more of common characters, with rare names and in Traditional characters, too.
_USUAL_SHARE, _RANDOM_SHARE, _SURE_SHARE = 0.5, 0.34, 0.9
_TWO_BYTES = 2
_ASCII_BYTES = bytes(range(128))
_ASCII = re.compile(r"[\x00-\x7f]+")
_COMMON = {
    "gb18030": re.compile(rb"[\xa1\xa3\xb0-\xd7][\xa1-\xfe]"),
    "big5": re.compile(rb"[\xa1-\xc6][\x40-\xfe]"),
}


class _Reading(Struct, frozen=True):
    """What a text is in an encoding, without ASCII: how many characters of two bytes, how many common."""

    characters: int
    common: int

    def has_common(self, share: float) -> bool:
        """Whether at least this share of the characters is common."""
        return self.common >= share * self.characters


def refuse_garbled(source: Source) -> None:
    """Refuse a text that would be read as GB18030 where hardly a character is a common one then.

    Raises:
        RefusedFileError: it is in Big5, or in some other encoding.
    """
    sample = source.head(SAMPLE_BYTES)
    simplified = _read(sample, "gb18030")
    if simplified.characters < _LEAST or simplified.has_common(_USUAL_SHARE):
        return
    traditional = _read(sample, "big5")
    line = sample[: len(sample) - len(sample.lstrip(_ASCII_BYTES))].count(b"\n") + 1
    advice = "请用文本编辑器打开,核对文字无误后另存为 UTF-8 再导入"
    if traditional.has_common(_SURE_SHARE):
        raise RefusedFileError(
            f"文件 {source.name} 看来是 Big5(繁体中文)编码(从第 {line} 行起),按 GB18030 会读成乱码:{advice}"
        )
    if simplified.characters >= _LEAST_UNNAMED and not simplified.has_common(_RANDOM_SHARE):
        raise RefusedFileError(
            f"文件 {source.name} 的文字编码无法识别,按 GB18030 读出的是乱码(从第 {line} 行起):{advice}"
        )


def _read(sample: bytes, encoding: str) -> _Reading:
    text = _ASCII.sub("", sample.decode(encoding, "replace"))
    counted = [(c.encode(encoding, "ignore"), count) for c, count in Counter(text).items()]
    return _Reading(
        text.count("\ufffd") + sum(count for coded, count in counted if len(coded) == _TWO_BYTES),
        sum(count for coded, count in counted if _COMMON[encoding].fullmatch(coded)),
    )
