"""The whole matrix (A-2, A-3, U-2): every route x every function at none, view and edit x in and out of scope x nobody, each answer compared
with oracle.py. Then the same of programs that do not check rights themselves: the database refuses alone. Prints TAP."""
import concurrent.futures
import os
import re
import time

import cases as all_cases
import oracle
import private_site
import web
import world as worlds
from straight import Straight

STATE = {}  # what the tests hand on: world, operators, cases


def rights(role, given):
    """The effective rights by A-2; here none is fixed, so that every level of every function can be tried (see fixed_cells)."""
    return {f: given.get(f, oracle.DEFAULTS[f][0 if role == "general" else 1]) for f in oracle.FUNCTIONS}


def crowd(world):
    """Two operators of the branch for each function and level: who has that alone, and who has everything else."""
    wanted = []
    for base in ("none", "edit"):
        for function in oracle.FUNCTIONS:
            for level in oracle.LEVELS:
                if level != base:
                    given = dict.fromkeys(oracle.FUNCTIONS, base) | {function: level}
                    wanted.append((f"{function} {level}, others {base}", "general", given, [*worlds.GROUPS_IN, world.inside["spare_management_group"]], [world.branch]))
        wanted.append((f"all {base}", "general", dict.fromkeys(oracle.FUNCTIONS, base), [*worlds.GROUPS_IN, world.inside["spare_management_group"]], [world.branch]))
    return world.operators(wanted, rights)


def own_things(world, ids):
    """Imports and a saved search of each of these operators' own."""
    values = [(o, kind, state) for o in ids for kind in ("cardholders", "departments") for state in ("previewed", "done")]
    world.site.psql("INSERT INTO kidoban.import (kind, mode, encoding, blank, state, operator_id) VALUES "
                    + ",".join(f"('{k}', 'upsert', 'auto', 'keep', '{s}', {o})" for o, k, s in values) + ";"
                    "INSERT INTO kidoban.saved_search (operator_id, screen, name, search) VALUES " + ",".join(f"({o}, 'gates', 'own', '{{}}')" for o in ids))
    world.imports = {(int(r[0]), r[1], r[2]): int(r[3]) for r in world.site.rows("SELECT operator_id, kind, state, min(id) FROM kidoban.import GROUP BY 1, 2, 3")}
    world.searches = {int(r[0]): int(r[1]) for r in world.site.rows("SELECT operator_id, id FROM kidoban.saved_search WHERE name = 'own'")}


def nothing_in(value, besides):
    """True when an answer tells of nothing: no row, no count above zero. besides: members that say nothing of what was asked for."""
    if isinstance(value, dict):
        return all(nothing_in(v, besides) for k, v in value.items() if k not in besides)
    if isinstance(value, list):
        return all(nothing_in(v, besides) for v in value) if value and all(isinstance(v, dict) and "t" in v for v in value) else not value
    return value in (None, 0, False, "")


def tells_nothing(answer, besides=("from", "to", "t", "now", "next", "complete")):
    if answer.type == "text/csv":
        return answer.body.count(b"\n") <= 1  # the heading
    return answer.type == "application/json" and nothing_in(answer.json, besides)


def refused(answer, method):
    """By the database alone: it does not let do it, does not know it, or there is nothing to see."""
    return answer.status in (403, 404) or (method == "GET" and answer.status == 200 and tells_nothing(answer))


def every(world, run, case, operators, make):
    """The case's request of each operator, four at a time."""
    program = world.routes[case.method, case.pattern][0]

    def one(operator):
        request = make(world, operator)
        return operator, Straight(run, world.routes, operator.cookie).ask(program, case.method, request.path, request.body, request.headers)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return list(pool.map(one, operators))


def is_status(answer, wanted):
    if wanted == "nothing":  # alarms are counted in the whole scope, whatever is filtered by
        return answer.status == 200 and tells_nothing(answer, ("from", "to", "t", "now", "next", "complete", "open", "unacknowledged"))
    return answer.status in wanted if isinstance(wanted, tuple) else answer.status == wanted


def is_refused(answer, case, operator, checked):
    """By the program: 403. One that lets pass for one of two functions leaves it to the database which of them this needs."""
    if not checked:
        return refused(answer, case.method)
    return answer.status == 403 or (answer.status == 404 and oracle.allowed(operator.rights, oracle.ROUTES[case.method, case.pattern]))


def try_case(tap, world, run, case, operators, checked):
    """One route: who may not, then who may, then of what is out of scope. Without the program's check only who may not is asked: the
    others have had the answers of the same database already. Returns how many answers were compared."""
    started = time.monotonic()
    operators = operators if isinstance(case.need, tuple) else operators[::12]  # rights do not matter
    may = [o for o in operators if oracle.allowed(o.rights, case.need)]
    may_not = [o for o in operators if not oracle.allowed(o.rights, case.need)]
    wrong, asked = [], 0
    before = world.fingerprint() if case.method != "GET" else None
    for make in (case.real, case.out):
        if make is None or (checked and make is case.out):  # who lacks the right is refused before what it is about is looked for
            continue
        answers = every(world, run, case, may_not, make)
        asked += len(answers)
        wrong += [f"{o}: {a}" for o, a in answers if not is_refused(a, case, o, checked)]
    if before is not None:
        after = world.fingerprint()
        if before != after:
            wrong.append("a refused write has changed something")
    answers = every(world, run, case, may if checked else [], case.calm)
    asked += len(answers)
    wrong += [f"{o} may: {a}" for o, a in answers if not is_status(a, 403 if case.whole else case.calm_status)]
    if checked and case.out is not None:
        answers = every(world, run, case, may, case.out)
        asked += len(answers)
        wrong += [f"{o}, out of scope: {a}" for o, a in answers if not is_status(a, case.out_status)]
    if time.monotonic() - started > 0.2 * asked:
        print(f"# {1000 * (time.monotonic() - started) / asked:.0f} ms an answer:", flush=True)
    tap.check(not wrong, f"{'' if checked else 'unchecked: '}{case}: {len(may)} may, {len(may_not)} may not, {asked} answers", "\n".join([str(len(wrong)), *wrong[:8]]))
    return asked


def prepare(site):
    world = worlds.World(site)
    site.psql("UPDATE kidoban.role_right SET fixed = false")
    world.etags, world.known_group = {}, site.value("SELECT name FROM kidoban.management_group WHERE id = 1")

    def keep_etag(pattern, side, kind):
        one = pattern.split("}")[0] + "}"
        place = world.inside if side == worlds.IN else world.outside
        world.etags[pattern, side] = world.if_match(one, place[kind])
        return world.etags[pattern, side]

    world.keep_etag = keep_etag
    # A change of a department that was changed again since.
    code = world.inside["spare_department"]
    first = world.create(f"/departments/{code}", {"name": "空課"}, "PATCH", pattern="/departments/{id}", headers=world.if_match("/departments/{id}", code))
    world.stale_department = world.inside["undone_department"]
    world.inside["undone_department"] = first["revision"]
    dummy, idle, guest = world.operators([(n, "general", dict.fromkeys(oracle.FUNCTIONS, "none"), [], []) for n in ("dummy", "idle", "guest")], rights)
    site.psql(f"UPDATE kidoban.session SET ended_at = now() WHERE operator_id = {idle.id}")
    sessions = [world.number(f"SELECT max(id) FROM kidoban.session WHERE operator_id = {o}") for o in (guest.id, world.boss.id)]
    world.dummy = {"operator": dummy.id, "idle": idle.id, "beyond": world.boss.id, "session": sessions[0], "beyond_session": sessions[1], "nothing": 999999999}
    if ("POST", "/controllers") in world.routes:
        world.board = "105000999"
        world.create("/controllers", {"name": "盤", "driver": "uhppote", "serial": world.board, "address": "127.99.2.1", "gates": [{"door": 1, "name": "盤の門", "management_group": 1}]})
        world.discovery = world.create("/controllers/discoveries", {"network": "127.99.0.1"})["id"]
    operators = crowd(world)
    if b"__asan" in (site.build / "cgi-bin/gates/gates").read_bytes():
        operators = operators[:-1:7] + operators[-1:]  # the sanitizer's build is for faults of memory, and slow
    own_things(world, [1, *[o.id for o in operators]])
    return world, operators


def every_route(tap, site, contract):
    world, operators = prepare(site)
    STATE.update(world=world, operators=operators, cases=all_cases.cases())
    known, asked = set(oracle.ROUTES), {(c.method, c.pattern) for c in STATE["cases"]}
    tap.check(set(world.routes) == known, "every route of the programs has a row in the oracle, and every row a route",
              sorted(set(world.routes) ^ known))
    tap.check(known == asked, "and every one is asked here", sorted(known ^ asked))
    # KIDOBAN_ROUTES=/gates: only routes with that in their path, for who works on them.
    STATE["cases"] = [c for c in STATE["cases"] if (c.method, c.pattern) in world.routes and os.environ.get("KIDOBAN_ROUTES", "") in c.pattern]


def anonymous(tap, site, contract):
    """Nobody, by Apache, as the world outside comes: so it is also known that Apache leads each route to its program."""
    world = STATE["world"]
    client = web.Client(site)
    wrong, asked = [], 0
    for case in STATE["cases"]:
        operator = STATE["operators"][0]
        for make in (case.real, case.out):
            for cookie in (None, "0" * 64):
                if make is None:
                    continue
                request, client.cookie = make(world, operator), cookie
                answer = client.ask(case.method, request.path.replace(" ", "%20"), request.body, request.headers)
                wanted = case.status if case.need == oracle.ANYBODY else 401
                asked += 1
                if answer.status != wanted or (wanted == 401 and answer.type != "application/problem+json"):
                    wrong.append(f"{case}: {answer}")
    tap.check(not wrong, f"nobody gets anything but 401, over Apache ({asked} answers)", "\n".join(wrong[:10]))


def matrix(tap, site, contract):
    started, asked = time.monotonic(), 0
    for case in STATE["cases"]:
        if case.pattern != "/session" or case.method != "DELETE":
            asked += try_case(tap, STATE["world"], site.run, case, STATE["operators"], True)
    print(f"# {asked} answers in {time.monotonic() - started:.0f} s", flush=True)


def unchecked(tap, site, contract):
    """The second lock alone."""
    run = worlds.start_unchecked(site)
    started, asked = time.monotonic(), 0
    for case in STATE["cases"]:
        if case.need not in (oracle.ANYBODY, oracle.OPERATOR) and case.pattern != "/live":
            asked += try_case(tap, STATE["world"], run, case, STATE["operators"], False)
    print(f"# {asked} answers in {time.monotonic() - started:.0f} s", flush=True)


def unchecked_stream(tap, site, contract):
    """A stream that nobody should have been given tells nothing: what is told to whom, the database says."""
    world, life = STATE["world"], web.life_of(site)
    lacking = [o for o in STATE["operators"] if not oracle.allowed(o.rights, oracle.ROUTES["GET", "/live"])]
    listeners = [*lacking[:4], next(o for o in STATE["operators"] if o.name == "all edit")]
    with concurrent.futures.ThreadPoolExecutor(len(listeners)) as pool:
        heard = [pool.submit(Straight(site.run / "u", world.routes, o.cookie).listen, "/live", 3) for o in listeners]
        time.sleep(1)
        life.events(world.inside["gate"], [101])
        life.events(world.inside["gate"], [203], flags=2)
        life.state(world.inside["gate"])
        told = [re.findall(r"^event: (\w+)", h.result().decode(), re.M) for h in heard]
    tap.check(all(set(t) <= {"hello", "reset"} for t in told[:-1]) and "access" in told[-1],
              "unchecked: a stream tells those without the right nothing, and those with it what happens", list(zip(listeners, told)))


def all_real(tap, site, contract):
    """What was refused above would have been done for who may: the requests are good ones. By who sees everything."""
    world = STATE["world"]
    boss = world.operators([("real", "system", {}, None, None)], rights)[0]
    own_things(world, [boss.id])
    for case in sorted(STATE["cases"], key=lambda c: 0 if "undo" in c.pattern else 1 + (c.method == "DELETE" or "delete" in c.name)):
        world.etags.clear()
        request = case.real(world, boss)
        answer = Straight(site.run, world.routes, boss.cookie).ask(world.routes[case.method, case.pattern][0], case.method, request.path, request.body, request.headers)
        tap.check(is_status(answer, case.status), f"{case} is {case.status} for who may", answer)


def fixed_cells(tap, site, contract):
    """The five functions with an asterisk are what the role says, whatever is written for the operator (A-2)."""
    site.psql("UPDATE kidoban.role_right SET fixed = function IN ('management_groups', 'departments', 'operators', 'calendar_transfer', 'change_history')")
    told = {(r[0], r[1]): (r[2], r[3] == "t") for r in site.rows("SELECT role, function, level, fixed FROM kidoban.role_right")}
    wanted = {(role, f): (row[i], row[2]) for f, row in oracle.DEFAULTS.items() for i, role in enumerate(("general", "system"))}
    tap.check(told == wanted, "defaults and fixed cells are those of A-2", sorted(set(told.items()) ^ set(wanted.items())))
    world = STATE["world"]
    fixed = [f for f in oracle.FUNCTIONS if oracle.DEFAULTS[f][2]]
    for role, index in (("general", 0), ("system", 1)):
        for function in fixed:
            for level in oracle.LEVELS:
                operator = world.operators([(f"{role} {function} {level}", role, {}, None, None)], rights)[0]
                try:
                    site.psql(f"INSERT INTO kidoban.operator_right VALUES ({operator.id}, '{function}', '{level}')")
                    tap.check(False, f"{function} {level} can not be given to a {role} administrator")
                except private_site.SiteError as error:
                    tap.check("can not be changed" in str(error), f"{function} {level} can not be given to a {role} administrator", error)
                # Even a row that got in by another way means nothing.
                site.psql(f"BEGIN; SET LOCAL session_replication_role = replica; INSERT INTO kidoban.operator_right VALUES ({operator.id}, '{function}', '{level}'); COMMIT;")
                answer = world.ask(world.as_(operator), "GET", "/session")
                tap.check(answer.json["rights"][function] == oracle.DEFAULTS[function][index], f"and would mean nothing: {role}, {function} {level}", answer)


def not_installed(tap, site, contract):
    """No installed program has the check left out."""
    mark = b"built without the check of rights"
    makefile = (site.build / "Makefile").read_text(encoding="utf-8")
    installed = set(re.search(r"^pkglibexec_PROGRAMS =((?:.*\\\n)*.*)", makefile, re.M).group(1).replace("\\\n", " ").replace("$(EXEEXT)", "").split())
    tap.check(installed >= {f"cgi-bin/{p}/{p}" for p in private_site.FASTCGI} and not any("unchecked" in p for p in installed), "the test programs are not installed", installed)
    for name in private_site.FASTCGI:
        tap.check(mark not in (site.build / "cgi-bin" / name / name).read_bytes(), f"{name} checks rights")
        tap.check(mark in (site.build / "tests/unchecked" / name / name).read_bytes(), f"the test program {name} does not")


if __name__ == "__main__":
    web.run(every_route, anonymous, matrix, unchecked, unchecked_stream, all_real, fixed_cells, not_installed, gates=16, cardholders=80, components=worlds.COMPONENTS)
