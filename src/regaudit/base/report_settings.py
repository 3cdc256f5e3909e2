"""What becomes of reports beside lying in `reports/`."""

from msgspec import Struct


class ReportSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of reports.

    Attributes:
        mail: whether each is mailed to the posts of its office, when it is made.
        monthly: whether the first night that a month is over makes its reports.
    """

    mail: bool = False
    monthly: bool = False
