"""A program that works in rounds when asked to (peers/rounds.py has the protocol), else is stopped."""

import json
import os
import pathlib
import select
import signal
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
READY_SECONDS = 600  # torch.compile and a first round on a slow machine
ROUND_SECONDS = 1800
# As the halcyon command runs: threads that wait for each other sleep, so that other work on the
# machine does not stall them. Large operations are as fast either way.
WAITING = {"OMP_WAIT_POLICY": "passive"}


class SideError(Exception):
    """A side that does not start or ends early: one line, with its name."""


class Side:
    """One program and all its processes and threads: running in its own rounds only."""

    @classmethod
    def ours(cls, name, arguments):
        return cls(name, [HERE / ".build/release/halcyon-bench", *arguments])

    @classmethod
    def peer(cls, name, arguments):
        script, *rest = arguments
        return cls(name, [HERE / "peers/.venv/bin/python", HERE / "peers" / script, *rest])

    def __init__(self, name, command):
        self.name = name
        self.process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            start_new_session=True, env={**WAITING, **os.environ})
        try:
            ready = self._answer(READY_SECONDS)
            if not ready.get("ready"):
                raise SideError(f"{name} said {ready} before it was ready")
        except BaseException:
            self.end()
            raise
        self.operations_per_image = ready.get("operations", 0)
        self._signal(signal.SIGSTOP)

    def round(self):
        """What one round measures."""
        self._signal(signal.SIGCONT)
        try:
            self.process.stdin.write(b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise SideError(f"{self.name} has ended") from None
        value = self._answer(ROUND_SECONDS)["value"]
        self._signal(signal.SIGSTOP)
        return value

    def end(self):
        """Ends the program and every process it started."""
        self._signal(signal.SIGCONT)
        self.process.stdin.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            pass
        self._signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def _answer(self, seconds):
        # The program writes one line an answer and nothing else, so no line hides in a buffer.
        if not select.select([self.process.stdout], [], [], seconds)[0]:
            raise SideError(f"{self.name} has said nothing for {seconds} s")
        line = self.process.stdout.readline()
        if not line:
            raise SideError(f"{self.name} has ended; its own message is above")
        return json.loads(line)

    def _signal(self, number):
        try:
            os.killpg(self.process.pid, number)
        except (ProcessLookupError, PermissionError):
            pass  # it has ended by itself
