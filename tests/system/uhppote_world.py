"""A site with UHPPOTE boards for the system tests: what boards hold and made, what the database has of them, and what reached them."""
import collections
import datetime
import json

import uhppote_wire
from tap import eventually
from world import World

OVERFLOW, DRIFT = 217, 216
# What an event of a board is in the history, by its reason: entry, no permit, wrong PIN, anti-passback, out of validity, exit button,
# door opened, door closed, unlock, restart.
KINDS = {1: 101, 5: 112, 6: 112, 7: 115, 8: 106, 11: 112, 15: 111, 18: 112, 20: 318, 23: 316, 24: 317, 44: 302, 28: 314}
Kept = collections.namedtuple("Kept", "seq kind door card t details")


class Boards(World):
    """doors: of the boards that the plan has; spare: settings of further ones that a test adds."""

    def __init__(self, name, doors=(4,), spare=(), gates=None, **options):
        options.setdefault("board_options", ("--record",))
        super().__init__(name, gates=gates or sum(doors) + 1, rate=0, uhppote=doors, spare_boards=spare, **options)

    @property
    def serials(self):
        return [int(board.serial) for board in self.plan.boards]

    @property
    def spare_serials(self):
        return [board["serial"] for board in self.spare_boards]

    def controller_of(self, serial):
        return int(self.one(f"SELECT id FROM kidoban.controller WHERE serial = '{serial}'"))

    def status(self, serial):
        return self.board(serial, "status")["status"]

    def cards(self, serial):
        return {card["card"]: card for card in self.board(serial, "cards")["cards"]}

    def wait_board(self, serial, timeout=60):
        controller = self.controller_of(serial)
        eventually(f"board {serial} in communication", timeout, lambda: self.one(
            f"SELECT communication FROM kidoban.controller_state WHERE controller_id = {controller}") == "2")

    def wait_held(self, serial, timeout=90):
        """Until the board has confirmed every change so far."""
        controller = self.controller_of(serial)
        eventually(f"board {serial} holds its permits", timeout, lambda: int(self.one(
            f"SELECT count(*) FROM kidoban.controller_stream WHERE controller_id = {controller} AND stream = 1"
            f" AND confirmed_revision = (SELECT max(revision) FROM kidoban.change_set)")) == 1)

    def wanted_cards(self, serial):
        """{card number: set of doors} by the plan of permits, as the database has them: direct ones and those of groups."""
        rows = self.sql(f"""
            SELECT DISTINCT k.card_number, g.door FROM kidoban.permit p
              JOIN kidoban.cardholder h ON h.id = p.cardholder_id AND h.enabled AND NOT h.lost AND (h.valid_to IS NULL OR h.valid_to > now())
              JOIN kidoban.credential k ON k.cardholder_id = h.id AND NOT k.lost
              LEFT JOIN kidoban.gate_group_member m ON m.gate_group_id = p.gate_group_id
              JOIN kidoban.gate g ON g.id = coalesce(p.gate_id, m.gate_id)
              JOIN kidoban.controller c ON c.id = g.controller_id WHERE c.serial = '{serial}'""")
        wanted = collections.defaultdict(set)
        for card, door in rows:
            wanted[int(card)].add(int(door))
        return dict(wanted)

    def held_cards(self, serial):
        """The same as the board has it; cards whose validity is over stay on a board without harm and do not count."""
        today = datetime.date.today().isoformat()
        return {number: {door for door in range(1, 5) if card[f"door{door}"]} for number, card in self.cards(serial).items()
                if card["valid_to"] >= today}

    def made_by(self, serial):
        """Every event that a board ever made."""
        return self.board(serial, "events")["events"]

    def kept_of(self, serial):
        rows = self.sql(f"""
            SELECT e.seq, e.kind / 4, coalesce(g.door, 0), coalesce(d.card_number, ''), e.t AT TIME ZONE 'Asia/Tokyo', e.details
              FROM (SELECT t, log, seq, kind, gate, cred, details FROM kidoban.access_event
                    UNION ALL SELECT t, log, seq, kind, gate, cred, details FROM kidoban.alarm_event
                    UNION ALL SELECT t, log, seq, kind, gate, cred, details FROM kidoban.operation_event
                    UNION ALL SELECT t, log, seq, kind, gate, cred, details FROM kidoban.management_event) e
              JOIN kidoban.event_log l ON l.id = e.log JOIN kidoban.controller c ON c.id = l.controller_id
              LEFT JOIN kidoban.gate g ON g.id = e.gate LEFT JOIN kidoban.cred d ON d.id = e.cred AND e.cred <> 0
             WHERE c.serial = '{serial}' ORDER BY e.seq""")
        return [Kept(int(row[0]), int(row[1]), int(row[2]), row[3], row[4], json.loads(row[5]) if row[5] else {}) for row in rows]

    def wait_events(self, serial, timeout=60):
        """Until the database has the board's newest event."""
        eventually(f"the newest event of board {serial}", timeout, lambda: self.board(serial, "status")["status"]["newest"] == int(self.one(
            f"SELECT coalesce(max(l.mark), 0) FROM kidoban.event_log l JOIN kidoban.controller c ON c.id = l.controller_id WHERE c.serial = '{serial}'")))

    def check_events(self, tap, serial, name, lost=()):
        """Every event exactly once, of the right kind, door and card; lost: indices that the board itself overwrote."""
        made = {event["index"]: event for event in self.made_by(serial)}
        kept = [row for row in self.kept_of(serial) if not (row.kind == OVERFLOW and "from" in row.details)]
        counts = collections.Counter(row.seq for row in kept)
        missing = sorted(set(made) - set(counts) - set(lost))
        tap.ok(made and not missing and set(counts) <= set(made) and max(counts.values(), default=0) == 1,
               f"{name}: {len(made)} events of the board are in the history exactly once", f"missing {missing[:10]}",
               f"doubled {[seq for seq, n in counts.items() if n > 1][:10]}", f"invented {sorted(set(counts) - set(made))[:10]}")
        wrong = [(row, made[row.seq]) for row in kept if row.seq in made and not self.same(row, made[row.seq])]
        tap.ok(not wrong, f"{name}: with the same time, kind, door and card", *wrong[:5])

    @staticmethod
    def same(row, event):
        card = row.card or row.details.get("card", "")
        by_card = event["type"] == 1
        kind = KINDS.get(event["reason"])
        if kind == 101 and event["direction"] == 2:
            kind = 102
        # The server knows whose card it was: nobody's, or one reported lost.
        told = row.kind in ({kind} if kind != 112 else {112, 201} if row.card else {109})
        return told and row.door == event["door"] and row.t.startswith(event["when"]) and (not by_card or card == str(event["card"]))

    # --- what reached the boards

    def requests(self, serial, function=None):
        """[(time, fields)] of every datagram that reached a board, or of those of one function."""
        found = [(now, uhppote_wire.read(bytes.fromhex(text))) for now, text, _ in self.board(serial, "received")["received"]]
        return [(now, fields) for now, fields in found if function is None or fields["function"] == function]

    def check_protocol(self, tap, name):
        """All that left the server for boards, judged by the protocol: layout, reserved bytes, values, order, one at a time."""
        complaints, functions, total = [], collections.Counter(), 0
        for serial in (*self.serials, *self.spare_serials):
            complaints += self.board(serial, "complaints")["complaints"]
            received = self.requests(serial)
            total += len(received)
            functions.update(fields["function"] for _, fields in received)
        tap.ok(total and not complaints, f"{name}: {total} datagrams of {len(functions)} functions agree with the protocol byte for byte", *complaints[:10])
        tap.equal(sorted(set(functions) & uhppote_wire.DESTRUCTIVE), [], f"{name}: nothing was sent that empties a board or moves it")
        tap.say(", ".join(f"{uhppote_wire.FUNCTIONS[f][0]} {n}" for f, n in sorted(functions.items())))
