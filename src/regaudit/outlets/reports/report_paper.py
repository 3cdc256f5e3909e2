"""The papers that reports and zero returns are set on."""

from importlib.resources import files

from regaudit.base.press import Press, press


def report_press() -> Press:
    """The press of the reports.

    Raises:
        NoPressError: typst or a font is missing.
    """
    return _press("report.typ")


def zero_press() -> Press:
    """The press of the zero returns.

    Raises:
        NoPressError: typst or a font is missing.
    """
    return _press("zero.typ")


def _press(name: str) -> Press:
    return press(files(__package__).joinpath(name).read_bytes())
