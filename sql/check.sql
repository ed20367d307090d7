-- What kidoban-db check looks at besides the migrations' own checks: one line for each, "ok" or "not ok".
WITH c(good, what) AS (
  VALUES
    (current_setting('server_encoding') = 'UTF8', 'the database is UTF-8'),
    ((SELECT datcollate IN ('C.UTF-8', 'C.utf8', 'C') FROM pg_database WHERE datname = current_database()),
     'the database sorts by code point (C.UTF-8)'),
    (current_setting('fsync')::bool AND current_setting('full_page_writes')::bool,
     'fsync and full_page_writes are on: what is acknowledged is on the disk'),
    ((SELECT coalesce(bool_and(setting <> 'off'), true) FROM pg_settings WHERE name = 'synchronous_commit'),
     'synchronous_commit is on: controllers may forget what was committed'),
    (current_setting('max_connections')::int >= 60, 'max_connections is at least 60'),
    (current_setting('enable_partition_pruning')::bool, 'enable_partition_pruning is on'),
    (NOT EXISTS (SELECT FROM pg_roles WHERE rolname LIKE 'kidoban\_%' AND (rolsuper OR rolbypassrls)),
     'no role of Kidoban is a superuser or bypasses row-level security'),
    (NOT EXISTS (SELECT FROM pg_class c WHERE relnamespace = 'kidoban'::regnamespace AND relrowsecurity AND NOT relforcerowsecurity),
     'row-level security binds the owner as well'),
    (EXISTS (SELECT FROM kidoban.history_part WHERE parent = 'access_event' AND from_t > now()),
     'tomorrow''s partition is there: the keeper is at work'),
    (EXISTS (SELECT FROM pg_timezone_names WHERE name = (SELECT value FROM kidoban.setting WHERE name = 'time_zone')),
     'the site''s time zone is known'),
    (EXISTS (SELECT FROM kidoban.operator o WHERE o.role = 'system' AND NOT o.disabled AND (o.password_hash IS NOT NULL OR o.remote_user IS NOT NULL)),
     'there is a system administrator who can log in (kidoban-operator recover)'),
    ((SELECT count(*) > 0 FROM kidoban.code), 'the coded words have their labels')
)
SELECT CASE WHEN good THEN 'ok: ' ELSE 'not ok: ' END || what FROM c ORDER BY good, what;
