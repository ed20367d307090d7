"""Who may do what, written down by hand from the specification and from nothing else: A-2 (rights and their defaults), A-3 (scope),
U-1 and U-4 (what stands on which screen). rights_test.py compares every answer of the programs and of the database with it.

A need is a tuple of ways in; a way is a tuple of (function, level) that are all needed. ANYBODY needs no session, OPERATOR only one.
"""
LEVELS = ("none", "view", "edit")

# A-2, in its order: default of a general administrator, of a system administrator, and whether it is fixed (the asterisk).
DEFAULTS = {
    "history": ("edit", "edit", False),
    "cardholders": ("edit", "edit", False),
    "cardholder_import": ("none", "edit", False),
    "vein_import": ("edit", "edit", False),
    "gates": ("edit", "edit", False),
    "management_groups": ("none", "edit", True),
    "departments": ("none", "edit", True),
    "operators": ("none", "edit", True),
    "calendars": ("none", "edit", False),
    "data_interface": ("none", "edit", False),
    "permit_transfer": ("none", "edit", False),
    "calendar_transfer": ("none", "edit", True),
    "system_log": ("none", "edit", False),
    "change_history": ("none", "edit", True),
    "system_administration": ("none", "edit", False),
    "gate_parameters": ("edit", "edit", False),
    "ic_card_parameters": ("edit", "edit", False),
    "global_apb": ("edit", "edit", False),
    "mutual_auth_password": ("none", "edit", False),
}
FUNCTIONS = tuple(DEFAULTS)

ANYBODY, OPERATOR = "anybody", "operator"


def view(*functions):
    """View of any of them."""
    return tuple(((f, "view"),) for f in functions)


def edit(*functions):
    return tuple(((f, "edit"),) for f in functions)


def both(*ways):
    """All of what each of them needs; each has one way in."""
    return (tuple(step for (way,) in ways for step in way),)


def allowed(rights, need):
    """rights: {function: level} of somebody with a session."""
    if need in (ANYBODY, OPERATOR):
        return True
    return any(all(LEVELS.index(rights[f]) >= LEVELS.index(level) for f, level in way) for way in need)


# Screens by which names are filtered (U-1): history and gates by management group, history and cardholders by department.
GROUP_NAMES = view("gates", "history", "management_groups")
DEPARTMENT_NAMES = view("history", "cardholders", "departments")

# A route that a row of U-4 or of sections 3 to 6 asks for, and the function of A-2 that it belongs to.
ROUTES = {
    ("GET", "/health"): ANYBODY,                # M-4
    ("GET", "/session"): OPERATOR,              # U-1: who; nobody without a session but whom Apache vouches for
    ("POST", "/session"): ANYBODY,
    ("DELETE", "/session"): OPERATOR,           # U-1: log-out
    ("PUT", "/session/password"): OPERATOR,     # one's own
    ("GET", "/saved-searches"): OPERATOR,       # L-12: each operator's own
    ("POST", "/saved-searches"): OPERATOR,
    ("DELETE", "/saved-searches/{id}"): OPERATOR,
    ("GET", "/gates"): view("gates"),           # G-2
    ("GET", "/gates/{id}"): view("gates"),
    ("PATCH", "/gates/{id}"): edit("gates"),    # G-4
    ("POST", "/gates/commands"): edit("gates"),  # G-3
    ("GET", "/gates/commands/{id}"): view("gates"),
    ("POST", "/gates/lockdown"): edit("gates"),  # G-9
    ("GET", "/buildings"): view("gates", "history"),
    ("GET", "/management-groups"): GROUP_NAMES,
    ("GET", "/management-groups/{id}"): GROUP_NAMES,
    ("POST", "/management-groups"): edit("management_groups"),          # O-1
    ("PATCH", "/management-groups/{id}"): edit("management_groups"),
    ("DELETE", "/management-groups/{id}"): edit("management_groups"),
    ("GET", "/gate-groups"): view("gates", "history", "cardholders"),   # G-5; C-6 grants by them
    ("GET", "/gate-groups/{id}"): view("gates", "history", "cardholders"),
    ("POST", "/gate-groups"): edit("gates"),                            # gate groups belong to gates
    ("PATCH", "/gate-groups/{id}"): edit("gates"),
    ("PUT", "/gate-groups/{id}/gates"): edit("gates"),
    ("DELETE", "/gate-groups/{id}"): edit("gates"),
    ("GET", "/history/{category}"): view("history"),                    # H-1 to H-5
    ("GET", "/history/plots/passages-per-hour"): view("history"),       # H-9
    ("GET", "/history/plots/alarms-per-gate"): view("history"),
    ("GET", "/alarms"): view("history"),                                # G-8
    ("POST", "/alarms/acknowledge"): edit("history"),
    ("GET", "/departments"): DEPARTMENT_NAMES,
    ("GET", "/departments/{id}"): DEPARTMENT_NAMES,
    ("POST", "/departments"): edit("departments"),                      # O-2
    ("PATCH", "/departments/{id}"): edit("departments"),
    ("DELETE", "/departments/{id}"): edit("departments"),
    ("GET", "/cardholders"): view("cardholders"),                       # C-2
    ("GET", "/cardholders/anchors"): view("cardholders"),
    ("POST", "/cardholders"): edit("cardholders"),                      # C-1
    ("POST", "/cardholders/bulk"): edit("cardholders"),                 # C-5
    ("GET", "/cardholders/{id}"): view("cardholders"),
    ("PATCH", "/cardholders/{id}"): edit("cardholders"),
    ("DELETE", "/cardholders/{id}"): edit("cardholders"),
    ("POST", "/cardholders/{id}/lost"): edit("cardholders"),            # C-7
    ("POST", "/cardholders/{id}/reissue"): edit("cardholders"),
    ("GET", "/cardholders/{id}/proof"): view("cardholders"),
    ("GET", "/permits"): view("cardholders"),                           # C-6
    ("POST", "/permits"): edit("cardholders"),
    ("GET", "/permits/gates"): edit("cardholders"),
    ("GET", "/permits/{id}"): view("cardholders"),
    ("PATCH", "/permits/{id}"): edit("cardholders"),
    ("DELETE", "/permits/{id}"): edit("cardholders"),
    ("GET", "/transfers"): view("permit_transfer"),                     # T-7
    ("GET", "/transfers/{id}"): view("permit_transfer"),
    ("POST", "/transfers"): edit("permit_transfer"),                    # T-1
    ("POST", "/transfers/{id}/stop"): edit("permit_transfer"),
    ("POST", "/transfers/{id}/repeat"): edit("permit_transfer"),
    # Files: the right that their kind needs (C-3, O-2); the cases of rights_test.py say which. Of a list: either.
    ("POST", "/imports"): edit("cardholder_import", "departments"),
    ("GET", "/imports"): view("cardholder_import", "departments"),
    ("GET", "/imports/{id}"): view("cardholder_import", "departments"),
    ("GET", "/imports/{id}/rows"): view("cardholder_import", "departments"),
    ("GET", "/imports/{id}/result"): view("cardholder_import", "departments"),
    ("POST", "/imports/{id}/apply"): edit("cardholder_import", "departments"),
    ("POST", "/imports/{id}/cancel"): edit("cardholder_import", "departments"),
    ("POST", "/change-sets/{id}/undo"): edit("cardholders", "departments"),
    ("GET", "/explanations"): view("cardholders"),                      # G-10
    ("GET", "/explanations/gate"): view("cardholders"),
    ("GET", "/explanations/cardholder"): view("cardholders"),
    ("GET", "/change-sets"): view("change_history"),                    # M-2
    ("GET", "/change-sets/{revision}"): view("change_history"),
    ("GET", "/operators"): view("operators"),
    ("GET", "/operators/{id}"): view("operators"),
    ("GET", "/operators/roles"): view("operators"),
    ("GET", "/operators/sessions"): view("operators"),
    ("POST", "/operators"): edit("operators"),
    ("PATCH", "/operators/{id}"): edit("operators"),
    ("DELETE", "/operators/{id}"): edit("operators"),
    ("POST", "/operators/{id}/log-out"): edit("operators"),             # forced log-out
    ("DELETE", "/operators/sessions/{id}"): edit("operators"),
    ("GET", "/system/log"): view("system_log"),                         # M-1
    ("GET", "/system/log/checkpoints"): view("system_log"),
    ("GET", "/system/log/keys"): view("system_log"),
    ("GET", "/system/alarms"): view("system_log", "system_administration"),
    ("GET", "/controllers"): view("gates"),                             # G-2
    ("GET", "/controllers/{id}"): view("gates"),
    ("POST", "/controllers"): both(edit("gates"), edit("system_administration")),            # G-1
    ("PATCH", "/controllers/{id}"): both(edit("gates"), edit("system_administration")),
    ("DELETE", "/controllers/{id}"): both(edit("gates"), edit("system_administration")),
    ("POST", "/controllers/discoveries"): both(edit("gates"), edit("system_administration")),
    ("GET", "/controllers/discoveries/{id}"): both(edit("gates"), edit("system_administration")),
    ("GET", "/live"): view("gates", "history"),                         # G-8: each kind of event by its own right
}
