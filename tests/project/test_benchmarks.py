"""What the benchmarks make of their figures."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from benchmarks import processes, report
from benchmarks.load import Load, bursts, rotated
from benchmarks.results import Measure, Results, Target, spread
from benchmarks.stage import DOCUMENTED, PINNED, Server

OURS, PEER = ("page", "ours"), ("page", "peer")


@pytest.fixture
def results() -> Results:
    found = Results()
    for repeat, (ours, peer) in enumerate([(2.0, 1.0), (9.0, 3.0), (4.0, 1.0)]):
        found.add(Measure("history", *OURS, "ms", ours, repeat))
        found.add(Measure("history", *PEER, "ms", peer, repeat))
    return found


def test_a_ratio_is_taken_within_each_round(results):
    target = Target("page", "history", OURS, PEER, "ms", at_most=3)
    assert target.measured(results) == (3.0, 2.0, 4.0)


def test_a_round_that_one_side_lacks_is_no_ratio(results):
    results.add(Measure("history", *OURS, "ms", 100.0, repeat=3))
    assert results.ratio("history", "ms", OURS, PEER) == (3.0, 2.0, 4.0)
    assert results.ratio("history", "ms", OURS, ("page", "nobody")) is None


def test_a_target_without_a_peer_is_the_figure_itself(results):
    target = Target("page", "history", OURS, None, "ms", at_least=4.5)
    assert target.measured(results) == (4.0, 2.0, 9.0)


@pytest.mark.parametrize(
    ("bound", "verdict"), [(4.0, "yes"), (3.9, "undecided"), (2.0, "undecided"), (1.9, "no")]
)
def test_a_target_inside_the_interval_is_undecided(bound, verdict):
    assert (
        Target("", "history", OURS, PEER, "ms", at_most=bound).verdict((3.0, 2.0, 4.0)) == verdict
    )


@pytest.mark.parametrize(("bound", "verdict"), [(2.0, "yes"), (2.1, "undecided"), (4.1, "no")])
def test_so_is_one_that_is_to_be_exceeded(bound, verdict):
    target = Target("", "history", OURS, PEER, "ms", at_least=bound)
    assert target.verdict((3.0, 2.0, 4.0)) == verdict


def test_the_interval_is_that_of_the_median_and_not_of_single_rounds():
    values = [1.0 + number / 100 for number in range(30)] + [9.0]
    middle, low, high = spread(values)
    assert 1.0 < low < middle < high < 1.3
    assert spread(values) == (middle, low, high)
    assert spread([]) is None


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


def test_every_contender_is_first_equally_often():
    orders = [rotated("abc", number) for number in range(6)]
    assert orders[:3] == [["a", "b", "c"], ["b", "c", "a"], ["c", "a", "b"]]
    assert sorted(order[0] for order in orders) == ["a", "a", "b", "b", "c", "c"]


@pytest.fixture
def busy() -> Iterator[Server]:
    """A process that has a child, which uses a core."""
    work = "import os\nos.fork()\nwhile True: pass"
    child = subprocess.Popen([sys.executable, "-c", work], start_new_session=True)
    yield Server([child.pid], [1])
    os.killpg(child.pid, 9)
    child.wait()


def test_cpu_is_that_of_all_processes_and_of_each(busy, monkeypatch):
    monkeypatch.setattr("benchmarks.meter.store", lambda name: os.getpid())
    while len(processes.trees(busy.pids)) < 2:
        time.sleep(0.01)
    meter = busy.meter()
    ends = time.process_time() + 0.05
    while time.process_time() < ends:
        pass  # what the stores, here this process, use
    meter.stop()
    both = meter.cost(1)
    assert both["MongoDB CPU ms"] >= 50
    assert both["server CPU ms"] > 0
    parts = ("server", "MongoDB", "Valkey")
    assert both["total CPU ms"] == pytest.approx(sum(both[f"{name} CPU ms"] for name in parts))
    assert meter.cost(10, "µs")["total CPU µs"] == pytest.approx(both["total CPU ms"] * 100)


def test_a_burst_of_each_a_round_is_recorded_but_not_the_first(results, monkeypatch):
    monkeypatch.setattr(Load, "figures", lambda self: {"n": self.latencies[0]})
    asked: list[str] = []

    def burst(name: str, server: Server) -> Load:
        asked.append(name)
        return Load([float(len(asked))], None)  # type: ignore[arg-type]

    servers = {"ours": Server([], [1]), "peer": Server([], [1])}
    bursts(results, ("send", "one"), servers, burst, rounds=2)
    assert asked == ["peer", "ours", "ours", "peer", "peer", "ours"]
    assert results.values("send", "one", "ours", "n") == [3.0, 6.0]
    assert results.values("send", "one", "peer", "n") == [4.0, 5.0]


def test_the_readme_has_the_headline_and_all_that_is_not_reached():
    def target(text: str, at_least: float, *, is_headline: bool = False) -> Target:
        return Target(text, "t", OURS, PEER, "ms", at_least=at_least, is_headline=is_headline)

    measured = (3.0, 2.0, 4.0)
    rows = [
        (target("headline", 1, is_headline=True), measured),
        (target("other", 1), measured),
        (target("missed", 5), measured),
        (target("close", 3), measured),
        (target("unknown", 3), None),
    ]
    before = f"# Chat\n{report.BEGIN}old\n{report.END}\nafter\n"
    text = report.with_table(before, rows)
    assert report.with_table(text, rows) == text
    assert text.startswith("# Chat\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text
    for shown in ("headline", "missed", "close"):
        assert f"| {shown} |" in text
    assert "| other |" not in text
    assert "| unknown |" not in text
    assert "Of 4 targets 2 are reached, 1 are not, and 1 are undecided" in text
    assert "1 more weren't measured in the latest run." in text


def test_the_documented_deployment_is_said_in_the_name_of_a_case():
    assert (PINNED.case("newest"), DOCUMENTED.case("newest")) == ("newest", "newest, documented")
    assert (PINNED.workers, DOCUMENTED.workers) == (1, 2)
    assert PINNED.cores.isdisjoint(PINNED.others)
    assert DOCUMENTED.cores == DOCUMENTED.others == frozenset(range(os.cpu_count()))


def test_every_topic_has_targets_that_are_measured_by_a_name_of_its_own():
    from benchmarks.__main__ import TOPICS, topic

    targets = [target for name in TOPICS for target in topic(name).TARGETS]
    texts = [target.text for target in targets]
    assert len(set(texts)) == len(texts)
    assert {target.topic for target in targets} <= set(TOPICS)
