"""`capacity`: what so many comments need, and what gives out first."""

import math
from typing import Any

import click

from moderation.domain import capacity as model
from moderation.domain.capacity import Figures, Machine, Plan, Wanted

MACHINES = (1, 4, 16, 64)
"""The rows of the table."""


class Between(click.FloatRange):
    """A number of a range, which "nan" is not."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        found: float = super().convert(value, param, ctx)
        if math.isnan(found):
            self.fail("that is no number", param, ctx)
        return found


@click.command()
@click.option("--rate", type=Between(0.001, 1e6), help="Comments a second, busiest hour.")
@click.option("--retention", type=Between(0.01, 3650), default=90, help="Days kept.")
@click.option("--peak", type=Between(1, 100), default=3, help="Busiest hour by average.")
@click.option("--size", type=click.IntRange(1, 1 << 20), default=400, help="Bytes of a comment.")
@click.option("--largest", type=Between(0, 1), default=0.05, help="Largest site's share.")
@click.option("--site", type=Between(0.001, 1e9), default=100, help="A site's a day.")
@click.option("--cores", type=click.IntRange(1, 1024), default=4, help="Cores of a machine.")
@click.option("--memory", type=Between(1, 1 << 16), default=16, help="GiB of a machine.")
@click.option("--batches", is_flag=True, help="Comments come in batches instead of by check.")
def capacity(
    rate: float | None,
    retention: float,
    peak: float,
    size: int,
    largest: float,
    site: float,
    cores: int,
    memory: float,
    batches: bool,
) -> None:
    """Say what machines a rate of comments needs; without a rate, what 1, 4, 16 and 64 carry."""
    wanted = Wanted(
        rate=rate or 1.0, retention=retention, peak=peak, size=size, largest=largest, site=site,
        batches=batches,
    )  # fmt: skip
    machine, figures = Machine(cores=cores, gib=memory), model.measured()
    if rate is None:
        for line in table(wanted, machine, figures):
            click.echo(line)
        return
    found = model.fewest(wanted, machine, figures)
    for line in said(found, wanted, machine, figures):
        click.echo(line)


def table(wanted: Wanted, machine: Machine, figures: Figures) -> list[str]:
    """Return a table in Markdown: a row for each number of machines."""
    lines = [
        "| Machines | Comments a second | Sites | Breaks first | Then | Costs |",
        "|---|---|---|---|---|---|",
    ]
    for machines in MACHINES:
        plan = model.plan(machines, wanted, machine, figures)
        first, second = plan.limits[:2]
        lines.append(
            f"| {machines} | {number(plan.rate)} | {number(model.sites(plan.rate, wanted))} "
            f"| {first.what} | {second.what}, at {number(second.rate)} "
            f"| {cost(machines, machine)} |"
        )
    return lines


def said(found: Plan | None, wanted: Wanted, machine: Machine, figures: Figures) -> list[str]:
    """Return a plan in lines; where no number of machines will do, what is in the way."""
    lines = [
        f"wanted         {number(wanted.rate)} comments a second in the busiest hour, "
        f"{number(wanted.rate / wanted.peak)} on average, kept for {wanted.retention:g} days",
    ]
    if found is None:
        most = max(
            (model.plan(machines, wanted, machine, figures) for machines in range(1, 257)),
            key=lambda plan: plan.rate,
        )
        return [
            *lines,
            f"machines       no number of these is enough: {most.machines} carry the most",
            f"breaks first   {most.limits[0].what}, at {number(most.rate)} a second",
        ]
    waits = f"{found.waiting_ms:.1f} ms" if found.waiting_ms >= 0.1 else "less than 0.1 ms"
    nodes = f"{found.primaries} primaries, each with a replica on another machine"
    if found.primaries == 1:
        nodes = "one"
    return [
        *lines,
        f"machines       {found.machines} of {machine.cores} cores and {machine.gib:g} GiB: "
        f"{cost(found.machines, machine)}",
        f"store          {nodes}; {found.stored_gib:.3g} GiB of comments",
        f"processes      {found.web} web, {found.workers} of workers, 1 beat",
        f"waiting        {waits} on average before a web process takes up a check",
        *(
            f"{word:<15}{limit.what}, at {number(limit.rate)} a second"
            for word, limit in zip(("breaks first", "then", "", ""), found.limits, strict=False)
        ),
        f"measured       {figures.date}, {figures.machine}",
    ]


def number(value: float) -> str:
    """Return a number with two digits that count, as more would promise what nobody measured."""
    if value < 10:
        return f"{value:.2g}"
    digits = max(0, int(math.log10(value)) - 1)
    return f"{int(value // 10**digits * 10**digits):,}"


def cost(machines: int, machine: Machine) -> str:
    """Return what so many machines have."""
    return f"{machines * machine.cores:,} cores, {machines * machine.gib:,.0f} GiB"
