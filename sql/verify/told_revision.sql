-- Verify kidoban:told_revision on pg
SELECT told_revision FROM kidoban.controller_stream WHERE false;
