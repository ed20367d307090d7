/*
 * History partitions: made ahead of time, and dropped when they are older than the history is kept (H-10, L-8). A partition
 * goes in two or three steps, each of its own; a step that was interrupted is found again by the next round.
 */
#include <stdlib.h>

#include "base/log.h"
#include "keeper.h"

enum duty_result duty_partitions(struct keeper_db *db, const struct keeper_config *config)
{
	int made = 0;

	switch (keeper_partitions_ensure(db, (int)config->partition_days_ahead, &made)) {
	case KEEPER_OK:
		if (made > 0)
			log_info("%d history partitions made", made);
		return DUTY_DONE;
	case KEEPER_REFUSED:
		return DUTY_FAILED;
	case KEEPER_AWAY:
		break;
	}
	return DUTY_AWAY;
}

static const char *step_word(enum keeper_step step)
{
	static const char *const words[] = { [KEEPER_DETACH] = "detached", [KEEPER_FINALIZE] = "detached at last",
		[KEEPER_DROP] = "dropped" };

	return words[step];
}

/* One round does one step for each; what was detached is dropped in the next of at most three. */
enum duty_result duty_retention(struct keeper_db *db, const struct keeper_config *config)
{
	enum { ROUNDS = 3 };
	enum keeper_result result = KEEPER_OK;

	(void)config;
	for (int round = 0; round < ROUNDS && result == KEEPER_OK; round++) {
		struct keeper_partition *due;
		size_t count;

		result = keeper_partitions_due(db, &due, &count);
		for (size_t i = 0; i < count && result == KEEPER_OK; i++) {
			result = keeper_partition_step(db, &due[i]);
			if (result == KEEPER_OK)
				log_info("history: %s %s", due[i].partition, step_word(due[i].step));
		}
		free(due);
		if (count == 0)
			break;
	}
	return result == KEEPER_OK ? DUTY_DONE : result == KEEPER_REFUSED ? DUTY_FAILED : DUTY_AWAY;
}
