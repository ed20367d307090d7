"""The system log (M-1): what every program writes of what is done, refused and failed, and what /system shows of it. Prints TAP."""
import csv
import io
import json
import re
import subprocess
import urllib.parse

import web

COMPONENTS = (*web.COMPONENTS[:-1], "explanations", "transfers", "imports", "operators", "system", "keeper", "httpd")
CANARY = "Canary-7c1f-passphrase-of-nobody"
PIN = "8305296"
STATE = {}


def entries(site, where="true"):
    """The log as the database has it, sealed or not, oldest first."""
    sql = "SELECT id, at, operator_id, operator, origin, remote_addr, action, method, path, outcome, status, object, details FROM kidoban.{}"
    rows = site.rows(f"SELECT * FROM ({sql.format('system_log')} UNION ALL {sql.format('system_log_unsealed')}) e WHERE {where} ORDER BY id")
    names = ("id", "at", "operator_id", "operator", "origin", "remote_addr", "action", "method", "path", "outcome", "status", "object", "details")
    return [dict(zip(names, row)) for row in rows]


def since(site):
    """A function that gives what was written since now."""
    last = int(site.value("SELECT greatest((SELECT max(id) FROM kidoban.system_log), (SELECT max(id) FROM kidoban.system_log_unsealed), 0)"))
    return lambda: entries(site, f"id > {last} AND origin <> 'system'")


def brief(rows):
    return [(row["operator"], row["action"], row["outcome"], row["status"]) for row in rows]


def log_ins(tap, site, contract):
    new = since(site)
    client = web.Client(site, contract)
    tap.check(client.get("/session").status == 401 and new() == [], "asking whether one is logged in is no entry")
    client.login(password="wrong")
    client.login("nobody at all", CANARY)
    client.login()
    rows = new()
    tap.check(brief(rows) == [("admin", "session_create", "refused", "401"), ("", "session_create", "refused", "401"), ("admin", "session_create", "done", "201")],
              "log-ins and failures, with the name when somebody has it", rows)
    tap.check({row["origin"] for row in rows} == {"screen"} and {row["remote_addr"] for row in rows} == {"127.0.0.1"}, "from a screen, with the address", rows)
    new = since(site)
    first = client.cookie
    client.login()
    tap.check(brief(new()) == [("admin", "session_replace", "done", "200"), ("admin", "session_create", "done", "201")], "a log-in over another ends that", new())
    new = since(site)
    web.Client(site, contract, first).get("/gates")
    tap.check(brief(new()) == [("admin", "gates_view", "refused", "401")], "a dead session's request is refused under its name", new())
    new = since(site)
    other = web.Client(site, contract)
    other.login()
    other.ask("DELETE", "/session")
    tap.check(brief(new())[1:] == [("admin", "session_delete", "done", "204")], "a log-out", new())
    STATE["admin"] = client


def writes(tap, site, contract):
    client = STATE["admin"]
    new = since(site)
    tap.check(client.get("/gates").status == 200 and new() == [], "plain reading is no entry")
    client.post("/gates/commands", {"gates": [3, 1], "command": "unlock"})
    row = new()[-1]
    tap.check(len(new()) == 1 and json.loads(row["details"]) == {"body": {"gates": [3, 1], "command": "unlock"}}, "a command, with gates and word", new())
    tap.check(row["method"] == "POST" and row["path"] == "/gates/commands" and row["object"].startswith("gates/commands/"), "with what it was done to", row)
    new = since(site)
    client.post("/gates/commands", {"gates": [1], "command": "unlock"}, headers={"Sec-Fetch-Site": None})
    tap.check(new()[0]["origin"] == "api", "what no browser sent is from the API", new())
    new = since(site)
    etag = client.get("/gates/1").headers["ETag"]
    answer = client.ask("PATCH", "/gates/1", {"name": "Front door", "place": "somewhere"}, headers={"If-Match": etag})
    row = new()[0]
    tap.check(answer.status == 200 and (row["action"], row["object"], row["path"]) == ("gates_update", "gates/1", "/gates/1"), "a change", new())
    tap.check(json.loads(row["details"])["body"] == {"name": True, "place": True}, "of texts only that they were given", row)
    new = since(site)
    client.ask("PATCH", "/gates/1", {"name": "x"}, headers={"If-Match": etag})
    client.ask("PATCH", "/gates/1", {"nmae": CANARY}, headers={"If-Match": etag})
    client.ask("PATCH", f"/gates/{CANARY}", {"name": "x"}, headers={"If-Match": etag})
    client.post("/gates/commands", {"gates": [1], "command": "unlock"}, headers={"Sec-Fetch-Site": "cross-site"})
    client.post("/gates/nonsense", {}, checked=False)
    rows = new()
    tap.check([(row["outcome"], row["status"], json.loads(row["details"])["problem"]) for row in rows] == [
        ("refused", "412", "changed"), ("refused", "400", "bad_request"), ("refused", "400", "bad_request"), ("refused", "403", "cross_site")],
        "refusals, each with its reason, and nothing of paths that do not exist", rows)
    tap.check(rows[2]["path"] == "/gates/{id}" and CANARY not in str(rows), "and nothing of what was refused unread", rows)


def rights(tap, site, contract):
    web.add_operator(site, "guard", groups=[1], departments=[1])
    guard = web.Client(site, contract)
    guard.login("guard")
    new = since(site)
    tap.check(guard.get("/system/log").status == 403 and guard.get("/system/alarms").status == 403, "the log is not for everybody")
    tap.check(guard.get("/system/log/checkpoints").status == 403 and guard.get("/system/log/keys").status == 403, "nor what proves it")
    guard.post("/management-groups", {"name": "mine"})
    tap.check(brief(new()) == [("guard", "system_view", "refused", "403")] * 4 + [("guard", "management_groups_create", "refused", "403")], "403 is an entry", new())
    web.add_operator(site, "auditor", groups=[], departments=[], rights={"system_log": "view"})
    auditor = web.Client(site, contract)
    auditor.login("auditor")
    tap.check(auditor.get("/system/log").status == 200 and auditor.get("/system/alarms").status == 200, "a granted one reads it")
    new = since(site)
    site.psql("UPDATE kidoban.session SET ended_at = clock_timestamp() WHERE operator_id = (SELECT id FROM kidoban.operator WHERE name = 'guard')")
    guard.get("/live")
    tap.check(brief(new()) == [("guard", "live_view", "refused", "401")], "the live stream too", new())


def lists(tap, site, contract):
    client = STATE["admin"]
    page = client.get("/system/log").json
    tap.check(page["entries"] and page["entries"][0]["id"] == max(e["id"] for e in page["entries"]), "the list, newest first", page["entries"][:1])
    web.wait(lambda: client.get("/system/log?limit=1").json["entries"][0]["number"])
    page = client.get("/system/log?limit=500").json
    numbers = [e["number"] for e in page["entries"]]
    tap.check(all(numbers) and sorted(numbers) == list(range(1, len(numbers) + 1)), "a second later all have a number, without gaps", numbers)
    tap.check(page["sealed"]["number"] == len(numbers) and page["sealed"]["hash"] == next(e["hash"] for e in page["entries"] if e["number"] == len(numbers)), "and the newest is the head")
    found, at = [], "/system/log?limit=7"
    while True:
        answer = client.get(at)
        found += [e["id"] for e in answer.json["entries"]]
        if answer.json["next"] is None:
            break
        at = answer.headers["Link"].split(">")[0].removeprefix("</api/v1")
    tap.check(found == [e["id"] for e in page["entries"]], "pages by Link make up the list", (found, len(numbers)))
    for query, good in (("action=gates_commands", lambda e: e["action"] == "gates_commands"), ("outcome=refused", lambda e: e["outcome"] == "refused"),
                        ("origin=api", lambda e: e["origin"] == "api"), ("q=guard", lambda e: e["operator"] and "guard" in e["operator"]["name"]),
                        ("action=session_create&action=session_delete&outcome=done", lambda e: e["outcome"] == "done" and e["action"] in ("session_create", "session_delete"))):
        rows = client.get("/system/log?limit=500&" + query).json["entries"]
        tap.check(rows and {e["id"] for e in rows} == {e["id"] for e in page["entries"] if good(e)}, f"by {query}", rows[:2])
    operator = client.get("/session").json["operator"]["id"]
    rows = client.get(f"/system/log?limit=500&operator={operator}").json["entries"]
    tap.check(rows and {e["operator"]["name"] for e in rows} == {"admin"}, "by operator")
    first = page["entries"][len(numbers) // 2]["at"]
    rows = client.get("/system/log?limit=500&from=" + urllib.parse.quote(first)).json["entries"]
    tap.check(rows and all(e["at"] >= first for e in rows) and len(rows) < len(numbers), "from a time on", rows[-1:])
    for path, pointer in (("?after=1", "?after"), ("?after=209913-1-1", "?after"), ("?action=nothing", "?action"), ("?outcome=maybe", "?outcome"),
                          ("?from=2024-02-02T00:00:00Z&to=2024-02-01T00:00:00Z", "?from")):
        answer = client.get("/system/log" + path)
        tap.check(answer.status == 400 and pointer in {field[0] for field in answer.fields}, f"{path} is 400", answer)


def exports(tap, site, contract):
    client = STATE["admin"]
    new = since(site)
    answer = client.get("/system/log?outcome=refused&lang=en", headers={"Accept": "text/csv"})
    rows = list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"))))
    tap.check(answer.status == 200 and rows[0][:3] == ["Number", "Time", "Operator"] and {row[5] for row in rows[1:]} == {"Refused"}, "the log as CSV", rows[:2])
    row = new()[0]
    tap.check(len(new()) == 1 and row["action"] == "system_export" and json.loads(row["details"]) == {"query": {"outcome": ["refused"], "lang": "en"}}, "is an entry with its filter", new())
    new = since(site)
    client.get("/history/access?q=" + CANARY, headers={"Accept": "text/csv"})
    client.get("/departments", headers={"Accept": "text/csv"})
    client.get("/cardholders", headers={"Accept": "text/csv"})
    client.get("/change-sets", headers={"Accept": "text/csv"})
    client.get("/system/log/checkpoints")
    tap.check([row["action"] for row in new()] == ["history_export", "departments_export", "cardholders_export", "change_sets_export", "system_export"],
              "so is every file", new())
    tap.check(json.loads(new()[0]["details"]) == {"query": {"q": True}}, "without what was searched for", new()[0])


def canaries(tap, site, contract):
    """Secrets that go in by every door that takes one are in no table of the log."""
    client = STATE["admin"]
    client.post("/cardholders", {"employee_number": "C-1", "name": "Canary", "department_id": 1, "card_number": "C4N4RY77", "pin": PIN})
    client.post("/cardholders", {"employee_number": "C-2", "name": "Canary", "department_id": 1, "pin": PIN, "nonsense": PIN})
    client.ask("POST", "/cardholders", f'{{"pin": "{PIN}"', checked=False)
    client.login(CANARY, CANARY)
    client.ask("PUT", "/session/password", {"current": CANARY, "password": CANARY + "2"}, checked=False)
    client.post("/operators", {"name": "fresh", "display_name": "", "role": "general", "password": CANARY + " one two three"}, checked=False)
    client.get("/session?token=" + client.cookie)
    client.ask("DELETE", "/saved-searches/" + client.cookie)
    site.wait(lambda: site.value("SELECT count(*) FROM kidoban.system_log_unsealed") == "0", 20, "the sealer")
    dump = site.psql("SELECT e::text FROM kidoban.system_log e; SELECT a::text FROM kidoban.system_alarm a; SELECT q::text FROM kidoban.system_log_quiet q")
    log = "".join(path.read_text(errors="replace") for path in site.log.glob("*.log") if not path.stem.startswith(("postgres", "httpd")))
    for name, secret in (("password", CANARY), ("PIN", PIN), ("card number", "C4N4RY77"), ("session", client.cookie), ("site's password", site.password),
                         ("master key", (site.state / "master.key").read_text().strip()), ("mutual authentication password", site.facts["mutual_auth_password"])):
        tap.check(secret not in dump, f"no {name} in the log", [line for line in dump.splitlines() if secret in line])
        tap.check(secret not in log, f"nor in the programs' own", [line for line in log.splitlines() if secret in line])


def must_be_written(tap, site, contract):
    client = STATE["admin"]
    name = client.get("/gates/2").json["name"]
    site.psql("REVOKE EXECUTE ON FUNCTION api.system_log_write(text, text, text, text, text, text, int4, text, text) FROM kidoban_web")
    answer = client.ask("PATCH", "/gates/2", {"name": "unlogged"}, headers={"If-Match": client.get("/gates/2").headers["ETag"]})
    tap.check(answer.status >= 400 and client.get("/gates/2").json["name"] == name, "an act whose entry can not be written is not done", answer)
    answer = client.get("/history/access", headers={"Accept": "text/csv"})
    tap.check(answer.status >= 400 and answer.type == "application/problem+json", "and a file does not leave", answer)
    tap.check(client.get("/gates").status == 200, "reading goes on")
    site.psql("GRANT EXECUTE ON FUNCTION api.system_log_write(text, text, text, text, text, text, int4, text, text) TO kidoban_web")
    answer = client.ask("PATCH", "/gates/2", {"name": "logged"}, headers={"If-Match": client.get("/gates/2").headers["ETag"]})
    tap.check(answer.status == 200, "and everything when it can be again", answer)


def vocabulary(tap, site, contract):
    """Each route's word is in the one list of words; no program commits past the log."""
    known = {line.split("\t")[2] for line in (web.SOURCE / "lib/gate/codes.tsv").read_text(encoding="utf-8").splitlines() if line.startswith("system_action\t")}
    missing = set()
    for folder in sorted((site.build / "cgi-bin").iterdir()):
        if not (folder / folder.name).exists():
            continue
        table = json.loads(subprocess.run([folder / folder.name, "--routes"], capture_output=True, text=True, check=True).stdout)
        for route in table["routes"]:
            fixed = [part.replace("-", "_") for part in route["path"].split("/") if part and part[0] != "{"]
            verb = "view" if route["method"] == "GET" else fixed[-1] if len(fixed) > 1 else {"POST": "create", "DELETE": "delete"}.get(route["method"], "update")
            missing.add(f"{fixed[0]}_{verb}")
    tap.check(missing and missing <= known, "every route has its word (class system_action of lib/gate/codes.tsv)", sorted(missing - known))
    direct = [str(path) for path in (web.SOURCE / "cgi-bin").rglob("*.c") if re.search(r"\bdb_commit\(", path.read_text(encoding="utf-8"))]
    tap.check([path for path in direct if not path.endswith(("live/feed.c", "session/session.c"))] == [], "handlers commit by web_commit", direct)


def flood(tap, site, contract):
    new = since(site)
    client = web.Client(site, contract)
    for _ in range(90):
        client.get("/gates", headers={"Cookie": "__Host-kidoban=" + "0" * 64})
    tap.check(0 < len(new()) <= 60, "who has no session can not fill the disk", len(new()))


if __name__ == "__main__":
    web.run(log_ins, writes, rights, lists, exports, canaries, must_be_written, vocabulary, flood, components=COMPONENTS,
            settings={"keeper": {"checkpoint_interval_s": 2, "alarm_interval_s": 2}})
