"""What can be typed into the platform, or put into its export row by row."""

from attack_desk import NEXT, NIGHT, Centre, Row, Told, work
from attack_table import ADMIN, CLERK, PLATFORM, attack
from conftest import step

INVISIBLE = "\u200b"
SPOILT = "同\ufffd"
MUCH_LATER = "2026-07-01"


def late_row(centre: Centre, case: str, name: str, at: str, account: str = "li2", **more: str) -> None:
    """A row of a day that a night has judged."""
    centre.rows.append(step(case, name, at, account, **more))


@attack(CLERK, "a backdated pause", "late", light="red", says="超期", is_quick=True)
def backdated_pause(centre: Centre) -> None:
    late_row(centre, "L1", "pause", "2026-03-05 09:00:00", pause_kind="supplement", reason="材料补正")


@attack(CLERK, "a backdated pause before the case is late", "late", says="超期预警")
def pause_before_the_due_day(centre: Centre) -> None:
    late_row(centre, "L2", "pause", "2026-03-06 09:00:00", pause_kind="supplement", reason="材料补正")
    late_row(centre, "L2", "resume", "2026-03-10 09:00:00")


@attack(CLERK, "a backdated withdrawal", "late", light="red", says="超期")
def backdated_withdrawal(centre: Centre) -> None:
    late_row(centre, "L1", "withdraw", "2026-03-06 16:00:00")


@attack(CLERK, "a backdated booking", "late", light="red", says="超期")
def backdated_booking(centre: Centre) -> None:
    late_row(centre, "L1", "book", "2026-03-06 16:00:00", "zhao2")


@attack(CLERK, "a backdated second reviewer", "late", light="red", says="一人办到底")
def backdated_reviewer(centre: Centre) -> None:
    late_row(centre, "G1", "review", "2026-03-09 10:30:00", "wang2")


@attack(ADMIN, "late rows declared a back-fill (`--backfill`)", "late", light="red", says="系统升级")
def laundered_by_backfill(centre: Centre) -> Told:
    backdated_pause(centre)
    centre.deliver()
    return centre.night(NIGHT, "--backfill", "系统升级补录")


@attack(
    CLERK, "late rows split over two nights: the end of a pause comes first", "late", light="red", says="超期"
)
def late_rows_in_two_parts(centre: Centre) -> Told:
    late_row(centre, "L1", "resume", "2026-03-11 09:00:00")
    centre.deliver()
    centre.night()
    pause = step("L1", "pause", "2026-03-03 09:00:00", "li2", pause_kind="supplement", reason="材料补正")
    centre.deliver(NEXT, [*work(NEXT), pause])
    return centre.night(NEXT)


@attack(PLATFORM, "all operators blank", "unknown", says="无法判断", is_quick=True)
def blank_operators(centre: Centre) -> None:
    for number in range(4):
        centre.guilty(f"X{number}")
    for row in centre.rows:
        row["account"] = ""


@attack(PLATFORM, "the operators of one step blank", "unknown", says="受审同人")
def blank_reviewers(centre: Centre) -> None:
    for number in range(4):
        centre.guilty(f"X{number}")[1]["account"] = "NULL"


@attack(CLERK, "review results that nobody knows", "unknown", says="无法判断")
def unknown_results(centre: Centre) -> None:
    for number in range(4):
        centre.guilty(f"X{number}")[1]["result"] = "已阅"


@attack(
    CLERK,
    "the acceptance split off by an invisible character in the case number",
    "new",
    light="red",
    rule="one-person",
    case="X1",
    is_quick=True,
)
def invisible_character(centre: Centre) -> None:
    centre.guilty()[0]["case_no"] = f"X{INVISIBLE}1"


@attack(
    CLERK,
    "the acceptance split off by full-width signs in the case number",
    "new",
    light="red",
    rule="one-person",
    case="X1",
)
def full_width_number(centre: Centre) -> None:
    centre.guilty()[0]["case_no"] = "Ｘ１"


@attack(
    CLERK, "acceptances under other case numbers, in the first months of a log", "unknown", says="无法判断"
)
def split_numbers(centre: Centre) -> None:
    for number in range(4):
        centre.guilty(f"X{number}")[0]["case_no"] = f"X{number}-1"


@attack(
    CLERK,
    "the acceptance under another case number, later",
    "new",
    light="red",
    rule="missing-step",
    case="X1",
)
def split_number(centre: Centre) -> Told:
    rows = work(MUCH_LATER) + centre.case("X1", day=MUCH_LATER)
    rows[-3] = rows[-3] | {"case_no": "X1-1"}
    centre.deliver(MUCH_LATER, rows)
    return centre.night(MUCH_LATER)


@attack(PLATFORM, "a case without its acceptance", "new", light="red", rule="missing-step", case="X1")
def no_acceptance(centre: Centre) -> Told:
    centre.deliver(MUCH_LATER, work(MUCH_LATER) + centre.case("X1", day=MUCH_LATER)[1:])
    return centre.night(MUCH_LATER)


@attack(
    CLERK,
    "an invisible character in one's own account",
    "new",
    light="red",
    rule="one-person",
    case="X1",
)
def invisible_in_account(centre: Centre) -> None:
    centre.guilty()[1]["account"] = f"li{INVISIBLE}2"


@attack(CLERK, "one's own account in capitals", "new", light="red", rule="one-person", case="X1")
def account_in_capitals(centre: Centre) -> None:
    centre.guilty()[1]["account"] = "LI2"


@attack(CLERK, "a second account of one's own", "new", light="red", rule="one-person", case="X1")
def second_account(centre: Centre) -> None:
    _, review, book = centre.guilty()
    review["account"], book["account"] = "lb2", "lb2"


@attack(
    PLATFORM,
    "the account blank, the name that is on the roster alone",
    "new",
    light="red",
    rule="one-person",
    case="X1",
)
def name_alone(centre: Centre) -> None:
    for row in centre.guilty():
        row |= {"account": "", "operator": "li2"}


@attack(
    PLATFORM,
    "the account of one step alone blank, with the name",
    "new",
    light="red",
    rule="one-person",
    case="X1",
)
def name_alone_once(centre: Centre) -> None:
    centre.guilty()[1] |= {"account": "", "operator": "li2"}


@attack(
    CLERK,
    "an account that is on no roster, in another's place",
    "new",
    light="red",
    rule="unregistered-account",
    case="ghost",
)
def foreign_account(centre: Centre) -> Told:
    centre.guilty()[1]["account"] = "ghost"
    centre.deliver()
    centre.night()
    return centre.usual("2026-04-20")


@attack(CLERK, "a case under an office that nobody knows", "new", light="red", rule="one-person", case="X1")
def other_office(centre: Centre) -> None:
    for row in centre.guilty():
        row["office"] = "150699"


def spoil(centre: Centre, row: Row) -> Told:
    """A result that nobody can read: the row is rejected, and the night tells so."""
    row["result"] = SPOILT
    centre.deliver()
    return centre.night()


def bring_back(centre: Centre, account: str) -> None:
    """The rejected row of `li2` with its result mended, under an account."""
    [path] = (centre.home / "quarantine").glob("*.csv")
    text = path.read_text("utf-8-sig")
    back = centre.home.parent / "back.csv"
    back.write_text(text.replace(SPOILT, "同意").replace(",li2,", f",{account},"), "utf-8-sig")
    centre.desk.ok("import", back)


@attack(
    CLERK, "a rejected row that comes back as another's", "new", light="red", rule="late-entry", case="X1"
)
def corrected_to_another(centre: Centre) -> Told:
    spoil(centre, centre.guilty()[-1])
    for night in (NEXT, "2026-03-16"):
        centre.usual(night)
    bring_back(centre, "zhao2")
    return centre.usual("2026-03-17")


@attack(
    CLERK,
    "a rejected row that comes back as another's before it is late",
    "quarantined",
    says="业务 X1 登簿）由 li2 改为 zhao2",
)
def corrected_in_time_to_another(centre: Centre) -> Told:
    spoil(centre, centre.guilty()[-1])
    bring_back(centre, "zhao2")
    return centre.usual(NEXT)


def jump(centre: Centre, more: Row | None = None) -> list[Row]:
    """Three cases wait from 08:35 on; a fourth of 10:00 is reviewed at once. The row that tells why."""
    found = []
    for number, accepted, reviewed in (
        (1, "08:35", "15:00"),
        (2, "08:36", "15:10"),
        (3, "08:37", "15:20"),
        (4, "10:00", "10:20"),
    ):
        accept, review, book = centre.case(f"Q{number}")
        accept["occurred_at"] = f"{NIGHT} {accepted}:00"
        review |= {"occurred_at": f"{NIGHT} {reviewed}:00", "started_at": f"{NIGHT} {reviewed}:00"}
        book["occurred_at"] = f"{NIGHT} 16:{number}0:00"
        found += [accept, review, book]
    if more:
        centre.rows.append(more)
    return found


@attack(CLERK, "a queue-jump", "new", light="red", rule="queue-jump", case="Q4")
def plain_jump(centre: Centre) -> None:
    jump(centre)


@attack(CLERK, "a queue-jump with a dot as its reason", "new", light="red", rule="queue-jump", case="Q4")
def reason_of_a_dot(centre: Centre) -> None:
    jump(centre, step("Q4", "expedite", f"{NIGHT} 10:05:00", "li2", reason="."))


@attack(CLERK, "a queue-jump with 无 as its reason", "new", light="red", rule="queue-jump", case="Q4")
def reason_of_nothing(centre: Centre) -> None:
    jump(centre, step("Q4", "explain", f"{NIGHT} 10:05:00", "li2", reason="无"))


@attack(CLERK, "a queue-jump whose reason is invisible", "new", light="red", rule="queue-jump", case="Q4")
def invisible_reason(centre: Centre) -> None:
    jump(centre, step("Q4", "explain", f"{NIGHT} 10:05:00", "li2", reason=INVISIBLE * 5))


@attack(CLERK, "a queue-jump with a reason of afterwards", "new", light="red", rule="queue-jump", case="Q4")
def reason_of_afterwards(centre: Centre) -> None:
    jump(centre, step("Q4", "expedite", f"{NIGHT} 16:30:00", "li2", reason="老人就医"))


@attack(CLERK, "an expedite on no lawful ground", "new", rule="expedite-unlawful", case="Q4")
def unlawful_ground(centre: Centre) -> None:
    jump(centre, step("Q4", "expedite", f"{NIGHT} 10:05:00", "li2", reason="领导交办"))


@attack(
    CLERK,
    "a queue-jump beside a short pause of those overtaken",
    "new",
    light="red",
    rule="queue-jump",
    case="Q4",
)
def short_pauses(centre: Centre) -> None:
    jump(centre)
    for number in (1, 2, 3):
        case = f"Q{number}"
        late_row(centre, case, "pause", f"{NIGHT} 11:00:00", pause_kind="supplement", reason="材料补正")
        late_row(centre, case, "resume", f"{NIGHT} 11:05:00")


@attack(
    CLERK,
    "a queue-jump of a case that got a batch number of its own",
    "new",
    light="red",
    rule="queue-jump",
    case="Q4",
)
def batch_of_one(centre: Centre) -> None:
    for row in jump(centre)[9:]:
        row["batch_no"] = "B-1"


@attack(
    CLERK,
    "a queue-jump of a case under the batch number of an earlier one",
    "new",
    light="red",
    rule="queue-jump",
    case="Q4",
)
def batch_of_another(centre: Centre) -> None:
    rows = jump(centre)
    for row in (*centre.case("Q0", day="2026-03-12"), *rows[9:]):
        row["batch_no"] = "B-1"


@attack(
    CLERK, "rows that assign the jumper before the others", "new", light="red", rule="queue-jump", case="Q4"
)
def assign_rows(centre: Centre) -> None:
    jump(centre, step("Q4", "assign", f"{NIGHT} 08:31:00", "wang2"))


@attack(PLATFORM, "times cut to dates, so that no order is known", "unknown", says="超快办件")
def dates_alone(centre: Centre) -> None:
    jump(centre)
    for row in centre.rows:
        row["occurred_at"] = row["occurred_at"][:10]
        row["started_at"] = ""


@attack(CLERK, "a pause of a kind that no rule knows", "new", light="red", rule="unlawful-pause", case="L2")
def unlawful_pause(centre: Centre) -> None:
    late_row(centre, "L2", "pause", f"{NIGHT} 09:00:00", pause_kind="领导出差", reason="领导出差")


@attack(CLERK, "a pause of a case that is late already", "new", light="red", rule="unlawful-pause", case="L1")
def pause_after_the_due_day(centre: Centre) -> None:
    late_row(centre, "L1", "pause", f"{NIGHT} 09:00:00", pause_kind="supplement", reason="材料补正")


@attack(CLERK, "a step that no rule knows", "new", rule="extra-step", case="X1")
def extra_step(centre: Centre) -> None:
    centre.case("X1")
    late_row(centre, "X1", "科长阅", f"{NIGHT} 10:40:00", "wang2")


@attack(
    PLATFORM,
    "a row that says who reviewed changed in a later export",
    "new",
    light="red",
    rule="log-altered",
    case="L1",
)
def altered_row(centre: Centre) -> None:
    at = {"occurred_at": "2026-03-02 10:00:00", "started_at": "2026-03-02 09:50:00"}
    accept = step("L1", "accept", "2026-03-02 09:00:00", "li2", registration_type="200")
    centre.rows += [accept, step("L1", "review", at["occurred_at"], "zhao2", started_at=at["started_at"])]
