"""`profiles`: what a profile says, with its citations."""

from conftest import Desk

from regaudit.catalogue.profiles import profile_names


def test_the_command_shows_a_profile_with_its_citations(desk: Desk) -> None:
    told = desk.ok("profiles", "show", "yunfu-2023").out
    assert "24" in told
    assert "重庆市土地房屋权属登记条例第二十五条" in told
    facts = desk.facts("profiles", "show", "weihai-2018")
    assert [entry["aim_days"] for entry in facts["content"]["limits"]] == [5, 10, None]
    assert {fact["profile"] for fact in desk.facts("profiles")} == set(profile_names())
    run = desk.run("profiles", "show", "nowhere")
    assert run.status == 2
    assert "ordos-2023" in run.text
