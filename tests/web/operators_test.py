"""Operators: added, bounded, changed while they are at work, thrown out; passwords; who is logged in (A-1 to A-5, L-11). Prints TAP."""
import http.client
import json
import secrets
import threading
import time
import urllib.parse

import web

PROGRAMS = ("session", "gates", "history", "cardholders", "organisation", "explanations", "transfers", "imports", "operators", "live")
COMPONENTS = ("postgres", *PROGRAMS, "httpd")
GOOD = "correct horse battery staple"
FIXED = {"management_groups", "departments", "operators", "calendar_transfer", "change_history"}


class Stream(threading.Thread):
    """A live stream, until it ends."""

    def __init__(self, site, cookie):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPSConnection("127.0.0.1", site.port, context=site.tls_context(), timeout=60)
        self.connection.request("GET", "/api/v1/live", headers={"Cookie": f"__Host-kidoban={cookie}"})
        self.reply = self.connection.getresponse()
        self.status, self.ended_at = self.reply.status, None
        self.start()

    def run(self):
        try:
            while self.reply.readline():
                pass
        except (OSError, http.client.HTTPException):
            pass
        self.ended_at = time.monotonic()

    def ends_after(self, started, within=5):
        """Seconds until it ended, None when it did not."""
        return web.wait(lambda: self.ended_at is not None, within, 0.01) and self.ended_at - started


def log_in(site, contract, name="admin", password=None):
    client = web.Client(site, contract)
    answer = client.login(name, password)
    assert answer.status == 201, answer
    return client


def etag(answer):
    return {"If-Match": answer.headers["ETag"]}


def find(client, name):
    return next(o for o in client.get("/operators?limit=501").json["operators"] if o["name"] == name)


def change(client, operator_id, members):
    return client.ask("PATCH", f"/operators/{operator_id}", members, headers=etag(client.get(f"/operators/{operator_id}")))


def one_life(tap, site, contract):
    admin = log_in(site, contract)
    roles = {r["role"]: r for r in admin.get("/operators/roles").json["roles"]}
    tap.check(set(roles["general"]["fixed"]) == set(roles["system"]["fixed"]) == FIXED, "the roles say what they fix", roles)
    tap.check({f for f, v in roles["general"]["rights"].items() if v == "edit"} == {"history", "cardholders", "vein_import", "gates", "gate_parameters", "ic_card_parameters", "global_apb"}
              and set(roles["system"]["rights"].values()) == {"edit"}, "and the defaults of A-2", roles)
    made = admin.post("/operators", {"name": "guard", "display_name": "守衛 一郎", "role": "general", "password": GOOD, "rights": {"history": "view", "operators": "none"},
                                     "scope": {"management_groups": [1], "departments": [2]}})
    tap.check(made.status == 201 and made.headers["Location"] == f"/api/v1/operators/{made.json['id']}", "an operator is added", made)
    guard = made.json["id"]
    tap.check(made.json["rights"]["history"] == "view" and made.json["rights"]["gates"] == "edit" and made.json["has_password"] and made.json["editable"] and made.json["last_login_at"] is None
              and [g["id"] for g in made.json["scope"]["management_groups"]] == [1], "with rights, scope and password", made)
    tap.check(b"$y$" not in made.body, "whose hash is nowhere to be read", made)
    client = log_in(site, contract, "guard", GOOD)
    said = client.get("/session").json
    tap.check(said["rights"]["history"] == "view" and said["scope"]["departments"] == [2] and said["previous_login_at"] is None and said["server"]["password_min_length"] == 15,
              "who logs in and sees that", said)
    tap.check(log_in(site, contract, "guard", GOOD).get("/session").json["previous_login_at"] == said["logged_in_at"], "the second time, also when the first was")
    tap.check(client.get("/operators").problem == "forbidden" and client.post("/operators", {"name": "x", "role": "system"}).status == 403, "operators are not a general administrator's")
    seen = admin.get(f"/operators/{guard}")
    tap.check(seen.json["logged_in"] == 2 and seen.json["last_login_at"], "the administrator sees who is logged in", seen)
    old = etag(seen)
    changed = admin.ask("PATCH", f"/operators/{guard}", {"display_name": "守衛<b>", "rights": {"calendars": "view"}}, headers=old)
    tap.check(changed.status == 200 and changed.json["rights"]["calendars"] == "view" and changed.json["rights"]["history"] == "view", "what is not given stays", changed)
    tap.check([g["id"] for g in changed.json["scope"]["management_groups"]] == [1], "the scope, too")
    stale = admin.ask("PATCH", f"/operators/{guard}", {"display_name": "x"}, headers=old)
    tap.check(stale.problem == "changed" and stale.json["current"]["display_name"] == "守衛<b>" and etag(stale) == etag(changed), "two who edit one: the second is told (A-5)", stale)
    tap.check(admin.ask("PATCH", f"/operators/{guard}", {"name": "x"}).status == 428, "nothing is changed unseen")
    tap.check(admin.ask("DELETE", f"/operators/{guard}", headers=old).status == 412, "nor deleted")
    taken = admin.post("/operators", {"name": "guard", "role": "general"})
    tap.check(taken.problem == "conflict" and taken.fields == {("/name", "taken")}, "a name is taken once", taken)
    tap.check(admin.ask("DELETE", f"/operators/{guard}", headers=etag(changed)).status == 204, "deleted")
    tap.check(client.get("/session").status == 401 and web.Client(site, contract).login("guard", GOOD).status == 401, "is out at once and does not come in")
    tap.check(admin.get(f"/operators/{guard}").status == 404 and admin.post("/operators", {"name": "guard", "role": "general"}).status == 201, "and the name is free")
    before = find(admin, "guard")["id"]
    tap.check(change(admin, before, {"remote_user": "guard@example.org"}).json["remote_user"] == "guard@example.org", "a name at Apache")
    other = admin.post("/operators", {"name": "other", "role": "general", "remote_user": "guard@example.org"})
    tap.check(other.problem == "conflict" and other.fields == {("/remote_user", "taken")}, "is one operator's", other)
    tap.check(change(admin, before, {"remote_user": None}).json["remote_user"] is None, "and is taken away by null")


def lists(tap, site, contract):
    admin = log_in(site, contract)
    for i in range(7):
        admin.post("/operators", {"name": f"list {i} 検索 %_", "display_name": "Ｌ", "role": "system" if i == 3 else "general", "disabled": i == 5})
    names, at = [], "/operators?limit=3"
    while at:
        page = admin.get(at)
        names += [o["name"] for o in page.json["operators"]]
        at = page.headers["Link"].split(">")[0].removeprefix("</api/v1") if page.json["next"] else None
    whole = admin.get("/operators?limit=501").json
    tap.check(names == [o["name"] for o in whole["operators"]] == sorted(names) and whole["total"] == len(names), "pages by Link make up the list", names)
    found = admin.get("/operators?q=" + urllib.parse.quote("検索 %_")).json
    tap.check(found["total"] == 7, "q finds a part of the name, and takes % for what it is", found)
    tap.check([o["name"] for o in admin.get("/operators?role=system&q=list").json["operators"]] == ["list 3 検索 %_"], "by role")
    tap.check([o["name"] for o in admin.get("/operators?disabled=true").json["operators"]] == ["list 5 検索 %_"], "and disabled")
    tap.check(admin.get("/operators?q=nobody+like+that").json == {"operators": [], "total": 0, "next": None}, "or none")
    site.psql(f"UPDATE kidoban.edition SET operators = {whole['total']}")
    full = admin.post("/operators", {"name": "one more", "role": "general"})
    tap.check(full.problem == "limit_reached" and full.json["limit"] == "L-11", "one too many is refused and names L-11", full)
    site.psql("UPDATE kidoban.edition SET operators = 501")


def bad_input(tap, site, contract):
    admin = log_in(site, contract)
    good = {"name": "bad input", "role": "general"}
    for more, status, pointer, code in (
            ({"role": "god"}, 400, "/role", "not_in_list"), ({"name": ""}, 400, "/name", "too_short"), ({"name": "x" * 65}, 400, "/name", "too_long"), ({"name": "a\u0007"}, 400, "/name", "control_character"),
            ({"name": "a\u202eb"}, 400, "/name", "control_character"), ({"display_name": "\u2067x"}, 400, "/display_name", "control_character"),
            ({"colour": "red"}, 400, "/colour", "unknown"), ({"rights": {"flying": "edit"}}, 400, "/rights/flying", "unknown"), ({"rights": {"gates": "all"}}, 400, "/rights/gates", "not_in_list"),
            ({"rights": {"gates": None}}, 400, "/rights/gates", "ill_typed"), ({"rights": []}, 400, "/rights", "ill_typed"), ({"scope": {"departments": 1}}, 400, "/scope/departments", "ill_typed"),
            ({"scope": {"departments": ["1"]}}, 400, "/scope/departments/0", "ill_typed"), ({"scope": {"management_groups": list(range(1, 502))}}, 400, "/scope/management_groups", "too_many"),
            ({"scope": {"all_departments": 1}}, 400, "/scope/all_departments", "ill_typed"), ({"password": ""}, 400, "/password", "too_short"), ({"password": "x" * 128}, 400, "/password", "too_long"),
            ({"password_hash": "$y$"}, 400, "/password_hash", "unknown"), ({"id": 1}, 400, "/id", "unknown"), ({"remote_user": ""}, 400, "/remote_user", "too_short"),
            ({"name": " x"}, 422, "/name", "malformed"), ({"rights": {"operators": "view"}}, 422, "/rights/operators", "fixed_right"),
            ({"role": "system", "rights": {"change_history": "none"}}, 422, "/rights/change_history", "fixed_right"),
            ({"scope": {"departments": [99999]}}, 422, "/scope/departments", "not_found"), ({"scope": {"management_groups": [99999]}}, 422, "/scope/management_groups", "not_found"),
            ({"password": "fourteen chars"}, 422, "/password", "password_short"), ({"password": "Password12345678"}, 422, "/password", "password_listed"),
            ({"name": "mizushima.ren", "password": "Mizushima-Ren-9x"}, 422, "/password", "password_own_word")):
        answer = admin.post("/operators", {**good, **more})
        tap.check(answer.status == status and answer.fields == {(pointer, code)}, f"{str(more)[:60]} is {status} {code} at {pointer}", answer)
    tap.check(admin.get("/operators?q=bad+input").json["total"] == 0, "none of them was added")
    for path, pointer, code in (("/operators?role=x", "?role", "not_in_list"), ("/operators?limit=502", "?limit", "out_of_range"), ("/operators?disabled=1", "?disabled", "ill_typed"), ("/operators?after=", "?after", "too_short")):
        tap.check(admin.get(path).fields == {(pointer, code)}, f"{path} is 400")
    person = admin.post("/operators", {**good, "rights": {"gates": "view", **dict.fromkeys(FIXED, "none")}}).json
    tap.check(person["rights"]["gates"] == "view", "all nineteen may be sent: a fixed one as it is")
    tap.check(change(admin, person["id"], {}).status == 400, "a change of nothing is 400")
    for path in ("/operators/99999", "/operators/99999999999"):
        tap.check(admin.get(path).status == admin.ask("DELETE", path, headers={"If-Match": '"1"'}).status == admin.ask("PATCH", path, {"name": "x"}, headers={"If-Match": '"1"'}).status
                  == admin.ask("POST", path + "/log-out").status == 404, f"{path} is not there")
    for body in ("[]", "{", '{"name": "a", "name": "b", "role": "general"}', b"\xff"):
        tap.check(admin.post("/operators", body).status == 400, f"{body!r} is 400")
    site_words = site.state / "passwords.txt"
    tap.check(change(admin, person["id"], {"password": "Hoshizora Kogyo 77"}).status == 200, "a password is set")
    site_words.write_text("hoshizora\nkogyo\n", encoding="utf-8")
    refused = change(admin, person["id"], {"password": "Hoshizora Kogyo 78"})
    tap.check(refused.fields == {("/password", "password_listed")}, "the site's own words are refused as soon as they are in its file", refused)
    site_words.unlink()
    site.psql("UPDATE kidoban.setting SET value = '8' WHERE name = 'password_min_length'")
    tap.check(admin.get("/session").json["server"]["password_min_length"] == 8 and change(admin, person["id"], {"password": "x7Kp2mQ9"}).status == 200, "with a second factor a site may ask for eight")
    tap.check(change(admin, person["id"], {"password": "passw0rd"}).fields == {("/password", "password_listed")}, "which are judged all the same")
    site.psql("UPDATE kidoban.setting SET value = '15' WHERE name = 'password_min_length'")


def bounds(tap, site, contract):
    """A branch office's administrator: gives what they have, and touches nobody who has more."""
    admin = log_in(site, contract)
    web.add_operator(site, "branch", "system", rights={"calendars": "view", "system_log": "none"}, groups=[1], departments=[2])
    branch = log_in(site, contract, "branch")
    mine = branch.get("/session").json["operator"]["id"]
    head = admin.get("/session").json["operator"]["id"]
    less = {"rights": {"calendars": "view"}, "scope": {"management_groups": [1], "departments": [2]}}
    made = branch.post("/operators", {"name": "branch guard", "role": "general", **less})
    tap.check(made.status == 201, "gives what they have", made)
    for members, pointer, code in (({"rights": {"calendars": "edit"}}, "/rights/calendars", "beyond_own"), ({"rights": {"system_log": "view"}}, "/rights/system_log", "beyond_own"),
                                   ({"scope": {"all_departments": True}}, "/scope/all_departments", "beyond_own"), ({"scope": {"all_management_groups": True}}, "/scope/all_management_groups", "beyond_own"),
                                   ({"scope": {"management_groups": [1, 3]}}, "/scope/management_groups", "not_found"), ({"scope": {"departments": [1]}}, "/scope/departments", "not_found")):
        for whom, what in ((made.json["id"], "another"), (mine, "oneself")):
            answer = change(branch, whom, members)
            tap.check(answer.status == 422 and answer.fields == {(pointer, code)}, f"not more than one has: {members} for {what} is {code}", answer)
    tap.check(branch.post("/operators", {"name": "puppet", "role": "system"}).fields == {("/rights/calendars", "beyond_own")}, "nor by way of a new one with a role's defaults")
    tap.check(change(branch, made.json["id"], {"role": "system"}).fields == {("/rights/calendars", "beyond_own")}, "or a promoted one")
    seen = branch.get(f"/operators/{head}")
    tap.check(seen.json["editable"] is False and branch.get(f"/operators/{mine}").json["editable"] is True, "the list says whom one can edit", seen)
    for method, path, body in (("PATCH", f"/operators/{head}", {"disabled": True}), ("PATCH", f"/operators/{head}", {"password": GOOD}), ("DELETE", f"/operators/{head}", None), ("POST", f"/operators/{head}/log-out", None)):
        tap.check(branch.ask(method, path, body, headers=etag(seen)).problem == "forbidden", f"{method} {body} on one who has more is 403")
    theirs = next(s["id"] for s in branch.get("/operators/sessions").json["sessions"] if s["operator"]["id"] == head)
    tap.check(branch.ask("DELETE", f"/operators/sessions/{theirs}").problem == "forbidden", "nor is their session ended")
    tap.check(admin.get("/session").status == 200, "who is still at work")
    change(admin, made.json["id"], {"scope": {"management_groups": [1, 3]}})
    seen = branch.get(f"/operators/{made.json['id']}").json
    tap.check([g["id"] for g in seen["scope"]["management_groups"]] == [1] and not seen["editable"], "what is out of scope has no name here", seen)
    tap.check(change(branch, mine, {"rights": {"gates": "view"}}).status == 200, "one's own rights one may lower")
    tap.check(change(branch, mine, {"rights": {"gates": "edit"}}).fields == {("/rights/gates", "beyond_own")}, "and not raise again")
    tap.check(change(admin, mine, {"rights": {"gates": "edit"}}).status == 200, "that takes another administrator")
    own = branch.ask("PATCH", f"/operators/{mine}", {"password": GOOD}, headers=etag(branch.get(f"/operators/{mine}")))
    tap.check(own.fields == {("/password", "own_password")}, "one's own password is not set without the present one", own)
    tap.check(change(branch, mine, {"role": "general"}).status == 204 and branch.get("/operators").status == 403, "stepping down works at once")


def last_administrator(tap, site, contract):
    admin = log_in(site, contract)
    me = admin.get("/session").json["operator"]["id"]
    site.psql(f"UPDATE kidoban.operator SET disabled = true WHERE role = 'system' AND id <> {me} AND NOT disabled")
    for members in ({"role": "general"}, {"disabled": True}):
        answer = change(admin, me, members)
        tap.check(answer.problem == "conflict" and answer.fields == {("", "last_administrator")}, f"the last administrator stays one: {members}", answer)
    answer = admin.ask("DELETE", f"/operators/{me}", headers=etag(admin.get(f"/operators/{me}")))
    tap.check(answer.problem == "conflict" and answer.fields == {("", "last_administrator")}, "and is not deleted", answer)
    made = admin.post("/operators", {"name": "second", "role": "system", "scope": {"all_management_groups": True, "all_departments": True}}).json["id"]
    tap.check(change(admin, me, {"disabled": True}).status == 409, "one who can not log in is no other administrator")
    change(admin, made, {"password": GOOD})
    second = log_in(site, contract, "second", GOOD)
    tags = [etag(admin.get(f"/operators/{i}")) for i in (me, made)]
    answers = {}

    def remove(client, whom, tag):
        answers[whom] = client.ask("PATCH", f"/operators/{whom}", {"disabled": True}, headers=tag, checked=False).status

    threads = [threading.Thread(target=remove, args=(second, me, tags[0])), threading.Thread(target=remove, args=(admin, made, tags[1]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    left = site.rows("SELECT name FROM kidoban.operator WHERE role = 'system' AND NOT disabled AND password_hash IS NOT NULL")
    tap.check(len(left) == 1 and list(answers.values()).count(200) == 1, "of two who disable each other one stays", (answers, left))
    site.psql(f"UPDATE kidoban.operator SET disabled = false WHERE id = {me}")


def cascade(tap, site, contract):
    """Rights and scope changed while logged in bind within a second, in every process of every program."""
    admin = log_in(site, contract)
    guard = admin.post("/operators", {"name": "cascade", "role": "general", "password": GOOD, "scope": {"management_groups": [1], "departments": [2]}}).json["id"]
    client = log_in(site, contract, "cascade", GOOD)
    asked = {"gates": "/gates", "history": "/history/access", "cardholders": "/cardholders"}

    def statuses(path):
        """Of many requests at once, on connections of their own: every worker answers some."""
        found = []

        def ask():
            found.append(web.Client(site, contract, client.cookie).get(path).status)
        threads = [threading.Thread(target=ask) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return set(found)

    for function, path in asked.items():
        tap.check(statuses(path) == {200}, f"{function}: may")
        change(admin, guard, {"rights": {function: "none"}})
        started = time.monotonic()
        found = statuses(path)
        tap.check(found == {403} and time.monotonic() - started < 5, f"{function} taken away: every worker refuses from the next request on", found)
        change(admin, guard, {"rights": {function: "edit"}})
        tap.check(statuses(path) == {200}, f"{function} given back: every worker answers")
    mine = {g["management_group"]["id"] for g in client.get("/gates").json["gates"]}
    change(admin, guard, {"scope": {"management_groups": [3]}})
    tap.check(mine == {1} and {g["management_group"]["id"] for g in client.get("/gates").json["gates"]} == {3}, "another scope shows other gates at once")
    stream = Stream(site, client.cookie)
    tap.check(stream.status == 200, "a stream")
    started = time.monotonic()
    change(admin, guard, {"rights": {"gates": "none", "history": "none"}})
    took = stream.ends_after(started)
    tap.check(took and took < 1.5, "ends within a second when nothing of it may be seen any more", took)
    tap.check(client.get("/live").status == 403, "and is not opened again")
    change(admin, guard, {"rights": {"gates": "view"}})
    stream = Stream(site, client.cookie)
    started = time.monotonic()
    tap.check(change(admin, guard, {"disabled": True}).status == 200, "disabled")
    tap.check({web.Client(site, contract, client.cookie).get(path).status for path in (*asked.values(), "/session", "/departments", "/transfers", "/imports", "/saved-searches")} == {401}, "every program knows at once")
    took = stream.ends_after(started)
    tap.check(took and took < 1.5, "the stream ends within a second", took)
    tap.check(web.Client(site, contract).login("cascade", GOOD).problem == "login_failed", "who is disabled does not come in")
    change(admin, guard, {"disabled": False})
    tap.check(client.get("/session").status == 401, "let in again, the old session stays dead")
    client = log_in(site, contract, "cascade", GOOD)
    change(admin, guard, {"password": "another staple for the battery"})
    tap.check(client.get("/session").status == 401 and web.Client(site, contract).login("cascade", GOOD).status == 401, "a password set by an administrator ends the sessions")


def who_is_logged_in(tap, site, contract):
    admin = log_in(site, contract)
    web.add_operator(site, "at work")
    one, two = log_in(site, contract, "at work"), log_in(site, contract, "at work")
    sessions = admin.get("/operators/sessions").json["sessions"]
    theirs = [s for s in sessions if s["operator"]["name"] == "at work"]
    tap.check(len(theirs) == 2 and all(s["remote_addr"] == "127.0.0.1" and s["origin"] == "password" and not s["own"] for s in theirs), "who is logged in, from where", sessions)
    tap.check([s["own"] for s in sessions].count(True) == 1, "one of them is one's own", sessions)
    tap.check(admin.ask("DELETE", f"/operators/sessions/{theirs[0]['id']}").status == 204 and {one.get("/session").status, two.get("/session").status} == {200, 401}, "one session is ended")
    tap.check(admin.ask("DELETE", f"/operators/sessions/{theirs[0]['id']}").status == 404, "and not twice")
    alive = one if one.get("/session").status == 200 else two
    stream = Stream(site, alive.cookie)
    started = time.monotonic()
    ended = admin.ask("POST", f"/operators/{theirs[0]['operator']['id']}/log-out")
    tap.check(ended.json == {"ended": 1} and alive.get("/session").status == 401, "forced log-out ends all", ended)
    took = stream.ends_after(started)
    tap.check(took and took < 1.5, "streams within a second", took)
    tap.check(admin.ask("POST", f"/operators/{theirs[0]['operator']['id']}/log-out").json == {"ended": 0}, "and nothing is left")
    tap.check(alive.login("at work").status == 201, "who comes in again by their password")


def own_password(tap, site, contract):
    admin = log_in(site, contract)
    made = admin.post("/operators", {"name": "tanabe", "display_name": "田辺 みどり", "role": "general", "password": GOOD}).json["id"]
    client, other = log_in(site, contract, "tanabe", GOOD), log_in(site, contract, "tanabe", GOOD)
    new = "nine purple umbrellas float"

    def put(current, password):
        return client.ask("PUT", "/session/password", {"current": current, "password": password})

    tap.check(put("wrong", new).fields == {("/current", "password_wrong")}, "the present password is asked for")
    tap.check(client.get("/session").status == 200, "a wrong one does not log out")
    for password, code in (("too short", "password_short"), ("qwertyuiopasdfgh", "password_listed"), ("tanabe-9x7q-2026", "password_own_word"), (GOOD, "password_same")):
        tap.check(put(GOOD, password).fields == {("/password", code)}, f"{password!r} is {code}")
    stream, old = Stream(site, client.cookie), client.cookie
    done = put(GOOD, new)
    tap.check(done.json == {"ended": 1} and other.get("/session").status == 401, "changed: the other session ends", done)
    client.cookie = web.TOKEN.match(done.headers["Set-Cookie"]).group(1)
    tap.check(client.cookie != old and client.get("/session").status == 200 and web.Client(site, contract, old).get("/session").status == 401, "and this one goes on under a new token")
    time.sleep(1.2)
    tap.check(stream.ended_at is None, "its stream, too")
    tap.check(web.Client(site, contract).login("tanabe", GOOD).status == 401 and log_in(site, contract, "tanabe", new), "the new one counts")
    found = [put("guess", new).status for _ in range(11)]
    tap.check(found == [422] * 10 + [429], "who found an open screen does not learn it by trying", found)
    tap.check(web.Client(site, contract).login("tanabe", new).status == 429, "nor at the log-in")
    tap.check(put(new, "yet another quiet evening").status == 429, "for a quarter of an hour")
    site.psql("UPDATE kidoban.login_failure SET at = at - interval '16 minutes'")
    tap.check(put(new, "yet another quiet evening").status == 200, "then it works")
    change(admin, made, {"password": None})
    tap.check(web.Client(site, contract).login("tanabe", "yet another quiet evening").status == 401 and not admin.get(f"/operators/{made}").json["has_password"], "taken away, there is none")
    log = (site.log / "session.log").read_text(errors="replace") + (site.log / "operators.log").read_text(errors="replace") + (site.log / "postgres.log").read_text(errors="replace")
    tap.check(not any(word in log for word in (GOOD, new, "quiet evening", "$y$")), "no password and no hash is in any log")


def idle(tap, site, contract):
    """A watched screen: by default its stream does not keep the session, by setting it does."""
    web.add_operator(site, "watch")
    for setting, lives in (("off", False), ("on", True)):
        client = log_in(site, contract, "watch")
        site.psql(f"UPDATE kidoban.setting SET value = '{setting}' WHERE name = 'live_keeps_session'; UPDATE kidoban.setting SET value = '4' WHERE name = 'idle_timeout_s'")
        stream = Stream(site, client.cookie)
        time.sleep(7)
        tap.check((stream.ended_at is None) == lives and (client.get("/session").status == 200) == lives, f"live_keeps_session {setting}: after the idle time-out the session is {'open' if lives else 'over'}")
        site.psql("UPDATE kidoban.setting SET value = 'off' WHERE name = 'live_keeps_session'; UPDATE kidoban.setting SET value = '1800' WHERE name = 'idle_timeout_s'")
    site.psql("UPDATE kidoban.setting SET value = '3' WHERE name = 'session_max_s'; UPDATE kidoban.setting SET value = 'on' WHERE name = 'live_keeps_session'")
    stream = Stream(site, log_in(site, contract, "watch").cookie)
    took = stream.ends_after(time.monotonic(), 6)
    tap.check(took and took > 1.5, "session_max_s ends the watched one as well", took)
    site.psql("UPDATE kidoban.setting SET value = '43200' WHERE name = 'session_max_s'; UPDATE kidoban.setting SET value = 'off' WHERE name = 'live_keeps_session'")


def in_the_log(tap, site, contract):
    """Who changed what of whom is in the system log, before and after; no password is."""
    admin = log_in(site, contract)
    made = admin.post("/operators", {"name": "logged", "role": "general", "password": GOOD}).json["id"]
    change(admin, made, {"rights": {"gates": "view"}, "display_name": "記録", "disabled": True, "password": "another staple for the battery"})
    admin.ask("DELETE", f"/operators/{made}", headers=etag(admin.get(f"/operators/{made}")))
    rows = site.rows(f"SELECT action, operator, object, details FROM kidoban.system_log_unsealed WHERE object LIKE 'operators/{made} %' ORDER BY id")
    tap.check([r[:3] for r in rows] == [[a, "admin", f"operators/{made} logged"] for a in ("operators_create", "operators_update", "operators_delete")], "added, changed and deleted, by whom", rows)
    told = json.loads(rows[1][3])["change"]
    tap.check(told["before"]["disabled"] is False and told["after"]["disabled"] is True and told["after"]["display_name"] == "記録" and told["before"]["rights"]["gates"] == "edit"
              and told["after"]["rights"]["gates"] == "view" and "role" not in told["after"], "before and after of what changed", told)
    whole = site.value("SELECT string_agg(u::text, '') FROM kidoban.system_log_unsealed u")
    tap.check(not any(word in whole for word in (GOOD, "another staple", "$y$")), "and no password")
    client = web.Client(site, contract)
    client.login("my secret pass phrase typed in the wrong field", "x")
    tap.check("typed in the wrong field" not in (site.value("SELECT string_agg(u::text, '') FROM kidoban.system_log_unsealed u") or "") + (site.value("SELECT string_agg(name, '') FROM kidoban.login_failure") or "")
              + (site.log / "session.log").read_text(errors="replace"), "what was typed as a name that nobody has is kept nowhere")


def unchecked_words(tap, site, contract):
    """What people may put into names comes back as they put it, and into no other field."""
    admin = log_in(site, contract)
    for name in ("<img src=x onerror=alert(1)>", "'; DROP TABLE kidoban.operator; --", "日本語 𠮷野家 髙﨑", "a\"b\\c", "%s%n{0}", secrets.token_hex(32)):
        made = admin.post("/operators", {"name": name, "display_name": name, "role": "general"})
        tap.check(made.status == 201 and admin.get(f"/operators/{made.json['id']}").json["name"] == name, f"{name[:30]!r} is a name like any other", made)


def refused_unread(tap, site, contract):
    """What is refused before anything is looked at, of every route."""
    admin = log_in(site, contract)
    one = f"/operators/{admin.get('/session').json['operator']['id']}"
    large = b'{"name": "' + b"x" * 300000 + b'"}'
    for method, path in (("POST", "/operators"), ("PATCH", one), ("PUT", "/session/password"), ("POST", one + "/log-out")):
        tap.check(admin.ask(method, path, large, headers={"If-Match": '"1"'}).status == 413, f"{method} {path} of 300,000 bytes is 413")
    for method, path in (("POST", "/operators"), ("PATCH", one), ("DELETE", one), ("POST", one + "/log-out"), ("DELETE", "/operators/sessions/1"), ("PUT", "/session/password")):
        tap.check(admin.ask(method, path, "{}", headers={"Content-Type": "text/plain"}).status == 415, f"{method} {path} as text is 415")
        tap.check(admin.ask(method, path, "{}", headers={"Sec-Fetch-Site": "cross-site"}).problem == "cross_site", f"{method} {path} from another site is 403")
        tap.check(web.Client(site, contract).ask(method, path).status == 401, f"{method} {path} without a session is 401")
    for path in ("/operators", one, "/operators/roles", "/operators/sessions"):
        tap.check(admin.get(path + "?x=1").status == 400 and web.Client(site, contract).get(path).status == 401, f"GET {path} takes no other parameter, and nobody without a session")
    for method, path in (("DELETE", one), ("PATCH", one), ("POST", one + "/log-out"), ("DELETE", "/operators/sessions/1")):
        tap.check(admin.ask(method, path + "?x=1", headers={"If-Match": '"1"'}).status == 400, f"{method} {path} takes no parameter")
    tap.check(admin.ask("PUT", "/session/password", {"current": "x"}).fields == {("/password", "missing")}, "a password without the new one is 400")
    tap.check(admin.ask("DELETE", one).status == 428, "nothing is deleted unseen")


def contract_is_whole(tap, site, contract):
    missing = [(m.upper(), p, s) for p, item in web.SPEC["paths"].items() for m, o in item.items() if "operators" in o["tags"] for s in o["responses"]
               if s not in ("403", "409", "503") and (m.upper(), p, int(s)) not in contract.seen]
    tap.check(not missing, "every documented status was seen here, 403, 409 and 503 apart", missing)


web.run(one_life, lists, bad_input, bounds, last_administrator, cascade, who_is_logged_in, own_password, idle, in_the_log, unchecked_words, refused_unread, contract_is_whole, components=COMPONENTS)
