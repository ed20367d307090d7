#!/usr/bin/python3
"""Two pollers share the controllers; when one dies the other takes over; one that slept does nothing with its old tokens."""
import os
import signal
import time

import tap as taps
from tap import eventually
from world import World

OWNERS = """SELECT p.id, count(*) FROM kidoban.controller_lease l JOIN kidoban.poller p ON p.id = l.poller_id
 WHERE l.expires_at > clock_timestamp() GROUP BY p.id ORDER BY p.id"""
LEASE = 15


def owners(world):
    return {int(poller): int(count) for poller, count in world.sql(OWNERS)}


def tokens(world):
    return dict(world.sql("SELECT controller_id, token FROM kidoban.controller_lease"))


def takeover(tap, world):
    """One of the two is killed and stays away."""
    before = owners(world)
    victim = "gate-poller-2"
    world.stop_component(victim, kill=True)
    began = time.monotonic()
    whole = len(world.boards)
    eventually("one poller has every controller", LEASE + 15, lambda: list(owners(world).values()) == [whole])
    seconds = time.monotonic() - began
    tap.say(f"shares before {before}; taken over after {seconds:.1f} s")
    tap.ok(seconds <= LEASE + 6, f"taken over within the lease ({seconds:.1f} s)")
    world.wait_up(30)
    world.wait_events(20)
    tap.ok(True, "events of all controllers go on")
    world.start_component(victim)


def sleeper(tap, world):
    """One is stopped like a machine that hangs, longer than its lease, and wakes with its old tokens."""
    eventually("both pollers have controllers", 40, lambda: len(owners(world)) == 2)
    victim = world.pid("gate-poller-2")
    before = tokens(world)
    os.kill(victim, signal.SIGSTOP)
    whole = len(world.boards)
    eventually("the other has every controller", LEASE + 15, lambda: list(owners(world).values()) == [whole])
    taken = tokens(world)
    tap.ok(sum(before[c] != taken[c] for c in before) >= whole // 3, "the tokens of what was taken over are new")
    world.wait_events(30)
    os.kill(victim, signal.SIGCONT)
    time.sleep(4)
    world.wait_events(30)
    world.wait_up(60)
    tap.ok(True, "the site works on after the sleeper woke")


def main(tap):
    _, seed = taps.seeded(tap, os.environ)
    with World("pollers", gates=24, rate=3000, seed=seed, pollers=2) as world:
        world.wait_ready(events=10)
        shares = eventually("both pollers have controllers", 40, lambda: len(owners(world)) == 2 and owners(world))
        tap.ok(min(shares.values()) >= 6, "the controllers are shared fairly", shares)
        with tap.section("one is killed"):
            takeover(tap, world)
        with tap.section("one sleeps"):
            sleeper(tap, world)
        world.quiesce(90)
        world.check_ledger(tap, "after both")


taps.run(main)
