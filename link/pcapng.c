/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pcapng.c - capture files that say why each packet was sent
 *
 * Every block is: type, total length, body, total length again, in multiples of 4. Options are
 * code, length, value padded to 4, ended by code 0. A block is put together in one piece of the
 * buffer, whose size is known before, so nothing is patched up later.
 */
#include "link/pcapng.h"

#include "base/wr.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PCAPNG_BLOCK_SECTION 0x0a0d0d0au
#define PCAPNG_BLOCK_INTERFACE 1u
#define PCAPNG_BLOCK_PACKET 6u
#define PCAPNG_ORDER_MAGIC 0x1a2b3c4du

#define PCAPNG_OPT_END 0
#define PCAPNG_OPT_COMMENT 1
#define PCAPNG_OPT_SHB_USERAPPL 4
#define PCAPNG_OPT_IF_NAME 2
#define PCAPNG_OPT_IF_TSRESOL 9
#define PCAPNG_OPT_EPB_FLAGS 2

#define PCAPNG_LINKTYPE_ETHERNET 1
#define PCAPNG_LINKTYPE_RAW 101 /* bare IPv4 or IPv6 */

#define PCAPNG_SNAP_BYTES 262144u
#define PCAPNG_NAME_MAX_BYTES 63
#define PCAPNG_COMMENT_MAX_BYTES 1000

/* Holds the largest block and, for small ones, some hundred of them. */
#define PCAPNG_BUF_BYTES (PCAPNG_SNAP_BYTES + 4096)

struct pcapng {
    int fd;
    int err; /* 0, or the negative errno that stuck */
    int links;
    int64_t epoch_ns;
    bool may_lose; /* the descriptor does not block */
    uint64_t lost;
    size_t len;
    uint8_t buf[PCAPNG_BUF_BYTES];
};

static size_t pcapng_round4(size_t n) {
    return (n + 3) & ~(size_t)3;
}

/* Room that an option takes; none for an empty one. */
static size_t pcapng_opt_len(size_t value_len) {
    return value_len ? 4 + pcapng_round4(value_len) : 0;
}

static void pcapng_opt(struct wr *w, uint16_t code, const void *value, size_t len) {
    if (len == 0) {
        return;
    }
    wr_be16(w, code);
    wr_be16(w, (uint16_t)len);
    wr_put(w, value, len);
    wr_zero(w, pcapng_round4(len) - len);
}

static void pcapng_opt_end(struct wr *w) {
    wr_be16(w, PCAPNG_OPT_END);
    wr_be16(w, 0);
}

int pcapng_flush(struct pcapng *p) {
    size_t done = 0;

    while (p->err == 0 && done < p->len) {
        ssize_t n = write(p->fd, p->buf + done, p->len - done);

        if (n >= 0) {
            done += (size_t)n;
        } else if (p->may_lose && errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            p->err = -errno;
        }
    }
    p->len = p->err == 0 ? p->len - done : 0;
    memmove(p->buf, p->buf + done, p->len);
    return p->err;
}

void pcapng_may_lose(struct pcapng *p) {
    int flags = fcntl(p->fd, F_GETFL);

    p->may_lose = flags >= 0 && fcntl(p->fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

uint64_t pcapng_lost(const struct pcapng *p) {
    return p->lost;
}

/* Is there room for @len bytes, or can it be made? */
static bool pcapng_room(struct pcapng *p, size_t len) {
    if (len > sizeof(p->buf) - p->len) {
        (void)pcapng_flush(p);
    }
    return len <= sizeof(p->buf) - p->len;
}

/* A writer over the next @len bytes of the buffer, for which pcapng_room() was asked. */
static struct wr pcapng_begin(struct pcapng *p, uint32_t type, size_t len) {
    bool room = pcapng_room(p, len); /* first: it may empty the buffer */
    struct wr w = wr_init(p->buf + p->len, room ? len : 0);

    wr_be32(&w, type);
    wr_be32(&w, (uint32_t)len);
    return w;
}

static int pcapng_end(struct pcapng *p, struct wr *w, size_t len) {
    wr_be32(w, (uint32_t)len);
    if (w->bad || wr_left(w) != 0) {
        p->err = -EIO; /* the length was computed wrongly: better no file than a bad one */
    } else if (p->err == 0) {
        p->len += len;
    }
    return p->err;
}

static int pcapng_section(struct pcapng *p) {
    static const char application[] = "inlet";
    size_t len = 28 + pcapng_opt_len(sizeof(application) - 1) + 4;
    struct wr w = pcapng_begin(p, PCAPNG_BLOCK_SECTION, len);

    wr_be32(&w, PCAPNG_ORDER_MAGIC);
    wr_be16(&w, 1); /* version 1.0 */
    wr_be16(&w, 0);
    wr_be64(&w, UINT64_MAX); /* section length: not known */
    pcapng_opt(&w, PCAPNG_OPT_SHB_USERAPPL, application, sizeof(application) - 1);
    pcapng_opt_end(&w);
    return pcapng_end(p, &w, len);
}

int pcapng_open_fd(int fd, int64_t epoch_ns, struct pcapng **ret) {
    struct pcapng *p = malloc(sizeof(*p));
    int rc;

    if (!p) {
        close(fd);
        return -ENOMEM;
    }
    p->fd = fd;
    p->err = 0;
    p->may_lose = false;
    p->lost = 0;
    p->links = 0;
    p->epoch_ns = epoch_ns;
    p->len = 0;
    rc = pcapng_section(p);
    if (rc < 0) {
        (void)pcapng_close(p);
        return rc;
    }
    *ret = p;
    return 0;
}

int pcapng_open(const char *path, int64_t epoch_ns, struct pcapng **ret) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    return fd < 0 ? -errno : pcapng_open_fd(fd, epoch_ns, ret);
}

int pcapng_add_link(struct pcapng *p, const char *name, enum inl_link_kind kind) {
    static const uint8_t nanoseconds = 9; /* 10^-9 */
    size_t name_len = name ? strnlen(name, PCAPNG_NAME_MAX_BYTES) : 0;
    size_t len = 20 + pcapng_opt_len(name_len) + pcapng_opt_len(1) + 4;
    struct wr w = pcapng_begin(p, PCAPNG_BLOCK_INTERFACE, len);
    int rc;

    wr_be16(&w, kind == INL_LINK_ETHERNET ? PCAPNG_LINKTYPE_ETHERNET : PCAPNG_LINKTYPE_RAW);
    wr_be16(&w, 0);
    wr_be32(&w, PCAPNG_SNAP_BYTES);
    pcapng_opt(&w, PCAPNG_OPT_IF_NAME, name, name_len);
    pcapng_opt(&w, PCAPNG_OPT_IF_TSRESOL, &nanoseconds, 1);
    pcapng_opt_end(&w);
    rc = pcapng_end(p, &w, len);
    return rc < 0 ? rc : p->links++;
}

static size_t pcapng_comment_len(const char *comment) {
    return comment != NULL ? strnlen(comment, PCAPNG_COMMENT_MAX_BYTES) : 0;
}

int pcapng_write(struct pcapng *p, const struct pcapng_frame *f) {
    size_t kept = f->len_bytes < PCAPNG_SNAP_BYTES ? f->len_bytes : PCAPNG_SNAP_BYTES;
    size_t comment_len = pcapng_comment_len(f->comment);
    size_t process_len = pcapng_comment_len(f->process);
    const uint8_t flags[4] = {0, 0, 0, (uint8_t)f->dir};
    size_t flags_len = f->dir == PCAPNG_DIR_UNKNOWN ? 0 : sizeof(flags);
    size_t len = 32 + pcapng_round4(kept) + pcapng_opt_len(flags_len) +
                 pcapng_opt_len(comment_len) + pcapng_opt_len(process_len) + 4;
    struct wr w;

    if (f->link < 0 || f->link >= p->links) {
        return -EINVAL;
    }
    if (p->may_lose && !pcapng_room(p, len)) {
        p->lost++;
        return p->err;
    }
    w = pcapng_begin(p, PCAPNG_BLOCK_PACKET, len);
    wr_be32(&w, (uint32_t)f->link);
    wr_be64(&w, (uint64_t)p->epoch_ns + (uint64_t)f->time.ns);
    wr_be32(&w, (uint32_t)kept);
    wr_be32(&w, (uint32_t)f->len_bytes);
    wr_put(&w, f->data, kept);
    wr_zero(&w, pcapng_round4(kept) - kept);
    pcapng_opt(&w, PCAPNG_OPT_EPB_FLAGS, flags, flags_len);
    pcapng_opt(&w, PCAPNG_OPT_COMMENT, f->comment, comment_len);
    pcapng_opt(&w, PCAPNG_OPT_COMMENT, f->process, process_len);
    pcapng_opt_end(&w);
    return pcapng_end(p, &w, len);
}

int pcapng_close(struct pcapng *p) {
    int rc;

    if (!p) {
        return 0;
    }
    rc = pcapng_flush(p);
    if (close(p->fd) < 0 && rc == 0) {
        rc = -errno;
    }
    free(p);
    return rc;
}
