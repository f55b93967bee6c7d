// Shows Thread Sanitizer what Swift's Mutex does when two threads want it at once. The quick ways in and out of the lock are
// compiled into our code, where the sanitizer sees them; the slow ones lie in libswiftSynchronization, which was built without it,
// and give the lock from thread to thread inside the kernel. Loaded before that library, this takes their place, calls them, and
// tells the sanitizer of the handing over.
//
// Source: stdlib/public/Synchronization/Mutex/LinuxImpl.swift of Swift 6.0 to 6.3. Should a release rename the functions, these
// are never called, and the file that VISIBLE_MUTEX_LOG names gets no line.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self

// Weak: the test's own programs, such as psql, inherit the library and have no sanitizer.
extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

static unsigned long handovers;

SWIFT void lock_slow(uint32_t thread, SELF) __asm__(LOCK);
SWIFT bool try_lock_slow(SELF) __asm__(TRY_LOCK);
SWIFT void unlock_slow(SELF) __asm__(UNLOCK);

SWIFT void lock_slow(uint32_t thread, SELF) {
    static SWIFT void (*original)(uint32_t, SELF);
    if (!original) *(void **)&original = dlsym(RTLD_NEXT, LOCK);
    original(thread, self);
    if (__tsan_acquire) __tsan_acquire(self);
    __atomic_add_fetch(&handovers, 1, __ATOMIC_RELAXED);
}

SWIFT bool try_lock_slow(SELF) {
    static SWIFT bool (*original)(SELF);
    if (!original) *(void **)&original = dlsym(RTLD_NEXT, TRY_LOCK);
    bool is_ours = original(self);
    if (is_ours && __tsan_acquire) __tsan_acquire(self);
    return is_ours;
}

SWIFT void unlock_slow(SELF) {
    static SWIFT void (*original)(SELF);
    if (!original) *(void **)&original = dlsym(RTLD_NEXT, UNLOCK);
    if (__tsan_release) __tsan_release(self);
    original(self);
}

__attribute__((destructor)) static void tell(void) {
    const char *path = getenv("VISIBLE_MUTEX_LOG");
    if (!path || !handovers) return;
    FILE *log = fopen(path, "a");
    if (!log) return;
    fprintf(log, "%lu\n", handovers);
    fclose(log);
}
