"""The live stream, and history as CSV. Prints TAP."""
import csv
import http.client
import io
import json
import socket
import threading
import time

import web


class Stream(threading.Thread):
    """Reads Server-Sent Events until the stream ends."""

    def __init__(self, site, cookie, last=None):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPSConnection("127.0.0.1", site.port, context=site.tls_context(), timeout=60)
        headers = {"Cookie": f"__Host-kidoban={cookie}", "Accept": "text/event-stream"}
        if last:
            headers["Last-Event-ID"] = last
        self.connection.request("GET", "/api/v1/live", headers=headers)
        self.reply = self.connection.getresponse()
        self.status, self.events, self.ended_at, self.last = self.reply.status, [], None, last
        if self.status == 200:
            self.start()

    def run(self):
        event, data = None, None
        try:
            while True:
                line = self.reply.readline()
                if not line:
                    break
                line = line.decode().rstrip("\n")
                if line.startswith("event: "):
                    event = line[7:]
                elif line.startswith("data: "):
                    data = json.loads(line[6:])
                elif line.startswith("id: "):
                    self.last = line[4:]
                elif not line and event:
                    self.events.append((event, data, time.monotonic(), self.last))
                    event = data = None
        except (OSError, http.client.HTTPException):
            pass
        self.ended_at = time.monotonic()

    def kinds(self):
        return [e[0] for e in self.events]

    def wait_for(self, kind, count=1, seconds=5):
        web.wait(lambda: self.kinds().count(kind) >= count, seconds, 0.005)
        return [e for e in self.events if e[0] == kind]

    def close(self):
        if self.connection.sock:
            self.connection.sock.shutdown(socket.SHUT_RDWR)


def log_in(site, contract, name="admin"):
    client = web.Client(site, contract)
    client.login(name)
    return client


def tells(tap, site, contract):
    client, life = log_in(site, contract), web.life_of(site)
    stream = Stream(site, client.cookie)
    hello = stream.wait_for("hello")
    tap.check(stream.status == 200 and hello and hello[0][1]["heartbeat_s"] == 15, "a stream begins with hello", stream.kinds())
    life.events(1, [101], card="1")
    event = stream.wait_for("access")
    shown = client.get("/history/access").json["events"][0]
    tap.check(event and event[0][1] == shown, "an event comes as the history shows it", (event, shown))
    web.validator(web.SPEC["components"]["schemas"]["Event"]).validate(event[0][1])
    life.events(2, [203], flags=1)
    alarm = stream.wait_for("alarm_state")[0][1]
    web.validator(web.SPEC["components"]["schemas"]["Alarm"]).validate(alarm)
    tap.check(alarm["kind"] == "intrusion" and stream.wait_for("alarm"), "an alarm comes as state and as event")
    client.post("/alarms/acknowledge", {"alarms": [alarm["id"]], "comment": "ok"})
    tap.check(stream.wait_for("acknowledged")[0][1]["comment"] == "ok", "its acknowledgement comes")
    life.state(1, 2)
    gate = stream.wait_for("gate")
    tap.check(gate and gate[-1][1]["state"]["lock_state"] in ("locked", "unlocked") and gate[-1][1]["controller"]["communication"] == "up", "a gate's state comes", stream.events)
    web.validator(web.SPEC["components"]["schemas"]["GateState"]).validate(gate[-1][1]["state"])
    client.post("/gates/commands", {"gates": [1], "command": "lock"})
    command = stream.wait_for("command")
    tap.check(command and command[0][1]["outcome"] == "queued" and command[0][1]["command"] == "lock", "a command's outcome comes", stream.kinds())
    site.psql("SELECT api.keeper_alarm('disk_low', '/nowhere', 'warn', '9 % of /nowhere is free', true)", "kidoban_keeper")
    told = stream.wait_for("system_alarm")
    tap.check(told and told[0][1] == {"open": 1}, "that an alarm of the system came is told", told)
    site.psql("SELECT api.keeper_alarm('disk_low', '/nowhere', 'warn', '', false)", "kidoban_keeper")
    told = stream.wait_for("system_alarm", 2)
    tap.check(told and told[-1][1] == {"open": 0}, "and that it went", told)
    started = time.monotonic()
    client.ask("DELETE", "/session")
    stream.join(5)
    tap.check(stream.ended_at and stream.ended_at - started < 1.5, f"log-out ends the stream at once ({(stream.ended_at or 0) - started:.2f} s)")
    tap.check(Stream(site, client.cookie).status == 401, "and no other is opened")


def quick(tap, site, contract):
    client, life = log_in(site, contract), web.life_of(site)
    stream = Stream(site, client.cookie)
    stream.wait_for("hello")
    for i in range(5):
        life.events(1, [101 + i % 2])
    took = [e[2] for e in stream.wait_for("access", 5)]
    tap.check(len(took) == 5, "five events come one by one")
    stored = float(site.value("SELECT extract(epoch FROM clock_timestamp() - max(at)) FROM kidoban.live_batch"))
    tap.check(time.monotonic() - took[-1] < stored + 1, "each within a second of being stored")
    stream.close()


def resumes(tap, site, contract):
    client, life = log_in(site, contract), web.life_of(site)
    stream = Stream(site, client.cookie)
    stream.wait_for("hello")
    life.events(1, [101, 102, 101])
    stream.wait_for("access", 3)
    second = [e for e in stream.events if e[0] == "access"][1][3]
    stream.close()
    life.events(1, [109])
    later = Stream(site, client.cookie, second)
    later.wait_for("access", 2)
    tap.check([e[1]["kind"] for e in later.events if e[0] == "access"] == ["entry", "unknown_card"], "Last-Event-ID goes on after the event seen, within a batch too", later.events)
    later.close()
    old = Stream(site, client.cookie, "0")
    tap.check(web.wait(lambda: "hello" in old.kinds(), 5), "a place before the first is answered", old.kinds())
    old.close()
    site.psql("DELETE FROM kidoban.live_batch WHERE id < (SELECT max(id) FROM kidoban.live_batch)")
    site.restart("live")
    stale = web.wait(lambda: (lambda s: s if s.status == 200 else None)(Stream(site, client.cookie, "1")), 10)
    tap.check(stale and stale.wait_for("reset"), "a place that is gone is answered by reset", stale and stale.kinds())
    stale.close()
    for bad in ("x", "1-2-3", "-1", "1" * 31):
        tap.check(Stream(site, client.cookie, bad).status == 400, f"Last-Event-ID {bad[:8]!r} is 400")


def only_what_one_may_see(tap, site, contract):
    web.add_operator(site, "group-one", groups=[1], departments=[])
    web.add_operator(site, "gates-only", rights={"history": "none"})
    web.add_operator(site, "nothing", rights={"history": "none", "gates": "none"})
    life = web.life_of(site)
    admin, one, gates = [log_in(site, contract, n) for n in ("admin", "group-one", "gates-only")]
    tap.check(log_in(site, contract, "nothing").get("/live").problem == "forbidden", "without right to gates or history there is no stream")
    streams = [Stream(site, c.cookie) for c in (admin, one, gates)]
    for stream in streams:
        stream.wait_for("hello")
    groups = {m: [g["id"] for g in admin.get(f"/gates?management_group={m}").json["gates"]] for m in (1, 3)}
    for gate in (groups[3][0], groups[1][0]):
        life.events(gate, [101])
        life.events(gate, [203], flags=1)
        life.state(gate, 2)
    streams[0].wait_for("access", 2)
    streams[1].wait_for("gate")
    time.sleep(0.5)
    seen = [{(k, d["gate"]["id"]) for k, d, _, _ in s.events if k in ("access", "alarm", "alarm_state")} for s in streams]
    tap.check({g for _, g in seen[0]} == {groups[3][0], groups[1][0]}, "all events go to who sees all", seen[0])
    tap.check({g for _, g in seen[1]} == {groups[1][0]}, "those of a group to its operator only", seen[1])
    tap.check(not seen[2] and "gate" in streams[2].kinds(), "none to whom history is not", streams[2].kinds())
    site.psql("UPDATE kidoban.operator SET disabled = true WHERE name = 'group-one'")
    streams[1].join(3)
    tap.check(streams[1].ended_at is not None, "an operator who is disabled loses the stream")
    for stream in streams:
        stream.close()


def many(tap, site, contract):
    client, life = log_in(site, contract), web.life_of(site)
    streams = [Stream(site, client.cookie) for _ in range(100)]
    tap.check([s.status for s in streams] == [200] * 100, "100 streams are open")
    for stream in streams:
        stream.wait_for("hello")
    life.events(1, [101])
    tap.check(all(s.wait_for("access") for s in streams), "an event reaches all of them")
    answer = client.get("/gates")
    tap.check(answer.status == 200, "and ordinary requests are answered beside them", answer)
    kib = max(int(open(f"/proc/{p}/status", encoding="ascii").read().split("VmRSS:")[1].split()[0]) for p in site.pids("live"))
    sanitized = b"__asan" in open(site.build / "cgi-bin/live/live", "rb").read()
    tap.check(sanitized or kib <= 16 * 1024, f"live is no larger than 16 MiB ({kib} KiB)")
    site.kill("postgres")
    time.sleep(1)
    web.wait(lambda: web.Client(site).get("/health").status == 200, 20)
    web.wait(lambda: client.get("/gates").status == 200, 20)
    web.life_of(site).events(2, [101])
    tap.check(streams[0].wait_for("access", 2, 15), "streams outlive a crash of PostgreSQL and go on", streams[0].kinds())
    for stream in streams:
        stream.close()


def exports(tap, site, contract):
    client, life = log_in(site, contract), web.life_of(site)
    credential, card = site.rows("SELECT id, card_number FROM kidoban.credential ORDER BY id LIMIT 1")[0]
    life.events(5, [101] * 700, credential=int(credential), card=card, ago_s=10)
    life.events(5, [102] * 700, credential=int(credential), card=card, ago_s=5)
    answer = client.get("/history/access?gate=5&lang=en", headers={"Accept": "text/csv"})
    tap.check(answer.type == "text/csv" and answer.body.startswith(b"\xef\xbb\xbf"), "CSV begins with a byte order mark", answer)
    rows = list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"))))
    listed, at = [], "/history/access?gate=5&limit=500"
    while at:
        page = client.get(at)
        listed += page.json["events"]
        at = page.json["next"] and page.headers["Link"].split(">")[0].removeprefix("</api/v1")
    tap.check([r[-1] for r in rows[1:]] == [e["id"] for e in listed] and len(listed) == 1400, "it has every event of the filter, over several pages", (len(rows), len(listed)))
    tap.check(rows[0][0] == "Time" and rows[1][1] == "Exit" and rows[1][7] == card, "with headings and labels in English", rows[:2])
    hour = int(rows[1][0].split()[1].split(":")[0])
    tap.check(hour == (int(listed[0]["t"][11:13]) + 9) % 24, "in the site's time", (rows[1], listed[0]))
    japanese = client.get("/history/access?gate=5", headers={"Accept": "text/csv"}).body.decode("utf-8-sig")
    cp932 = client.get("/history/access?gate=5&encoding=cp932", headers={"Accept": "text/csv"}).body.decode("cp932")
    tap.check("退室" in japanese and japanese == cp932, "CP932 says the same as UTF-8")
    tap.check("filename*=UTF-8''%E5%87%BA%E5%85%A5%E5%B1%A5%E6%AD%B4.csv" in client.get("/history/access?gate=5", headers={"Accept": "text/csv"}).headers["Content-Disposition"],
              "the file has a Japanese name")
    tap.check(client.get("/history/access?gate=5&x=1", headers={"Accept": "text/csv"}).status == 400, "a bad parameter is a problem, not a file")


def hostile_cells(tap, site, contract):
    client, life = log_in(site, contract), web.life_of(site)
    name = '=cmd|"/C calc"!A1,"改行'
    site.psql(f"""BEGIN; SELECT api.change_begin('test', ''); UPDATE kidoban.cardholder SET name = '{name}' WHERE id = 1;
        UPDATE kidoban.cardholder SET name = '髙﨑①' WHERE id = 2; UPDATE kidoban.cardholder SET name = '👩 한국' WHERE id = 3; COMMIT;""")
    for holder in (1, 2):
        credential, card = site.rows(f"SELECT id, card_number FROM kidoban.credential WHERE cardholder_id = {holder}")[0]
        life.events(6, [101], credential=int(credential), card=card)
    rows = list(csv.reader(io.StringIO(client.get("/history/access?gate=6", headers={"Accept": "text/csv"}).body.decode("utf-8-sig"))))
    tap.check({r[9] for r in rows[1:]} == {"'" + name, "髙﨑①"}, "a formula is text, quotes and commas survive", rows)
    tap.check(client.get("/history/access?gate=6&encoding=cp932", headers={"Accept": "text/csv"}).body.decode("cp932").count("髙﨑①") == 1, "CP932 holds 髙﨑①")
    credential, card = site.rows("SELECT id, card_number FROM kidoban.credential WHERE cardholder_id = 3")[0]
    life.events(6, [101], credential=int(credential), card=card)
    try:
        body = client.get("/history/access?gate=6&encoding=cp932", headers={"Accept": "text/csv"}, checked=False).body
        whole = True
    except http.client.IncompleteRead as cut:
        body, whole = cut.partial, False
    except (ConnectionError, OSError) as cut:
        body, whole = str(cut).encode(), False
    text = body.decode("cp932")
    tap.check("#ERROR" in text and "F0 9F 91 A9" in text and "?" not in text, "a character that CP932 lacks is an error that names it, never a ?", text)
    tap.check(not whole, "and the transfer is not whole")


if __name__ == "__main__":
    web.run(tells, quick, resumes, only_what_one_may_see, exports, hostile_cells, many)
