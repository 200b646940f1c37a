/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * raw.c - probes that are packets of our own
 *
 * Out they go by raw sockets with the IP header in our hands, many a system call; the kernel finds
 * the neighbour. ARP requests go out by a packet socket. What comes in is read by a packet socket,
 * before any filter of this machine, and only what may be an answer passes the program in the kernel
 * that is attached to it.
 *
 * Our TCP port is held by a socket that is bound and does not listen: the kernel takes it for nobody
 * else, and answers a SYN-ACK with RST, which closes the half-open connection of the peer.
 */
#include "tools/scan/raw.h"

#include "host/loop.h"
#include "tools/common/stop.h"
#include "tools/common/tool.h"
#include "tools/scan/limit.h"
#include "tools/scan/own_host.h"
#include "tools/scan/pace.h"
#include "tools/scan/packet.h"
#include "tools/scan/route.h"
#include "tools/scan/targets.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 64
#define SNAP 256
#define DRAIN_MAX 64 /* batches */
#define RCVBUF (32 << 20)
#define MS INT64_C(1000000)
#define WAIT_MIN (100 * MS)
#define GLANCE_MIN (10 * MS)

struct raw {
    struct packet_keys keys;
    int send4, send6, packets, hold;
    int mac_link; /* whose address `mac` is */
    bool has_mac;
    uint8_t mac[6];
    struct sweep *sweep;
    struct own_host *host;
    bool one_is_enough;
    bool paced; /* there are TCP probes, to learn the path by */
    struct pace pace;
    struct limit limit;
    uint32_t slot_of[3][65536]; /* TCP, UDP, others by kind: number of the slot plus one */
    /* one probe's round trip at a time, smoothed as RFC 6298 2 does */
    uint64_t sample;
    int64_t sample_at, srtt, rttvar;
    int send_error;
    uint64_t sent_well;
    /* what is about to leave */
    unsigned n[2]; /* IPv4, IPv6 */
    struct mmsghdr out[2][BATCH];
    struct iovec out_data[2][BATCH];
    struct sockaddr_in to4[BATCH];
    struct sockaddr_in6 to6[BATCH];
    uint8_t out_bytes[2][BATCH][PACKET_MAX];
    /* what came */
    struct mmsghdr in[BATCH];
    struct iovec in_data[BATCH];
    struct sockaddr_ll from[BATCH];
    uint8_t in_bytes[BATCH][SNAP];
};

/* ---- opening ---- */

/* Lets pass: ARP; TCP to our port; UDP to the upper half of ports; ICMP. Not what we sent. */
static int attach_filter(int fd, uint16_t port) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 21, 0),
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_ARP, 18, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 8, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 17),
        /* 6: IPv4 */
        BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMP, 13, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 7, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 12),
        BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
        BPF_STMT(BPF_JMP | BPF_JA, 7),
        /* 13: IPv6 */
        BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, 40),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 6, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 2, 0),
        BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2), /* 17: TCP, both */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 3, 4),
        BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2), /* 19: UDP of IPv6 */
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x8000, 1, 2),
        BPF_STMT(BPF_RET | BPF_K, SNAP), /* not reached */
        BPF_STMT(BPF_RET | BPF_K, SNAP),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno : 0;
}

/* Reserves a port of both versions. */
static int hold_port(struct raw *raw) {
    struct sockaddr_in6 any = {.sin6_family = AF_INET6};
    struct sockaddr_in any4 = {.sin_family = AF_INET};
    socklen_t len = sizeof(any);

    raw->hold = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (raw->hold >= 0 && bind(raw->hold, (struct sockaddr *)&any, sizeof(any)) == 0 &&
        getsockname(raw->hold, (struct sockaddr *)&any, &len) == 0) {
        raw->keys.port = ntohs(any.sin6_port);
        return 0;
    }
    if (raw->hold >= 0) { /* a machine without IPv6 */
        close(raw->hold);
    }
    len = sizeof(any4);
    raw->hold = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (raw->hold < 0 || bind(raw->hold, (struct sockaddr *)&any4, sizeof(any4)) < 0 ||
        getsockname(raw->hold, (struct sockaddr *)&any4, &len) < 0) {
        return -errno;
    }
    raw->keys.port = ntohs(any4.sin_port);
    return 0;
}

static void set_batches(struct raw *raw) {
    for (unsigned i = 0; i < BATCH; i++) {
        for (unsigned v = 0; v < 2; v++) {
            raw->out_data[v][i].iov_base = raw->out_bytes[v][i];
            raw->out[v][i].msg_hdr =
                (struct msghdr){.msg_name = v == 0 ? (void *)&raw->to4[i] : (void *)&raw->to6[i],
                                .msg_namelen = v == 0 ? sizeof(raw->to4[i]) : sizeof(raw->to6[i]),
                                .msg_iov = &raw->out_data[v][i],
                                .msg_iovlen = 1};
        }
        raw->in_data[i] = (struct iovec){raw->in_bytes[i], SNAP};
    }
}

int raw_open(struct raw **ret) {
    struct raw *raw = calloc(1, sizeof(*raw));
    int size = RCVBUF, err = 0;

    if (raw == NULL) {
        return -ENOMEM;
    }
    raw->send4 = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);
    err = raw->send4 < 0 ? -errno : 0;
    raw->send6 = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);
    raw->packets =
        socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); /* nothing yet */
    raw->hold = -1;
    if (raw->packets < 0 && err == 0) {
        err = -errno;
    }
    if (err == 0) {
        err = hold_port(raw);
    }
    if (err == 0) {
        err = attach_filter(raw->packets, raw->keys.port);
    }
    struct sockaddr_ll all = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};

    if (err == 0 && bind(raw->packets, (struct sockaddr *)&all, sizeof(all)) < 0) {
        err = -errno;
    }
    if (err == 0 && getrandom(raw->keys.key, sizeof(raw->keys.key), 0) < 0) {
        err = -errno;
    }
    if (err < 0) {
        raw_close(raw);
        return err;
    }
    if (setsockopt(raw->packets, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0) {
        setsockopt(raw->packets, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    }
    set_batches(raw);
    *ret = raw;
    return 0;
}

void raw_close(struct raw *raw) {
    if (raw == NULL) {
        return;
    }
    int fds[] = {raw->send4, raw->send6, raw->packets, raw->hold};

    for (unsigned i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
    free(raw);
}

void raw_set_host(struct raw *raw, struct own_host *host) {
    raw->host = host;
}

/* ---- sending ---- */

static void flush(struct raw *raw, unsigned v) {
    unsigned at = 0;

    while (at < raw->n[v]) {
        int n = sendmmsg(v == 0 ? raw->send4 : raw->send6, &raw->out[v][at], raw->n[v] - at, 0);

        if (n < 0) { /* this one cannot leave; it counts as lost */
            raw->send_error = errno;
            n = 1;
        } else {
            raw->sent_well += (unsigned)n;
        }
        at += (unsigned)n;
    }
    raw->n[v] = 0;
}

static void send_arp(struct raw *raw, const struct target *t, const struct probe *p) {
    uint8_t body[PACKET_ARP_LEN];
    struct sockaddr_ll to = {.sll_family = AF_PACKET,
                             .sll_protocol = htons(ETH_P_ARP),
                             .sll_ifindex = t->link,
                             .sll_halen = 6};

    memset(to.sll_addr, 0xff, 6);
    packet_write_arp(p, raw->mac, body);
    if (sendto(raw->packets, body, sizeof(body), 0, (struct sockaddr *)&to, sizeof(to)) < 0) {
        raw->send_error = errno;
    } else {
        raw->sent_well++;
    }
}

static bool know_mac(struct raw *raw, int link) {
    if (raw->mac_link != link) {
        raw->mac_link = link;
        raw->has_mac = route_mac(link, raw->mac);
    }
    return raw->has_mac;
}

static void send_probe(struct raw *raw, uint64_t number, int64_t now) {
    const struct job *job = raw->sweep->job;
    const struct target *t = &job->targets[number / job->slots_n];
    const struct slot *slot = &job->slots[number % job->slots_n];
    struct probe p = {
        .kind = slot->kind, .port = slot->port, .source = t->source, .target = t->addr};
    unsigned v = inl_addr_is4(&t->addr) ? 0 : 1;

    if (raw->sample_at == 0 || now - raw->sample_at > raw->sweep->timing.timeout_ns) {
        raw->sample = number;
        raw->sample_at = now;
    }
    if (p.kind == SCAN_NEIGHBOUR && !know_mac(raw, t->link)) {
        return;
    }
    if (p.kind == SCAN_NEIGHBOUR && v == 0) {
        send_arp(raw, t, &p);
        return;
    }
    unsigned i = raw->n[v];
    size_t len = packet_write(&raw->keys, &p, raw->mac, raw->out_bytes[v][i]);

    raw->out_data[v][i].iov_len = len;
    if (v == 0) {
        raw->to4[i] = (struct sockaddr_in){.sin_family = AF_INET};
        memcpy(&raw->to4[i].sin_addr, t->addr.b + 12, 4);
    } else {
        raw->to6[i] = (struct sockaddr_in6){.sin6_family = AF_INET6};
        memcpy(&raw->to6[i].sin6_addr, raw->out_bytes[v][i] + 24, 16);
        raw->to6[i].sin6_scope_id =
            raw->to6[i].sin6_addr.s6_addr[0] >= 0xfe ? (uint32_t)t->link : 0;
    }
    raw->n[v] += len > 0;
    if (raw->n[v] == BATCH) {
        flush(raw, v);
    }
}

/* ---- answers ---- */

static void take_sample(struct raw *raw, uint64_t number, int64_t now) {
    if (raw->sample_at == 0 || number != raw->sample) {
        return;
    }
    int64_t rtt = now - raw->sample_at;
    int64_t off = rtt > raw->srtt ? rtt - raw->srtt : raw->srtt - rtt;

    raw->rttvar = raw->srtt == 0 ? rtt / 2 : (3 * raw->rttvar + off) / 4;
    raw->srtt = raw->srtt == 0 ? rtt : (7 * raw->srtt + rtt) / 8;
    raw->sample_at = 0;
}

static uint32_t slot_of(const struct raw *raw, const struct answer *a) {
    switch (a->kind) {
    case SCAN_SYN:
        return raw->slot_of[0][a->port];
    case SCAN_UDP:
        return raw->slot_of[1][a->port];
    default:
        return raw->slot_of[2][a->kind];
    }
}

static void note(struct raw *raw, const struct answer *a, int64_t now) {
    struct job *job = raw->sweep->job;
    uint32_t slot = slot_of(raw, a);
    int64_t target = slot != 0 ? targets_find(job->targets, job->targets_n, &a->target) : -1;

    if (target < 0) {
        return;
    }
    uint64_t first = (uint64_t)target * job->slots_n;

    uint64_t probe = first + slot - 1;
    bool news = job->answers[probe] == SCAN_NO_RESPONSE;

    take_sample(raw, probe, now);
    if (a->reason == SCAN_PORT_UNREACH && a->kind == SCAN_UDP) {
        limit_hear(&raw->limit, probe, !news);
    } else if (a->reason == SCAN_RESET && news) {
        pace_know(&raw->pace, probe);
    } else if (a->reason == SCAN_RESET) {
        pace_hear(&raw->pace, probe);
    }
    if (job_note(job, probe, a->reason) && raw->one_is_enough && a->reason <= SCAN_PORT_UNREACH) {
        for (uint32_t i = 0; i < job->slots_n; i++) {
            job_note(job, first + i, SCAN_NOT_ASKED);
        }
    }
}

static int receive(struct raw *raw) {
    for (unsigned i = 0; i < BATCH; i++) {
        raw->in[i].msg_hdr = (struct msghdr){.msg_name = &raw->from[i],
                                             .msg_namelen = sizeof(raw->from[i]),
                                             .msg_iov = &raw->in_data[i],
                                             .msg_iovlen = 1};
    }
    int n = recvmmsg(raw->packets, raw->in, BATCH, MSG_DONTWAIT, NULL);
    int64_t now = loop_now().ns;

    if (raw->host != NULL) {
        own_host_run(raw->host);
    }
    for (int i = 0; i < n; i++) {
        size_t len = raw->in[i].msg_len < SNAP ? raw->in[i].msg_len : SNAP;
        bool arp = raw->from[i].sll_protocol == htons(ETH_P_ARP);
        struct answer a;

        if (arp ? packet_read_arp(raw->in_bytes[i], len, &a)
                : packet_read(&raw->keys, raw->in_bytes[i], len, &a)) {
            note(raw, &a, now);
        }
    }
    return n;
}

/* What came, of a flood only so much as lets the run go on, and see Ctrl-C. */
static void drain(struct raw *raw) {
    for (unsigned i = 0; i < DRAIN_MAX && receive(raw) == BATCH; i++) {
    }
}

/* ---- the run ---- */

/* Waits for packets or Ctrl-C until a time. True: stop. */
static bool wait_until(struct raw *raw, int64_t until) {
    struct pollfd polls[] = {{.fd = raw->packets, .events = POLLIN},
                             {.fd = stop_fd(), .events = POLLIN},
                             {.fd = -1, .events = POLLIN}};
    int64_t now = loop_now().ns;
    int64_t left = until > now ? until - now : 0;
    struct timespec ts = {left / (1000 * MS), left % (1000 * MS)};

    if (raw->host != NULL) {
        polls[2].fd = own_host_fd(raw->host);
    }
    if (ppoll(polls, 3, &ts, NULL) > 0 && polls[1].revents != 0) {
        enum stop_wish wish = stop_read();

        sweep_tell(raw->sweep, now, wish == STOP_REPORT);
        return wish == STOP_NOW;
    }
    return false;
}

static int64_t patience(const struct raw *raw) {
    int64_t wait = raw->srtt + 4 * raw->rttvar;

    wait = wait < WAIT_MIN ? WAIT_MIN : wait;
    return raw->srtt == 0 || wait > raw->sweep->timing.timeout_ns ? raw->sweep->timing.timeout_ns
                                                                  : wait;
}

/* What comes later than this after the first pass is asked once more: no harm is done. */
static int64_t glance(const struct raw *raw) {
    int64_t all = patience(raw), some = 2 * raw->srtt + GLANCE_MIN;

    return raw->srtt == 0 || raw->limit.known || some > all ? all : some;
}

/* The next probe of the pass, and the test that goes with it. False: the pass is over. */
static bool send_next(struct raw *raw, int64_t now) {
    struct sweep *s = raw->sweep;
    uint64_t number, test;
    bool any = sweep_next(s, &number), more = false;

    if (any) {
        send_probe(raw, number, now);
    }
    if (raw->one_is_enough) {
        return any;
    }
    if (!any) {
        more = limit_test_last(&raw->limit, &test);
    } else if (s->job->slots[number % s->job->slots_n].kind == SCAN_UDP) {
        more = limit_test(&raw->limit, &test);
    } else {
        more = pace_test(&raw->pace, now, &test);
    }
    if (more) {
        send_probe(raw, test, now);
        s->next += s->timing.gap_ns;
        s->sent++;
    }
    return any;
}

/* A busy machine is late with answers: only after the whole timeout a test counts as lost. */
static void set_pace(struct raw *raw, int64_t now) {
    if (raw->paced) {
        pace_settle(&raw->pace, now, raw->sweep->timing.timeout_ns);
        raw->sweep->timing.gap_ns = raw->pace.gap_ns;
    }
}

/* True: Ctrl-C. */
static bool pass(struct raw *raw) {
    struct sweep *s = raw->sweep;
    bool over = false, stop = false;
    int64_t now = loop_now().ns;

    limit_begin(&raw->limit, s->pass, now);
    while (!over && !stop) {
        unsigned due = sweep_due(s, now, BATCH);

        for (; due > 0 && !over; due--) {
            over = !send_next(raw, now);
        }
        flush(raw, 0);
        flush(raw, 1);
        drain(raw);
        now = loop_now().ns;
        set_pace(raw, now);
        sweep_tell(s, now, false);
        if (s->next > now && !over) {
            stop = wait_until(raw, s->next);
            now = loop_now().ns;
        } else if (!over) {
            stop = stop_asked();
        }
    }
    int64_t until = now + (s->pass == 0 && s->timing.retries > 0 ? glance(raw) : patience(raw));

    while (!stop && now < until && s->job->answered < job_total(s->job)) {
        stop = wait_until(raw, until);
        drain(raw);
        now = loop_now().ns;
        sweep_tell(s, now, false);
    }
    s->unsure = limit_met(&raw->limit, now, s->job->targets_n, &s->timing.gap_ns);
    if (s->unsure) {
        s->next =
            now + s->timing.gap_ns; /* what the machine may send is used up: not even the first */
    }
    raw->paced = raw->paced && !s->unsure;
    return stop;
}

int raw_run(struct raw *raw, struct sweep *sweep, bool one_is_enough) {
    const struct job *job = sweep->job;

    raw->sweep = sweep;
    raw->one_is_enough = one_is_enough;
    raw->sample_at = raw->srtt = raw->rttvar = 0;
    raw->sent_well = 0;
    raw->send_error = 0;
    memset(raw->slot_of, 0, sizeof(raw->slot_of));
    raw->paced = !one_is_enough && job->slots[0].kind < SCAN_UDP;
    raw->limit = (struct limit){0};
    pace_init(&raw->pace, sweep->timing.gap_ns, sweep->timing.fastest_ns);
    for (uint32_t i = 0; i < job->slots_n; i++) {
        const struct slot *slot = &job->slots[i];
        unsigned table = slot->kind < SCAN_UDP ? 0 : slot->kind == SCAN_UDP ? 1 : 2;

        raw->slot_of[table][table == 2 ? slot->kind : slot->port] = i + 1;
    }
    while (!pass(raw) && sweep_again(sweep)) {
    }
    sweep_quiet(sweep);
    if (raw->sent_well == 0 && raw->send_error != 0) {
        tool_say("no packet could be sent: %s", strerror(raw->send_error));
        return -raw->send_error;
    }
    return 0;
}
