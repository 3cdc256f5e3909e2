"""What PostgreSQL sends → Python. Imported only when psycopg is there."""

from datetime import date, datetime
from typing import Any

from psycopg import Connection, DataError
from psycopg.adapt import Buffer
from psycopg.types.datetime import DateLoader, TimestampLoader, TimestamptzLoader
from psycopg.types.string import TextLoader

_AS_PYTHON = ("bool", "bytea")


class _Date(DateLoader):
    def load(self, data: Buffer) -> date | str:  # type: ignore[override]
        try:
            return super().load(data)
        except DataError:
            return bytes(data).decode()


class _Timestamp(TimestampLoader):
    def load(self, data: Buffer) -> datetime | str:  # type: ignore[override]
        try:
            return super().load(data)
        except DataError:
            return bytes(data).decode()


class _Timestamptz(TimestamptzLoader):
    def load(self, data: Buffer) -> datetime | str:  # type: ignore[override]
        try:
            return super().load(data)
        except DataError:
            return bytes(data).decode()


def take_as_text(connection: Connection[Any]) -> None:
    """Have values come as the server writes them: numbers, addresses, intervals, JSON exactly.

    Times and dates are Python's, except those that Python has no number for (`infinity`, before Christ): one
    such row must not keep the others out.
    """
    adapters = connection.adapters
    for known in adapters.types:
        if known.name not in _AS_PYTHON:
            adapters.register_loader(known.oid, TextLoader)
            adapters.register_loader(known.array_oid, TextLoader)
    adapters.register_loader("date", _Date)
    adapters.register_loader("timestamp", _Timestamp)
    adapters.register_loader("timestamptz", _Timestamptz)
