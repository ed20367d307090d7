/* What a controller is like from inside, as JSON: for tests and for the curious. */
#ifndef SIMULATOR_STATUS_H
#define SIMULATOR_STATUS_H

#include "controller.h"

/* Adds the members of an object, each with a comma before it. */
void status_json(const struct controller *controller, struct buf *json);

#endif
