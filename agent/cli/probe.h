/* SPDX-License-Identifier: BSD-2-Clause */
/* `guestclock probe SERVER`: one exchange with an NTP server, and the verdict on it. */
#ifndef GUESTCLOCK_PROBE_H
#define GUESTCLOCK_PROBE_H

/* argv[0] is the name of the subcommand. Parses its own options, prints, and returns the exit
   status: 0 usable, 2 refused, 3 no answer (or nothing that could be asked). */
int gclk_cli_probe(int argc, char **argv);

#endif
