"""Sets documents as PDF with typst and a Chinese font of this machine: the same facts give the same bytes."""

from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

import msgspec

from regaudit import __version__
from regaudit.base.errors import RegauditError
from regaudit.base.parts import how_to_get

FONTS = (
    *("Noto Serif CJK SC", "Noto Serif SC", "Source Han Serif SC", "Source Han Serif CN", "Source Han Serif"),
    *("SimSun", "NSimSun", "FangSong", "STSong", "Songti SC", "AR PL UMing CN"),
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "Source Han Sans"),
    *("Microsoft YaHei", "SimHei", "PingFang SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei"),
)
"""Fonts that have the characters of the mainland; the first that this machine has is taken."""
_AGAIN = "再制作一次"
_DIGITS = 16


class NoPressError(RegauditError):
    """No document can be set on this machine; the message says what to install (Chinese)."""


class Press:
    """What sets documents of one template; made once, since looking for fonts takes longer than setting."""

    def __init__(self, template: bytes) -> None:
        try:
            import typst  # noqa: PLC0415 - an extra, which only who makes documents needs
        except ImportError as error:
            raise NoPressError(f"制作 PDF 需要 typst:{how_to_get('reports')};{_AGAIN}") from error
        fonts = typst.Fonts(include_embedded_fonts=False)
        known = set(fonts.families())
        found = next((name for name in FONTS if name in known), None)
        if found is None:
            raise NoPressError(
                "本机没有可用的中文字体,不能制作 PDF:请安装 Noto Serif CJK(Debian、统信、麒麟:"
                "apt-get install fonts-noto-cjk;openEuler:dnf install google-noto-serif-cjk-sc-fonts),"
                f"或 {'、'.join(('思源宋体', '宋体 SimSun', '文泉驿正黑'))} 之一,{_AGAIN}"
            )
        self.font, self._template = found, template
        self._compiler = typst.Compiler(font_paths=fonts, ignore_system_fonts=True)
        digest = sha256(template).hexdigest()[:_DIGITS]
        self.maker = f"regaudit {__version__}; typst {_version()}; {found}; {digest}"

    def set(self, facts: dict[str, Any], made_at: datetime) -> bytes:
        """The PDF of a document; `made_at` is its creation date (local, read as if it were UTC)."""
        inputs = {"facts": msgspec.json.encode(facts, order="sorted").decode(), "font": self.font}
        at = _seconds(made_at)
        made = self._compiler.compile(self._template, format="pdf", sys_inputs=inputs, timestamp=at)
        assert isinstance(made, bytes)  # noqa: S101 - where no file is named, it is the PDF itself
        return made


@cache
def press(template: bytes) -> Press:
    """This process's press of a template, which reads its facts from `sys.inputs.facts` (JSON).

    Raises:
        NoPressError: typst or a font is missing.
    """
    return Press(template)


def _version() -> str:
    from importlib.metadata import version  # noqa: PLC0415 - reads the disk

    return version("typst")


def _seconds(at: datetime) -> int:
    return int((at.replace(tzinfo=None) - datetime(1970, 1, 1)).total_seconds())
