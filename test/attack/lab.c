/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lab.c - one host under attack (see lab.h)
 */
#include "lab.h"
#include "wire/eth.h"

static const uint8_t victim_mac[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t honest_mac[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t evil_mac[6] = {2, 0, 0, 0, 0, 0x66};

#define MTU 1500
#define SERVICE_PORT 4711
#define SERVICE_BYTES 20000

/* ---- memory ---- */

static void *block_alloc(void *ctx, size_t size) {
    struct heap *heap = ctx;
    void *p;

    if (heap->fail_in == 0) {
        heap->failed = true;
    }
    if (heap->fail_in >= 0 && heap->fail_in-- == 0) {
        return NULL;
    }
    p = malloc(size);
    if (p) {
        heap->blocks++;
        heap->bytes += size;
        memset(p, 0xa5, size); /* nothing may depend on what was here before */
    }
    return p;
}

static void block_free(void *ctx, void *ptr, size_t size) {
    struct heap *heap = ctx;

    heap->blocks--;
    heap->bytes -= size;
    free(ptr);
}

/* ---- the two stacks ---- */

struct inl_addr ip(const char *text) {
    struct inl_addr a;

    assert_int_equal(inl_addr_parse(text, &a), 0);
    return a;
}

struct inl_sockaddr at(const char *addr, uint16_t port) {
    return (struct inl_sockaddr){.addr = ip(addr), .port = port};
}

void lab_config(struct inl_config *config) {
    inl_config_init(config);
    config->groups.report = false; /* answers to attacks are counted */
    config->tcp.rcvbuf_bytes = 65536;
    config->tcp.sndbuf_bytes = 65536;
    config->tcp.rcvbuf_max_bytes = 65536;
    config->tcp.sndbuf_max_bytes = 65536;
    config->tcp.syn_give_up_ns = 60 * INL_S;
    config->tcp.give_up_ns = 60 * INL_S;
    config->tcp.fin_wait2_ns = 30 * INL_S;
}

static struct inl_stack *stack_make(struct lab *lab, const struct inl_config *config, int which,
                                    int *ret_link) {
    struct inl_link_config wire = {.kind = lab->kind, .name = "wire", .mtu_bytes = MTU};
    const struct inl_addr v4 = ip(which ? HONEST4 : VICTIM4);
    const struct inl_addr v6 = ip(which ? HONEST6 : VICTIM6);
    struct inl_config c = *config;
    struct inl_stack *s;

    memcpy(wire.mac, which ? honest_mac : victim_mac, 6);
    c.alloc = (struct inl_alloc){block_alloc, block_free, &lab->heap};
    c.seed[3] = (uint8_t)(which + 1);
    c.now = lab->now;
    assert_int_equal(inl_stack_new(&c, &s), 0);
    *ret_link = inl_link_add(s, &wire);
    assert_true(*ret_link > 0);
    assert_int_equal(inl_addr_add(s, *ret_link, &v4, 24), 0);
    assert_int_equal(inl_addr_add(s, *ret_link, &v6, 64), 0);
    return s;
}

static inl_sock open_bound(struct inl_stack *s, const char *addr, uint16_t port, bool stream) {
    const struct inl_sockaddr sa = at(addr, port);
    inl_sock sock = inl_socket(s, inl_addr_is4(&sa.addr) ? INL_AF_INET : INL_AF_INET6,
                               stream ? INL_SOCK_STREAM : INL_SOCK_DGRAM);

    assert_true(sock >= 0);
    if (stream) {
        assert_int_equal(inl_setsockopt(s, sock, INL_OPT_REUSEADDR, 1), 0);
    }
    assert_int_equal(inl_bind(s, sock, &sa), 0);
    if (stream) {
        assert_int_equal(inl_listen(s, sock, 4096), 0);
    }
    return sock;
}

struct lab *lab_new_with(enum inl_link_kind kind, const struct inl_config *config) {
    struct lab *lab = calloc(1, sizeof(*lab));

    assert_non_null(lab);
    lab->heap.fail_in = -1;
    lab->kind = kind;
    lab->now = (inl_time){1000 * INL_S};
    lab->resolves = true;
    lab->config = *config;
    lab->victim = stack_make(lab, config, 0, &lab->link);
    assert_int_equal(inl_route_add(lab->victim, &(struct inl_route){.dst = inl_addr_any4(),
                                                                    .gateway = ip(EVIL4),
                                                                    .link = lab->link}),
                     0);
    assert_int_equal(inl_route_add(lab->victim, &(struct inl_route){.dst = inl_addr_any6(),
                                                                    .gateway = ip(EVIL6),
                                                                    .link = lab->link}),
                     0);
    lab->honest = stack_make(lab, config, 1, &lab->honest_link);
    lab->listener4 = open_bound(lab->victim, "0.0.0.0", OPEN_PORT, true);
    lab->listener6 = open_bound(lab->victim, VICTIM6, OPEN_PORT, true);
    lab->udp = open_bound(lab->victim, "0.0.0.0", OPEN_PORT, false);
    lab->base_used = lab->victim->env.mem.used_bytes;
    return lab;
}

struct lab *lab_new(void) {
    struct inl_config c;

    lab_config(&c);
    return lab_new_with(INL_LINK_IP, &c);
}

struct lab *lab_new_ether(void) {
    struct inl_config c;

    lab_config(&c);
    return lab_new_with(INL_LINK_ETHERNET, &c);
}

void lab_drop(struct lab *lab) {
    inl_stack_free(lab->victim);
    inl_stack_free(lab->honest);
    assert_int_equal(lab->heap.blocks, 0);
    assert_int_equal(lab->heap.bytes, 0);
    free(lab);
}

/* ---- the wire ---- */

static void into(struct inl_stack *s, int link, const void *data, size_t len, inl_time now) {
    uint8_t *exact = malloc(len ? len : 1);
    struct inl_rx_frame f = {.data = exact, .len_bytes = len};

    assert_non_null(exact);
    if (len > 0) {
        memcpy(exact, data, len);
    }
    inl_rx(s, link, &f, 1, now);
    free(exact);
}

static void sent_parse(struct sent *s) {
    struct rd r = rd_init(s->data, s->len);

    if (s->data[0] >> 4 == 4) {
        struct ip4_hdr h;

        assert_int_equal(ip4_parse(&r, &h), INL_DROP_NONE);
        assert_true(ip4_csum_ok(s->data, h.hdr_len_bytes));
        s->src = h.src;
        s->dst = h.dst;
        s->proto = h.proto;
        s->ttl = h.ttl;
        s->payload = h.payload;
    } else {
        struct ip6_hdr h;

        assert_int_equal(ip6_parse(&r, &h), INL_DROP_NONE);
        s->src = h.src;
        s->dst = h.dst;
        s->proto = h.next;
        s->ttl = h.hop_limit;
        s->payload = h.payload;
    }
    if (s->proto == IP_PROTO_TCP) {
        r = s->payload;
        assert_int_equal(tcp_parse(&r, &s->tcp), INL_DROP_NONE);
        assert_true(l4_csum_ok(&s->src, &s->dst, IP_PROTO_TCP, s->payload));
    }
}

/* The attacker is every other host on the link: whoever is asked for, here he is. */
static void evil_resolves(struct lab *lab, const struct sent *s) {
    uint8_t f[128] = {0};
    struct rd r = rd_init(s->data, s->len);

    memcpy(f, victim_mac, 6);
    memcpy(f + 6, evil_mac, 6);
    if (s->arp && s->data[7] == 1) { /* a request: turn it round */
        put16(f + 12, ETH_TYPE_ARP);
        memcpy(f + 14, s->data, 28);
        f[21] = 2;
        memcpy(f + 22, evil_mac, 6);
        memcpy(f + 28, s->data + 24, 4);
        memcpy(f + 32, s->data + 8, 10);
        inl_rx(lab->victim, lab->link, &(struct inl_rx_frame){.data = f, .len_bytes = 42}, 1,
               lab->now);
    } else if (!s->arp && s->proto == IP_PROTO_ICMP6 && rd_skip(&r, 40) && rd_u8(&r) == 135) {
        uint8_t body[24];
        struct inl_addr target;
        uint8_t *p = f + 14;
        size_t n;

        memcpy(target.b, s->data + 48, 16);
        memcpy(body, target.b, 16);
        body[16] = 2;
        body[17] = 1;
        memcpy(body + 18, evil_mac, 6);
        n = make_icmp(p, &target, &s->src, 255, 136, 0, 0x60000000u, body, sizeof(body));
        put16(f + 12, ETH_TYPE_IP6);
        inl_rx(lab->victim, lab->link, &(struct inl_rx_frame){.data = f, .len_bytes = 14 + n}, 1,
               lab->now);
    }
}

/* Who gets a frame of the victim's? Bit 0: the honest host, bit 1: the attacker. */
static unsigned addressee(const struct lab *lab, const uint8_t *f, const struct sent *s) {
    const struct inl_addr h4 = ip(HONEST4), h6 = ip(HONEST6);

    if (lab->kind == INL_LINK_ETHERNET) {
        return memcmp(f, honest_mac, 6) == 0 ? 1 : (f[0] & 1) ? 3 : 2;
    }
    return inl_addr_eq(&s->dst, &h4) || inl_addr_eq(&s->dst, &h6) ? 1 : 2;
}

static bool wants_honest(const struct sent *s) { /* ARP and ND for the honest host's address */
    const struct inl_addr h4 = ip(HONEST4), h6 = ip(HONEST6);

    if (s->arp) {
        return memcmp(s->data + 24, h4.b + 12, 4) == 0;
    }
    return s->proto == IP_PROTO_ICMP6 && s->len >= 64 && memcmp(s->data + 48, h6.b, 16) == 0;
}

static void from_victim(struct lab *lab, const struct inl_tx_frame *f) {
    size_t hdr = lab->kind == INL_LINK_ETHERNET ? 14 : 0;
    struct sent *s = &lab->sent[lab->n % LAB_KEEP];
    unsigned who;

    assert_true(f->cause > INL_CAUSE_NONE && f->cause < INL_CAUSE_MAX);
    for (size_t i = 0; i < f->len_bytes; i++) {
        lab->sum = (lab->sum ^ f->data[i]) * 1099511628211u;
    }
    memset(s, 0, sizeof(*s));
    s->len = f->len_bytes - hdr;
    assert_true(s->len <= sizeof(s->data));
    memcpy(s->data, f->data + hdr, s->len);
    s->cause = f->cause;
    if (hdr) {
        memcpy(s->dst_mac, f->data, 6);
        s->arp = f->data[12] == 8 && f->data[13] == 6;
    }
    if (!s->arp) {
        sent_parse(s);
    }
    who = addressee(lab, f->data, s);
    if (who & 1) {
        into(lab->honest, lab->honest_link, f->data, f->len_bytes, lab->now);
    }
    if (who & 2) {
        lab->n++;
        lab->sent_bytes += s->len;
        if (hdr && lab->resolves && !wants_honest(s)) {
            evil_resolves(lab, s);
        }
    }
}

static bool carry(struct lab *lab, struct inl_stack *from, int link, bool victim) {
    static uint8_t buf[8][MTU + INL_FRAME_OVERHEAD];
    struct inl_tx_frame tx[8];
    int n;

    for (int i = 0; i < 8; i++) {
        memset(buf[i], lab->fill, sizeof(buf[i]));
        tx[i] = (struct inl_tx_frame){.data = buf[i], .cap_bytes = sizeof(buf[i])};
    }
    n = inl_tx(from, link, tx, 8, lab->now);
    assert_true(n >= 0);
    for (int i = 0; i < n; i++) {
        if (victim) {
            from_victim(lab, &tx[i]);
        } else { /* the honest host speaks with the victim only */
            into(lab->victim, lab->link, tx[i].data, tx[i].len_bytes, lab->now);
        }
    }
    return n > 0;
}

void lab_settle(struct lab *lab) {
    bool busy = true;

    for (int turns = 0; busy; turns++) {
        assert_true(turns < 1000000); /* a chatter that never ends */
        busy = false;
        if (inl_next_deadline(lab->victim).ns <= lab->now.ns) {
            inl_advance(lab->victim, lab->now);
        }
        if (inl_next_deadline(lab->honest).ns <= lab->now.ns) {
            inl_advance(lab->honest, lab->now);
        }
        busy |= carry(lab, lab->victim, lab->link, true);
        busy |= carry(lab, lab->honest, lab->honest_link, false);
        busy |= inl_next_deadline(lab->victim).ns <= lab->now.ns;
        busy |= inl_next_deadline(lab->honest).ns <= lab->now.ns;
    }
}

void lab_pass(struct lab *lab, inl_dur d) {
    const inl_time end = inl_time_add(lab->now, d);

    lab_settle(lab);
    while (inl_time_before(lab->now, end)) {
        inl_time next = inl_time_min(end, inl_next_deadline(lab->victim));

        next = inl_time_min(next, inl_next_deadline(lab->honest));
        assert_true(inl_time_before(lab->now, next));
        lab->now = next;
        lab_settle(lab);
    }
}

void lab_frame(struct lab *lab, const void *data, size_t len) {
    into(lab->victim, lab->link, data, len, lab->now);
    lab_settle(lab);
    tcp_check(lab->victim->tcp, NULL);
}

void lab_queue(struct lab *lab, const void *data, size_t len) {
    static uint8_t f[65536 + 14];
    const uint8_t *p = data;

    assert_true(len <= 65536);
    if (lab->kind != INL_LINK_ETHERNET) {
        into(lab->victim, lab->link, data, len, lab->now);
        return;
    }
    memcpy(f, victim_mac, 6);
    memcpy(f + 6, evil_mac, 6);
    put16(f + 12, len > 0 && p[0] >> 4 == 6 ? ETH_TYPE_IP6 : ETH_TYPE_IP4);
    if (len > 0) {
        memcpy(f + 14, data, len);
    }
    into(lab->victim, lab->link, f, len + 14, lab->now);
}

void lab_packet(struct lab *lab, const void *data, size_t len) {
    lab_queue(lab, data, len);
    lab_settle(lab);
    tcp_check(lab->victim->tcp, NULL);
}

void lab_mark(struct lab *lab) {
    lab->n = 0;
    lab->sent_bytes = 0;
}

const struct sent *lab_sent(const struct lab *lab, size_t i) {
    assert_true(i < lab->n && i + LAB_KEEP >= lab->n);
    return &lab->sent[i % LAB_KEEP];
}

const struct sent *lab_last(const struct lab *lab) {
    assert_true(lab->n > 0);
    return lab_sent(lab, lab->n - 1);
}

uint64_t lab_drops(const struct lab *lab, enum inl_drop drop) {
    return lab->victim->env.drop[drop];
}

uint64_t lab_all_drops(const struct lab *lab) {
    uint64_t n = 0;

    for (int i = 0; i < INL_DROP_MAX; i++) {
        n += i != INL_DROP_NONE ? lab->victim->env.drop[i] : 0;
    }
    return n;
}

inl_sock lab_accept(struct lab *lab) {
    inl_sock s = inl_accept(lab->victim, lab->listener4, NULL);

    return s >= 0 ? s : inl_accept(lab->victim, lab->listener6, NULL);
}

void lab_close_accepted(struct lab *lab) {
    static struct inl_sock_info info[4096];
    size_t n = inl_sockets_snapshot(lab->victim, info, COUNT_OF(info));

    while (lab_accept(lab) >= 0) {
        n = inl_sockets_snapshot(lab->victim, info, COUNT_OF(info));
    }
    for (size_t i = 0; i < n && i < COUNT_OF(info); i++) {
        inl_sock s = info[i].sock;

        if (s >= 0 && s != lab->listener4 && s != lab->listener6 && s != lab->udp) {
            inl_close(lab->victim, s);
        }
    }
}

/* ---- afterwards ---- */

static void serve_ping(struct lab *lab) {
    const struct inl_addr who = ip("10.0.0.99"), victim = ip(VICTIM4);
    uint8_t p[200];
    size_t n = make_icmp(p, &who, &victim, 64, 8, 0, 0x12345678, "are you there", 13);
    size_t before = lab->n;

    lab_packet(lab, p, n);
    assert_true(lab->n > before);
    assert_int_equal(lab_last(lab)->proto, IP_PROTO_ICMP4);
    assert_int_equal(lab_last(lab)->len, n);
    assert_int_equal(lab_last(lab)->data[20], 0);
    assert_memory_equal(lab_last(lab)->data + 24, p + 24, n - 24);
}

static uint8_t pattern(size_t i, int side) {
    return (uint8_t)(i * 2654435761u >> 11 ^ (unsigned)side);
}

/* Sends and receives what it can; true when all of both is done. */
static bool serve_turn(struct inl_stack *s, inl_sock sock, int side, size_t *sent, size_t *got) {
    uint8_t buf[4096];
    int64_t n = 0;

    while (*sent < SERVICE_BYTES && n >= 0) {
        size_t want = SERVICE_BYTES - *sent;

        want = want < sizeof(buf) ? want : sizeof(buf);
        for (size_t i = 0; i < want; i++) {
            buf[i] = pattern(*sent + i, side);
        }
        n = inl_send(s, sock, buf, want, 0);
        assert_true(n > 0 || n == -EAGAIN || n == -ENOBUFS || n == -ENOMEM);
        *sent += n > 0 ? (size_t)n : 0;
    }
    while ((n = inl_recv(s, sock, buf, sizeof(buf), 0)) > 0) {
        for (int64_t i = 0; i < n; i++) {
            assert_int_equal(buf[i], pattern((*got)++, !side));
        }
    }
    assert_int_equal(n, -EAGAIN);
    return *sent == SERVICE_BYTES && *got == SERVICE_BYTES;
}

static void serve_transfer(struct lab *lab, const char *addr) {
    const struct inl_sockaddr to = at(addr, SERVICE_PORT);
    bool is4 = inl_addr_is4(&to.addr);
    inl_sock l = open_bound(lab->victim, addr, SERVICE_PORT, true), b = -EAGAIN;
    inl_sock a = inl_socket(lab->honest, is4 ? INL_AF_INET : INL_AF_INET6, INL_SOCK_STREAM);
    size_t sent[2] = {0, 0}, got[2] = {0, 0};
    bool done = false;

    assert_true(a >= 0);
    assert_int_equal(inl_connect(lab->honest, a, &to), -EINPROGRESS);
    for (int i = 0; i < 40 && b < 0; i++) { /* 4 s */
        lab_pass(lab, 100 * INL_MS);
        b = inl_accept(lab->victim, l, NULL);
    }
    assert_true(b >= 0);
    for (int i = 0; i < 1000 && !done; i++) { /* 50 s */
        bool one = serve_turn(lab->victim, b, 0, &sent[0], &got[0]);
        bool two = serve_turn(lab->honest, a, 1, &sent[1], &got[1]);

        done = one && two;
        lab_pass(lab, 50 * INL_MS);
    }
    assert_true(done);
    assert_int_equal(inl_close(lab->honest, a), 0);
    lab_pass(lab, INL_S);
    assert_int_equal(inl_close(lab->victim, b), 0);
    assert_int_equal(inl_close(lab->victim, l), 0);
    lab_pass(lab, INL_S);
}

void lab_serves(struct lab *lab) {
    lab_pass(lab, INL_S); /* rate limits of ours recover */
    serve_ping(lab);
    serve_transfer(lab, VICTIM4);
    serve_transfer(lab, VICTIM6);
}

/* What the tables of hash keys may keep: they grow with what they hold and do not shrink. */
static size_t table_bytes(const struct htab *t) {
    return t->buckets > HTAB_MIN_BUCKETS ? 2 * t->buckets * sizeof(struct hnode *) : 0;
}

static void pools_at_baseline(struct lab *lab) {
    struct inl_stack *v = lab->victim;
    uint8_t buf[2048];
    size_t allowed;

    lab_close_accepted(lab);
    while (inl_recv(v, lab->udp, buf, sizeof(buf), 0) >= 0) {
    }
    lab_pass(lab, 120 * INL_S);
    assert_int_equal(v->tcp->conn_count, 0);
    assert_int_equal(v->tcp->half_open, 0);
    assert_int_equal(v->tcp->orphans, 0);
    assert_int_equal(htab_count(&v->tcp->conns), 0);
    assert_int_equal(htab_count(&v->tcp->syns), 0);
    assert_int_equal(tcp_twtab_places(&v->tcp->tw), 0);
    assert_int_equal(htab_count(&v->ip->neighs.table), 0);
    assert_int_equal(htab_count(&v->ip->reass.table), 0);
    assert_int_equal(htab_count(&v->ip->reass.sources), 0);
    assert_int_equal(v->ip->reass.bytes, 0);
    assert_false(inl_tx_pending(v, lab->link));
    assert_int_equal(inl_sockets_snapshot(v, NULL, 0), 3);
    allowed = table_bytes(&v->tcp->conns) + table_bytes(&v->tcp->syns) +
              table_bytes(&v->ip->neighs.table) + table_bytes(&v->ip->reass.table) +
              table_bytes(&v->ip->reass.sources) + 4096;
    assert_true(v->env.mem.used_bytes <= lab->base_used + allowed);
}

void lab_free(struct lab *lab) {
    lab_serves(lab);
    pools_at_baseline(lab);
    tcp_check(lab->victim->tcp, NULL);
    lab_drop(lab);
}
