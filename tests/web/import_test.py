"""Files of cardholders and departments (C-3, C-4, O-2): uploaded, looked at, applied, cancelled, written out, undone."""
import csv
import io
import os
import pathlib
import signal
import subprocess
import sys
import threading
import urllib.parse

SOURCE = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2])
sys.path[:0] = [str(SOURCE / "tests/lib"), str(SOURCE / "tests/web")]
import private_site  # noqa: E402
import web  # noqa: E402

CONTRACT = web.Contract()
HEAD = "社員番号,氏名,カナ,所属コード,カード番号,有効期間開始,有効期間終了,備考,暗証番号,出入許可"


def admin(site):
    client = web.Client(site, CONTRACT)
    assert client.login().status == 201
    return client


def upload(client, data, kind="cardholders", mode="upsert", wait=True, headers=None, **options):
    query = urllib.parse.urlencode({"kind": kind, "mode": mode, **options})
    answer = client.ask("POST", f"/imports?{query}", data, headers={"Content-Type": "text/csv", **(headers or {})})
    if answer.status != 202 or not wait:
        return answer
    return settled(client, answer.json["id"], ("previewed", "failed", "cancelled"))


def settled(client, number, states):
    return web.wait(lambda: (lambda i: i if i["state"] in states else None)(client.get(f"/imports/{number}").json), 40, 0.1) \
        or client.get(f"/imports/{number}").json


def apply(client, found, **body):
    answer = client.post(f"/imports/{found['id']}/apply", body)
    assert answer.status == 202, answer
    return settled(client, found["id"], ("done", "failed"))


def rows(client, found, **query):
    return client.get(f"/imports/{found['id']}/rows?{urllib.parse.urlencode({'limit': 1000, **query})}").json["rows"]


def export(client, what="cardholders", query="", **options):
    return client.get(f"/{what}?{urllib.parse.urlencode(options)}{query}", headers={"Accept": "text/csv"})


def cells(answer, encoding="utf-8-sig"):
    return list(csv.reader(io.StringIO(answer.body.decode(encoding))))


def count(found):
    return tuple(found["counts"][k] for k in ("add", "change", "unchanged", "delete", "error"))


def test_round_trip(tap, site, contract):
    client = admin(site)
    for encoding in ("utf-8", "cp932"):
        before = export(client, encoding=encoding)
        tap.check(before.status == 200 and len(cells(before, "utf-8-sig" if encoding == "utf-8" else "cp932")) == 61, f"{encoding}: the list is written out", before)
        found = upload(client, before.body)
        tap.check(found["state"] == "previewed" and count(found) == (0, 0, 60, 0, 0), f"{encoding}: what is written out comes back unchanged",
                  (found, rows(client, found, status="error")[:3], rows(client, found, status="change")[:3]))
    done = apply(client, found)
    tap.check(done["state"] == "done" and export(client, encoding="cp932").body == before.body, "applying that changes nothing", done)
    some = export(client, query="&q=" + urllib.parse.quote("田"))
    listed = client.get("/cardholders?limit=1000&q=" + urllib.parse.quote("田")).json
    tap.check(len(cells(some)) - 1 == listed["total"] > 0, "a filter shows the same in list and file", (len(cells(some)), listed["total"]))


def test_modes_and_undo(tap, site, contract):
    client = admin(site)
    old = export(client).body
    code = cells(export(client, "departments"))[2][0]
    present = [row[0] for row in cells(export(client))[1:4]]
    gate = client.get("/gates").json["gates"][0]["name"]
    data = "\r\n".join([
        HEAD, f"000123,＝山田,ヤマダ,{code},0007,2026/04/01,2027/03/31,\"'=1+1, \"\"x\"\"\",0042,gate:{gate}@3",
        f"000124,'=cmd,,{code},,,,,,", f"{present[0]},新しい名前,,,,,,,,", f"{present[1]},,,,,,,,,",
        f"000125,無所属,,NOWHERE,,,,,,", f"000126,二重,,{code},,,,,,", f"000126,二重,,{code},,,,,,", f"000127,日付,,{code},,2026/02/30,,,,",
        f"000128,暗証,,{code},,,,,12,", f"000129,許可,,{code},,,,,,gate:どこにもない@1", "000130,足りない"]) + "\r\n"
    found = upload(client, data.encode("cp932"), file_name="人事.csv")
    tap.check(found["state"] == "previewed" and count(found) == (2, 1, 1, 0, 7), "the preview counts", (found, rows(client, found)))
    codes = {row["key"]: (row["code"], row["field"]) for row in rows(client, found, status="error") if row["key"]}
    tap.check(codes == {"000125": ("department_not_found", "department"), "000126": ("duplicate", "employee_number"),
                        "000127": ("malformed", "valid_from"), "000128": ("malformed", "pin"), "000129": ("permit_not_found", "permits"),
                        "000130": ("too_few_cells", None)}, "each refused row says why", codes)
    changed = rows(client, found, status="change")
    tap.check(len(changed) == 1 and changed[0]["after"]["name"] == "新しい名前" != changed[0]["before"]["name"], "before and after", changed)
    tap.check(export(client).body == old, "a preview changes nothing")
    secret = site.value(f"SELECT count(*) FROM stage.row_{found['id']} WHERE pin LIKE '%0042%'")
    tap.check(secret == "0", "no PIN lies open in the database", secret)
    done = apply(client, found)
    tap.check(done["state"] == "done" and done["change_set"], "it is applied as one change set", done)
    now = {row[0]: row for row in cells(export(client))}
    tap.check(now["000123"][5] == "0007" and now["000123"][7:9] == ["2026/04/01", "2027/03/31"] and now["000123"][13] == "'=1+1, \"x\""
              and now["000123"][14] == f"gate:{gate}@3", "leading zeros, dates, notes and permits arrive", now.get("000123"))
    tap.check(client.get("/cardholders?q=000124").json["cardholders"][0]["name"] == "=cmd" and now["000124"][1] == "'=cmd",
              "the guard against formulas is taken off and put on", now.get("000124"))
    tap.check(client.get("/cardholders?q=000123").json["cardholders"][0]["has_pin"], "the PIN is set")
    result = client.get(f"/imports/{found['id']}/result")
    tap.check(result.status == 200 and [r[2] for r in cells(result)[1:]].count("NG") == 7 and len(cells(result)) == 12, "the result file", result)
    again = upload(client, data.encode())
    tap.check(count(again) == (0, 0, 4, 0, 7), "once more: nothing to do, the PIN included", (again, rows(client, again)))
    undone = client.post(f"/change-sets/{done['change_set']}/undo", {})
    tap.check(undone.status == 200 and export(client).body == old, "undo restores the export byte for byte", undone)
    twice = client.post(f"/change-sets/{done['change_set']}/undo", {})
    tap.check(twice.status == 409 and any(c == "changed_since" for _, c in twice.fields), "what was changed since is named", twice)


def test_update_delete(tap, site, contract):
    client = admin(site)
    old = export(client).body
    people = [row[0] for row in cells(export(client))[1:]]
    found = upload(client, f"employee_number,note\n{people[0]},memo\nnobody,x\n".encode(), mode="update")
    tap.check(count(found) == (0, 1, 0, 0, 1), "update adds nobody", found)
    cancelled = client.post(f"/imports/{found['id']}/cancel", {})
    tap.check(cancelled.status == 202 and cancelled.json["state"] == "cancelled" and client.post(f"/imports/{found['id']}/apply", {}).status == 409,
              "a cancelled preview can not be applied", cancelled)
    few = upload(client, ("employee_number\n" + "\n".join(people[:3]) + "\n").encode(), mode="delete")
    tap.check(count(few) == (0, 0, 0, 3, 0) and not few["deletion_cap"]["exceeded"], "few deletions need no word", few)
    many = upload(client, ("employee_number\n" + "\n".join(people[:30]) + "\n").encode(), mode="delete")
    refused = client.post(f"/imports/{many['id']}/apply", {})
    tap.check(many["deletion_cap"]["exceeded"] and refused.status == 409, "the cap on deletions holds until somebody agrees", (many, refused))
    done = apply(client, many, agree_deletions=True)
    tap.check(done["state"] == "done" and client.get("/cardholders").json["total"] == len(people) - 30, "agreed deletions are done", done)
    undone = client.post(f"/change-sets/{done['change_set']}/undo", {})
    tap.check(undone.status == 200 and export(client).body == old, "undo brings everybody back, byte for byte", undone)
    kept = upload(client, f"employee_number,kana,note\n{people[0]},,\n".encode(), blank="clear")
    tap.check(count(kept) == (0, 1, 0, 0, 0) and rows(client, kept)[0]["after"]["kana"] == "", "blank cells clear when that is chosen", rows(client, kept))


def as_file(table):
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(table)
    return out.getvalue().encode()


def test_nothing_new(tap, site, contract):
    """Rows that say nothing new are told from the others without being judged; never when another row has their key or card."""
    client = admin(site)
    head, *people = cells(export(client))
    noted, twice, carded, taker, exact = people[2], people[5], next(p for p in people[10:] if p[5]), people[30], people[31]
    other = list(twice)
    other[1] = "別の名前"
    taking = list(taker)
    taking[5] = carded[5]
    noted[13] = "new note"
    for order in (people + [other, exact], [other] + people + [exact]):
        table = [taking if p is taker else p for p in order]
        for turned in (table, table[::-1]):
            found = upload(client, as_file([head] + turned))
            wrong = sorted((r["key"], r["code"]) for r in rows(client, found, status="error"))
            tap.check(count(found) == (0, 1, len(people) - 5, 0, 6) and wrong == sorted(
                [(twice[0], "duplicate")] * 2 + [(exact[0], "duplicate")] * 2 + [(carded[0], "card_duplicate"), (taker[0], "card_duplicate")]),
                "one changed, two keys twice, a card taken", (found["counts"], wrong))
            same = rows(client, found, status="unchanged")
            tap.check([r["row"] for r in same] == sorted(r["row"] for r in same) and same[0]["before"] is None and same[0]["key"] in {p[0] for p in people},
                      "the others are unchanged", same[:2])
    listed = cells(client.get(f"/imports/{found['id']}/result"))
    tap.check([int(r[0]) for r in listed[1:]] == list(range(2, len(table) + 2)), "the result file has every row, in order", listed[:3])
    client.post(f"/imports/{found['id']}/cancel", {})


def test_looked_at_again(tap, site, contract):
    """What was changed after the preview is what the file says after it is applied."""
    client = admin(site)
    head, *people = cells(export(client))
    people[0][13] = "from the file"
    found = upload(client, as_file([head] + people))
    tap.check(count(found) == (0, 1, len(people) - 1, 0, 0), "one is changed", found)
    person = client.get(f"/cardholders?q={people[1][0]}").json["cardholders"][0]["id"]
    answer = client.ask("PATCH", f"/cardholders/{person}", {"name": "meanwhile"}, headers={"If-Match": client.get(f"/cardholders/{person}").headers["ETag"]})
    tap.check(answer.status == 200, "another is changed after the preview", answer)
    done = apply(client, found)
    now = {p[0]: p for p in cells(export(client))[1:]}
    tap.check(done["state"] == "done" and count(done) == (0, 2, len(people) - 2, 0, 0) and all(now[p[0]] == p for p in people), "both are as the file has them", done)


def test_departments(tap, site, contract):
    client = admin(site)
    old = export(client, "departments")
    found = upload(client, old.body, kind="departments")
    tap.check(found["state"] == "previewed" and found["counts"]["unchanged"] == found["rows"] > 10, "departments come back unchanged", found)
    found = upload(client, "所属コード,所属名,上位所属コード\r\nX1,新本部,\r\nX2,新部,X1\r\nX3,迷子,NONE\r\nX4,輪,X5\r\nX5,輪,X4\r\n".encode("cp932"), kind="departments")
    tap.check(count(found) == (2, 0, 0, 0, 3), "a tree within a file; rings and orphans are refused", (found, rows(client, found)))
    done = apply(client, found)
    tap.check(done["state"] == "done" and len(cells(export(client, "departments"))) == len(cells(old)) + 2, "departments are added", done)
    used = upload(client, b"code\nX1\nX2\n1\n" + cells(old)[1][0].encode() + b"\n", kind="departments", mode="delete")
    tap.check(used["counts"]["delete"] == 2 and {"in_use", "not_found"} == {r["code"] for r in rows(client, used, status="error")},
              "departments in use stay", rows(client, used))
    undone = client.post(f"/change-sets/{done['change_set']}/undo", {})
    tap.check(undone.status == 200 and export(client, "departments").body == old.body, "undo of departments", undone)


def test_hostile(tap, site, contract):
    client = admin(site)
    old = export(client).body
    code = cells(export(client, "departments"))[2][0]
    head, good = "employee_number,name,department_code,note\n", f"900001,A,{code},x\n"
    files = {
        "empty": (b"", "empty"), "nul": ((head + good).encode() + b"900002,\0,x,y\n", "nul_byte"),
        "half_character": ((head + good).encode() + "900002,社".encode()[:-1], "half_character"),
        "open_quote": ((head + good).encode() + b'900002,"B,x,y\n', "open_quote"), "bad_quote": ((head + good).encode() + b'900002,B"c,x,y\n', "bad_quote"),
        "mixed": (head.encode() + "900002,社員,x,y\r\n".encode("cp932") + "900003,社員,x,y\r\n".encode(), "mixed_encodings"),
        "wrong_header": (b"id,naem\n1,x\n", "unknown_column"), "no_key": (b"name,note\nx,y\n", "missing_column"),
        "twice": (b"employee_number,name,name\n1,x,y\n", "repeated_column"),
        "large_field": ((head + good).encode() + b"900002," + b"x" * 3_000_000, "large_field"),
        "bom_then_cp932": (b"\xef\xbb\xbf" + head.encode() + "900002,社員,x,y\n".encode("cp932"), "bad_encoding"),
    }
    for name, (data, fault) in files.items():
        found = upload(client, data, encoding="utf-8" if name == "half_character" else "auto")
        tap.check(found["state"] == "failed" and found["fault"]["code"] == fault, f"hostile: {name}", found)
    tap.check(export(client).body == old and site.value("SELECT count(*) FROM kidoban.import_chunk c JOIN kidoban.import i ON i.id = c.import_id WHERE i.state = 'failed'") == "0",
              "nothing of them is left")
    tap.check(client.ask("POST", "/imports?kind=cardholders&mode=upsert", b"{}").status == 415, "only CSV is taken")
    tap.check(upload(client, b"x", mode="replace").status == 400, "a mode that there is not")


def test_rights(tap, site, contract):
    own = site.value("SELECT d.id FROM kidoban.department d JOIN kidoban.department p ON p.id = d.parent_id WHERE p.parent_id IS NOT NULL ORDER BY d.id LIMIT 1")
    web.add_operator(site, "importer", rights={"cardholder_import": "edit"}, groups=[1], departments=[own])
    web.add_operator(site, "noimport")
    client = web.Client(site, CONTRACT)
    client.login("noimport")
    tap.check(upload(client, b"employee_number\n1\n").status == 403, "no right, no import")
    boss = admin(site)
    total, some = boss.get("/cardholders").json["total"], boss.get("/cardholders?limit=1000").json["cardholders"]
    client.login("importer")
    mine = client.get("/cardholders").json["total"]
    tap.check(0 < mine < total and len(cells(export(client))) - 1 == mine, "the file shows the scope and no more", (mine, total))
    seen = {c["id"] for c in client.get("/cardholders?limit=1000").json["cardholders"]}
    other = next(c for c in some if c["id"] not in seen)
    found = upload(client, f"employee_number,name\n{other['employee_number']},x\n".encode(), mode="update")
    tap.check(count(found) == (0, 0, 0, 0, 1) and rows(client, found)[0]["code"] == "not_found", "who is out of scope is not there", rows(client, found))
    gate = site.value("SELECT '#' || min(id) FROM kidoban.gate WHERE management_group_id <> 1")
    person = client.get("/cardholders").json["cardholders"][0]["employee_number"]
    found = upload(client, f"employee_number,permits\n{person},gate:{gate}@1\n".encode(), mode="update")
    tap.check(rows(client, found)[0]["code"] == "permit_out_of_scope", "gates out of scope are not granted", rows(client, found))
    tap.check(upload(client, b"code\n1\n", kind="departments").status == 403, "departments need their own right")
    theirs = boss.get("/imports").json["imports"]
    tap.check(found["id"] in {i["id"] for i in theirs} and client.get(f"/imports/{theirs[-1]['id']}").status == 404, "others' imports are not seen")


def test_key(tap, site, contract):
    client = admin(site)
    data = b"employee_number,note\n1,x\n"
    first = upload(client, data, mode="update", wait=False, headers={"Idempotency-Key": "k1"})
    again = upload(client, data, mode="update", wait=False, headers={"Idempotency-Key": "k1"})
    other = upload(client, data, mode="delete", wait=False, headers={"Idempotency-Key": "k1"})
    tap.check(first.status == again.status == 202 and first.json["id"] == again.json["id"] and other.status == 422, "a key again begins nothing", (first, again, other))


class Held:
    """What somebody else did in a transaction that stays open for a while: a lock on a table, or these statements, which end then."""

    def __init__(self, site, table=None, mode=None, statements=None):
        program = private_site.find_program("psql", *private_site.postgres_bin())
        self.site, self.end = site, "COMMIT" if statements else "ROLLBACK"
        self.psql = subprocess.Popen([program, "-X", "-q", "-A", "-t", site.conninfo()], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.psql.stdin.write(f"BEGIN; {statements or f'LOCK TABLE kidoban.{table} IN {mode} MODE'}; SELECT pg_backend_pid();\n")
        self.psql.stdin.flush()
        self.pid = int(next(line for line in self.psql.stdout if line.strip()))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.psql.stdin.write(f"{self.end};\n")
            self.psql.stdin.close()
        except BrokenPipeError:      # its backend was killed
            pass
        self.psql.wait()

    def blocks(self):
        """Waits until somebody waits for it."""
        return web.wait(lambda: self.site.value("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'") != "0", 20, 0.05)


def kill_worker(site):
    """kill -9 of the process that reads and applies imports, whose parent starts another."""
    worker = site.pids("transfer")[-1]
    os.kill(worker, signal.SIGKILL)
    return worker


def test_minutes(tap, site, contract):
    client = admin(site)
    people = [row[0] for row in cells(export(client))[1:4]]
    found = upload(client, f"employee_number,valid_from,permits\n{people[0]},2026/04/01 10:00:01,\n{people[1]},2026/04/01 10:00:00,\n"
                   f"{people[2]},,gate:#1@1 2026/04/01 09:00:30~\n".encode(), mode="update")
    tap.check([(r["field"], r["code"]) for r in rows(client, found, status="error")] == [("valid_from", "not_whole_minute"), ("permits", "not_whole_minute")]
              and count(found) == (0, 1, 0, 0, 2), "seconds in a file are an error of their row", rows(client, found))
    person = client.get("/cardholders?limit=1").json["cardholders"][0]["id"]
    tag = client.get(f"/cardholders/{person}").headers["ETag"]
    late, even = "2031-01-01T00:00:30+09:00", "2031-01-01T00:01:00+09:00"
    for what, answer in {
            "a cardholder": client.ask("PATCH", f"/cardholders/{person}", {"valid_to": late}, headers={"If-Match": tag}),
            "a permit": client.post("/permits", {"cardholders": [person], "gate": 1, "valid_to": late}),
            "a bulk edit": client.post("/cardholders/bulk", {"cardholders": [person], "expected_count": 1, "change": {"valid_to": late}}),
    }.items():
        tap.check(answer.status in (400, 422) and any(c == "not_whole_minute" and p.endswith("/valid_to") for p, c in answer.fields), f"{what} with seconds is refused", answer)
    tap.check(client.ask("PATCH", f"/cardholders/{person}", {"valid_to": even}, headers={"If-Match": tag}).status == 200, "whole minutes are taken")


def test_killed_reading(tap, site, contract):
    client = admin(site)
    old = export(client).body
    with Held(site, "department", "ACCESS EXCLUSIVE") as held:
        found = upload(client, old, wait=False).json
        tap.check(held.blocks(), "the worker is at the file")
        kill_worker(site)
    found = settled(client, found["id"], ("previewed", "failed"))
    tap.check(found["state"] == "previewed" and count(found)[2] == 60, "killed while it read a file, it reads it again", found)
    client.post(f"/imports/{found['id']}/cancel", {})


def test_killed_applying(tap, site, contract):
    client = admin(site)
    people = [row[0] for row in cells(export(client))[1:41]]
    found = upload(client, ("employee_number,note,card_number\n" + "".join(f"{p},killed,K{n:04d}\n" for n, p in enumerate(people))).encode(), mode="update")
    before = site.value("SELECT max(revision) FROM kidoban.change_set")
    with Held(site, "cred", "SHARE") as held:    # the last that an act writes
        tap.check(client.post(f"/imports/{found['id']}/apply", {}).status == 202 and held.blocks(), "the worker has written everything but the end")
        kill_worker(site)
        tap.check(site.value("SELECT count(*) FROM kidoban.cardholder WHERE note = 'killed'") == "0", "nothing of it is to be seen")
    done = settled(client, found["id"], ("done", "failed"))
    facts = site.rows(f"SELECT (SELECT count(*) FROM kidoban.cardholder WHERE note = 'killed'), (SELECT count(*) FROM kidoban.credential WHERE card_number ~ '^K00'),"
                      f" (SELECT count(*) FROM kidoban.change_set WHERE revision > {before}), (SELECT count(*) FROM kidoban.cred WHERE card_number ~ '^K00')")[0]
    tap.check(done["state"] == "done" and facts == ["40", "40", "1", "40"], "killed while it applied, it applies once and wholly", (done, facts))
    undone = client.post(f"/change-sets/{done['change_set']}/undo", {"skip_changed": True})
    tap.check(undone.status == 200 and site.value("SELECT count(*) FROM kidoban.cardholder WHERE note = 'killed'") == "0", "and is undone as one", undone)


def test_cancelled_applying(tap, site, contract):
    client = admin(site)
    person = cells(export(client))[1][0]
    found = upload(client, f"employee_number,note\n{person},cancelled\n".encode(), mode="update")
    before = export(client).body
    with Held(site, "permit", "ROW EXCLUSIVE") as held:
        client.post(f"/imports/{found['id']}/apply", {})
        tap.check(held.blocks(), "it is being applied")
        tap.check(client.post(f"/imports/{found['id']}/cancel", {}).status in (200, 202), "cancelled meanwhile")
    ended = settled(client, found["id"], ("cancelled", "done", "failed"))
    tap.check(ended["state"] == "cancelled" and export(client).body == before, "it ends at its next step, and nothing is changed", ended)
    tap.check(site.value("SELECT count(*) FROM kidoban.change_set WHERE revision IS NULL") == "0", "no act is left open")


def meanwhile(site, client, statements, path):
    """What a reader is told that came while somebody was at these statements, and waited for their end."""
    told = []
    with Held(site, statements=statements) as held:
        reader = threading.Thread(target=lambda: told.append(client.get(path)))
        reader.start()
        waited = held.blocks()
    reader.join()
    return waited, told[0]


def test_read_meanwhile(tap, site, contract):
    """Who reads an import while it ends is told how it was or how it is."""
    client = admin(site)
    person = cells(export(client))[1][0]
    for path in ("", "/rows", "/result"):
        found = upload(client, f"employee_number,note\n{person},ends\n".encode(), mode="update")
        ends = f"UPDATE kidoban.import SET state = 'cancelled' WHERE id = {found['id']}; DO 'BEGIN PERFORM kidoban.import_drop({found['id']}); END'"
        waited, told = meanwhile(site, client, ends, f"/imports/{found['id']}{path}")
        tap.check(waited and told.status == 200, f"cancelled while somebody reads imports/{{id}}{path}", told)
        if path == "":
            tap.check(not told.json["rows_lost"], "and nothing is said to be lost", told)
    done = apply(client, upload(client, f"employee_number,note\n{person},read\n".encode(), mode="update"))
    web.wait(lambda: site.value(f"SELECT relpersistence FROM pg_class WHERE oid = 'stage.result_{done['id']}'::regclass") == "p", 20, 0.1)
    kept = f"ALTER TABLE stage.result_{done['id']} SET UNLOGGED; ALTER TABLE stage.result_{done['id']} SET LOGGED"
    waited, told = meanwhile(site, client, kept, f"/imports/{done['id']}")
    tap.check(waited and told.status == 200 and not told.json["rows_lost"], "its rows are not lost while they are being kept", told)
    waited, told = meanwhile(site, client, kept, f"/imports/{done['id']}/rows")
    tap.check(waited and told.status == 200 and len(told.json["rows"]) == 1, "and are read then", told)


def test_cancelled_reading(tap, site, contract):
    client = admin(site)
    with Held(site, "department", "ACCESS EXCLUSIVE") as held:
        found = upload(client, b"employee_number,note\n1,x\n", mode="update", wait=False).json
        tap.check(held.blocks(), "the rows are being judged")
        tap.check(client.post(f"/imports/{found['id']}/cancel", {}).status == 202, "cancelled meanwhile")
    ended = settled(client, found["id"], ("previewed", "cancelled", "failed"))
    tap.check(ended["state"] == "cancelled", "then there is no preview of it", ended)


def test_away_applying(tap, site, contract):
    """Connections that end are not somebody's wish to cancel."""
    client = admin(site)
    person = cells(export(client))[1][0]
    found = upload(client, f"employee_number,note\n{person},away\n".encode(), mode="update")
    with Held(site, "permit", "ROW EXCLUSIVE") as held:
        client.post(f"/imports/{found['id']}/apply", {})
        tap.check(held.blocks(), "it is being applied")
        site.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'kidoban_transfer'")
    ended = settled(client, found["id"], ("cancelled", "done", "failed"))
    tap.check(ended["state"] == "done", "when the database is there again it is applied", ended)


def test_crash(tap, site, contract):
    """A backend that is killed makes PostgreSQL start over, and what is unlogged is empty then."""
    client = admin(site)
    people = [row[0] for row in cells(export(client))[1:4]]
    done = apply(client, upload(client, f"employee_number,note\n{people[0]},kept\nnobody,x\n".encode(), mode="update"))
    waiting = upload(client, f"employee_number,note\n{people[1]},lost\n".encode(), mode="update")
    tap.check(web.wait(lambda: site.value(f"SELECT relpersistence FROM pg_class WHERE oid = 'stage.result_{done['id']}'::regclass") == "p", 20, 0.1), "what is done is kept")
    with Held(site, "department", "ACCESS SHARE") as held:
        os.kill(held.pid, signal.SIGKILL)
    web.wait(lambda: site._postgres_up() and all(client.get("/imports").status == 200 for _ in range(20)), 60, 0.2)
    # Each worker comes back in its own time: one that met the crash does not ask PostgreSQL again at once.
    kept = web.wait(lambda: (answer := client.get(f"/imports/{done['id']}/result")).status != 503 and answer, 20, 0.2)
    tap.check(kept and kept.status == 200 and [r[2] for r in cells(kept)[1:]] == ["OK", "NG"], "the result of one that is done outlives the crash", kept)
    tap.check(not client.get(f"/imports/{done['id']}").json["rows_lost"], "and says so")
    gone = client.get(f"/imports/{waiting['id']}/rows")
    tap.check(client.get(f"/imports/{waiting['id']}").json["rows_lost"] and gone.status == 409 and any(c == "rows_lost" for _, c in gone.fields),
              "rows of one that waits are gone, and it says so", gone)
    refused = client.post(f"/imports/{waiting['id']}/apply", {})
    tap.check(refused.status == 409 and any(c == "rows_lost" for _, c in refused.fields), "so it can not be applied as if there were none", refused)
    tap.check(client.post(f"/imports/{waiting['id']}/cancel", {}).status in (200, 202), "only cancelled")
    done = apply(client, upload(client, f"employee_number,note\n{people[1]},again\n".encode(), mode="update"))
    tap.check(done["state"] == "done", "and uploaded again", done)


def test_first_file(tap, site, contract):
    """Many people where hardly anybody is: the indexes are made anew, and are what they were."""
    client = admin(site)
    shape = """SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'kidoban'
               UNION ALL SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'kidoban'::regnamespace ORDER BY 1, 2"""
    places = "SELECT unnest('{kidoban.cardholder_kana,kidoban.permit_once,kidoban.cred_card}'::regclass[])::oid"
    before, old = site.rows(shape), site.rows(places)
    department = site.value("SELECT code FROM kidoban.department WHERE code IS NOT NULL ORDER BY id LIMIT 1")
    gate = site.value("SELECT name FROM kidoban.gate ORDER BY id LIMIT 1")
    data = ("employee_number,name,kana,department_code,card_number,permits\n"
            + "".join(f"FF{n},人 {n},カナ {n % 5},{department},FC{n},gate:{gate}@8\n" for n in range(20100))).encode()
    done = apply(client, upload(client, data))
    tap.check(done["state"] == "done" and done["counts"]["add"] == 20100, "a first file", done)
    tap.check(site.rows(shape) == before, "indexes and constraints are what they were", [row for row in site.rows(shape) if row not in before])
    tap.check(not {row[0] for row in old} & {row[0] for row in site.rows(places)}, "made anew", (old, site.rows(places)))
    indexed = "SET enable_seqscan = off; SET enable_bitmapscan = off; SELECT count(*) FROM kidoban.cardholder WHERE kana = 'カナ 3'"
    tap.check(site.value(indexed) == "4020", "of everybody", site.value(indexed))
    found = upload(client, data)
    tap.check(count(found) == (0, 0, 20100, 0, 0), "the same again says nothing new", found)


if __name__ == "__main__":
    web.run(test_round_trip, test_modes_and_undo, test_update_delete, test_nothing_new, test_looked_at_again, test_departments, test_hostile, test_rights, test_key,
            test_minutes, test_killed_reading, test_killed_applying, test_cancelled_applying, test_cancelled_reading, test_read_meanwhile, test_away_applying, test_first_file, test_crash, gates=8, cardholders=60,
            components=("postgres", "session", "gates", "cardholders", "organisation", "imports", "transfer", "httpd"))
