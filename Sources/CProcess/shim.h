#pragma once

// prctl(2) is variadic, which Swift cannot call. Declared here and not included: <sys/prctl.h> would draw the C library's
// own types into this module.
extern int prctl(int option, ...);

// PR_SET_DUMPABLE of <linux/prctl.h>: no core file, none to a core handler either (which RLIMIT_CORE does not stop), and no
// ptrace by the same user.
static inline int kushim_forbid_dumps(void) { return prctl(4, 0L, 0L, 0L, 0L); }
