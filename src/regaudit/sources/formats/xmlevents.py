"""XML as a stream of events, in any encoding, without entities of its own: nothing to expand or fetch."""

from collections.abc import Iterator
from typing import NamedTuple
from xml.parsers import expat

from regaudit.base.errors import RefusedFileError
from regaudit.sources.formats.streams import Source, open_text
from regaudit.sources.tables import OnBytes

_CHUNK = 1 << 16
_LONGEST_TEXT = LONGEST_TAG = 16 << 20
_DEEPEST = 1_000
_NOT_CONTENT = ("xmlns", "xsi:", "xml:")


class Event(NamedTuple):
    """An element that begins (`attributes`) or ends (`text`: its own, that of its children apart)."""

    begins: bool
    name: str
    attributes: dict[str, str]
    text: str


class ForbiddenError(Exception):
    """The document declares entities or attributes, or has texts longer than any cell (Chinese)."""


def read_events(source: Source, encoding: str, on_bytes: OnBytes, whole: str = "") -> Iterator[Event]:
    """The elements of a document in order; names are without namespace.

    Elements named `whole` are not taken apart: what stands inside them is their text.

    Raises:
        RefusedFileError: it is not well-formed, cut short, or declares entities.
    """
    parser = expat.ParserCreate("utf-8")
    collector = _Collector(whole)
    parser.StartElementHandler = collector.begin
    parser.EndElementHandler = collector.end
    parser.CharacterDataHandler = collector.add
    forbid_declarations(parser)
    parser.buffer_text = True
    read = 0
    try:
        with open_text(source, encoding, on_bytes) as text:
            while chunk := text.read(_CHUNK):
                parser.Parse(chunk)
                read += len(chunk)
                check_tag(parser, read)
                yield from collector.taken()
        parser.Parse(b"", True)
        yield from collector.taken()
    except (expat.ExpatError, ForbiddenError) as error:
        raise not_whole(source, error) from error


def forbid_declarations(parser: expat.XMLParserType) -> None:
    """Let the parser refuse what expands: declared entities, and attributes that elements have by default."""
    parser.EntityDeclHandler = _refuse
    parser.AttlistDeclHandler = _refuse


def check_tag(parser: expat.XMLParserType, read: int) -> None:
    """Refuse a tag or a comment without end, which the parser holds whole; `read` bytes went in."""
    if read - parser.CurrentByteIndex > LONGEST_TAG:
        raise ForbiddenError(f"第 {parser.CurrentLineNumber} 行的标记过长")


def not_whole(source: Source, error: Exception) -> RefusedFileError:
    """What is told of a document that cannot be read."""
    return RefusedFileError(f"文件 {source.name} 不是完整的 XML({error}):请重新导出,不要手工修改")


def _refuse(*_: object) -> None:
    raise ForbiddenError("含有实体或属性声明")


class _Collector:
    def __init__(self, whole: str) -> None:
        self._whole, self._inside = whole, 0
        self._events: list[Event] = []
        self._texts: list[list[str]] = [[]]
        self._length = 0

    def taken(self) -> list[Event]:
        taken, self._events = self._events, []
        return taken

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rsplit(":", 1)[-1]
        if self._inside or name == self._whole:
            self._inside += 1
            if self._inside > 1:
                return
        plain = {
            key.rsplit(":", 1)[-1]: value
            for key, value in attributes.items()
            if not key.startswith(_NOT_CONTENT)
        }
        self._events.append(Event(True, name, plain, ""))
        self._texts.append([])
        if len(self._texts) > _DEEPEST:
            raise ForbiddenError(f"嵌套超过 {_DEEPEST} 层")
        self._length = 0

    def end(self, name: str) -> None:
        self._inside = max(self._inside - 1, 0)
        if self._inside:
            return
        self._events.append(Event(False, name.rsplit(":", 1)[-1], {}, "".join(self._texts.pop())))

    def add(self, text: str) -> None:
        self._length += len(text)
        if self._length > _LONGEST_TEXT:
            raise ForbiddenError("文字过长")
        self._texts[-1].append(text)
