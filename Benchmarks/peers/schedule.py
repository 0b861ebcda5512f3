"""A recipe's learning rate, step by step."""

import math


def rates(training, count):
    """The rate of every step of a training on `count` pictures, as the recipe's words have it."""
    steps = math.ceil((training["images"] or training["epochs"] * count) / training["batch"])
    total = training["images"] or training["epochs"] * count
    warm_up = training["warmUpImages"]
    warm_up = min(6_400_000, total // 100) if warm_up is None else warm_up
    warm_up = min(math.ceil(warm_up / training["batch"]), steps - 1)
    peak = training["learningRate"]
    first = min(training["warmUpFrom"], peak)
    drops = [math.ceil(epoch * count / training["batch"]) for epoch in training["drops"]]
    for step in range(steps):
        if step < warm_up:
            yield first + (peak - first) * step / warm_up
        elif training["schedule"] == "halving":
            yield peak * 0.5 ** (step * (training["halvings"] + 1) // steps)
        elif training["schedule"] == "steps":
            yield peak * training["dropFactor"] ** sum(drop <= step for drop in drops)
        elif training["schedule"] == "cosine":
            yield peak * 0.5 * (1 + math.cos(math.pi * (step - warm_up) / (steps - warm_up)))
        else:
            yield peak
