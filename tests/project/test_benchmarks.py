"""What the benchmarks make of their figures."""

import pytest

from benchmarks.results import Measure, Results, Target

OURS, PEER = ("page", "ours"), ("page", "peer")


@pytest.fixture
def results() -> Results:
    found = Results()
    for repeat, (ours, peer) in enumerate([(2.0, 1.0), (9.0, 3.0), (4.0, 1.0)]):
        found.add(Measure("history", *OURS, "ms", ours, repeat))
        found.add(Measure("history", *PEER, "ms", peer, repeat))
    return found


def test_a_ratio_is_taken_within_each_repeat(results):
    target = Target("page", "history", OURS, PEER, "ms", at_most=3)
    assert target.measured(results) == (3.0, 2.0, 4.0)
    assert target.is_reached(3.0)
    assert not target.is_reached(3.01)


def test_a_repeat_that_one_side_lacks_is_no_ratio(results):
    results.add(Measure("history", *OURS, "ms", 100.0, repeat=3))
    assert results.ratio("history", "page", "ms", "ours", "peer") == (3.0, 2.0, 4.0)
    assert results.ratio("history", "page", "ms", "ours", "nobody") is None


def test_a_target_without_a_peer_is_the_figure_itself(results):
    target = Target("page", "history", OURS, None, "ms", at_least=4.5)
    assert target.measured(results) == (4.0, 2.0, 9.0)
    assert not target.is_reached(4.0)


def test_a_curve_has_the_medians_and_the_single_figures_stay_out_of_it(results):
    for repeat, value in enumerate([5.0, 7.0, 6.0]):
        results.add(Measure("history", *OURS, "ms", value, repeat, x=1_000))
    assert results.curve("history", *OURS, "ms") == [(1_000, 6.0)]
    assert results.median("history", *OURS, "ms") == 4.0


def test_what_is_kept_comes_back_and_one_topic_can_be_forgotten(results, tmp_path):
    results.add(Measure("send", *OURS, "ms", 1.0, 0))
    results.about = {"machine": {"Python": "3.11"}}
    results.save(tmp_path / "results.json")
    loaded = Results.load(tmp_path / "results.json")
    assert (loaded.measures, loaded.about) == (results.measures, results.about)
    loaded.forget("history")
    assert [measure.topic for measure in loaded.measures] == ["send"]
