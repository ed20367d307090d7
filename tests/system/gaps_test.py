#!/usr/bin/python3
"""What controllers do to history and state: overflow, lost memory, a wrong clock, hanging, reboot; and communication alarms."""
import json
import os
import time

import tap as taps
from tap import eventually
from world import World

OVERFLOW, DRIFT, COMM_FAULT = 217, 216, 210


def gap_records(world, controller):
    """What the server recorded as overwritten in a controller's own logs; the controller's own alarm of it has no `from`."""
    return [json.loads(details) for details, in world.sql(
        f"SELECT e.details FROM kidoban.alarm_event e JOIN kidoban.event_log l ON l.id = e.log"
        f" WHERE e.kind / 4 = {OVERFLOW} AND l.controller_id = {controller} AND e.details <> ''") if "from" in details]


def lost_logs(world, controller):
    """What the server recorded about event stores that vanished."""
    return [json.loads(row[0]) for row in world.sql(
        f"SELECT e.details FROM kidoban.alarm_event e JOIN kidoban.event_log l ON l.id = e.log"
        f" WHERE e.kind / 4 = {OVERFLOW} AND l.controller_id IS NULL AND e.controller = {controller}")]


def alarm(world, kind, controller):
    """The newest alarm of a kind on a controller: (raised, cleared or '')."""
    rows = world.sql(f"SELECT raised_at, coalesce(cleared_at::text, '') FROM kidoban.alarm WHERE kind = {kind}"
                     f" AND controller_id = {controller} ORDER BY id DESC LIMIT 1")
    return rows[0] if rows else None


def overflow(tap, world):
    """A controller that overwrote unread events: one gap record with what is missing."""
    victim = world.boards[0]
    world.stop_component("gate-poller")
    begin = world.statistics()[victim.serial]
    world.tell(victim.serial, "burst", 200)
    lost = world.tell(victim.serial, "overflow", 120)[0]
    world.start_component("gate-poller")
    eventually("event_overflow", 60, lambda: gap_records(world, victim.id))
    time.sleep(2)
    rows = gap_records(world, victim.id)
    tap.equal(len(rows), 1, "exactly one event_overflow", rows)
    details = rows[0]
    want = {"from": lost["from"], "to": lost["to"], "count": 120}
    tap.equal({name: details.get(name) for name in want}, want, "it says from, to and how many", details)
    return [(victim.serial, begin["log"], seq) for seq in range(want["from"], want["to"] + 1)]


def memory(tap, world):
    """Lost memory: a new log, and the permits come back without anyone asking (T-8)."""
    victim = world.boards[1]
    before = world.statistics()[victim.serial]
    tap.ok(before["permits"]["records"] > 0, f"it held {before['permits']['records']} permits")
    unread = [(victim.serial, before["log"], seq) for seq in range(before["acked"] + 1, before["newest"] + 50)]
    world.tell(victim.serial, "lost_memory")
    eventually("permits refilled unasked", 60, lambda: world.statistics()[victim.serial]["permits"]["records"] == before["permits"]["records"])
    after = world.statistics()[victim.serial]
    tap.ok(True, "its permits were refilled unasked")
    tap.ok(after["log"] != before["log"], "its event log is a new one")
    eventually("the new log in the database", 30, lambda: int(world.one(
        f"SELECT count(*) FROM kidoban.event_log WHERE controller_id = {victim.id}")) >= 2)
    tap.ok(True, "the database knows both logs")
    told = eventually("the lost log in the history", 20, lambda: lost_logs(world, victim.id))
    tap.equal([row.get("previous_log") for row in told], [before["log"]], "and says in the history that the old one is gone", told)
    return unread


def clock(tap, world):
    """A clock that is an hour ahead: alarmed, set right, cleared."""
    victim = world.boards[2]
    world.tell(victim.serial, "clock_drift", 3600)
    eventually("clock_drift raised", 90, lambda: alarm(world, DRIFT, victim.id))
    tap.ok(True, "clock_drift is raised")
    eventually("clock_drift cleared", 60, lambda: alarm(world, DRIFT, victim.id)[1])
    tap.ok(abs(world.statistics()[victim.serial]["clock_offset_ms"]) < 5000, "the clock was set right and the alarm cleared",
           world.statistics()[victim.serial])


def hang(tap, world):
    """A gate that hangs is alarmed and delays no other."""
    victim = world.boards[3]
    world.tell(victim.serial, "hang", 3600)
    oldest = 0
    end = time.monotonic() + 25
    while time.monotonic() < end:
        age = float(world.one(
            f"SELECT max(extract(epoch FROM clock_timestamp() - seen_at)) FROM kidoban.gate_state WHERE gate_id NOT IN"
            f" (SELECT id FROM kidoban.gate WHERE controller_id = {victim.id})"))
        oldest = max(oldest, age)
        time.sleep(1)
    tap.ok(oldest < world.state_interval + 15, f"the state of the others was never older than {oldest:.1f} s (asked every {world.state_interval} s)")
    eventually("controller_comm_fault raised", 60, lambda: (alarm(world, COMM_FAULT, victim.id) or ("", "x"))[1] == "")
    tap.ok(True, "controller_comm_fault is raised")
    shown = world.api().gates()[victim.gates[0]]
    tap.equal(shown["controller"]["communication"], "down", "and the list says down", shown["controller"])
    world.tell(victim.serial, "unhang")
    eventually("controller_comm_fault cleared", 60, lambda: alarm(world, COMM_FAULT, victim.id)[1])
    tap.ok(True, "the alarm is cleared when it answers again")


def reboot(tap, world):
    """A reboot keeps the log and the sequence."""
    victim = world.boards[4]
    before = world.statistics()[victim.serial]
    world.tell(victim.serial, "reboot")
    eventually("the reboot is known", 60, lambda: int(world.one(
        f"SELECT boot_id FROM kidoban.controller_state WHERE controller_id = {victim.id}")) > before["boot"])
    tap.equal(world.statistics()[victim.serial]["log"], before["log"], "a reboot keeps the event log")


def main(tap):
    _, seed = taps.seeded(tap, os.environ)
    gone = []
    with World("gaps", gates=8, rate=600, seed=seed) as world:
        world.wait_ready(events=10)
        for part in (overflow, memory, clock, hang, reboot):
            with tap.section(part.__name__):
                gone += part(tap, world) or []
        world.quiesce(90)
        world.check_ledger(tap, "at the end, but for what controllers lost themselves", gone)


taps.run(main)
