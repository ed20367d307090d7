"""What somebody hostile would try: sessions planted or kept, requests from other sites, guessed passwords, rights that were taken away, and text that is
meant to be run by a database, a browser or a spreadsheet. Prints TAP."""
import concurrent.futures
import csv
import io
import json
import re
import threading
import time
import urllib.parse

import cases as all_cases
import private_site
import rights_test
import web
import world as worlds
from straight import Straight

STATE = {}
FORM = "application/x-www-form-urlencoded"
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"
FORMULA = "=cmd|'/C calc'!A0"
# What SQL, a header, a path or a pattern would take for its own.
PAYLOADS = ("' OR '1'='1", "'; DROP TABLE kidoban.gate; --", "$1", "%", "_", "\\", "\\'; SELECT 1", "\"", "`", "{}", "%s%n", "../../etc/passwd", "x' UNION SELECT 1 --",
            "\u202e", "𠮷", "x\r\nSet-Cookie: a=b", "x\nX: y", "\u0000")
LEAKS = re.compile(rb"syntax error|kidoban\.|pg_|SELECT |PL/pgSQL|SQLSTATE|constraint|relation ", re.I)


def setting_up(tap, site, contract):
    world, operators = rights_test.prepare(site)
    STATE.update(world=world, cases=[c for c in all_cases.cases() if (c.method, c.pattern) in world.routes])
    STATE["boss"] = world.operators([("chief", "system", {}, None, None)], rights_test.rights)[0]
    rights_test.own_things(world, [STATE["boss"].id])
    tap.check(bool(operators), "a site with something of everything")


def fixation(tap, site, contract):
    """A session that the browser had before log-in is never the one after it."""
    web.add_operator(site, "fixed")
    client = web.Client(site, None, "ab" * 32)
    answer = client.login("fixed")
    tap.check(answer.status == 201 and client.cookie != "ab" * 32, "a planted token is not taken over", answer)
    tap.check(web.Client(site, None, "ab" * 32).get("/session").status == 401, "nor is it good for anything")
    cookies = answer.headers.get_all("Set-Cookie")
    tap.check(len(cookies) == 1 and web.TOKEN.match(cookies[0]), "the cookie is __Host-, Secure, HttpOnly, SameSite=Strict, for / and no domain", cookies)
    victim = web.Client(site, None)
    victim.login("fixed")
    old = victim.cookie
    web.add_operator(site, "intruder")
    victim.login("intruder")
    tap.check(victim.cookie != old and web.Client(site, None, old).get("/session").status == 401, "logging in as somebody else ends the session before")
    tokens = set()
    for _ in range(4):
        one = web.Client(site, None)
        one.login("fixed")
        tokens.add(one.cookie)
    tap.check(len(tokens) == 4, "every log-in has a token of its own")
    token = tokens.pop()
    for name, headers, path in (("without its prefix", {"Cookie": f"kidoban={token}"}, "/session"), ("as a bearer", {"Authorization": f"Bearer {token}"}, "/session"),
                                ("in a header", {"X-Kidoban": token, "__Host-kidoban": token}, "/session"), ("in upper case", {"Cookie": f"__Host-kidoban={token.upper()}x"}, "/session"),
                                ("twice", {"Cookie": f"__Host-kidoban={token}; __Host-kidoban={'0' * 64}"}, "/session")):
        tap.check(web.Client(site, None).get(path, headers=headers).status == 401, f"the token {name} is nothing")
    tap.check(web.Client(site, None).get(f"/gates?session={tokens.pop()}", checked=False).status == 401, "nor in the address")
    stored = site.value(f"SELECT count(*) FROM kidoban.session s WHERE s::text LIKE '%{token}%'")
    tap.check(stored == "0" and token not in "".join(p.read_text(errors="replace") for p in site.log.glob("*.log")), "the database and the logs do not know it")


def writes():
    return [c for c in STATE["cases"] if c.method != "GET"]


def other_sites(tap, site, contract):
    """Nothing that a page of another site can make a browser send is obeyed, on any route that writes; and reading never writes."""
    world, boss = STATE["world"], STATE["boss"]
    before, wrong, asked = world.fingerprint(), [], 0
    for case in writes():
        program = world.routes[case.method, case.pattern][0]
        upload = world.routes[case.method, case.pattern][1]["upload"]
        tries = [({"Sec-Fetch-Site": s}, 403) for s in ("cross-site", "same-site", "none", "SAME-ORIGIN", "same-origin, cross-site")]
        tries += [({"Content-Type": t, "Sec-Fetch-Site": s}, 415) for s in ("same-origin", None) for t in
                  (FORM, "multipart/form-data; boundary=x", "text/plain", "", "text/plain;application/json", "application/jsonx", "application/json" if upload else "text/csv")]
        for headers, wanted in tries:
            world.etags.clear()
            request = case.real(world, boss)
            every = {**(request.headers or {}), **({} if upload and "Content-Type" not in headers else {}), **headers}
            answer = Straight(site.run, world.routes, boss.cookie).ask(program, case.method, request.path, request.body, every)
            asked += 1
            if answer.status != wanted:
                wrong.append(f"{case} {headers}: {answer}")
    tap.check(not wrong, f"every write from another site is refused ({asked} tries on {len(writes())} acts)", "\n".join(wrong[:8]))
    tap.check(world.fingerprint() == before, "and nothing is changed by any of them")
    client = web.Client(site, None, boss.cookie)
    answer = client.ask("OPTIONS", "/gates/commands", headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST", "Content-Type": None}, checked=False)
    tap.check(answer.status == 405 and not any(h.lower().startswith("access-control") for h in answer.headers), "a preflight of another site is not granted", answer)
    for case in STATE["cases"]:
        if case.method == "GET" and case.pattern != "/live":
            request = case.real(world, boss)
            Straight(site.run, world.routes, boss.cookie).ask(world.routes[case.method, case.pattern][0], "GET", request.path, None, {"Sec-Fetch-Site": "cross-site"})
    tap.check(world.fingerprint() == before, "reading changes nothing, on any route")
    for case in writes():
        request = case.real(world, boss)
        Straight(site.run, world.routes, boss.cookie).ask(world.routes[case.method, case.pattern][0], "GET", request.path, request.body,
                                                          {**(request.headers or {}), "X-HTTP-Method-Override": case.method, "X-Method": case.method})
    tap.check(world.fingerprint() == before, "nor does GET with the method in a header")


def guesses(tap, site, contract):
    """Ten tries in 15 minutes an account, however they come; nobody else waits."""
    for name in ("victim", "flooded", "bystander", "spread"):
        web.add_operator(site, name)
    site.psql("DELETE FROM kidoban.login_failure")
    client = web.Client(site, None)
    found = [client.ask("POST", "/session", {"operator": "victim", "password": f"guess {i}"}, headers={"X-Forwarded-For": f"10.0.0.{i}", "X-Real-IP": f"10.1.0.{i}",
                        "Forwarded": f"for=10.2.0.{i}"}).status for i in range(12)]
    tap.check(found == [401] * 10 + [429] * 2, "ten guesses, then 429, whatever X-Forwarded-For says", found)
    answer = client.ask("POST", "/session", {"operator": "victim", "password": site.password}, headers={"X-Forwarded-For": "192.0.2.1"})
    tap.check(answer.status == 429 and int(answer.headers["Retry-After"]) > 0, "then the right password is refused too", answer)
    tap.check(site.value("SELECT count(*) FROM kidoban.login_failure") == "10", "refused tries do not make the wait longer")
    started = time.monotonic()
    alone = [web.Client(site).login("bystander").status for _ in range(3)]
    alone_s = (time.monotonic() - started) / 3

    def guess(i):
        return web.Client(site).login("flooded", f"guess {i}").status

    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        flood = [pool.submit(guess, i) for i in range(60)]
        time.sleep(0.2)
        started = time.monotonic()
        beside = web.Client(site).login("bystander")
        took = time.monotonic() - started
        statuses = [f.result() for f in flood]
    tap.check(statuses.count(401) <= 10 and statuses.count(429) >= 50 and set(statuses) <= {401, 429}, "sixty at once: ten are tried", {s: statuses.count(s) for s in set(statuses)})
    tap.check(alone == [201] * 3 and beside.status == 201 and took < max(5, 12 * alone_s), f"nobody else waits long: {alone_s:.2f} s alone, {took:.2f} s beside a flood", beside)
    stop, tried = threading.Event(), []

    def hammer():
        while not stop.is_set():
            tried.append(web.Client(site).login("flooded", "x").status)

    threads = [threading.Thread(target=hammer) for _ in range(8)]
    for thread in threads:
        thread.start()
    started = time.monotonic()
    beside = [web.Client(site).login("bystander").status for _ in range(3)]
    took = (time.monotonic() - started) / 3
    stop.set()
    for thread in threads:
        thread.join()
    tap.check(beside == [201] * 3 and set(tried) == {429} and took < max(3, 8 * alone_s), f"nor beside a locked account that is hammered: {took:.2f} s, {len(tried)} refused tries", beside)
    variants = ["spread", "spread ", " spread", "Spread", "SPREAD", "spread\u200b", "ｓｐｒｅａｄ"]
    for i in range(9):
        web.Client(site).login("spread", f"guess {i}")
    tap.check([web.Client(site).login(v).status for v in variants[1:]] == [401] * 4 + [400, 401], "a name that only looks alike is another name, or none")
    tap.check(web.Client(site).login("spread").status == 201, "after nine the right one still comes in")
    found = [web.Client(site).login("spread", f"guess {i}").status for i in range(11)]
    tap.check(found == [401] * 10 + [429], "and then the count begins anew", found)
    site.psql("DELETE FROM kidoban.login_failure")


PROBES = {"session": "/saved-searches", "gates": "/gates", "history": "/alarms", "cardholders": "/cardholders?limit=1", "organisation": "/gate-groups",
          "explanations": "/change-sets?limit=1", "transfers": "/transfers?limit=1", "imports": "/imports", "operators": "/operators", "system": "/system/log?limit=1"}


def everywhere(world, operator, site, wanted):
    """Asks every worker of every program now; the answers that are not as wanted (program → status)."""
    wrong = []
    for program in set(private_site.FASTCGI) - {"live"}:
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _, name=program: Straight(site.run, world.routes, operator.cookie).ask(name, "GET", PROBES[name]), range(12)))
        wrong += [f"{PROBES[program]}: {a}" for a in answers if a.status != wanted(program)]
    return wrong


def taken_away(tap, site, contract):
    """What is taken away is gone at the next request, in every worker of every program, and from the stream within a second."""
    import live_test  # pylint: disable=import-outside-toplevel
    world = STATE["world"]
    life = web.life_of(site)

    def somebody(name, role="general", given=None, groups=None, departments=None):
        return world.operators([(name, role, given or {}, groups, departments)], rights_test.rights)[0]

    def stream_of(operator):
        stream = live_test.Stream(site, operator.cookie)
        stream.wait_for("hello")
        return stream

    everything = dict.fromkeys(rights_test.oracle.FUNCTIONS, "edit")
    given = {f: level for f, level in everything.items()}
    # Rights.
    one = somebody("loses rights", given=given)
    stream = stream_of(one)
    late = everywhere(world, one, site, lambda p: 200)
    tap.check(not late, "with every right every program answers", "\n".join(late[:4]))
    site.psql(f"UPDATE kidoban.operator_right SET level = 'none' WHERE operator_id = {one.id}")
    started = time.monotonic()
    late = everywhere(world, one, site, lambda p: 403 if p != "session" else 200)
    tap.check(not late, "without, every worker refuses at once", "\n".join(late[:4]))
    time.sleep(max(0, 1 - (time.monotonic() - started)))
    seen = len(stream.events)
    life.events(world.inside["gate"], [101])
    life.state(world.inside["gate"], 2)
    time.sleep(1)
    tap.check(stream.ended_at is not None or all(e[0] in ("hello", "reset") for e in stream.events[seen:]), "and the stream tells nothing any more", stream.events[seen:])
    stream.close()
    # One function of two that the stream needs.
    one = somebody("loses history", given={"gates": "view", "history": "view"})
    stream = stream_of(one)
    site.psql(f"UPDATE kidoban.operator_right SET level = 'none' WHERE operator_id = {one.id} AND function = 'history'")
    time.sleep(1)
    life.events(world.inside["gate"], [101])
    life.state(world.inside["gate"], 1)
    stream.wait_for("gate", 1, 3)
    tap.check("access" not in stream.kinds() and (stream.ended_at is not None or "gate" in stream.kinds()), "who lost only history hears no event, but of states", stream.kinds())
    stream.close()
    # Scope.
    one = somebody("loses scope", groups=[*worlds.GROUPS_IN, worlds.GROUP_OUT], departments=[1])
    me = Straight(site.run, world.routes, one.cookie)
    lists = {p: me.ask(program, "GET", p) for program, p in (("organisation", "/management-groups"), ("organisation", "/departments"), ("gates", "/buildings"), ("organisation", "/gate-groups"))}
    stream = stream_of(one)
    site.psql(f"DELETE FROM kidoban.operator_management_group WHERE operator_id = {one.id} AND management_group_id = {worlds.GROUP_OUT};"
              f"UPDATE kidoban.operator_department SET department_id = {world.branch} WHERE operator_id = {one.id}")
    for program, path in (("organisation", "/management-groups"), ("organisation", "/departments"), ("gates", "/buildings"), ("organisation", "/gate-groups")):
        answer = me.ask(program, "GET", path, None, {"If-None-Match": lists[path].headers["ETag"]})
        tap.check(answer.status == 200 and answer.json != lists[path].json, f"GET {path} is not \"unchanged\" after the scope was", answer)
    tap.check(me.ask("gates", "GET", f"/gates/{world.outside['gate']}").status == 404, "a gate that was in scope is not there any more")
    time.sleep(1)
    life.events(world.outside["gate"], [101])
    life.events(world.inside["gate"], [102])
    stream.wait_for("access", 1, 3)
    tap.check([e[1]["kind"] for e in stream.events if e[0] == "access"] == ["exit"], "and is not heard of", stream.events)
    stream.close()
    # Disabled, logged out by somebody, logged out by oneself.
    for what, act in (("disabled", "UPDATE kidoban.operator SET disabled = true WHERE id = {0}"), ("session ended", "UPDATE kidoban.session SET ended_at = now() WHERE operator_id = {0};"
                      " SELECT pg_notify('kidoban_session', '')"), ("expired", "UPDATE kidoban.session SET expires_at = now() WHERE operator_id = {0}"),
                      ("idle", "UPDATE kidoban.session SET last_seen_at = now() - interval '1 day' WHERE operator_id = {0}")):
        one = somebody(f"is {what}", given=given)
        stream = stream_of(one)
        site.psql(act.format(one.id))
        started = time.monotonic()
        late = everywhere(world, one, site, lambda p: 401)
        stream.join(5)
        tap.check(not late, f"{what}: every worker of every program says 401", "\n".join(late[:4]))
        tap.check(stream.ended_at and stream.ended_at - started < 2, f"{what}: the stream ends ({(stream.ended_at or 0) - started:.2f} s)")
    one = somebody("leaves", given=given)
    stream = stream_of(one)
    Straight(site.run, world.routes, one.cookie).ask("session", "DELETE", "/session")
    started = time.monotonic()
    late = everywhere(world, one, site, lambda p: 401)
    stream.join(5)
    tap.check(not late and stream.ended_at and stream.ended_at - started < 1.5, f"logged out: everywhere, the stream too ({(stream.ended_at or 0) - started:.2f} s)", "\n".join(late[:4]))


def parameters(tap, site, contract):
    """Every parameter of every route, given what would be something else in SQL, in a header or in a path."""
    world, boss = STATE["world"], STATE["boss"]
    client = web.Client(site, None, boss.cookie)
    before, wrong, asked = world.fingerprint(), [], 0
    real = {}
    for case in STATE["cases"]:
        real.setdefault((case.method, case.pattern), case)
    for (method, pattern), (_, row) in sorted(world.routes.items()):
        if method != "GET" or pattern == "/live":
            continue
        request = real[method, pattern].real(world, boss)
        plain = client.get(urllib.parse.quote(request.path, safe="/?&=%"))
        path, _, query = request.path.partition("?")
        for field in row["parameters"]:
            for payload in PAYLOADS:
                if field["in"] == "path":
                    at = pattern.split("/").index("{" + field["name"] + "}")
                    target = "/".join(urllib.parse.quote(payload, safe="") if i == at else s for i, s in enumerate(path.split("/"))) + ("?" + query if query else "")
                    headers = None
                elif field["in"] == "query":
                    others = "&".join(p for p in query.split("&") if p and not p.startswith(field["name"] + "="))
                    target, headers = f"{path}?{others}&{field['name']}={urllib.parse.quote(payload, safe='')}", None
                else:
                    continue
                answer = client.get(target, headers=headers)
                asked += 1
                odd = answer.status >= 500 or (field["type"] not in ("text", "token", "word") and answer.status not in (400, 404)) or answer.headers.get("Set-Cookie") \
                    or answer.headers.get("X") or answer.headers.get("X-Content-Type-Options") != "nosniff" or (answer.status >= 400 and LEAKS.search(answer.body)) \
                    or (answer.status == 200 and answer.type == "application/json" and len(answer.body) > len(plain.body) + 200)
                if odd:
                    wrong.append(f"{target}: {answer}")
    tap.check(not wrong, f"every parameter of every route that reads takes text for text ({asked} requests)", "\n".join(wrong[:8]))
    tap.check(world.fingerprint() == before and site.value("SELECT count(*) > 0 FROM kidoban.gate") == "t", "and nothing was changed")
    wrong = []
    for name in ("Last-Event-ID", "If-None-Match", "Accept", "Cookie", "User-Agent", "Idempotency-Key"):
        for payload in ("'; DROP TABLE kidoban.gate; --", "x" * 4000, "\"", "%00", "__Host-kidoban=';--"):
            answer = client.get("/buildings", headers={name: payload})
            if answer.status >= 500 or (answer.status >= 400 and LEAKS.search(answer.body)):
                wrong.append(f"{name}: {payload}: {answer}")
    tap.check(not wrong, "headers too", "\n".join(wrong[:8]))


def strings_of(value):
    if isinstance(value, dict):
        for one in value.values():
            yield from strings_of(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings_of(one)
    elif isinstance(value, str):
        yield value


def text_fields(row):
    """Free text of a body: what may hold a script (a PIN, a password or a card number may not)."""
    return [f for f in row["body"] if f["type"] == "text" and f["hi"] >= len(SCRIPT) and f["name"] not in ("password", "current", "operator")]


def stored(tap, site, contract):
    """Scripts and formulas in every text that can be stored, by operators and by controllers: told as JSON text, never as something to run."""
    world, boss = STATE["world"], STATE["boss"]
    client = web.Client(site, None, boss.cookie)
    tried, kept = 0, 0
    for case in writes():
        row = world.routes[case.method, case.pattern][1]
        for field in text_fields(row):
            for text in (SCRIPT, FORMULA + SCRIPT[:8]):
                world.etags.clear()
                request = case.real(world, boss)
                body = {**request.body, field["name"]: text}
                answer = client.ask(case.method, request.path, body, headers=request.headers)
                tried += 1
                good = 200 <= answer.status < 300 and answer.type == "application/json"
                kept += good
                refused = answer.status in (400, 404, 409, 422) and answer.type == "application/problem+json"
                if not (good or refused) or answer.headers.get("X-Content-Type-Options") != "nosniff":
                    tap.check(False, f"{case}: {field['name']} takes a script as text", answer)
    tap.check(kept >= 12, f"scripts were stored by {kept} of {tried} writes")
    life = web.life_of(site)
    gate = world.inside["gate"]
    life.events(gate, [109], card="<i>'=1+1\"")
    life.events(gate, [102], detail=json.dumps({"text": SCRIPT}))
    life.events(gate, [302], detail=json.dumps({"text": FORMULA}))
    life.events(gate, [203], flags=1, detail=json.dumps({"text": SCRIPT}))
    seen, wrong = 0, []
    for case in STATE["cases"]:
        if case.method != "GET" or case.pattern == "/live":
            continue
        request = case.real(world, boss)
        for accept in (None, "text/html,*/*"):
            answer = client.ask("GET", urllib.parse.quote(request.path, safe="/?&=%"), headers={**(request.headers or {}), **({"Accept": accept} if accept else {})}, checked=False)
            if answer.type not in ("application/json", "application/problem+json", "application/jsonl", "text/csv") or answer.headers.get("X-Content-Type-Options") != "nosniff":
                wrong.append(f"{case}: {answer}")
            if answer.type == "application/json":
                seen += sum("<script>" in s or "<i>" in s for s in strings_of(answer.json))
    tap.check(not wrong, "every list is JSON with nosniff, also to who would rather have a page", "\n".join(wrong[:8]))
    tap.check(seen >= 8, f"the scripts come back as text ({seen} of them)")
    for path in ("/history/access", "/history/alarm", "/history/operation", "/history/management", "/cardholders", "/departments", "/change-sets", "/system/log",
                 f"/change-sets/{world.inside['undone']}", f"/imports/{world.imports[boss.id, 'cardholders', 'done']}/result"):
        answer = client.get(path, headers={"Accept": "text/csv"}, checked=False)
        cells = [cell for line in csv.reader(io.StringIO(answer.body.decode("utf-8-sig"))) for cell in line]
        risky = [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
        tap.check(answer.type == "text/csv" and answer.headers.get("X-Content-Type-Options") == "nosniff" and "attachment" in (answer.headers.get("Content-Disposition") or "") and not risky,
                  f"{path} as CSV: a file to keep, and no cell is a formula ({len(cells)} cells)", (risky[:5], answer))


def answers_that_echo(tap, site, contract):
    """What an error says of the input is JSON text as well."""
    client = web.Client(site, None, STATE["boss"].cookie)
    for method, path, body in (("POST", "/gates/commands", {SCRIPT: 1}), ("POST", "/session", {"operator": SCRIPT, "password": SCRIPT, SCRIPT: SCRIPT}),
                               ("GET", "/gates?" + urllib.parse.quote(SCRIPT) + "=1", None), ("GET", "/" + urllib.parse.quote(SCRIPT), None),
                               ("POST", "/gates/commands", b"<script>"), ("GET", "/gates/" + urllib.parse.quote(SCRIPT.replace("/", "")), None)):
        answer = client.ask(method, path, body, checked=False)
        tap.check(400 <= answer.status < 500 and answer.type == "application/problem+json" and answer.headers.get("X-Content-Type-Options") == "nosniff" and answer.json,
                  f"{method} {path[:24]} with a script is a problem in JSON", answer)


if __name__ == "__main__":
    web.run(setting_up, fixation, other_sites, guesses, parameters, stored, answers_that_echo, taken_away, gates=16, cardholders=80, components=worlds.COMPONENTS)
