"""What the item `accuracy` has kept, as a table for README.md and Experiments.md.

A column for each set of pictures and time that every method was measured in, with the mean of the seeds and its 95 %
interval; below it, by how much Halcyon's best is ahead of the best other tool, seed by seed, and when that was.
"""

import datetime
import json
import os
import statistics
import subprocess

from accuracy import METHODS, T, kept_in
from inputs import HERE

TITLES = {
    "fashion-250": "Fashion-MNIST, 250 labels", "cifar-250": "CIFAR-10, 250", "cifar-4000": "CIFAR-10, 4,000"}
MINUTES = (2, 6, 20)


def found(name, minutes, method):
    """Top-1 by seed."""
    values = {}
    for seed in range(10):
        kept = kept_in(name, method, minutes, seed)
        if kept.exists():
            values[seed] = json.loads(kept.read_text())["top1"]
    return values


def interval(values):
    mean, count = statistics.mean(values), len(values)
    return mean, T[count - 1] * statistics.stdev(values) / count**0.5 if count > 1 else 0


def cell(values, best):
    mean, margin = interval(list(values.values()))
    number = f"**{mean:.2f}**" if best else f"{mean:.2f}"
    return f"{number} ± {margin:.2f}" if margin else number


def verdict(title, column):
    """Halcyon's best beside the best of the others."""
    means = {method: statistics.mean(values.values()) for method, values in column.items()}
    ours = max((method for method in means if method.startswith("Halcyon")), key=means.get)
    other = max((method for method in means if not method.startswith("Halcyon")), key=means.get)
    seeds = sorted(set(column[ours]) & set(column[other]))
    if len(seeds) < 2:
        return f"- {title}: no verdict of a single seed"
    mean, margin = interval([column[ours][seed] - column[other][seed] for seed in seeds])
    word = "ahead" if mean > margin else "behind" if mean < -margin else "too close to call"
    return f"- {title}: {ours} − {other}: {mean:+.2f} ± {margin:.2f}, **{word}**"


def table():
    columns = {}
    for name, title in TITLES.items():
        for minutes in MINUTES:
            column = {method: found(name, minutes, method) for method in METHODS}
            if all(column.values()):
                columns[f"{title}, {minutes} minutes"] = column
    if not columns:
        return None
    first = next(iter(columns.values()))
    methods = sorted(METHODS, key=lambda method: -statistics.mean(first[method].values()))
    best = {
        title: max(METHODS, key=lambda method: statistics.mean(column[method].values()))
        for title, column in columns.items()}
    lines = ["| top-1 % | " + " | ".join(columns) + " |", "|---|" + "---:|" * len(columns)]
    for method in methods:
        cells = [cell(column[method], best[title] == method) for title, column in columns.items()]
        lines.append(f"| {method} | " + " | ".join(cells) + " |")
    seeds = sorted({seed for column in columns.values() for values in column.values() for seed in values})
    commit = subprocess.run(
        ["git", "-C", HERE, "rev-parse", "--short", "HEAD"], stdout=subprocess.PIPE, text=True, check=True)
    told = (
        f"Mean and 95 % interval over the seeds {', '.join(map(str, seeds))}. Measured until "
        f"{datetime.date.today()}, of commit {commit.stdout.strip()}, on {len(os.sched_getaffinity(0))} cores.")
    verdicts = [verdict(title, column) for title, column in columns.items()]
    return "\n".join([*lines, "", *verdicts, "", told])


def write():
    """The file with it; None where nothing was measured with every method yet, and a table that is there stays."""
    text = table()
    if text is None:
        return None
    path = HERE / ".build" / "accuracy" / "table.md"
    path.write_text(text + "\n")
    return path
