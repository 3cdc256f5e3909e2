"""PyMySQL's connection, less what a night cannot bear. Imported only when PyMySQL is there."""

from typing import Any

from pymysql.connections import Connection
from pymysql.constants import ER
from pymysql.err import OperationalError


class PatientConnection(Connection):  # type: ignore[misc]
    """A connection that can be left in the middle of a result, and that a silent server does not hold up.

    A streamed result that is not at its end is read to the end when it is deleted. That fails when the
    connection is gone, with an "Exception ignored" on the screen; a result whose query timed out, however,
    is let go without a word. A server's greeting is waited for as long as for any answer: so the patience
    for answers begins after it.
    """

    def __init__(self, *, connect_timeout: int, read_timeout: int, **arguments: Any) -> None:
        if "password" in arguments:
            # Text would be sent as Latin-1, which has no Chinese.
            arguments["password"] = arguments["password"].encode()
        super().__init__(connect_timeout=connect_timeout, read_timeout=connect_timeout, **arguments)
        self._read_timeout = read_timeout

    def _read_packet(self, *args: Any, **options: Any) -> Any:
        if self._sock is None:
            raise OperationalError(ER.QUERY_TIMEOUT, "closed")
        return super()._read_packet(*args, **options)
