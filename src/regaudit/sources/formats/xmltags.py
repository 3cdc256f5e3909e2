"""The tags of an XML document in columns: found by expat, taken apart without a call of Python for each."""

import re
from collections.abc import Iterator
from html import unescape
from xml.parsers import expat

import polars as pl

from regaudit.sources.formats.streams import Source, open_text
from regaudit.sources.formats.xmlevents import ForbiddenError, check_tag, forbid_declarations, not_whole
from regaudit.sources.tables import OnBytes

_CHUNK = 1 << 18
_PAGE, _PAGE_TAGS = 16 << 20, 400_000
_MOST_PENDING, _MOST_PENDING_TAGS = 64 << 20, 2_000_000
_ATTRIBUTE = re.compile(r"""([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_NAME = r"^</?(?:[^\s/>:!?]+:)?([^\s/>:!?]+)"
_FIRST_NAME = re.compile(_NAME)
_WHITE = r"[\t\r\n]"
NAME, STEP, KEY, VALUE = "name", "step", "key", "value"
_IS_PLAIN = "is_plain"


def read_tags(
    source: Source, encoding: str, on_bytes: OnBytes, ends: frozenset[str]
) -> Iterator[pl.DataFrame]:
    """The tags of a document in order, in pages that are cut behind the end of one of the elements `ends`.

    Returns:
        Frames of `NAME` (without prefix), `STEP` (1 a start, -1 an end, 0 both in one), and the attributes
        `KEY` and `VALUE`, null where there are none.

    Raises:
        RefusedFileError: it is not well-formed, cut short, declares entities or attributes, or has a tag or a
            stretch without such an end that is longer than any export's.
    """
    # What has no handler of its own comes to this one as it stands in the file, a tag at a time.
    parser, tags = expat.ParserCreate("utf-8"), list[str]()
    parser.DefaultHandler = tags.append
    parser.CharacterDataHandler = len
    forbid_declarations(parser)
    read = pending = 0
    try:
        with open_text(source, encoding, on_bytes) as text:
            while chunk := text.read(_CHUNK):
                parser.Parse(chunk)
                read, pending = read + len(chunk), pending + len(chunk)
                whole = _whole(tags, ends) if pending > _PAGE or len(tags) > _PAGE_TAGS else 0
                if whole:
                    yield _columns(tags[:whole])
                    del tags[:whole]
                    pending = 0
                check_tag(parser, read)
                _check_lengths(parser, pending, len(tags))
        parser.Parse(b"", True)
    except (expat.ExpatError, ForbiddenError) as error:
        raise not_whole(source, error) from error
    yield _columns(tags)


def _check_lengths(parser: expat.XMLParserType, pending: int, tags: int) -> None:
    if pending > _MOST_PENDING or tags > _MOST_PENDING_TAGS:
        raise ForbiddenError(f"第 {parser.CurrentLineNumber} 行的一条记录过长")


def _whole(tags: list[str], ends: frozenset[str]) -> int:
    """How many of the tags stand up to the last end of one of `ends`."""
    for n in range(len(tags) - 1, -1, -1):
        if tags[n].startswith("</") or tags[n].endswith("/>"):
            name = _FIRST_NAME.match(tags[n])
            if name and name[1] in ends:
                return n + 1
    return 0


def _columns(tags: list[str]) -> pl.DataFrame:
    raw = pl.col("raw")
    parts = pl.DataFrame([pl.Series("raw", tags, dtype=pl.String)]).with_columns(
        raw.str.split_exact('"', 4).alias("parts")
    )
    head, key, between, value, tail = (pl.col(f"field_{n}") for n in range(5))
    # So nearly every writer writes them; between such quotation marks stands nothing else.
    is_plain = (
        head.str.ends_with(" key=")
        & (between == " value=")
        & tail.is_in([">", "/>", " />"])
        & ~raw.str.contains(r"[&\t\r\n]")
    )
    step = pl.when(raw.str.starts_with("</")).then(-1).when(raw.str.ends_with("/>")).then(0).otherwise(1)
    laid_out = parts.unnest("parts").select(
        raw,
        head,
        step.cast(pl.Int32).alias(STEP),
        is_plain.fill_null(value=False).alias(_IS_PLAIN),
        key.alias(KEY),
        value.alias(VALUE),
    )
    # Comments, instructions and pieces of a document type are no tags, and have no name here.
    heads = laid_out.select(head.unique()).with_columns(head.str.extract(_NAME).alias(NAME)).drop_nulls()
    named = laid_out.join(heads, on="field_0", how="inner", maintain_order="left")
    return _with_others(named).select(NAME, STEP, KEY, VALUE)


def _with_others(tags: pl.DataFrame) -> pl.DataFrame:
    """Attributes in other writings: between other quotation marks, in another order, with references."""
    others = tags.filter(~pl.col(_IS_PLAIN)).select(pl.col("raw").unique()).to_series()
    others = others.filter(others.str.contains("=", literal=True))
    if not others.len():
        return tags
    read = pl.DataFrame(
        [(text, *_attributes(text)) for text in others],
        schema={"raw": pl.String, "other_key": pl.String, "other_value": pl.String},
        orient="row",
    )
    return tags.join(read, on="raw", how="left", maintain_order="left").with_columns(
        pl.when(_IS_PLAIN).then(name).otherwise(f"other_{name}").alias(name) for name in (KEY, VALUE)
    )


def _attributes(tag: str) -> tuple[str | None, str | None]:
    found = {
        _local(name): unescape(re.sub(_WHITE, " ", double or single))
        for name, double, single in _ATTRIBUTE.findall(tag)
    }
    return found.get(KEY), found.get(VALUE)


def _local(name: str) -> str:
    return name.rsplit(":", 1)[-1]
