/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dns.h - messages of the domain name system (RFC 1035, 3596, 9267)
 *
 * Reading never allocates and never follows a pointer forwards. A name is kept as it stands on the
 * wire, without compression: labels with their lengths, and the root's zero at the end.
 */
#ifndef WIRE_DNS_H
#define WIRE_DNS_H

#include "base/rd.h"
#include "base/text.h"
#include "base/wr.h"

#include <inlet/addr.h>

#include <stdbool.h>
#include <stdint.h>

#define DNS_PORT 53
#define DNS_HDR_BYTES 12
#define DNS_NAME_MAX 255 /* bytes on the wire, the root's zero included */
#define DNS_LABEL_MAX 63
#define DNS_UDP_MAX 512 /* what anybody can take by UDP (RFC 1035 4.2.1) */

enum dns_type {
    DNS_A = 1,
    DNS_NS = 2,
    DNS_CNAME = 5,
    DNS_SOA = 6,
    DNS_PTR = 12,
    DNS_MX = 15,
    DNS_TXT = 16,
    DNS_AAAA = 28,
    DNS_SRV = 33,
    DNS_OPT = 41,
    DNS_ANY = 255,
};

#define DNS_CLASS_IN 1
#define DNS_CLASS_ANY 255

enum dns_rcode {
    DNS_NOERROR = 0,
    DNS_FORMERR = 1,
    DNS_SERVFAIL = 2,
    DNS_NXDOMAIN = 3,
    DNS_NOTIMP = 4,
    DNS_REFUSED = 5,
};

/**
 * struct dns_hdr - the first 12 bytes (RFC 1035 4.1.1)
 *
 * The counts are what the message claims; nothing here believes them.
 */
struct dns_hdr {
    uint16_t id;
    bool response;
    uint8_t opcode; /* 0: a standard query */
    bool authoritative;
    bool truncated;
    bool recursion_desired;
    bool recursion_available;
    uint8_t rcode;
    uint16_t questions, answers, authorities, additionals;
};

/** struct dns_name - @len bytes at @b, the root's zero included: the root alone has 1 */
struct dns_name {
    uint8_t len;
    uint8_t b[DNS_NAME_MAX];
};

struct dns_question {
    struct dns_name name;
    uint16_t type;
    uint16_t qclass;
};

/** struct dns_rr - one record; @data is lent, and names in it may be compressed */
struct dns_rr {
    struct dns_name name;
    uint16_t type;
    uint16_t rclass;
    uint32_t ttl_s;
    struct rd data;
};

/** struct dns_msg - a message that is being read */
struct dns_msg {
    struct dns_hdr hdr;
    struct rd all; /* the whole message: what pointers refer to */
    struct rd at;  /* what has not been read */
    uint16_t questions_left;
};

/* ---- reading ---- */

/** dns_parse() - reads the header; the questions come next. False: shorter than a header */
bool dns_parse(struct rd message, struct dns_msg *ret);

/** dns_next_question() - false (and nothing more can be read) if there is none */
bool dns_next_question(struct dns_msg *m, struct dns_question *ret);

/** dns_next_rr() - the next record of any section; false before all questions have been read */
bool dns_next_rr(struct dns_msg *m, struct dns_rr *ret);

/**
 * dns_name_parse() - reads a name, compressed or not
 * @all: the message
 * @at:  where the name begins, inside of @all; behind it afterwards
 *
 * A pointer leads before the beginning of the piece that it ends, so there are no loops. False: cut
 * off, longer than 255 bytes, a label of an unknown kind, a pointer that leads elsewhere.
 */
bool dns_name_parse(const struct rd *all, struct rd *at, struct dns_name *ret);

/** dns_rr_addr() - the address of an A or AAAA record; false: it is none, or of a wrong length */
bool dns_rr_addr(const struct dns_rr *rr, struct inl_addr *ret);

/* ---- names ---- */

/** dns_name_set() - from text like "www.example.com"; false: an empty or too long label or name */
bool dns_name_set(struct dns_name *name, const char *text);

/** dns_name_eq() - the same name, whatever the case of its letters (RFC 4343) */
bool dns_name_eq(const struct dns_name *a, const struct dns_name *b);

/** dns_name_cut() - takes @suffix off the end of @name; false (and unchanged) if it is not there */
bool dns_name_cut(struct dns_name *name, const struct dns_name *suffix);

/** dns_name_text() - appends "www.example.com." ; what is not printable as \DDD (RFC 4343 2.1) */
void dns_name_text(struct text *t, const struct dns_name *name);

/** dns_name_reverse() - the name that PTR records of an address have (RFC 1035 3.5, 3596 2.5) */
void dns_name_reverse(struct dns_name *name, const struct inl_addr *addr);

/** dns_name_addr() - the address that such a name means; false: it is no such name */
bool dns_name_addr(const struct dns_name *name, struct inl_addr *ret);

/* ---- writing ---- */

void dns_hdr_emit(struct wr *w, const struct dns_hdr *h);
void dns_name_emit(struct wr *w, const struct dns_name *name);
void dns_question_emit(struct wr *w, const struct dns_question *q);

/** dns_rr_emit() - writes a record; its data as it is */
void dns_rr_emit(struct wr *w, const struct dns_rr *rr);

#endif
