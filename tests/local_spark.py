"""A local Spark for the tests that ask one: a single application, whatever it builds."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
from needs import JAVA, PYSPARK, program

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# Most of a small build is Java that runs but a few times.
_COMPILE_ONCE = {"spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1"}


@pytest.fixture(scope="session")
def spark() -> "Iterator[SparkSession]":
    program("java", JAVA)
    if find_spec("pyspark") is None:
        PYSPARK.lack()
    from regaudit.spark.session import open_session  # noqa: PLC0415 - nothing else of the tests needs pyspark

    session = open_session("local[1]", more=_COMPILE_ONCE)
    yield session
    session.stop()
