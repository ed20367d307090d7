#!/usr/bin/python3
"""Controllers: added with their gates, changed, deleted, by whom; what stays when they are gone (G-1). Prints TAP."""
import web

ADMIN = {}


def etag(answer):
    return {"If-Match": answer.headers["ETag"]}


def board(serial="405000123", address="127.99.0.1", doors=(1, 2, 3, 4), **more):
    gates = [{"door": door, "name": f"{serial} {door}", "management_group": 1} for door in doors]
    return {"name": f"board {serial}", "driver": "uhppote", "serial": serial, "address": address, "gates": gates, **more}


def one_life(tap, site, contract):
    client = web.Client(site, contract)
    client.login()
    ADMIN["client"] = client
    seeded = client.get("/controllers").json["controllers"]
    tap.check([c["driver"] for c in seeded] == ["kidoban"] * len(seeded) and sum(len(c["gates"]) for c in seeded) == 8, "the seeded ones are listed with their gates", seeded)
    made = client.post("/controllers", board())
    tap.check(made.status == 201 and made.json["port"] == 60000 and [g["door"] for g in made.json["gates"]] == [1, 2, 3, 4], "a board is added with its doors", made)
    one = made.headers["Location"].removeprefix("/api/v1")
    tap.check(client.get(one).json == made.json and client.get(one).headers["ETag"] == made.headers["ETag"], "and is where it says")
    gate = made.json["gates"][0]["id"]
    seen = client.get(f"/gates/{gate}").json
    tap.check(seen["controller"]["driver"] == "uhppote" and seen["exit_reader"] == "none" and seen["state"]["lock_state"] == "unknown", "its gates are gates, not heard of yet", seen)
    two = board("205000123", "127.99.0.2", (1, 2))
    two["gates"][0].update(entry_reader="card_keypad", door_sensor="none")
    two = client.post("/controllers", two)
    keypad = client.get(f"/gates/{two.json['gates'][0]['id']}").json
    tap.check(keypad["entry_reader"] == "card_keypad" and keypad["parameters"] == {"door_sensor": "none"}, "with the readers and contacts that it has", keypad)
    tap.check(client.get(f"/gates/{two.json['gates'][0]['id']}").json["exit_reader"] == "card", "a board of two doors has a reader on either side")

    changed = client.ask("PATCH", one, {"address": "127.99.0.9", "note": "in the attic"}, headers=etag(made))
    tap.check(changed.status == 200 and (changed.json["address"], changed.json["note"]) == ("127.99.0.9", "in the attic"), "its address changes", changed)
    stale = client.ask("PATCH", one, {"enabled": False}, headers=etag(made))
    tap.check(stale.status == 412 and stale.json["current"] == changed.json, "stale is 412 with what is there", stale)
    tap.check(client.ask("PATCH", one, {"enabled": False}).status == 428, "without If-Match it is 428")
    off = client.ask("PATCH", one, {"enabled": False}, headers=etag(changed))
    tap.check(off.status == 200 and off.json["enabled"] is False, "it can be switched off")

    person = int(site.value("SELECT min(cardholder_id) FROM kidoban.credential"))
    refused = client.post("/permits", {"cardholders": [person], "gate": gate})
    tap.check(refused.status == 422 and ("/card_number", "card_number_not_on_board") in refused.fields and seen["name"] in refused.json["detail"],
              "a card number that a board can not hold is refused where it is granted, and the gate named", refused)
    number = client.get(f"/cardholders/{person}").json["employee_number"]
    sent = client.ask("POST", "/imports?kind=cardholders&mode=update", f"employee_number,card_number,permits\n{number},LETTERS1,gate:#{gate}@1\n".encode(),
                      headers={"Content-Type": "text/csv"})
    file = f"/imports/{sent.json['id']}"
    web.wait(lambda: client.get(file).json["state"] == "previewed", 20, 0.1)
    client.post(f"{file}/apply", {})
    web.wait(lambda: client.get(file).json["state"] not in ("applying", "previewed"), 20, 0.1)
    failed = client.get(file).json
    tap.check(failed["state"] == "failed" and failed["fault"]["code"] == "card_number_not_on_board" and seen["name"] in failed["fault"]["detail"]
              and "LETTERS1" in failed["fault"]["detail"], "nor does a file give one: it is refused as a whole, gate and card named", failed)
    tap.check(site.value("SELECT count(*) FROM kidoban.credential WHERE card_number = 'LETTERS1'") == "0", "and nothing of it is there")
    site.psql(f"BEGIN; SELECT api.change_begin('test'); UPDATE kidoban.credential SET card_number = '10000001' WHERE cardholder_id = {person};"
              f" INSERT INTO kidoban.permit (cardholder_id, gate_id, pass_level) VALUES ({person}, {gate}, 1); COMMIT;")
    client.post("/gate-groups", {"name": "with the board", "gates": [gate]})
    gone = client.ask("DELETE", one, headers=etag(off))
    tap.check(gone.status == 200 and client.get(one).status == 404 and client.get(f"/gates/{gate}").status == 404, "deleted, it is gone with its gates", gone)
    tap.check(site.value(f"SELECT count(*) FROM kidoban.permit WHERE gate_id = {gate}") == "0"
              and site.value(f"SELECT count(*) FROM kidoban.gate_group_member WHERE gate_id = {gate}") == "0", "permits for them and their places in groups have ended")
    tap.check(site.value(f"SELECT count(*) FROM kidoban.gate_past WHERE id = {gate}") == "1"
              and site.value(f"SELECT count(*) FROM kidoban.permit_past WHERE gate_id = {gate}") == "1", "and are remembered")
    again = client.post("/controllers", board())
    tap.check(again.status == 201 and again.json["gates"][0]["id"] not in (gate, None), "added again, its gates have numbers of their own", again)


def history_stays(tap, site, contract):
    """What happened at a gate is still found, under its name, when its controller is deleted."""
    client, life = ADMIN["client"], web.life_of(site)
    life.events(1, [109])
    controller = client.get("/gates/1").json["controller"]
    name = client.get("/gates/1").json["name"]
    before = [e for e in client.get("/history/access?limit=100").json["events"] if e["gate"]["id"] == 1]
    answer = client.get(f"/controllers/{controller['id']}")
    gone = client.ask("DELETE", f"/controllers/{controller['id']}", headers=etag(answer))
    after = [e for e in client.get("/history/access?limit=100").json["events"] if e["gate"]["id"] == 1]
    tap.check(gone.status == 200 and before and [e["id"] for e in after] == [e["id"] for e in before], "its history stays", (gone, before, after))
    tap.check(after and after[0]["gate"]["name"] == name, "under the name it had", after)


def refusals(tap, site, contract):
    client = ADMIN["client"]
    for body, pointer, code in (
            (board("305000123"), "/serial", "malformed"), (board("40500012a"), "/serial", "malformed"), (board(address="127.99.0"), "/address", "malformed"),
            (board(address="::1"), "/address", "malformed"), (board(address="127.99.0.0/24"), "/address", "malformed"),
            (board("105000123", doors=(1, 2)), "/gates", "out_of_range"), (board("405000124", doors=(1, 1)), "/gates", "repeated"),
            (dict(board("405000124"), driver="kidoban"), "/serial", "malformed"),
            (dict(board("405000124"), gates=[{"door": 1, "name": "x", "management_group": 999}]), "/management_group", "not_found")):
        answer = client.post("/controllers", body)
        tap.check(answer.status == 422 and (pointer, code) in answer.fields, f"refused: {pointer} {code}", answer)
    for body, pointer in ((dict(board(), gates=[]), "/gates"), (dict(board(), driver="other"), "/driver"), (dict(board(), port=0), "/port"),
                          (dict(board(), gates=[{"door": 9, "name": "x", "management_group": 1}]), "/gates/0/door")):
        answer = client.post("/controllers", body)
        tap.check(answer.status == 400 and pointer in {p for p, _ in answer.fields}, f"400: {pointer}", answer)
    twice = client.post("/controllers", board(address="127.99.0.77"))
    tap.check(twice.status == 409 and ("/serial", "taken") in twice.fields, "a serial number is there once", twice)
    there = client.post("/controllers", board("405000777", "127.99.0.2"))
    tap.check(there.status == 409 and ("/address", "taken") in there.fields, "and so is an address", there)
    tap.check(client.get("/controllers/99999").status == 404, "what is not there is 404")
    ours = client.post("/controllers", {"name": "ours", "driver": "kidoban", "serial": "4b44000000abcdef", "address": "127.99.1.1",
                                        "gates": [{"door": 1, "name": "ours 1", "management_group": 2}]})
    tap.check(ours.status == 201 and ours.json["port"] == 11000, "a controller of our own protocol is added as well", ours)


def rights(tap, site, contract):
    """Both rights are needed, and scope over every gate."""
    for name, given, expected in (("gates_only", {"gates": "edit"}, 403), ("neither", {"gates": "view"}, 403)):
        web.add_operator(site, name, rights=given)
        client = web.Client(site, contract)
        client.login(name)
        answer = client.post("/controllers", board("405000999", "127.99.3.1"))
        tap.check(answer.status == expected, f"{name}: adding is {expected}", answer)
        tap.check(client.get("/controllers").status == 200, f"{name}: looking is allowed")
    web.add_operator(site, "system_only", rights={"gates": "view", "system_administration": "edit"})
    client = web.Client(site, contract)
    client.login("system_only")
    tap.check(client.post("/controllers", board("405000999", "127.99.3.1")).status == 403, "system administration without gates: adding is 403")
    web.add_operator(site, "narrow", rights={"gates": "edit", "system_administration": "edit"}, groups=[2])
    client = web.Client(site, contract)
    client.login("narrow")
    tap.check(client.post("/controllers", board("405000999", "127.99.3.1")).status in (403, 422), "with some management groups only: adding is refused")
    foreign = ADMIN["client"].get("/controllers").json["controllers"]
    shown = {c["id"] for c in client.get("/controllers").json["controllers"]}
    tap.check(shown and shown < {c["id"] for c in foreign}, "and only their controllers are seen", shown)
    hidden = next(c for c in foreign if c["id"] not in shown)
    answer = client.ask("DELETE", f"/controllers/{hidden['id']}", headers={"If-Match": f'"{hidden["revision"]}"'})
    tap.check(answer.status == 404, "of which the others do not exist", answer)


def boards_own(tap, site, contract):
    """What only a board has: seen in its controller, its two settings changed with it."""
    client = ADMIN["client"]
    one = next(c for c in client.get("/controllers").json["controllers"] if c["driver"] == "uhppote")
    tap.check(one["board"] == {**one["board"], "take_listener": False, "door_events": True, "listener": None}, "a board's listener is nobody's to take at first", one)
    path = f"/controllers/{one['id']}"
    answer = client.ask("PATCH", path, {"take_listener": True, "name": "taken"}, headers=etag(client.get(path)))
    tap.check(answer.status == 200 and answer.json["board"]["take_listener"] and answer.json["name"] == "taken", "an administrator allows it", answer)
    ours = next(c for c in client.get("/controllers").json["controllers"] if c["driver"] == "kidoban")
    path = f"/controllers/{ours['id']}"
    tap.check(ours["board"] is None, "others have nothing of the kind")
    answer = client.ask("PATCH", path, {"door_events": False}, headers=etag(client.get(path)))
    tap.check(answer.status == 404, "nor can it be set", answer)


def discovery(tap, site, contract):
    client = ADMIN["client"]
    asked = client.post("/controllers/discoveries", {"network": "127.99.0.0/24"})
    tap.check(asked.status == 202 and asked.json["finished_at"] is None and asked.json["found"] == [], "a search is taken on", asked)
    at = asked.headers["Location"].removeprefix("/api/v1")
    begun = site.rows("SELECT * FROM api.poller_searches()", "kidoban_gate_poller")
    tap.check(begun == [[str(asked.json["id"]), "127.99.0.0", "24", "60000"]], "a poller takes it up", begun)
    for serial, address in (("405000123", "127.99.0.1"), ("205000555", "127.99.0.5")):
        site.psql(f"SELECT api.poller_search_found({asked.json['id']}, '{serial}', '{address}', 60000, '255.0.0.0', '127.0.0.1', '00:66:18:23:cf:41', '8.92', '2018-11-05')", "kidoban_gate_poller")
    site.psql(f"SELECT api.poller_search_end({asked.json['id']}, '')", "kidoban_gate_poller")
    found = client.get(at).json
    tap.check(found["finished_at"] and [(f["serial"], f["doors"], bool(f["controller"])) for f in found["found"]] == [("205000555", 2, False), ("405000123", 4, True)],
              "what answered is listed, with how many doors and whether it is added", found)
    for network, status in (("192.0.2.0/16", 422), ("192.0.2.0/33", 422), ("everywhere", 400), ("192.0.2", 400), ("192.0.2.1/x", 400), ("300.0.2.1", 400)):
        answer = client.post("/controllers/discoveries", {"network": network})
        tap.check(answer.status in (400, status) and "/network" in {p for p, _ in answer.fields}, f"{network} is {status}", answer)
    for _ in range(4):
        answer = client.post("/controllers/discoveries", {"network": "192.0.2.255"})
    tap.check(answer.status == 409, "no more than a few searches at a time", answer)
    tap.check(client.get("/controllers/discoveries/999999").status == 404, "what is not there is 404")
    other = web.Client(site, contract)
    other.login("gates_only")
    tap.check(other.post("/controllers/discoveries", {"network": "192.0.2.255"}).status == 403 and other.get(at).status == 403, "who may not administer may not search")
    other.login("system_only")
    tap.check(other.post("/controllers/discoveries", {"network": "192.0.2.255"}).status == 403 and other.get(at).status == 403, "nor with system administration alone")


def every_status(tap, site, contract):
    """Every status that openapi.yaml documents for controllers was seen, but those of a server in trouble."""
    client, nobody, large = ADMIN["client"], web.Client(site, contract), "x" * 300000
    one = next(c for c in client.get("/controllers").json["controllers"] if c["driver"] == "uhppote")
    path = f"/controllers/{one['id']}"
    match = {"If-Match": f'"{one["revision"]}"'}
    asked = [("GET", "/controllers", None), ("POST", "/controllers", board("405000555", "127.99.5.5")), ("GET", path, None), ("PATCH", path, {"note": "x"}),
             ("DELETE", path, None), ("POST", "/controllers/discoveries", {"network": "192.0.2.1"}), ("GET", "/controllers/discoveries/1", None)]
    for method, at, body in asked:
        answer = nobody.ask(method, at, body, headers=match)
        tap.check(answer.status == 401, f"{method} {at} without a session is 401", answer)
        answer = client.ask(method, at + "?x=1", body, headers=match)
        tap.check(answer.status == 400, f"{method} {at} with a parameter that is not there is 400", answer)
        if method in ("POST", "PATCH"):
            tap.check(client.ask(method, at, large, headers=match).status == 413, f"{method} {at}: a large body is 413")
        if method != "GET":
            tap.check(client.ask(method, at, body, headers={**match, "Content-Type": "text/plain"}).status == 415, f"{method} {at}: text is 415")
    for method, body in (("PATCH", {"note": "x"}), ("DELETE", None)):
        tap.check(client.ask(method, "/controllers/99999", body, headers=match).status == 404, f"{method} of what is not there is 404")
        tap.check(client.ask(method, path, body).status == 428, f"{method} without If-Match is 428")
        tap.check(client.ask(method, path, body, headers={"If-Match": '"1"'}).status == 412, f"{method} of an older one is 412")
    bad = client.ask("PATCH", path, {"address": "nowhere"}, headers=match)
    tap.check(bad.status == 422 and ("/address", "malformed") in bad.fields, "an address that is none is 422", bad)
    # Rights and conflicts are provoked above, where they can be; 422 of a DELETE is another's to give.
    missing = [(m.upper(), p, s) for p, item in web.SPEC["paths"].items() for m, o in item.items() if "controllers" in o["tags"] for s in o["responses"]
               if s not in ("503", "403", "409") and (m.upper(), p, s) != ("DELETE", "/controllers/{id}", "422") and (m.upper(), p, int(s)) not in contract.seen]
    tap.check(not missing, "every documented status was seen here, 403, 409 and 503 apart", missing)


web.run(one_life, history_stays, refusals, rights, boards_own, discovery, every_status,
        components=(*web.COMPONENTS[:-1], "imports", "transfer", "httpd"))
