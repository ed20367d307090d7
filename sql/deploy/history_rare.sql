-- Deploy kidoban:history_rare to pg
-- Refusals of one gate or department: found without looking at its entries and exits, which are nearly all it has.

BEGIN;
SET LOCAL ROLE kidoban_owner;
SET LOCAL search_path = kidoban;

CREATE INDEX access_event_rare_gate ON access_event (gate, kind, bucket) WHERE kind >= 412;
CREATE INDEX access_event_rare_dept ON access_event (dept, kind, bucket) WHERE kind >= 412;

COMMIT;
