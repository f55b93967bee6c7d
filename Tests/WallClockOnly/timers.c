// Loaded before libfaketime, which moves the absolute times of monotonic timers too, also when it is told to leave the monotonic
// clock alone (seen with 0.9.10): on a host whose clock is said to be an hour late, no timer would go off for an hour.

#define _GNU_SOURCE
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

int timerfd_settime(int timer, int flags, const struct itimerspec *next, struct itimerspec *former) {
    return (int)syscall(SYS_timerfd_settime, timer, flags, next, former);
}
