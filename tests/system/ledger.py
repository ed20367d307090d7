"""The simulator's ledger against the database: every event exactly once and with the same content (H-7).

The ledger holds every event that a simulated controller ever made, also those it later overwrote or lost with its memory.
An event is named by (serial, log, seq), as in the database by (event_log.log, seq).
"""
import collections
import json

OVERFLOW = 217
Event = collections.namedtuple("Event", "serial log seq t_ms kind door reader credential card raised command text details")

CLEARED = 2


def parse(line):
    """One line of the simulator's ledger."""
    serial, log, seq, t_ms, kind, door, reader, credential, card, flags, text, command, revision = line.split("\t")
    raised = ("false" if int(flags) & CLEARED else "true") if int(kind) // 100 == 2 else ""
    return Event(serial, log, int(seq), int(t_ms), int(kind), int(door), int(reader), int(credential), card, raised, command, text,
                 {"revision": int(revision)})


# One row an event, of all four tables. kind and reader side are folded in the stored kind.
STORED = """
SELECT c.serial, encode(l.log, 'hex'), e.seq, (extract(epoch FROM e.t) * 1000)::int8, e.kind / 4, coalesce(g.door, 0),
       e.kind % 4, coalesce(d.credential_id, 0), coalesce(d.card_number, ''), e.raised, e.details
  FROM (SELECT t, log, seq, kind, gate, cred, '' AS raised, details FROM kidoban.access_event
        UNION ALL SELECT t, log, seq, kind, gate, cred, CASE WHEN raised THEN 'true' ELSE 'false' END, details FROM kidoban.alarm_event
        UNION ALL SELECT t, log, seq, kind, gate, cred, '', details FROM kidoban.operation_event
        UNION ALL SELECT t, log, seq, kind, gate, cred, '', details FROM kidoban.management_event) e
  JOIN kidoban.event_log l ON l.id = e.log
  JOIN kidoban.controller c ON c.id = l.controller_id
  LEFT JOIN kidoban.gate g ON g.id = e.gate
  LEFT JOIN kidoban.cred d ON d.id = e.cred AND e.cred <> 0
"""


def stored(site):
    """Every event of a controller that the database has."""
    events = []
    for serial, log, seq, t_ms, kind, door, reader, credential, card, raised, details in site.sql(STORED):
        fields = json.loads(details) if details else {}
        events.append(Event(serial, log, int(seq), int(t_ms), int(kind), int(door), int(reader), int(credential), card,
                            raised, fields.get("command", "").replace("-", ""), fields.get("text", ""), fields))
    return events


class Difference:
    """What compare() found. Empty lists are what is wished."""

    def __init__(self):
        self.lost, self.doubled, self.invented, self.different = [], [], [], []
        self.events = 0

    def __bool__(self):
        return bool(self.lost or self.doubled or self.invented or self.different)

    def __str__(self):
        lines = [f"{self.events} events in the ledger; lost {len(self.lost)}, doubled {len(self.doubled)},"
                 f" not in the ledger {len(self.invented)}, different {len(self.different)}"]
        for name in ("lost", "doubled", "invented", "different"):
            lines += [f"  {name}: {item}" for item in getattr(self, name)[:5]]
        return "\n".join(lines)


def key(event):
    return event.serial, event.log, event.seq


def mismatch(made, kept):
    """Names of the fields in which a stored event is not what the controller made."""
    names = [name for name in ("t_ms", "kind", "door", "reader") if getattr(made, name) != getattr(kept, name)]
    if made.credential != (kept.credential or kept.details.get("credential", 0)):
        names.append("credential")
    # A known card is in the dictionary under its credential; the number of an unknown one is kept in the details.
    card = kept.card or kept.details.get("card", "")
    if made.card and made.card != card:
        names.append("card")
    if 200 < made.kind < 300 and made.raised != kept.raised:
        names.append("raised")
    names += [name for name in ("command", "text") if getattr(made, name) != getattr(kept, name)]
    return names


def is_gap(event):
    """The server's own record of what a controller overwrote; it stands in the controller's log at the last lost number."""
    return event.kind == OVERFLOW and "from" in event.details


def compare(made, kept, overwritten=()):
    """made: the ledger's events; kept: the database's; overwritten: keys that were lost on the controller itself."""
    result = Difference()
    result.events = len(made)
    overwritten = set(overwritten)
    wanted = {key(event): event for event in made}
    kept = [event for event in kept if not (is_gap(event) and key(event) in overwritten)]
    counts = collections.Counter(key(event) for event in kept)
    result.doubled = [(name, count) for name, count in counts.items() if count > 1]
    for event in kept:
        original = wanted.get(key(event))
        if original is None:
            result.invented.append(event)
            continue
        names = mismatch(original, event)
        if names:
            result.different.append((names, original, event))
    result.lost = [event for name, event in wanted.items() if name not in counts and name not in overwritten]
    return result
