"""`python -m regaudit`."""

from regaudit.cli import main

main()
