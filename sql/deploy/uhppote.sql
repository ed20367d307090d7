-- Deploy kidoban:uhppote to pg
-- Boards that anyone can buy: what only the server knows of them, what they said of themselves, and the search for new ones.

BEGIN;
SET LOCAL ROLE kidoban_owner;
SET LOCAL search_path = kidoban;

ALTER TABLE event_log ADD COLUMN tail bytea CHECK (length(tail) = 16);
COMMENT ON COLUMN event_log.tail IS 'what event `mark` looks like, of controllers that do not name their logs: another one there is another log';

INSERT INTO setting (name, value) VALUES ('uhppote_cards', '20000');

CREATE TABLE uhppote_board (
  controller_id        int4 PRIMARY KEY,
  take_listener        bool NOT NULL DEFAULT false,
  door_events          bool NOT NULL DEFAULT true,
  listener             text NOT NULL DEFAULT '',
  listener_ours        bool NOT NULL DEFAULT false,
  listener_replaced    text NOT NULL DEFAULT '',
  listener_replaced_at timestamptz,
  delays               int2[] NOT NULL DEFAULT '{0,0,0,0}' CHECK (cardinality(delays) = 4),
  mac                  text NOT NULL DEFAULT '',
  firmware_date        date,
  cards                int4,
  drift                int4,
  checked_at           timestamptz
);
COMMENT ON TABLE uhppote_board IS 'One row for each UHPPOTE board: what it is to be told, and what it said of itself';
COMMENT ON COLUMN uhppote_board.take_listener IS 'an administrator allowed to take its one listener from whoever has it';
COMMENT ON COLUMN uhppote_board.listener IS 'whom it pushes its events to; empty: not read yet';
COMMENT ON COLUMN uhppote_board.listener_replaced IS 'whom it pushed to before we took it';
COMMENT ON COLUMN uhppote_board.delays IS 'seconds that each door''s lock is released; 0: not known';
COMMENT ON COLUMN uhppote_board.drift IS 'cards that were otherwise than confirmed when its list was last read back; they were put right';
ALTER TABLE uhppote_board ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE TABLE uhppote_search (
  id          int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  network     inet NOT NULL CHECK (family(network) = 4 AND masklen(network) >= 22),
  port        int4 NOT NULL DEFAULT 60000 CHECK (port BETWEEN 1 AND 65535),
  asked_by    int4,
  asked_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  started_at  timestamptz,
  finished_at timestamptz,
  reason      text NOT NULL DEFAULT ''
);
COMMENT ON TABLE uhppote_search IS 'Searches for boards that answer on a network; kept for a day';
ALTER TABLE uhppote_search ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE TABLE uhppote_found (
  search_id     int4 NOT NULL REFERENCES uhppote_search ON DELETE CASCADE,
  serial        text NOT NULL,
  address       inet NOT NULL,
  port          int4 NOT NULL,
  netmask       inet,
  gateway       inet,
  mac           text NOT NULL,
  firmware      text NOT NULL,
  firmware_date date,
  PRIMARY KEY (search_id, serial, address)
);
ALTER TABLE uhppote_found ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE FUNCTION uhppote_companions() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  INSERT INTO uhppote_board (controller_id) SELECT id FROM new_rows WHERE driver = 'uhppote' ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER d_uhppote AFTER INSERT ON controller REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION uhppote_companions();

CREATE FUNCTION uhppote_gone() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  DELETE FROM uhppote_board WHERE controller_id IN (SELECT id FROM old_rows);
  RETURN NULL;
END $$;
CREATE TRIGGER d_uhppote_gone AFTER DELETE ON controller REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION uhppote_gone();
INSERT INTO uhppote_board (controller_id) SELECT id FROM controller WHERE driver = 'uhppote';

COMMIT;
