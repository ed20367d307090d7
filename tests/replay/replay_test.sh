# Plays every scenario against the driver; TAP comes from the player.
exec "$top_builddir/tests/replay/replay" "$top_srcdir"/tests/replay/*.txt
