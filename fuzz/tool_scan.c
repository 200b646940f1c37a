/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tool_scan.c - fuzz target: what a scan reads of others: packets, banners, a state's file, lists of ports
 *
 * The first octet says what the rest is. Bytes that a packet needs to be an answer (our port, the hash) are
 * put where they belong if that octet's upper bits say so, so that the reader gets beyond them; without, no
 * packet may be taken for an answer to TCP. A list of ports never has a port 65536, text ends.
 */
#include "fuzz.h"

#include "tools/scan/banner.h"
#include "tools/scan/packet.h"
#include "tools/scan/packet_hash.h"
#include "tools/scan/portlist.h"
#include "tools/scan/resume.h"

#define PORT 0x1234

static const struct packet_keys keys = {.key = "not very secret", .port = PORT};

/* Makes the packet an answer, if it is long enough: TCP, UDP, or ICMP behind a header without options. */
static void forge(uint8_t *in, size_t size) {
    bool four = size > 0 && in[0] >> 4 == 4;
    size_t at = four ? 20 : 40;
    struct inl_addr source = INL_ADDR_ANY4;

    if (size < at + 14) {
        return;
    }
    memcpy(source.b + (four ? 12 : 0), in + (four ? 12 : 8), four ? 4 : 16);
    uint8_t proto = in[four ? 9 : 6];
    bool icmp = proto == PROTO_ICMP || proto == PROTO_ICMP6;
    uint32_t hash = packet_hash(&keys, &source, proto, icmp ? 0 : rd_load16(in + at));

    if (proto == PROTO_TCP) {
        wr_store16(in + at + 2, PORT);
        wr_store32(in + at + 8, hash + ((in[at + 13] & TCP_SYN) != 0));
    } else if (proto == PROTO_UDP) {
        wr_store16(in + at + 2, packet_udp_port(hash));
    } else {
        wr_store32(in + at + 4, hash);
    }
}

static void read_packet(uint8_t *in, size_t size, unsigned how) {
    struct answer a = {.reason = SCAN_REASONS};

    if ((how & 0x80) != 0) {
        forge(in, size);
    }
    if ((how & 0x40) != 0 ? packet_read_arp(in, size, &a) : packet_read(&keys, in, size, &a)) {
        FUZZ_CHECK(a.reason > SCAN_NO_RESPONSE && a.reason < SCAN_REASONS);
        FUZZ_CHECK(a.kind == SCAN_SYN || a.kind >= SCAN_UDP);
        FUZZ_CHECK(a.kind < SCAN_ECHO || a.port == 0);
    }
}

static void read_banner(uint8_t *in, size_t size) {
    struct version v;

    memset(&v, 0x7e, sizeof(v));
    banner_read(in, size, &v);
    FUZZ_CHECK(memchr(v.service, 0, sizeof(v.service)) && memchr(v.product, 0, sizeof(v.product)));
    FUZZ_CHECK(memchr(v.banner, 0, sizeof(v.banner)) && strpbrk(v.banner, "\r\n") == NULL);
}

/* What is wrong with a file is told on stderr, each time. */
static void hush(bool yes) {
    static FILE *loud, *nowhere;

    if (nowhere == NULL) {
        loud = stderr;
        nowhere = fopen("/dev/null", "we");
        FUZZ_CHECK(nowhere != NULL);
    }
    stderr = yes ? nowhere : loud;
}

static bool goes_on(const json_t *o, struct sweep *sweep) {
    hush(true);
    bool good = resume_sweep(o, sweep);

    hush(false);
    return good;
}

static char **words_of(const json_t *o, int *argc, struct targets *targets) {
    hush(true);
    char **argv = resume_fits(o) ? resume_argv(o, argc) : NULL;

    if (argv != NULL) {
        resume_targets(o, targets);
    }
    hush(false);
    return argv;
}

static void read_state(uint8_t *in, size_t size) {
    static const struct slot slots[] = {{22, SCAN_SYN}, {80, SCAN_SYN}, {53, SCAN_UDP}};
    struct target list[] = {{.addr = INL_ADDR_ANY4}, {.addr = {.b = {[15] = 1}}}};
    struct targets targets = {.list = list, .n = 2, .room = 2};
    json_t *o = json_loadb((const char *)in, size, JSON_REJECT_DUPLICATES, NULL);
    struct job job = {0};
    struct sweep sweep;
    int argc = 0;
    char **argv = o != NULL ? words_of(o, &argc, &targets) : NULL;

    for (int i = 0; argv != NULL && i <= argc; i++) {
        FUZZ_CHECK((argv[i] == NULL) == (i == argc));
        free(argv[i]);
    }
    if (argv != NULL) {
        struct timing timing = {.gap_ns = 1, .retries = 3};
        uint64_t probe, n = 0;

        FUZZ_CHECK(targets.n <= 2 && job_init(&job, list, targets.n, slots, 3) == 0);
        sweep_init(&sweep, &job, &timing, resume_seed(o));
        if (goes_on(o, &sweep)) {
            while (sweep_next(&sweep, &probe)) {
                FUZZ_CHECK(probe < job_total(&job) && ++n <= job_total(&job));
            }
        }
        job_done(&job);
    }
    free(argv);
    json_decref(o);
}

static void read_ports(uint8_t *in, size_t size) {
    static struct portlist list;
    char text[256];
    size_t n = size < sizeof(text) - 1 ? size : sizeof(text) - 1;

    memset(&list, 0, sizeof(list));
    memcpy(text, in, n);
    text[n] = '\0';
    if (portlist_add(&list, text)) {
        FUZZ_CHECK(portlist_count(&list, PORTLIST_TCP) + portlist_count(&list, PORTLIST_UDP) > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) {
        return 0;
    }
    unsigned how = data[0];
    uint8_t *in = fuzz_exact(data + 1, size - 1);

    size--;
    switch (how & 3) {
    case 0:
        read_packet(in, size, how);
        break;
    case 1:
        read_banner(in, size);
        break;
    case 2:
        read_state(in, size);
        break;
    default:
        read_ports(in, size);
    }
    fuzz_exact_free(in, size);
    return 0;
}
