-- Deploy kidoban:work to pg
-- Who talks to which controller, what controllers hold, and work that waits for its time.

BEGIN;
SET LOCAL ROLE kidoban_owner;
SET LOCAL search_path = kidoban;

CREATE TABLE poller (
  id         int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 128),
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  heartbeat  timestamptz NOT NULL DEFAULT clock_timestamp(),
  stopped_at timestamptz,
  slots      int4 NOT NULL DEFAULT 0
);
COMMENT ON COLUMN poller.slots IS 'how many slots it last asked for: others leave it its fair part of them';
COMMENT ON TABLE poller IS 'One row for each run of a gate-poller';

CREATE TABLE poller_counter (
  poller_id int4 NOT NULL REFERENCES poller ON DELETE CASCADE,
  name      text NOT NULL,
  value     int8 NOT NULL,
  PRIMARY KEY (poller_id, name)
);

CREATE TABLE controller_lease (
  controller_id int4 PRIMARY KEY,
  poller_id     int4 REFERENCES poller ON DELETE SET NULL,
  token         int8 NOT NULL DEFAULT 0,
  expires_at    timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 50);
COMMENT ON COLUMN controller_lease.token IS 'changes whenever another poller takes over: what still carries the old one is refused';

CREATE TABLE slot (
  n          int2 PRIMARY KEY,
  poller_id  int4 REFERENCES poller ON DELETE SET NULL,
  expires_at timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 50);
COMMENT ON TABLE slot IS 'L-20: one row for each controller that may be talked to at the same time, leased to pollers';
INSERT INTO slot SELECT generate_series(1, 50);

CREATE TABLE controller_key (
  controller_id int4 NOT NULL,
  epoch         int4 NOT NULL CHECK (epoch > 0),
  wrapped       bytea NOT NULL,
  state         text NOT NULL CHECK (state IN ('staged', 'active', 'retired')),
  created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (controller_id, epoch)
);
COMMENT ON TABLE controller_key IS 'Keys wrapped by the master key outside the database. No active key: the controller enrols by the password (epoch 0)';
CREATE UNIQUE INDEX controller_key_active ON controller_key (controller_id) WHERE state = 'active';

CREATE TABLE site_secret (
  name       text PRIMARY KEY,
  wrapped    bytea NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE controller_stream (
  controller_id      int4 NOT NULL,
  stream             int2 NOT NULL CHECK (stream BETWEEN 1 AND 7),
  confirmed_revision int8 NOT NULL,
  confirmed_at       timestamptz NOT NULL,
  digest             bytea,
  PRIMARY KEY (controller_id, stream)
);
COMMENT ON TABLE controller_stream IS 'The revision of each stream that a controller has confirmed; no row: it holds nothing of it';

CREATE TABLE controller_stream_history (
  controller_id int4 NOT NULL,
  stream        int2 NOT NULL,
  revision      int8 NOT NULL,
  from_t        timestamptz NOT NULL,
  to_t          timestamptz NOT NULL
);
COMMENT ON TABLE controller_stream_history IS 'What a controller held before: revision, from when, until when';
CREATE INDEX controller_stream_history_at ON controller_stream_history (controller_id, stream, to_t);

CREATE TABLE job (
  id            int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind          text NOT NULL CHECK (length(kind) BETWEEN 1 AND 32),
  state         text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'failed', 'stopped')),
  controller_id int4,
  stream        int2,
  payload       jsonb NOT NULL DEFAULT '{}',
  progress      int8 NOT NULL DEFAULT 0,
  total         int8 NOT NULL DEFAULT 0,
  attempts      int4 NOT NULL DEFAULT 0,
  next_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  token         int8 NOT NULL DEFAULT 0,
  expires_at    timestamptz,
  reason        text NOT NULL DEFAULT '',
  created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at   timestamptz,
  created_by    int4
);
CREATE INDEX job_waiting ON job (next_at, id) WHERE state IN ('queued', 'running');
-- One waiting piece of work of a kind for a controller's stream: asking twice changes nothing.
CREATE UNIQUE INDEX job_once ON job (kind, coalesce(controller_id, 0), coalesce(stream, 0)) WHERE state IN ('queued', 'running');
CREATE INDEX job_created ON job (created_at);

CREATE TABLE timetable (
  id       int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name     text NOT NULL UNIQUE,
  at       time NOT NULL,
  job_kind text NOT NULL,
  enabled  bool NOT NULL DEFAULT true,
  last_run date
);
COMMENT ON TABLE timetable IS 'What is done each day at a time of the site''s time zone';
COMMENT ON COLUMN timetable.last_run IS 'the local day for which it was last done';
INSERT INTO timetable (name, at, job_kind) VALUES
  ('clock morning', '02:20', 'clock'), ('clock day', '10:20', 'clock'), ('clock evening', '18:20', 'clock'),
  ('calendar night', '00:12', 'calendar_transfer'), ('calendar evening', '22:10', 'calendar_transfer'),
  ('permits', '03:00', 'permit_transfer');

CREATE TABLE health (
  name   text PRIMARY KEY,
  status text NOT NULL CHECK (status IN ('ok', 'degraded', 'failed')),
  detail text NOT NULL DEFAULT '',
  at     timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE health IS 'What the keeper last found about each part';

-- A controller or gate has its live rows from its creation until its deletion.
CREATE FUNCTION controller_companions() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  INSERT INTO controller_state (controller_id) SELECT id FROM new_rows ON CONFLICT DO NOTHING;
  INSERT INTO controller_lease (controller_id) SELECT id FROM new_rows ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER c_companions AFTER INSERT ON controller REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION controller_companions();

CREATE FUNCTION controller_gone() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  DELETE FROM controller_lease WHERE controller_id IN (SELECT id FROM old_rows);
  DELETE FROM controller_state WHERE controller_id IN (SELECT id FROM old_rows);
  DELETE FROM controller_stream WHERE controller_id IN (SELECT id FROM old_rows);
  DELETE FROM controller_key WHERE controller_id IN (SELECT id FROM old_rows);
  DELETE FROM job WHERE controller_id IN (SELECT id FROM old_rows) AND state IN ('queued', 'running');
  RETURN NULL;
END $$;
CREATE TRIGGER c_gone AFTER DELETE ON controller REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION controller_gone();

CREATE FUNCTION gate_companions() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  INSERT INTO gate_state (gate_id) SELECT id FROM new_rows ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER c_companions AFTER INSERT ON gate REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION gate_companions();

CREATE FUNCTION gate_gone() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = kidoban, pg_temp AS $$
BEGIN
  DELETE FROM gate_state WHERE gate_id IN (SELECT id FROM old_rows);
  UPDATE command SET outcome = 6, reason = 'the gate was deleted', finished_at = clock_timestamp()
   WHERE gate_id IN (SELECT id FROM old_rows) AND finished_at IS NULL;
  UPDATE alarm SET cleared_at = clock_timestamp()
   WHERE gate_id IN (SELECT id FROM old_rows) AND cleared_at IS NULL AND NOT momentary;
  RETURN NULL;
END $$;
CREATE TRIGGER c_gone AFTER DELETE ON gate REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION gate_gone();

ALTER TABLE site_secret ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE controller_key ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE controller_stream ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE controller_stream_history ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE job ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

COMMIT;
