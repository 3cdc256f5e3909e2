"""The paper that documents of the ledger are set on."""

from importlib.resources import files

from regaudit.base.press import Press, press


def paper() -> Press:
    """The press of the ledger's documents.

    Raises:
        NoPressError: typst or a font is missing.
    """
    return press(files(__package__).joinpath("paper.typ").read_bytes())
