"""Stories about who handles a case."""

from random import Random

from regaudit.simulate.actions import Action
from regaudit.simulate.cases import Case
from regaudit.simulate.people import Staff
from regaudit.simulate.plants import Plant
from regaudit.simulate.story import USUAL, Story

_ACCEPT_REVIEW = ("accept-review-same",)
_ONE_PERSON = ("accept-review-same", "one-person")
_REVIEW_BOOK = ("review-book-same",)
_EXTERNAL = ("external-acceptance",)


def _two_accounts(rng: Random, case: Case, staff: Staff) -> None:
    case.acceptor = rng.choice([person for person in staff.acceptors if len(person) > 1])[0]


def _bank(rng: Random, case: Case, staff: Staff) -> None:
    case.acceptor = rng.choice(rng.choice(staff.banks))


def _agency(rng: Random, case: Case, staff: Staff) -> None:
    case.acceptor = rng.choice(rng.choice(staff.agencies))


def _bare_names(_: Random, actions: list[Action], __: Staff) -> None:
    actions[:] = [each._replace(nameless=each.nameless or each.step == "review") for each in actions]


PERSON_STORIES = {
    Plant.ONE_PERSON: Story(rate=USUAL, breaks=_ONE_PERSON, breaks_off=_REVIEW_BOOK, channel="window"),
    Plant.ONE_PERSON_TWO_ACCOUNTS: Story(
        rate=USUAL, breaks=_ONE_PERSON, breaks_off=_REVIEW_BOOK, channel="window", cast=_two_accounts
    ),
    Plant.ONE_PERSON_BY_NAME: Story(
        breaks=_ONE_PERSON, breaks_off=_REVIEW_BOOK, channel="window", retell=_bare_names
    ),
    Plant.ACCEPT_REVIEW: Story(rate=USUAL, breaks=_ACCEPT_REVIEW, channel="window"),
    Plant.ACCEPT_REVIEW_RETURNED: Story(rate=USUAL, breaks=_ACCEPT_REVIEW, channel="window"),
    Plant.ACCEPT_REVIEW_SECOND: Story(rate=USUAL, breaks=_ACCEPT_REVIEW, channel="window"),
    Plant.BLANK_REVIEWER: Story(rate=USUAL, channel="window"),
    Plant.BLANK_ACTORS: Story(rate=USUAL, channel="window"),
    Plant.ACCEPT_BOOK: Story(rate=USUAL, channel="window"),
    Plant.REVIEW_BOOK: Story(breaks_off=_REVIEW_BOOK),
    Plant.EXTERNAL_BANK: Story(breaks=_EXTERNAL, channel="bank", cast=_bank),
    Plant.EXTERNAL_AGENCY: Story(few=1, breaks=_EXTERNAL, channel="window", cast=_agency),
    Plant.EXTERNAL_PRECHECK: Story(within=(6_000, 12_000), channel="bank"),
}
