/* Prints every event that the controllers of a state directory ever made. */
#ifndef SIMULATOR_LEDGER_H
#define SIMULATOR_LEDGER_H

/*
 * Tab separated, without a head line: serial, log (hex), seq, t_ms, kind (number), door, reader, credential, card, flags,
 * detail, command (hex, empty without one), revision. Reading a directory in use gives what is whole at that moment.
 * Exit code.
 */
int ledger_print(const char *state);

#endif
