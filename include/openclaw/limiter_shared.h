/* SPDX-License-Identifier: MIT */
/**
 * @file limiter_shared.h
 * @brief One limiter for many processes: its table in a file or a memfd that all of them map.
 *
 * Every process opens a handle of its own; the table is one. No process waits for another, and one that is killed, at any
 * instruction, leaves a table that all others go on with. The file system sets the whole file aside when it is made, so
 * that a full disk or a full /dev/shm is told then, and not by a signal later.
 *
 * The table lives as long as the machine runs and means nothing after: it holds times of a clock that begins anew with
 * each boot. So it belongs in /dev/shm or another tmpfs. It may be kept on a disk; then #OCL_LIMITER_REPLACE_STALE
 * replaces it after a boot.
 *
 * Who may write the file is trusted: such a process can grant itself what it likes, and with nonsense in the cells keep
 * calls of others from ending. What is checked is what could lead out of the mapping. A file is made for its owner alone
 * (mode 0600); for more, change its mode. Let nobody else write its folder, or the file may be one of theirs. Whoever
 * makes a mapped file shorter makes every process that touches the lost part end with SIGBUS; nothing in this library
 * does. To be safe from others make a memfd, forbid it to shrink (F_SEAL_SHRINK), and pass it on.
 *
 * #OCL_CLOCK_TSC is refused: each process measures that counter by itself, so the clocks of two would drift apart.
 */
#ifndef OPENCLAW_LIMITER_SHARED_H
#define OPENCLAW_LIMITER_SHARED_H

#include "openclaw/export.h"
#include "openclaw/limiter.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @brief Flags of ocl_limiter_open() and ocl_limiter_open_fd(). Values pinned. */
enum ocl_limiter_open_flags {
	OCL_LIMITER_CREATE = 1,    /**< Make the table if there is none. */
	OCL_LIMITER_READ_ONLY = 2, /**< Only look: the table is mapped so that this process cannot write it, and every
	                                   call that would is refused with #OCL_EINVAL. Not with the other flags. */
	OCL_LIMITER_REPLACE_STALE = 4 /**< Put a new table in the place of one of another boot. Needs
	                                   #OCL_LIMITER_CREATE and a path. */
};

/**
 * @brief Open the limiter in a file, or make it.
 *
 * A table is put in place whole, in one step: nobody ever sees half of one, of processes that make it at the same time
 * one wins and the others use its table, and a process killed meanwhile stops nobody. Where the file system has no
 * unnamed files (O_TMPFILE; tmpfs, ext4, xfs and btrfs have them) it may leave a file PATH.new.PROCESS.TIME behind, and
 * while it replaces a stale one a file PATH.new, which the next replacement removes.
 *
 * Of the @p options of a table that is already there only what must agree is compared: the plans in force, keys and
 * chance (as the size that follows from them), denied keys, clock, overflow, and the seed unless it is 0. After
 * ocl_limiter_plan_change() the new settings are what is in force: who still has the old ones is told #OCL_EEXIST and may
 * open with NULL.
 *
 * A table is stale when it was made in another boot, or in another time namespace of this one. The second kind may be in
 * use there, so #OCL_LIMITER_REPLACE_STALE replaces the first kind alone.
 *
 * @param[out] limiter Memory for the handle, aligned as its type. It is this process's and goes to no child: after a
 *                     fork() the child opens its own.
 * @param[in]  path    The file, at most 4031 bytes. Symbolic links are followed.
 * @param[in]  options Settings, as for ocl_limiter_init(). NULL: whatever the table has; not with #OCL_LIMITER_CREATE.
 * @param[in]  flags   #ocl_limiter_open_flags; 0: the table is there already, open it to read and write.
 *
 * @retval OCL_OK      Open.
 * @retval OCL_EINVAL  NULL, unknown flags or flags that exclude each other, options as ocl_limiter_init() refuses.
 * @retval OCL_EALIGN  @p limiter is not aligned to 8 bytes.
 * @retval OCL_ERANGE  A path too long, or as for ocl_limiter_init().
 * @retval OCL_ESIZE   As for ocl_limiter_init().
 * @retval OCL_EEXIST  The table there has other settings than @p options.
 * @retval OCL_EFORMAT The file is no table of this version, was cut short, or is damaged. It is left alone.
 * @retval OCL_ESTALE  The table is of another boot or time namespace.
 * @retval OCL_EBUSY   Another process is replacing a stale file at this moment, or has not yet set up the memory; try
 *                     again.
 * @retval OCL_ENOTSUP #OCL_CLOCK_TSC, or a clock or a system that cannot do this.
 * @retval OCL_EIO     The system refused: no such file, no right, no room, no memory to map it. Nothing is left behind.
 *
 * @threadsafety Any number of threads and processes; one thread for each @p limiter.
 * @ordering     Acquire: the table is seen as its maker left it.
 * @cost         Some system calls. To make one: the file's pages are set aside and its header written.
 * @since        0.1
 */
OCL_API int ocl_limiter_open(struct ocl_limiter *limiter, const char *path, const struct ocl_limiter_options *options,
                             uint32_t flags);

/**
 * @brief Open the limiter in a file that is already open, such as a memfd.
 *
 * With #OCL_LIMITER_CREATE an empty file becomes a table. Let one process do that before others get the descriptor:
 * nothing but the file's own bytes says that someone is at it, and if that process is killed in the middle, the file is
 * of no more use.
 *
 * @param[out] limiter As for ocl_limiter_open().
 * @param[in]  fd      A regular file or a memfd, also one of huge pages (MFD_HUGETLB), open to read and, without
 *                     #OCL_LIMITER_READ_ONLY, to write. It stays open and the caller's; it may be closed at once, the
 *                     mapping lasts.
 * @param[in]  options As for ocl_limiter_open().
 * @param[in]  flags   As for ocl_limiter_open(), without #OCL_LIMITER_REPLACE_STALE.
 *
 * @retval OCL_OK      Open.
 * @retval OCL_EINVAL  As for ocl_limiter_open().
 * @retval OCL_EALIGN  As for ocl_limiter_open().
 * @retval OCL_ERANGE  As for ocl_limiter_init().
 * @retval OCL_ESIZE   As for ocl_limiter_init().
 * @retval OCL_EEXIST  As for ocl_limiter_open().
 * @retval OCL_EFORMAT As for ocl_limiter_open().
 * @retval OCL_ESTALE  As for ocl_limiter_open().
 * @retval OCL_EBUSY   Another process is setting up this memory, or was killed while it did.
 * @retval OCL_ENOTSUP As for ocl_limiter_open().
 * @retval OCL_EIO     As for ocl_limiter_open().
 *
 * @threadsafety As for ocl_limiter_open().
 * @ordering     As for ocl_limiter_open().
 * @cost         As for ocl_limiter_open().
 * @since        0.1
 */
OCL_API int ocl_limiter_open_fd(struct ocl_limiter *limiter, int fd, const struct ocl_limiter_options *options,
                                uint32_t flags);

/**
 * @brief Close a handle: hand in its counts and unmap the table, which stays for the others.
 *
 * @param[in,out] limiter A handle from ocl_limiter_open() or ocl_limiter_open_fd(). After this every call refuses it.
 *
 * @retval OCL_OK     Closed.
 * @retval OCL_EINVAL NULL, or not a handle that was opened, or closed before.
 *
 * @threadsafety One thread, after the last call of any other with this handle.
 * @ordering     None.
 * @cost         A system call.
 * @since        0.1
 */
OCL_API int ocl_limiter_close(struct ocl_limiter *limiter);

#ifdef __cplusplus
}
#endif

#endif
