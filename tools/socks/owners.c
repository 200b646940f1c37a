/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * owners.c - which process has a socket open
 *
 * Two tables: inodes of sockets, each with its process, and the processes. An inode that no list
 * has named for a call goes; so does a process without sockets.
 */
#include "tools/socks/owners.h"

#include "host/table.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct proc {
    struct table_node node; /* the key is its PID */
    uint32_t socks;         /* inodes that name it */
    unsigned looked;        /* the call of the last look into its folder */
    unsigned named;         /* the call that has read its name */
    char program[OWNERS_NAME];
};

struct inode {
    struct table_node node; /* the key is the inode */
    struct proc *proc;      /* NULL: not found */
    unsigned seen;          /* the last call whose list had it */
};

struct owners {
    struct table inodes, procs;
    unsigned calls;
    size_t missing; /* inodes of this call's list without a process */
};

struct owners *owners_new(void) {
    return calloc(1, sizeof(struct owners));
}

static struct inode *inode_find(const struct owners *o, uint64_t key) {
    struct table_node *node = table_find(&o->inodes, key);

    return node != NULL ? TABLE_ENTRY(node, struct inode, node) : NULL;
}

static void inode_set(struct inode *inode, struct proc *proc) {
    if (inode->proc != NULL) {
        inode->proc->socks--;
    }
    inode->proc = proc;
    if (proc != NULL) {
        proc->socks++;
    }
}

void owners_free(struct owners *o) {
    struct table_node *node;

    if (o == NULL) {
        return;
    }
    while ((node = table_any(&o->inodes)) != NULL) {
        table_remove(&o->inodes, node);
        free(TABLE_ENTRY(node, struct inode, node));
    }
    while ((node = table_any(&o->procs)) != NULL) {
        table_remove(&o->procs, node);
        free(TABLE_ENTRY(node, struct proc, node));
    }
    table_done(&o->inodes);
    table_done(&o->procs);
    free(o);
}

/* ---- a process ---- */

static int open_proc(uint64_t pid, const char *what, int flags) {
    char path[64];

    snprintf(path, sizeof(path), "/proc/%" PRIu64 "/%s", pid, what);
    return open(path, flags | O_CLOEXEC);
}

/* A program may change its name at any time, and any byte may be in it. */
static void read_name(const struct owners *o, struct proc *p) {
    int fd = open_proc(p->node.key, "comm", O_RDONLY);
    char buf[sizeof(p->program) + 1];

    p->named = o->calls;
    if (fd < 0) {
        return;
    }
    ssize_t n = read(fd, buf, sizeof(buf) - 1);

    close(fd);
    if (n > 0) {
        n -= buf[n - 1] == '\n';
        n = n < (ssize_t)sizeof(p->program) ? n : (ssize_t)sizeof(p->program) - 1;
        memset(p->program, 0, sizeof(p->program));
        memcpy(p->program, buf, (size_t)n);
    }
}

static struct proc *proc_get(struct owners *o, uint64_t pid) {
    struct table_node *node = table_find(&o->procs, pid);

    if (node != NULL) {
        return TABLE_ENTRY(node, struct proc, node);
    }
    struct proc *p = calloc(1, sizeof(*p));

    if (p != NULL && table_insert(&o->procs, &p->node, pid) < 0) {
        free(p);
        p = NULL;
    }
    return p;
}

/* One descriptor: is it a socket that the list has? */
static int look_at(struct owners *o, uint64_t pid, int folder, const char *fd) {
    char target[64];
    uint64_t key;
    ssize_t n = readlinkat(folder, fd, target, sizeof(target) - 1);

    if (n <= 0) {
        return 0;
    }
    target[n] = '\0';
    if (sscanf(target, "socket:[%20" SCNu64 "]", &key) != 1) {
        return 0;
    }
    struct inode *inode = inode_find(o, key);

    if (inode == NULL || inode->seen != o->calls || inode->proc != NULL) {
        return 0; /* of several processes that share it, the first keeps it */
    }
    struct proc *p = proc_get(o, pid);

    if (p == NULL) {
        return -ENOMEM;
    }
    inode_set(inode, p);
    o->missing--;
    return 0;
}

/* All descriptors of a process, as long as something is missing. */
static int look_into(struct owners *o, uint64_t pid) {
    struct table_node *node = table_find(&o->procs, pid);
    int fd = open_proc(pid, "fd", O_RDONLY | O_DIRECTORY);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    int err = 0;

    if (node != NULL) {
        TABLE_ENTRY(node, struct proc, node)->looked = o->calls;
    }
    if (dir == NULL) { /* not ours, or gone */
        if (fd >= 0) {
            close(fd);
        }
        return 0;
    }
    while (err == 0 && o->missing > 0 && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.') {
            err = look_at(o, pid, fd, entry->d_name);
        }
    }
    closedir(dir);
    return err;
}

/* ---- all processes ---- */

/* Those that had sockets before: a server that has accepted is among them. */
static int look_known(struct owners *o) {
    size_t n = 0, max = o->procs.count;
    uint64_t *pids = calloc(max + 1, sizeof(*pids));
    int err = pids != NULL ? 0 : -ENOMEM;

    for (const struct table_node *node = table_next(&o->procs, NULL); err == 0 && node != NULL;
         node = table_next(&o->procs, node)) {
        pids[n++] = node->key;
    }
    for (size_t i = 0; err == 0 && i < n && o->missing > 0; i++) {
        err = look_into(o, pids[i]);
    }
    free(pids);
    return err;
}

static bool was_looked_at(const struct owners *o, uint64_t pid) {
    struct table_node *node = table_find(&o->procs, pid);

    return node != NULL && TABLE_ENTRY(node, struct proc, node)->looked == o->calls;
}

static int look_everywhere(struct owners *o) {
    DIR *dir = opendir("/proc");
    const struct dirent *entry;
    int err = 0;

    if (dir == NULL) {
        return 0; /* nobody is found then */
    }
    while (err == 0 && o->missing > 0 && (entry = readdir(dir)) != NULL) {
        char *end;
        uint64_t pid = strtoull(entry->d_name, &end, 10);

        if (pid > 0 && *end == '\0' && !was_looked_at(o, pid)) {
            err = look_into(o, pid);
        }
    }
    closedir(dir);
    return err;
}

/* Notes which inodes there are, and whether one is new. */
static int note_list(struct owners *o, const struct owners_ask *ask, bool *ret_new) {
    bool round = o->calls % OWNERS_ROUND == 1;

    *ret_new = round;
    o->missing = 0;
    for (size_t i = 0; i < ask->n; i++) {
        uint64_t key = ask->inode(ask->list, i);
        struct inode *inode;

        if (key == 0) {
            continue; /* TIME-WAIT, or closed by its program */
        }
        inode = inode_find(o, key);
        if (inode == NULL) {
            inode = calloc(1, sizeof(*inode));
            if (inode == NULL || table_insert(&o->inodes, &inode->node, key) < 0) {
                free(inode);
                return -ENOMEM;
            }
            *ret_new = true;
        } else if (inode->seen == o->calls) {
            continue;
        } else if (round) {
            inode_set(inode, NULL);
        }
        inode->seen = o->calls;
        o->missing += inode->proc == NULL;
    }
    return 0;
}

/* Forgets what this call's list did not have. */
static void sweep_inodes(struct owners *o) {
    const struct table_node *node = table_next(&o->inodes, NULL);

    while (node != NULL) {
        struct inode *inode = TABLE_ENTRY(node, struct inode, node);

        node = table_next(&o->inodes, node);
        if (inode->seen != o->calls) {
            inode_set(inode, NULL);
            table_remove(&o->inodes, &inode->node);
            free(inode);
        }
    }
}

static void sweep_procs(struct owners *o) {
    const struct table_node *node = table_next(&o->procs, NULL);

    while (node != NULL) {
        struct proc *p = TABLE_ENTRY(node, struct proc, node);

        node = table_next(&o->procs, node);
        if (p->socks == 0) {
            table_remove(&o->procs, &p->node);
            free(p);
        }
    }
}

int owners_find(struct owners *o, const struct owners_ask *ask) {
    bool look;

    o->calls++;
    int err = note_list(o, ask, &look);

    if (err == 0 && look) {
        err = look_known(o);
    }
    if (err == 0 && look) {
        err = look_everywhere(o);
    }
    for (size_t i = 0; err == 0 && i < ask->n; i++) {
        uint64_t key = ask->inode(ask->list, i);
        const struct inode *inode = key != 0 ? inode_find(o, key) : NULL;

        if (inode != NULL && inode->proc != NULL) {
            struct proc *p = inode->proc;

            if (p->named != o->calls) {
                read_name(o, p);
            }
            ask->set(ask->list, i, (uint32_t)p->node.key, p->program);
        }
    }
    sweep_inodes(o);
    sweep_procs(o);
    return err;
}
