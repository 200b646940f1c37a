/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names.c - what the name server of a lab knows
 *
 * The hosts of the lab and their addresses, as they are at the moment of the question:
 *
 *   server, server.lab          A, AAAA    the host's addresses
 *   1.0.0.10.in-addr.arpa       PTR        NAME.lab
 *   localhost                   A, AAAA    127.0.0.1, ::1 (RFC 6761 6.3)
 *
 * A host may be named "www.example.com", too. Anything else is somebody else's: it is forwarded, or
 * does not exist if there is nobody to forward to. Names end their life with the answer (a TTL of
 * zero), since addresses of a lab come and go.
 *
 * Owns nothing. Does not do: EDNS (its record is not looked at, and not sent back: RFC 6891 7 lets
 * the asker find out), zones of other kinds, negative answers with an SOA record (so nobody
 * remembers them).
 */
#include "host/names.h"

#include "wire/dns.h"

#include <stdio.h>
#include <string.h>

#define DOMAIN "lab"

/* A name in place of itself: where the question has it (RFC 1035 4.1.4). */
#define NAME_OF_QUESTION (0xc000u | DNS_HDR_BYTES)

struct reply {
    struct dns_hdr hdr;
    const struct dns_question *question; /* NULL: it could not be read */
    unsigned records;
    struct wr records_w;
    uint8_t bytes[NAMES_REPLY_MAX];
};

/* ---- records ---- */

static void add_record(struct reply *r, uint16_t type, const void *data, size_t len) {
    struct wr *w = &r->records_w;

    wr_be16(w, NAME_OF_QUESTION);
    wr_be16(w, type);
    wr_be16(w, DNS_CLASS_IN);
    wr_be32(w, 0);
    wr_be16(w, (uint16_t)len);
    wr_put(w, data, len);
    r->hdr.answers++;
}

static void add_addr(struct reply *r, const struct inl_addr *addr) {
    bool is4 = inl_addr_is4(addr);
    uint16_t type = is4 ? DNS_A : DNS_AAAA;

    if (r->question->type == type || r->question->type == DNS_ANY) {
        add_record(r, type, addr->b + (is4 ? 12 : 0), is4 ? 4 : 16);
    }
}

/* ---- what is asked for ---- */

/* The host that a name means, with or without the domain. */
static const struct names_host *find_host(const struct names_zone *zone,
                                          const struct dns_name *name) {
    struct dns_name domain, short_name = *name, own;
    bool cut = dns_name_set(&domain, DOMAIN) && dns_name_cut(&short_name, &domain);

    for (unsigned i = 0; i < zone->hosts_n; i++) {
        if (dns_name_set(&own, zone->hosts[i].name) &&
            (dns_name_eq(&own, name) || (cut && dns_name_eq(&own, &short_name)))) {
            return &zone->hosts[i];
        }
    }
    return NULL;
}

static const struct names_host *find_addr(const struct names_zone *zone,
                                          const struct inl_addr *addr) {
    for (unsigned i = 0; i < zone->hosts_n; i++) {
        for (unsigned k = 0; k < zone->hosts[i].addrs_n; k++) {
            if (inl_addr_eq(&zone->hosts[i].addrs[k], addr)) {
                return &zone->hosts[i];
            }
        }
    }
    return NULL;
}

static bool is_name(const struct dns_name *name, const char *text) {
    struct dns_name other;

    return dns_name_set(&other, text) && dns_name_eq(name, &other);
}

static void answer_localhost(struct reply *r) {
    struct inl_addr four = inl_addr_from4(0x7f000001), six = {{[15] = 1}};

    add_addr(r, &four);
    add_addr(r, &six);
}

static void answer_reverse(struct reply *r, const struct names_host *host) {
    char text[LABFILE_NAME_MAX + sizeof(DOMAIN) + 1];
    struct dns_name name;

    snprintf(text, sizeof(text), "%s." DOMAIN, host->name);
    if ((r->question->type == DNS_PTR || r->question->type == DNS_ANY) &&
        dns_name_set(&name, text)) {
        add_record(r, DNS_PTR, name.b, name.len);
    }
}

/* Is the name one of ours to say no about? */
static bool is_in_domain(const struct dns_name *name) {
    struct dns_name domain, rest = *name;

    return dns_name_set(&domain, DOMAIN) && dns_name_cut(&rest, &domain);
}

static enum names_result answer_name(const struct names_zone *zone, struct reply *r) {
    const struct dns_name *name = &r->question->name;
    const struct names_host *host = find_host(zone, name);
    struct inl_addr addr;

    r->hdr.authoritative = true;
    if (is_name(name, "localhost")) {
        answer_localhost(r);
    } else if (host != NULL) {
        for (unsigned i = 0; i < host->addrs_n; i++) {
            add_addr(r, &host->addrs[i]);
        }
    } else if (dns_name_addr(name, &addr) && (host = find_addr(zone, &addr)) != NULL) {
        answer_reverse(r, host);
    } else if (zone->forward && !is_in_domain(name)) {
        return NAMES_FORWARD;
    } else if (!is_name(name, DOMAIN) && !is_name(name, "")) {
        r->hdr.rcode = DNS_NXDOMAIN;
    }
    return NAMES_ANSWERED;
}

/* ---- in and out ---- */

static void reply_write(const struct reply *r, struct wr *w) {
    dns_hdr_emit(w, &r->hdr);
    if (r->question != NULL) {
        dns_question_emit(w, r->question);
    }
    wr_put(w, r->bytes, wr_len(&r->records_w));
}

static void reply_init(struct reply *r, const struct dns_hdr *query) {
    r->hdr = (struct dns_hdr){.id = query->id,
                              .response = true,
                              .opcode = query->opcode,
                              .recursion_desired = query->recursion_desired,
                              .recursion_available = true};
    r->question = NULL;
    r->records_w = wr_init(r->bytes, sizeof(r->bytes));
}

enum names_result names_answer(const struct names_zone *zone, struct rd query, struct wr *w) {
    enum names_result result = NAMES_ANSWERED;
    struct dns_question q;
    struct dns_msg m;
    struct reply r;

    if (!dns_parse(query, &m) || m.hdr.response) {
        return NAMES_DROP; /* two servers must not answer each other for ever */
    }
    reply_init(&r, &m.hdr);
    if (m.hdr.opcode != 0) {
        r.hdr.rcode = DNS_NOTIMP;
    } else if (m.hdr.questions != 1 || !dns_next_question(&m, &q)) {
        r.hdr.rcode = DNS_FORMERR;
    } else {
        r.question = &q;
        r.hdr.questions = 1;
        if (q.qclass != DNS_CLASS_IN && q.qclass != DNS_CLASS_ANY) {
            r.hdr.rcode = DNS_REFUSED;
        } else {
            result = answer_name(zone, &r);
        }
    }
    if (result == NAMES_ANSWERED) {
        reply_write(&r, w);
    }
    return result;
}

enum names_result names_fail(struct rd query, uint8_t rcode, struct wr *w) {
    struct dns_question q;
    struct dns_msg m;
    struct reply r;

    if (!dns_parse(query, &m) || m.hdr.response) {
        return NAMES_DROP;
    }
    reply_init(&r, &m.hdr);
    r.hdr.rcode = rcode;
    if (dns_next_question(&m, &q)) {
        r.question = &q;
        r.hdr.questions = 1;
    }
    reply_write(&r, w);
    return NAMES_ANSWERED;
}

bool names_same_question(struct rd query, struct rd answer) {
    struct dns_msg a, b;
    struct dns_question qa, qb;

    return dns_parse(query, &a) && dns_parse(answer, &b) && b.hdr.response &&
           b.hdr.questions == 1 && dns_next_question(&a, &qa) && dns_next_question(&b, &qb) &&
           qa.type == qb.type && qa.qclass == qb.qclass && dns_name_eq(&qa.name, &qb.name);
}
