"""Kills the parts of a running site at seeded moments, while an operator looks and commands (H-7, issue: kill -9 at random)."""
import itertools
import json
import signal
import time

from world import Background

KINDS = ("gate-poller", "session", "gates", "history", "live", "httpd", "postgres", "gate-simulator")


class Operator:
    """Somebody at a browser meanwhile: lists, history, commands. Takes any problem reply, but no broken one."""

    def __init__(self, world, random):
        self.world, self.random = world, random
        self.client = None
        self.answers = {}
        self.ordered = itertools.count(1)
        self.loop = Background(self.step, 0.3)

    def step(self):
        try:
            if not self.client:
                self.client = self.world.api()
            gate = self.random.choice(self.world.list_of_gates)
            turn = next(self.ordered) % 3
            if turn == 0:
                answer = self.client.post("/gates/commands", {"gates": [gate], "command": self.random.choice(("unlock", "lock"))})
            else:
                answer = self.client.get("/gates?limit=50" if turn == 1 else f"/history/access?gate={gate}&limit=50")
        except OSError:
            self.client = None
            raise
        self.answers[answer.status] = self.answers.get(answer.status, 0) + 1
        if answer.status in (401, 403):
            self.client = None
        return self.complaint(answer)

    @staticmethod
    def complaint(answer):
        """A reply must be whole: JSON when it says so; trouble is 503 (or Apache's own while a program starts)."""
        kind = answer.headers.get("Content-Type") or ""
        if answer.status in (200, 202) or "json" in kind:
            try:
                json.loads(answer.body)
            except ValueError:
                return f"{answer.status} with a body that is no JSON: {answer.body[:200]!r}"
        if answer.status >= 500 and answer.status not in (502, 503, 504):
            return f"unexpected {answer}"
        return None


def burst(world, random):
    """Some controllers suddenly have much to tell, if the simulator lives: batches are then under way when something dies."""
    for board in random.sample(world.boards, 3):
        try:
            world.tell(board.serial, "burst", random.randrange(20, 400))
        except (OSError, RuntimeError):
            return


def torment(world, random, seconds, kinds=KINDS, pause=(1.5, 5.0)):
    """Kills each kind at least once if there is time, then at random. Returns how often each was killed."""
    killed = dict.fromkeys(kinds, 0)
    first = list(kinds)
    random.shuffle(first)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(random.uniform(*pause))
        kind = first.pop() if first else random.choice(kinds)
        burst(world, random)
        killed[kind] += world.strike(kind, signal.SIGKILL)
    return killed
