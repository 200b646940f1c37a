/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rounds.c - the way to a host, measured again and again
 */
#include "tools/trace/rounds.h"

#include "host/loop.h"
#include "tools/probe/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int rounds_open(const struct walk_conf *conf, struct rounds **ret) {
    struct rounds *r = calloc(1, sizeof(*r));

    if (r == NULL) {
        return -ENOMEM;
    }
    *ret = r;
    r->conf = *conf;
    r->ttl = conf->first;
    r->round = 1;
    r->end = conf->last;
    return probe_open(&conf->probe, &r->probe);
}

void rounds_close(struct rounds *r) {
    if (r != NULL) {
        probe_close(r->probe);
        free(r);
    }
}

unsigned rounds_last(const struct rounds *r) {
    unsigned last = r->conf.first;

    for (unsigned ttl = r->conf.first; ttl <= r->end; ttl++) {
        last = r->hops[ttl].n_addrs > 0 ? ttl : last;
    }
    return last;
}

/* As far as it makes sense to probe now. */
static unsigned limit(const struct rounds *r) {
    unsigned last = rounds_last(r) + ROUNDS_SILENT;

    return r->reached || last > r->end ? r->end : last;
}

static void forget(struct rounds *r, uint16_t seq) {
    if (r->by_seq[seq].sent_ns != 0) {
        r->by_seq[seq].sent_ns = 0;
        r->hops[r->by_seq[seq].ttl].waiting--;
    }
}

void rounds_forget(struct rounds *r) {
    for (unsigned seq = 0; seq < 65536; seq++) {
        forget(r, (uint16_t)seq);
    }
}

void rounds_reset(struct rounds *r) {
    rounds_forget(r);
    for (unsigned ttl = 0; ttl <= WALK_HOPS_MAX; ttl++) {
        struct rounds_hop *h = &r->hops[ttl];

        h->sent = h->received = 0;
        h->unanswered = false;
        h->rtt = (struct stats){.n = 0};
    }
    r->oldest = r->seq;
    r->ttl = r->conf.first;
    r->round = 1;
    r->next_ns = 0;
}

static void send_one(struct rounds *r, int64_t now_ns) {
    struct rounds_hop *h = &r->hops[r->ttl];
    struct probe_shot shot = {.seq = ++r->seq, .ttl = (uint8_t)r->ttl};

    shot.flow = (uint16_t)(r->round % r->conf.flows);
    forget(r, shot.seq);
    r->by_seq[shot.seq].ttl = (uint8_t)r->ttl;
    r->by_seq[shot.seq].sent_ns = loop_now().ns;
    int err = probe_send(r->probe, &shot);

    if (err == -EAGAIN || err == -ENOBUFS) {
        r->by_seq[shot.seq].sent_ns = 0;
        r->next_ns = now_ns + 1000000;
        return;
    }
    if (err != 0) {
        r->failed = -err;
        return;
    }
    if (h->unanswered) {
        stats_curve(&h->rtt, -1);
    }
    h->unanswered = true;
    h->sent++;
    h->waiting++;
    r->last_sent_ns = now_ns;
    r->next_ns += r->interval_ns / (int64_t)(limit(r) - r->conf.first + 1);
    r->next_ns = r->next_ns > now_ns ? r->next_ns : now_ns;
    r->ttl++;
}

static void give_up(struct rounds *r, int64_t now_ns) {
    for (; r->oldest != r->seq; r->oldest++) {
        uint16_t seq = (uint16_t)(r->oldest + 1);

        if (r->by_seq[seq].sent_ns != 0 && now_ns - r->by_seq[seq].sent_ns < r->conf.wait_ns) {
            break;
        }
        forget(r, seq);
    }
}

static bool all_sent(const struct rounds *r) {
    return r->count != 0 && r->round > r->count;
}

void rounds_work(struct rounds *r, int64_t now_ns) {
    give_up(r, now_ns);
    r->next_ns = r->next_ns != 0 ? r->next_ns : now_ns;
    while (r->failed == 0 && !all_sent(r) && now_ns >= r->next_ns) {
        if (r->ttl > limit(r)) {
            r->ttl = r->conf.first;
            r->round++;
            continue;
        }
        send_one(r, now_ns);
    }
}

static void add_addr(struct rounds_hop *h, const union names_addr *from) {
    for (unsigned i = 0; i < h->n_addrs; i++) {
        if (names_same(&h->addrs[i], from)) {
            return;
        }
    }
    if (h->n_addrs < ROUNDS_ADDRS) {
        h->addrs[h->n_addrs++] = *from;
    } else {
        h->more_addrs = true;
    }
}

static void take(struct rounds *r, const struct probe_event *e) {
    bool v6 = r->conf.probe.to.any.sa_family == AF_INET6;
    int64_t sent = r->by_seq[e->seq].sent_ns;
    unsigned ttl = r->by_seq[e->seq].ttl;
    struct rounds_hop *h = &r->hops[ttl];

    if (!e->has_seq || sent == 0 || e->what == PROBE_FAILED || ttl > r->end) {
        return;
    }
    int64_t rtt = loop_now().ns - e->age_ns - sent;

    r->by_seq[e->seq].sent_ns = 0;
    h->waiting--;
    h->received++;
    h->unanswered = false;
    stats_add(&h->rtt, rtt > 0 ? rtt : 1);
    stats_curve(&h->rtt, (double)rtt / 1e6);
    add_addr(h, &e->from);
    memcpy(h->ext, e->ext, sizeof(h->ext));
    h->translated |= walk_is_translated(&r->conf.probe, e);
    h->mark[0] = '\0';
    if (e->what == PROBE_ICMP) {
        words_mark(v6, e->type, e->code, e->info, h->mark);
    }
    if (e->what != PROBE_ICMP || !words_is_on_the_way(v6, e->type, e->code)) {
        r->reached = true;
        r->end = ttl;
    } else if (ttl == r->end && r->reached) {
        r->reached = false;
        r->end = r->conf.last;
    }
}

bool rounds_hear(struct rounds *r) {
    struct probe_event e;
    bool any = false;

    for (int i = 0; i < 1000 && probe_read(r->probe, &e) > 0; i++) {
        take(r, &e);
        any = true;
    }
    return any;
}

/* How long the last ones are waited for. */
static int64_t patience(const struct rounds *r) {
    int64_t far = 0;

    for (unsigned ttl = r->conf.first; ttl <= r->end; ttl++) {
        int64_t max = r->hops[ttl].rtt.max_ns * r->conf.far;

        far = max > far ? max : far;
    }
    if (far == 0) {
        return r->conf.wait_ns;
    }
    far = far > WALK_FAR_NS ? far : WALK_FAR_NS;
    return far < r->conf.wait_ns ? far : r->conf.wait_ns;
}

int64_t rounds_due_ns(const struct rounds *r) {
    return all_sent(r) ? r->last_sent_ns + patience(r) : r->next_ns;
}

bool rounds_is_done(const struct rounds *r, int64_t now_ns) {
    uint64_t waiting = 0;

    for (unsigned ttl = r->conf.first; ttl <= r->end; ttl++) {
        waiting += r->hops[ttl].waiting;
    }
    return r->failed != 0 ||
           (all_sent(r) && (waiting == 0 || now_ns - r->last_sent_ns >= patience(r)));
}

double rounds_loss(const struct rounds_hop *h) {
    return stats_loss(h->sent - h->waiting, h->received);
}
