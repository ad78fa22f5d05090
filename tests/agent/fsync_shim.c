/* Remembers every file as it was at its last fsync: what a power cut would leave, were nothing else written.
   At each fsync(2) and fdatasync(2) the file is copied into the folder LAST_SYNCED, under its own name.
   With FSYNC_DELAY_MS they take so long: a slow disk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void remember(int fd) {
    char link[64], path[4096], fresh[4200], kept[4200], block[65536];
    const char *folder = getenv("LAST_SYNCED");
    struct stat status;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (!folder || length < 0 || fstat(fd, &status) || !S_ISREG(status.st_mode)) return;
    path[length] = 0;
    const char *name = strrchr(path, '/') + 1;
    snprintf(fresh, sizeof fresh, "%s/.%s.fresh", folder, name);
    snprintf(kept, sizeof kept, "%s/%s", folder, name);
    int out = open(fresh, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (out < 0) return;
    off_t at = 0;
    ssize_t got;
    while ((got = pread(fd, block, sizeof block, at)) > 0) {
        if (write(out, block, got) != got) break;
        at += got;
    }
    close(out);
    rename(fresh, kept);
}

static void delay(void) {
    const char *milliseconds = getenv("FSYNC_DELAY_MS");
    if (milliseconds) usleep(1000 * atoi(milliseconds));
}

int fsync(int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    delay();
    int result = real(fd);
    if (!result) remember(fd);
    return result;
}

int fdatasync(int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    delay();
    int result = real(fd);
    if (!result) remember(fd);
    return result;
}
