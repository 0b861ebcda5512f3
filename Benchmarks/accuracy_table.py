"""What the item `accuracy` has recorded, as a table for README.md and Experiments.md.

    python3 accuracy_table.py

A column for each set of pictures and time that every method was measured in, with the mean of the seeds and its 95 %
interval; below it, by how much Halcyon's best is ahead of the best other tool, seed by seed, and when that was.
"""

import statistics

from accuracy import METHODS, T, recorded

TITLES = {
    "fashion-250": "Fashion-MNIST, 250 labels", "cifar-250": "CIFAR-10, 250 labels",
    "cifar-4000": "CIFAR-10, 4,000 labels"}
MINUTES = (2, 6, 20)


def found(rows, name, minutes, method):
    """Top-1 by seed."""
    return {
        row["seed"]: row["top1"] for row in rows
        if (row["task"], row["minutes"], row["method"]) == (name, minutes, method)}


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
    """In Markdown; None where nothing was measured with every method yet."""
    rows, columns, shown = recorded(), {}, []
    for name, title in TITLES.items():
        for minutes in MINUTES:
            column = {method: found(rows, name, minutes, method) for method in METHODS}
            if all(column.values()):
                columns[f"{title}, {minutes} minutes"] = column
                shown += [row for row in rows if (row["task"], row["minutes"]) == (name, minutes)]
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
    told = (
        f"Mean and 95 % interval over the seeds {listed(seeds)}. Measured on {listed({row['date'] for row in shown})}, of "
        f"commits {listed({row['commit'] for row in shown})}, on {listed({row['cores'] for row in shown})} cores.")
    verdicts = [verdict(title, column) for title, column in columns.items()]
    return "\n".join([*lines, "", *verdicts, "", told, ""])


def listed(values):
    return ", ".join(str(value) for value in sorted(values))


if __name__ == "__main__":
    print(table() or "", end="")
