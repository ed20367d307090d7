"""A site for tests of rights and scope: a branch (a subtree of departments and some management groups) with something of every kind
inside and the same outside of it, operators by the dozen, and programs with and without their own check of rights."""
import hashlib
import itertools
import json
import subprocess

import private_site
import site_files
import web
from straight import Straight
from supervisor import Program

COMPONENTS = ("postgres", *private_site.FASTCGI, "httpd")
GROUPS_IN, GROUP_OUT = (1, 2), 3
IN, OUT = "in", "out"


def routes_of(site):
    """{(method, pattern): (program, row)} as the installed programs tell it (--routes)."""
    found = {}
    for name in private_site.FASTCGI:
        told = json.loads(subprocess.run([site.build / "cgi-bin" / name / name, "--routes"], check=True, stdout=subprocess.PIPE).stdout)
        assert told["program"] == name, told["program"]
        for row in told["routes"]:
            assert (row["method"], row["path"]) not in found, row
            found[row["method"], row["path"]] = name, row
    return found


def start_unchecked(site):
    """The test programs without their own check of rights, on sockets of their own."""
    run = site.run / "u"
    run.mkdir(mode=0o700, exist_ok=True)
    site_files.write_conf(site, "unchecked.conf", {"": {"run_dir": run}})
    for name in private_site.FASTCGI:
        program = Program(f"{name}-unchecked", [site.build / "tests/unchecked" / name / name, "-c", site.state / "unchecked.conf"], site.log / f"unchecked-{name}.txt")
        site.supervisor.start(program)
    site.wait(lambda: all((run / f"{name}.sock").exists() for name in private_site.FASTCGI), 30, "the unchecked programs")
    return run


class Operator:
    def __init__(self, identity, name, cookie, rights, described):
        self.id, self.name, self.cookie, self.rights, self.described = identity, name, cookie, rights, described

    def __repr__(self):
        return self.described


class World:
    """inside and outside: {kind: id} of one thing of every kind in and out of the branch's scope."""

    def __init__(self, site):
        self.site = site
        self.routes = routes_of(site)
        self.checked = site.run
        self.numbers = itertools.count(1)
        admin = self.operators([("boss", "system", {}, None, None)], lambda role, given: None)[0]
        self.boss, self.admin = admin, self.as_(admin)
        self.branch = int(site.value("SELECT id FROM kidoban.department WHERE name = '管理本部'"))
        self.inside, self.outside = {}, {}
        self._fill()

    def as_(self, operator, run=None):
        return Straight(run or self.checked, self.routes, operator and operator.cookie)

    def ask(self, who, method, path, body=None, headers=None, pattern=None):
        """By the program that answers the pattern (or the path, when it is the pattern)."""
        return who.ask(self.routes[method, pattern or path.partition("?")[0]][0], method, path, body, headers)

    def operators(self, wanted, effective):
        """[(name, role, {function: level} given, groups or None for all, departments or None)] → operators with a session each."""
        sql, made = ["BEGIN;"], []
        for name, role, given, groups, departments in wanted:
            cookie = hashlib.sha256(f"cookie of {name}".encode()).hexdigest()
            sql.append(f"INSERT INTO kidoban.operator (name, display_name, role, all_management_groups, all_departments)"
                       f" VALUES ('{name}', '{name}', '{role}', {groups is None}, {departments is None});")
            me = f"(SELECT id FROM kidoban.operator WHERE name = '{name}')"
            sql += [f"INSERT INTO kidoban.operator_right VALUES ({me}, '{f}', '{level}');" for f, level in given.items()]
            sql += [f"INSERT INTO kidoban.operator_management_group (operator_id, management_group_id) VALUES ({me}, {g});" for g in groups or []]
            sql += [f"INSERT INTO kidoban.operator_department (operator_id, department_id) VALUES ({me}, {d});" for d in departments or []]
            # Past L-11: more are logged in here than an edition allows.
            sql.append(f"INSERT INTO kidoban.session (operator_id, token_hash, expires_at, origin) VALUES ({me}, sha256('\\x{cookie}'::bytea), now() + interval '1 h', 'password');")
            made.append((name, cookie, effective(role, given)))
        self.site.psql("\n".join([*sql, "COMMIT;"]))
        ids = dict(self.site.rows("SELECT name, id FROM kidoban.operator"))
        return [Operator(int(ids[name]), name, cookie, rights, name) for name, cookie, rights in made]

    # --- one thing of every kind, in and out ----------------------------------------------------------------------------

    def number(self, sql):
        found = self.site.value(sql)
        assert found not in (None, ""), sql
        return int(found)

    def create(self, path, body, method="POST", **more):
        answer = self.ask(self.admin, method, path, body, **more)
        assert 200 <= answer.status < 300, (path, body, answer)
        return answer.json

    def change(self, sql):
        """SQL as one change set; its revision."""
        self.site.psql(f"BEGIN; SELECT api.change_begin('test.change', ''); {sql}; COMMIT;")
        return self.number("SELECT max(revision) FROM kidoban.change_set")

    def _fill(self):
        tree = f"SELECT unnest(kidoban.department_subtrees('{{{self.branch}}}'))"
        for side, place in ((IN, self.inside), (OUT, self.outside)):
            inside = side == IN
            word = "" if inside else "NOT "
            place["management_group"] = GROUPS_IN[0] if inside else GROUP_OUT
            gates = [int(r[0]) for r in self.site.rows(f"SELECT id FROM kidoban.gate WHERE management_group_id = {place['management_group']} ORDER BY id LIMIT 2")]
            place["gate"], place["second_gate"] = gates
            place["controller"] = self.number(f"SELECT controller_id FROM kidoban.gate WHERE id = {place['gate']}")
            place["department"] = self.number(f"SELECT c.department_id FROM kidoban.cardholder c WHERE c.department_id {word}IN ({tree}) ORDER BY 1 LIMIT 1")
            people = [int(r[0]) for r in self.site.rows(f"SELECT c.id FROM kidoban.cardholder c WHERE c.department_id {word}IN ({tree}) AND c.enabled AND NOT c.lost ORDER BY 1 LIMIT 5")]
            place["cardholder"], place["spare_person"], place["known_person"], place["undone_person"], place["bulk_person"] = people
            self._make(side, place)

    def _make(self, side, place):
        word = f"木戸{side}"
        # Nothing hangs on these: they could be deleted.
        place["spare_department"] = self.create("/departments", {"parent": place["department"], "code": f"S-{side}", "name": f"{word}空課"})["id"]
        spare_group = self.create("/management-groups", {"name": f"{word}空群"})["id"]
        place["spare_management_group"] = spare_group
        place["spare_controller"] = self.create("/controllers", {
            "name": f"{word}空制御器", "driver": "kidoban", "serial": f"4b4400000000f00{1 if side == IN else 2}", "address": f"127.254.0.{1 if side == IN else 2}",
            "gates": [{"door": 1, "name": f"{word}空扉", "management_group": place["management_group"]}]})["id"]
        if side == IN:
            place["search"] = self.create("/controllers/discoveries", {"network": "127.252.0.2"})["id"]
        place["gate_group"] = self.create("/gate-groups", {"name": f"{word}組", "gates": [place["gate"]]})["id"]
        place["spare_gate_group"] = self.create("/gate-groups", {"name": f"{word}空組", "gates": [place["second_gate"]]})["id"]
        self.change(f"DELETE FROM kidoban.permit WHERE cardholder_id IN ({place['cardholder']}, {place['spare_person']})")
        place["permit"] = self.create("/permits", {"cardholders": [place["cardholder"]], "gate": place["gate"]})["permits"][0]["id"]
        place["command"] = self.create("/gates/commands", {"gates": [place["gate"]], "command": "lock"})["id"]
        self.site.psql(f"INSERT INTO kidoban.job (kind, controller_id, stream, created_by, state) VALUES"
                       f" ('permit_transfer', {place['controller']}, 1, 1, 'queued'), ('permit_transfer', {place['controller']}, 1, 1, 'done')")
        for state in ("queued", "done"):
            place[f"job_{state}"] = self.number(f"SELECT max(id) FROM kidoban.job WHERE controller_id = {place['controller']} AND state = '{state}'")
        place["change_set"] = self.change(f"UPDATE kidoban.cardholder SET note = 'x' WHERE id = {place['undone_person']}")
        place["undone"] = self.create(f"/cardholders/{place['undone_person']}", {"note": f"{word}の印"}, "PATCH", pattern="/cardholders/{id}",
                                      headers=self.if_match("/cardholders/{id}", place["undone_person"]))["revision"]
        place["undone_department"] = self.create(f"/departments/{place['spare_department']}", {"name": f"{word}空課です"}, "PATCH", pattern="/departments/{id}",
                                                 headers=self.if_match("/departments/{id}", place["spare_department"]))["revision"]
        life = web.life_of(self.site)
        life.events(place["gate"], [101, 109], card=f"CARD{side}")
        life.events(place["gate"], [203], flags=1)
        life.events(place["gate"], [302])
        life.events(place["gate"], [401])
        life.state(place["gate"])
        place["alarm"] = self.number(f"SELECT max(id) FROM kidoban.alarm WHERE gate_id = {place['gate']}")
        place["event"] = self.ask(self.admin, "GET", f"/history/access?gate={place['gate']}", pattern="/history/{category}").json["events"][0]
        row = self.ask(self.admin, "GET", "/cardholders/{id}".replace("{id}", str(place["cardholder"])), pattern="/cardholders/{id}").json
        place["employee_number"], place["card_number"] = row["employee_number"], row["cards"][0]["card_number"]
        place["code"] = self.site.value(f"SELECT code FROM kidoban.department WHERE id = {place['department']}")

    def if_match(self, pattern, identity):
        answer = self.ask(self.admin, "GET", pattern.replace("{id}", str(identity)), pattern=pattern)
        assert answer.status == 200, (pattern, identity, answer)
        return {"If-Match": answer.headers["ETag"]}

    # --- what nobody may have changed -----------------------------------------------------------------------------------

    def fingerprint(self):
        """Changes with everything that a write of the API can do."""
        tables = [r[0] for r in self.site.rows(
            "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'kidoban'::regnamespace AND c.relkind = 'r'"
            " AND c.relname IN ('change_set', 'command_request', 'command', 'job', 'import', 'saved_search', 'uhppote_search', 'operator', 'operator_right',"
            " 'operator_management_group', 'operator_department') ORDER BY 1")]
        sums = " || ".join(f"(SELECT count(*) || coalesce(md5(string_agg(x::text, '' ORDER BY x::text)), '') FROM kidoban.{t} x)" for t in tables)
        return self.site.value(f"SELECT {sums} || (SELECT coalesce(string_agg(a.id || coalesce(a.comment, ''), ' ' ORDER BY a.id), '') FROM kidoban.alarm a)"
                               " || (SELECT count(*) FROM kidoban.session WHERE ended_at IS NULL)")
