#!/usr/bin/python3
"""/transfers and /cardholders/{id}/proof against openapi.yaml, scope, rights and bad input; jobs under their leases. Prints TAP."""
import web

ADMIN = {}


def claim(site, kinds="permit_plan"):
    """What the transfer daemon does: (job, token), or None."""
    rows = site.rows(f"SELECT id, token FROM api.job_claim('{{{kinds}}}')", "kidoban_transfer")
    return tuple(int(x) for x in rows[0]) if rows else None


def call(site, function):
    return site.value(f"SELECT api.{function}", "kidoban_transfer") == "t"


def change(site, sql):
    site.psql(f"BEGIN; SELECT api.change_begin('test'); {sql}; COMMIT;")


def hold(site, revision, where="true"):
    """As if controllers had confirmed permits and deny lists of that revision."""
    site.psql(f"SELECT kidoban.stream_set(ARRAY(SELECT id FROM kidoban.controller WHERE {where}), s::int2, {revision}, NULL) FROM (VALUES (1), (2)) v (s)")


def latest(site):
    return int(site.value("SELECT kidoban.latest_revision()"))


def by_hand(tap, site, contract):
    client = ADMIN["client"] = web.Client(site, contract)
    client.login()
    tap.check(client.get("/transfers").json == {"transfers": [], "next": None}, "no transfers at first")
    answer = client.post("/transfers", {"kind": "permits", "all": True})
    job = answer.json
    tap.check(answer.status == 202 and answer.headers["Location"] == f"/api/v1/transfers/{job['id']}", "POST /transfers is 202 with its Location", answer)
    tap.check((job["kind"], job["state"], job["because"], job["full"]) == ("permit_plan", "queued", "operator", False), "a planning is queued", job)
    tap.check(job["operator"]["name"] and job["controller"] is None, "with who asked")
    claimed = claim(site)
    tap.check(claimed and claimed[0] == job["id"], "the daemon claims it", claimed)
    tap.check(claim(site) is None, "once")
    tap.check(client.get(f"/transfers/{job['id']}").json["state"] == "running", "it is running then")
    tap.check(not call(site, f"job_progress({job['id']}, {claimed[1] - 1}, 1, 2)"), "a stale token changes nothing")
    tap.check(call(site, f"job_progress({job['id']}, {claimed[1]}, 1, 2)"), "the right one tells how far it is")
    site.psql(f"UPDATE kidoban.job SET expires_at = now() - interval '1 s' WHERE id = {job['id']}")
    again = claim(site)
    tap.check(again and again[0] == job["id"] and again[1] > claimed[1], "when the lease ran out somebody else has it", again)
    tap.check(not call(site, f"job_end({job['id']}, {claimed[1]}, 'done', '')"), "and the first can not end it")
    tap.check(call(site, f"job_end({job['id']}, {again[1]}, 'retry', 'away')"), "it is tried again")
    found = client.get(f"/transfers/{job['id']}").json
    tap.check((found["state"], found["attempts"], found["reason"]) == ("queued", 1, "away") and found["next_at"], "later, with the reason", found)
    tap.check(claim(site) is None, "not at once")
    stopped = client.post(f"/transfers/{job['id']}/stop", None)
    tap.check(stopped.status == 200 and stopped.json["state"] == "stopped", "it can be stopped", stopped)
    tap.check(client.post(f"/transfers/{job['id']}/stop", None).problem == "conflict", "once: then it is 409")
    repeated = client.post(f"/transfers/{job['id']}/repeat", None)
    tap.check(repeated.status == 202 and repeated.json["id"] != job["id"], "and repeated", repeated)
    tap.check(client.post(f"/transfers/{repeated.json['id']}/repeat", None).problem == "conflict", "when it is over")
    claimed = claim(site)
    client.post(f"/transfers/{claimed[0]}/stop", None)
    tap.check(not call(site, f"job_renew({claimed[0]}, {claimed[1]})"), "a running one that is stopped is lost to its worker")
    for attempt in range(20):
        site.psql("UPDATE kidoban.job SET next_at = now()")
        if attempt == 0:
            client.post("/transfers", {"kind": "permits", "all": True})
        claimed = claim(site)
        if claimed:
            call(site, f"job_end({claimed[0]}, {claimed[1]}, 'retry', 'again')")
    found = client.get("/transfers?limit=1").json["transfers"][0]
    tap.check(found["state"] == "failed" and found["attempts"] == 20 and found["finished_at"], "after twenty attempts it has failed", found)


def planning(tap, site, contract):
    client = ADMIN["client"]

    def plan(**body):
        answer = client.post("/transfers", {"kind": "permits", **(body or {"all": True})})
        job, token = claim(site)
        assert job == answer.json["id"]
        found = [int(x) for x in site.rows(f"SELECT queued, advanced FROM api.transfer_plan({job}, {token})", "kidoban_transfer")[0]]
        call(site, f"job_end({job}, {token}, 'done', '')")
        return found

    controllers = int(site.value("SELECT count(*) FROM kidoban.controller"))
    gate, controller = (int(x) for x in site.rows("SELECT id, controller_id FROM kidoban.gate ORDER BY id LIMIT 1")[0])
    person = int(site.value("SELECT c.id FROM kidoban.cardholder c WHERE c.enabled AND NOT c.lost AND c.valid_to IS NULL AND c.valid_from IS NULL"
                            " AND EXISTS (SELECT FROM kidoban.credential k WHERE k.cardholder_id = c.id AND NOT k.lost) ORDER BY c.id LIMIT 1"))
    ADMIN.update(gate=gate, controller=controller, person=person)
    hold(site, latest(site))
    tap.check(plan() == [0, 0], "nobody is behind")
    change(site, "UPDATE kidoban.cardholder SET note = 'x', name = name || '.'; UPDATE kidoban.gate SET place = 'elsewhere'")
    tap.check(plan() == [0, controllers], "names and places concern no controller: all are moved on")
    tap.check(int(site.value("SELECT min(confirmed_revision) FROM kidoban.controller_stream WHERE stream = 1")) == latest(site), "to the newest revision")
    change(site, f"DELETE FROM kidoban.permit WHERE cardholder_id = {person}; INSERT INTO kidoban.permit (cardholder_id, gate_id) VALUES ({person}, {gate})")
    plan()
    hold(site, latest(site))
    site.psql("UPDATE kidoban.job SET state = 'done' WHERE state IN ('queued', 'running')")
    change(site, f"UPDATE kidoban.permit SET pass_level = 3 WHERE cardholder_id = {person}")
    tap.check(plan() == [1, controllers - 1], "a permit of one gate concerns one controller")
    rows = client.get("/transfers?state=queued").json["transfers"]
    tap.check([(r["kind"], r["controller"]["id"], r["stream"], gate in [g["id"] for g in r["gates"]]) for r in rows]
              == [("permit_transfer", controller, "permits", True)], "which has a job, with its gates", rows)
    tap.check(client.get(f"/transfers?gate={gate}&kind=permit_transfer&state=queued&controller={controller}").json["transfers"] == rows, "found by gate, kind and controller")
    plan()
    tap.check(len(client.get("/transfers?state=queued").json["transfers"]) == 1, "asking twice does not queue twice")
    plan(gates=[gate], full=True)
    row = client.get("/transfers?state=queued").json["transfers"][0]
    tap.check(row["full"], "but what waits becomes a full one", row)
    site.psql(f"UPDATE kidoban.job SET state = 'running', payload = payload || '{{\"full\": false}}' WHERE id = {row['id']}")
    plan(gates=[gate])
    tap.check(site.value(f"SELECT payload ->> 'again' FROM kidoban.job WHERE id = {row['id']}") == "changed", "one under way is done once more after it")
    life = web.life_of(site)
    life.lease()
    token = life.controllers[controller][1]
    site.psql(f"SELECT api.poller_job_end({row['id']}, {token}, true, '')", "kidoban_gate_poller")
    tap.check(client.get(f"/transfers/{row['id']}").json["state"] == "queued", "and it is")
    site.psql(f"SELECT api.poller_job_progress({row['id']}, {token}, 3, 9)", "kidoban_gate_poller")
    found = client.get(f"/transfers/{row['id']}").json
    tap.check((found["state"], found["progress"], found["total"]) == ("running", 3, 9) and found["started_at"], "the poller's progress shows", found)
    client.post(f"/transfers/{row['id']}/stop", None)
    tap.check(site.value(f"SELECT api.poller_job_progress({row['id']}, {token}, 4, 9)", "kidoban_gate_poller") == "f", "a stopped one is refused to the poller")
    page = client.get("/transfers?limit=2").json
    rest = client.get(f"/transfers?limit=1000&after={page['next']}").json["transfers"]
    tap.check(len(page["transfers"]) == 2 and all(r["id"] < page["transfers"][1]["id"] for r in rest), "pages follow each other")
    site.psql("UPDATE kidoban.timetable SET last_run = NULL WHERE job_kind = 'permit_transfer'")
    hold(site, latest(site) - 1)
    due = site.rows("SELECT job_kind, queued FROM api.keeper_timetable_due(now()) WHERE job_kind = 'permit_transfer'", "kidoban_keeper")
    tap.check(due == [["permit_transfer", "1"]] and client.get("/transfers?state=queued").json["transfers"][0]["because"] == "timetable",
              "at 03:00 the keeper queues a planning, when something changed", due)
    site.psql("UPDATE kidoban.job SET state = 'done' WHERE state IN ('queued', 'running')")


def proof(tap, site, contract):
    client, person, gate, controller = ADMIN["client"], ADMIN["person"], ADMIN["gate"], ADMIN["controller"]
    hold(site, latest(site))

    def ask():
        return client.get(f"/cardholders/{person}/proof").json

    found = ask()
    tap.check([g["gate"]["id"] for g in found["confirmed"]] == [gate] and found["concerned"] == 1 and not found["exposed_count"], "the one gate is confirmed", found)
    change(site, f"UPDATE kidoban.cardholder SET lost = true, lost_at = now() WHERE id = {person}")
    found = ask()
    tap.check(found["exposed_count"] == 1 and found["exposed"][0]["reason"] == "revoked" and found["exposed"][0]["since"], "a lost card: exposed", found)
    report = site.rows(f"SELECT gate_id, state FROM report.exposure WHERE cardholder_id = {person}")
    tap.check(report == [[str(gate), "exposed"]], "in the report as well", report)
    site.psql(f"SELECT kidoban.stream_set(ARRAY[{controller}], 2::int2, {latest(site)}, NULL)")
    found = ask()
    tap.check(not found["exposed_count"] and [g["gate"]["id"] for g in found["confirmed"]] == [gate] and found["confirmed"][0]["confirmed_at"],
              "the deny list confirmed: not any more", found)
    hold(site, latest(site))
    tap.check([g["gate"]["id"] for g in ask()["confirmed"]] == [gate], "nor when the permits say so; the gate is still told of", ask())
    change(site, f"UPDATE kidoban.cardholder SET lost = false, lost_at = NULL WHERE id = {person}")
    found = ask()
    tap.check(found["pending_count"] == 1 and found["pending"][0]["reason"] == "changed", "found again: pending", found)
    hold(site, latest(site))
    change(site, f"UPDATE kidoban.permit SET valid_to = date_trunc('minute', now()) + interval '1 day' WHERE cardholder_id = {person}")
    found = ask()
    tap.check(found["exposed_count"] == 1 and found["exposed"][0]["reason"] == "reduced", "a shorter permit: the gate would let pass longer", found)
    queued = site.value("SELECT api.transfer_watch()", "kidoban_transfer")
    row = client.get(f"/transfers?controller={controller}&state=queued").json["transfers"]
    tap.check(queued == "1" and [r["because"] for r in row] == ["revocation"], "which is sent without asking", row)
    tap.check(site.value("SELECT api.transfer_watch()", "kidoban_transfer") == "0", "once")
    tap.check(ask()["exposed"][0]["transfer"] == row[0]["id"], "and the proof names the transfer")
    site.psql(f"SELECT kidoban.stream_set(ARRAY[{controller}], 1::int2, NULL, NULL)")
    found = ask()
    tap.check(found["exposed_count"] == 1 and found["exposed"][0]["reason"] == "unknown", "a controller that lost its memory: who knows", found)
    change(site, f"DELETE FROM kidoban.permit WHERE cardholder_id = {person}; DELETE FROM kidoban.credential WHERE cardholder_id = {person}; DELETE FROM kidoban.cardholder WHERE id = {person}")
    tap.check(ask()["exposed_count"] == 1, "somebody deleted can be followed as well", ask())
    tap.check(client.get("/cardholders/123456/proof").status == 404, "nobody: 404")


def scope(tap, site, contract):
    web.add_operator(site, "some", rights={"permit_transfer": "edit"}, groups=[1], departments=[1])
    web.add_operator(site, "watcher", rights={"permit_transfer": "view"}, groups=[1], departments=[1])
    web.add_operator(site, "nobody", rights={"permit_transfer": "none", "cardholders": "none"})
    some, watcher, nobody = (web.Client(site, contract) for _ in range(3))
    some.login("some"), watcher.login("watcher"), nobody.login("nobody")
    mine = [int(r[0]) for r in site.rows("SELECT id FROM kidoban.gate WHERE management_group_id = 1 ORDER BY id")]
    other = [int(r[0]) for r in site.rows("SELECT id FROM kidoban.gate WHERE management_group_id <> 1 ORDER BY id")]
    answer = some.post("/transfers", {"kind": "permits", "gates": mine})
    tap.check(answer.status == 202, "gates in scope", answer)
    tap.check(some.get(f"/transfers/{answer.json['id']}").status == 200 and watcher.get(f"/transfers/{answer.json['id']}").status == 404, "a planning is its operator's")
    tap.check(some.post("/transfers", {"kind": "permits", "gates": [mine[0], other[0]]}).status == 404, "a gate out of scope is not there")
    everything = some.post("/transfers", {"kind": "permits", "all": True, "full": True}).json["id"]
    asked = site.value(f"SELECT payload ->> 'controllers' FROM kidoban.job WHERE id = {everything}")
    want = site.value("SELECT array_to_json(array_agg(DISTINCT controller_id)) FROM kidoban.gate WHERE management_group_id = 1")
    tap.check(sorted(web.json.loads(asked)) == sorted(web.json.loads(want)), "all means all in scope", (asked, want))
    seen = {r["controller"]["id"] for r in some.get("/transfers").json["transfers"] if r["controller"]}
    tap.check(seen <= set(web.json.loads(want)), "only transfers of controllers in scope are listed", seen)
    hidden = site.rows(f"INSERT INTO kidoban.job (kind, controller_id, stream) SELECT 'permit_transfer', g.controller_id, 1 FROM kidoban.gate g WHERE g.id = {other[0]}"
                       " AND g.controller_id NOT IN (SELECT controller_id FROM kidoban.gate WHERE management_group_id = 1) ON CONFLICT DO NOTHING RETURNING id")
    if hidden:
        tap.check(some.post(f"/transfers/{hidden[0][0]}/stop", None).status == 404 and some.post(f"/transfers/{hidden[0][0]}/repeat", None).status == 404,
                  "the others can not be stopped or repeated")
    site.psql("INSERT INTO kidoban.job (kind, created_by) SELECT 'import', id FROM kidoban.operator WHERE name = 'some'")
    tap.check(all(r["kind"].startswith("permit_") for r in some.get("/transfers").json["transfers"]), "other jobs are not transfers")
    tap.check(watcher.get("/transfers").status == 200 and watcher.post("/transfers", {"kind": "permits", "gates": mine}).status == 403, "who may only look can not start one")
    tap.check(watcher.post(f"/transfers/{everything}/stop", None).status == 403, "nor stop one")
    tap.check([nobody.get(p).status for p in ("/transfers", "/transfers/1", "/cardholders/1/proof")] == [403] * 3, "without the right nothing")
    tap.check(nobody.post("/transfers/1/repeat", None).status == 403, "at all")
    tap.check([web.Client(site, contract).get(p).status for p in ("/transfers", "/transfers/1", "/cardholders/1/proof")] == [401] * 3, "nor without a session")
    out = site.value("SELECT c.id FROM kidoban.cardholder c WHERE c.department_id NOT IN (SELECT unnest(kidoban.department_subtrees('{1}'))) LIMIT 1")
    web.add_operator(site, "few", rights={"cardholders": "view"}, groups=[1], departments=[1])
    few = web.Client(site, contract)
    few.login("few")
    if out:
        tap.check(few.get(f"/cardholders/{out}/proof").status == 404, "a person out of scope is not there")
    inside = site.value(f"""SELECT c.id FROM kidoban.cardholder c JOIN kidoban.permit p ON p.cardholder_id = c.id WHERE p.gate_id IN ({','.join(map(str, other))})
        AND c.department_id IN (SELECT unnest(kidoban.department_subtrees('{{1}}'))) AND c.enabled AND NOT c.lost LIMIT 1""")
    if inside:
        found = few.get(f"/cardholders/{inside}/proof").json
        rows = found["confirmed"] + found["exposed"] + found["pending"]
        tap.check(found["concerned"] > len(rows) and all(r["gate"]["id"] in mine for r in rows), "gates out of scope are counted, not named", found)


def bad(tap, site, contract):
    client = web.Client(site, contract)
    client.login()
    for body, pointer in (({"kind": "permits"}, "/gates"), ({"kind": "permits", "all": True, "gates": [1]}, "/gates"), ({"kind": "veins", "all": True}, "/kind"),
                          ({"all": True}, "/kind"), ({"kind": "permits", "gates": ["x"]}, "/gates/0"), ({"kind": "permits", "gates": [0]}, "/gates/0"),
                          ({"kind": "permits", "all": True, "more": 1}, "/more"), ({"kind": "permits", "all": "yes"}, "/all")):
        answer = client.post("/transfers", body)
        tap.check(answer.status in (400, 422) and pointer in {p for p, _ in answer.fields}, f"{body} is refused, naming {pointer}", answer)
    for path in ("/transfers?state=x", "/transfers?kind=import", "/transfers?limit=0", "/transfers?after=x", "/transfers?nothing=1", "/transfers/x", "/cardholders/x/proof"):
        answer = client.get(path)
        tap.check(answer.status in (400, 404), f"GET {path} is refused", answer)
    tap.check(client.post("/transfers/1/stop", {"x": 1}).status in (400, 404), "stop takes no body")
    tap.check(client.post("/transfers/999999/repeat", None).status == 404 and client.get("/transfers/999999").status == 404, "one that is not there is 404")
    tap.check(client.post("/transfers", {"kind": "permits", "gates": [30000]}).status == 404, "a gate that is not there is 404")
    tap.check(client.ask("POST", "/transfers", {"kind": "permits", "all": True}, headers={"Sec-Fetch-Site": "cross-site"}).status == 403, "not from another site")


if __name__ == "__main__":
    web.run(by_hand, planning, proof, scope, bad, components=("postgres", "session", "transfers", "httpd"))
