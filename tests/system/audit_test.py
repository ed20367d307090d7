#!/usr/bin/python3
"""The system log can not be touched unnoticed (M-1, L-9): the sealer under SIGKILL and restarts, kidoban-audit on every kind of tampering in a file and in the
live database, a stranger's verification with nothing but doc/system-log.md, partitions that go, and alarms of the system itself."""
import concurrent.futures
import contextlib
import hashlib
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

import tap as taps
from tap import eventually

import private_site
import site_files

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "web"))
import web  # noqa: E402

FIELDS = ("number", "sealed_at", "id", "at", "operator_id", "operator", "origin", "remote_addr", "action", "method", "path", "outcome", "status", "object", "details")


class Audit:
    """kidoban-audit against the site, and files to hand to it."""

    def __init__(self, site, directory):
        self.site, self.directory = site, pathlib.Path(directory)
        self.program = site.build / "tools/kidoban-audit"
        self.database = ("--database", site.conninfo())

    def run(self, *words):
        done = subprocess.run([self.program, *map(str, words)], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def path(self, name, text=None):
        path = self.directory / name
        if text is not None:
            path.write_text(text, encoding="utf-8")
        return path

    def print(self, word):
        """What the program prints for a word, kept in a file of that name."""
        status, text = self.run(word, *self.database)
        assert status == 0, text
        return self.path(word, text)


def write_something(client, count):
    for _ in range(count):
        client.post("/gates/commands", {"gates": [random.randint(1, 8)], "command": "lock"})


def sealed(site):
    return int(site.value("SELECT number FROM kidoban.system_log_head"))


def alarms_of(client, kind=None, query=""):
    answer = client.get("/system/alarms" + query)
    assert answer.status == 200, answer
    return [a for a in answer.json["alarms"] if kind in (None, a["kind"])]


def settle(site):
    """Everything is sealed and signed."""
    eventually("the sealer", 30, lambda: site.value("SELECT count(*) FROM kidoban.system_log_unsealed") == "0")
    eventually("a checkpoint", 30, lambda: int(site.value("SELECT coalesce(max(number), 0) FROM kidoban.system_log_checkpoint")) >= sealed(site))


def stranger(tap, audit):
    """Chain and signatures by other means: Python's hashlib and the openssl command."""
    lines = audit.print("export").read_text(encoding="utf-8").splitlines()
    header, entries = json.loads(lines[0]), [json.loads(line) for line in lines[1:]]
    link = hashlib.sha256(header["log"].encode()).digest()
    good = True
    hashes = {0: link.hex()}
    for n, entry in enumerate(entries, 1):
        encoded = b"".join(len(entry[f].encode()).to_bytes(4, "big") + entry[f].encode() for f in FIELDS)
        link = hashlib.sha256(link + encoded).digest()
        good = good and entry["number"] == str(n) and entry["hash"] == link.hex()
        hashes[n] = link.hex()
    tap.ok(good and len(entries) > 20, f"a stranger works {len(entries)} links out", entries[:1])
    checkpoints = [json.loads(line) for line in audit.print("checkpoints").read_text(encoding="utf-8").splitlines()]
    key = audit.print("key")
    results = []
    for c in checkpoints:
        message = f"kidoban system log checkpoint 1\n{c['log']}\n{c['number']}\n{c['hash']}\n{c['first']}\n{c['at']}\n"
        audit.path("message", message)
        audit.path("signature").write_bytes(bytes.fromhex(c["signature"]))
        done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-in", audit.path("message"), "-sigfile", audit.path("signature")],
                              capture_output=True, text=True, check=False)
        results.append(done.returncode == 0 and c["hash"] == hashes[c["number"]])
    tap.ok(results and all(results), f"and {len(results)} signatures with openssl", results)


def crashes(tap, site, client):
    """SIGKILL of the sealer and of PostgreSQL at any moment, writers going on: no gap, nothing lost, nothing twice."""
    before = int(site.value("SELECT count(*) FROM kidoban.system_log_unsealed")) + sealed(site)
    clients = [web.Client(site, None, client.cookie) for _ in range(4)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        work = [pool.submit(write_something, one, 60) for one in clients]
        while not all(job.done() for job in work):
            time.sleep(random.uniform(0.05, 0.4))
            with contextlib.suppress(RuntimeError):  # it is just being started again
                site.kill("keeper")
        for job in work:
            job.result()
    settle(site)
    count = int(site.value("SELECT count(*) FROM kidoban.system_log WHERE action = 'gates_commands' AND outcome = 'done'"))
    done = int(site.value("SELECT count(*) FROM kidoban.command_request"))
    tap.equal(count, done, "each act has one entry, whenever the sealer died", f"{before} before")
    site.stop_component("postgres", kill=True)
    site.start_component("postgres")
    eventually("the API", 30, lambda: client.get("/gates").status == 200)
    write_something(client, 3)
    settle(site)
    numbers = [int(row[0]) for row in site.rows("SELECT number FROM kidoban.system_log ORDER BY number")]
    tap.equal(numbers, list(range(1, len(numbers) + 1)), "no gap after a crash of PostgreSQL either")


def tamper_file(tap, audit):
    """Every kind of tampering with an exported file, found and placed."""
    text = audit.print("export").read_text(encoding="utf-8").splitlines()
    head, rows = text[0], text[1:]
    proof = ("--checkpoints", audit.print("checkpoints"), "--key", audit.print("key"))
    last, n = len(rows), 12
    status, said = audit.run("verify", *proof, audit.path("whole", "\n".join(text) + "\n"))
    tap.ok(status == 0 and "the log was not touched" in said and f"{last} entries" in said, "the file as it was exported is whole", said)

    def changed(row, **fields):
        return json.dumps({**json.loads(row), **fields}, ensure_ascii=False)

    def renumbered(part, by):
        return [changed(row, number=str(int(json.loads(row)["number"]) + by)) for row in part]

    def forged(part):
        """The chain made anew from there on, as one who knows the format would."""
        link = bytes.fromhex(json.loads(rows[n - 2])["hash"])
        out = []
        for row in part:
            entry = json.loads(row)
            link = hashlib.sha256(link + b"".join(len(entry[f].encode()).to_bytes(4, "big") + entry[f].encode() for f in FIELDS)).digest()
            out.append(changed(row, hash=link.hex()))
        return out

    extra = changed(rows[n - 1], object="gates/999", number=str(n))
    edited = changed(rows[n - 1], operator="somebody else")
    a, b = json.loads(rows[n - 1]), json.loads(rows[n])
    keep = ("number", "sealed_at", "hash")
    cases = (
        ("changed", f"entry {n} was changed", rows[:n - 1] + [edited] + rows[n:]),
        ("its hash changed", f"the hash of entry {n} was changed", rows[:n - 1] + [changed(rows[n - 1], hash="00" * 32)] + rows[n:]),
        ("deleted", f"entry {n} was deleted", rows[:n - 1] + rows[n:]),
        ("three deleted", f"entries {n} to {n + 2} were deleted", rows[:n - 1] + rows[n + 2:]),
        ("deleted, numbers closed up", f"entries {n} to {n} were deleted", rows[:n - 1] + renumbered(rows[n:], -1)),
        ("inserted with a number that is there", f"an entry with the number {n} was inserted", rows[:n - 1] + [extra] + rows[n - 1:]),
        ("inserted, numbers moved", f"entry {n} was inserted", rows[:n - 1] + [extra] + renumbered(rows[n - 1:], 1)),
        ("two swapped", f"entries {n} and {n + 1} are swapped", rows[:n - 1] + [changed(rows[n], number=str(n)), changed(rows[n - 1], number=str(n + 1))] + rows[n + 1:]),
        ("their contents swapped", f"entries {n} and {n + 1} are swapped",
         rows[:n - 1] + [json.dumps({**b, **{k: a[k] for k in keep}}), json.dumps({**a, **{k: b[k] for k in keep}})] + rows[n + 1:]),
        ("their lines swapped", "wrong order", rows[:n - 1] + [rows[n], rows[n - 1]] + rows[n + 1:]),
        ("cut at the end", f"entries {last - 4} to {last} are cut off at the end", rows[:-5]),
        ("cut at the beginning", f"entries 1 to {n} are cut off at the beginning", rows[n:]),
        ("nothing left", f"entries 1 to {last} are cut off", []),
        ("changed, and the chain made anew", "were rewritten", rows[:n - 1] + forged([edited] + rows[n:])),
        ("the last one changed", f"entry {last} was changed", rows[:-1] + [changed(rows[-1], status="500")]),
        ("the first one changed", "entry 1 was changed", [changed(rows[0], status="500")] + rows[1:]),
    )
    for name, finding, lines in cases:
        status, said = audit.run("verify", *proof, audit.path("touched", "\n".join([head, *lines]) + "\n"))
        tap.ok(status == 1 and said.splitlines()[0].endswith(finding) or (status == 1 and finding in said.splitlines()[0]), f"file, {name}: found and placed", finding, said[:1500])
    several = rows[:4] + rows[5:n - 1] + [edited] + rows[n:-3]
    status, said = audit.run("verify", *proof, audit.path("touched", "\n".join([head, *several]) + "\n"))
    tap.ok("entry 5 was deleted" in said and f"entry {n} was changed" in said and "cut off at the end" in said and "3 findings" in said, "several at once are all found", said)
    for name, field in (("signature", "signature"), ("number", "first")):
        lines = audit.path("checkpoints").read_text(encoding="utf-8").splitlines()
        one = json.loads(lines[-1])
        one[field] = one[field] + 1 if field == "first" else "0" * 128
        bad = audit.path("bad", "\n".join([*lines[:-1], json.dumps(one)]) + "\n")
        status, said = audit.run("verify", "--checkpoints", bad, "--key", audit.path("key"), audit.path("whole"))
        tap.ok(status == 1 and "its signature is wrong" in said, f"a checkpoint with another {name} is no proof", said)
    journal = audit.path("journal", "Nov 23 05:00:00 host keeper[12]: checkpoint of the system log: " + lines[-1] + "\n")
    status, said = audit.run("verify", "--checkpoints", journal, "--key", audit.path("key"), audit.path("whole"))
    tap.ok(status == 0 and "1 checkpoints agree" in said, "lines of the journal are checkpoints, too", said)


def tamper_database(tap, site, audit):
    """The same in the live database, by its superuser, with the keeper stopped; afterwards everything is put back."""
    site.stop_component("keeper")
    proof = ("--checkpoints", audit.print("checkpoints"), "--key", audit.print("key"), *audit.database)
    status, said = audit.run("verify", *audit.database)
    tap.ok(status == 0 and "keys are those of the database itself" in said, "the live database is whole; without copies it says what that is worth", said)
    last = sealed(site)
    site.psql("CREATE TABLE public.kept AS SELECT * FROM kidoban.system_log")
    silent = "SET session_replication_role = replica;"
    for name, finding, sql in (
            ("changed", "entry 9 was changed", "UPDATE kidoban.system_log SET operator = 'nobody' WHERE number = 9"),
            ("its time changed", "entry 9 was changed", "UPDATE kidoban.system_log SET at = at - interval '1 hour' WHERE number = 9"),
            ("deleted", "entries 9 to 10 were deleted", "DELETE FROM kidoban.system_log WHERE number IN (9, 10)"),
            ("inserted", "inserted", "DROP INDEX kidoban.system_log_number CASCADE; INSERT INTO kidoban.system_log SELECT number, sealed_at, id + 100000, at, operator_id, 'x', origin,"
             " remote_addr, action, method, path, outcome, status, object, details, hash FROM kidoban.system_log WHERE number = 9"),
            ("swapped", "entries 9 and 10 are swapped", "UPDATE kidoban.system_log SET number = -9 WHERE number = 9; UPDATE kidoban.system_log SET number = 9 WHERE number = 10;"
             " UPDATE kidoban.system_log SET number = 10 WHERE number = -9"),
            ("cut", f"entries {last - 2} to {last} are cut off at the end", f"DELETE FROM kidoban.system_log WHERE number > {last - 3}"),
            ("cut, the head and the checkpoints with it", f"to {last} are cut off at the end",
             f"DELETE FROM kidoban.system_log WHERE number > {last - 3}; DELETE FROM kidoban.system_log_checkpoint WHERE number > {last - 3};"
             f" UPDATE kidoban.system_log_head SET number = {last - 3}, hash = (SELECT hash FROM kidoban.system_log WHERE number = {last - 3})"),
            ("the beginning cut", "entries 1 to 9 are cut off at the beginning", "DELETE FROM kidoban.system_log WHERE number < 10")):
        keep_index = site.value("SELECT indexdef FROM pg_indexes WHERE schemaname = 'kidoban' AND indexname = 'system_log_number'")
        head = site.rows("SELECT number, encode(hash, 'hex') FROM kidoban.system_log_head")[0]
        site.psql("CREATE TABLE public.kept_checkpoints AS SELECT * FROM kidoban.system_log_checkpoint")
        site.psql(f"{silent} {sql};")
        status, said = audit.run("verify", *proof)
        tap.ok(status == 1 and finding in said.splitlines()[0], f"database, {name}: found and placed", finding, said[:1500])
        site.psql(f"{silent} DELETE FROM kidoban.system_log; INSERT INTO kidoban.system_log SELECT * FROM public.kept;"
                  f" UPDATE kidoban.system_log_head SET number = {head[0]}, hash = decode('{head[1]}', 'hex');"
                  " DELETE FROM kidoban.system_log_checkpoint; INSERT INTO kidoban.system_log_checkpoint SELECT * FROM public.kept_checkpoints; DROP TABLE public.kept_checkpoints;")
        if name == "inserted":
            site.psql(keep_index.replace(" ONLY ", " "))
    status, said = audit.run("verify", *proof)
    tap.ok(status == 0, "put back, it is whole again", said)
    tap.ok(re.search(r"ERROR.*only ever added to", run_psql(site, "UPDATE kidoban.system_log SET operator = 'x' WHERE number = 9")), "who does not switch triggers off is told off")
    site.start_component("keeper")


def run_psql(site, sql):
    try:
        return site.psql(sql)
    except private_site.SiteError as error:
        return str(error)


def keeper_refuses(tap, site, client):
    """The keeper does not sign a log that was touched, and says so."""
    settle(site)
    # Between two checkpoints: written, sealed, changed before the next signature.
    site.stop_component("keeper")
    write_something(client, 4)
    site.psql("SELECT api.keeper_seal(1000)")
    number = sealed(site) - 1
    kept = site.value(f"SELECT object FROM kidoban.system_log WHERE number = {number}")
    site.psql(f"SET session_replication_role = replica; UPDATE kidoban.system_log SET object = 'gates/404' WHERE number = {number}")
    signed = site.value("SELECT max(number) FROM kidoban.system_log_checkpoint")
    site.start_component("keeper")
    alarm = eventually("the alarm", 20, lambda: alarms_of(client, "chain_broken"))[0]
    tap.ok(f"entry {number} was changed" in alarm["detail"] and alarm["severity"] == "alarm", "an alarm says what was touched", alarm)
    time.sleep(3)
    tap.equal(site.value("SELECT max(number) FROM kidoban.system_log_checkpoint"), signed, "nothing is signed over it")
    site.psql(f"SET session_replication_role = replica; UPDATE kidoban.system_log SET object = '{kept}' WHERE number = {number}")
    eventually("the alarm to be over", 20, lambda: not alarms_of(client, "chain_broken"))
    settle(site)
    tap.ok(True, "put right, it is signed again")


def retention(tap, site, audit, client):
    """A partition older than 400 days goes, and the chain then begins at a signed checkpoint."""
    # A log that has lived for longer: what was sealed until now is moved back, chain and all made anew, before anything was signed.
    site.stop_component("keeper")
    site.psql("""SET session_replication_role = replica;
        DELETE FROM kidoban.system_log; DELETE FROM kidoban.system_log_checkpoint; DELETE FROM kidoban.system_log_unsealed;
        UPDATE kidoban.system_log_head SET number = 0, hash = sha256(convert_to(log::text, 'UTF8')), sealed_at = '-infinity';
        SELECT kidoban.history_ensure('system_log', now() - interval '450 days');""")
    site.psql("""DO $$
        DECLARE
          e kidoban.system_log;
          h kidoban.system_log_head;
        BEGIN
          SELECT * INTO h FROM kidoban.system_log_head;
          FOR n IN 1..50 LOOP
            e := ROW(n, now() - interval '450 days', n, now() - interval '450 days', 0, '', 'system', '', 'system_started', '', '', 'done', 0, 'old ' || n, '', NULL);
            e.hash := sha256(h.hash || kidoban.system_log_encode(e));
            h.hash := e.hash;
            INSERT INTO kidoban.system_log SELECT e.*;
          END LOOP;
          UPDATE kidoban.system_log_head SET number = 50, hash = h.hash, sealed_at = now() - interval '450 days';
        END $$;""")
    site.start_component("keeper")
    write_something(client, 5)
    eventually("the old partition to go", 40, lambda: site.value("SELECT count(*) FROM kidoban.system_log WHERE number <= 50") == "0", 0.5)
    settle(site)
    tap.equal(site.value("SELECT min(number) FROM kidoban.system_log"), "51", "what is over 400 days old is gone, as a whole partition")
    tap.equal(site.value("SELECT min(first) || ' ' || max(first) FROM kidoban.system_log_checkpoint WHERE number >= 50"), "51 51", "a signed checkpoint says where the chain begins")
    status, said = audit.run("verify", *audit.database)
    tap.ok(status == 0 and ", 51 to " in said, "which verifies from there", said)
    site.psql("SET session_replication_role = replica; DELETE FROM kidoban.system_log WHERE number IN (51, 52)")
    status, said = audit.run("verify", *audit.database)
    tap.ok(status == 1 and "entries 51 to 52 are cut off at the beginning" in said, "and a cut behind that place is found", said)


def alarms(tap, site, client):
    """A program that dies, a disk, a certificate: raised, in the log, and cleared."""
    def opened(kind, subject=None):
        return [a for a in alarms_of(client, kind) if subject in (None, a["subject"])]

    eventually("everything to be up", 30, lambda: not alarms_of(client))
    since = client.get("/system/log?limit=1").json["entries"][0]["id"]
    tap.ok(True, "nothing is wrong when all is up")
    site.stop_component("transfer")
    alarm = eventually("transfer is missed", 30, lambda: opened("daemon_down", "transfer"))[0]
    tap.ok("transfer is not running" in alarm["detail"] and alarm["severity"] == "alarm" and alarm["cleared_at"] is None, "a daemon that is down", alarm)
    site.stop_component("explanations", kill=True)
    eventually("explanations is missed", 30, lambda: opened("daemon_down", "explanations"))
    tap.ok(True, "a FastCGI program that is down")
    site.start_component("transfer")
    site.start_component("explanations")
    eventually("both are back", 30, lambda: not opened("daemon_down"))
    rows = [(e["action"], e["object"]) for e in client.get("/system/log?origin=system&q=daemon_down").json["entries"] if e["id"] > since]
    tap.equal(sorted(rows), sorted((f"system_alarm_{what}", f"daemon_down {name}") for what in ("raised", "cleared") for name in ("transfer", "explanations")),
              "raised and cleared are both in the log")
    site.stop_component("keeper")
    alarm = opened("daemon_down", "keeper")[0]
    tap.ok("keeper is not running" in alarm["detail"] and alarm["severity"] == "alarm", "the keeper itself is missed", alarm)
    site.settings["keeper"].update({"disk_low_percent": 100, "certificate_days": 3650})
    site_files.write_conf(site, "kidoban.conf", {})
    site.start_component("keeper")
    eventually("disk and certificate", 30, lambda: opened("disk_low") and opened("certificate_expiry"))
    tap.ok("is free" in opened("disk_low")[0]["detail"] and "expires" in opened("certificate_expiry")[0]["detail"], "a disk that fills, a certificate that ends",
           opened("disk_low"), opened("certificate_expiry"))
    site.stop_component("transfer")
    site.psql("INSERT INTO kidoban.job (kind, created_at) VALUES ('permit_plan', now() - interval '2 hours')")
    eventually("the backlog", 30, lambda: opened("transfer_backlog"))
    tap.ok(True, "work that piles up")
    site.psql("DELETE FROM kidoban.job")
    site.start_component("transfer")
    site.stop_component("keeper")
    site.settings["keeper"].update({"disk_low_percent": 1, "certificate_days": 30})
    site_files.write_conf(site, "kidoban.conf", {})
    site.start_component("keeper")
    eventually("all is well", 30, lambda: alarms_of(client) == [])
    shown = alarms_of(client, query="?open=false")
    tap.ok(len(shown) >= 5 and all(a["cleared_at"] for a in shown), "what is over is still told", shown[:2])


def main():
    private_site.become_ordinary()
    tap = taps.Tap()
    components = ("postgres", "keeper", "session", "gates", "explanations", "system", "httpd", "transfer")
    build = pathlib.Path(os.environ.get("top_builddir") or ".")
    with tempfile.TemporaryDirectory(prefix="audit-", dir=build / "tests") as directory, \
            private_site.Site(pathlib.Path(directory) / "site", gates=8, cardholders=20, components=components,
                              settings={"keeper": {"checkpoint_interval_s": 1, "alarm_interval_s": 1}}) as site:
        client = web.Client(site)
        client.login()
        audit = Audit(site, directory)
        for section in (lambda: alarms(tap, site, client), lambda: crashes(tap, site, client), lambda: stranger(tap, audit), lambda: tamper_file(tap, audit),
                        lambda: tamper_database(tap, site, audit), lambda: keeper_refuses(tap, site, client), lambda: retention(tap, site, audit, client)):
            with tap.section("audit"):
                section()
    sys.exit(tap.done())


if __name__ == "__main__":
    main()
