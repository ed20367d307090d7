#!/usr/bin/python3
"""Commands with the gate's own answer, refusals with the reason, gates that do not answer, lockdown (G-3, G-9)."""
import os
import time
import uuid

import tap as taps
from tap import eventually
from world import World


def state(client, gate):
    return client.get(f"/gates/{gate}").json["state"]


def order(client, gates, command, value=None):
    body = {"gates": gates, "command": command}
    if value:
        body["value"] = value
    return client.command(body)


def answers(tap, world, client):
    """What the gate said is what the operator sees."""
    gate, other = world.list_of_gates[0], world.list_of_gates[1]
    rows, request = order(client, [gate, other], "unlock")
    tap.equal([rows[gate]["outcome"], rows[other]["outcome"]], ["done", "done"], "two gates unlock", request)
    tap.ok(request["finished"], "the request is finished")
    eventually("the list shows it unlocked", 5, lambda: state(client, gate)["lock_state"] == "unlocked")
    tap.ok(True, "the gate's state follows at once")

    rows, request = order(client, [gate], "arm")
    tap.equal(rows[gate]["outcome"], "refused", "arming an unlocked gate is refused")
    tap.ok("lock" in (rows[gate]["reason"] or ""), "with the gate's reason", rows[gate])
    order(client, [gate, other], "lock")
    rows, _ = order(client, [gate], "arm")
    tap.equal(rows[gate]["outcome"], "done", "locked, it can be armed", rows)
    rows, _ = order(client, [gate], "unlock")
    tap.equal(rows[gate]["outcome"], "refused", "an armed gate refuses to unlock", rows)
    rows, _ = order(client, [gate], "disarm")
    tap.equal(rows[gate]["outcome"], "done", "and can be disarmed", rows)
    rows, _ = order(client, [gate], "set_unlock_mode", "continuous")
    tap.equal(rows[gate]["outcome"], "done", "the unlock mode changes", rows)
    eventually("the list shows the mode", 5, lambda: state(client, gate)["unlock_mode"] == "continuous")
    rows, _ = order(client, [gate], "set_verification_mode", "vein")
    tap.equal(rows[gate]["outcome"], "refused", "a card reader refuses to read veins", rows)


def named(tap, world, client):
    """The operation history names the operator and the command (H-3)."""
    gate = world.list_of_gates[2]
    rows, request = order(client, [gate], "unlock")
    tap.equal(rows[gate]["outcome"], "done", "a gate unlocks", rows)

    def found():
        events = client.get(f"/history/operation?gate={gate}&limit=10").json["events"]
        return [event for event in events if event["kind"] == "unlock" and event.get("operator")]
    events = eventually("the unlocking in the operation history", 10, found)
    tap.equal(events[0]["operator"]["id"], request["operator"]["id"], "with the operator who did it", events[0])


def once(tap, world, client):
    """The same Idempotency-Key orders nothing twice."""
    key = str(uuid.uuid4())
    body = {"gates": [world.list_of_gates[3]], "command": "unlock"}
    first = client.post("/gates/commands", body, Idempotency_Key=key)
    second = client.post("/gates/commands", body, Idempotency_Key=key)
    tap.ok(first.status == second.status == 202 and first.json["id"] == second.json["id"], "one request by one Idempotency-Key", first, second)
    tap.equal(int(world.one(f"SELECT count(*) FROM kidoban.command WHERE request_id = {first.json['id']}")), 1, "and one command")


def dead(tap, world, client):
    """A gate that hangs: the outcome says so, and a lockdown names it while it locks the rest (G-9)."""
    group = client.gates()[world.list_of_gates[5]]["management_group"]["id"]
    members = [gate for gate, shown in client.gates().items() if shown["management_group"]["id"] == group]
    victim = members[0]
    hung_at = time.time() * 1000
    world.tell(world.serial_of(victim), "hang", 3600)
    began = time.monotonic()
    rows, request = order(client, [victim], "unlock")
    tap.ok(request["finished"] and rows[victim]["outcome"] in ("unreachable", "expired", "unknown"),
           f"a gate that hangs is not reported done ({rows[victim]['outcome']} after {time.monotonic() - began:.1f} s)", rows)
    tap.ok(rows[victim]["reason"], "and why", rows[victim])

    order(client, members[1:], "unlock")
    rows, request = client.command({"management_group": group, "comment": "drill"}, path="/gates/lockdown")
    good = [gate for gate in members[1:] if rows[gate]["outcome"] == "done"]
    tap.equal(sorted(rows), sorted(members), "the lockdown answers for every gate of the group")
    tap.equal(good, members[1:], "every reachable gate locked", rows)
    tap.ok(rows[victim]["outcome"] != "done", f"the dead one is named ({rows[victim]['outcome']})")
    tap.equal(request["kind"], "lockdown", "and it is recorded as a lockdown")
    eventually("the locked state shows", 5, lambda: all(client.gates()[gate]["state"]["lock_state"] == "locked" for gate in good))
    tap.ok(True, f"all of {len(good)} show locked")

    world.tell(world.serial_of(victim), "unhang")
    eventually("the gate is back", 60, lambda: client.gates()[victim]["controller"]["communication"] == "up")
    time.sleep(1)
    late = [event for event in world.made() if event.command and event.serial == world.serial_of(victim) and event.t_ms > hung_at]
    tap.ok(not late, "what expired is not carried out when the gate is back", late)


def main(tap):
    _, seed = taps.seeded(tap, os.environ)
    with World("commands", gates=16, rate=0, seed=seed) as world:
        world.wait_ready(events=0)
        client = world.api()
        for part in (answers, named, once, dead):
            with tap.section(part.__name__):
                part(tap, world, client)
        world.quiesce(60)
        world.check_commands(tap, "at the end")
        world.check_ledger(tap, "at the end")


taps.run(main)
