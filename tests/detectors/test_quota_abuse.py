"""What cases can't say about quota_abuse: evidence, tiers, history, sums over end users."""

from __future__ import annotations

from detection_builders import ACCOUNT, T, World, a_session, a_user, an_invocation

from tidegate.callers.baseline import LEAST_DAYS
from tidegate.model import Severity
from tidegate.rules import Rules
from tidegate.settings import Settings

DAY = 86_400


def _burst(count: int, *, at: float = 0.0, every: float = 3.0, **more):
    return [an_invocation(at + n * every, id=f"burst-{at}-{n}", **more) for n in range(count)]


def test_the_deciding_event_is_the_one_that_went_over():
    world = World()

    world.see(*_burst(700))

    [finding] = world.found
    assert finding.event_ids[-1] == "burst-0.0-600", "the 601st"
    assert finding.time.timestamp() == T + 600 * 3
    assert len(finding.event_ids) == 100


def test_the_evidence_names_threshold_history_and_window():
    world = World()

    world.see(*_burst(700))

    evidence = world.found[0].evidence
    assert evidence["limits"] == [
        {"measure": "calls", "used": 700, "limit": 600, "times": 1.17, "source": "settings"},
        {"measure": "tokens", "used": 35_000, "limit": 1_000_000, "times": 0.04, "source": "settings"},
    ]
    assert evidence["window"]["seconds"] == 3600
    assert (evidence["history_days"], evidence["history_days_needed"]) == (0, LEAST_DAYS)


def test_twice_and_ten_times_the_limit_are_said_once_each_in_an_hour():
    world = World()
    for start in range(0, 6600, 300):
        world.see(*_burst(300, at=start / 11, every=0.09))

    severities = [finding.severity for finding in world.found]
    assert sorted(severities, key=lambda severity: severity.rank) == [
        Severity.MEDIUM,
        Severity.HIGH,
        Severity.CRITICAL,
    ]


def test_who_stopped_at_night_is_not_accused_again_in_the_morning():
    world = World(settings=Settings(calls_per_hour=100_000, calls_per_day=500))
    midnight = DAY - T % DAY
    world.see(*_burst(550, at=midnight - 4 * 3600, every=20))
    told = len(world.found)

    world.see(*_burst(20, at=midnight + 3600, every=60))
    assert (told, len(world.found)) == (1, 1), "the day's window still holds last night's calls"

    world.see(*_burst(520, at=midnight + 4 * 3600, every=20))
    assert [finding.severity for finding in world.found[1:]] == [Severity.MEDIUM, Severity.HIGH], "what it does today"


def test_an_hour_of_a_minute_ago_is_not_told_twice():
    world = World()
    full = 3600 - T % 3600
    world.see(*_burst(620, at=full - 700, every=1))

    world.see(*_burst(5, at=full + 60, every=1))

    assert len(world.found) == 1


def test_use_that_two_days_share_is_told_on_the_second():
    world = World(settings=Settings(calls_per_hour=100_000, calls_per_day=500))
    midnight = DAY - T % DAY
    world.see(*_burst(300, at=midnight - 6100, every=20))
    assert not world.found

    world.see(*_burst(300, at=midnight + 60, every=20))

    [finding] = world.found
    assert finding.evidence["exceeded"] == "calls"


def test_a_spike_is_not_part_of_what_it_is_compared_with():
    world = World()
    for day in range(8):
        world.see(*_burst(30, at=day * DAY, every=60))
    world.see(*_burst(400, at=8 * DAY, every=6))

    hour = next(finding for finding in world.found if finding.evidence["window"]["seconds"] == 3600)
    usual = next(limit for limit in hour.evidence["limits"] if limit["source"] == "own baseline")
    assert usual["usual"] == 30
    assert usual["limit"] == 90
    assert Severity.HIGH in {finding.severity for finding in world.found}


def test_a_learned_budget_leaves_alone_who_does_as_on_its_own_days():
    budget = {"calls_per_hour": 200, "own_baseline_times": 1.0}
    known = T + (LEAST_DAYS + 1) * DAY  # a caller's past ends a day before the window
    worlds = {learned: World(settings=Settings(**budget, learned_budgets=learned)) for learned in (True, False)}
    for world in worlds.values():
        for day in range(LEAST_DAYS + 3):
            world.see(*_burst(300, at=day * DAY, every=9))

    late = {learned: [one for one in world.found if one.time.timestamp() >= known] for learned, world in worlds.items()}
    assert not late[True]
    assert late[False], "a written budget holds for everybody"
    assert worlds[True].found[0].evidence["limits"][0]["source"] == "calibration", "while it was new"


def test_a_short_history_judges_nobody():
    world = World()
    for day in range(LEAST_DAYS):  # the last of them is not over a day before the spike
        world.see(*_burst(30, at=day * DAY, every=60))
    world.see(*_burst(400, at=LEAST_DAYS * DAY, every=6))

    assert world.found == []


def test_tokens_read_from_the_prompt_cache_do_not_count_and_written_ones_do():
    world = World()
    world.see(an_invocation(tokens=10, cache_read_tokens=5_000_000))
    assert world.found == []

    world.see(an_invocation(60, tokens=10, cache_write_tokens=5_000_000))
    assert world.found[-1].evidence["exceeded"] == "tokens"


def test_end_users_of_a_principal_are_summed_where_a_budget_is_written_for_it():
    thief = a_user()
    spread = [an_invocation(n, user=f"u-{n}", principal=thief) for n in range(50)]
    written = Rules.from_toml('[[budget]]\ncaller = "iam-user:ci-user"\ncalls_per_hour = 40\n')
    without, watched = World(), World(rules=written)

    without.see(*spread)
    watched.see(*spread)

    assert without.found == []
    [finding] = watched.found
    assert finding.caller == "iam-user:ci-user"
    assert finding.evidence["through_end_users"]


def test_a_written_budget_goes_before_the_settings():
    rules = Rules.from_toml('[[budget]]\ncaller = "user:batch-*"\ncalls_per_hour = 100000\n')
    world = World(rules=rules)

    world.see(*_burst(700, user="batch-7"))

    assert world.found == []


def test_one_end_users_abuse_accuses_nobody_else():
    world = World()

    world.see(*_burst(700, user="u-9", principal=a_session()), *_burst(300, at=1, user="u-8", principal=a_session()))

    assert {finding.caller for finding in world.found} == {"user:u-9"}
    assert world.found[0].account == ACCOUNT
    assert world.found[0].related == (
        "session:SupportAssistant/web-1",
        "role:SupportAssistant",
        "key:ASIATIDESUPPORT00001",
    )


def test_refused_calls_use_nothing():
    world = World()

    world.see(*_burst(700, error="AccessDeniedException"))
    assert world.found == []

    world.see(*_burst(700, at=1, error="ThrottlingException"))
    assert "quota_abuse" in world.detectors
