"""What the item `accuracy` has recorded, as a table for README.md and Experiments.md.

    python3 accuracy_table.py [TABLE]

A column for each set of pictures and time that every method was measured in, with the mean of the seeds and its 95 %
interval; below it, by how much Halcyon's best is ahead of the best other tool, seed by seed, and when that was. A column
of the file TABLE that the records lack stays as it is there.
"""

import pathlib
import sys
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


def cell(values):
    mean, margin = interval(list(values.values()))
    return f"{mean:.2f} ± {margin:.2f}" if margin else f"{mean:.2f}"


def verdict(column):
    """Halcyon's best beside the best of the others."""
    means = {method: statistics.mean(values.values()) for method, values in column.items()}
    ours = max((method for method in means if method.startswith("Halcyon")), key=means.get)
    other = max((method for method in means if not method.startswith("Halcyon")), key=means.get)
    seeds = sorted(set(column[ours]) & set(column[other]))
    if len(seeds) < 2:
        return "no verdict of a single seed"
    mean, margin = interval([column[ours][seed] - column[other][seed] for seed in seeds])
    word = "ahead" if mean > margin else "behind" if mean < -margin else "too close to call"
    return f"{ours} − {other}: {mean:+.2f} ± {margin:.2f}, **{word}**"


def measured():
    """By title the cells of each method, and what is said of them."""
    rows, columns = recorded(), {}
    for title, name, minutes in titles():
        column = {method: found(rows, name, minutes, method) for method in METHODS}
        if not all(column.values()):
            continue
        shown = [row for row in rows if (row["task"], row["minutes"]) == (name, minutes)]
        told = (
            f"{verdict(column)}. Seeds {listed(row['seed'] for row in shown)}; measured on "
            f"{listed(row['date'] for row in shown)}, of commit {listed(row['commit'] for row in shown)}, on "
            f"{listed(row['cores'] for row in shown)} cores.")
        columns[title] = ({method: cell(values) for method, values in column.items()}, told)
    return columns


def kept(text):
    """The same of a table that was written before."""
    lines = text.splitlines()
    head = next((place for place, line in enumerate(lines) if line.startswith("| top-1 % |")), None)
    if head is None:
        return {}
    cells = {}
    for line in [lines[head], *lines[head + 2:]]:
        if not line.startswith("|"):
            break
        name, *values = [part.strip().replace("*", "") for part in line.strip("|").split("|")]
        cells[name] = values
    names = cells.pop("top-1 %")
    told = {
        title: line.removeprefix(f"- {title}: ") for title in names for line in lines
        if line.startswith(f"- {title}: ")}
    return {
        title: ({method: values[place] for method, values in cells.items()}, told.get(title, ""))
        for place, title in enumerate(names)}


def titles():
    return [
        (f"{title}, {minutes} minutes", name, minutes) for name, title in TITLES.items() for minutes in MINUTES]


def table(before=""):
    """In Markdown; None where nothing was measured with every method yet."""
    columns = kept(before) | measured()
    names = [title for title, _, _ in titles() if title in columns]
    if not names:
        return None

    def mean(title, method):
        return float(columns[title][0][method].split()[0])

    best = {title: max(METHODS, key=lambda method: mean(title, method)) for title in names}

    def shown(title, method):
        number, *rest = columns[title][0][method].split(" ", 1)
        return " ".join([f"**{number}**" if best[title] == method else number, *rest])

    lines = ["| top-1 % | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]
    for method in sorted(METHODS, key=lambda method: -mean(names[0], method)):
        lines.append(f"| {method} | " + " | ".join(shown(title, method) for title in names) + " |")
    told = [f"- {title}: {columns[title][1]}" for title in names]
    return "\n".join([*lines, "", "Mean and 95 % interval over the seeds.", "", *told, ""])


def listed(values):
    return ", ".join(str(value) for value in sorted(set(values)))


if __name__ == "__main__":
    print(table(pathlib.Path(sys.argv[1]).read_text() if sys.argv[1:] else "") or "", end="")
