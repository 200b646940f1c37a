/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dec.h - what the parts of the decoder share: reading with a limit, writing with a limit
 *
 * Reading is by offset into the packet. An offset beyond what was captured prints the mark "[|proto]"
 * and stops the text: from then on reads give 0 and writes do nothing, so a printer needs no test
 * of its own after each field. Its loops must end though: they count down a length or ask `stopped`.
 */
#ifndef DECODE_DEC_H
#define DECODE_DEC_H

#include "tools/decode/decode.h"

#include "base/rd.h"

#include <stdarg.h>
#include <string.h>

#define DEC_DEPTH_MAX 8 /* packets in packets */

/* What a transport has to know about the IP header before it. @at: its offset. */
struct dec_ip {
    unsigned version;
    size_t at;
    bool fragmented;
    uint8_t proto; /* of what follows directly; an IPv6 packet with extensions has another there */
    size_t last;   /* IPv6: where the last stage of a routing header lies; 0: there is none */
    bool direct;   /* the header names this transport itself: addresses are printed with ports */
};

struct dec_word {
    uint32_t value;
    const char *text;
};

void dec_cut(struct decode *d);       /* prints the mark and stops */
void dec_cut_early(struct decode *d); /* the same where a field was about to be shown */
void dec_go_on(struct decode *d);     /* the mark was of a part: the rest follows it */
void dec_invalid(struct decode *d);   /* " (invalid)" */
const char *dec_word(const struct dec_word *words, size_t n, uint32_t value); /* or NULL */
#define DEC_WORD(words, value) dec_word(words, sizeof(words) / sizeof((words)[0]), value)
/* A word, or the fallback with the number in it ("type-#%u"). */
void dec_word_or(struct decode *d, const struct dec_word *words, size_t n, uint32_t value,
                 const char *otherwise);
#define DEC_WORD_OR(d, words, value, otherwise)                                                    \
    dec_word_or(d, words, sizeof(words) / sizeof((words)[0]), value, otherwise)
/* The words of the bits that are set, with @sep between them; @none if there is none. */
void dec_bits(struct decode *d, const struct dec_word *words, size_t n, uint32_t value,
              const char *none, const char *sep);

static inline bool dec_has(const struct decode *d, size_t off, size_t n) {
    return off <= d->snap && d->snap - off >= n;
}

static inline const uint8_t *dec_bytes(struct decode *d, size_t off, size_t n) {
    if (__builtin_expect(!dec_has(d, off, n), 0)) {
        dec_cut_early(d);
        return NULL;
    }
    return d->data + off;
}

/* Is it there, as a whole? If not, the mark stands in its place. */
static inline bool dec_here(struct decode *d, size_t off, size_t n) {
    if (!dec_has(d, off, n)) {
        dec_cut(d);
        return false;
    }
    return true;
}

static inline uint8_t dec_u8(struct decode *d, size_t off) {
    const uint8_t *p = dec_bytes(d, off, 1);

    return p ? *p : 0;
}

static inline uint16_t dec_u16(struct decode *d, size_t off) {
    const uint8_t *p = dec_bytes(d, off, 2);

    return p ? rd_load16(p) : 0;
}

static inline uint32_t dec_u24(struct decode *d, size_t off) {
    const uint8_t *p = dec_bytes(d, off, 3);

    return p ? (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2] : 0;
}

static inline uint32_t dec_u32(struct decode *d, size_t off) {
    const uint8_t *p = dec_bytes(d, off, 4);

    return p ? rd_load32(p) : 0;
}

/* A packet, which may hold others, as deep as DEC_DEPTH_MAX. */
static inline void dec_inside(struct decode *d, void (*print)(struct decode *, size_t, size_t),
                              size_t off, size_t len) {
    if (d->depth >= DEC_DEPTH_MAX) {
        dec_invalid(d);
        return;
    }
    d->depth++;
    print(d, off, len);
    d->depth--;
}

/* The limit shrinks to @len bytes from @off; returns the one before, for dec_pop(). */
static inline size_t dec_push(struct decode *d, size_t off, size_t len) {
    size_t before = d->snap;

    if (off < d->snap && d->snap - off > len) {
        d->snap = off + len;
    }
    return before;
}

/* Has the text still room? What is longer than that is left out as a whole. */
static inline bool dec_room(const struct decode *d, size_t n) {
    return (size_t)(d->end - d->p) >= n;
}

static inline void dec_mem(struct decode *d, const char *s, size_t n) {
    if (__builtin_expect(dec_room(d, n), 1)) {
        memcpy(d->p, s, n);
        d->p += n;
    }
}

/* A literal: its length is known. */
#define DEC_LIT(d, s) dec_mem(d, s, sizeof(s) - 1)

static inline void dec_chr(struct decode *d, char c) {
    if (__builtin_expect(dec_room(d, 1), 1)) {
        *d->p++ = c;
    }
}

static inline void dec_str(struct decode *d, const char *s) {
    dec_mem(d, s, strlen(s));
}

void dec_num(struct decode *d, uint64_t v);
void dec_fmt(struct decode *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static inline void dec_nibbles(char *to, uint32_t v, unsigned digits) {
    while (digits-- > 0) {
        *to++ = "0123456789abcdef"[v >> digits * 4 & 15];
    }
}

/* Exactly @digits hexadecimal digits. */
static inline void dec_hex(struct decode *d, uint32_t v, unsigned digits) {
    if (dec_room(d, 8)) {
        dec_nibbles(d->p, v, digits);
        d->p += digits;
    }
}

void dec_hex_bytes(struct decode *d, size_t off, size_t n); /* "0102af" */
void dec_char(struct decode *d, uint8_t c);                 /* one that may be anything */
void dec_text(struct decode *d, size_t off, size_t n);      /* such characters */
void dec_ip4(struct decode *d, const uint8_t *p);
void dec_ip6(struct decode *d, const uint8_t *p);
void dec_ip4_at(struct decode *d, size_t off);
void dec_ip6_at(struct decode *d, size_t off);
void dec_ip6_number(struct decode *d, const uint8_t *p); /* never a name */
/* The same with something before it, which is not printed either where the address is not there. */
void dec_ip4_behind(struct decode *d, const char *before, size_t off);
void dec_ip6_behind(struct decode *d, const char *before, size_t off);
/* mac.c: with its maker, unless numbers are wanted; and never. */
void dec_mac(struct decode *d, size_t off);
void dec_mac_number(struct decode *d, size_t off);
void dec_port(struct decode *d, uint16_t port, bool tcp);
void dec_span(struct decode *d, uint32_t seconds); /* "1h2m3s" */
/* "src > dst: " and "src.port > dst.port: ", as far as the IP header has them. */
void dec_ends(struct decode *d, const struct dec_ip *ip);
void dec_ends_ports(struct decode *d, const struct dec_ip *ip, uint16_t src, uint16_t dst,
                    bool tcp);

/* The checksum field over @n bytes at @off, behind a pseudo-header if @proto is not 0: is it right, and
 * what would be? */
struct dec_sum {
    bool ok;
    uint16_t expected;
};
struct dec_sum dec_sum(const struct decode *d, const struct dec_ip *ip, uint8_t proto, size_t off,
                       size_t n, uint16_t field);

/* hex.c: "\n\t0x0000:  4500 ..." */
void dec_dump_hex(struct decode *d, const uint8_t *p, size_t n);
void dec_dump_both(struct decode *d, const uint8_t *p, size_t n);
/* What is in an option, indented further. */
void dec_dump_inner(struct decode *d, const char *indent, size_t off, size_t n);
void dec_dump_ascii(struct decode *d, const uint8_t *p, size_t n);
/* From here on there are bytes, no words. */
static inline void dec_words_end(struct decode *d) {
    if (d->words == 0) {
        d->words = (size_t)(d->p - d->base);
    }
}
/* Bytes that nobody understands: dumped unless all are, anyway. */
void dec_unknown(struct decode *d, size_t off, size_t n);

/* ---- printers: @off is where a protocol begins, @len its bytes on the wire ---- */

/* Returns how many bytes the link's own headers have; SIZE_MAX: more than there are. */
size_t link_print(struct decode *d, const struct capfile_packet *packet);
/* ether.c */
size_t ether_print(struct decode *d, size_t len);
void ether_type_print(struct decode *d, uint16_t type, size_t off, size_t len);
void link_length_print(struct decode *d, size_t len); /* ", length N: " */
/* ethertype.c */
bool ether_type_known(uint16_t type);
void ether_type_tell(struct decode *d, uint16_t type); /* "ethertype IPv4 (0x0800)" */
const char *ether_type_word(uint16_t type);            /* "IPv4"; "Unknown" */
bool ether_type_is_tag(uint16_t type);
void ether_tag_print(struct decode *d, uint16_t tci);
size_t sll_print(struct decode *d, size_t len);
size_t sll2_print(struct decode *d, size_t len);
void arp_print(struct decode *d, size_t off, size_t len);
void ip4_print(struct decode *d, size_t off, size_t len);
void ip6_print(struct decode *d, size_t off, size_t len);
void ip_transport_print(struct decode *d, const struct dec_ip *ip, uint8_t proto, size_t off,
                        size_t len);
/* protocols.c */
const char *ip_proto_word(uint8_t proto);             /* "TCP", "ICMPv6"; "unknown" */
void ip_proto_print(struct decode *d, uint8_t proto); /* " larp", " ip-proto-91" */
void icmp4_words(struct decode *d, size_t off);       /* what a message says */
void icmp4_print(struct decode *d, const struct dec_ip *ip, size_t off, size_t len);
void icmp6_print(struct decode *d, const struct dec_ip *ip, size_t off, size_t len);
void icmp6_nd_options(struct decode *d, size_t off, size_t len);
void mld_print(struct decode *d, uint8_t type, size_t off, size_t len);
void igmp_print(struct decode *d, size_t off, size_t len);
/* Senders that a query or a record names: how many, or which. */
void group_sources_print(struct decode *d, size_t off, unsigned n, bool six);
/* Records of a report, IGMP version 3 or MLD version 2. @off: where the message begins. */
void group_records_print(struct decode *d, size_t off, size_t len, bool six);
void udp_print(struct decode *d, const struct dec_ip *ip, size_t off, size_t len);
/* Sequence numbers from their conversation's beginning, which is remembered; @h: TCP's header. */
struct tcp_relative {
    uint32_t seq, ack;  /* as shown */
    uint32_t sack_base; /* what blocks are shown relative to */
};
struct tcp_relative tcp_relative(struct decode *d, const struct dec_ip *ip, const uint8_t *h,
                                 bool syn);
void tcp_print(struct decode *d, const struct dec_ip *ip, size_t off, size_t len);
/* False: an option is a bad one; the line ends with it. @flags: the segment's. */
bool tcp_options_print(struct decode *d, size_t off, size_t len, unsigned flags,
                       uint32_t sack_base);
/* The same for one option of Multipath TCP, @size bytes that were all captured. */
bool mptcp_print(struct decode *d, size_t off, unsigned size, unsigned tcp_flags);
void dns_print(struct decode *d, size_t off, size_t len, bool tcp, bool mdns);
size_t dns_name_print(struct decode *d, size_t off, size_t message, size_t end);
/* edns.c: the record's class and flags, and its options between @off and @end. */
void edns_print(struct decode *d, uint16_t size, uint16_t flags, size_t off, size_t end);
void dhcp4_print(struct decode *d, size_t off, size_t len);
void dhcp6_print(struct decode *d, size_t off, size_t len);
/* A packet in the old form; false: it has none, and nothing is printed. */
bool windump_print(struct decode *d, const struct capfile_packet *from);

#endif
