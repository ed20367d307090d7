"""Scope everywhere (A-3): what an operator of one branch sees, counts, exports, is told live and may change is what who sees everything has, less what is
not the branch's. The part is worked out here from the whole; every name out of scope bears a mark that nobody of the branch may read. Prints TAP."""
import csv
import io
import json
import re
import time
import urllib.parse

import live_test
import web
import world as worlds
from rights_test import oracle, rights

STATE = {}
COMPONENTS = (*worlds.COMPONENTS, "transfer")
# Marks in the names of what is out of scope.
PERSON, DEPARTMENT, GATE, GROUP, SET, CONTROLLER = "外人", "外所", "外門", "外群", "外組", "外器"
ALL = (PERSON, DEPARTMENT, GATE, GROUP, SET, CONTROLLER)
# The names of a person's gates are shown though some are not in scope: else their permits would look fewer than they are (C-6).
OF_PERMITS = (GATE, SET)


def mark(world):
    """Names by which a leak is known. One controller has gates on both sides; a person came and one left; a gate group is mixed."""
    site = world.site
    mixed = world.number(f"SELECT g.controller_id FROM kidoban.gate g WHERE g.management_group_id = {worlds.GROUPS_IN[1]} GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 LIMIT 1")
    moved = world.number(f"SELECT max(id) FROM kidoban.gate WHERE controller_id = {mixed}")
    world.change(f"UPDATE kidoban.gate SET management_group_id = {worlds.GROUP_OUT} WHERE id = {moved}")
    STATE.update(mixed=mixed, moved=moved)
    # A gate that came from elsewhere.
    arrived = world.number(f"SELECT max(id) FROM kidoban.gate WHERE management_group_id = {worlds.GROUP_OUT} AND id <> {moved} AND controller_id <> {world.outside['controller']}")
    world.change(f"UPDATE kidoban.management_group SET name = '{GROUP}' || id WHERE id = {worlds.GROUP_OUT}")
    world.change(f"UPDATE kidoban.gate SET management_group_id = {worlds.GROUPS_IN[1]} WHERE id = {arrived}")
    tree = f"(SELECT unnest(kidoban.department_subtrees('{{{world.branch}}}')))"
    ours = f"({worlds.GROUPS_IN[0]}, {worlds.GROUPS_IN[1]}, {world.inside['spare_management_group']})"
    world.change(f"""
        UPDATE kidoban.cardholder SET name = CASE WHEN department_id IN {tree} THEN '内人' ELSE '{PERSON}' END || id, kana = CASE WHEN department_id IN {tree} THEN 'ウチ' ELSE 'ソト' END || id;
        UPDATE kidoban.department SET name = CASE WHEN id IN {tree} THEN '内所' ELSE '{DEPARTMENT}' END || id;
        UPDATE kidoban.management_group SET name = CASE WHEN id IN {ours} THEN '内群' ELSE '{GROUP}' END || id;
        UPDATE kidoban.gate SET name = CASE WHEN management_group_id IN {ours} THEN '内門' ELSE '{GATE}' END || id,
               building = CASE WHEN management_group_id IN {ours} THEN building ELSE '{GATE}館' END;
        UPDATE kidoban.controller SET name = CASE WHEN EXISTS (SELECT FROM kidoban.gate g WHERE g.controller_id = controller.id AND g.management_group_id IN {ours})
               THEN '内器' ELSE '{CONTROLLER}' END || id;
        UPDATE kidoban.gate_group y SET name = CASE WHEN EXISTS (SELECT FROM kidoban.gate_group_member m JOIN kidoban.gate g ON g.id = m.gate_id
               WHERE m.gate_group_id = y.id AND g.management_group_id IN {ours}) THEN '内組' ELSE '{SET}' END || id""")
    # Somebody who came from elsewhere, and somebody who went.
    came, went = world.outside["known_person"], world.inside["known_person"]
    world.change(f"UPDATE kidoban.cardholder SET name = '内人来' || id, department_id = {world.inside['department']} WHERE id = {came}")
    world.change(f"UPDATE kidoban.cardholder SET name = '{PERSON}去' || id, department_id = {world.outside['department']} WHERE id = {went}")
    STATE.update(came=came, went=went)
    site.psql(f"UPDATE kidoban.alarm SET comment = '' WHERE gate_id = {moved}")


def setting_up(tap, site, contract):
    world = worlds.World(site)
    mark(world)
    groups, departments = [*worlds.GROUPS_IN, world.inside["spare_management_group"]], [world.branch]
    site.psql("UPDATE kidoban.role_right SET fixed = false")
    everything = dict.fromkeys(oracle.FUNCTIONS, "edit")
    # The branch's operator has every right but to operators and the system, so that only scope can refuse.
    given = everything | dict.fromkeys(("operators", "system_log", "system_administration"), "none")
    chief, guard = world.operators([("chief", "system", {}, None, None), ("guard", "general", given, groups, departments)], rights)
    STATE.update(world=world, groups=set(groups), boss=web.Client(site, None, chief.cookie), guard=web.Client(site, None, guard.cookie), guard_id=guard.id)
    boss = STATE["boss"]
    tree, parents = {world.branch}, {d["id"]: d["parent"] for d in boss.get("/departments").json["departments"]}
    parents = {i: p["id"] if isinstance(p, dict) else p for i, p in parents.items()}
    for _ in range(5):
        tree |= {i for i, p in parents.items() if p in tree}
    STATE["tree"] = tree
    STATE["gates"] = {g["id"]: g for g in whole("/gates", "gates")}
    STATE["ours"] = {i for i, g in STATE["gates"].items() if g["management_group"]["id"] in STATE["groups"]}
    STATE["people"] = {c["id"]: c for c in whole("/cardholders", "cardholders")}
    STATE["staff"] = {i for i, c in STATE["people"].items() if c["department"]["id"] in tree}
    STATE["controllers"] = {g["controller"]["id"] for i, g in STATE["gates"].items() if i in STATE["ours"]}
    tap.check(0 < len(STATE["ours"]) < len(STATE["gates"]) and 0 < len(STATE["staff"]) < len(STATE["people"]) and STATE["came"] in STATE["staff"] and STATE["went"] not in STATE["staff"],
              f"a branch of {len(STATE['ours'])} gates of {len(STATE['gates'])} and {len(STATE['staff'])} persons of {len(STATE['people'])}")
    events(world, site)


def events(world, site):
    """At every gate a passage of each of two persons, one of them of the branch, an alarm and an operation; and of the mixed controller itself."""
    life = web.life_of(site)
    cards = {int(r[0]): (int(r[1]), r[2]) for r in site.rows("SELECT cardholder_id, min(id), min(card_number) FROM kidoban.credential GROUP BY 1")}
    ours, theirs = [next(p for p in sorted(s) if p in cards) for s in (STATE["staff"], set(STATE["people"]) - STATE["staff"])]
    for gate in life.gates:  # others, added by the API, have nobody who speaks for them
        for person in (ours, theirs):
            life.events(gate, [101, 102], credential=cards[person][0], card=cards[person][1])
        life.events(gate, [109], card="C0FFEE")
        life.events(gate, [203], flags=1)
        life.events(gate, [302])
        life.events(gate, [401])
        life.state(gate)
    STATE.update(life=life, passer=(ours, theirs))


def whole(path, member, client=None):
    """Every row of a list, page by page."""
    client, found = client or STATE["boss"], []
    while path:
        answer = client.get(path)
        assert answer.status == 200, (path, answer)
        found += answer.json[member]
        path = answer.json.get("next") and answer.headers["Link"].split(">")[0].removeprefix("</api/v1").lstrip("<")
    return found


def leaks(answer, besides=()):
    """Marks in an answer, headers included, that are not expected there."""
    text = answer.body.decode("utf-8-sig", "replace") + "".join(f"{k}{urllib.parse.unquote(v)}" for k, v in answer.headers.items())
    if answer.type.endswith("json"):
        text += json.dumps(answer.json, ensure_ascii=False)
    return [m for m in ALL if m in text and m not in besides]


def compare(tap, path, member, belongs, besides=(), key="id", name=None):
    """The guard's list is the chief's, less what does not belong. Returns both."""
    all_rows, rows = whole(path, member), whole(path, member, STATE["guard"])
    wanted = [r[key] for r in all_rows if belongs(r)]
    answer = STATE["guard"].get(path)
    tap.check([r[key] for r in rows] == wanted and len(wanted) < len(all_rows), f"{name or path}: {len(wanted)} of {len(all_rows)}", ([r[key] for r in rows], wanted))
    if "total" in answer.json:
        tap.check(answer.json["total"] == len(wanted), f"{name or path}: the total counts them only", answer.json["total"])
    found = set().union(*[set(leaks(STATE["guard"].get(p), besides)) for p in (path,)])
    tap.check(not found, f"{name or path}: no name from outside", found)
    return all_rows, rows


def gates(tap, site, contract):
    ours, guard = STATE["ours"], STATE["guard"]
    for path in ("/gates?limit=3", "/gates?q=" + urllib.parse.quote("門"), "/gates?communication=up", "/gates?alarm=true", "/gates?gate_group=5"):
        everyone = whole(path, "gates")
        if any(g["id"] not in ours for g in everyone):
            compare(tap, path, "gates", lambda g: g["id"] in ours)
    for gate, row in STATE["gates"].items():
        answer = guard.get(f"/gates/{gate}")
        if gate in ours:
            whole_group = [y for y in answer.json["gate_groups"]]
            tap.check(answer.status == 200 and not leaks(answer), f"gate {gate} in detail", (answer, whole_group))
        elif answer.status != 404 or leaks(answer):
            tap.check(False, f"gate {gate} is not there", answer)
    counts = {}
    for i in ours:
        counts[STATE["gates"][i]["building"]] = counts.get(STATE["gates"][i]["building"], 0) + 1
    answer = guard.get("/buildings")
    tap.check({b["name"]: b["gates"] for b in answer.json["buildings"]} == counts and not leaks(answer), "buildings and their gates", answer)
    command = STATE["boss"].post("/gates/commands", {"gates": [min(ours), STATE["moved"]], "command": "lock"}).json["id"]
    answer = guard.get(f"/gates/commands/{command}")
    tap.check(answer.status == 404 or [o["gate"]["id"] for o in answer.json["outcomes"]] == [min(ours)], "of somebody's command only one's own gates are told", answer)
    tap.check(answer.status == 404 or sum(answer.json["counts"].values()) == 1, "and counted", answer)


def organisation(tap, site, contract):
    guard = STATE["guard"]
    compare(tap, "/management-groups", "management_groups", lambda m: m["id"] in STATE["groups"])
    for row in guard.get("/management-groups").json["management_groups"]:
        counted = sum(STATE["gates"][g]["management_group"]["id"] == row["id"] for g in STATE["ours"])
        tap.check(row["gates"] == counted, f"management group {row['id']} counts its gates", row)
    compare(tap, "/departments", "departments", lambda d: d["id"] in STATE["tree"])
    answer = guard.get("/departments", headers={"Accept": "text/csv"})
    lines = list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"))))
    tap.check(len(lines) - 1 == len(STATE["tree"]) and not leaks(answer), "departments as CSV", (len(lines), leaks(answer)))
    members = {y["id"]: {g["id"] for g in STATE["boss"].get(f"/gate-groups/{y['id']}").json["members"]} for y in whole("/gate-groups", "gate_groups")}
    rows = compare(tap, "/gate-groups", "gate_groups", lambda y: members[y["id"]] & STATE["ours"] or not members[y["id"]])[1]
    for row in rows:
        one = guard.get(f"/gate-groups/{row['id']}")
        tap.check(one.json["gates"] == len(one.json["members"]) and {g["id"] for g in one.json["members"]} == members[row["id"]] & STATE["ours"] and one.json["editable"] == (members[row["id"]] <= STATE["ours"]) and not leaks(one),
                  f"gate group {row['id']}: its gates in scope, editable only when all are", one)
    tags = [c.get(p).headers["ETag"] for c in (guard, STATE["boss"]) for p in ("/departments", "/management-groups", "/gate-groups", "/buildings")]
    tap.check(len(set(tags[:4]) & set(tags[4:])) == 0, "ETags of two scopes differ", tags)
    tap.check(guard.get("/departments", headers={"If-None-Match": tags[4]}).status == 200, "who sees everything has not the same list as the branch")


def cardholders(tap, site, contract):
    staff, guard = STATE["staff"], STATE["guard"]
    for sort in ("employee_number", "kana"):
        compare(tap, f"/cardholders?limit=7&sort={sort}", "cardholders", lambda c: c["id"] in staff, OF_PERMITS)
        anchors = guard.get(f"/cardholders/anchors?step=10&sort={sort}")
        listed = [c["id"] for c in whole(f"/cardholders?limit=100&sort={sort}", "cardholders", guard)]
        starts = [guard.get(f"/cardholders?limit=1&sort={sort}&after={urllib.parse.quote(a)}").json["cardholders"] for a in anchors.json["anchors"]]
        tap.check(anchors.json["total"] == len(staff) and [s[0]["id"] for s in starts if s] == listed[10::10] and not leaks(anchors), f"anchors by {sort}", anchors)
    for query in ("q=" + urllib.parse.quote("人"), "enabled=true", "q=0", f"gate={min(STATE['ours'])}", "valid_at=2026-11-01T00:00:00Z"):
        compare(tap, f"/cardholders?limit=100&{query}", "cardholders", lambda c: c["id"] in staff, OF_PERMITS)
    out = STATE["people"][STATE["went"]]
    for query in ("q=" + urllib.parse.quote(PERSON), f"q={out['employee_number']}", f"card={out['cards'][0]['card_number']}", f"department={out['department']['id']}", f"gate={STATE['moved']}"):
        answer = guard.get(f"/cardholders?{query}")
        tap.check(answer.json["cardholders"] == [] and answer.json["total"] == 0 and not leaks(answer), f"/cardholders?{query}: nobody", answer)
        tap.check(guard.get(f"/cardholders/anchors?{query}&step=10").json["total"] == 0, f"/cardholders/anchors?{query}: nobody")
    wrong = [i for i in STATE["people"] if (guard.get(f"/cardholders/{i}").status == 200) != (i in staff)]
    tap.check(not wrong, "each person in detail, or not there", wrong)
    wrong = []
    for i in STATE["people"]:
        one, all_of = guard.get(f"/permits?cardholder={i}"), STATE["boss"].get(f"/permits?cardholder={i}").json["permits"]
        if [p["id"] for p in one.json["permits"]] != [p["id"] for p in all_of if i in staff] or leaks(one, OF_PERMITS):
            wrong.append((i, one))
        for p in one.json["permits"]:
            reached = {p["gate"]["id"]} if p["gate"] else {g["id"] for g in STATE["boss"].get(f"/gate-groups/{p['gate_group']['id']}").json["members"]}
            if p["editable"] != (reached <= STATE["ours"]):
                wrong.append(p)
    tap.check(not wrong, "permits of the branch's persons and of nobody else, editable where every gate is in scope", wrong[:3])
    for accept in ("text/csv",):
        answer = guard.get("/cardholders", headers={"Accept": accept})
        lines = list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"))))
        numbers = {line[0] for line in lines[1:]}
        tap.check(numbers == {STATE["people"][i]["employee_number"] for i in staff} and not leaks(answer, OF_PERMITS), "cardholders as CSV", (len(numbers), leaks(answer, OF_PERMITS)))


def history(tap, site, contract):
    """Rows by gate; a controller's own by any gate of it. Names of persons are shown as they were, without an id to follow when they are not in scope (DESIGN 6)."""
    ours, guard, shown = STATE["ours"], STATE["guard"], (PERSON, DEPARTMENT)

    def belongs(e):
        return e["gate"]["id"] in ours if e["gate"] else e["controller"]["id"] in STATE["controllers"]

    for category in ("access", "alarm", "operation", "management"):
        rows = compare(tap, f"/history/{category}?limit=40", "events", belongs, shown)[1]
        linked = {e["cardholder"]["id"] for e in rows if e["cardholder"] and e["cardholder"].get("id")}
        tap.check(linked <= STATE["staff"], f"{category}: only persons in scope can be followed", linked - STATE["staff"])
        answer = guard.get(f"/history/{category}", headers={"Accept": "text/csv"})
        lines = list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"))))
        tap.check([line[-1] for line in lines[1:]] == [e["id"] for e in rows] and not leaks(answer, shown), f"{category} as CSV: the same events", (len(lines), len(rows), leaks(answer, shown)))
    theirs = sorted(set(STATE["gates"]) - ours)
    for query in (f"gate={theirs[0]}", f"management_group={worlds.GROUP_OUT}", "&".join(f"gate={g}" for g in theirs)):
        tap.check(guard.get(f"/history/access?{query}").json["events"] == [], f"history of {query[:30]} is empty")
    for query in (f"cardholder={STATE['passer'][1]}", "q=" + urllib.parse.quote(PERSON), f"department={STATE['people'][STATE['passer'][1]]['department']['id']}", "kind=unknown_card", "kind=entry"):
        compare(tap, f"/history/access?limit=40&{query}", "events", belongs, shown)
    every = [e for e in whole("/history/access", "events") if belongs(e)]
    sums = {"entry": sum(e["kind"] in ("entry", "first_in") for e in every), "exit": sum(e["kind"] in ("exit", "last_out") for e in every), "refused": sum(e["kind"] == "unknown_card" for e in every)}
    answer = guard.get("/history/plots/passages-per-hour")
    tap.check({k: sum(b[k] for b in answer.json["buckets"]) for k in sums} == sums, f"passages drawn: {sums}", answer)
    raised = {}
    for e in whole("/history/alarm", "events"):
        if belongs(e) and e["raised"]:
            raised[e["gate"] and e["gate"]["id"]] = raised.get(e["gate"] and e["gate"]["id"], 0) + 1
    answer = guard.get("/history/plots/alarms-per-gate")
    tap.check({g["gate"] and g["gate"]["id"]: g["total"] for g in answer.json["gates"]} == raised and not leaks(answer), "alarms drawn", (answer, raised))
    rows = compare(tap, "/alarms?limit=5", "alarms", lambda a: a["gate"]["id"] in ours if a["gate"] else a["controller"]["id"] in STATE["controllers"])[1]
    answer = guard.get("/alarms").json
    tap.check(answer["open"] == sum(a["cleared_at"] is None for a in rows) and answer["unacknowledged"] == sum(a["acknowledged_at"] is None for a in rows), "alarms counted", answer)


def live(tap, site, contract):
    world, life, ours = STATE["world"], STATE["life"], STATE["ours"]
    streams = [live_test.Stream(site, c.cookie) for c in (STATE["boss"], STATE["guard"])]
    for stream in streams:
        stream.wait_for("hello")
    out = sorted(set(STATE["gates"]) - ours)
    for gate in (out[0], STATE["moved"], min(ours)):
        life.events(gate, [101])
        life.events(gate, [203], flags=2)
        life.state(gate, 2)
        STATE["boss"].post("/gates/commands", {"gates": [gate], "command": "lock"})
    streams[0].wait_for("command", 3)
    streams[1].wait_for("command", 1)
    time.sleep(0.5)

    def gate_of(kind, data):
        return data["id"] if kind == "gate" else data["gate"]["id"] if data.get("gate") else None

    told = [[(k, gate_of(k, d)) for k, d, _, _ in s.events if k not in ("hello", "reset", "transfer", "system_alarm")] for s in streams]
    wanted = sorted(t for t in told[0] if t[1] in ours)
    tap.check(sorted(told[1]) == wanted and len(wanted) >= 4 and len(told[0]) > len(wanted), f"the stream tells {len(wanted)} of {len(told[0])}", told)
    text = "".join(json.dumps(d, ensure_ascii=False) for _, d, _, _ in streams[1].events)
    tap.check(not [m for m in (GATE, GROUP, CONTROLLER) if m in text], "and no name of a gate from outside", text)
    for stream in streams:
        stream.close()
    tap.check(world is not None, "streams end")


def transfers(tap, site, contract):
    guard = STATE["guard"]
    site.psql("INSERT INTO kidoban.job (kind, controller_id, stream, state) SELECT 'permit_transfer', id, 1, 'done' FROM kidoban.controller")
    compare(tap, "/transfers?limit=5", "transfers", lambda t: t["controller"] and t["controller"]["id"] in STATE["controllers"], (GATE,) if False else ())
    for t in whole("/transfers", "transfers"):
        seen = t["controller"] is not None and t["controller"]["id"] in STATE["controllers"]
        answer = guard.get(f"/transfers/{t['id']}")
        if (answer.status == 200) != seen or leaks(answer):
            tap.check(False, f"transfer {t['id']}", answer)
        for act in ("stop", "repeat") if not seen else ():
            answer = guard.post(f"/transfers/{t['id']}/{act}", None)
            if answer.status != 404 or leaks(answer):
                tap.check(False, f"transfer {t['id']}: {act}", answer)
    for gate in (STATE["moved"], min(STATE["ours"])):
        tap.check((len(guard.get(f"/transfers?gate={gate}").json["transfers"]) > 0) == (gate in STATE["ours"]), f"transfers of gate {gate}")
    for i in sorted(STATE["people"])[:20]:
        answer, all_of = guard.get(f"/cardholders/{i}/proof"), STATE["boss"].get(f"/cardholders/{i}/proof").json
        if i not in STATE["staff"]:
            good = answer.status == 404
        else:
            good = answer.json["concerned"] == all_of["concerned"] and all(
                [g["gate"]["id"] for g in answer.json[k]] == [g["gate"]["id"] for g in all_of[k] if g["gate"]["id"] in STATE["ours"]] for k in ("confirmed", "exposed", "pending"))
        if not good or leaks(answer):
            tap.check(False, f"proof of {i}", (answer, leaks(answer)))
    tap.check(True, "proof: gates in scope are named, all are counted")


def explanations(tap, site, contract):
    guard, boss = STATE["guard"], STATE["boss"]
    wrong = []
    for gate in STATE["gates"]:
        answer = guard.get(f"/explanations/gate?gate={gate}&limit=100")
        if gate not in STATE["ours"]:
            good = answer.status == 404
        else:
            all_of = whole(f"/explanations/gate?gate={gate}&limit=100", "cardholders")
            mine = whole(f"/explanations/gate?gate={gate}&limit=100", "cardholders", guard)
            good = [p["cardholder"]["id"] for p in mine] == [p["cardholder"]["id"] for p in all_of if p["cardholder"]["id"] in STATE["staff"]]
        if not good or leaks(answer):
            wrong.append((gate, answer, leaks(answer)))
    tap.check(not wrong, "who could pass: gates and persons in scope", wrong[:2])
    wrong = []
    for i in sorted(STATE["people"])[:25]:
        answer = guard.get(f"/explanations/cardholder?cardholder={i}")
        if i not in STATE["staff"]:
            good = answer.status == 404
        else:
            all_of = boss.get(f"/explanations/cardholder?cardholder={i}").json["gates"]
            good = [g["gate"]["id"] for g in answer.json["gates"]] == [g["gate"]["id"] for g in all_of if g["gate"]["id"] in STATE["ours"]]
        if not good or leaks(answer):
            wrong.append((i, answer, leaks(answer)))
    tap.check(not wrong, "what somebody could open: persons and gates in scope", wrong[:2])
    for e in [e for e in whole("/history/access", "events") if e["cardholder"] or e["kind"] == "unknown_card"]:
        answer = guard.get(f"/explanations?event={e['id']}&t={e['t']}")
        if e["gate"]["id"] not in STATE["ours"] and answer.status != 404:
            tap.check(False, "why, of an event out of scope", (e, answer))
        if leaks(answer, (PERSON,)) or (answer.status == 200 and answer.json["cardholder"] and answer.json["cardholder"].get("id") not in STATE["staff"] | {None}):
            tap.check(False, "why: somebody out of scope is explained", (e, answer))
    tap.check(True, "why, of every event: only of gates in scope")


def change_history(tap, site, contract):
    guard, boss = STATE["guard"], STATE["boss"]
    seen = {s["revision"]: s for s in whole("/change-sets", "change_sets", guard)}
    every = {s["revision"]: s for s in whole("/change-sets", "change_sets")}
    came_from = {c["id"]: c for c in STATE["people"].values()}
    wrong, rows = [], 0
    for revision, act in every.items():
        answer = guard.get(f"/change-sets/{revision}")
        if (answer.status == 200) != (revision in seen):
            wrong.append((revision, answer))
        if answer.status != 200:
            if leaks(answer):
                wrong.append((revision, leaks(answer)))
            continue
        changes, all_of = whole(f"/change-sets/{revision}", "changes", guard), {(c["table"], c["id"]): c for c in whole(f"/change-sets/{revision}", "changes")}
        rows += len(changes)
        counted = {}
        for change in changes:
            counted[change["table"]] = counted.get(change["table"], 0) + 1
            if (change["table"], change["id"]) not in all_of:
                wrong.append((revision, change))
            table, i = change["table"], change["id"]
            out = {"cardholder": lambda i=i: i not in STATE["staff"] and i != STATE["went"], "department": lambda i=i: i not in STATE["tree"], "gate": lambda i=i: i not in STATE["ours"],
                   "management_group": lambda i=i: i not in STATE["groups"], "controller": lambda i=i: i not in STATE["controllers"]}.get(table)
            if out is not None and i in came_from | STATE["gates"] and out():
                wrong.append((revision, change))
            allowed = OF_PERMITS if table == "permit" else ()
            marks = [m for m in ALL if m in json.dumps(change, ensure_ascii=False) and m not in allowed]
            if marks:
                wrong.append((revision, marks, change))
        if {t: sum(c.values()) for t, c in act["counts"].items() if t in counted} != {} and {t: sum(c.values()) for t, c in seen[revision]["counts"].items()} != counted:
            wrong.append((revision, seen[revision]["counts"], counted))
    tap.check(not wrong and rows > 20, f"change history: {len(seen)} acts of {len(every)}, {rows} rows, none from outside", "\n".join(map(str, wrong[:4])))
    answer = guard.get("/change-sets", headers={"Accept": "text/csv"})
    tap.check(not leaks(answer), "change history as CSV", leaks(answer))
    for revision in list(seen)[:12]:
        found = leaks(guard.get(f"/change-sets/{revision}", headers={"Accept": "text/csv"}), OF_PERMITS)
        if found:
            tap.check(False, f"change set {revision} as CSV", found)
    for subject, identity in (("cardholder", STATE["went"]), ("gate", STATE["moved"]), ("department", STATE["world"].outside["department"]), ("management_group", worlds.GROUP_OUT)):
        answer = guard.get(f"/change-sets?subject={subject}&subject_id={identity}")
        details = [leaks(guard.get(f"/change-sets/{s['revision']}"), OF_PERMITS) for s in answer.json["change_sets"]] if answer.status == 200 else []
        tap.check(not leaks(answer) and not any(details), f"changes of a {subject} out of scope tell no name", (answer, details))
    tap.check(boss is not None, "change history ends")


def writing(tap, site, contract):
    """Whatever is tried on what is out of scope, is refused and names nothing."""
    world, guard = STATE["world"], STATE["guard"]
    inside, outside = world.inside, world.outside
    them, us = STATE["people"][outside["cardholder"]], STATE["people"][inside["cardholder"]]
    before = world.fingerprint()
    person = {"name": "x", "department": inside["department"]}
    tag = {p: world.if_match(p, inside[k])["If-Match"] for p, k in (("/gates/{id}", "gate"), ("/cardholders/{id}", "cardholder"), ("/departments/{id}", "spare_department"),
                                                                    ("/gate-groups/{id}", "gate_group"), ("/permits/{id}", "permit"))}
    foreign_permit = next(p for p in STATE["boss"].get(f"/permits?cardholder={STATE['came']}").json["permits"]
                          if p["gate_group"] and not {g["id"] for g in STATE["boss"].get(f"/gate-groups/{p['gate_group']['id']}").json["members"]} <= STATE["ours"])
    mixed_group = next(y["id"] for y in whole("/gate-groups", "gate_groups")
                       if 0 < len({g["id"] for g in STATE["boss"].get(f"/gate-groups/{y['id']}").json["members"]} & STATE["ours"]) < len(STATE["boss"].get(f"/gate-groups/{y['id']}").json["members"]))
    tries = [
        ("a number that is taken outside", "POST", "/cardholders", {**person, "employee_number": them["employee_number"]}, None, (409,)),
        ("a card that is taken outside", "POST", "/cardholders", {**person, "employee_number": "NEW-1", "card_number": them["cards"][0]["card_number"]}, None, (409,)),
        ("a department outside", "POST", "/cardholders", {**person, "employee_number": "NEW-2", "department": outside["department"]}, None, (422,)),
        ("a person into a department outside", "PATCH", f"/cardholders/{inside['cardholder']}", {"department": outside["department"]}, tag["/cardholders/{id}"], (422,)),
        ("a person outside", "PATCH", f"/cardholders/{outside['cardholder']}", {"name": "x"}, '"0"', (404,)),
        ("a card from outside", "POST", f"/cardholders/{inside['cardholder']}/reissue", {"card_number": them["cards"][0]["card_number"]}, tag["/cardholders/{id}"], (409, 422)),
        ("many, by a search for everybody", "POST", "/cardholders/bulk", {"filter": {}, "expected_count": len(STATE["people"]), "delete": True}, None, (409,)),
        ("many, ids of both", "POST", "/cardholders/bulk", {"cardholders": [inside["cardholder"], outside["cardholder"]], "expected_count": 2, "delete": True}, None, (409,)),
        ("many into a department outside", "POST", "/cardholders/bulk", {"cardholders": [us["id"]], "expected_count": 1, "change": {"department": outside["department"]}}, None, (422,)),
        ("many to a gate outside", "POST", "/cardholders/bulk", {"cardholders": [us["id"]], "expected_count": 1, "change": {"permits_add": [{"gate": outside["gate"]}]}}, None, (422,)),
        ("many to a mixed group", "POST", "/cardholders/bulk", {"cardholders": [us["id"]], "expected_count": 1, "change": {"permits_add": [{"gate_group": mixed_group}]}}, None, (403,)),
        ("a permit through a mixed group", "POST", "/permits", {"cardholders": [us["id"]], "gate_group": mixed_group}, None, (403,)),
        ("a permit through a group outside", "POST", "/permits", {"cardholders": [us["id"]], "gate_group": outside["gate_group"]}, None, (422,)),
        ("a permit that reaches outside", "PATCH", f"/permits/{foreign_permit['id']}", {"pass_level": 7}, '"%d"' % foreign_permit["revision"], (403,)),
        ("a permit that reaches outside, away", "DELETE", f"/permits/{foreign_permit['id']}", None, '"%d"' % foreign_permit["revision"], (403,)),
        ("a gate into a group outside", "PATCH", f"/gates/{inside['gate']}", {"management_group": worlds.GROUP_OUT}, tag["/gates/{id}"], (422, 403, 404)),
        ("a gate outside", "PATCH", f"/gates/{outside['gate']}", {"name": "x"}, '"0"', (404,)),
        ("gates of both", "POST", "/gates/commands", {"gates": [inside["gate"], outside["gate"]], "command": "unlock"}, None, (404,)),
        ("a gate group outside", "POST", "/gates/commands", {"gate_group": outside["gate_group"], "command": "unlock"}, None, (404,)),
        ("a management group outside", "POST", "/gates/lockdown", {"management_group": worlds.GROUP_OUT, "comment": "x"}, None, (404,)),
        ("a department under one outside", "PATCH", f"/departments/{inside['spare_department']}", {"parent": outside["department"]}, tag["/departments/{id}"], (422, 403)),
        ("a department to the top", "PATCH", f"/departments/{inside['spare_department']}", {"parent": None}, tag["/departments/{id}"], (422, 403)),
        ("a department at the top", "POST", "/departments", {"code": "TOP", "name": "x"}, None, (422, 403)),
        ("a code that is taken outside", "POST", "/departments", {"parent": inside["department"], "code": outside["code"], "name": "x"}, None, (409,)),
        ("the branch itself, elsewhere", "PATCH", f"/departments/{world.branch}", {"parent": inside["department"]}, world.if_match("/departments/{id}", world.branch)["If-Match"], (422, 409, 403)),
        ("a name that a management group outside has", "PATCH", f"/management-groups/{inside['spare_management_group']}", {"name": STATE["gates"][outside["gate"]]["management_group"]["name"]},
         world.if_match("/management-groups/{id}", inside["spare_management_group"])["If-Match"], (409,)),
        ("a name that a gate group outside has", "POST", "/gate-groups", {"name": STATE["boss"].get(f"/gate-groups/{outside['gate_group']}").json["name"], "gates": []}, None, (409,)),
        ("a gate group with gates outside", "PUT", f"/gate-groups/{inside['gate_group']}/gates", {"gates": [inside["gate"], outside["gate"]]}, tag["/gate-groups/{id}"], (422,)),
        ("a mixed gate group", "PUT", f"/gate-groups/{mixed_group}/gates", {"gates": [inside["gate"]]}, world.if_match("/gate-groups/{id}", mixed_group)["If-Match"], (403,)),
        ("a mixed gate group, away", "DELETE", f"/gate-groups/{mixed_group}", None, world.if_match("/gate-groups/{id}", mixed_group)["If-Match"], (403,)),
        ("a preview of a mixed gate group", "PUT", f"/gate-groups/{mixed_group}/gates?preview=true", {"gates": [inside["gate"]]}, world.if_match("/gate-groups/{id}", mixed_group)["If-Match"], (403,)),
        ("an alarm of both", "POST", "/alarms/acknowledge", {"alarms": [inside["alarm"], outside["alarm"]], "comment": "x"}, None, (404,)),
        ("a transfer of both", "POST", "/transfers", {"kind": "permits", "gates": [inside["gate"], outside["gate"]]}, None, (404,)),
        ("to undo what touches both", "POST", f"/change-sets/{STATE['world'].outside['undone']}/undo", {"skip_changed": True}, None, (403, 404)),
    ]
    for name, method, path, body, match, statuses in tries:
        answer = guard.ask(method, path, body, headers={"If-Match": match} if match else None)
        asked = [m for m in ALL if m in json.dumps(body or "", ensure_ascii=False)]
        tap.check(answer.status in statuses and not leaks(answer, asked), f"{name}: {statuses}", (answer, leaks(answer)))
    tap.check(world.fingerprint() == before, "and nothing was changed")
    # To a mixed group a command goes as far as the scope does.
    answer = guard.post("/gates/commands", {"gate_group": mixed_group, "command": "lock"})
    tap.check(answer.status in (403, 404) or {o["gate"]["id"] for o in answer.json["outcomes"]} <= STATE["ours"], "a command to a mixed gate group reaches no gate outside", answer)
    reached = site.value(f"SELECT count(*) FROM kidoban.command WHERE operator_id = {STATE['guard_id']} AND gate_id NOT IN ({','.join(map(str, STATE['ours']))})")
    tap.check(reached == "0", "no gate outside was ever commanded by the branch", reached)


def own_things(tap, site, contract):
    guard, boss = STATE["guard"], STATE["boss"]
    boss.post("/saved-searches", {"screen": "gates", "name": "外の検索", "search": {"q": PERSON}})
    answer = guard.get("/saved-searches")
    tap.check(answer.json["saved_searches"] == [] and not leaks(answer), "saved searches are one's own", answer)
    them, us = STATE["people"][STATE["world"].outside["cardholder"]], STATE["people"][STATE["world"].inside["cardholder"]]
    outside = STATE["world"].outside
    lines = ["employee_number,name,department_code,card_number,permits", f"{them['employee_number']},y,,,", f"{us['employee_number']},y,{outside['code']},,", f"{us['employee_number']}x,y,,{them['cards'][0]['card_number']},",
             f"NEW9,y,{STATE['world'].inside['code']},{them['cards'][0]['card_number']},", f"{STATE['people'][STATE['came']]['employee_number']},,,,gate:{STATE['gates'][outside['gate']]['name'][:1]}x@1"]
    for mode in ("upsert", "update", "delete"):
        answer = guard.ask("POST", f"/imports?kind=cardholders&mode={mode}", ("\n".join(lines if mode != "delete" else ["employee_number", them["employee_number"]]) + "\n").encode(),
                           headers={"Content-Type": "text/csv"})
        found = web.wait(lambda a=answer: (lambda i: i if i["state"] in ("previewed", "failed") else None)(guard.get(f"/imports/{a.json['id']}").json), 20)
        rows = guard.get(f"/imports/{answer.json['id']}/rows?limit=100")
        result = guard.get(f"/imports/{answer.json['id']}/result")
        theirs = [r for r in rows.json["rows"] if r["key"] == them["employee_number"]]
        tap.check(found and found["state"] == "previewed" and theirs and theirs[0]["status"] == "error" and not leaks(rows) and not leaks(result),
                  f"a file ({mode}) with what is outside: an error that names nothing", (found, rows, leaks(rows), leaks(result)))
    theirs = boss.ask("POST", "/imports?kind=cardholders&mode=update", f"employee_number,name\n{them['employee_number']},{PERSON}\n".encode(), headers={"Content-Type": "text/csv"}).json["id"]
    web.wait(lambda: boss.get(f"/imports/{theirs}").json["state"] == "previewed", 20)
    tap.check([guard.get(f"/imports/{theirs}{p}").status for p in ("", "/rows", "/result")] == [404] * 3 and theirs not in [i["id"] for i in guard.get("/imports").json["imports"]],
              "somebody else's import is not there")


def by_statement(tap, site, contract):
    """No list of the API asks a table that is out of the policies' reach: each table that a web program may read has row-level security, or is the same for all."""
    rows = site.rows("""SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity FROM pg_class c
        WHERE c.relnamespace = 'kidoban'::regnamespace AND c.relkind IN ('r', 'p') AND EXISTS (SELECT FROM pg_roles r WHERE pg_has_role(r.oid, 'kidoban_web', 'MEMBER')
          AND r.rolname LIKE 'kidoban\\_%' AND r.rolname NOT IN ('kidoban_web', 'kidoban_owner') AND has_table_privilege(r.oid, c.oid, 'SELECT'))""")
    free = {r[0] for r in rows if r[1] != "t"}
    common = {"edition", "setting", "code", "event_category", "history_part"}
    tap.check(free <= common, "tables without policies hold only what is the same for everybody", free - common)
    views = site.rows("""SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'kidoban'::regnamespace AND c.relkind IN ('v', 'm')
        AND NOT coalesce('security_invoker=true' = ANY (c.reloptions), false)
        AND EXISTS (SELECT FROM pg_roles r WHERE pg_has_role(r.oid, 'kidoban_web', 'MEMBER') AND NOT r.rolsuper AND r.rolname <> 'kidoban_owner' AND has_table_privilege(r.oid, c.oid, 'SELECT'))""")
    tap.check(not views, "views ask with the rights of who reads them", views)
    tap.check(re.match(r"^\d+$", site.value("SELECT count(*) FROM pg_policies")), "there are policies")


if __name__ == "__main__":
    web.run(setting_up, gates, organisation, cardholders, history, live, transfers, explanations, change_history, writing, own_things, by_statement,
            gates=16, cardholders=80, components=COMPONENTS)
