/* kill -9 at the nth call that changes something on the disk, before it is carried out: arm_kill(n) begins to count.
   Calls go on to the next library, so that fsync_shim.c can stand behind it; what that writes does not count. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static int left = 0, inside = 0;

void arm_kill(int n) { left = n; }

static void count(void) {
    if (!inside && left > 0 && --left == 0) kill(getpid(), SIGKILL);
}

#define WATCHED(type, name, parameters, arguments)                     \
    type name parameters {                                             \
        type(*real) parameters = (type(*) parameters)dlsym(RTLD_NEXT, #name); \
        count();                                                       \
        inside++;                                                      \
        type result = real arguments;                                  \
        inside--;                                                      \
        return result;                                                 \
    }

WATCHED(ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size))
WATCHED(ssize_t, pwrite, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at))
WATCHED(ssize_t, pwrite64, (int fd, const void *data, size_t size, off64_t at), (fd, data, size, at))
WATCHED(int, ftruncate, (int fd, off_t size), (fd, size))
WATCHED(int, ftruncate64, (int fd, off64_t size), (fd, size))
WATCHED(int, fsync, (int fd), (fd))
WATCHED(int, fdatasync, (int fd), (fd))
WATCHED(int, rename, (const char *from, const char *to), (from, to))
WATCHED(int, unlink, (const char *path), (path))
WATCHED(int, mkdir, (const char *path, mode_t mode), (path, mode))
