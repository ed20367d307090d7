"""Cardholders, permits and the organisation over the API: contract, bad input, conflicts, limits, scope. Prints TAP."""
import web

COMPONENTS = ("postgres", "session", "gates", "history", "cardholders", "organisation", "httpd")
ADMIN = {}


def etag(answer):
    return {"If-Match": answer.headers["ETag"]}


def register(client, number, **more):
    return client.post("/cardholders", {"employee_number": number, "name": "試験 太郎", "department": 3, **more})


def cardholders(tap, site, contract):
    client = ADMIN["client"] = web.Client(site, contract)
    client.login()
    page = client.get("/cardholders?limit=25")
    tap.check(page.status == 200 and len(page.json["cardholders"]) == 25 and page.json["total"] == 60, "a page of cardholders and the total", page)
    for sort in ("employee_number", "kana"):
        found, after = [], ""
        while after is not None:
            answer = client.get(f"/cardholders?limit=7&sort={sort}" + (f"&after={web.urllib.parse.quote(after)}" if after else "")).json
            found += [c["id"] for c in answer["cardholders"]]
            after = answer["next"]
        anchors = client.get(f"/cardholders/anchors?step=10&sort={sort}").json
        starts = [client.get(f"/cardholders?limit=1&sort={sort}&after={web.urllib.parse.quote(a)}").json["cardholders"] for a in anchors["anchors"]]
        tap.check(len(found) == len(set(found)) == anchors["total"] == 60, f"pages by {sort} make up the list", found)
        tap.check([s[0]["id"] for s in starts if s] == found[10::10], f"anchors by {sort} begin every tenth row", (starts, found))
    first = page.json["cardholders"][0]
    for query in (f"q={first['employee_number'][1:]}", f"q={web.urllib.parse.quote(first['name'])}", f"q={web.urllib.parse.quote(first['kana'][1:])}",
                  f"q={first['cards'][0]['card_number']}", f"card={first['cards'][0]['card_number']}", f"department={first['department']['id']}", "department=1",
                  "lost=false&enabled=true&valid_at=2026-01-01T00:00:00Z"):
        answer = client.get("/cardholders?limit=1000&" + query)
        tap.check(first["id"] in [c["id"] for c in answer.json["cardholders"]] and answer.json["total"] == len(answer.json["cardholders"]), f"found by {query}", answer)
    tap.check([client.get(path, headers={"Accept": "image/png"}).problem for path in ("/cardholders", "/departments")] == ["not_acceptable"] * 2, "neither JSON nor CSV: 406")
    tap.check(client.get("/cardholders?q=%25").json["total"] == 0 and client.get("/cardholders?q=_").json["total"] == 0, "% and _ are taken for what they are")
    holders = [c["id"] for c in client.get("/cardholders?gate=1").json["cardholders"]]
    wanted = site.value("SELECT count(DISTINCT p.cardholder_id) FROM kidoban.permit p WHERE p.gate_id = 1 OR p.gate_group_id IN (SELECT gate_group_id FROM kidoban.gate_group_member WHERE gate_id = 1)")
    tap.check(len(holders) == int(wanted) > 0, "found by the gate that they have a permit for", (holders, wanted))


def one_life(tap, site, contract):
    client = ADMIN["client"]
    made = register(client, "N-1", kana="シケン", card_number="AB12", pin="0123", valid_from="2026-01-01T00:00:00+09:00", valid_to=None, note="辻\U000e0100・𠮷")
    tap.check(made.status == 201 and made.json["has_pin"] and made.json["cards"][0]["card_number"] == "AB12", "registered with card and PIN", made)
    person = f"/cardholders/{made.json['id']}"
    tap.check(b"0123" not in made.body and "pin" not in made.json, "a PIN is never shown", made)
    sealed = site.value(f"SELECT encode(pin_sealed, 'hex') FROM kidoban.cardholder WHERE id = {made.json['id']}")
    tap.check(len(sealed) == 2 * (29 + 4) and b"0123".hex() not in sealed, "and it is stored sealed", sealed)
    tap.check("0123" not in "".join(p.read_text(errors="replace") for p in site.log.glob("*.log")), "and in no log")
    changed = client.ask("PATCH", person, {"name": "別名", "pin": None, "valid_from": None}, headers=etag(made))
    tap.check(changed.status == 200 and changed.json["name"] == "別名" and not changed.json["has_pin"] and changed.json["valid_from"] is None, "changed; null takes away", changed)
    late = client.ask("PATCH", person, {"name": "遅い"}, headers=etag(made))
    tap.check(late.status == 412 and late.json["current"]["name"] == "別名" and late.headers["ETag"] == changed.headers["ETag"], "the second editor is told what is there now (A-5)", late)
    tap.check(client.ask("PATCH", person, {"name": "x"}).status == 428, "no If-Match: 428")
    same = client.ask("PATCH", person, {"name": "別名"}, headers=etag(changed))
    tap.check(same.json["revision"] == changed.json["revision"], "what does not change makes no version", same)
    lost = client.post(person + "/lost", {"lost": True, "comment": "駅で"})
    tap.check(lost.json["lost"] and lost.json["lost_at"] and site.value("SELECT revokes FROM kidoban.change_set ORDER BY revision DESC LIMIT 1") == "t", "lost is a change set that revokes (C-7)", lost)
    again = client.ask("POST", person + "/reissue", {"card_number": "0077"}, headers=etag(lost))
    tap.check(not again.json["lost"] and [(c["card_number"], c["issue_count"], c["lost"]) for c in again.json["cards"]] == [("0077", 2, False), ("AB12", 1, True)],
              "another card: the old number stays on the lost list", again)
    tap.check(client.ask("POST", person + "/reissue", {"card_number": "AB12"}, headers=etag(again)).fields == {("/card_number", "taken")}, "a number on the lost list is not given again")
    tap.check(client.ask("DELETE", person, headers=etag(made)).status == 412, "a deletion with an old ETag is refused")
    gone = client.ask("DELETE", person, headers=etag(again))
    tap.check(gone.status == 200 and gone.json["revision"] and client.get(person).status == 404, "deleted", gone)


def bad_input(tap, site, contract):
    client = ADMIN["client"]
    good = {"employee_number": "B-1", "name": "n", "department": 3}
    for change, field in (({"pin": "123"}, ("/pin", "too_short")), ({"pin": "123456789"}, ("/pin", "too_long")), ({"pin": "12a4"}, ("/pin", "malformed")), ({"pin": 1234}, ("/pin", "ill_typed")),
                          ({"card_number": "a-b"}, ("/card_number", "malformed")), ({"card_number": "1" * 17}, ("/card_number", "too_long")), ({"card_number": "１２"}, ("/card_number", "malformed")),
                          ({"name": ""}, ("/name", "too_short")), ({"name": "a\nb"}, ("/name", "control_character")), ({"name": "山田\u202e太郎"}, ("/name", "control_character")), ({"kana": "ヤマダ\u2066"}, ("/kana", "control_character")),
                          ({"employee_number": "B\u200b-1"}, ("/employee_number", "control_character")), ({"note": "\u2069"}, ("/note", "control_character")), ({"name": "x" * 65}, ("/name", "too_long")), ({"colour": 1}, ("/colour", "unknown")),
                          ({"department": "3"}, ("/department", "ill_typed")), ({"enabled": None}, ("/enabled", "ill_typed")), ({"valid_from": "yesterday"}, ("/valid_from", "ill_typed")),
                          ({"valid_from": "2026-01-02T00:00:00Z", "valid_to": "2026-01-01T00:00:00Z"}, ("/valid_to", "out_of_range")), ({"name": None}, ("/name", "ill_typed"))):
        answer = client.post("/cardholders", {**good, **change})
        tap.check(answer.status == 400 and field in answer.fields, f"400 names {field[0]} {field[1]}", answer)
    tap.check(client.post("/cardholders", {**good, "department": 99999}).fields == {("/department", "not_found")}, "a department that is not there")
    tap.check(client.post("/cardholders", {**good, "employee_number": "000001"}).fields == {("/employee_number", "taken")}, "an employee number that is taken is 409")
    for body, field in (({"expected_count": 1}, ("/cardholders", "conflicting")), ({"cardholders": [1], "expected_count": 1}, ("/change", "conflicting")),
                        ({"filter": {"colour": 1}, "expected_count": 1, "delete": True}, ("/filter/colour", "unknown")),
                        ({"cardholders": [1], "expected_count": 1, "change": {"permits_add": [{"gate": "x"}]}}, ("/change/permits_add/0/gate", "ill_typed")),
                        ({"cardholders": [1], "expected_count": 1, "change": {"name": "x"}}, ("/change/name", "unknown"))):
        answer = client.post("/cardholders/bulk", body)
        tap.check(answer.status == 400 and field in answer.fields, f"bulk: 400 names {field[0]}", answer)
    for path in ("/cardholders?after=x&sort=kana", "/cardholders?sort=age", "/cardholders/anchors?step=1", "/permits", "/cardholders?q=a&q=b"):
        tap.check(client.get(path).status == 400, f"GET {path} is 400")
    tap.check(client.get("/cardholders/99999").status == 404 and client.get("/cardholders/9007199254740991").status == 404, "an unknown id is 404")


def bulk(tap, site, contract):
    client = ADMIN["client"]
    before = site.value("SELECT max(revision) FROM kidoban.change_set")
    wrong = client.post("/cardholders/bulk", {"filter": {}, "expected_count": 3, "delete": True})
    tap.check(wrong.status == 409 and wrong.json["count"] == 60 and client.get("/cardholders").json["total"] == 60, "a wrong count deletes nobody and says the true one (C-5)", wrong)
    done = client.post("/cardholders/bulk", {"cardholders": [1, 2, 3], "expected_count": 3,
                                             "change": {"department": 4, "enabled": False, "permits_add": [{"gate": 1, "pass_level": 2}], "permits_remove": [{"gate_group": 1}]}})
    tap.check(done.status == 200 and done.json == {"changed": 3, "revision": int(before) + 1}, "many are changed in one change set", done)
    person = client.get("/cardholders/1").json
    tap.check(person["department"]["id"] == 4 and not person["enabled"] and [p["pass_level"] for p in person["permits"] if p["gate"] and p["gate"]["id"] == 1] == [2], "each of them", person)
    gone = client.post("/cardholders/bulk", {"cardholders": [1, 2, 3], "expected_count": 3, "delete": True})
    tap.check(gone.json["changed"] == 3 and client.get("/cardholders").json["total"] == 57, "and deleted at once", gone)


def permits(tap, site, contract):
    client = ADMIN["client"]
    site.psql("BEGIN; SELECT api.change_begin('test', ''); UPDATE kidoban.gate SET entry_reader = 'vein' WHERE id = 2; COMMIT;")
    person = register(client, "P-1", card_number="XY1").json["id"]
    granted = client.post("/permits", {"cardholders": [person, 4], "gate": 2, "pass_level": 3, "valid_to": "2030-01-01T00:00:00Z"})
    tap.check(granted.status == 201 and len(granted.json["permits"]) == 2 and [w["cardholder"]["id"] for w in granted.json["warnings"]].count(person) == 1,
              "granted; letters at a vein gate are warned of", granted)
    again = client.post("/permits", {"cardholders": [person, 4], "gate": 2, "pass_level": 4, "valid_to": "2030-01-01T00:00:00Z"})
    tap.check([p["id"] for p in again.json["permits"]] == [p["id"] for p in granted.json["permits"]] and again.json["permits"][0]["pass_level"] == 4, "the same grant again takes the new level", again)
    one = client.get(f"/permits/{granted.json['permits'][0]['id']}")
    path = f"/permits/{one.json['id']}"
    changed = client.ask("PATCH", path, {"pass_level": 8, "valid_to": None}, headers=etag(one))
    tap.check(changed.json["pass_level"] == 8 and changed.json["valid_to"] is None, "changed", changed)
    stale = client.ask("PATCH", path, {"pass_level": 7}, headers=etag(one))
    tap.check(stale.status == 412 and stale.json["current"]["pass_level"] == 8, "stale: 412 with what is there", stale)
    tap.check(client.ask("PATCH", path, {"pass_level": 9}, headers=etag(changed)).status == 400, "level 9 is 400")
    tap.check(client.ask("DELETE", path, headers=etag(changed)).status == 200 and client.get(path).status == 404, "taken away")
    tap.check(client.post("/permits", {"cardholders": [person], "gate": 999}).fields == {("/gate", "not_found")}, "an unknown gate is named")
    tap.check(client.post("/permits", {"cardholders": [99999], "gate": 2}).fields == {("/cardholders", "not_found")}, "an unknown cardholder too")
    tap.check(client.post("/permits", {"cardholders": [person], "gate": 2, "gate_group": 1}).status == 400, "a gate or a group, not both")


def organisation(tap, site, contract):
    client = ADMIN["client"]
    for path, body, change in (("/departments", {"parent": 3, "code": "X1", "name": "新課"}, {"parent": None, "name": "課"}), ("/management-groups", {"name": "新", "note": "n"}, {"name": "群"}),
                               ("/gate-groups", {"name": "新", "gates": [1, 2]}, {"name": "群"})):
        made = client.post(path, body)
        one = f"{path}/{made.json['id']}"
        tap.check(made.status == 201 and made.headers["Location"].endswith(one) and client.get(one).json == made.json, f"{path}: added", made)
        taken = client.post(path, body)
        tap.check(taken.status == 409 and taken.fields in ({("/code", "taken")}, {("/name", "taken")}), f"{path}: a name that is taken is 409", taken)
        changed = client.ask("PATCH", one, change, headers=etag(made))
        tap.check(changed.status == 200 and all(changed.json[k] == v for k, v in change.items()), f"{path}: changed", changed)
        stale = client.ask("PATCH", one, change, headers=etag(made))
        tap.check(stale.status == 412 and stale.json["current"] == changed.json, f"{path}: stale is 412 with what is there", stale)
        gone = client.ask("DELETE", one, headers=etag(changed))
        tap.check(gone.status == 200 and client.get(one).status == 404, f"{path}: deleted", gone)
    for path, body in (("/departments", {"parent": 3, "code": "X2", "name": "課\u202e"}), ("/management-groups", {"name": "\u2067群"}), ("/gate-groups", {"name": "組\u200b"})):
        tap.check(client.post(path, body).fields == {("/name", "control_character")}, f"POST {path} refuses a name with what can not be seen")
    for path in ("/departments/4", "/management-groups/1"):
        answer = client.ask("DELETE", path, headers=etag(client.get(path)))
        tap.check(answer.status == 409 and answer.fields == {("", "in_use")}, f"{path} is in use", answer)
    ring = client.ask("PATCH", "/departments/1", {"parent": 2}, headers=etag(client.get("/departments/1")))
    tap.check(ring.status == 422, "a department can not be below itself", ring)
    parent = None
    for level in range(1, 7):
        answer = client.post("/departments", {"parent": parent, "code": f"L{level}", "name": str(level)})
        if answer.status == 201:
            parent = answer.json["id"]
    tap.check(level == 6 and answer.status == 409 and answer.json["limit"] == "L-5", "a sixth level is refused and L-5 named", answer)
    site.psql("UPDATE kidoban.edition SET cardholders = 1, gate_groups = 1, gates_in_group = 1, management_groups = 1")
    group = client.get("/gate-groups/1")
    for limit, answer in (("L-4", register(client, "L-4")), ("L-2", client.post("/gate-groups", {"name": "L-2"})), ("L-13", client.post("/management-groups", {"name": "L-13"})),
                          ("L-2", client.ask("PUT", "/gate-groups/1/gates", {"gates": [1, 2, 3]}, headers=etag(group)))):
        tap.check(answer.status == 409 and answer.json["limit"] == limit, f"{limit} is named", answer)
    site.psql("UPDATE kidoban.edition SET cardholders = 300000, gate_groups = 2000, gates_in_group = 200, management_groups = 500")


def scope(tap, site, contract):
    """An operator of management group 1 and department 3: what is not theirs does not exist, or is refused."""
    admin = ADMIN["client"]
    mine = [int(r[0]) for r in site.rows("SELECT id FROM kidoban.gate WHERE management_group_id = 1")]
    other = [int(r[0]) for r in site.rows("SELECT id FROM kidoban.gate WHERE management_group_id <> 1")]
    web.add_operator(site, "部分", groups=[1], departments=[3])
    client = web.Client(site, contract)
    client.login("部分")
    person, stranger = register(admin, "S-1", card_number="S1").json["id"], register(admin, "S-2", card_number="S2", department=15).json["id"]
    tap.check(client.get(f"/cardholders/{person}").status == 200 and client.get(f"/cardholders/{stranger}").status == 404, "cardholders by department")
    tap.check(client.get("/cardholders?q=S-2").json["total"] == 0 and client.get("/cardholders?card=S2").json["total"] == 0, "a search finds nobody else")
    tap.check(client.post(f"/cardholders/{stranger}/lost", {"lost": True}).status == 404, "nor can anybody else be marked lost")
    move = client.ask("PATCH", f"/cardholders/{person}", {"department": 15}, headers=etag(client.get(f"/cardholders/{person}")))
    tap.check(move.status == 422 and move.fields == {("/department", "not_found")}, "nor be sent to a department out of scope", move)
    tap.check(client.post("/permits", {"cardholders": [person], "gate": mine[0]}).status == 201, "a gate of the own management group is granted (C-6)")
    web.add_operator(site, "許可のみ", rights={"gates": "none", "history": "none"}, groups=[1], departments=[3])
    grantor = web.Client(site, contract)
    grantor.login("許可のみ")
    seen = grantor.get("/permits/gates")
    tap.check(sorted(g["id"] for g in seen.json["gates"]) == sorted(mine) and grantor.get("/gates").status == 403, "who may not watch gates chooses among the own ones", seen)
    tap.check(grantor.post("/permits", {"cardholders": [person], "gate": mine[0]}).status == 201, "and grants them")
    no = client.post("/permits", {"cardholders": [person], "gate": other[0]})
    tap.check(no.status == 422 and no.fields == {("/gate", "not_found")}, "another is not there", no)
    mixed = admin.post("/gate-groups", {"name": "mixed", "gates": [mine[0], other[0]]})
    no = client.post("/permits", {"cardholders": [person], "gate_group": mixed.json["id"]})
    tap.check(no.status == 403 and no.fields == {("/gate_group", "partly_out_of_scope")}, "nor a group that reaches further", no)
    seen = client.get(f"/gate-groups/{mixed.json['id']}")
    tap.check([m["id"] for m in seen.json["members"]] == [mine[0]] and not seen.json["editable"], "of which only the own gates are seen", seen)
    for suffix in ("", "?preview=true"):
        tap.check(client.ask("PUT", f"/gate-groups/{mixed.json['id']}/gates{suffix}", {"gates": mine}, headers=etag(seen)).status == 403, f"and that can not be changed{suffix}")
    admin.post("/permits", {"cardholders": [person, stranger], "gate_group": mixed.json["id"]})
    foreign = [p for p in client.get(f"/cardholders/{person}").json["permits"] if p["gate_group"]][0]
    tap.check(not foreign["editable"] and client.ask("DELETE", f"/permits/{foreign['id']}", headers={"If-Match": f'"{foreign["revision"]}"'}).status == 403, "a permit that reaches further is seen, not taken away", foreign)
    free = [g for g in range(1, 9) if g not in (mine[0], other[0])][0]
    preview = admin.ask("PUT", f"/gate-groups/{mixed.json['id']}/gates?preview=true", {"gates": [free, other[0]]}, headers=etag(mixed)).json
    tap.check(preview["gain"] == [{"gate": preview["gain"][0]["gate"], "cardholders": 2}] and preview["gain"][0]["gate"]["id"] == free, "the preview says how many gain a gate", preview)
    tap.check(preview["lose"][0]["gate"]["id"] == mine[0] and preview["lose"][0]["cardholders"] == 1, "and how many lose one: not who has another permit for it", preview)
    for method, path in (("POST", "/departments"), ("POST", "/management-groups")):
        tap.check(client.ask(method, path, {"name": "x", "code": "x"} if path == "/departments" else {"name": "x"}).status == 403, f"{method} {path} needs its right")
    tap.check(client.ask("DELETE", f"/cardholders/{person}", headers=etag(client.get(f"/cardholders/{person}"))).status == 200, "who may delete a person ends all their permits")


web.run(cardholders, one_life, bad_input, bulk, permits, organisation, scope, components=COMPONENTS)
