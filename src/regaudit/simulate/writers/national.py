"""The workflow tables of the national database standard, of its 2015 and its 2021 model.

Names and codes as in the standard; applicants (SQR) stand there without any data about persons. What these
tables have no column for is listed in `regaudit.simulate.losses`.
"""

from collections.abc import Callable, Iterator
from typing import Literal

import polars as pl

from regaudit.simulate.people import OFFICES
from regaudit.simulate.rows import StepLog
from regaudit.simulate.writers.cells import as_moment, time_as

Generation = Literal["2015", "2021"]
Tables = dict[str, pl.DataFrame]

DATE_ONLY_OFFICE = OFFICES[1]
"""The office whose tables hold dates without times."""
RIGHT_TABLES = {
    "mortgage": "DYAQ",
    "3": "JSYDSYQ",
    "4": "FDCQ2",
    "8": "FDCQ2",
    "15": "HYSYQ",
    "19": "DYIQ",
}
OTHER_TABLES = {"600": "YYDJ", "700": "YGDJ", "800": "CFDJ"}
"""Registrations that have a table of their own, unless it is a mortgage that they register."""

_UNITS = {"DYIQ": "GYDBDCDYH"}
_OWN_COLUMN = {"DYAQ": "BDBZZQSE", "CFDJ": "CFJG", "YGDJ": "YGDJZL", "YYDJ": "YYSX", "DYIQ": "XYDBDCDYH"}
"""What tells these tables from others, as they have no QLLX; left blank."""
_RESULTS = {"approve": "1", "return": "2", "reject": "3", "transfer": "4"}
_OPEN, _DONE, _PAUSED, _REFUSED, _WITHDRAWN = "1", "2", "3", "4", "5"
_SECOND_ACCOUNT = r"_\d+$"
_FULL, _MIDNIGHT = "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT00:00:00"


def national_pages(log: StepLog, generation: Generation) -> Iterator[Tables]:
    """The tables by their bare names, some cases at a time; a table without rows has its columns."""
    for rows in log.pages_by_case():
        yield _tables(rows, generation)


def national_tables(log: StepLog, generation: Generation) -> Tables:
    """The tables as a whole."""
    pages = list(national_pages(log, generation))
    return {name: pl.concat(page[name] for page in pages) for name in pages[0]}


def clerk_name() -> pl.Expr:
    """Names as these tables have them: a person's second account shows as a digit behind the name."""
    second = pl.col("account").fill_null("").str.contains(_SECOND_ACCOUNT)
    return pl.when(second).then(pl.col("operator") + "1").otherwise(pl.col("operator"))


def review_order() -> pl.Expr:
    """Number of a review among those of its case, by time; equal rows share theirs, other steps have none."""
    at = pl.when(pl.col("step") == "review").then(as_moment(pl.col("occurred_at")))
    return at.rank("dense").over("office", "case_no").cast(pl.String)


def right_table() -> pl.Expr:
    """The table of the right that a booking stands in."""
    right = pl.col("right_type").replace_strict(RIGHT_TABLES, default=None)
    other = pl.col("registration_type").replace_strict(OTHER_TABLES, default=None)
    return pl.when(pl.col("right_type") == "mortgage").then(right).otherwise(pl.coalesce(other, right))


def right_told() -> pl.Expr:
    """The right type as far as the table of the right tells it: those of `OTHER_TABLES` do not."""
    is_told = ~right_table().is_in(list(OTHER_TABLES.values()))
    return pl.when((pl.col("step") == "book") & is_told).then("right_type")


def _tables(rows: pl.DataFrame, generation: Generation) -> Tables:
    shown = rows.with_columns(
        by=clerk_name(), order=review_order(), at=_time("occurred_at"), since=_time("started_at")
    )

    def of(step: str) -> pl.DataFrame:
        return shown.filter(pl.col("step") == step)

    tables = {
        "SLSQ" if generation == "2015" else "SL": _acceptances(shown),
        "SJ": _papers(shown),
        "SQR": of("accept").select(YWH="case_no", SQRMC=pl.lit("略"), ZJZL=_BLANK, ZJH=_BLANK),
        "SH": _reviews(of("review")),
        "SZ": of("certify").select(
            YWH="case_no", SZMC=pl.lit("不动产权证书"), YSXLH="serial_no", SZRY="by", SZSJ="at"
        ),
        "FZ": of("issue").select(YWH="case_no", FZRY="by", FZSJ="at", FZSL=pl.lit("1")),
        "GD": of("file").select(YWH="case_no", GDRY=_BLANK, GDSJ="at"),
    }
    return tables | _BOOKINGS[generation](of("book"))


_BLANK = pl.lit(None, pl.String)


def _time(column: str) -> pl.Expr:
    whole = time_as(pl.col(column), _FULL, _MIDNIGHT)
    only_date = time_as(pl.col(column), _MIDNIGHT, _MIDNIGHT)
    return pl.when(pl.col("office") == DATE_ONLY_OFFICE).then(only_date).otherwise(whole)


def _acceptances(rows: pl.DataFrame) -> pl.DataFrame:
    def at(step: str, column: str = "at") -> pl.Expr:
        return pl.col(column).filter(pl.col("step") == step).max()

    ends = rows.group_by("office", "case_no", maintain_order=True).agg(
        refused=at("refuse"),
        withdrawn=at("withdraw"),
        booked=at("book"),
        paused=at("pause", "occurred_at"),
        resumed=at("resume", "occurred_at"),
    )
    is_paused = pl.col("paused").is_not_null() & (pl.col("resumed").fill_null("") < pl.col("paused"))
    state = (
        pl.when(pl.col("refused").is_not_null())
        .then(pl.lit(_REFUSED))
        .when(pl.col("withdrawn").is_not_null())
        .then(pl.lit(_WITHDRAWN))
        .when(pl.col("booked").is_not_null())
        .then(pl.lit(_DONE))
        .when(is_paused)
        .then(pl.lit(_PAUSED))
        .otherwise(pl.lit(_OPEN))
    )
    accepted = rows.filter(pl.col("step") == "accept")
    return accepted.join(ends, on=["office", "case_no"], how="left", maintain_order="left").select(
        YWH="case_no",
        DJDL="registration_type",
        DJXL="subtype",
        QXDM="office",
        SLRY="by",
        SLSJ="at",
        ZL=_BLANK,
        SFWTAJ=pl.lit("0"),
        JSSJ=pl.coalesce("refused", "withdrawn", "booked"),
        AJZT=state,
        BZ=_BLANK,
    )


def _papers(rows: pl.DataFrame) -> pl.DataFrame:
    """The application of each case, and the papers with which a supplement was made."""
    is_supplement = (pl.col("step") == "resume") & (pl.col("pause_kind") == "supplement")
    return rows.filter((pl.col("step") == "accept") | is_supplement).select(
        YWH="case_no",
        SJSJ="at",
        SJMC=pl.when(is_supplement).then(pl.lit("补正材料")).otherwise(pl.lit("登记申请书")),
        SFBCSJ=pl.when(is_supplement).then(pl.lit("1")).otherwise(pl.lit("0")),
    )


def _reviews(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        YWH="case_no",
        JDMC="node",
        SXH="order",
        SHRYXM="by",
        SHKSSJ="since",
        SHJSSJ="at",
        SHYJ=_BLANK,
        CZJG=pl.col("result").replace_strict(_RESULTS, default=None),
    )


def _bookings_2015(rows: pl.DataFrame) -> Tables:
    """Booker and time on the tables of the rights."""
    found = rows.with_columns(table=right_table())
    names = sorted({*RIGHT_TABLES.values(), *OTHER_TABLES.values()})
    return {
        name: found.filter(pl.col("table") == name).select(
            YWH="case_no",
            **{_UNITS.get(name, "BDCDYH"): pl.col("unit_no")},
            **{_OWN_COLUMN.get(name, "QLLX"): _BLANK if name in _OWN_COLUMN else pl.col("right_type")},
            DJLX="registration_type",
            DJYY="matter",
            QXDM="office",
            DBR="by",
            DJSJ="at",
        )
        for name in names
    }


def _bookings_2021(rows: pl.DataFrame) -> Tables:
    """A table of its own."""
    return {
        "DB": rows.select(
            YWH="case_no",
            DBRYXM="by",
            DBSJ="at",
            DBYJ=_BLANK,
            CZJG=pl.col("result").replace_strict(_RESULTS, default=None),
            QXDM="office",
        )
    }


_BOOKINGS: dict[Generation, Callable[[pl.DataFrame], Tables]] = {
    "2015": _bookings_2015,
    "2021": _bookings_2021,
}
