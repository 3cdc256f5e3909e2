"""The paper that reports are set on."""

from importlib.resources import files

from regaudit.base.press import Press, press


def report_press() -> Press:
    """The press of the reports.

    Raises:
        NoPressError: typst or a font is missing.
    """
    return press(files(__package__).joinpath("report.typ").read_bytes())
