#!/usr/bin/python3
"""30 % loss with duplicates and reorder between server and controllers: nothing lost, nothing doubled, commands act once."""
import os

import tap as taps
from world import World

LOSS = {"loss": 30, "duplicate": 10, "reorder": 10}


def main(tap):
    random, seed = taps.seeded(tap, os.environ)
    with World("loss", gates=20, rate=3000, seed=seed) as world:
        world.wait_ready(events=5)
        client = world.api()
        world.network(**LOSS)
        outcomes = {}
        for turn in range(4):
            gates = random.sample(world.list_of_gates, 10)
            rows, request = client.command({"gates": gates, "command": ("unlock", "lock")[turn % 2]}, timeout=30)
            for row in rows.values():
                outcomes[row["outcome"]] = outcomes.get(row["outcome"], 0) + 1
            tap.ok(request["finished"], f"round {turn}: every command had an outcome", request["counts"])
        tap.say(f"outcomes under loss: {outcomes}")
        tap.ok(outcomes.get("done", 0) >= 30, "three commands of four are carried out in spite of the loss", outcomes)
        world.burst(2000)
        world.wait_events(1000, 90)
        tap.ok(True, "events come through the loss")
        lost = sum(own["lost"] for own in world.statistics().values())
        tap.ok(lost > 200, f"{lost} datagrams were lost")
        world.quiesce(180)
        world.check_ledger(tap, "under loss")
        world.check_commands(tap, "under loss")


taps.run(main)
