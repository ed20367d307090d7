"""kidoban-operator: the first administrator, and the way in again for a site that lost its last one. On a real database. Prints TAP."""
import os
import pty
import re
import subprocess

import web
from machine import run_command
from private_site import builddir

GOOD = "correct horse battery staple"
OTHER = "nine purple umbrellas float"
TOOL = builddir() / "tools/kidoban-operator/kidoban-operator"


def tool(site, *words, given=None, user="postgres", conf=True):
    common = ["-c", site.state / "kidoban.conf"] if conf else []
    return subprocess.run([str(w) for w in (TOOL, *common, *words)], input=given, capture_output=True, text=True, check=False, start_new_session=True,
                          env={**os.environ, "PGUSER": user})


def operators(site):
    return {line.split("\t")[0]: line.split("\t")[1:] for line in tool(site, "list").stdout.splitlines()}


def log_in(site, contract, name, password):
    client = web.Client(site, contract)
    answer = client.login(name, password)
    return client if answer.status == 201 else None


def at_terminal(site, words, lines):
    """Runs the tool on a terminal of its own and types lines; what the terminal showed, and the exit status."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["PGUSER"] = "postgres"
        os.execv(TOOL, [str(w) for w in (TOOL, "-c", site.state / "kidoban.conf", *words)])
    shown = b""
    for line in lines:
        while not shown.rstrip(b" ").endswith(b":"):
            shown += os.read(terminal, 1000)
        os.write(terminal, line.encode() + b"\n")
        shown += b"\n"
    try:
        while True:
            more = os.read(terminal, 1000)
            if not more:
                break
            shown += more
    except OSError:
        pass
    return shown.decode(errors="replace"), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def first_start(tap, site, contract):
    """kidoban-db create makes one administrator and says its password once."""
    database = f"host={site.run} user=postgres dbname=kidoban_first"
    done = subprocess.run([str(builddir() / "sql/kidoban-db"), "create", "--database", database], capture_output=True, text=True, check=False)
    said = re.search(r"^operator: admin\npassword: ([2-9a-z]{5}(-[2-9a-z]{5}){4})$", done.stdout, re.M)
    tap.check(done.returncode == 0 and said, "creating a database makes one administrator and prints a password", done.stdout[-500:] + done.stderr[-500:])
    listed = tool(site, "--database", database, "list", conf=False).stdout
    tap.check(listed.count("\n") == 1 and listed.startswith("admin\tsystem\tenabled\tpassword\t"), "one", listed)
    again = tool(site, "--database", database, "create", "admin", "--stdin", given=GOOD + "\n", conf=True)
    tap.check(again.returncode == 1 and "already" in again.stderr, "whose name is taken", again)
    gone = tool(site, "--database", database, "disable", "admin")
    tap.check(gone.returncode == 1 and "last system administrator" in gone.stderr, "and who is not disabled", gone)
    kept = run_command("psql", "-X", "-q", "-A", "-t", "-c", "SELECT action || ' ' || object FROM kidoban.system_log_unsealed", database)
    tap.check("operators_update admin" in kept, "the system log has it", kept)
    second = subprocess.run([str(builddir() / "sql/kidoban-db"), "create", "--database", database], capture_output=True, text=True, check=False)
    tap.check(second.returncode == 1 and "password:" not in second.stdout, "a second create makes none", second)


def everyday(tap, site, contract):
    done = tool(site, "create", "hirata", "--role", "general", "--display-name", "平田 健", "--stdin", given=GOOD + "\n")
    tap.check(done.returncode == 0, "an operator is added", done)
    client = log_in(site, contract, "hirata", GOOD)
    tap.check(client and client.get("/session").json["scope"] == {"all_management_groups": False, "all_departments": False, "management_groups": [], "departments": []}, "who logs in and sees nothing yet")
    tap.check(operators(site)["hirata"][:3] == ["general", "enabled", "password"] and operators(site)["hirata"][4] == "1", "and is listed", operators(site))
    done = tool(site, "password", "hirata", "--stdin", given=OTHER + "\n")
    tap.check(done.returncode == 0 and client.get("/session").status == 401 and not log_in(site, contract, "hirata", GOOD), "another password ends the sessions", done)
    client = log_in(site, contract, "hirata", OTHER)
    tap.check(tool(site, "role", "hirata", "system").returncode == 0 and client.get("/operators").status == 200, "promoted, at once")
    tap.check(tool(site, "role", "hirata", "general").returncode == 0 and client.get("/operators").status == 403, "demoted, at once")
    tap.check(tool(site, "disable", "hirata").returncode == 0 and client.get("/session").status == 401 and not log_in(site, contract, "hirata", OTHER), "disabled, at once")
    tap.check(tool(site, "enable", "hirata").returncode == 0 and log_in(site, contract, "hirata", OTHER), "and let in again")
    done = tool(site, "end-sessions", "hirata")
    tap.check(done.stdout == "ended: 1\n", "logged out", done)
    clients = [log_in(site, contract, name, password) for name, password in (("hirata", OTHER), ("admin", site.password))]
    tap.check(tool(site, "end-sessions", "--all").returncode == 0 and {c.get("/session").status for c in clients} == {401}, "everybody logged out")
    done = tool(site, "create", "remote only", "--remote-user", "taro@EXAMPLE.ORG", "--none")
    tap.check(done.returncode == 0 and operators(site)["remote only"][2:4] == ["no-password", "taro@EXAMPLE.ORG"], "one whom Apache alone knows", operators(site))
    done = tool(site, "password", "hirata", "--generate")
    said = re.search(r"^password: (\S+)$", done.stdout, re.M)
    tap.check(said and log_in(site, contract, "hirata", said.group(1)), "a password is made up and works", done.stdout)


def recovery(tap, site, contract):
    """Everything went wrong: no administrator can log in, places are full, tries are used up."""
    site.psql("ALTER TABLE kidoban.operator DISABLE TRIGGER USER; UPDATE kidoban.operator SET disabled = true, role = 'general', password_hash = NULL, all_departments = false WHERE name = 'admin';"
              "ALTER TABLE kidoban.operator ENABLE TRIGGER USER; INSERT INTO kidoban.operator_right SELECT id, 'gates', 'none' FROM kidoban.operator WHERE name = 'admin'")
    for _ in range(11):
        web.Client(site, contract).login("admin", "guess")
    tap.check(web.Client(site, contract).login("admin").status == 429, "a site without an administrator")
    done = tool(site, "recover", "admin", "--stdin", given=OTHER + "\n")
    client = log_in(site, contract, "admin", OTHER)
    tap.check(done.returncode == 0 and client, "is let in again", done)
    said = client.get("/session").json
    tap.check(said["operator"]["role"] == "system" and set(said["rights"].values()) == {"edit"} and said["scope"]["all_departments"] and said["scope"]["all_management_groups"],
              "with every right and all of the scope", said)
    site.psql("DELETE FROM kidoban.session; ALTER TABLE kidoban.operator DISABLE TRIGGER USER; DELETE FROM kidoban.operator WHERE name = 'admin'; ALTER TABLE kidoban.operator ENABLE TRIGGER USER")
    done = tool(site, "recover", "新しい管理者", "--generate")
    said = re.search(r"^operator: 新しい管理者\npassword: (\S+)$", done.stdout, re.M)
    client = said and log_in(site, contract, "新しい管理者", said.group(1))
    tap.check(client and client.get("/operators").status == 200, "also by another name, when there is nobody", done)
    entries = site.value("SELECT count(*) FROM kidoban.system_log_unsealed WHERE origin = 'cli' AND object IN ('admin', '新しい管理者')")
    tap.check(entries == "2", "the system log has both", entries)
    log = site.value("SELECT string_agg(u::text, '') FROM kidoban.system_log_unsealed u")
    tap.check(OTHER not in log and "$y$" not in log and said.group(1) not in log, "and no password")


def refusals(tap, site, contract):
    for words, given, status, why in (
            ((), None, 2, "usage"), (("destroy", "x"), None, 2, "usage"), (("list", "x"), None, 2, "usage"), (("create",), None, 2, "usage"), (("password", "x", "secret"), None, 2, "usage"),
            (("create", "x", "--role", "god", "--stdin"), GOOD + "\n", 2, "usage"), (("role", "hirata", "god"), None, 1, "general or system"), (("recover", "x", "--none"), None, 2, "usage"),
            (("create", "x", "--password", "y"), None, 2, "usage"), (("end-sessions",), None, 2, "usage"), (("end-sessions", "x", "--all"), None, 2, "usage"),
            (("password", "nobody at all", "--stdin"), GOOD + "\n", 1, "no operator"), (("create", "x", "--stdin"), "too short\n", 1, "needs 15 characters"),
            (("create", "x", "--stdin"), "Password12345678\n", 1, "guess"), (("create", "mizushima.ren", "--stdin"), "Mizushima-Ren-9x\n", 1, "own name"),
            (("create", "x", "--stdin"), "", 1, "no line"), (("create", "x", "--stdin"), GOOD, 1, "no line"), (("create", "x", "--stdin"), "a" * 200 + "\n", 1, "at most 127"),
            (("create", " x", "--stdin"), GOOD + "\n", 1, "space"),
            (("create", "x\u202e", "--stdin"), GOOD + "\n", 1, "can not be seen"), (("create", "x", "--display-name", "\u200bx", "--stdin"), GOOD + "\n", 1, "can not be seen"), (("create", "y" * 65, "--stdin"), GOOD + "\n", 1, ""), (("create", "x"), None, 1, "terminal")):
        done = tool(site, *words, given=given)
        tap.check(done.returncode == status and why in done.stderr, f"{' '.join(words)[:50]!r} is refused: {why}", done)
    tap.check("x" not in operators(site), "none of them was added")
    for user in ("kidoban_operators", "kidoban_session", "kidoban_report"):
        done = tool(site, "recover", "x", "--stdin", given=GOOD + "\n", user=user)
        tap.check(done.returncode == 1 and "superuser" in done.stderr, f"{user} may not", done)
    done = tool(site, "--database", "host=/nonexistent", "list")
    tap.check(done.returncode == 1 and done.stderr, "without a database it says so", done)


def terminal(tap, site, contract):
    shown, status = at_terminal(site, ("create", "typed"), (GOOD, GOOD))
    tap.check(status == 0 and GOOD not in shown and log_in(site, contract, "typed", GOOD), "the terminal is asked twice and shows nothing", shown)
    shown, status = at_terminal(site, ("password", "typed"), (OTHER, GOOD))
    tap.check(status == 1 and "differ" in shown and log_in(site, contract, "typed", GOOD), "two that differ change nothing", shown)


web.run(first_start, everyday, refusals, terminal, recovery, components=("postgres", "session", "gates", "operators", "httpd"))
