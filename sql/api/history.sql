-- Small things about the history.

-- The JSON object of an event's details; an event without any has an empty one.
CREATE FUNCTION api.history_details(details text) RETURNS json
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE details WHEN '' THEN '{}' ELSE details END::json $$;
