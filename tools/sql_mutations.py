"""Every change of one thing in a SELECT: found on sqlglot's tree, made in the text as it is written."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise

import sqlglot
from msgspec import Struct
from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

_COMPARED: dict[type[exp.Expr], tuple[TokenType, str]] = {
    exp.EQ: (TokenType.EQ, "<>"),
    exp.NEQ: (TokenType.NEQ, "="),
    exp.GT: (TokenType.GT, ">="),
    exp.GTE: (TokenType.GTE, ">"),
    exp.LT: (TokenType.LT, "<="),
    exp.LTE: (TokenType.LTE, "<"),
}
_CONNECTED: dict[type[exp.Expr], tuple[TokenType, str]] = {
    exp.And: (TokenType.AND, "or"),
    exp.Or: (TokenType.OR, "and"),
}
_SIGNED: dict[type[exp.Expr], tuple[TokenType, str]] = {
    exp.Add: (TokenType.PLUS, "-"),
    exp.Sub: (TokenType.DASH, "+"),
}
_EXTREMES = {
    "min": "max",
    "arg_min": "arg_max",
    "min_by": "max_by",
    "least": "greatest",
    "bool_and": "bool_or",
}
_EXTREMES |= {other: name for name, other in _EXTREMES.items()}
_OF_EXTREMES: dict[type[exp.Expr], tuple[str, ...]] = {
    exp.Min: ("min",),
    exp.Max: ("max",),
    exp.ArgMin: ("arg_min", "min_by"),
    exp.ArgMax: ("arg_max", "max_by"),
    exp.Least: ("least",),
    exp.Greatest: ("greatest",),
    exp.LogicalAnd: ("bool_and",),
    exp.LogicalOr: ("bool_or",),
}
_TRUTHS = {TokenType.TRUE: "false", TokenType.FALSE: "true"}
_JOINS = {"left": "inner", "inner": "left", "semi": "anti", "anti": "semi"}


class Mutation(Struct, frozen=True, order=True):
    """One thing changed: the text from `start` to `end` is replaced.

    Attributes:
        kind: comparison, join, null test, and/or, min/max, sign or literal.
        before: the line that it stands in, as it is; of several lines, the first.
        after: the same with the change.
        nth: which of those in its text that have the same `before` and `after`, from 1.
    """

    start: int
    end: int
    put: str
    kind: str
    before: str = ""
    after: str = ""
    nth: int = 1

    def of(self, text: str) -> str:
        """The text with the change."""
        return text[: self.start] + self.put + text[self.end :]


def mutations(select: str) -> list[Mutation]:
    """All of a SELECT, in the order of its text.

    Raises:
        sqlglot.errors.ParseError: sqlglot cannot read it.
    """
    found = sorted({(m.start, m.end, m.put): m for m in _Reader(select).found()}.values())
    told: dict[tuple[str, str], int] = {}
    named = []
    for one in found:
        begin = select.rfind("\n", 0, one.start) + 1
        end = select.find("\n", one.end) % (len(select) + 1)
        before, after = (
            select[begin:end].strip(),
            one.of(select)[begin : end + len(one.of(select)) - len(select)],
        )
        key = (before, after.strip())
        told[key] = told.get(key, 0) + 1
        named.append(Mutation(one.start, one.end, one.put, one.kind, *key, told[key]))
    return named


class _Reader:
    """A SELECT as a tree whose leaves know their place, and as the tokens between them."""

    def __init__(self, select: str) -> None:
        self._text = select
        self._tree = sqlglot.parse_one(select, dialect="duckdb")
        self._tokens = sqlglot.tokenize(select, dialect="duckdb")
        self._starts = [token.start for token in self._tokens]

    def found(self) -> Iterator[Mutation]:
        for node in self._tree.walk():
            if isinstance(node, exp.Binary):
                yield from self._of_binary(node)
            elif isinstance(node, exp.In):
                yield from self._negated(node.this, TokenType.IN, "comparison")
            elif isinstance(node, exp.Join):
                yield from self._of_join(node)
            elif names := _OF_EXTREMES.get(type(node)):
                yield from self._of_extreme(node, names)
            elif isinstance(node, exp.Neg):
                yield from self._of_minus(node)
            elif isinstance(node, exp.Literal):
                yield from self._of_literal(node)
        yield from self._of_words()

    def _of_words(self) -> Iterator[Mutation]:
        """Truths and intervals: of these the tree does not tell the place."""
        for token, after in pairwise(self._tokens):
            if other := _TRUTHS.get(token.token_type):
                yield _replaced(token, other, "literal")
            elif token.token_type == TokenType.INTERVAL and re.fullmatch(r"\d+", after.text):
                quote = self._text[after.start].strip("0123456789")
                yield _replaced(after, f"{quote}{_more(after.text)}{quote}", "literal")

    def _of_binary(self, node: exp.Binary) -> Iterator[Mutation]:
        if isinstance(node, exp.Is):
            if isinstance(node.expression, exp.Null):
                yield from self._negated(node.this, TokenType.IS, "null test")
        elif isinstance(node, exp.NullSafeEQ | exp.NullSafeNEQ):
            yield from self._negated(node.this, TokenType.IS, "comparison")
        for kind, swaps in (("comparison", _COMPARED), ("and/or", _CONNECTED), ("sign", _SIGNED)):
            if (
                (swap := swaps.get(type(node)))
                and (left := _span(node.left))
                and (right := _span(node.right))
            ):
                between = self._between(left[1], right[0])
                yield from (_replaced(t, swap[1], kind) for t in between[:] if t.token_type == swap[0])

    def _negated(self, operand: exp.Expr, word: TokenType, kind: str) -> Iterator[Mutation]:
        """`is null` and `is not null`, `in` and `not in`: the first such word behind the operand."""
        if (span := _span(operand)) is None:
            return
        for before, token, after in self._triples(span[1]):
            if token.token_type == word:
                stated = after if word == TokenType.IS else before
                if stated.token_type == TokenType.NOT:
                    end = self._tokens[self._index(stated.start) + 1].start
                    yield Mutation(stated.start, end, "", kind)
                else:
                    place = after.start if word == TokenType.IS else token.start
                    yield Mutation(place, place, "not ", kind)
                return

    def _of_join(self, node: exp.Join) -> Iterator[Mutation]:
        if (span := _span(node.this)) is None:
            return
        for word, token in self._pairs_before(span[0]):
            if token.token_type == TokenType.JOIN:
                if other := _JOINS.get(word.text.lower()):
                    yield _replaced(word, other, "join")
                return

    def _of_extreme(self, node: exp.Expr, names: tuple[str, ...]) -> Iterator[Mutation]:
        spans = [span for child in node.iter_expressions() if (span := _span(child))]
        if not spans:
            return
        for word, token in self._pairs_before(min(spans)[0]):
            if token.token_type == TokenType.L_PAREN and word.text.lower() in names:
                yield _replaced(word, _EXTREMES[word.text.lower()], "min/max")
                return

    def _of_minus(self, node: exp.Neg) -> Iterator[Mutation]:
        if (span := _span(node.this)) is None:
            return
        for token in reversed(self._tokens[: self._index(span[0])]):
            if token.token_type == TokenType.DASH:
                yield _replaced(token, "", "sign")
                return

    def _of_literal(self, node: exp.Literal) -> Iterator[Mutation]:
        parent = node.parent
        of_exists = isinstance(parent, exp.Select) and isinstance(parent.parent, exp.Exists)
        if of_exists or isinstance(parent, exp.DataTypeParam | exp.Interval) or "start" not in node.meta:
            return
        start, end = node.meta["start"], node.meta["end"] + 1
        if not node.is_string:
            yield Mutation(start, end, _more(node.name), "literal")
        elif self._text[start] == "'":
            yield Mutation(end - 1, end - 1, "~", "literal")

    def _index(self, place: int) -> int:
        """The first token that begins at a place or behind it."""
        return bisect_left(self._starts, place)

    def _between(self, end: int, start: int) -> list[Token]:
        return self._tokens[self._index(end + 1) : self._index(start)]

    def _triples(self, end: int) -> Iterator[tuple[Token, Token, Token]]:
        behind = self._tokens[self._index(end + 1) - 1 :]
        return zip(behind, behind[1:], behind[2:], strict=False)

    def _pairs_before(self, start: int) -> Iterator[tuple[Token, Token]]:
        return reversed([*pairwise(self._tokens[: self._index(start)])])


def _replaced(token: Token, put: str, kind: str) -> Mutation:
    return Mutation(token.start, token.end + 1, put, kind)


def _more(number: str) -> str:
    """A number and one."""
    whole, dot, rest = number.partition(".")
    return f"{int(whole or 0) + 1}{dot}{rest}"


def _span(node: exp.Expr) -> tuple[int, int] | None:
    """Where the first and the last leaf below a node stand; None where none knows its place."""
    places = [one.meta for one in node.walk() if "start" in one.meta]
    if not places:
        return None
    return min(place["start"] for place in places), max(place["end"] for place in places)
