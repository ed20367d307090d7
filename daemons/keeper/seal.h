/* The duties of the system log's sealer. */
#ifndef KIDOBAN_KEEPER_SEAL_H
#define KIDOBAN_KEEPER_SEAL_H

#include "keeper.h"

/* What is committed goes into the chain. */
enum duty_result duty_seal(struct keeper_db *, const struct keeper_config *);
/* The newest link is signed, when there is a new one. */
enum duty_result duty_checkpoint(struct keeper_db *, const struct keeper_config *);
/* Refusals that were left out are told. */
enum duty_result duty_quiet(struct keeper_db *, const struct keeper_config *);

#endif
