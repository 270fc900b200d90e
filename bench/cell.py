"""A table: its contenders, how each is measured, and what is made of it."""
import dataclasses
import math
import statistics
import typing

from measuring import Server, processors


class Result(typing.NamedTuple):
    cost: float
    aside: float = 0  # what else is shown, by its median


@dataclasses.dataclass
class Cell:
    """The first contender is the base, to which the ratios are."""
    title: str
    contenders: list

    cost_head = "CPU µs each"
    cost_scale = 1e6  # what is measured, in what the head says
    cost_form = ".2f"
    aside_head = "a second"
    aside_form = ".0f"
    calls_head = "system calls each"  # "": there is no such column
    most_rounds = 1000  # fewer where nothing disturbs what is counted
    with_noise = True  # the base runs twice in each round
    programs = ()  # to be built besides the contenders
    best_of_others = ""  # whose ratio to the best of the others is told besides: how its name begins

    def measure(self, contender, share):
        raise NotImplementedError

    def why_not_started(self, contender):
        """None: it starts. io_uring does not, where the kernel refuses it."""
        try:
            Server(contender, processors()[0]).kill()
        except (RuntimeError, FileNotFoundError) as failure:
            return str(failure)
        return None

    def calls_each(self, _contender):
        """What is counted apart from the rounds; None: nothing."""
        return None

    def done(self):
        """After the last round, and when one failed."""

    def about(self):
        """A line below the title."""
        return ""


class Row(typing.NamedTuple):
    name: str
    cost: float
    ratio: float
    least: float
    most: float
    calls: float | None
    aside: float
    costs: list  # of each round


def ratio_of(cost, base):
    """To a base that cost nothing that can be measured, too."""
    return cost / base if base else math.inf if cost else 1


def rows_of(cell, rounds, share, missing):
    """One of each contender that is there; the base a second time, last."""
    there = [each for each in cell.contenders if each.name not in missing]
    if there[0] is not cell.contenders[0]:
        raise RuntimeError(f"{cell.title}: its base is missing")
    runs = [*there, *there[:1 if cell.with_noise else 0]]
    results = [[] for _ in runs]
    for _ in range(min(rounds, cell.most_rounds)):
        for at, contender in enumerate(runs):
            results[at].append(cell.measure(contender, share))
    for at, contender in enumerate(runs):
        costs = [each.cost for each in results[at]]
        ratios = [ratio_of(cost, base.cost) for cost, base in zip(costs, results[0])]
        is_again = at == len(there)
        name = f"{contender.name}, again: the noise" if is_again else contender.name
        yield Row(name, statistics.median(costs) * cell.cost_scale, statistics.median(ratios), min(ratios), max(ratios),
                  None if is_again else cell.calls_each(contender), statistics.median(each.aside for each in results[at]), costs)


def against_best(cell, rows):
    """How many times what ours costs the best of the others does, in the same round each."""
    ours = [row for row in rows if row.name.startswith(cell.best_of_others)]
    others = [row for row in rows if row not in ours]
    lines = []
    for one in ours:
        ratios = [min(costs) / own for own, *costs in zip(one.costs, *(row.costs for row in others))]
        lines.append(f"{one.name}: the best of the others costs {statistics.median(ratios):.2f} times as much "
                     f"({min(ratios):.2f} to {max(ratios):.2f}).\n")
    return "\n" + "".join(lines) if others else ""


def table_of(cell, rows):
    rows = list(rows)
    heads = ["server", cell.cost_head, "ratio, median", "least to most", *([cell.calls_head] if cell.calls_head else []),
             *([cell.aside_head] if cell.aside_head else [])]
    marks = ["---", "---:", "---:", "---", *["---:"] * (len(heads) - 4)]
    lines = [f"\n### {cell.title}\n\n", *([cell.about() + "\n\n"] if cell.about() else []), f"| {' | '.join(heads)} |\n", f"|{'|'.join(marks)}|\n"]
    for at, row in enumerate(rows):
        fields = [row.name, format(row.cost, cell.cost_form)]
        fields += ["1", "base"] if at == 0 else [f"{row.ratio:.2f}", f"{row.least:.2f} to {row.most:.2f}"]
        fields += [] if not cell.calls_head else ["" if row.calls is None else f"{row.calls:.2f}"]
        fields += [format(row.aside, cell.aside_form)] if cell.aside_head else []
        lines.append(f"| {' | '.join(fields)} |\n")
    return "".join(lines) + (against_best(cell, rows) if cell.best_of_others else "")
