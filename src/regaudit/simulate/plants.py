"""What is planted: the names of the stories that a case can be made to tell.

Violations, and near misses that must not be taken for one. What a name stands for is in
`regaudit.simulate.stories`.
"""

from enum import StrEnum


class Plant(StrEnum):
    """The story that one case is made to tell."""

    NONE = ""
    WAITING = "waiting: stands in a queue that others jump"
    PART = "one of the cases that tell a story together"

    LATE = "booked after the promise"
    LATE_EXPLAINED = "booked after the promise, with the reason on record"
    LATE_MAKEUP = "late only if the make-up workday is counted"
    LATE_STATUTORY = "booked after the statutory limit"
    OPEN_LATE = "open after the promise"
    OPEN_STATUTORY = "open after the statutory limit"
    DUE_SOON = "open, due on the as-of day or the next working day"
    ON_DUE = "near miss: booked on the last day"
    ON_DUE_PAUSED = "near miss: in time thanks to a pause"
    ON_DUE_HOLIDAY = "near miss: in time thanks to a holiday"

    PRECHECK_LATE = "prechecked after more than a day"
    PRECHECK_LATE_AGAIN = "prechecked at once, submitted again and prechecked after more than a day"
    PRECHECK_NEVER = "submitted online, never prechecked, accepted all the same"
    PRECHECK_IN_TIME = "near miss: prechecked after a little less than a day"
    PAUSE_OTHER = "paused for a cause that stops no clock"
    PAUSE_NO_REASON = "paused without a reason"
    PAUSE_FILLER = "paused with filler as its reason"
    PAUSE_TERSE = "near miss: paused with a reason of two characters"
    PAUSE_AFTER_DUE = "paused once it was late"
    PAUSE_VISIT_LONG = "a site visit of more than five working days"
    PAUSE_VISIT_FULL = "near miss: a site visit of five working days"
    PAUSE_ON_DUE = "near miss: paused on the due day"
    EXPEDITED_BLANK = "expedited with a blank reason"
    EXPEDITED_EXPLAINED = "near miss: expedited with a blank reason, explained later"
    EXPEDITED = "near miss: expedited with a reason"
    EXPEDITED_FILLER = "expedited with filler as its reason"
    EXPEDITED_UNLAWFUL = "expedited with a reason that opens no green channel"
    EXPEDITED_ALIKE = "near miss: expedited with a reason in which filler stands"
    FAST = "booked a few minutes after acceptance"
    FAST_OVERNIGHT = "accepted before closing, booked at opening"
    FAST_ENOUGH = "near miss: booked ten minutes after acceptance"
    FAST_SEIZURE = "near miss: a seizure, booked at once"
    FAST_CANCELLATION = "near miss: a cancellation, booked at once"
    FAST_ROBOT = "near miss: accepted by a robot, booked at once"
    OFF_HOURS_ACCEPT = "accepted before opening"
    OFF_HOURS_NOON = "accepted in the midday break"
    OFF_HOURS_REVIEW = "reviewed a second time in the evening"
    OFF_HOURS_BOOK = "booked in the evening"
    OFF_HOURS_WEEKEND = "booked on a day off"
    OFF_HOURS_GRACE = "near miss: booked within half an hour of closing"
    OFF_HOURS_EARLY = "near miss: accepted within half an hour of opening"
    OFF_HOURS_OVERTIME = "near miss: booked in the evening of a day of recorded overtime"

    ONE_PERSON = "accepted, reviewed and booked through one account"
    ONE_PERSON_TWO_ACCOUNTS = "accepted, reviewed and booked by one person through two accounts"
    ONE_PERSON_BY_NAME = "accepted and booked through one account, reviewed under its holder's bare name"
    ACCEPT_REVIEW = "the acceptor reviewed"
    ACCEPT_REVIEW_RETURNED = "the acceptor returned it, somebody else approved"
    ACCEPT_REVIEW_SECOND = "the acceptor did the second review"
    BLANK_REVIEWER = "near miss: acceptor booked, reviewer unknown"
    BLANK_ACTORS = "near miss: nobody named as acceptor, reviewer or booker"
    ACCEPT_BOOK = "near miss: acceptor booked, somebody else reviewed"
    REVIEW_BOOK = "reviewed and booked by one person, lawful unless the rule is on"
    EXTERNAL_BANK = "accepted by a bank's clerk"
    EXTERNAL_AGENCY = "accepted by an agent's clerk"
    EXTERNAL_PRECHECK = "near miss: submitted by a bank's clerk, accepted by the centre"

    JUMP = "reviewed before earlier cases"
    JUMP_BLANK_REASON = "the same, expedited with a blank reason"
    JUMP_FILLER_REASON = "the same, expedited with filler as its reason"
    JUMP_LATE_REASON = "the same, explained only afterwards"
    JUMP_PAST_PAUSES = "reviewed before earlier cases that were paused for a few minutes meanwhile"
    JUMP_OLD_BATCH = "reviewed before earlier cases, under the batch number of old ones"
    JUMP_EXPEDITED = "near miss: jumped with a reason"
    JUMP_EXPLAINED = "near miss: jumped with an explanation"
    AFTER_PAUSES = "near miss: reviewed before cases that came earlier and were resumed after long pauses"
    EARLY_BATCH = "near miss: a batch of which the first case came before those that it overtook"
    SHORT_JUMP = "near miss: overtook cases that came less than an hour before"
    PASSED_OVER = "overtaken by more than ten units"
    PASSED_OVER_OPEN = "the same, not reviewed yet"
    LEFT_BEHIND = "near miss: overtaken by a few units"

    UNREVIEWED = "booked without any review"
    RETURNED_ONLY = "booked though its only review sent it back"
    UNBOOKED = "certified, issued and filed without a booking"
    REVIEWED_EARLY = "reviewed before it was accepted"
    REVIEWED_LATE = "approved once more after booking"
    CERTIFIED_EARLY = "certified before booking"
    ISSUED_EARLY = "issued before booking"
    WITHDRAWN_LATE = "withdrawn after booking"
    DATES_ALONE = "near miss: certified, issued and filed on the date of booking, times unknown"
    EXTRA_STEP = "a step that no law knows"
    EXTRA_NODE = "a review by an office that no law knows, unseen unless the profile lists nodes"
    CHARGED = "near miss: a fee was paid, reviewed at three nodes"


ONE_PERSON = frozenset({Plant.ONE_PERSON, Plant.ONE_PERSON_TWO_ACCOUNTS, Plant.ONE_PERSON_BY_NAME})
ACCEPT_REVIEW = ONE_PERSON | {Plant.ACCEPT_REVIEW, Plant.ACCEPT_REVIEW_RETURNED, Plant.ACCEPT_REVIEW_SECOND}
IF_QUIET = frozenset(
    {
        *(Plant.SHORT_JUMP, Plant.AFTER_PAUSES, Plant.EARLY_BATCH),
        *(Plant.FAST, Plant.FAST_OVERNIGHT, Plant.FAST_ENOUGH),
        *(Plant.FAST_SEIZURE, Plant.FAST_CANCELLATION, Plant.FAST_ROBOT),
    }
)
"""Taken out of turn only if nobody is jumped by that; else the story is not told."""
QUICK = IF_QUIET - {Plant.SHORT_JUMP, Plant.AFTER_PAUSES, Plant.EARLY_BATCH} | {Plant.REVIEWED_EARLY}
"""Reviewed in a minute or two."""
