"""`capacity` adds up what was measured, and the page on it shows what it prints."""

from __future__ import annotations

import heapq
import random
import re
import shlex
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from redis.crc import key_slot

from moderation.cli import cli
from moderation.cli.commands import capacity as command
from moderation.domain import capacity
from moderation.domain.capacity import Machine, Plan, Wanted
from moderation.store import keys
from tests.structure.tree import ROOT

PAGE = (ROOT / "docs" / "capacity.md").read_text()
SHOWN = re.findall(r"```\n\./winnow capacity([^\n]*)\n```\n\n(\|.*?\|)\n\n", PAGE, re.DOTALL)
FIGURES = capacity.measured()


def printed(*words: str) -> str:
    run = CliRunner().invoke(cli, ["capacity", *words])
    assert run.exit_code == 0, run.output
    return run.output


def planned(machines: int, machine: Machine | None = None, **wanted: Any) -> Plan:
    return capacity.plan(machines, Wanted(**wanted), machine or Machine(), FIGURES)


@pytest.mark.parametrize(("options", "table"), SHOWN)
def test_the_tables_of_the_page_are_what_the_command_prints(options: str, table: str) -> None:
    assert printed(*shlex.split(options)) == f"{table}\n"


def test_the_page_shows_tables() -> None:
    assert len(SHOWN) >= 2


def test_the_costs_on_the_page_are_those_that_are_added_up() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", PAGE, re.MULTILINE))
    for name, cost in (("check", FIGURES.check), ("batch", FIGURES.batch)):
        for part, value in msgspec.structs.asdict(cost).items():
            if value:
                assert float(rows[f"{name}_{part}_us"]) == value
    assert float(rows["beyond_bytes"]) == FIGURES.beyond_bytes
    assert float(rows["cluster"]) == FIGURES.cluster
    assert FIGURES.date in PAGE


def test_shards_and_lanes_are_those_of_the_store() -> None:
    assert (capacity.SHARDS, capacity.LANES) == (keys.SHARDS, keys.LANES)


@pytest.mark.parametrize("primaries", [1, 3, 4, 16, 64])
def test_the_fullest_node_has_the_shards_that_a_cluster_would_give_it(primaries: int) -> None:
    slots = [key_slot(b"{%02d}:x" % shard) for shard in range(keys.SHARDS)]
    nodes = [slot * primaries // 16_384 for slot in slots]
    assert capacity.fullest(primaries) == max(map(nodes.count, range(primaries)))


def test_what_is_kept_twice_as_long_needs_twice_the_memory() -> None:
    month, two = planned(4, retention=30), planned(4, retention=60)
    assert month.limits[0].what == "the memory of the fullest store node"
    assert month.rate == pytest.approx(2 * two.rate)
    assert two.stored_gib == pytest.approx(2 * month.stored_gib)


def test_memory_is_no_limit_where_little_is_kept() -> None:
    found = planned(1, Machine(cores=2, gib=64), retention=0.01)
    total = FIGURES.check.web + FIGURES.check.store
    assert found.limits[0].what == "the processors of all machines"
    assert found.rate == pytest.approx(2 * capacity.BUSY * 1e6 / total)


def test_a_site_that_has_everything_is_carried_by_one_node() -> None:
    few, many = (planned(n, retention=0.01, largest=1.0) for n in (4, 64))
    assert many.limits[0].what == "the processor of the largest site's store node"
    assert many.rate == pytest.approx(few.limits[-2].rate) or many.rate <= few.limits[-1].rate
    assert capacity.fewest(Wanted(rate=1e5, largest=1.0), Machine(), FIGURES) is None
    said = printed("--rate", "100000", "--largest", "1")
    assert "no number of these is enough" in said
    assert "breaks first   the" in said


def test_the_fewest_machines_carry_what_is_wanted_and_fewer_do_not() -> None:
    wanted = Wanted(rate=40, retention=30)
    found = capacity.fewest(wanted, Machine(), FIGURES)
    assert found and found.machines >= 3 and found.rate >= wanted.rate
    for fewer in (1, *range(3, found.machines)):
        assert planned(fewer, rate=40, retention=30).rate < wanted.rate


def test_workers_are_limited_by_lanes_where_comments_come_in_batches() -> None:
    lanes = [one for one in planned(64, batches=True).limits if "lanes" in one.what]
    assert lanes[0].rate == pytest.approx(keys.LANES * capacity.BUSY * 1e6 / FIGURES.batch.worker)


def simulated(servers: int, rate: float, seconds: float, count: int = 200_000) -> float:
    """Return the average waiting of so many who come at random, one after the other."""
    chance = random.Random(servers)
    free = [0.0] * servers
    now = waited = 0.0
    for _ in range(count):
        now += chance.expovariate(rate)
        begins = max(now, free[0])
        waited += begins - now
        heapq.heapreplace(free, begins + chance.expovariate(1 / seconds))
    return waited / count


@pytest.mark.parametrize(("servers", "load"), [(1, 0.5), (2, 1.2), (4, 3.0), (16, 13.0)])
def test_waiting_is_what_a_simulation_of_it_gives(servers: int, load: float) -> None:
    expected = simulated(servers, load * 1000, 0.001)
    assert capacity.waiting(servers, load * 1000, 0.001) == pytest.approx(expected, rel=0.1)


def test_who_cannot_keep_up_is_waited_for_without_end() -> None:
    assert capacity.waiting(2, 2001, 0.001) == float("inf")


@pytest.mark.parametrize(
    ("value", "text"), [(0.0372, "0.037"), (4.26, "4.3"), (17.9, "17"), (1234, "1,200")]
)
def test_numbers_have_two_digits_that_count(value: float, text: str) -> None:
    assert command.number(value) == text


@pytest.mark.parametrize("words", [["--rate", "0"], ["--largest", "2"], ["--retention", "nan"]])
def test_what_makes_no_sense_is_refused(words: list[str]) -> None:
    assert CliRunner().invoke(cli, ["capacity", *words]).exit_code == 2
