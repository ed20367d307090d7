"""Bench of what moves: ingest, sweeps, commands, and events on their way to the browser."""
import calendar
import math
import os
import signal
import statistics
import time

import minipg
from client import Stream
from table import milliseconds, percentile
from tap import Late, eventually


def seconds_of(text):
    """An RFC 3339 time as seconds since 1970."""
    main, _, rest = text.partition(".")
    fraction = ""
    while rest and rest[0].isdigit():
        fraction, rest = fraction + rest[0], rest[1:]
    zone = rest or main[19:]
    offset = 0
    if zone[:1] in "+-" and zone:
        offset = (1 if zone[0] == "+" else -1) * (int(zone[1:3]) * 3600 + int(zone[4:6]) * 60)
    return calendar.timegm(time.strptime(main[:19], "%Y-%m-%dT%H:%M:%S")) - offset + float("0." + (fraction or "0"))


class Events:
    def __init__(self, world, table, samples, burst):
        self.world, self.table, self.samples, self.burst = world, table, samples, burst
        self.db = minipg.Connection(world.run)

    def marks(self):
        return int(self.db.query("SELECT coalesce(sum(mark), 0) FROM kidoban.event_log WHERE controller_id IS NOT NULL")[0][0])

    # --- event to browser

    def to_browser(self):
        """From the moment on the controller's clock to the arrival of its line at the browser."""
        client = self.world.api()
        stream = Stream(client)
        eventually("the stream opens", 20, lambda: stream.opened.is_set() and stream.status == 200)
        self.world.traffic(600)
        eventually(f"{self.samples} events in the stream", 30 + self.samples / 4, lambda: len(stream.of("access")) >= self.samples)
        self.world.traffic(0)
        times = [arrived - seconds_of(data["t"]) for arrived, _, _, data in stream.of("access")]
        stream.stop()
        half, worst = percentile(times, 0.5) * 1000, percentile(times, 0.99) * 1000
        notify = self.notify_alone()
        self.table.ratio(f"event in the simulator to the browser's stream ({len(times)} events)", milliseconds(times),
                         f"NOTIFY alone p50 {notify * 1000:.2f} ms", half / 1000 / notify, "p50 ≤ 50 ms, p99 ≤ 300 ms", half <= 50 and worst <= 300)

    def notify_alone(self):
        other = minipg.Connection(self.world.run)
        other.query("LISTEN bench")
        times = []
        for _ in range(100):
            began = time.time()
            self.db.query("NOTIFY bench")
            times.append(other.wait_notification(5)[0] - began)
        other.close()
        return statistics.median(times)

    # --- click to answer

    def click(self, delay_ms):
        """From the click to the gate's answer in the operator's stream, one command at a time."""
        world, client = self.world, self.world.api()
        world.network(delay=delay_ms)
        stream = Stream(client)
        eventually("the stream opens", 20, lambda: stream.opened.is_set() and stream.status == 200)
        gates, times, wrong = world.list_of_gates, [], 0
        for number in range(self.samples):
            gate = gates[number * 7 % len(gates)]
            began = time.time()
            answer = client.post("/gates/commands", {"gates": [gate], "command": "unlock" if number % 2 else "lock"})
            request = answer.json["id"]
            try:
                arrived, outcome = eventually("the outcome", 15, lambda: self.outcome(stream, request), interval=0.002)
            except Late:
                outcome, arrived = "late", began + 15
                if wrong > 10:
                    raise
            wrong += outcome != "done"
            times.append(arrived - began)
        stream.stop()
        world.network()
        commit = self.commit()
        bound = delay_ms / 1000 + commit
        half, worst = percentile(times, 0.5) * 1000, percentile(times, 0.99) * 1000
        self.table.ratio(f"click to the gate's answer at {delay_ms} ms RTT ({len(times)} commands, {wrong} not done)", milliseconds(times),
                         f"RTT + one commit {bound * 1000:.1f} ms", half / 1000 / bound, "p50 ≤ 60 ms, p99 ≤ 300 ms", half <= 60 and worst <= 300 and not wrong)

    @staticmethod
    def outcome(stream, request):
        """(arrival, outcome) of the only gate of a request, once it is final."""
        for arrived, _, _, data in reversed(stream.of("command")):
            if data["id"] == request and data["finished_at"]:
                return arrived, data["outcome"]
        return None

    def commit(self):
        self.db.query("CREATE TABLE IF NOT EXISTS bench_commit (n int)")
        times = []
        for number in range(100):
            began = time.perf_counter()
            self.db.query(f"INSERT INTO bench_commit VALUES ({number})")
            times.append(time.perf_counter() - began)
        self.db.query("DROP TABLE bench_commit")
        return statistics.median(times)

    # --- ingest

    def ingest(self):
        """A burst that waits on the controllers, from the poller's waking to the last commit; then COPY of the same rows."""
        world = self.world
        world.traffic(0)
        eventually("quiet", 60, world.settled, interval=0.5)
        begin = self.marks()
        poller = world.pid("gate-poller")
        os.kill(poller, signal.SIGSTOP)
        try:
            made = world.burst(self.burst)
        finally:
            os.kill(poller, signal.SIGCONT)
        curve = [(time.perf_counter(), begin)]
        while curve[-1][1] < begin + made:
            if time.perf_counter() - curve[0][0] > 120:
                raise Late(f"{curve[-1][1] - begin} of {made} events stored")
            time.sleep(0.02)
            now = self.marks()
            if now != curve[-1][1]:
                curve.append((time.perf_counter(), now))
        seconds = curve[-1][0] - curve[0][0]
        rate = made / seconds
        copy = self.copy(made)
        ratio = rate / copy
        self.table.ratio(f"event ingest end to end, {made} events of {len(world.boards)} controllers", f"{rate:.0f}/s ({seconds:.2f} s)",
                         f"COPY of the same rows {copy:.0f}/s", ratio, "≥ 0.5 and ≥ 20,000/s", ratio >= 0.5 and rate >= 20000)

    def copy(self, rows):
        """The newest rows again, by COPY into an empty table of the same columns and indexes."""
        self.db.query("CREATE SCHEMA IF NOT EXISTS bench")
        path = f"{self.world.state}/copy.data"
        self.db.query(f"COPY (SELECT t, bucket, log, seq, cred, gate, kind, dept, details FROM kidoban.access_event"
                      f" WHERE t > now() - interval '1 hour' ORDER BY t DESC LIMIT {rows}) TO '{path}'")
        self.db.query("DROP TABLE IF EXISTS bench.copy; CREATE TABLE bench.copy (LIKE kidoban.access_event INCLUDING ALL)")
        count = int(self.db.query("SELECT count(*) FROM kidoban.access_event WHERE t > now() - interval '1 hour'")[0][0])
        began = time.perf_counter()
        self.db.query(f"COPY bench.copy FROM '{path}'")
        seconds = time.perf_counter() - began
        self.db.query("DROP TABLE bench.copy")
        os.unlink(path)
        return min(rows, count) / seconds

    # --- sweep

    def sweep(self, delay_ms):
        """Every controller is due at once: the poller sleeps for one interval, wakes, and asks them all, 50 at a time."""
        world = self.world
        world.network(delay=delay_ms)
        count = len(world.boards)
        interval = world.state_interval
        spans = []
        for _ in range(3):
            time.sleep(1)
            poller = world.pid("gate-poller")
            os.kill(poller, signal.SIGSTOP)
            time.sleep(interval + 0.5)
            woke = time.time()
            os.kill(poller, signal.SIGCONT)
            last = eventually("a whole sweep", 60, lambda: self.swept(woke, count), interval=0.05)
            spans.append(last - woke)
        world.network()
        span = min(spans)
        slots = math.ceil(count / 50)
        bound = slots * delay_ms / 1000
        shown = ", ".join(f"{value:.3f}" for value in spans) + " s"
        if delay_ms == 0:
            self.table.ratio(f"sweep of {count} controllers, 50 at once, 0 ms RTT", shown, f"{count / span:.0f} exchanges/s", None, "", None)
        else:
            self.table.ratio(f"sweep of {count} controllers, 50 at once, {delay_ms} ms RTT (best of 3)", shown, f"{slots} x {delay_ms} ms = {bound:.3f} s",
                             span / bound, "≤ 1.25", span / bound <= 1.25)

    def swept(self, woke, count):
        """When the last of all was seen after that moment, or None while some were not."""
        seen, last = self.db.query(f"SELECT count(*), extract(epoch FROM max(last_seen_at)) FROM kidoban.controller_state"
                                   f" WHERE last_seen_at > to_timestamp({woke})")[0]
        return float(last) if int(seen) >= count else None
