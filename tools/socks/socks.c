/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * socks.c - all sockets of the machine, or of a lab, as one list
 */
#include "tools/socks/socks.h"

#include "tools/socks/owners.h"

#include <errno.h>
#include <string.h>

static uint64_t owner_inode(const void *list, size_t i) {
    return ((const struct sock_list *)list)->at[i].inode;
}

static void owner_set(void *list, size_t i, uint32_t pid, const char program[OWNERS_NAME]) {
    struct sock *s = &((struct sock_list *)list)->at[i];

    s->pid = pid;
    memcpy(s->program, program, sizeof(s->program));
}

static int read_machine(struct socks *s) {
    int err = diag_read(s, &s->list);

    s->source = SOCKS_DIAG;
    if (err < 0 && err != -ENOMEM) {
        sk_list_clear(&s->list);
        s->source = SOCKS_PROC;
        s->diag_err = err;
        err = procnet_read(s, &s->list);
    }
    if (err == 0 && s->owners) {
        const struct owners_ask ask = {&s->list, s->list.n, owner_inode, owner_set};

        if (s->known == NULL) {
            s->known = owners_new();
        }
        err = s->known != NULL ? owners_find(s->known, &ask) : -ENOMEM;
    }
    return err;
}

int socks_read(struct socks *s) {
    sk_list_clear(&s->list);
    if (s->lab_fd < 0) {
        return read_machine(s);
    }
    s->source = SOCKS_LAB;
    return lab_socks_read(s, &s->list);
}

void socks_done(struct socks *s) {
    sk_list_done(&s->list);
    owners_free(s->known);
    s->known = NULL;
}
