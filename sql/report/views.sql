-- Views for reporting tools (H-8): stable names, plain columns, one timestamp in each event view, no card numbers, PINs or
-- biometrics. They show the whole site: who may read them is the site's business, by the role kidoban_report.
-- Replaced at each upgrade; columns are only ever added, at the end.
SET LOCAL search_path = kidoban, pg_temp;

CREATE OR REPLACE VIEW report.management_group AS
SELECT m.id AS management_group_id, m.name FROM management_group m;

CREATE OR REPLACE VIEW report.department AS
SELECT d.id AS department_id, d.parent_id AS parent_department_id, d.code, d.name FROM department d;

CREATE OR REPLACE VIEW report.gate AS
SELECT g.id AS gate_id, g.name, g.building, g.place, g.management_group_id, m.name AS management_group, c.name AS controller,
       g.deleted
  FROM (SELECT id, name, building, place, management_group_id, controller_id, false AS deleted FROM gate
        UNION ALL
        SELECT p.id, p.name, p.building, p.place, p.management_group_id, p.controller_id, true
          FROM gate_past p
         WHERE NOT EXISTS (SELECT FROM gate g WHERE g.id = p.id)
           AND NOT EXISTS (SELECT FROM gate_past q WHERE q.id = p.id AND q.to_cs > p.to_cs)) g
  LEFT JOIN management_group m ON m.id = g.management_group_id
  LEFT JOIN controller c ON c.id = g.controller_id;

CREATE OR REPLACE VIEW report.cardholder AS
SELECT c.id AS cardholder_id, c.employee_number, c.name, c.kana, c.department_id, d.name AS department,
       c.valid_from, c.valid_to, c.enabled, c.lost
  FROM cardholder c JOIN department d ON d.id = c.department_id;

CREATE OR REPLACE VIEW report.gate_state AS
SELECT s.gate_id, g.name AS gate, s.seen_at,
       l.code AS lock, l.ja AS lock_ja, l.en AS lock_en, a.code AS arm, a.ja AS arm_ja, a.en AS arm_en,
       d.code AS door, d.ja AS door_ja, d.en AS door_en
  FROM gate_state s
  JOIN gate g ON g.id = s.gate_id
  LEFT JOIN code l ON l.class = 'lock_state' AND l.number = s.lock_state
  LEFT JOIN code a ON a.class = 'arm_state' AND a.number = s.arm_state
  LEFT JOIN code d ON d.class = 'door_state' AND d.number = s.door_state;

CREATE OR REPLACE VIEW report.access_event AS
SELECT e.t AS occurred_at, k.code AS kind, k.ja AS kind_ja, k.en AS kind_en, r.code AS reader, r.ja AS reader_ja, r.en AS reader_en,
       nullif(e.gate, 0)::int4 AS gate_id, g.name AS gate, g.building, g.management_group,
       p.cardholder_id, p.employee_number, p.name, p.kana, d.department_id, d.name AS department,
       e.log AS event_log_id, e.seq AS sequence_number
  FROM access_event e
  LEFT JOIN code k ON k.class = 'event' AND k.number = e.kind / 4
  LEFT JOIN code r ON r.class = 'reader_side' AND r.number = e.kind % 4
  LEFT JOIN report.gate g ON g.gate_id = e.gate
  LEFT JOIN cred p ON p.id = e.cred
  LEFT JOIN dept d ON d.id = e.dept;

CREATE OR REPLACE VIEW report.alarm_event AS
SELECT e.t AS occurred_at, k.code AS kind, k.ja AS kind_ja, k.en AS kind_en, e.raised,
       nullif(e.gate, 0)::int4 AS gate_id, g.name AS gate, g.building, g.management_group,
       e.controller AS controller_id, c.name AS controller,
       p.cardholder_id, p.employee_number, p.name, e.log AS event_log_id, e.seq AS sequence_number
  FROM alarm_event e
  LEFT JOIN code k ON k.class = 'event' AND k.number = e.kind / 4
  LEFT JOIN report.gate g ON g.gate_id = e.gate
  LEFT JOIN controller c ON c.id = e.controller
  LEFT JOIN cred p ON p.id = e.cred;

CREATE OR REPLACE VIEW report.operation_event AS
SELECT e.t AS occurred_at, k.code AS kind, k.ja AS kind_ja, k.en AS kind_en, r.code AS reader, r.ja AS reader_ja, r.en AS reader_en,
       nullif(e.gate, 0)::int4 AS gate_id, g.name AS gate, g.building, g.management_group,
       nullif(e.operator, 0) AS operator_id, o.name AS operator, p.cardholder_id, p.employee_number, p.name,
       e.log AS event_log_id, e.seq AS sequence_number
  FROM operation_event e
  LEFT JOIN code k ON k.class = 'event' AND k.number = e.kind / 4
  LEFT JOIN code r ON r.class = 'reader_side' AND r.number = e.kind % 4
  LEFT JOIN report.gate g ON g.gate_id = e.gate
  LEFT JOIN operator o ON o.id = e.operator
  LEFT JOIN cred p ON p.id = e.cred;

CREATE OR REPLACE VIEW report.management_event AS
SELECT e.t AS occurred_at, k.code AS kind, k.ja AS kind_ja, k.en AS kind_en,
       nullif(e.gate, 0)::int4 AS gate_id, g.name AS gate, g.building, g.management_group,
       e.log AS event_log_id, e.seq AS sequence_number
  FROM management_event e
  LEFT JOIN code k ON k.class = 'event' AND k.number = e.kind / 4
  LEFT JOIN report.gate g ON g.gate_id = e.gate;

CREATE OR REPLACE VIEW report.alarm AS
SELECT a.id AS alarm_id, k.code AS kind, k.ja AS kind_ja, k.en AS kind_en, a.gate_id, g.name AS gate, g.management_group,
       c.name AS controller, a.raised_at, a.cleared_at, a.acknowledged_at, o.name AS acknowledged_by, a.comment
  FROM alarm a
  LEFT JOIN code k ON k.class = 'event' AND k.number = a.kind
  LEFT JOIN report.gate g ON g.gate_id = a.gate_id
  LEFT JOIN controller c ON c.id = a.controller_id
  LEFT JOIN operator o ON o.id = a.acknowledged_by;

CREATE OR REPLACE VIEW report.exposure AS
SELECT e.cardholder_id, c.employee_number, c.name, e.gate_id, g.name AS gate, g.building, g.management_group, e.state, e.reason,
       e.held_revision, s.confirmed_at AS held_since
  FROM kidoban.exposed_people() e
  LEFT JOIN report.gate g ON g.gate_id = e.gate_id
  LEFT JOIN LATERAL (SELECT v.employee_number, v.name FROM cardholder_version v WHERE v.id = e.cardholder_id
                      ORDER BY v.from_cs DESC LIMIT 1) c ON true
  LEFT JOIN controller_stream s ON s.controller_id = e.controller_id AND s.stream = 1;

CREATE OR REPLACE VIEW report.gate_permits AS
SELECT g.id AS gate_id, g.name AS gate, p.confirmed_revision AS held_revision, p.confirmed_at AS held_since,
       r.confirmed_revision AS deny_list_revision, r.confirmed_at AS deny_list_since,
       (SELECT max(revision) FROM change_set) AS newest_revision
  FROM kidoban.gate g
  LEFT JOIN controller_stream p ON p.controller_id = g.controller_id AND p.stream = 1
  LEFT JOIN controller_stream r ON r.controller_id = g.controller_id AND r.stream = 2;

GRANT SELECT ON ALL TABLES IN SCHEMA report TO kidoban_report;
