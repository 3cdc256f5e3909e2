"""Whoever would make a night green is told of by it: each row of the table in `docs/security.md`."""

from pathlib import Path

import pytest
from attack_desk import NIGHT, Centre, Told, make_centre
from attack_table import Attack, all_attacks, chinese, rendered
from conftest import Desk
from innocent import TWINS, Twin

pytestmark = pytest.mark.long

DOCUMENT = Path(__file__).parents[3] / "docs" / "security.md"
ATTACKS = all_attacks()
ENOUGH = 40
QUICK_TWINS = 2


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The centre after three nights, which every test copies."""
    return make_centre(tmp_path_factory.mktemp("honest") / "home").desk


@pytest.fixture
def centre(honest: Desk, tmp_path: Path) -> Centre:
    """A centre of one's own."""
    return Centre(honest.copy_to(tmp_path / "home"))


def night_after(centre: Centre, told: Told | None) -> Told:
    """What was told, or what the night after tells."""
    if told is not None:
        return told
    if not (centre.home / "exports" / f"{NIGHT}.zip").exists():
        centre.deliver()
    return centre.night()


@pytest.mark.parametrize(
    "attack",
    [pytest.param(each, id=each.name, marks=[] if each.is_quick else [pytest.mark.slow]) for each in ATTACKS],
)
def test_no_attack_makes_a_night_green(centre: Centre, attack: Attack) -> None:
    told = attack.act(centre)
    if attack.code == "verify":
        # The attack itself has asked `verify`.
        assert told is not None
        return
    told = night_after(centre, told)
    assert told.light in ("yellow", "red")
    assert (attack.code, attack.light) in {(reason["code"], reason["light"]) for reason in told.because}
    assert attack.says in told.texts(attack.code)
    if attack.rule:
        assert attack.case in centre.found(attack.rule)


@pytest.mark.parametrize(
    "twin",
    [
        pytest.param(each, id=each.__name__, marks=[] if number < QUICK_TWINS else [pytest.mark.slow])
        for number, each in enumerate(TWINS)
    ],
)
def test_what_honest_people_do_leaves_a_night_green(centre: Centre, twin: Twin) -> None:
    told = night_after(centre, twin(centre))
    assert (told.light, told.because) == ("green", [])


def test_the_table_in_the_documentation_is_what_was_attacked() -> None:
    # `make docs` puts it there.
    assert rendered(is_chinese=False) in DOCUMENT.read_text("utf-8")
    assert chinese().keys() == {each.name for each in ATTACKS}


def test_every_attack_is_another_and_there_are_enough() -> None:
    assert len({each.how for each in ATTACKS}) == len({each.name for each in ATTACKS}) == len(ATTACKS)
    assert len(ATTACKS) >= ENOUGH
