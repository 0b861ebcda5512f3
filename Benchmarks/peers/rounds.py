"""The protocol of every peer, so that measurements of two programs can take turns.

A peer warms up and prints {"ready": true}. Then each line on standard input is one measured round,
answered by one line {"value": images per second}, until standard input ends. Between rounds it
waits in a read; OpenMP's threads, which spin for a moment after each region, sleep by then.
"""

import json
import os
import sys
import time

# What libraries print on standard output, nncf's progress for one, goes to standard error instead.
ANSWERS = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def serve(work, images, warm_up=1):
    """Runs `work()`, which handles `images` images, once for every line of standard input."""
    for _ in range(warm_up):
        work()
    say({"ready": True})
    for _ in sys.stdin:
        start = time.perf_counter()
        work()
        say({"value": images / (time.perf_counter() - start)})


def say(value):
    print(json.dumps(value), file=ANSWERS, flush=True)
