/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * accecn.c - more accurate ECN feedback (RFC 9768)
 *
 * Owns struct tcp_accecn, which a connection has when both ends agreed on it (ecn.c). The receiver
 * counts: packets with CE (r_cep), and bytes of each mark. The low three bits of r_cep stand in
 * the flags AE, CWR and ECE of every segment (the ACE field), the byte counts in an option, where
 * there is room, on segments that acknowledge data whose marks moved a count (3.2.3.3). The sender
 * follows with counters of its own (s_...).
 *
 * Three bits wrap. So the receiver acknowledges at once when marks begin, and every second marked
 * packet (3.2.2.5.1); and the sender, when an ACK without the option covers more than seven
 * packets, takes the worst that the three bits allow, unless ACKs are always that far apart; with
 * the option the bytes say how often they wrapped (3.2.2.5.2, A.2).
 *
 * Things that middleboxes do: the ACK of the SYN-ACK says how the SYN-ACK's own ECN field arrived
 * (handshake encoding, 3.2.2.1), and a change that no router may make means that we send no ECT
 * (3.2.2.3). An ACE of zero there means that the flags were wiped: no ECT and no response. Byte
 * counts that begin with zero are not believed. A packet with the option that is lost during the
 * handshake, or as our first data, is sent again without, and then no more options are sent.
 *
 * Who changes a mark into a count can only slow the sender down, as loss can: what a peer claims
 * is never more than what it acknowledges.
 *
 * Does not do: accurate feedback on SYN cookies (synq.c), ECT on control packets, the test for
 * marks that never end (3.2.2.3, left to the implementer).
 */
#include "tcp/internal.h"
#include "wire/ipproto.h"

#define CEP_INIT 5u
#define ACE_MASK 7u
#define COUNT_MASK 0xffffffu /* 24 bits on the wire */
#define COUNT_HALF 0x800000u /* steps beyond that go back */
#define ACK_PKTS_SHIFT 4     /* fixed point of the average of packets per ACK */
#define ACK_PKTS_STRETCH 4u  /* above that many, one ACK for eight packets is nothing unusual */

enum accecn_count { E0B = 1, CEB = 2, E1B = 4 };

/* ---- the ACE field ---- */

static uint16_t ace_to_flags(unsigned ace) {
    return (uint16_t)((ace & 4 ? TCP_AE : 0) | (ace & 2 ? TCP_CWR : 0) | (ace & 1 ? TCP_ECE : 0));
}

static unsigned ace_from_flags(uint16_t flags) {
    return (flags & TCP_AE ? 4u : 0) | (flags & TCP_CWR ? 2u : 0) | (flags & TCP_ECE ? 1u : 0);
}

/* Tables 2 and 3: the field of the SYN or SYN-ACK that is answered. */
static unsigned ace_handshake(uint8_t ip_ecn) {
    static const uint8_t code[] = {
        [IP_ECN_NOT_ECT] = 2, [IP_ECN_ECT1] = 3, [IP_ECN_ECT0] = 4, [IP_ECN_CE] = 6};

    return code[ip_ecn & IP_ECN_MASK];
}

uint16_t tcp_accecn_synack(const struct tcp_conn *c) {
    /* sent twice in vain: without, for paths that drop what they do not know (3.2.3.2.2) */
    return c->rtt.syn_rtx >= 2 ? 0 : ace_to_flags(ace_handshake(c->ecn.syn_field));
}

static bool accecn_is_handshake_ack(const struct tcp_conn *c, const struct tcp_plan *plan) {
    return c->ecn.acc && c->ecn.acc->handshake_ack && plan->data_len == 0 &&
           (plan->kind == TCP_PLAN_PURE_ACK || plan->kind == TCP_PLAN_ACK);
}

uint16_t tcp_accecn_flags(const struct tcp_conn *c, const struct tcp_plan *plan) {
    if (accecn_is_handshake_ack(c, plan)) {
        return ace_to_flags(ace_handshake(c->ecn.syn_field));
    }
    return ace_to_flags((c->ecn.acc ? c->ecn.acc->r_cep : CEP_INIT) & ACE_MASK);
}

/* ---- begin and end ---- */

bool tcp_accecn_begin(struct tcp_conn *c) {
    struct tcp_accecn *a = mem_zalloc(&c->tcp->env->mem, sizeof(*a));

    if (!a) {
        return false;
    }
    a->r_cep = CEP_INIT;
    a->s_cep = CEP_INIT;
    a->option_cep = CEP_INIT;
    a->acked_cep = CEP_INIT;
    a->r_count[0] = 1;
    a->r_count[2] = 1;
    a->s_count[0] = 1;
    a->s_count[2] = 1;
    c->ecn.acc = a;
    return true;
}

void tcp_accecn_end(struct tcp_conn *c) {
    mem_free(&c->tcp->env->mem, c->ecn.acc, sizeof(*c->ecn.acc));
    c->ecn.acc = NULL;
}

/* 3.2.3.2.4: the counters begin at one, so that wiped ones can be told. */
static void accecn_first_option(struct tcp_accecn *a, const struct tcp_opts *o) {
    if (o->present & (TCP_HAS_ACCECN0 | TCP_HAS_ACCECN1)) {
        a->option_bad =
            (o->accecn_n > 0 && o->accecn[0] == 0) || (o->accecn_n > 2 && o->accecn[2] == 0);
    }
}

void tcp_accecn_client(struct tcp_conn *c, const struct tcp_seg *synack) {
    struct tcp_accecn *a = c->ecn.acc;

    a->handshake_ack = true;
    a->option_test = true;
    a->r_cep += c->ecn.syn_field == IP_ECN_CE;
    accecn_first_option(a, &synack->o);
}

void tcp_accecn_synack_again(struct tcp_conn *c, const struct tcp_seg *seg) {
    struct tcp_accecn *a = c->ecn.acc;

    if (!a || c->passive || (seg->flags & (TCP_SYN | TCP_ACK)) != (TCP_SYN | TCP_ACK) ||
        !seq_eq(seg->seq, c->rcv.irs) || (c->state != INL_TCP_ESTABLISHED)) {
        return;
    }
    c->ecn.syn_field = seg->rx->tos & IP_ECN_MASK;
    if (c->ecn.syn_field == IP_ECN_CE && a->r_cep == CEP_INIT) {
        a->r_cep++; /* once, for the server counts it once, too */
    }
    a->handshake_ack = true;
}

/* 3.2.2.1, table 4. True: a mark to be answered. */
bool tcp_accecn_server(struct tcp_conn *c, const struct tcp_seg *seg) {
    struct tcp_accecn *a = c->ecn.acc;
    unsigned ace = ace_from_flags(seg->flags);

    accecn_first_option(a, &seg->o);
    if (seg->data_len > 0 || seg->o.present & TCP_HAS_SACK) {
        unsigned more = (ace - a->s_cep) & ACE_MASK;

        a->s_cep += more;
        return more > 0;
    }
    switch (ace) {
    case 0: /* the client is in no mode of ECN, or somebody wiped the flags */
        c->ecn.no_ect = true;
        a->deaf = true;
        return false;
    case 3:
    case 4: /* what left as Not-ECT cannot arrive as ECT */
        c->ecn.no_ect = true;
        return false;
    case 6:
        c->ecn.no_ect = true;
        a->s_cep++;
        return true;
    default: /* 1, 5 and 7 have no meaning yet */
        return false;
    }
}

/* ---- the receiver's side ---- */

static unsigned count_of(uint8_t ip_ecn) {
    switch (ip_ecn & IP_ECN_MASK) {
    case IP_ECN_ECT0:
        return 0;
    case IP_ECN_CE:
        return 1;
    default:
        return 2;
    }
}

void tcp_accecn_input(struct tcp_conn *c, const struct tcp_seg *seg) {
    struct tcp_accecn *a = c->ecn.acc;
    uint8_t field = seg->rx->tos & IP_ECN_MASK;
    bool ce = field == IP_ECN_CE;
    bool unacked = seg->data_len > 0 || !seq_eq(c->rcv.nxt, c->ackd.last_sent);

    if (field != IP_ECN_NOT_ECT && seg->data_len > 0) {
        unsigned i = count_of(field);

        a->r_count[i] += seg->data_len;
        a->ever |= (uint8_t)(1u << i);
        a->news |= (uint8_t)(1u << i);
    }
    a->r_cep += ce ? tcp_gro_segs(seg) : 0;
    if (ce &&
        ((seg->data_len > 0 && !a->last_ce) || a->r_cep - a->acked_cep >= (unacked ? 2 : 3))) {
        tcp_ackd_now(c, INL_CAUSE_TCP_ACK_ECN);
    }
    a->last_ce = ce;
}

/* ---- the option ---- */

/* Whether this segment shall have it, and which counters: as they stand in order 0 or 1. */
struct accecn_choice {
    uint8_t want; /* counters to tell */
    uint8_t must; /* those that have changed: without room for them no option */
    bool due;
};

static struct accecn_choice accecn_due(const struct tcp_conn *c, uint16_t flags,
                                       uint32_t data_len) {
    const struct tcp_accecn *a = c->ecn.acc;

    if (flags & TCP_SYN) {
        bool first = c->rtt.syn_rtx == 0 && !c->ecn.again;

        return (struct accecn_choice){.want = E0B | CEB | E1B, .due = flags & TCP_ACK && first};
    }
    if (!a || a->option_off || flags & TCP_RST) {
        return (struct accecn_choice){0};
    }
    if (a->handshake_ack && data_len == 0) {
        return (struct accecn_choice){.want = E0B | CEB | E1B, .due = true};
    }
    return (struct accecn_choice){
        .want = a->ever, .must = a->news, .due = a->news || (a->option_test && data_len > 0)};
}

/* Fields that order 0 or 1 needs for these counters: the last of them and all before. */
static unsigned accecn_fields(uint8_t counters, bool order1) {
    uint8_t last = order1 ? E0B : E1B;

    return counters & last ? 3 : counters & CEB ? 2 : counters ? 1 : 0;
}

static uint32_t accecn_bytes(unsigned fields) {
    return (2 + 3 * fields + 3) & ~3u;
}

/* The most that room holds; false: not even what must be told. */
static bool accecn_fit(const struct accecn_choice *w, uint32_t room, bool order1,
                       unsigned *ret_fields) {
    unsigned n = accecn_fields(w->want, order1);
    unsigned least = accecn_fields(w->must, order1);

    n = n == 0 ? 1 : n;
    while (n > least && accecn_bytes(n) > room) {
        n--;
    }
    *ret_fields = n;
    return accecn_bytes(n) <= room;
}

void tcp_accecn_fill(const struct tcp_conn *c, uint16_t flags, uint32_t data_len, uint32_t room,
                     struct tcp_opts *ret) {
    static const uint32_t initial[] = {1, 0, 1};
    struct accecn_choice w = accecn_due(c, flags, data_len);
    const uint32_t *count = c->ecn.acc ? c->ecn.acc->r_count : initial;
    bool order1 = (w.want & (E0B | E1B)) == E1B;
    unsigned n;

    if (c->ecn.mode != TCP_ECN_ACCURATE || !w.due) {
        return;
    }
    if (!accecn_fit(&w, room, order1, &n)) {
        order1 = !order1;
        if (!accecn_fit(&w, room, order1, &n)) {
            return;
        }
    }
    for (unsigned i = 0; i < n; i++) {
        ret->accecn[i] = count[order1 ? 2 - i : i] & COUNT_MASK;
    }
    ret->accecn_n = (uint8_t)n;
    ret->present |= order1 ? TCP_HAS_ACCECN1 : TCP_HAS_ACCECN0;
}

uint32_t tcp_accecn_reserve(const struct tcp_conn *c) {
    struct accecn_choice w = accecn_due(c, TCP_ACK, 1);

    if (c->ecn.mode != TCP_ECN_ACCURATE || !w.due) {
        return 0;
    }
    w.must = w.want;
    return accecn_bytes(accecn_fields(w.want ? w.want : E0B, (w.want & (E0B | E1B)) == E1B));
}

void tcp_accecn_sent(struct tcp_conn *c, const struct tcp_plan *plan, const struct tcp_opts *o) {
    struct tcp_accecn *a = c->ecn.acc;

    if (!a || plan->flags & TCP_SYN) {
        return;
    }
    a->acked_cep = a->r_cep;
    if (o->present & (TCP_HAS_ACCECN0 | TCP_HAS_ACCECN1)) {
        a->news = 0; /* what had news was in it */
        if (plan->data_len > 0 && a->option_test && plan->kind == TCP_PLAN_NEW) {
            a->option_test = false;
            a->test_seq = plan->seq;
            a->testing = true;
        }
    }
    if (plan->kind == TCP_PLAN_RTX && a->testing && seq_eq(plan->seq, a->test_seq)) {
        a->option_off = true; /* lost, perhaps for its option (3.2.3.2.2) */
        a->testing = false;
    }
    if (accecn_is_handshake_ack(c, plan)) {
        a->handshake_ack = false;
    }
}

/* ---- the sender's side ---- */

/* The counters of the option: how many bytes with CE are new; false if it says nothing of them. */
static bool accecn_option(struct tcp_accecn *a, const struct tcp_opts *o, uint32_t *ret_ceb) {
    bool order1 = (o->present & TCP_HAS_ACCECN1) != 0;
    bool has_ceb = false;

    if (a->option_bad || !(o->present & (TCP_HAS_ACCECN0 | TCP_HAS_ACCECN1))) {
        return false;
    }
    *ret_ceb = 0;
    for (unsigned i = 0; i < o->accecn_n; i++) {
        unsigned k = order1 ? 2 - i : i;
        uint32_t step = (o->accecn[i] - a->s_count[k]) & COUNT_MASK;

        if (step >= COUNT_HALF) {
            continue; /* older than what is known */
        }
        a->s_count[k] += step;
        if (k == 1) {
            *ret_ceb = step;
        }
    }
    has_ceb = o->accecn_n > 1;
    /* left out: it did not change (3.2.3.3), if anything is said at all */
    return has_ceb || o->accecn_n > 0;
}

/* How many packets the three bits stand for: A.2. */
static uint32_t accecn_packets(const struct tcp_conn *c, uint32_t step, uint32_t acked,
                               bool has_bytes, uint32_t ceb) {
    uint32_t safe;

    if (acked <= ACE_MASK) {
        return step;
    }
    safe = acked - ((acked - step) & ACE_MASK);
    if (has_bytes) {
        uint32_t full = (ceb + c->opt.snd_mss_bytes - 1) / c->opt.snd_mss_bytes;
        uint32_t more = full > step ? (full - step + ACE_MASK) & ~ACE_MASK : 0;

        return step + more < safe ? step + more : safe;
    }
    return c->ecn.acc->ack_pkts >> ACK_PKTS_SHIFT > ACK_PKTS_STRETCH ? step : safe;
}

uint32_t tcp_accecn_delivered_ce(const struct tcp_conn *c) {
    return c->ecn.acc ? c->ecn.acc->s_cep - CEP_INIT : 0;
}

bool tcp_accecn_ack(struct tcp_conn *c, const struct tcp_seg *seg) {
    struct tcp_accecn *a = c->ecn.acc;
    struct tcp_cc_ack *ack = &c->tcp->ack;
    uint32_t acked = ack->delivered_segs;
    uint32_t step = (ace_from_flags(seg->flags) - a->s_cep) & ACE_MASK;
    uint32_t ceb = 0;
    uint32_t packets;
    bool has_bytes;

    if (acked == 0 && !(seg->data_len > 0 && seq_ge(seg->seq, c->rcv.nxt))) {
        return false; /* perhaps older than what is known: what it says will come again */
    }
    if (a->testing && seq_gt(seg->ack, a->test_seq)) {
        a->testing = false;
    }
    has_bytes = accecn_option(a, &seg->o, &ceb);
    packets = accecn_packets(c, step, acked, has_bytes, ceb);
    a->ack_pkts += ((acked << ACK_PKTS_SHIFT) >> 3) - (a->ack_pkts >> 3);
    a->s_cep += packets;
    if (has_bytes) {
        if (ceb > 0 && a->s_cep == a->option_cep && acked <= ACE_MASK) {
            c->ecn.no_ect = true; /* 3.2.3.2.5: no packet had these bytes: flags are changed */
        }
        a->option_cep = a->s_cep;
    } else {
        ceb = packets * c->opt.snd_mss_bytes; /* A.3 */
    }
    if (a->deaf || (packets == 0 && ceb == 0)) {
        return false;
    }
    ack->ce_bytes = ceb < ack->delivered_bytes ? ceb : ack->delivered_bytes;
    return true;
}
