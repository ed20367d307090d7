/* The files `stream-N` that keep streams 3 to 7 as their payload, and what is made of it. Used by transfer*.c only. */
#ifndef SIMULATOR_TRANSFER_FILE_H
#define SIMULATOR_TRANSFER_FILE_H

#include "transfer.h"

/* None is no error. 0, or -1 logged. */
int stream_file_read(int dir, unsigned stream, struct transfer_stream *held);
void stream_file_forget(int dir, unsigned stream, struct transfer_stream *held);

#endif
