-- Deploy kidoban:live to pg
-- What gates are and do right now: state, alarms, commands, and the batches that tell browsers about it.

BEGIN;
SET LOCAL ROLE kidoban_owner;
SET LOCAL search_path = kidoban;

CREATE TABLE gate_state (
  gate_id           int4 PRIMARY KEY,
  lock_state        int2 NOT NULL DEFAULT 0,
  arm_state         int2 NOT NULL DEFAULT 0,
  door_state        int2 NOT NULL DEFAULT 0,
  verification_mode int2 NOT NULL DEFAULT 0,
  unlock_mode       int2 NOT NULL DEFAULT 0,
  alarms            int4 NOT NULL DEFAULT 0,
  seen_at           timestamptz,
  changed_at        timestamptz,
  batch             int8 NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
COMMENT ON TABLE gate_state IS 'Latest state of a gate, codes as in code; a row exists from the gate''s creation on';
COMMENT ON COLUMN gate_state.alarms IS 'bit n: alarm kind 201 + n is on';
CREATE INDEX gate_state_batch ON gate_state (batch);

CREATE TABLE controller_state (
  controller_id   int4 PRIMARY KEY,
  communication   int2 NOT NULL DEFAULT 1,
  since           timestamptz NOT NULL DEFAULT clock_timestamp(),
  last_seen_at    timestamptz,
  boot_id         int8,
  firmware        text,
  model           text,
  clock_offset_ms int4,
  log_id          int4,
  newest_seq      int4,
  rtt_ms          int4,
  reason          text NOT NULL DEFAULT '',
  batch           int8 NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
COMMENT ON COLUMN controller_state.log_id IS 'the event store the controller now has; its mark is in event_log';

CREATE TABLE alarm (
  id              int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  gate_id         int4,
  controller_id   int4 NOT NULL,
  kind            int2 NOT NULL CHECK (kind BETWEEN 201 AND 299),
  momentary       bool NOT NULL,
  raised_at       timestamptz NOT NULL,
  cleared_at      timestamptz,
  acknowledged_at timestamptz,
  acknowledged_by int4 REFERENCES operator ON DELETE SET NULL,
  comment         text NOT NULL DEFAULT '' CHECK (length(comment) <= 1000),
  cred            int4 NOT NULL DEFAULT 0,
  log             int4 NOT NULL,
  seq             int4 NOT NULL,
  batch           int8 NOT NULL DEFAULT 0
);
COMMENT ON TABLE alarm IS 'Alarms that are on or not acknowledged, and those of recent time; the whole past is alarm_event';
COMMENT ON COLUMN alarm.momentary IS 'never cleared by the controller (a lost card used): open until acknowledged';
COMMENT ON COLUMN alarm.gate_id IS 'null: the controller as a whole';
CREATE INDEX alarm_raised ON alarm (raised_at, id);
CREATE INDEX alarm_gate ON alarm (gate_id, raised_at);
CREATE INDEX alarm_batch ON alarm (batch);
CREATE INDEX alarm_open ON alarm (raised_at, id)
  WHERE acknowledged_at IS NULL OR (cleared_at IS NULL AND NOT momentary);
CREATE UNIQUE INDEX alarm_on ON alarm (controller_id, coalesce(gate_id, 0), kind) WHERE cleared_at IS NULL AND NOT momentary;

CREATE TABLE command_request (
  id              int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  operator_id     int4 NOT NULL,
  kind            text NOT NULL CHECK (kind IN ('command', 'lockdown')),
  command         int2 NOT NULL,
  value           int2 NOT NULL DEFAULT 0,
  comment         text NOT NULL DEFAULT '' CHECK (length(comment) <= 1000),
  idempotency_key text CHECK (length(idempotency_key) BETWEEN 1 AND 128),
  at              timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (operator_id, idempotency_key)
);
CREATE INDEX command_request_at ON command_request (at);

CREATE TABLE command (
  id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  request_id    int8 NOT NULL REFERENCES command_request ON DELETE CASCADE,
  gate_id       int4 NOT NULL,
  controller_id int4 NOT NULL,
  door          int2 NOT NULL,
  command       int2 NOT NULL,
  value         int2 NOT NULL DEFAULT 0,
  operator_id   int4 NOT NULL,
  queued_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at    timestamptz NOT NULL,
  sent_at       timestamptz,
  finished_at   timestamptz,
  outcome       int2 NOT NULL DEFAULT 1,
  reason        text NOT NULL DEFAULT '',
  batch         int8 NOT NULL DEFAULT 0
);
CREATE INDEX command_request_id ON command (request_id);
CREATE INDEX command_batch ON command (batch);
CREATE INDEX command_waiting ON command (controller_id, queued_at) WHERE outcome = 1;
CREATE INDEX command_unfinished ON command (expires_at) WHERE finished_at IS NULL;

CREATE TABLE live_batch (
  id        int8 PRIMARY KEY,
  at        timestamptz NOT NULL DEFAULT clock_timestamp(),
  kind      text NOT NULL CHECK (kind IN ('events', 'state', 'alarm', 'acknowledge', 'command')),
  skipped   int4 NOT NULL DEFAULT 0,
  e_category int2[],
  e_t       timestamptz[],
  e_log     int4[],
  e_seq     int4[],
  e_cred    int4[],
  e_who     int4[],
  e_gate    int2[],
  e_kind    int2[],
  e_dept    int2[],
  e_raised  bool[],
  e_details text[]
);
COMMENT ON TABLE live_batch IS 'What browsers were told, in commit order, kept for an hour: rows of history in arrays, so that telling needs no search of the history';
COMMENT ON COLUMN live_batch.skipped IS 'events of a long backlog that are only in the history';
COMMENT ON COLUMN live_batch.e_who IS 'alarm events: the controller; operation events: the operator';
CREATE INDEX live_batch_at ON live_batch (at);
CREATE SEQUENCE live_batch_seq AS int8;

ALTER TABLE gate_state ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE controller_state ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE alarm ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE command_request ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE command ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE live_batch ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

COMMIT;
