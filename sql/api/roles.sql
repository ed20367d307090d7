-- Settings of the program roles in this database. Replaced at each upgrade.

RESET ROLE;
DO $$
DECLARE
  r name;
BEGIN
  FOR r IN SELECT rolname FROM pg_roles WHERE rolname LIKE 'kidoban\_%' AND rolcanlogin LOOP
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET search_path = %s', r, current_database(),
                   CASE r WHEN 'kidoban_report' THEN 'report' ELSE 'api, kidoban' END);
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET timezone = %L', r, current_database(), 'UTC');
    -- Statements here are short; compiling them takes longer than running them.
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET jit = off', r, current_database());
    -- Named statements are planned once: their plans do not depend on the values, and planning under policies is dear.
    -- What does depend on them, pages of history, is built with literals and never kept.
    IF pg_has_role(r, 'kidoban_web', 'MEMBER') OR r IN ('kidoban_live') THEN
      EXECUTE format('ALTER ROLE %I IN DATABASE %I SET plan_cache_mode = force_generic_plan', r, current_database());
    END IF;
  END LOOP;
END $$;
SET LOCAL ROLE kidoban_owner;
