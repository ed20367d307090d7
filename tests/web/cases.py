"""What rights_test.py asks of every route: a request that would succeed, one that changes nothing, and one about what is out of scope."""
import dataclasses
import itertools
import typing

from oracle import FUNCTIONS, ROUTES, both, edit, view
from world import IN, OUT

NUMBERS = itertools.count(1000)
STALE = {"If-Match": '"0"'}


@dataclasses.dataclass
class Request:
    path: str
    body: typing.Any = None
    headers: typing.Any = None


@dataclasses.dataclass
class Case:
    """real: a function of (world, operator) that gives a request which would succeed for who may, who gets `status`. calm: the same route,
    changing nothing, for the many who may: `calm_status`. out: the same of what is out of scope; out_status: what who may gets then, an int,
    or "nothing" for a list that is 200 and empty. whole: only who sees everything may at all (A-3: what is new is in nobody's scope)."""
    method: str
    pattern: str
    real: typing.Callable
    status: int = 200
    calm: typing.Any = None
    calm_status: typing.Any = None
    out: typing.Any = None
    out_status: typing.Any = 404
    need: typing.Any = None
    whole: bool = False
    name: str = ""

    def __post_init__(self):
        self.need = self.need or ROUTES[self.method, self.pattern]
        self.calm = self.calm or self.real
        self.calm_status = self.calm_status or self.status

    def __str__(self):
        return f"{self.method} {self.pattern}{' ' + self.name if self.name else ''}"


def get(pattern, kind=None, query="", out_query=None, **more):
    """Reading one thing (kind: its id) or a list (out_query: a filter by what is out of scope, which finds nothing)."""
    def ask(side):
        def request(world, _):
            place = world.inside if side == IN else world.outside
            text = query if side == IN or out_query is None else out_query
            return Request(pattern.replace("{id}", str(place[kind]) if kind else "") + (text.format(**place) if text else ""))
        return request
    out = ask(OUT) if kind or out_query is not None else None
    return Case("GET", pattern, ask(IN), out=out, out_status=404 if kind else "nothing", **more)


def write(method, pattern, kind=None, body=None, calm_body=None, out_body=None, matched=True, **more):
    """A write of one thing. matched: with If-Match; the calm one's is stale, 412. Bodies are functions of (place, world)."""
    def ask(side, make, stale):
        def request(world, operator):
            place = world.inside if side == IN else world.outside
            path = pattern.replace("{id}", str(place[kind]) if kind else "")
            headers = None
            if matched and kind:
                headers = STALE if stale else world.etags.get((pattern, side)) or world.keep_etag(pattern, side, kind)
            return Request(path, make(place, world) if make else None, headers)
        return request
    stale = matched and kind is not None
    out = ask(OUT, out_body or body, False) if kind or out_body else None
    more.setdefault("calm_status", 412 if stale else None)
    return Case(method, pattern, ask(IN, body, False), calm=ask(IN, calm_body or body, stale), out=out, **more)


def fresh(text):
    return f"{text}-{next(NUMBERS)}"


def both_sides(make):
    """For requests whose path is not one id."""
    return (lambda world, operator: make(world.inside, operator)), (lambda world, operator: make(world.outside, operator))


def upload(kind):
    return lambda world, operator: Request(f"/imports?kind={kind}&mode=upsert&file_name={fresh('f')}", b"employee_number,name\n1,x\n" if kind == "cardholders" else b"code,name\n1,x\n",
                                           {"Content-Type": "text/csv"})


def own_import(kind, what, body=None):
    """Of an import of one's own, in the state that it needs: world.imports[operator, kind, state]."""
    def request(state):
        return lambda world, operator: Request(f"/imports/{world.imports[operator.id, kind, state]}{what}", body)
    return request


def import_cases():
    found = []
    for kind, function in (("cardholders", "cardholder_import"), ("departments", "departments")):
        def foreign(what, body=None, kind=kind):
            return lambda world, _: Request(f"/imports/{world.imports[1, kind, 'previewed']}{what}", body)

        one = {"need": view(function), "name": kind}
        found += [Case("POST", "/imports", upload(kind), 202, need=edit(function), name=kind),
                  Case("GET", "/imports/{id}", own_import(kind, "")("previewed"), out=foreign(""), **one),
                  Case("GET", "/imports/{id}/rows", own_import(kind, "/rows")("previewed"), out=foreign("/rows"), **one),
                  Case("GET", "/imports/{id}/result", own_import(kind, "/result")("done"), out=foreign("/result"), **one)]
        for act, body in (("apply", {"agree_deletions": True}), ("cancel", {})):
            ask = own_import(kind, f"/{act}", body)
            found.append(Case("POST", f"/imports/{{id}}/{act}", ask("previewed"), 202, calm=ask("done"), calm_status=409, out=foreign(f"/{act}", body), need=edit(function), name=kind))
    return found


def explain_cases():
    def of_event(place, _):
        return Request(f"/explanations?event={place['event']['id']}&t={place['event']['t']}")

    inside, outside = both_sides(of_event)
    return [
        get("/explanations", query="?cardholder={cardholder}&gate={gate}"),
        Case("GET", "/explanations", *[both_sides(lambda p, _: Request(f"/explanations?cardholder={p['cardholder']}&gate={p['gate']}"))[0]],
             out=lambda w, _: Request(f"/explanations?cardholder={w.outside['cardholder']}&gate={w.inside['gate']}"), name="of a person out of scope"),
        Case("GET", "/explanations", both_sides(lambda p, _: Request(f"/explanations?cardholder={p['cardholder']}&gate={p['gate']}"))[0],
             out=lambda w, _: Request(f"/explanations?cardholder={w.inside['cardholder']}&gate={w.outside['gate']}"), name="of a gate out of scope"),
        Case("GET", "/explanations", inside, out=outside, need=both(view("cardholders"), view("history")), name="of an event"),
        Case("GET", "/explanations/gate", both_sides(lambda p, _: Request(f"/explanations/gate?gate={p['gate']}"))[0],
             out=both_sides(lambda p, _: Request(f"/explanations/gate?gate={p['gate']}"))[1]),
        Case("GET", "/explanations/cardholder", both_sides(lambda p, _: Request(f"/explanations/cardholder?cardholder={p['cardholder']}"))[0],
             out=both_sides(lambda p, _: Request(f"/explanations/cardholder?cardholder={p['cardholder']}"))[1]),
    ]


def change_cases():
    inside, outside = both_sides(lambda p, _: Request(f"/change-sets/{p['undone']}"))
    undo_in, undo_out = both_sides(lambda p, _: Request(f"/change-sets/{p['undone']}/undo", {}))
    calm, _ = both_sides(lambda p, _: Request(f"/change-sets/{p['change_set']}/undo", {}))
    tree_in, tree_out = both_sides(lambda p, _: Request(f"/change-sets/{p['undone_department']}/undo", {}))
    return [
        get("/change-sets", query="?limit=1"),
        Case("GET", "/change-sets/{revision}", inside, out=outside),
        # What was changed since is named and refused: 409, and nothing is written.
        Case("POST", "/change-sets/{id}/undo", undo_in, calm=calm, calm_status=409, out=undo_out, out_status=(403, 404), need=edit("cardholders"), name="of cardholders"),
        Case("POST", "/change-sets/{id}/undo", tree_in, calm=lambda w, _: Request(f"/change-sets/{w.stale_department}/undo", {}), calm_status=409,
             out=tree_out, out_status=(403, 404), need=edit("departments"), name="of departments"),
    ]


def operator_cases():
    """The dummy has no right and no scope, so that nobody gives more than they have; the first administrator is beyond the branch."""
    none = {"rights": dict.fromkeys(FUNCTIONS, "none"), "scope": {"all_management_groups": False, "all_departments": False, "management_groups": [], "departments": []}}

    def of(path, name, body=None, headers=None):
        return lambda world, _: Request(path.replace("{id}", str(world.dummy[name])), body() if body else None, headers(world) if headers else None)

    def matched(world):
        return world.etags.get("dummy") or world.etags.setdefault("dummy", world.if_match("/operators/{id}", world.dummy["operator"]))

    one = "/operators/{id}"
    return [
        Case("GET", "/operators", of("/operators", "operator")),
        Case("GET", one, of(one, "operator")),
        Case("GET", "/operators/roles", of("/operators/roles", "operator")),
        Case("GET", "/operators/sessions", of("/operators/sessions", "operator")),
        Case("POST", "/operators", of("/operators", "operator", lambda: {"name": fresh("新人"), "display_name": "新人", "role": "general", **none}), 201,
             calm=of("/operators", "operator", lambda: {"name": "dummy", "display_name": "x", "role": "general", **none}), calm_status=409),
        Case("PATCH", one, of(one, "operator", lambda: {"display_name": fresh("改")}, matched), calm=of(one, "operator", lambda: {"display_name": "x"}, lambda w: STALE), calm_status=412,
             out=of(one, "beyond", lambda: {"display_name": "x"}, lambda w: STALE), out_status=(403, 404)),
        Case("POST", one + "/log-out", of(one + "/log-out", "operator"), calm=of(one + "/log-out", "idle"), out=of(one + "/log-out", "beyond"), out_status=(403, 404)),
        Case("DELETE", "/operators/sessions/{id}", of("/operators/sessions/{id}", "session"), 204, calm=of("/operators/sessions/{id}", "nothing"), calm_status=404,
             out=of("/operators/sessions/{id}", "beyond_session"), out_status=(403, 404)),
        Case("DELETE", one, of(one, "operator", None, matched), 204, calm=of(one, "operator", None, lambda w: STALE), calm_status=412,
             out=of(one, "beyond", None, lambda w: STALE), out_status=(403, 404), name="delete"),
        Case("PUT", "/session/password", lambda w, o: Request("/session/password", {"current": "x", "password": fresh("a long enough one")}), 422, name="of who has none"),
    ]


def system_cases():
    return [Case("GET", p, (lambda p: lambda w, o: Request(p))(p)) for p in ("/system/log", "/system/log/checkpoints", "/system/log/keys", "/system/alarms")] + [
        Case("GET", "/system/log", lambda w, o: Request("/system/log", None, {"Accept": "text/csv"}), name="as CSV")]


def controller_cases():
    def body(place, serial):
        return {"name": fresh("制御器"), "driver": "uhppote", "serial": serial, "address": f"127.99.1.{next(NUMBERS) % 250 + 1}",
                "gates": [{"door": 1, "name": fresh("門"), "management_group": place["management_group"]}]}

    def board(place, _):
        return body(place, f"1050{next(NUMBERS):05}")

    return [
        get("/controllers"),
        get("/controllers/{id}", "controller"),
        write("POST", "/controllers", None, board, lambda p, w: body(p, w.board), board, status=201, calm_status=409, out_status=(403, 404, 422), whole=True),
        write("POST", "/controllers/discoveries", None, lambda p, w: {"network": "127.99.0.1"}, status=(202, 409)),  # 409: enough searches are under way
        Case("GET", "/controllers/discoveries/{id}", lambda w, o: Request(f"/controllers/discoveries/{w.discovery}")),
        write("PATCH", "/controllers/{id}", "controller", lambda p, w: {"note": fresh("印")}),
        write("DELETE", "/controllers/{id}", "spare_controller"),
    ]


def cases():
    person = {"name": "試験", "kana": "シケン"}
    return [
        Case("GET", "/health", lambda w, o: Request("/health")),
        Case("GET", "/session", lambda w, o: Request("/session")),
        Case("POST", "/session", lambda w, o: Request("/session", {"operator": fresh("nobody"), "password": "x"}), 401, name="with a wrong password"),
        Case("GET", "/saved-searches", lambda w, o: Request("/saved-searches")),
        Case("POST", "/saved-searches", lambda w, o: Request("/saved-searches", {"screen": "gates", "name": fresh("s"), "search": {}}), 201),
        Case("DELETE", "/saved-searches/{id}", lambda w, o: Request(f"/saved-searches/{w.searches[o.id]}"), 204, calm=lambda w, o: Request("/saved-searches/999999"), calm_status=404,
             out=lambda w, o: Request(f"/saved-searches/{w.searches[1]}")),
        # gates
        get("/gates", out_query="?management_group={management_group}"),
        get("/gates/{id}", "gate"),
        write("PATCH", "/gates/{id}", "gate", lambda p, w: {"name": fresh("名")}),
        write("POST", "/gates/commands", None, lambda p, w: {"gates": [p["gate"]], "command": "lock"}, out_body=lambda p, w: {"gates": [p["gate"]], "command": "lock"}, status=202),
        write("POST", "/gates/commands", None, lambda p, w: {"management_group": p["management_group"], "command": "lock"},
              out_body=lambda p, w: {"management_group": p["management_group"], "command": "lock"}, status=202, name="to a group"),
        get("/gates/commands/{id}", "command"),
        write("POST", "/gates/lockdown", None, lambda p, w: {"management_group": p["management_group"], "comment": "x"},
              out_body=lambda p, w: {"management_group": p["management_group"], "comment": "x"}, status=202),
        get("/buildings"),
        *controller_cases(),
        # organisation
        get("/management-groups"),
        get("/management-groups/{id}", "management_group"),
        write("POST", "/management-groups", None, lambda p, w: {"name": fresh("群")}, lambda p, w: {"name": w.known_group}, status=201, calm_status=409, whole=True),
        write("PATCH", "/management-groups/{id}", "spare_management_group", lambda p, w: {"name": fresh("群")}),
        write("DELETE", "/management-groups/{id}", "spare_management_group"),
        get("/departments"),
        get("/departments/{id}", "department"),
        write("POST", "/departments", None, lambda p, w: {"parent": p["department"], "code": fresh("C"), "name": "課"}, lambda p, w: {"parent": p["department"], "code": p["code"], "name": "課"},
              lambda p, w: {"parent": p["department"], "code": fresh("C"), "name": "課"}, status=201, calm_status=409, out_status=422),
        write("PATCH", "/departments/{id}", "spare_department", lambda p, w: {"name": fresh("課")}),
        write("DELETE", "/departments/{id}", "spare_department"),
        get("/gate-groups"),
        get("/gate-groups/{id}", "gate_group"),
        write("POST", "/gate-groups", None, lambda p, w: {"name": fresh("組"), "gates": [p["gate"]]}, lambda p, w: {"name": "木戸in組", "gates": [p["gate"]]},
              lambda p, w: {"name": fresh("組"), "gates": [p["gate"]]}, status=201, calm_status=409, out_status=422),
        write("PATCH", "/gate-groups/{id}", "gate_group", lambda p, w: {"name": fresh("組")}),
        write("PUT", "/gate-groups/{id}/gates", "gate_group", lambda p, w: {"gates": [p["second_gate"]]}),
        write("DELETE", "/gate-groups/{id}", "spare_gate_group"),
        # history
        *[Case("GET", "/history/{category}", (lambda c: lambda w, o: Request(f"/history/{c}"))(c), name=c,
               out=(lambda c: lambda w, o: Request(f"/history/{c}?gate={w.outside['gate']}"))(c), out_status="nothing") for c in ("access", "alarm", "operation", "management")],
        Case("GET", "/history/{category}", lambda w, o: Request("/history/access", None, {"Accept": "text/csv"}), name="as CSV"),
        get("/history/plots/passages-per-hour", out_query="?gate={gate}"),
        get("/history/plots/alarms-per-gate", out_query="?management_group={management_group}"),
        get("/alarms", out_query="?gate={gate}"),
        write("POST", "/alarms/acknowledge", None, lambda p, w: {"alarms": [p["alarm"]], "comment": "x"}, out_body=lambda p, w: {"alarms": [p["alarm"]], "comment": "x"}),
        # cardholders
        get("/cardholders", out_query="?department={department}"),
        Case("GET", "/cardholders", lambda w, o: Request("/cardholders", None, {"Accept": "text/csv"}), name="as CSV"),
        Case("GET", "/departments", lambda w, o: Request("/departments", None, {"Accept": "text/csv"}), need=view("departments"), name="as CSV"),
        get("/cardholders/anchors", query="?step=10", out_query="?step=10&department={department}"),
        write("POST", "/cardholders", None, lambda p, w: {**person, "employee_number": fresh("E"), "department": p["department"]},
              lambda p, w: {**person, "employee_number": p["employee_number"], "department": p["department"]},
              lambda p, w: {**person, "employee_number": fresh("E"), "department": p["department"]}, status=201, calm_status=409, out_status=422),
        write("POST", "/cardholders/bulk", None, lambda p, w: {"cardholders": [p["bulk_person"]], "expected_count": 1, "delete": True},
              lambda p, w: {"cardholders": [p["bulk_person"]], "expected_count": 7, "delete": True},
              lambda p, w: {"cardholders": [p["cardholder"]], "expected_count": 1, "delete": True}, calm_status=409, out_status=409, name="delete"),
        write("POST", "/cardholders/bulk", None, lambda p, w: {"cardholders": [p["known_person"]], "expected_count": 1, "change": {"valid_to": "2031-01-01T00:00:00Z"}},
              lambda p, w: {"cardholders": [p["known_person"]], "expected_count": 7, "change": {"valid_to": "2031-01-01T00:00:00Z"}},
              lambda p, w: {"cardholders": [p["known_person"]], "expected_count": 1, "change": {"valid_to": "2031-01-01T00:00:00Z"}}, calm_status=409, out_status=409, name="change"),
        get("/cardholders/{id}", "cardholder"),
        write("PATCH", "/cardholders/{id}", "cardholder", lambda p, w: {"name": fresh("名")}),
        write("DELETE", "/cardholders/{id}", "spare_person"),
        write("POST", "/cardholders/{id}/lost", "known_person", lambda p, w: {"lost": True}, lambda p, w: {"lost": False}, matched=False, calm_status=200),
        write("POST", "/cardholders/{id}/reissue", "cardholder", lambda p, w: {"card_number": f"R{next(NUMBERS)}"}),
        get("/cardholders/{id}/proof", "cardholder"),
        get("/permits", query="?cardholder={cardholder}", out_query="?cardholder={cardholder}"),
        get("/permits/gates"),
        get("/permits/{id}", "permit"),
        write("POST", "/permits", None, lambda p, w: {"cardholders": [p["cardholder"]], "gate": p["second_gate"]}, lambda p, w: {"cardholders": [p["cardholder"]], "gate": p["gate"]},
              lambda p, w: {"cardholders": [p["cardholder"]], "gate": w.inside["gate"]}, status=201, out_status=422, name="to a person"),
        write("POST", "/permits", None, lambda p, w: {"cardholders": [p["cardholder"]], "gate": p["second_gate"]}, lambda p, w: {"cardholders": [p["cardholder"]], "gate": p["gate"]},
              lambda p, w: {"cardholders": [w.inside["cardholder"]], "gate": p["gate"]}, status=201, out_status=422, name="for a gate"),
        write("PATCH", "/permits/{id}", "permit", lambda p, w: {"pass_level": 5}),
        write("DELETE", "/permits/{id}", "permit"),
        # transfers
        get("/transfers", query="?limit=5", out_query="?gate={gate}"),
        get("/transfers/{id}", "job_queued"),
        write("POST", "/transfers", None, lambda p, w: {"kind": "permits", "gates": [p["gate"]]}, out_body=lambda p, w: {"kind": "permits", "gates": [p["gate"]]}, status=202),
        Case("POST", "/transfers/{id}/stop", *[both_sides(lambda p, o: Request(f"/transfers/{p['job_queued']}/stop"))[0]], calm=both_sides(lambda p, o: Request(f"/transfers/{p['job_done']}/stop"))[0],
             calm_status=409, out=both_sides(lambda p, o: Request(f"/transfers/{p['job_queued']}/stop"))[1]),
        Case("POST", "/transfers/{id}/repeat", both_sides(lambda p, o: Request(f"/transfers/{p['job_done']}/repeat"))[0], 202, calm=both_sides(lambda p, o: Request(f"/transfers/{p['job_queued']}/repeat"))[0],
             calm_status=409, out=both_sides(lambda p, o: Request(f"/transfers/{p['job_done']}/repeat"))[1]),
        Case("GET", "/imports", lambda w, o: Request("/imports")),
        *import_cases(),
        *explain_cases(),
        *change_cases(),
        *operator_cases(),
        *system_cases(),
        Case("GET", "/live", lambda w, o: Request("/live")),
        Case("DELETE", "/session", lambda w, o: Request("/session"), 204, name="one's own log-out"),
    ]
