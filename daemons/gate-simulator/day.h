/* A working day in Japan: how busy doors are and which way people go, by the controller's time. */
#ifndef SIMULATOR_DAY_H
#define SIMULATOR_DAY_H

#include <stdint.h>

/* 0..1, 1 at the busiest minute of a weekday. */
double day_busy(uint64_t time_ms);

/* 0..1: the share of passages that are people leaving. */
double day_leaving(uint64_t time_ms);

#endif
