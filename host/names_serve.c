/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names_serve.c - where queries to the lab's name server come in
 *
 * A program that nobody changed reads the machine's /etc/resolv.conf and asks the nameservers in
 * it. In a lab nobody is there. So each host has doors: sockets on port 53 of those addresses (of
 * 127.0.0.1 if the file names none, as resolvers then do), which the host has on its loopback link
 * for the purpose. An address that belongs to the lab's own networks is left alone. A host with
 * `name-server = yes` answers on all its addresses: to other hosts, and to the kernel behind a TAP
 * device.
 *
 * A program may want the port for a name server of its own. Then its host's doors close
 * (names_yield()), and the host is on its own.
 *
 * By TCP each query has its length in front (RFC 1035 4.2.2). A connection that says nothing for
 * STREAM_IDLE_NS ends, and so does the one that was silent longest when there are STREAMS_MAX.
 *
 * Invariants: streams are one list, the longest silent first; each is in its host's services.
 */
#include "host/ages.h"
#include "host/dns.h"
#include "host/names.h"
#include "host/service.h"

#include "wire/dns.h"

#include <inlet/net.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RESOLV_CONF "/etc/resolv.conf"
#define LOCALHOST4 0x7f000001u
#define DOORS_A_HOST 8
#define BACKLOG 16
#define STREAMS_MAX 64
#define STREAM_IDLE_NS (10 * INL_S)
#define QUERY_MAX 1024 /* by TCP; a name has 255 bytes at most */

struct door {
    struct service_sock udp, tcp;
};

struct host_doors {
    unsigned doors_n;
    struct door doors[DOORS_A_HOST];
};

struct stream {
    struct service_sock ss;
    struct age_node age;
    uint64_t id;
    size_t got;
    uint8_t buf[2 + QUERY_MAX];
};

struct names {
    struct lab *lab;
    struct host_doors *hosts;
    struct names_host *zone_hosts; /* scratch */
    struct names_forward *forward; /* NULL: nobody else is asked */
    struct names_learned *learned; /* of whom hosts have been told */
    struct ages streams;
    uint64_t next_stream;
};

/* ---- the zone ---- */

/* What others can speak to: not what is tentative or given up, nor of the loopback or of one link.
 */
static unsigned live_addrs(const struct inl_stack *stack, struct inl_addr out[NAMES_ADDRS_MAX]) {
    struct inl_addr_info info[NAMES_ADDRS_MAX * 2];
    size_t n = inl_addr_snapshot(stack, info, NAMES_ADDRS_MAX * 2);
    unsigned kept = 0;

    for (size_t i = 0; i < n && i < NAMES_ADDRS_MAX * 2 && kept < NAMES_ADDRS_MAX; i++) {
        bool usable = info[i].state == INL_ADDR_PREFERRED || info[i].state == INL_ADDR_DEPRECATED;

        if (usable && info[i].link != 0 && !inl_addr_is_link_local(&info[i].addr)) {
            out[kept++] = info[i].addr;
        }
    }
    return kept;
}

static struct names_zone zone_now(struct names *names, bool forward) {
    const struct labfile *file = names->lab->file;

    for (unsigned i = 0; i < file->hosts_n; i++) {
        const struct labfile_host *from = &file->hosts[i];
        struct names_host *to = &names->zone_hosts[i];

        to->name = from->name;
        to->addrs_n = live_addrs(lab_stack(names->lab, (int)i), to->addrs);
    }
    return (struct names_zone){
        .hosts_n = file->hosts_n, .hosts = names->zone_hosts, .forward = forward};
}

/* ---- streams ---- */

static struct stream *stream_of(struct age_node *node) {
    return node != NULL ? AGES_ENTRY(node, struct stream, age) : NULL;
}

static void stream_free(struct stream *s) {
    ages_remove(&s->ss.lab->names->streams, &s->age);
    service_close(&s->ss);
    free(s);
}

static struct stream *stream_find(const struct names *names, uint64_t id) {
    struct stream *s = stream_of(names->streams.oldest);

    while (s != NULL && s->id != id) {
        s = stream_of(s->age.newer);
    }
    return s;
}

/* ---- answers ---- */

static void reply_stream(struct stream *s, const uint8_t *answer, size_t len) {
    const uint8_t prefix[2] = {(uint8_t)(len >> 8), (uint8_t)len};
    struct inl_stack *stack = service_stack(&s->ss);

    if (inl_send(stack, s->ss.sock, prefix, 2, INL_MSG_MORE) != 2 ||
        inl_send(stack, s->ss.sock, answer, len, 0) != (int64_t)len) {
        stream_free(s); /* it does not read its answers */
    }
}

/* What does not fit is left out as a whole: the asker comes again by TCP (RFC 2181 9). */
static size_t cut_for_udp(const uint8_t *answer, size_t len, uint8_t out[NAMES_UDP_MAX]) {
    struct wr w = wr_init(out, NAMES_UDP_MAX);
    struct dns_question q;
    struct dns_msg m;

    if (len <= NAMES_UDP_MAX) {
        memcpy(out, answer, len);
        return len;
    }
    if (!dns_parse(rd_init(answer, len), &m) || !dns_next_question(&m, &q)) {
        return 0;
    }
    m.hdr.truncated = true;
    m.hdr.questions = 1;
    m.hdr.answers = m.hdr.authorities = m.hdr.additionals = 0;
    dns_hdr_emit(&w, &m.hdr);
    dns_question_emit(&w, &q);
    return wr_len(&w);
}

/* From the address that was asked, whichever the host has beside it. */
static void reply_udp(struct lab *lab, const struct names_asker *to, const uint8_t *answer,
                      size_t len) {
    struct inl_stack *stack = lab_stack(lab, to->host);
    uint8_t buf[NAMES_UDP_MAX];
    inl_sock s =
        inl_socket(stack, inl_addr_is4(&to->to.addr) ? INL_AF_INET : INL_AF_INET6, INL_SOCK_DGRAM);

    len = cut_for_udp(answer, len, buf);
    if (s >= 0 && len > 0 && inl_setsockopt(stack, s, INL_OPT_REUSEADDR, 1) == 0 &&
        inl_bind(stack, s, &to->to) == 0) {
        (void)inl_sendto(stack, s, buf, len, 0, &to->from); /* or lost */
    }
    inl_close(stack, s);
}

void names_reply(struct lab *lab, const struct names_asker *asker, const uint8_t *answer,
                 size_t len) {
    if (!asker->tcp) {
        reply_udp(lab, asker, answer, len);
        return;
    }
    struct stream *s = stream_find(lab->names, asker->stream);

    if (s != NULL && len <= UINT16_MAX) {
        reply_stream(s, answer, len);
    }
}

static void query(struct names *names, const struct names_asker *asker, const uint8_t *data,
                  size_t len) {
    bool is_told = names_learned_any(names->lab, asker);
    struct names_zone zone = zone_now(names, is_told || names->forward != NULL);
    uint8_t buf[NAMES_REPLY_MAX];
    struct wr w = wr_init(buf, sizeof(buf));
    enum names_result result = names_answer(&zone, rd_init(data, len), &w);

    if (result == NAMES_ANSWERED && !w.bad) {
        names_reply(names->lab, asker, buf, wr_len(&w));
    } else if (result == NAMES_FORWARD && is_told) {
        names_learned_ask(names->learned, asker, data, len);
    } else if (result == NAMES_FORWARD) {
        names_forward(names->forward, asker, data, len);
    }
}

/* ---- events ---- */

static void on_datagrams(struct service_sock *door, uint32_t events) {
    uint8_t *buf = door->lab->buffer;

    (void)events;
    for (;;) {
        struct names_asker asker = {.host = door->host};
        int64_t n = inl_recvfrom(service_stack(door), door->sock, buf, PROTO_PAYLOAD_MAX, 0,
                                 &asker.from, &asker.to);

        if (n < 0) {
            return;
        }
        query(door->lab->names, &asker, buf, (size_t)n);
    }
}

/* Takes the queries that are complete out of the buffer. False: the stream has been freed. */
static bool stream_queries(struct stream *s) {
    struct names *names = s->ss.lab->names;
    struct names_asker asker = {.host = s->ss.host, .tcp = true, .stream = s->id};

    (void)inl_getpeername(service_stack(&s->ss), s->ss.sock, &asker.from);

    while (s->got >= 2) {
        size_t len = (size_t)(s->buf[0] << 8 | s->buf[1]);

        if (len > QUERY_MAX) {
            stream_free(s);
            return false;
        }
        if (s->got < 2 + len) {
            break;
        }
        query(names, &asker, s->buf + 2, len);
        if (stream_find(names, asker.stream) == NULL) {
            return false;
        }
        s->got -= 2 + len;
        memmove(s->buf, s->buf + 2 + len, s->got);
    }
    return true;
}

static void on_stream(struct service_sock *ss, uint32_t events) {
    struct stream *s = (struct stream *)ss;
    // NOLINTNEXTLINE(clang-analyzer-unix.Malloc)
    struct names *names = ss->lab->names;

    (void)events;
    for (;;) {
        int64_t n =
            inl_recv(service_stack(ss), ss->sock, s->buf + s->got, sizeof(s->buf) - s->got, 0);

        if (n == -EAGAIN) {
            return;
        }
        if (n <= 0) {
            stream_free(s);
            return;
        }
        s->got += (size_t)n;
        ages_renew(&names->streams, &s->age, inl_time_add(loop_now(), STREAM_IDLE_NS));
        if (!stream_queries(s)) {
            return;
        }
    }
}

static void on_connections(struct service_sock *door, uint32_t events) {
    struct names *names = door->lab->names;
    inl_sock sock;

    (void)events;
    while ((sock = inl_accept(service_stack(door), door->sock, NULL)) >= 0) {
        struct stream *s = calloc(1, sizeof(*s));

        if (s == NULL) {
            inl_close(service_stack(door), sock);
            continue;
        }
        s->ss = (struct service_sock){
            .lab = door->lab, .host = door->host, .sock = sock, .on_event = on_stream};
        s->id = ++names->next_stream;
        if (service_add(&s->ss) < 0) {
            inl_close(service_stack(door), sock);
            free(s);
            continue;
        }
        ages_add(&names->streams, &s->age, inl_time_add(loop_now(), STREAM_IDLE_NS));
        if (names->streams.count > STREAMS_MAX) {
            stream_free(
                stream_of(names->streams.oldest)); /* never the newest: the limit is above one */
        }
        on_stream(&s->ss, INL_EV_READABLE); /* what came with the handshake */
    }
}

/* ---- doors ---- */

static int open_side(struct service_sock *s, struct lab *lab, int host, enum inl_sock_type type,
                     const struct inl_sockaddr *at) {
    struct inl_stack *stack = lab_stack(lab, host);

    *s = (struct service_sock){
        .lab = lab,
        .host = host,
        .on_event = type == INL_SOCK_STREAM ? on_connections : on_datagrams,
        .sock = inl_socket(stack, inl_addr_is4(&at->addr) ? INL_AF_INET : INL_AF_INET6, type)};
    if (s->sock < 0) {
        return (int)s->sock;
    }
    int err = inl_setsockopt(stack, s->sock, INL_OPT_REUSEADDR, 1);

    if (err == 0) {
        err = inl_bind(stack, s->sock, at);
    }
    if (err == 0 && type == INL_SOCK_STREAM) {
        err = inl_listen(stack, s->sock, BACKLOG);
    }
    if (err == 0) {
        err = service_add(s);
    }
    if (err < 0) {
        inl_close(stack, s->sock);
    }
    return err;
}

static int open_door(struct names *names, int host, const struct inl_addr *addr) {
    const struct inl_sockaddr at = {.addr = *addr, .port = DNS_PORT};
    struct host_doors *h = &names->hosts[host];
    struct door *door = &h->doors[h->doors_n];

    if (h->doors_n == DOORS_A_HOST) {
        return 0;
    }
    int err = open_side(&door->udp, names->lab, host, INL_SOCK_DGRAM, &at);

    if (err < 0) {
        return err;
    }
    err = open_side(&door->tcp, names->lab, host, INL_SOCK_STREAM, &at);
    if (err < 0) {
        service_close(&door->udp);
        return err;
    }
    h->doors_n++;
    return 0;
}

/* Does the address lie in a network of the lab? */
static bool is_of_lab(const struct labfile *file, const struct inl_addr *a) {
    for (unsigned i = 0; i < file->hosts_n; i++) {
        for (unsigned p = 0; p < file->hosts[i].ports_n; p++) {
            const struct labfile_port *port = &file->hosts[i].ports[p];

            for (unsigned k = 0; k < port->addrs_n; k++) {
                const struct labfile_addr *own = &port->addrs[k];
                unsigned bits = own->prefix_len_bits + (inl_addr_is4(&own->addr) ? 96 : 0);

                if (inl_addr_match(&own->addr, a, bits)) {
                    return true;
                }
            }
        }
    }
    return false;
}

/* A door where this host's programs look for a nameserver. */
static int open_for_programs(struct names *names, int host, const struct inl_addr *at) {
    struct inl_stack *stack = lab_stack(names->lab, host);
    int err = 0;

    if (inl_addr_is_link_local(at) || is_of_lab(names->lab->file, at)) {
        return 0;
    }
    if (!inl_addr_is_loopback(at)) {
        err = inl_addr_add(stack, 0, at, inl_addr_is4(at) ? 32 : 128);
    }
    if ((err == 0 || err == -EEXIST) && !names->lab->file->hosts[host].name_server) {
        err = open_door(names, host, at); /* else one door takes them all */
    }
    /* ::2 or 127.1.2.3 may be no address of a host: then its programs ask the next one */
    return err == -EADDRNOTAVAIL || err == -EINVAL ? 0 : err;
}

static int open_host(struct names *names, int host, const struct inl_sockaddr *servers,
                     unsigned n) {
    const struct inl_addr localhost = inl_addr_from4(LOCALHOST4);
    const struct inl_addr everywhere = INL_ADDR_ANY;
    int err = n == 0 ? open_for_programs(names, host, &localhost) : 0;

    for (unsigned i = 0; err == 0 && i < n; i++) {
        err = open_for_programs(names, host, &servers[i].addr);
    }
    if (err == 0 && names->lab->file->hosts[host].name_server) {
        err = open_door(names, host, &everywhere);
    }
    return err;
}

static void close_host(struct names *names, int host) {
    struct host_doors *h = &names->hosts[host];

    for (unsigned i = 0; i < h->doors_n; i++) {
        service_close(&h->doors[i].udp);
        service_close(&h->doors[i].tcp);
    }
    h->doors_n = 0;
}

bool names_yield(struct lab *lab, int host) {
    bool any = lab->names != NULL && lab->names->hosts[host].doors_n > 0;

    if (any) {
        close_host(lab->names, host);
    }
    return any;
}

/* ---- its life ---- */

static bool has_gateway(const struct labfile *file) {
    for (unsigned i = 0; i < file->hosts_n; i++) {
        if (file->hosts[i].transparent) {
            return true;
        }
    }
    return false;
}

/* Whom to ask about the rest of the world: 0, or -errno (told). */
static int open_forward(struct names *names, const struct inl_sockaddr *machine, unsigned n) {
    const struct labfile *file = names->lab->file;

    if (!file->has_dns) {
        return 0;
    }
    if (file->dns.port == 0 && n == 0) {
        fprintf(stderr, "inlet: nameserver = machine, but " RESOLV_CONF " names none\n");
        return -ENOENT;
    }
    names->forward = names_forward_new(names->lab, file->dns.port == 0 ? &machine[0] : &file->dns);
    return names->forward != NULL ? 0 : -ENOMEM;
}

int names_open(struct lab *lab) {
    struct inl_sockaddr servers[DOORS_A_HOST - 1];
    unsigned n = dns_read_resolv(RESOLV_CONF, servers, DOORS_A_HOST - 1);
    struct names *names;

    if (has_gateway(lab->file)) {
        return 0;
    }
    names = calloc(1, sizeof(*names));
    if (names == NULL) {
        return -ENOMEM;
    }
    lab->names = names;
    names->lab = lab;
    names->hosts = calloc(lab->file->hosts_n, sizeof(*names->hosts));
    names->zone_hosts = calloc(lab->file->hosts_n, sizeof(*names->zone_hosts));
    if (names->hosts == NULL || names->zone_hosts == NULL) {
        return -ENOMEM;
    }
    int err = open_forward(names, servers, n);

    if (err == 0) {
        names->learned = names_learned_new(lab, names->forward);
        err = names->learned != NULL ? 0 : -ENOMEM;
    }
    for (unsigned i = 0; err == 0 && i < lab->file->hosts_n; i++) {
        err = open_host(names, (int)i, servers, n);
        if (err < 0) {
            fprintf(stderr, "inlet: cannot open the name server of host %s: %s\n",
                    lab->file->hosts[i].name, strerror(-err));
        }
    }
    return err;
}

void names_close(struct lab *lab) {
    struct names *names = lab->names;

    if (names == NULL) {
        return;
    }
    while (names->streams.oldest != NULL) {
        stream_free(stream_of(names->streams.oldest));
    }
    for (unsigned i = 0; names->hosts != NULL && i < lab->file->hosts_n; i++) {
        close_host(names, (int)i);
    }
    names_learned_free(names->learned);
    names_forward_free(names->forward);
    free(names->hosts);
    free(names->zone_hosts);
    free(names);
    lab->names = NULL;
}

inl_time names_deadline(const struct lab *lab) {
    const struct names *names = lab->names;

    if (names == NULL) {
        return INL_TIME_NEVER;
    }
    inl_time due =
        inl_time_min(ages_deadline(&names->streams), names_learned_deadline(names->learned));

    return names->forward != NULL ? inl_time_min(due, names_forward_deadline(names->forward)) : due;
}

void names_advance(struct lab *lab, inl_time now) {
    struct names *names = lab->names;
    struct age_node *due;

    if (names == NULL) {
        return;
    }
    while ((due = ages_due(&names->streams, now)) != NULL) {
        stream_free(stream_of(due));
    }
    names_learned_advance(names->learned, now);
    if (names->forward != NULL) {
        names_forward_advance(names->forward, now);
    }
}
