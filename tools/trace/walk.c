/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * walk.c - the way to a host, hop by hop, with many probes under way
 */
#include "tools/trace/walk.h"

#include "host/loop.h"
#include "tools/probe/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_NS (INL_S / 100) /* no shorter wait, however near */
#define LEAST_MTU 68
#define LIKELY 4              /* times the longest round trip */
#define LIKELY_NS (INL_S / 4) /* at least */
#define LIKELY_FIRST_NS INL_S /* as long as nothing is known */
#define AGAIN_MAX 4           /* times that a SYN goes once more: next_of_flow() */
#define AGAIN_NS (INL_S / 10) /* after which time at least */
#define AGAIN_RTTS 3

unsigned walk_headers(const struct probe_conf *conf) {
    unsigned ip = conf->to.any.sa_family == AF_INET6 ? 40 : 20;

    return ip + (conf->kind == PROBE_TCP ? 24 : 8);
}

static unsigned data_bytes(const struct walk *w) {
    unsigned headers = walk_headers(&w->conf.probe);

    return w->mtu_bytes > headers ? w->mtu_bytes - headers : 0;
}

int walk_open(const struct walk_conf *conf, struct walk **ret) {
    struct walk *w = calloc(1, sizeof(*w));

    if (w == NULL) {
        return -ENOMEM;
    }
    *ret = w;
    w->conf = *conf;
    w->end = conf->last;
    w->ttl = conf->first;
    if (conf->mtu) {
        w->conf.in_flight = 1;
        w->conf.probe.df = PROBE_DF_PROBE;
        w->mtu_bytes = probe_mtu(&conf->probe.to);
        w->mtu_bytes = w->mtu_bytes != 0 ? w->mtu_bytes : 1500;
        w->conf.probe.data_bytes = data_bytes(w);
    }
    for (unsigned ttl = conf->first; ttl <= conf->last; ttl++) {
        w->hops[ttl].answers = calloc(conf->queries, sizeof(struct walk_answer));
        if (w->hops[ttl].answers == NULL) {
            return -ENOMEM;
        }
    }
    return probe_open(&w->conf.probe, &w->probe);
}

void walk_close(struct walk *w) {
    if (w != NULL) {
        for (unsigned ttl = 0; ttl <= WALK_HOPS_MAX; ttl++) {
            free(w->hops[ttl].answers);
        }
        probe_close(w->probe);
        free(w);
    }
}

bool walk_is_final(const struct walk *w, const struct walk_answer *a) {
    bool v6 = w->conf.probe.to.any.sa_family == AF_INET6;

    return a->state == WALK_ANSWERED &&
           (a->what != PROBE_ICMP || !words_is_on_the_way(v6, a->type, a->code));
}

bool walk_is_translated(const struct probe_conf *conf, const struct probe_event *e) {
    bool v6 = conf->to.any.sa_family == AF_INET6;

    return e->what == PROBE_ICMP &&
           ((e->has_quote && e->quote_csum != e->sent_csum) ||
            (words_is_on_the_way(v6, e->type, e->code) && names_same(&e->from, &conf->to)));
}

bool walk_hop_is_done(const struct walk *w, unsigned ttl) {
    for (unsigned i = 0; i < w->conf.queries; i++) {
        if (w->hops[ttl].answers[i].state == WALK_UNSENT ||
            w->hops[ttl].answers[i].state == WALK_WAITING) {
            return false;
        }
    }
    return true;
}

bool walk_is_done(const struct walk *w) {
    for (unsigned ttl = w->conf.first; ttl <= w->end; ttl++) {
        if (!walk_hop_is_done(w, ttl)) {
            return w->failed != 0;
        }
    }
    return true;
}

/* The quickest answer of a hop; 0: there is none. */
static int64_t quickest(const struct walk *w, unsigned ttl) {
    int64_t least = 0;

    for (unsigned i = 0; ttl <= w->end && i < w->conf.queries; i++) {
        const struct walk_answer *a = &w->hops[ttl].answers[i];

        if (a->state == WALK_ANSWERED && (least == 0 || a->rtt_ns < least)) {
            least = a->rtt_ns;
        }
    }
    return least;
}

static int64_t patience(const struct walk *w, unsigned ttl) {
    int64_t wait = w->conf.wait_ns, here = quickest(w, ttl) * w->conf.here;
    int64_t near = quickest(w, ttl + 1) * w->conf.near;

    if (here > 0 && here < wait) {
        wait = here;
    } else if (here == 0 && near > 0 && near < wait) {
        wait = near;
    } else if (here == 0 && near == 0 && w->conf.far > 0 && w->longest_ns > 0) {
        int64_t far = w->longest_ns * w->conf.far;

        far = far > WALK_FAR_NS ? far : WALK_FAR_NS;
        wait = far < wait ? far : wait;
    }
    return wait > LEAST_NS ? wait : LEAST_NS;
}

/* When waiting for it ends, or it goes once more. @wait: what its hop is given; @again: what a SYN is. */
static int64_t ends_at(const struct walk_answer *a, int64_t wait, int64_t again) {
    int64_t since = a->held_ns > a->sent_ns ? a->held_ns : a->sent_ns;

    return since + (a->held_ns != 0 && a->again < AGAIN_MAX ? again : wait);
}

static int64_t again_ns(const struct walk *w, unsigned ttl) {
    int64_t ns = AGAIN_RTTS * quickest(w, ttl);

    return ns > AGAIN_NS ? ns : AGAIN_NS;
}

/* How long a probe counts as under way. */
static int64_t likely(const struct walk *w) {
    int64_t ns = w->longest_ns * LIKELY;

    if (!w->conf.go_on) {
        return INT64_MAX / 2;
    }
    return w->longest_ns == 0 ? LIKELY_FIRST_NS : ns > LIKELY_NS ? ns : LIKELY_NS;
}

/* It does not count as under way any more. */
static void land(struct walk *w, struct walk_answer *a) {
    w->in_flight -= a->state == WALK_WAITING && !a->overdue;
    a->overdue = true;
}

/*
 * An open port takes the first SYN of a flow for the beginning of a connection, and the others, whose
 * sequence numbers differ, for none of it (RFC 9293 3.10.7.4): it does not answer them. When our system
 * has reset that connection the next of them goes once more; the others wait behind it. It may be too
 * early, or one that was sent farther than to the host comes between: so @again after a while.
 */
static void next_of_flow(struct walk *w, unsigned ttl, unsigned index, int64_t now_ns,
                         uint8_t again) {
    bool sent = false;

    for (unsigned i = index % w->conf.flows; i < w->conf.queries; i += w->conf.flows) {
        struct walk_answer *a = &w->hops[ttl].answers[i];

        if (a->state != WALK_WAITING) {
            continue;
        }
        a->held_ns = now_ns;
        a->again = again;
        if (!sent) {
            land(w, a);
            a->state = WALK_UNSENT;
            w->index = 0;
            w->ttl = ttl;
            sent = true;
        }
    }
}

/* No answer came in time. Of a flow that an open port has answered, one goes again a few times. */
static void give_up_one(struct walk *w, unsigned ttl, unsigned index, int64_t now_ns) {
    struct walk_answer *a = &w->hops[ttl].answers[index];

    if (a->held_ns != 0 && a->again < AGAIN_MAX) {
        next_of_flow(w, ttl, index, now_ns, a->again + 1);
    } else {
        land(w, a);
        a->state = WALK_LOST;
    }
}

static void give_up(struct walk *w, int64_t now_ns) {
    int64_t likely_ns = likely(w);

    for (unsigned ttl = w->conf.first; ttl <= w->end; ttl++) {
        int64_t wait = patience(w, ttl), again = again_ns(w, ttl);

        for (unsigned i = 0; i < w->conf.queries; i++) {
            struct walk_answer *a = &w->hops[ttl].answers[i];

            if (a->state == WALK_WAITING && now_ns - a->sent_ns >= likely_ns) {
                land(w, a);
            }
            if (a->state == WALK_WAITING && now_ns >= ends_at(a, wait, again)) {
                give_up_one(w, ttl, i, now_ns);
            }
        }
    }
}

/* The next one that was not sent, from w->ttl and w->index on; NULL: there is none. */
static struct walk_answer *next_of(struct walk *w) {
    while (w->ttl <= w->end) {
        if (w->index >= w->conf.queries) {
            w->index = 0;
            w->ttl++;
        } else if (w->hops[w->ttl].answers[w->index].state != WALK_UNSENT) {
            w->index++;
        } else {
            return &w->hops[w->ttl].answers[w->index];
        }
    }
    return NULL;
}

/* Larger than our own link takes: smaller then. */
static bool shrink(struct walk *w) {
    unsigned mtu = probe_mtu(&w->conf.probe.to);

    w->mtu_bytes = mtu != 0 && mtu < w->mtu_bytes ? mtu : w->mtu_bytes - 8;
    return w->mtu_bytes >= LEAST_MTU;
}

static void send_one(struct walk *w, struct walk_answer *a, int64_t now_ns) {
    struct probe_shot shot = {
        .seq = ++w->seq,
        .ttl = (uint8_t)w->ttl,
        .flow = (uint16_t)(w->index % w->conf.flows),
        .data_bytes = w->conf.mtu ? data_bytes(w) : 0,
    };

    w->by_seq[shot.seq].ttl = (uint8_t)w->ttl;
    w->by_seq[shot.seq].index = (uint8_t)w->index;
    a->sent_ns = loop_now().ns;
    int err = probe_send(w->probe, &shot);

    if (err == -EAGAIN || err == -ENOBUFS) {
        w->next_ns = now_ns + INL_S / 1000;
    } else if (err == -EMSGSIZE && w->conf.mtu && shrink(w)) {
        w->next_ns = now_ns;
    } else if (err != 0) {
        w->failed = -err;
    } else {
        a->state = WALK_WAITING;
        a->seq = shot.seq;
        a->overdue = false;
        w->in_flight++;
        w->next_ns = now_ns + w->conf.gap_ns;
    }
}

void walk_work(struct walk *w, int64_t now_ns) {
    struct walk_answer *a;

    give_up(w, now_ns);
    while (w->failed == 0 && w->in_flight < w->conf.in_flight && now_ns >= w->next_ns &&
           (a = next_of(w)) != NULL) {
        send_one(w, a, now_ns);
        if (w->conf.gap_ns > 0) {
            break;
        }
    }
}

int64_t walk_due_ns(const struct walk *w) {
    int64_t due = INT64_MAX, likely_ns = likely(w);

    for (unsigned ttl = w->conf.first; ttl <= w->end; ttl++) {
        int64_t wait = patience(w, ttl), again = again_ns(w, ttl);

        for (unsigned i = 0; i < w->conf.queries; i++) {
            const struct walk_answer *a = &w->hops[ttl].answers[i];

            if (a->state == WALK_WAITING) {
                int64_t mine = !a->overdue && likely_ns < wait ? a->sent_ns + likely_ns
                                                               : ends_at(a, wait, again);

                due = mine < due ? mine : due;
            }
        }
    }
    if (w->in_flight < w->conf.in_flight && w->ttl <= w->end && w->next_ns < due) {
        due = w->next_ns;
    }
    return due;
}

/* What was sent beyond the end is not waited for. */
static void set_end(struct walk *w, unsigned ttl) {
    for (unsigned beyond = ttl + 1; beyond <= w->end; beyond++) {
        for (unsigned i = 0; i < w->conf.queries; i++) {
            struct walk_answer *a = &w->hops[beyond].answers[i];

            land(w, a);
            a->state = WALK_LOST;
        }
    }
    w->end = ttl;
}

/* An error that quotes too little to tell: it is most likely about the one that waits longest. */
static struct walk_answer *oldest(struct walk *w, unsigned *ret_ttl) {
    struct walk_answer *found = NULL;

    for (unsigned ttl = w->conf.first; ttl <= w->end; ttl++) {
        for (unsigned i = 0; i < w->conf.queries; i++) {
            struct walk_answer *a = &w->hops[ttl].answers[i];

            if (a->state == WALK_WAITING && (found == NULL || a->sent_ns < found->sent_ns)) {
                found = a;
                *ret_ttl = ttl;
            }
        }
    }
    return found;
}

/* The same probe once more, as small as the router wants it. False: what it says is no help. */
static bool send_smaller(struct walk *w, struct walk_answer *a, unsigned ttl,
                         const struct probe_event *e) {
    bool v6 = w->conf.probe.to.any.sa_family == AF_INET6;

    if (!w->conf.mtu || e->what != PROBE_ICMP || !words_is_too_big(v6, e->type, e->code) ||
        e->info < LEAST_MTU || e->info >= w->mtu_bytes) {
        return false;
    }
    w->mtu_bytes = e->info;
    a->mtu_bytes = e->info;
    land(w, a);
    a->state = WALK_UNSENT;
    w->index = 0;
    w->ttl = ttl;
    return true;
}

static void take(struct walk *w, const struct probe_event *e, int64_t now_ns) {
    unsigned ttl = w->by_seq[e->seq].ttl;
    struct walk_answer *a =
        e->has_seq && ttl != 0 ? &w->hops[ttl].answers[w->by_seq[e->seq].index] : NULL;

    if (!e->has_seq) {
        a = oldest(w, &ttl);
    }
    if (a == NULL || a->state != WALK_WAITING || (e->has_seq && a->seq != e->seq) ||
        send_smaller(w, a, ttl, e)) {
        return;
    }
    land(w, a);
    a->state = e->what == PROBE_FAILED ? WALK_LOST : WALK_ANSWERED;
    a->rtt_ns = now_ns - e->age_ns - a->sent_ns;
    a->rtt_ns = a->rtt_ns > 0 ? a->rtt_ns : 1;
    w->longest_ns = a->rtt_ns > w->longest_ns ? a->rtt_ns : w->longest_ns;
    a->from = e->from;
    a->what = e->what;
    a->type = e->type;
    a->code = e->code;
    a->info = e->info;
    a->ttl = e->ttl;
    a->has_quote = e->has_quote;
    a->quote_ttl = e->quote_ttl;
    a->translated = walk_is_translated(&w->conf.probe, e);
    memcpy(a->ext, e->ext, sizeof(a->ext));
    if (w->conf.mtu && !w->mtu_told) {
        w->mtu_told = true;
        a->mtu_bytes = w->mtu_bytes;
    }
    if (walk_is_final(w, a)) {
        set_end(w, ttl);
    }
    if (e->what == PROBE_REPLY && w->conf.probe.kind == PROBE_TCP && probe_has_quotes(w->probe)) {
        next_of_flow(w, ttl, w->by_seq[e->seq].index, now_ns, 0);
    }
}

void walk_hear(struct walk *w, int64_t now_ns) {
    struct probe_event e;

    (void)now_ns;
    for (int i = 0; i < 1000 && probe_read(w->probe, &e) > 0; i++) {
        take(w, &e, loop_now().ns);
    }
}
