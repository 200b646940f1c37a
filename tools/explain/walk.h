/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * walk.h - how a header's fields get into a struct explain
 *
 * A header with a fixed layout is a table of rows, width by width; walk_rows() reads it. What
 * depends on values (options, names) is added by walk_field(). All offsets are bytes from the
 * packet's begin. Reading beyond what was captured gives 0, and the layer is marked as cut.
 *
 * A header does not call the one behind it: walk_ethertype() and walk_protocol() put it into @next,
 * and explain_packet() goes on from there, so that no packet leads into deep recursion.
 *
 * @end is where the innermost length says that the message ends: never beyond the packet as it
 * was sent, and perhaps beyond what was captured.
 */
#ifndef TOOLS_EXPLAIN_WALK_H
#define TOOLS_EXPLAIN_WALK_H

#include "tools/explain/explain.h"

#include <inlet/addr.h>

enum walk_form {
    WALK_DEC,
    WALK_HEX,
    WALK_IP4,
    WALK_IP6,
    WALK_MAC,
    WALK_FLAG, /* one bit: "set", "not set" */
    WALK_BYTES,
};

/* Values with a meaning; ends with text NULL. */
struct walk_name {
    uint32_t value;
    const char *text;
};

struct walk_row {
    const char *name;
    uint16_t bits;
    enum walk_form form;
    const struct walk_name *names; /* NULL: the value says it all, or walk_mean() will */
};

struct walk {
    struct explain *e;
    size_t at;  /* next byte */
    size_t end; /* of the message around it */
    void (*next)(struct walk *w);
    unsigned headers; /* so far */
    bool quoted;
    size_t quote_behind; /* where the message ends that quotes */
    /* of the IP header before: for pseudo-headers */
    struct inl_addr src, dst;
    bool is_fragment; /* what follows is not the whole */
};

/* ---- reading: 0 beyond what was captured ---- */
uint8_t walk_u8(const struct walk *w, size_t at);
uint16_t walk_u16(const struct walk *w, size_t at);
uint32_t walk_u32(const struct walk *w, size_t at);
/* Are the bytes up to @to there? */
bool walk_has(const struct walk *w, size_t to);
/* Bytes of the message that are there from @at on. */
size_t walk_left(const struct walk *w, size_t at);

/* ---- writing ---- */
/* Begins a layer at w->at. */
void walk_layer(struct walk *w, const char *name, const char *source);
/* Adds the rows from w->at on, and moves w->at behind them. False: the packet or the message ends
 * before; the rows that are whole were added. */
bool walk_rows(struct walk *w, const struct walk_row *rows, size_t n);
#define WALK_ROWS(w, rows) walk_rows((w), (rows), sizeof(rows) / sizeof((rows)[0]))
/* Adds a field of @len bytes at w->at with a value as text, and moves behind it. */
void walk_field(struct walk *w, const char *name, size_t len, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* What the last field of that name in this layer means; _wrong: that it breaks a rule. */
void walk_mean(struct walk *w, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void walk_wrong(struct walk *w, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
const char *walk_named(const struct walk_name *names, uint32_t value);
/* Judges the checksum of 16 bits at @at over [from, to) beginning with @acc (base/csum.h). */
void walk_checksum(struct walk *w, const char *name, uint64_t acc, size_t from, size_t to,
                   size_t at);
/* The rest up to w->end as a layer of bytes that nobody explains. */
void walk_data(struct walk *w, const char *name);
/* Printable text of bytes that anybody may have written; others become \ooo. */
const char *walk_printable(const uint8_t *p, size_t len, char *buf, size_t cap);
void walk_addr_text(const struct walk *w, size_t at, bool six, char buf[INL_ADDR_TEXT_MAX]);

/* ---- the headers ---- */
/* What comes next; bytes that nobody explains become a layer at once. */
void walk_ethertype(struct walk *w, uint16_t type);
void walk_protocol(struct walk *w, uint8_t proto);
void walk_ip4(struct walk *w);
void walk_ip6(struct walk *w);
void walk_icmp4(struct walk *w);
void walk_icmp6(struct walk *w);
void walk_igmp(struct walk *w);
void walk_tcp(struct walk *w);
void walk_udp(struct walk *w);
void walk_dns(struct walk *w, bool with_length);
void walk_dhcp4(struct walk *w);
void walk_dhcp6(struct walk *w);
/* The packet that an ICMP error quotes comes next: from w->at to @end. */
void walk_quote(struct walk *w, bool six, size_t end);

extern const struct walk_name walk_protocols[];
extern const struct walk_name walk_ethertypes[];

#endif
