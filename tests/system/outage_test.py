#!/usr/bin/python3
"""PostgreSQL away: the API says 503, nothing is acknowledged to a controller, and all goes on by itself when it is back."""
import os
import time

import tap as taps
from tap import eventually
from world import World


def refused(client, method, path, body=None):
    """Until the API answers 503 with a problem; the answer."""
    def ask():
        answer = client.request(method, path, body)
        return answer.status == 503 and answer
    return eventually(f"503 for {method} {path}", 15, ask)


def main(tap):
    _, seed = taps.seeded(tap, os.environ)
    with World("outage", gates=12, rate=3000, seed=seed) as world:
        world.wait_ready(events=10)
        client = world.api()
        pids = {name: world.pid(name) for name in ("gate-poller", "gates", "history", "session", "live")}
        world.stop_component("postgres")
        for path in ("/gates?limit=10", "/history/access?limit=10", "/session"):
            answer = refused(client, "GET", path)
            tap.ok((answer.problem or "").startswith("urn:kidoban:problem:"), f"GET {path}: a problem reply", answer)
        answer = refused(client, "POST", "/gates/commands", {"gates": [world.list_of_gates[0]], "command": "unlock"})
        tap.ok(answer.problem, "a command is refused, not lost silently", answer)
        health = refused(client, "GET", "/health")
        tap.ok(health.status == 503, "GET /health: 503")

        time.sleep(1)  # what was under way when it went is over
        before = world.statistics()
        time.sleep(8)
        after = world.statistics()
        made = sum(after[serial]["newest"] - before[serial]["newest"] for serial in before)
        moved = [serial for serial in before if after[serial]["acked"] != before[serial]["acked"]]
        tap.ok(made > 10, f"events went on meanwhile ({made})")
        tap.ok(not moved, "nothing was acknowledged", moved)

        world.start_component("postgres")
        eventually("the API works again", 30, lambda: client.get("/gates?limit=10").status == 200)
        tap.ok(True, "the API works again, unaided, with the same session")
        world.wait_up(60)
        world.wait_events(made, 60)
        tap.ok(True, "what was held back arrives")
        same = {name: world.pid(name) for name in pids}
        tap.equal(same, pids, "no program had to be started again")
        world.quiesce(60)
        world.check_ledger(tap, "after the outage")


taps.run(main)
