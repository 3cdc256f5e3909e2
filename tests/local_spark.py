"""A local Spark for the tests that ask one: a single application, whatever it builds."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
from needs import JAVA, PYSPARK, program

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.fixture(scope="session")
def spark() -> "Iterator[SparkSession]":
    program("java", JAVA)
    if find_spec("pyspark") is None:
        PYSPARK.lack()
    from regaudit.spark.session import open_session  # noqa: PLC0415 - nothing else of the tests needs pyspark

    session = open_session("local[1]")
    yield session
    session.stop()
