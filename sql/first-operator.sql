-- The first operator of a site: :name from the caller, the crypt(3) hash on standard input, so that no process list shows it.
CREATE TEMP TABLE given (hash text NOT NULL);
\copy given FROM pstdin
INSERT INTO kidoban.operator (name, role, password_hash, all_management_groups, all_departments)
SELECT :'name', 'system', hash, true, true FROM given
RETURNING 'operator ' || name;
