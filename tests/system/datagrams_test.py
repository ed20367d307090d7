#!/usr/bin/python3
"""Foreign, replayed and senseless datagrams to the poller and to controllers change nothing and are counted."""
import os
import socket
import struct
import time

import tap as taps
from relay import Relay
from tap import eventually
from world import World

COUNTERS = "SELECT name, sum(value) FROM kidoban.poller_counter GROUP BY name"


def counters(world):
    return {name: int(float(value)) for name, value in world.sql(COUNTERS)}


def nudge(serial):
    """The one datagram that a controller sends in the clear."""
    return b"KDBN" + bytes((1, 0x70)) + struct.pack(">HQ", 16, int(serial, 16))


def picture(world):
    """Everything that must not change: configuration, state but for its age, events, permits held."""
    return world.sql("""
      SELECT 'gate', gate_id::text, lock_state::text || arm_state || verification_mode || unlock_mode || alarms FROM kidoban.gate_state
      UNION ALL SELECT 'log', id::text, mark::text FROM kidoban.event_log
      UNION ALL SELECT 'stream', controller_id || '/' || stream, confirmed_revision::text FROM kidoban.controller_stream
      UNION ALL SELECT 'state', controller_id::text, communication || '/' || coalesce(boot_id, 0) FROM kidoban.controller_state
      UNION ALL SELECT 'alarm', id::text, coalesce(cleared_at::text, '-') FROM kidoban.alarm
      ORDER BY 1, 2""")


def to_the_nudge_port(tap, world, random):
    """Garbage, an unknown serial, and a flood of true nudges."""
    before, seen, pid = picture(world), counters(world), world.pid("gate-poller")
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    target = ("127.0.0.1", world.facts["nudge_port"])
    good = nudge(world.boards[0].serial)
    for number in range(300):
        sock.sendto((random.randbytes(random.randrange(1, 1200)), good[:random.randrange(1, 16)], good + b"x",
                     nudge(f"{random.getrandbits(64):016x}"), b"KDBN" + random.randbytes(12))[number % 5], target)
        if number % 50 == 49:
            time.sleep(0.1)
    for _ in range(200):
        sock.sendto(good, target)
    sock.close()

    def counted():
        now = counters(world)
        return sum(now.values()) - sum(seen.values()) >= 100 and {name: value - seen.get(name, 0) for name, value in now.items()
                                                                  if value != seen.get(name, 0)}
    difference = eventually("refused datagrams counted", 30, counted)
    tap.ok(True, f"counted: {difference}")
    tap.equal(picture(world), before, "nothing changed")
    tap.ok(world.pid("gate-poller") == pid, "the poller lives")


def between(tap, world, random):
    """An attacker between poller and controller repeats what it saw and sends mangled copies, from the true addresses."""
    client = world.api()
    victim = world.boards[1]
    relay = Relay(victim.address, victim.port)
    world.move_controller(victim, relay.port)
    eventually("the controller is talked to through the relay", 60, lambda: len(relay.seen) > 20)
    world.wait_up(60)
    gate = victim.gates[0]
    for command in ("unlock", "lock"):
        rows, _ = client.command({"gates": [gate], "command": command})
        tap.equal(rows[gate]["outcome"], "done", f"{command} through the relay", rows)
    time.sleep(3)
    acts = sum(bool(event.command) for event in world.made())
    before = picture(world)
    sent = relay.repeat(400)
    relay.garbage(random, 200)
    time.sleep(3)
    tap.ok(sent > 30, f"{sent} datagrams were repeated")
    tap.equal(sum(bool(event.command) for event in world.made()), acts, "no command acted again")
    after = picture(world)
    tap.equal([row for row in after if row not in before], [], "nothing changed")
    rows, _ = client.command({"gates": [gate], "command": "unlock"})
    tap.equal(rows[gate]["outcome"], "done", "the session still works", rows)
    world.move_controller(victim, victim.port)
    world.wait_up(60)
    relay.close()


def to_controllers(tap, world, random):
    """Strangers talk to controllers: no session, no state, no harm to the one in use."""
    before, counts = picture(world), world.statistics()
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for controller in world.boards:
        for size in (1, 13, 60, 300, 1200):
            sock.sendto(random.randbytes(size), (controller.address, controller.port))
            # A handshake record with nonsense in it, and application data of no session.
            sock.sendto(b"\x16\xfe\xfd" + bytes(8) + struct.pack(">H", size) + random.randbytes(size), (controller.address, controller.port))
            sock.sendto(b"\x17\xfe\xfd\x00\x01" + bytes(6) + struct.pack(">H", size) + random.randbytes(size), (controller.address, controller.port))
    sock.close()
    time.sleep(2)
    after = world.statistics()
    tap.ok(all(after[serial]["foreign"] > counts[serial]["foreign"] for serial in counts), "every controller counted them",
           [(serial, counts[serial], after[serial]) for serial in list(counts)[:1]])
    tap.equal(picture(world), before, "nothing changed")


def main(tap):
    random, seed = taps.seeded(tap, os.environ)
    with World("datagrams", gates=8, rate=0, seed=seed) as world:
        world.wait_ready(events=0)
        world.quiesce(60)
        for part in (to_the_nudge_port, between, to_controllers):
            with tap.section(part.__name__):
                part(tap, world, random)
        world.check_commands(tap, "at the end")


taps.run(main)
