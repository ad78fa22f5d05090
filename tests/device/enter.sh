#!/bin/sh
# Runs a command inside the root of another processor: enter.sh ROOT DIRECTORY COMMAND...
#
# Started by `unshare --mount --pid --fork --kill-child`: what is mounted here is seen by nobody else and is gone with
# the last process, so no mount is ever left behind, whatever happens.
set -eu
root=$1 directory=$2
shift 2

binfmt=/proc/sys/fs/binfmt_misc
[ -e "$binfmt/register" ] || mount -t binfmt_misc binfmt_misc "$binfmt"
for processor in aarch64 arm; do
    description=/usr/lib/binfmt.d/qemu-$processor.conf
    # Another process may register the same at the same moment; then it is there, which is all that is wanted.
    if [ -e "$description" ] && [ ! -e "$binfmt/qemu-$processor" ]; then
        cat "$description" >"$binfmt/register" || [ -e "$binfmt/qemu-$processor" ]
    fi
done

mount -t proc proc "$root/proc"
mount --bind "$root/etc/emulated/cpuinfo" "$root/proc/cpuinfo"

# Not with exec: the first process of a namespace does not die of a signal, so a crash would hang.
env -i HOME=/root LC_ALL=C.UTF-8 COLUMNS=80 PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    QEMU_CPU="$(cat "$root/etc/emulated/processor")" \
    chroot "$root" /bin/sh -c 'cd "$0" && exec "$@"' "$directory" "$@"
