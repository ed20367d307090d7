"""Bench of UHPPOTE boards: how long it takes to ask 250 of them (1,000 doors) for their state, and to give each its cards.

A site of its own beside the bench's, for a site has either a thousand gates of one kind or of the other (L-1)."""
import math
import os
import signal
import sys
import time

import private_site
from tap import eventually
from world import World

sys.path.insert(0, str(private_site.SOURCE / "tests/lib"))
import uhppote_simulator  # noqa: E402

INTERVAL = 10
COMPONENTS = ("postgres", "session", "gates", "httpd", "uhppote-boards", "gate-poller", "transfer", "keeper")


class BoardSweep:
    def __init__(self, table, boards):
        self.table, self.boards = table, boards

    def run(self):
        doors = (4,) * self.boards
        with World("bench-boards", gates=sum(doors), rate=0, state_interval=INTERVAL, uhppote=doors, components=COMPONENTS) as world:
            began = time.monotonic()
            world.wait_up(300, count=self.boards)
            self.cards(world, began)
            for delay_ms in (0, 20):
                self.sweep(world, delay_ms)

    def tell(self, world, *words):
        return uhppote_simulator.ask(world.run / "boards.sock", "all", *words)

    def cards(self, world, began):
        """From nothing to every board holding its list, each card put and read back."""
        eventually("every board's cards confirmed", 600, lambda: int(world.one(
            "SELECT count(*) FROM kidoban.controller_stream WHERE stream = 1 AND confirmed_revision IS NOT NULL")) >= self.boards)
        seconds = time.monotonic() - began
        held = [answer["status"]["cards"] for answer in self.tell(world, "status")]
        self.table.ratio(f"{self.boards} UHPPOTE boards from nothing to holding their cards", f"{seconds:.1f} s",
                         f"{sum(held)} cards, {sum(held) / seconds:.0f}/s", None, "", None)

    def sweep(self, world, delay_ms):
        """All are due at once: the poller sleeps for one interval, wakes, and asks them all, 50 at a time."""
        self.tell(world, "delay", delay_ms)
        spans = []
        for _ in range(3):
            time.sleep(1)
            poller = world.pid("gate-poller")
            os.kill(poller, signal.SIGSTOP)
            time.sleep(INTERVAL + 0.5)
            woke = time.time()
            os.kill(poller, signal.SIGCONT)
            spans.append(eventually("a whole sweep", 90, lambda: self.swept(world, woke), interval=0.02) - woke)
        self.tell(world, "delay", 0)
        bound = math.ceil(self.boards / 50) * delay_ms / 1000
        span = min(spans)
        self.table.ratio(f"sweep of {self.boards} UHPPOTE boards ({4 * self.boards} doors), 50 at once, {delay_ms} ms RTT (best of 3)",
                         ", ".join(f"{value:.3f}" for value in spans) + " s",
                         f"one exchange each {bound:.3f} s" if delay_ms else f"{self.boards / span:.0f} boards/s",
                         span / bound if delay_ms else None, "≤ 60 s (L-3)", span <= 60)

    def swept(self, world, woke):
        """When the state of the last door was seen after that moment, or None while some was not."""
        seen, last = world.sql(f"SELECT count(*), extract(epoch FROM max(seen_at)) FROM kidoban.gate_state WHERE seen_at > to_timestamp({woke})")[0]
        return float(last) if int(seen) >= 4 * self.boards else None
