#!/usr/bin/python3
"""kill -9 of every part at random moments under traffic: the simulator's ledger equals the database afterwards (H-7).

KIDOBAN_CRASH_SECONDS (default 45) is how long; KIDOBAN_SEED repeats a run.
"""
import os

import tap as taps
from tap import eventually
from torment import KINDS, Operator, torment
from world import World


def main(tap):
    random, seed = taps.seeded(tap, os.environ)
    seconds = int(os.environ.get("KIDOBAN_CRASH_SECONDS", 45))
    with World("crash", gates=24, rate=3000, seed=seed) as world:
        world.wait_ready()
        operator = Operator(world, random)
        killed = torment(world, random, seconds)
        operator.loop.stop()
        tap.say(f"killed {killed}; operator's answers {operator.answers}, without one {operator.loop.troubles}")
        for kind in KINDS:
            tap.ok(killed[kind], f"{kind} was killed")
        tap.ok(operator.answers.get(200), "the operator was answered in between")
        tap.ok(not operator.loop.bad, "no reply was cut or senseless", *operator.loop.bad[:5])
        with tap.section("recovery"):
            world.wait_up(90)
            tap.ok(True, "every controller is in communication again, unaided")
            for path in ("/session", "/gates?limit=50", "/history/access?limit=50"):
                eventually(f"GET {path} answers", 30, lambda path=path: world.api().get(path).status == 200)
            tap.ok(True, "the API answers again, unaided")
            world.wait_events(20, 60)
            tap.ok(True, "events flow again")
        world.quiesce(150)
        world.check_ledger(tap, "after the crashes")
        world.settle_commands()
        world.check_commands(tap, "after the crashes")


taps.run(main)
