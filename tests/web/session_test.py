"""Rights and scope, log-in limits, REMOTE_USER, and PostgreSQL going away. Prints TAP."""
import re
import signal
import threading
import time

import site_files
import web

GETS = {"gates": ["/gates", "/gates/1", "/gates/commands/1"],
        "history": ["/alarms", "/history/access", "/history/alarm", "/history/operation", "/history/management",
                    "/history/plots/passages-per-hour", "/history/plots/alarms-per-gate"]}
WRITES = {"gates": [("POST", "/gates/commands", {"gates": [1], "command": "lock"}), ("POST", "/gates/lockdown", {"management_group": 1, "comment": "x"}),
                    ("PATCH", "/gates/1", {"name": "x"})],
          "history": [("POST", "/alarms/acknowledge", {"alarms": [1], "comment": "x"})]}


def levels(tap, site, contract):
    """Every route at none, view and edit of its function."""
    admin = web.Client(site, contract)
    admin.login()
    admin.post("/gates/commands", {"gates": [1], "command": "lock"})
    for function in ("gates", "history"):
        other = "history" if function == "gates" else "gates"
        for level in ("none", "view", "edit"):
            name = f"{function}-{level}"
            web.add_operator(site, name, rights={function: level, other: "none", "cardholders": "none"})
            client = web.Client(site, contract)
            client.login(name)
            statuses = {path: client.get(path).status for path in GETS[function]}
            tap.check(all((s == 403) == (level == "none") for s in statuses.values()), f"{function} at {level}: reading", statuses)
            statuses = {path: client.ask(m, path, body, headers={"If-Match": '"1"'}).status for m, path, body in WRITES[function]}
            tap.check(all((s == 403) == (level != "edit") for s in statuses.values()), f"{function} at {level}: writing", statuses)
            statuses = {path: client.get(path).status for path in GETS[other]}
            tap.check(set(statuses.values()) == {403}, f"{function} at {level}: nothing of {other}", statuses)
            tap.check((client.get("/management-groups").status == 200) == (level != "none"), f"{function} at {level}: the list of management groups")
            tap.check((client.get("/live").status if level == "none" else 403) == 403, f"{function} at {level}: no stream without any right")
    client = web.Client(site, contract)
    client.login("gates-none")
    tap.check(client.get("/departments").status == client.get("/buildings").status == client.get("/gate-groups").status == 403, "and none of the lists")


def database_refuses_too(tap, site, contract):
    """The second lock: the same statements with the session of somebody without the right, past every check of the program."""
    token = "ab" * 32
    site.psql(f"SELECT api.session_create((SELECT id FROM kidoban.operator WHERE name = 'gates-none'), sha256('\\x{token}'::bytea), 'password', NULL)")
    for user in ("kidoban_gates", "kidoban_history"):
        for table in ("gate", "gate_state", "controller", "alarm", "access_event", "operation_event"):
            if table.endswith("event") and user == "kidoban_gates":
                continue
            try:
                seen = site.rows(f"SELECT set_config('kidoban.session', '{token}', false); SELECT count(*) FROM kidoban.{table}", user)[-1][0]
            except web.private_site.SiteError as error:
                seen = "0" if "permission denied" in str(error) else str(error)
            tap.check(seen == "0", f"{user} with that session sees no row of {table}", seen)
    try:
        site.psql(f"SELECT set_config('kidoban.session', '{token}', false); SELECT api.command_request_create(ARRAY[1], 'unlock', NULL, NULL, NULL, 'command', '')", "kidoban_gates")
        tap.check(False, "a command is refused by the database")
    except web.private_site.SiteError as error:
        tap.check("not allowed" in str(error), "a command is refused by the database", error)


def scope(tap, site, contract):
    """Two operators, each with one management group: neither sees, counts, commands or acknowledges what is the other's."""
    life = web.life_of(site)
    admin = web.Client(site, contract)
    admin.login()
    mine, theirs = [[g["id"] for g in admin.get(f"/gates?management_group={m}").json["gates"]] for m in (1, 3)]
    web.add_operator(site, "one", groups=[1], departments=[1])
    one = web.Client(site, contract)
    answer = one.login("one")
    tap.check(answer.json["scope"] == {"all_management_groups": False, "all_departments": False, "management_groups": [1], "departments": [1]}, "the session tells the scope", answer)
    for gate in (mine[0], theirs[0]):
        life.events(gate, [101])
        life.events(gate, [203], flags=1)
        life.events(gate, [302])
    tap.check([g["id"] for g in one.get("/gates").json["gates"]] == mine and one.get("/gates").json["total"] == len(mine), "gates of the own group only")
    tap.check([m["id"] for m in one.get("/management-groups").json["management_groups"]] == [1], "management groups too")
    tap.check(sum(b["gates"] for b in one.get("/buildings").json["buildings"]) == len(mine), "buildings count what is in scope")
    for category in ("access", "alarm", "operation"):
        tap.check({e["gate"]["id"] for e in one.get(f"/history/{category}").json["events"]} == {mine[0]}, f"{category} history of the own group only")
    tap.check(one.get(f"/history/access?gate={theirs[0]}").json["events"] == [], "a filter does not widen it")
    tap.check(one.get("/alarms").json["open"] == 1 and admin.get("/alarms").json["open"] == 2, "alarms are counted in scope")
    tap.check([g["gate"]["id"] for g in one.get("/history/plots/alarms-per-gate").json["gates"]] == [mine[0]], "plots count in scope")
    tap.check(sum(b["entry"] for b in one.get("/history/plots/passages-per-hour").json["buckets"]) == 1, "passages too")
    csv = one.get("/history/access", headers={"Accept": "text/csv"}).body.decode("utf-8-sig")
    tap.check(csv.count("\r\n") == 2, "and what is exported", csv)
    foreign = next(a["id"] for a in admin.get("/alarms").json["alarms"] if a["gate"]["id"] == theirs[0])
    etag = {"If-Match": '"1"'}
    for method, path, body in (("GET", f"/gates/{theirs[0]}", None), ("PATCH", f"/gates/{theirs[0]}", {"name": "x"}), ("POST", "/gates/commands", {"gates": [mine[0], theirs[0]], "command": "unlock"}),
                               ("POST", "/gates/lockdown", {"management_group": 3, "comment": "x"}), ("POST", "/alarms/acknowledge", {"alarms": [foreign], "comment": ""})):
        tap.check(one.ask(method, path, body, headers=etag).problem == "not_found", f"{method} {path} out of scope is 404")
    request = admin.post("/gates/commands", {"gates": [theirs[0]], "command": "lock"}).json["id"]
    tap.check(one.get(f"/gates/commands/{request}").problem == "not_found", "another's command to another's gate is 404")
    etag = {"If-Match": one.get(f"/gates/{mine[0]}").headers["ETag"]}
    answer = one.ask("PATCH", f"/gates/{mine[0]}", {"management_group": 3}, headers=etag)
    tap.check(answer.status in (404, 422, 403), "a gate can not be moved out of the scope", answer)


def tries(tap, site, contract):
    web.add_operator(site, "victim")
    web.add_operator(site, "bystander")
    client = web.Client(site, contract)
    found = [client.login("victim", f"guess {i}").problem for i in range(10)]
    tap.check(found == ["login_failed"] * 10, "ten wrong passwords are 401 each", found)
    answer = client.login("victim")
    tap.check(answer.status == 429 and int(answer.headers["Retry-After"]) > 0, "then even the right one is 429", answer)
    tap.check(client.login("bystander").status == 201, "nobody else is concerned")
    found = [client.login("no such operator", "x").status for i in range(11)]
    tap.check(found == [401] * 10 + [429], "names that do not exist answer alike", found)
    site.psql("UPDATE kidoban.login_failure SET at = at - interval '16 minutes'")
    tap.check(client.login("victim").status == 201, "after a quarter of an hour it is over")
    site.psql("UPDATE kidoban.operator SET disabled = true WHERE name = 'victim'")
    tap.check(client.get("/session").status == 401 and client.login("victim").problem == "login_failed", "a disabled operator is out at once and does not come in")

    def timed(name):
        started = time.monotonic()
        web.Client(site).login(name, "wrong")
        return time.monotonic() - started

    known, unknown = min(timed("bystander") for _ in range(4)), min(timed("unknown name") for _ in range(4))
    tap.check(0.5 < known / unknown < 2, "an unknown name takes as long as a known one", (known, unknown))


def session_limits(tap, site, contract):
    client = web.Client(site, contract)
    client.login("bystander")
    site.psql("UPDATE kidoban.setting SET value = '2' WHERE name = 'idle_timeout_s'")
    time.sleep(2.2)
    tap.check(client.get("/session").status == 401, "an idle session ends")
    site.psql("UPDATE kidoban.setting SET value = '1800' WHERE name = 'idle_timeout_s'")
    site.psql("UPDATE kidoban.session SET ended_at = clock_timestamp() WHERE ended_at IS NULL; UPDATE kidoban.edition SET sessions = 2")
    found = [web.Client(site, contract).login("bystander") for _ in range(3)]
    tap.check([a.status for a in found] == [201, 201, 409] and found[2].json["limit"] == "L-11", "one too many is 409 and names L-11", found[2])
    site.psql("UPDATE kidoban.edition SET sessions = 100")


def many_log_ins(tap, site, contract):
    """Eight at once do not fail; two passwords are computed at a time."""
    answers = []

    def one():
        answers.append(web.Client(site, contract).login("bystander").status)

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tap.check(answers == [201] * 8, "eight log-ins at once all succeed", answers)


def remote_user(tap, site, contract):
    """Apache says who it is (Basic authentication of the private virtual host)."""
    import base64
    web.add_operator(site, "remote", remote_user="taro@example.org")
    name = {"Authorization": "Basic " + base64.b64encode(b"taro@example.org:secret").decode()}
    stranger = {"Authorization": "Basic " + base64.b64encode(b"hanako:secret").decode()}
    users = site.state / "users"
    users.write_text("".join(f"{n}:{web.private_site.hash_password('secret')}\n" for n in ("taro@example.org", "hanako")), encoding="utf-8")
    site.httpd_extra = f'<Location "/api">\nAuthType Basic\nAuthName x\nAuthUserFile {users}\nRequire valid-user\n</Location>\n'
    site_files.write_httpd(site)
    site.restart("httpd")
    client = web.Client(site, contract)
    tap.check(client.get("/session", checked=False).status == 401, "Apache asks first")
    tap.check(client.get("/session", headers=name).problem == "not_logged_in", "while log-in by Apache is off, its word is nothing")
    site.psql("UPDATE kidoban.setting SET value = 'on' WHERE name = 'remote_user_login'")
    tap.check(client.get("/session", headers=stranger).problem == "not_logged_in", "a name that nobody has here is refused")
    answer = client.get("/session", headers=name)
    tap.check(answer.status == 200 and answer.json["login"] == "remote_user" and answer.json["operator"]["name"] == "remote", "a known one gets a session", answer)
    client.cookie = web.TOKEN.match(answer.headers["Set-Cookie"]).group(1)
    tap.check(client.get("/gates", headers=name).status == 200, "which works")
    answer = client.get("/gates", headers=stranger)
    tap.check(answer.status == 401, "but not when Apache names somebody else", answer)
    site.httpd_extra = ""
    site_files.write_httpd(site)
    site.restart("httpd")
    tap.check(client.get("/gates").status == 401, "nor when Apache names nobody")


def database_away(tap, site, contract):
    client = web.Client(site, contract)
    client.login()
    site.stop_component("postgres", kill=True)
    started = time.monotonic()
    answers = [client.get(path) for path in ("/gates", "/history/access", "/session", "/management-groups", "/alarms")]
    tap.check([a.problem for a in answers] == ["database_unavailable"] * 5, "without PostgreSQL everything is 503 database_unavailable", answers)
    tap.check(all(a.headers["Retry-After"] for a in answers) and time.monotonic() - started < 3, "at once, with Retry-After")
    health = client.get("/health")
    tap.check(health.status == 503 and health.json == {"status": "degraded"}, "health says so", health)
    tap.check(client.login().status == 503, "so does log-in")
    site.start_component("postgres")
    tap.check(web.wait(lambda: client.get("/gates").status == 200, 15), "it goes on by itself when PostgreSQL is back", client.get("/gates"))
    site.kill("postgres", signal.SIGKILL)
    tap.check(web.wait(lambda: {client.get(p).status for p in ("/gates", "/session", "/alarms") * 10} == {200}, 30), "and after a crash of it", client.get("/gates"))


def workers(tap, site, contract):
    client = web.Client(site, contract)
    client.login()
    pids = site.pids("gates")
    for pid in pids[1:]:
        web.private_site.os.kill(pid, signal.SIGKILL)
    tap.check(web.wait(lambda: {client.get("/gates").status for _ in range(10)} == {200}, 10), "killed workers are replaced")
    victim = site.pids("gates")[1]
    web.private_site.os.kill(victim, signal.SIGSTOP)
    statuses = [client.get("/gates", checked=False).status for _ in range(30)]
    web.private_site.os.kill(victim, signal.SIGCONT)
    tap.check(statuses.count(200) >= 29, "a stopped worker delays no other", statuses)
    old = site.kill("gates", signal.SIGKILL)
    tap.check(web.wait(lambda: client.get("/gates", checked=False).status == 200, 10) and site.pid("gates") not in (old, None),
              "a killed master comes back with new workers", site.pids("gates"))


def rights_table(tap, site, contract):
    """doc/rights.md says what the route tables say."""
    text = (web.SOURCE / "doc/rights.md").read_text(encoding="utf-8")
    said = {(m, p): r.strip() for m, p, r in re.findall(r"^\| (GET|POST|PATCH|PUT|DELETE) \| `(\S+)` \| ([^|]+) \|", text, re.M)}
    coded = {}
    for source in (web.SOURCE / "cgi-bin").glob("*/*.c"):
        for m, p, kind, functions in re.findall(r'ROUTE\((\w+), "([^"]+)", (\w+)(?:\(([\w, ]+)\))?,', source.read_text(encoding="utf-8")):
            names = functions.lower().split(", ")
            coded[m, p] = {"PUBLIC": "public", "OPERATOR": "any operator", "VIEW": f"{names[0]} view", "EDIT": f"{names[0]} edit",
                           "EDIT_ANY": " or ".join(f"{n} edit" for n in names),
                           "VIEW_ANY": " or ".join(f"{n} view" for n in names), "VIEW_ANY3": " or ".join(f"{n} view" for n in names)}[kind]
    tap.check(said == coded, "doc/rights.md is true", (set(said.items()) ^ set(coded.items())))
    described = {(m.upper(), p) for p, item in web.SPEC["paths"].items() for m in item}
    tap.check(described == {(m, p) for m, p in coded}, "openapi.yaml describes every route and no other", described ^ set(coded))


if __name__ == "__main__":
    web.run(rights_table, levels, database_refuses_too, scope, tries, session_limits, many_log_ins, workers, database_away, remote_user)
