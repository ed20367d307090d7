"""Why (G-10) and change history (M-2), on a site with simulated gates: refusals of real controllers explained. Prints TAP."""
import csv
import datetime
import io
import json
import re
import urllib.parse

import web

COMPONENTS = ("postgres", "keeper", "session", "gates", "history", "cardholders", "explanations", "httpd", "gate-simulator", "gate-poller", "imports")
CHECKS = ["known", "lost", "enabled", "validity", "permit", "pass_level", "armed", "verification", "anti_passback"]


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def query(path, **parameters):
    return path + "?" + urllib.parse.urlencode(parameters)


class Place:
    """One gate of the site, its door on the simulator, and who may pass it."""

    def __init__(self, site, client):
        self.site, self.client = site, client
        controller = site.plan.controllers[0]
        self.gate, self.serial, self.door = controller.doors[0].gate, controller.serial, controller.doors[0].number
        self.controller = controller.id
        self.people = site.rows(f"""SELECT c.id, k.card_number FROM kidoban.cardholder c JOIN kidoban.credential k ON k.cardholder_id = c.id
            WHERE c.enabled AND NOT c.lost AND c.valid_to IS NULL AND EXISTS (SELECT FROM kidoban.permit p WHERE p.cardholder_id = c.id AND (p.gate_id = {self.gate}
              OR p.gate_group_id IN (SELECT gate_group_id FROM kidoban.gate_group_member WHERE gate_id = {self.gate}))) ORDER BY c.id""")

    def person(self, number):
        return int(self.people[number][0]), self.people[number][1]

    def read_card(self, card):
        # Leaving: whatever mode the reader inside the room would ask a PIN for does not matter.
        return json.loads(self.site.simulator(self.serial, "pass", str(self.door), card, "exit").splitlines()[0])

    def held(self, stream):
        return int(self.site.value(f"SELECT coalesce(max(confirmed_revision), 0) FROM kidoban.controller_stream WHERE controller_id = {self.controller} AND stream = {stream}"))

    def why(self, person, at=None):
        return self.client.get(query("/explanations", cardholder=person, gate=self.gate, **({"at": at} if at else {})))

    def event(self, card, kind):
        """The newest event of a kind with that card, when it is in the history."""
        def look():
            events = self.client.get(query("/history/access", gate=self.gate, kind=kind)).json["events"]
            return next((e for e in events if e.get("card_number") == card or e["details"].get("card") == card), None)
        return web.wait(look, 30, 0.2)


def place_of(site, contract):
    if not hasattr(site, "place"):
        client = web.Client(site, contract)
        client.login()
        site.place = Place(site, client)
        assert web.wait(lambda: site.place.held(1) > 0, 90, 0.2), "no permits were confirmed"
    return site.place


def reason(answer, check):
    return next(r for r in answer.json["reasons"] if r["check"] == check)


def refusing(answer, side="verdict"):
    return [r["check"] for r in answer.json["reasons"] if r[side] == "refuse"]


def passes(tap, site, contract):
    place = place_of(site, contract)
    person, card = place.person(0)
    answer = place.why(person)
    tap.check(answer.status == 200 and [r["check"] for r in answer.json["reasons"]] == CHECKS, "all checks in the order of decision", answer)
    tap.check(refusing(answer) == [] and answer.json["held_revision"] == place.held(1), "nothing refuses, by the revision that the gate confirmed", answer)
    tap.check(reason(answer, "permit")["held"]["permits"] and reason(answer, "pass_level")["held"]["allowed"] == "all", "the permit is named, every level passes", answer)
    done = place.read_card(card)
    event = place.event(card, "exit") or place.event(card, "last_out")
    answer = place.client.get(query("/explanations", event=event["id"], t=event["t"]))
    tap.check(done["passed"] and answer.json["verdict"] == "pass" and answer.json["event"]["id"] == event["id"], "a passage is explained as one", answer)


def lost(tap, site, contract):
    """Reported as lost while the gate can not be reached."""
    place = place_of(site, contract)
    person, card = place.person(1)
    before = now()
    site.stop_component("gate-poller")
    answer = place.client.post(f"/cardholders/{person}/lost", {"lost": True})
    assert answer.status == 200, answer
    between = now()
    answer = place.why(person)
    tap.check(refusing(answer) == [] and answer.json["server_verdict"] == "refuse", "lost, not confirmed: held says pass, the server refuses", answer)
    found = reason(answer, "lost")
    tap.check((found["server"]["lost"], found["held"]["lost"], found["server_code"]) == (True, False, "lost_card_refused"), "what each knows of it", found)
    tap.check(found["change_set"]["kind"] == "cardholder.lost" and found["change_set"]["operator"]["id"] == 1, "who reported it", found)
    tap.check(place.read_card(card)["passed"], "and the gate does let it pass")
    site.start_component("gate-poller")
    revision = found["change_set"]["revision"]
    tap.check(web.wait(lambda: place.held(2) >= revision, 60, 0.2), "the deny list is confirmed")
    answer = place.why(person)
    tap.check(answer.json["verdict"] == "refuse" and refusing(answer) == ["lost"] and reason(answer, "lost")["held"]["deny_list"] == "lost", "now the gate refuses, by its deny list", answer)
    tap.check(answer.json["list_revision"] >= revision, "of that revision", answer)
    done = place.read_card(card)
    event = place.event(card, "lost_card_refused")
    tap.check(not done["passed"] and event, "the controller refuses it", done)
    answer = place.client.get(query("/explanations", event=event["id"], t=event["t"]))
    tap.check(answer.status == 200 and answer.json["verdict"] == "refuse" and reason(answer, "lost")["told"] is True, "its history row is explained: the gate named it", answer)
    tap.check(answer.json["event"]["kind"] == "lost_card_refused" and answer.json["cardholder"]["id"] == person, "with event and person", answer)
    tap.check(place.why(person, between).json["server_verdict"] == "refuse" and refusing(place.why(person, between)) == [], "asked about then: it would have passed")
    tap.check(refusing(place.why(person, before), "server_verdict") == [], "and before, the server had nothing against it")


def unknown(tap, site, contract):
    place = place_of(site, contract)
    done = place.read_card("NOBODYSCARD")
    event = place.event("NOBODYSCARD", "unknown_card")
    answer = place.client.get(query("/explanations", event=event["id"], t=event["t"]))
    tap.check(not done["passed"] and answer.status == 200 and answer.json["cardholder"] is None and "known" in refusing(answer) and "known" in refusing(answer, "server_verdict"),
              "a card of nobody: unknown to both", answer)


def listed(tap, site, contract):
    """Who could pass, what could be opened."""
    place = place_of(site, contract)
    person, lost_one = place.person(0)[0], place.person(1)[0]
    answer = place.client.get(query("/explanations/gate", gate=place.gate, limit=1000))
    ids = [c["cardholder"]["id"] for c in answer.json["cardholders"]]
    tap.check(answer.status == 200 and person in ids and lost_one not in ids, "who can pass the gate, without the lost card", answer)
    pages, after = [], 0
    while after is not None:
        page = place.client.get(query("/explanations/gate", gate=place.gate, limit=7, after=after)).json
        pages += [c["cardholder"]["id"] for c in page["cardholders"]]
        after = page["next"]
    tap.check(pages == ids, "the same page by page", (pages, ids))
    answer = place.client.get(query("/explanations/cardholder", cardholder=person))
    gates = {g["gate"]["id"] for g in answer.json["gates"] if g["server"]}
    wanted = {int(r[0]) for r in site.rows(f"""SELECT gate_id FROM kidoban.permit WHERE cardholder_id = {person} AND gate_id IS NOT NULL UNION
        SELECT m.gate_id FROM kidoban.permit p JOIN kidoban.gate_group_member m ON m.gate_group_id = p.gate_group_id WHERE p.cardholder_id = {person}""")}
    tap.check(gates == wanted, "what somebody can open", (gates, wanted))
    tap.check(all(g["held"] for g in answer.json["gates"]), "and the gates hold it", answer)


def changes(tap, site, contract):
    client = place_of(site, contract).client
    person = place_of(site, contract).person(2)[0]
    etag = client.get(f"/cardholders/{person}").headers["ETag"]
    old = client.get(f"/cardholders/{person}").json
    answer = client.ask("PATCH", f"/cardholders/{person}", {"name": "改名 後", "pin": "13572468"}, headers={"If-Match": etag})
    assert answer.status == 200, answer
    answer = client.get(query("/change-sets", subject="cardholder", subject_id=person))
    newest = answer.json["change_sets"][0]
    tap.check(newest["kind"] == "cardholder.update" and newest["operator"]["id"] == 1 and newest["counts"]["cardholder"]["changed"] == 1, "the edit is the newest of that person", newest)
    answer = client.get(f"/change-sets/{newest['revision']}")
    row = answer.json["changes"][0]
    tap.check((row["before"]["name"], row["after"]["name"], row["action"]) == (old["name"], "改名 後", "changed"), "before and after", row)
    tap.check(row["changed"] == ["name", "pin"] and (row["before"]["has_pin"], row["after"]["has_pin"]) == (False, True), "what became another", row)
    tap.check("sealed" not in answer.body.decode() and "13572468" not in answer.body.decode(), "never the PIN")
    tap.check(row["after"]["department"]["name"] == old["department"]["name"], "with the department's name", row)
    seed = client.get(query("/change-sets", kind="seed")).json["change_sets"][0]
    pages, path = [], f"/change-sets/{seed['revision']}?limit=100"
    while path:
        page = client.get(path).json
        pages += [(c["table"], c["id"]) for c in page["changes"]]
        path = f"/change-sets/{seed['revision']}?limit=100&after={page['next']}" if page["next"] else None
    tap.check(len(pages) == len(set(pages)) == sum(sum(n.values()) for n in seed["counts"].values()), "every row of a large act once, page by page", len(pages))
    first = client.get("/change-sets?limit=1").json
    second = client.get(f"/change-sets?limit=1&after={first['next']}").json
    tap.check(first["change_sets"][0]["revision"] > second["change_sets"][0]["revision"], "newest first, by keyset")
    tap.check(all(c["kind"].startswith("cardholder.") for c in client.get("/change-sets?kind=cardholder").json["change_sets"]), "by the first word of the kind")
    tap.check(client.get(query("/change-sets", **{"from": now()})).json["change_sets"] == [], "by time")
    tap.check(client.get("/change-sets?operator=2").json["change_sets"] == [], "by operator")


def read_csv(client, path):
    answer = client.get(path, headers={"Accept": "text/csv"})
    return list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"))))


def files(tap, site, contract):
    client = place_of(site, contract).client
    rows = read_csv(client, "/change-sets?lang=en")
    whole = client.get("/change-sets?limit=500").json["change_sets"]
    tap.check([int(r["Revision"]) for r in rows] == [c["revision"] for c in whole], "the list as CSV", rows[:3])
    seed = next(c for c in whole if c["kind"] == "seed")
    rows = read_csv(client, f"/change-sets/{seed['revision']}?lang=en")
    tap.check(len(rows) == sum(sum(n.values()) for n in seed["counts"].values()) and {r["Action"] for r in rows} == {"Added"}, "a whole change set as CSV, over pages", len(rows))
    tap.check(client.get("/change-sets", headers={"Accept": "image/png"}).status == 406, "neither JSON nor CSV: 406")


def words_in_files(tap, site, contract):
    """A file says what the screen says, in the language asked for (M-2)."""
    client = place_of(site, contract).client
    person = place_of(site, contract).person(2)[0]
    for change in ({"name": "改 名", "valid_to": "2027-03-31T15:00:00Z", "pin": "2468", "note": "a, b"}, {"valid_to": "2027-03-31T03:30:00Z", "pin": "1357", "note": ""}):
        before = client.get(f"/cardholders/{person}")
        assert client.ask("PATCH", f"/cardholders/{person}", change, headers={"If-Match": before.headers["ETag"]}).status == 200
    newest = client.get("/change-sets?limit=1").json["change_sets"][0]["revision"]
    row = read_csv(client, f"/change-sets?subject=cardholder&subject_id={person}")[0]
    tap.check((row["契機"], row["種別"], row["件数"]) == ("画面", "出入ユーザーの変更", "出入ユーザー: 変更 1"), "an act in words", row)
    row = read_csv(client, f"/change-sets?subject=cardholder&subject_id={person}&lang=en")[0]
    tap.check((row["Origin"], row["Kind"], row["Counts"]) == ("Screen", "Cardholder changed", "Cardholder: Changed 1"), "and in English", row)
    row = read_csv(client, f"/change-sets/{newest}")[0]
    tap.check((row["種別"], row["対象"], row["操作"], row["変更項目"]) == ("出入ユーザーの変更", "出入ユーザー", "変更", "備考、暗証番号、有効期間の終了"), "what was changed, in words", row)
    tap.check(row["変更前"] == "備考: a, b、暗証番号: 設定済み、有効期間の終了: 2027/03/31" and row["変更後"] == "備考: (空欄)、暗証番号: 設定済み、有効期間の終了: 2027/03/31 12:30",
              "before and after, days where they are whole", row)
    undone = client.post(f"/change-sets/{newest}/undo", {}).json["revision"]
    tap.check(read_csv(client, "/change-sets")[0]["コメント"] == f"リビジョン {newest} の取り消し" and read_csv(client, f"/change-sets/{undone}?lang=en")[0]["Changed"] == "Note; PIN; Valid to", "an undo says of what")
    seed = client.get(query("/change-sets", kind="seed")).json["change_sets"][0]["revision"]
    rows = read_csv(client, f"/change-sets/{seed}")
    tap.check({r["対象"] for r in rows} >= {"管理グループ", "所属", "ゲート", "出入ユーザー", "許可"} and not any(r["変更前"] for r in rows), "every table by its word", rows[:2])
    permit = next(r for r in rows if r["対象"] == "許可")
    begun = set(re.findall(r"'((?:[a-z_]+\.[a-z_]+)|undo)'", " ".join(line for f in (web.SOURCE / "sql/api").glob("*.sql") for line in f.read_text(encoding="utf-8").splitlines() if "change_begin(" in line)))
    known = {line.split("\t")[2] for line in (web.SOURCE / "lib/gate/codes.tsv").read_text(encoding="utf-8").splitlines() if line.startswith("change_kind\t")}
    tap.check(len(begun) > 20 and {k.replace(".", "_") for k in begun} <= known, "every kind of act has its word (class change_kind of lib/gate/codes.tsv)", sorted(begun))
    tap.check("ゲート" in permit["変更後"] and "通行レベル: " in permit["変更後"] and "{" not in permit["変更後"], "what a row points to is its name", permit)


def limits(tap, site, contract):
    """Rights, scope, bad input."""
    place = place_of(site, contract)
    person = place.person(0)[0]
    department = int(site.value(f"SELECT department_id FROM kidoban.cardholder WHERE id = {person}"))
    other = int(site.value(f"SELECT id FROM kidoban.department WHERE id <> {department} AND id NOT IN (SELECT unnest(kidoban.department_subtrees(ARRAY[id])) FROM kidoban.department WHERE id = {department})"
                           f" AND NOT {department} = ANY (kidoban.department_subtrees(ARRAY[id])) LIMIT 1"))
    group = int(site.value(f"SELECT management_group_id FROM kidoban.gate WHERE id = {place.gate}"))
    web.add_operator(site, "why-in", rights={"cardholders": "view", "history": "none"}, groups=[group], departments=[department])
    web.add_operator(site, "why-department", rights={"cardholders": "view"}, groups=[group], departments=[other])
    web.add_operator(site, "why-gate", rights={"cardholders": "view"}, groups=[group % 4 + 1], departments=[department])
    web.add_operator(site, "why-none", rights={"cardholders": "none"})
    path = query("/explanations", cardholder=person, gate=place.gate)
    event = place.event(place.person(1)[1], "lost_card_refused")
    paths = [path, query("/explanations/gate", gate=place.gate), query("/explanations/cardholder", cardholder=person), "/change-sets", query("/explanations", event=event["id"], t=event["t"])]
    seen = {}
    for name in ("why-in", "why-department", "why-gate", "why-none"):
        client = web.Client(site, contract)
        client.login(name)
        seen[name] = [client.get(p).status for p in paths]
        if name == "why-in":
            tap.check(all((r["change_set"] or {"kind": None})["kind"] is None for r in client.get(path).json["reasons"]), "without the change history nobody is told who did it")
        if name == "why-gate":
            tap.check(client.get(paths[2]).json["gates"] == [] or place.gate not in [g["gate"]["id"] for g in client.get(paths[2]).json["gates"]], "a gate out of scope is not among those somebody can open")
    tap.check(seen["why-in"] == [200, 200, 200, 403, 403], "within scope; an event needs the history", seen)
    tap.check(seen["why-department"] == [404, 200, 404, 403, 404], "a person out of scope is not there", seen)
    tap.check(seen["why-gate"] == [404, 404, 200, 403, 404], "a gate out of scope is not there", seen)
    tap.check(seen["why-none"] == [403] * 5, "nothing without the right", seen)
    tap.check(web.Client(site, contract).get(path).status == 401, "nor without a session")
    for bad, field in (("/explanations", "?cardholder"), ("/explanations?cardholder=1", "?gate"), (path + "&t=2026-01-01T00:00:00Z", "?t"), ("/explanations?event=1-1", "?t"),
                       ("/explanations?event=x&t=2026-01-01T00:00:00Z", "?event"), (path + "&event=1-1&t=2026-01-01T00:00:00Z", "?event"), (path + "&at=soon", "?at"),
                       ("/explanations/gate", "?gate"), ("/explanations/gate?gate=70000", "?gate"), ("/change-sets?subject=cardholder", "?subject_id"),
                       ("/change-sets?subject=operator&subject_id=1", "?subject"), ("/change-sets/1?after=1", "?after"), ("/change-sets/1?after=99999999999-1", "?after")):
        answer = place.client.get(bad)
        tap.check(answer.status == 400 and field in {p for p, _ in answer.fields}, f"{bad}: 400 naming {field}", answer)
    for gone in ("/change-sets/999999", "/explanations?event=999-1&t=2026-01-01T00:00:00Z", "/explanations?cardholder=99999&gate=1", "/explanations?cardholder=1&gate=30000",
                 path + "&card=NOTTHEIRS", "/explanations/gate?gate=30000", "/explanations/cardholder?cardholder=99999"):
        tap.check(place.client.get(gone).status == 404, f"{gone}: 404", gone)


web.run(passes, lost, unknown, listed, changes, files, words_in_files, limits, components=COMPONENTS, rate=0, simulator_options=("--quiet",),
        settings={"gate-poller": {"state_interval": 5}})
