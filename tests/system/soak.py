#!/usr/bin/python3
"""Hours of crashes over a bad network: make soak, KIDOBAN_SOAK_MINUTES (60), KIDOBAN_SEED.

In rounds: loss and kills for five minutes, then quiet, and the ledger must equal the database. Ends with a summary.
"""
import os
import time

import tap as taps
from torment import KINDS, Operator, torment
from world import World

ROUND = 300


def memory(world):
    """Resident MiB of each kind of process, the largest one."""
    return {name: round(max((world.resident(pid) for pid in world.pids(name)), default=0) / 1048576, 1)
            for name in ("gate-poller", "session", "gates", "history", "live", "keeper", "gate-simulator")}


def main(tap):
    random, seed = taps.seeded(tap, os.environ)
    minutes = float(os.environ.get("KIDOBAN_SOAK_MINUTES", 60))
    total = dict.fromkeys(KINDS, 0)
    rounds = 0
    with World("soak", gates=100, rate=3000, seed=seed, pollers=2) as world:
        world.wait_ready(timeout=180)
        end = time.monotonic() + minutes * 60
        while time.monotonic() < end:
            rounds += 1
            world.network(loss=random.choice((0, 5, 15, 30)), duplicate=random.choice((0, 10)), reorder=random.choice((0, 10)))
            operator = Operator(world, random)
            killed = torment(world, random, min(ROUND, max(20, end - time.monotonic())), KINDS + ("gate-poller-2", "keeper"), (4, 20))
            operator.loop.stop()
            for kind, count in killed.items():
                total[kind] = total.get(kind, 0) + count
            tap.ok(not operator.loop.bad, f"round {rounds}: no reply was cut or senseless ({operator.answers})", *operator.loop.bad[:5])
            world.network()
            world.wait_up(180)
            world.quiesce(300)
            world.check_ledger(tap, f"round {rounds}")
            world.settle_commands()
            world.check_commands(tap, f"round {rounds}")
            tap.say(f"round {rounds}: resident MiB {memory(world)}")
            world.traffic(3000)
        tap.ok(rounds, "there was time for a round")
        tap.say(f"{rounds} rounds in {minutes:g} minutes; {world.events()} events; killed {total}; seed {seed}")


taps.run(main)
