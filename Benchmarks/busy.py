"""The item `busy`: a small network beside one busy loop, against the same alone."""

import json
import os
import signal
import statistics
import subprocess
import sys

from inputs import demo_recipe, runs_folder
from sides import Side

PEER_TURNS = 2


def busy():
    """A twentieth of the demo, alone and beside the loop in turns; ours as its recipe says, PyTorch as it comes.

    PyTorch has two turns: beside the loop a round of its takes minutes.
    """
    turns = int(os.environ.get("PAIRS") or 5)
    recipe = demo_recipe("Recipes/fashion-mnist.yaml", by=20)
    sides, loop = [], None
    try:
        loop = subprocess.Popen([sys.executable, "-c", "while True: pass"])
        loop.send_signal(signal.SIGSTOP)
        sides.append(Side.ours("ours", ["demo", "--recipe", recipe, "--runs", runs_folder()]))
        sides.append(Side.peer("PyTorch", ["demo.py", "--recipe", recipe]))
        alone, beside = {side: [] for side in sides}, {side: [] for side in sides}
        for turn in range(turns):
            for side in sides if turn < PEER_TURNS else sides[:1]:
                for values in (alone, beside) if turn % 2 == 0 else (beside, alone):
                    values[side].append(round_of(side, loop if values is beside else None))
            print(f"bench: busy: turn {turn + 1} of {turns}: " + ", ".join(
                f"{side.name} {alone[side][-1]:.4g} alone, {beside[side][-1]:.4g} beside a loop"
                for side in sides if len(alone[side]) > turn), file=sys.stderr, flush=True)
    finally:
        for side in sides:
            side.end()
        if loop:
            loop.kill()
            loop.wait()
    ours, theirs = (
        statistics.median(b / a for a, b in zip(alone[side], beside[side])) for side in sides)
    print(json.dumps({
        "work": "busy", "ours": round(statistics.median(beside[sides[0]]), 1),
        "alone": round(statistics.median(alone[sides[0]]), 1), "unit": "images/s",
        "ratio": round(ours, 3), "peer": "PyTorch eager, its own number of threads",
        "theirs": round(statistics.median(beside[sides[1]]), 1), "their_ratio": round(theirs, 3),
    }), flush=True)


def round_of(side, loop):
    if loop:
        loop.send_signal(signal.SIGCONT)
    try:
        return side.round()
    finally:
        if loop:
            loop.send_signal(signal.SIGSTOP)
