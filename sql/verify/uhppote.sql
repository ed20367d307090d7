-- Verify kidoban:uhppote on pg
SELECT tail FROM kidoban.event_log WHERE false;
SELECT controller_id, take_listener, door_events, listener, listener_ours, listener_replaced, delays, cards, drift, checked_at
  FROM kidoban.uhppote_board WHERE false;
SELECT id, network, port, asked_by, started_at, finished_at, reason FROM kidoban.uhppote_search WHERE false;
SELECT search_id, serial, address, port, mac, firmware FROM kidoban.uhppote_found WHERE false;
