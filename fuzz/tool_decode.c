/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tool_decode.c - fuzz target: packets to text, and capture files
 *
 * The first two bytes choose the link and what is printed. The rest is a packet, printed into buffers
 * of two sizes; and, as it is, a capture file, whose packets are printed as well. Text must end within
 * its buffer and hold no control character but newline and tab: terminals obey the others.
 */
#include "fuzz.h"

#include "tools/decode/lab_line.h"
#include "tools/decode/packet.h"

struct input {
    const uint8_t *p;
    size_t left;
};

static int64_t fill(void *ctx, void *buf, size_t n) {
    struct input *in = ctx;

    /* pieces of a size that no header has */
    n = n < in->left ? n : in->left;
    n = n < 61 ? n : 61;
    if (n > 0) {
        memcpy(buf, in->p, n);
    }
    in->p += n;
    in->left -= n;
    return (int64_t)n;
}

static void check_layers(const struct capfile_packet *p) {
    struct packet parsed;

    packet_parse(&parsed, p);
    for (unsigned i = 0; i < parsed.n; i++) {
        FUZZ_CHECK((uint64_t)parsed.layer[i].off_bytes + parsed.layer[i].len_bytes <= p->cap_bytes);
    }
    FUZZ_CHECK((uint64_t)parsed.payload_off + parsed.payload_bytes <= p->cap_bytes);
}

static void print(struct decode *d, const struct capfile_packet *p, size_t cap) {
    char *buf = malloc(cap);

    FUZZ_CHECK(buf);
    size_t n = decode_packet(d, p, buf, cap);

    FUZZ_CHECK(n <= cap);
    for (size_t i = 0; i < n; i++) {
        FUZZ_CHECK((buf[i] >= 0x20 && buf[i] < 0x7f) || buf[i] == '\n' || buf[i] == '\t');
    }
    free(buf);
}

/* As a lab shows it: one line, whatever the packet is. */
static void print_line(struct decode *d, const struct capfile_packet *p) {
    const struct lab_line l = {.sender = "host", .reason = "why [fate]", .owner = "1/program"};
    char buf[300];

    decode_init(d, &lab_line_options);
    size_t n = lab_line(d, p, &l, buf, sizeof(buf));

    FUZZ_CHECK(n > sizeof("host") && n <= sizeof(buf) && memchr(buf, '\n', n) == NULL);
    FUZZ_CHECK(memcmp(buf + n - 9, "/program]", 9) == 0);
}

static void read_file(struct decode *d, const uint8_t *data, size_t size) {
    static struct capfile f;
    static uint8_t buf[CAPFILE_BUFFER];
    struct input in = {data, size};
    struct capfile_packet p;

    if (capfile_begin(&f, buf, fill, &in) < 0) {
        FUZZ_CHECK(f.error[0] != '\0');
        return;
    }
    for (unsigned i = 0; i < 64 && capfile_next(&f, &p) == 1; i++) {
        FUZZ_CHECK(p.cap_bytes <= CAPFILE_PACKET_MAX && p.cap_bytes <= p.len_bytes);
        check_layers(&p);
        print(d, &p, 4096);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint32_t links[] = {CAPFILE_ETHERNET, CAPFILE_RAW,  CAPFILE_SLL,
                                     CAPFILE_SLL2,     CAPFILE_NULL, CAPFILE_ETHERNET,
                                     CAPFILE_ETHERNET, 147};
    static struct decode d;

    if (size < 2) {
        return 0;
    }
    const uint8_t a = data[0], b = data[1];
    const struct decode_options o = {
        .verbose = b & 3,
        .numeric = true,
        .link_header = (b & 4) != 0,
        .quiet = (b & 24) == 24,
        .absolute = (b & 32) != 0,
        .windump = (b & 64) != 0,
        .hex_ascii = (b & 128) != 0,
    };
    uint8_t *in = fuzz_exact(data + 2, size - 2);
    const struct capfile_packet p = {.data = in,
                                     .cap_bytes = (uint32_t)(size - 2),
                                     .len_bytes = (uint32_t)(size - 2) + (a >> 3),
                                     .link = links[a & 7]};

    memset(d.flows, 0, sizeof(d.flows[0]) * 64);
    decode_init(&d, &o);
    check_layers(&p);
    print(&d, &p, 65536);
    print(&d, &p, 100);
    read_file(&d, in, size - 2);
    print_line(&d, &p);
    fuzz_exact_free(in, size - 2);
    return 0;
}
