"""Writes what cleanlab finds, which Tests/PipelineTests/ConfidentLearningTests.swift compares with.

    python3 -m venv .venv-cleanlab
    .venv-cleanlab/bin/pip install cleanlab==2.9.0 numpy==2.4.6
    .venv-cleanlab/bin/python Tests/Reference/label_errors.py

Made with Python 3.11. Labels are drawn, a part of them is flipped, and probabilities lean to the true class;
all are multiples of 1/1024, which float32 holds, and no two margins of a case are alike where that decides.
"""

import json
import pathlib

import numpy
from cleanlab.count import compute_confident_joint
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores

folder = pathlib.Path(__file__).resolve().parent


def case(name, pictures, classes, flipped, sharpness, seed, only=None):
    random = numpy.random.default_rng(seed)
    truth = random.integers(0, only or classes, pictures)
    labels = truth.copy()
    for picture in random.choice(pictures, flipped, replace=False):
        labels[picture] = (truth[picture] + random.integers(1, only or classes)) % (only or classes)
    logits = random.normal(0, 1, (pictures, classes))
    logits[numpy.arange(pictures), truth] += sharpness
    odds = numpy.exp(logits)
    probabilities = numpy.round(odds / odds.sum(1, keepdims=True) * 1024) / 1024
    return {
        "name": name,
        "classes": classes,
        "labels": labels.tolist(),
        "probabilities": (probabilities * 1024).astype(int).flatten().tolist(),
        "joint": compute_confident_joint(labels, probabilities).tolist(),
        "issues": find_label_issues(labels, probabilities, n_jobs=1).astype(int).tolist(),
        "quality": (get_label_quality_scores(labels, probabilities) * 1024).astype(int).tolist(),
    }


def main():
    cases = [
        case("sure", 120, 4, 12, 4, 0),
        case("unsure", 150, 5, 8, 1.5, 1),
        case("two classes", 60, 2, 6, 3, 2),
        case("a class without a picture", 80, 4, 8, 3, 3, only=3),
        case("many classes of few pictures", 90, 20, 6, 4, 4),
    ]
    with open(folder / "label-errors.json", "w") as file:
        json.dump(cases, file, separators=(",", ":"))
        file.write("\n")


main()
