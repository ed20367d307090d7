-- Deploy kidoban:history to pg
-- Events as narrow rows in partitions by UTC time, and the dictionaries that say what was true then (H-6).

BEGIN;
SET LOCAL ROLE kidoban_owner;
SET LOCAL search_path = kidoban;

CREATE TABLE event_log (
  id            int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  controller_id int4,
  log           bytea NOT NULL CHECK (length(log) = 16),
  created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  mark          int4 NOT NULL DEFAULT 0 CHECK (mark >= 0),
  UNIQUE NULLS NOT DISTINCT (controller_id, log)
);
COMMENT ON TABLE event_log IS 'One row for each event store a controller ever had; mark is the last sequence number committed here';
COMMENT ON COLUMN event_log.controller_id IS 'null: the server''s own log, of which there is one';
CREATE UNIQUE INDEX event_log_server ON event_log ((true)) WHERE controller_id IS NULL;
-- The server draws its log's name at random like a controller does.
INSERT INTO event_log (log) VALUES (decode(replace(gen_random_uuid()::text, '-', ''), 'hex'));

CREATE TABLE cred (
  id              int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  credential_id   int4 NOT NULL,
  cardholder_id   int4 NOT NULL,
  department_id   int4 NOT NULL,
  card_number     text NOT NULL,
  employee_number text NOT NULL,
  name            text NOT NULL,
  kana            text NOT NULL,
  since           timestamptz NOT NULL
);
COMMENT ON TABLE cred IS 'Who held a card under which name, from when; written with each change set, never updated';
CREATE UNIQUE INDEX cred_credential ON cred (credential_id, since);
CREATE INDEX cred_cardholder ON cred (cardholder_id);
CREATE INDEX cred_card ON cred (card_number, since);

CREATE TABLE dept (
  id            int2 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  department_id int4 NOT NULL,
  name          text NOT NULL,
  since         timestamptz NOT NULL
);
COMMENT ON TABLE dept IS 'A department under one name, from when; written with each change set, never updated';
CREATE UNIQUE INDEX dept_department ON dept (department_id, since);

-- No nullable column, so a row carries no null bitmap; widest first, so it carries no padding. 56 bytes with '' details.
CREATE TABLE access_event (
  t       timestamptz NOT NULL,
  bucket  int4 NOT NULL,
  log     int4 NOT NULL,
  seq     int4 NOT NULL,
  cred    int4 NOT NULL,
  gate    int2 NOT NULL,
  kind    int2 NOT NULL,
  dept    int2 NOT NULL,
  details text NOT NULL
) PARTITION BY RANGE (t);
COMMENT ON TABLE access_event IS 'Access history (H-1), one partition a UTC day. Key (log, seq), kept by event_log.mark and no index';
COMMENT ON COLUMN access_event.bucket IS 'seconds since 1970 / 900: the time column of the indexes, which it lets deduplicate';
COMMENT ON COLUMN access_event.cred IS 'cred.id, 0: no known card';
COMMENT ON COLUMN access_event.gate IS 'gate.id, 0: the controller itself';
COMMENT ON COLUMN access_event.kind IS 'event code * 4 + reader side';
COMMENT ON COLUMN access_event.dept IS 'dept.id, 0: none';
COMMENT ON COLUMN access_event.details IS 'JSON object, or empty';

CREATE TABLE alarm_event (
  t          timestamptz NOT NULL,
  bucket     int4 NOT NULL,
  log        int4 NOT NULL,
  seq        int4 NOT NULL,
  cred       int4 NOT NULL,
  controller int4 NOT NULL,
  gate       int2 NOT NULL,
  kind       int2 NOT NULL,
  dept       int2 NOT NULL,
  raised     bool NOT NULL,
  details    text NOT NULL
) PARTITION BY RANGE (t);
COMMENT ON TABLE alarm_event IS 'Alarm history (H-2), one partition a UTC month';

CREATE TABLE operation_event (
  t        timestamptz NOT NULL,
  bucket   int4 NOT NULL,
  log      int4 NOT NULL,
  seq      int4 NOT NULL,
  cred     int4 NOT NULL,
  operator int4 NOT NULL,
  gate     int2 NOT NULL,
  kind     int2 NOT NULL,
  dept     int2 NOT NULL,
  details  text NOT NULL
) PARTITION BY RANGE (t);
COMMENT ON TABLE operation_event IS 'Gate operation, operation history (H-3), one partition a UTC month';
COMMENT ON COLUMN operation_event.operator IS 'operator.id when done from the server, else 0';

CREATE TABLE management_event (
  t       timestamptz NOT NULL,
  bucket  int4 NOT NULL,
  log     int4 NOT NULL,
  seq     int4 NOT NULL,
  cred    int4 NOT NULL,
  gate    int2 NOT NULL,
  kind    int2 NOT NULL,
  dept    int2 NOT NULL,
  details text NOT NULL
) PARTITION BY RANGE (t);
COMMENT ON TABLE management_event IS 'Gate operation, management history (H-4), one partition a UTC month';

-- Each index repeats few distinct keys, so that deduplication stores little more than the row pointers. With the bucket
-- first an index grows at its end only, where pages fill; with it last (gate, bucket) they split half full: 12 bytes a row
-- instead of 7 at the rated load. A gate is then found by asking bucket after bucket, newest first.
CREATE INDEX access_event_gate ON access_event (bucket, gate);
CREATE INDEX access_event_cred ON access_event (cred);
CREATE INDEX access_event_dept ON access_event (bucket, dept);
-- Nearly all access events are plain entries and exits (kind 404-411): the rest is what people search for by kind.
CREATE INDEX access_event_rare ON access_event (kind, bucket) WHERE kind >= 412;
CREATE INDEX alarm_event_time ON alarm_event (bucket);
CREATE INDEX alarm_event_gate ON alarm_event (gate, bucket);
CREATE INDEX alarm_event_cred ON alarm_event (cred) WHERE cred <> 0;
CREATE INDEX alarm_event_kind ON alarm_event (kind, bucket);
CREATE INDEX operation_event_time ON operation_event (bucket);
CREATE INDEX operation_event_gate ON operation_event (gate, bucket);
CREATE INDEX operation_event_cred ON operation_event (cred) WHERE cred <> 0;
CREATE INDEX operation_event_kind ON operation_event (kind, bucket);
CREATE INDEX management_event_time ON management_event (bucket);
CREATE INDEX management_event_gate ON management_event (gate, bucket);
CREATE INDEX management_event_cred ON management_event (cred) WHERE cred <> 0;
CREATE INDEX management_event_kind ON management_event (kind, bucket);

CREATE TABLE event_category (
  category    int2 PRIMARY KEY,
  name        text NOT NULL UNIQUE,
  parent      text NOT NULL UNIQUE,
  span        text NOT NULL CHECK (span IN ('day', 'month'))
);
COMMENT ON TABLE event_category IS 'The four kinds of history: hundreds of an event code, name, table, and how long a partition is';
INSERT INTO event_category VALUES (1, 'access', 'access_event', 'day'), (2, 'alarm', 'alarm_event', 'month'),
  (3, 'operation', 'operation_event', 'month'), (4, 'management', 'management_event', 'month');

CREATE TABLE history_part (
  name     text PRIMARY KEY,
  parent   text NOT NULL REFERENCES event_category (parent),
  from_t   timestamptz NOT NULL,
  to_t     timestamptz NOT NULL,
  detached bool NOT NULL DEFAULT false,
  UNIQUE (parent, from_t)
);
COMMENT ON TABLE history_part IS 'Partitions that exist, for walking them without the catalogue';

CREATE TABLE event_quarantine (
  log         int4 NOT NULL REFERENCES event_log,
  seq         int4 NOT NULL,
  received_at timestamptz NOT NULL,
  kind        int2 NOT NULL,
  detail      text NOT NULL,
  PRIMARY KEY (log, seq)
);
COMMENT ON TABLE event_quarantine IS 'Events nobody could make sense of: kept aside and acknowledged, so that they block nothing';

-- What the steps of an ingest hand to each other. A run: events mark + 1 … last of a log are stored, those before oldest are gone.
CREATE TYPE ingest_run AS (controller int4, log int4, mark int4, oldest int4, last int4);
CREATE TYPE ingest_row AS (category int2, t timestamptz, log int4, seq int4, cred int4, controller int4, operator int4,
                           gate int2, kind int2, dept int2, raised bool, details text);

ALTER TABLE event_quarantine ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE access_event ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE alarm_event ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE operation_event ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE management_event ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE cred ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE dept ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE event_log ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

RESET ROLE;
ALTER TABLE access_event OWNER TO kidoban_partition;
ALTER TABLE alarm_event OWNER TO kidoban_partition;
ALTER TABLE operation_event OWNER TO kidoban_partition;
ALTER TABLE management_event OWNER TO kidoban_partition;
ALTER TABLE history_part OWNER TO kidoban_partition;
GRANT SELECT ON event_category TO kidoban_partition;

COMMIT;
