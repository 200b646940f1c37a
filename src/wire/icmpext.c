/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * icmpext.c - ICMP extensions (see icmpext.h)
 *
 * Nothing that a length says is believed beyond the bytes that are there: an object becomes a
 * sub-reader, and so does each variable part of it.
 */
#include "wire/icmpext.h"

#include "base/csum.h"

#define EXT_VERSION 2
#define OBJECT_HDR_BYTES 4

/* Bits of an interface object's type (RFC 5837 4.1). */
#define IF_INDEX 0x08
#define IF_ADDR 0x04
#define IF_NAME 0x02
#define IF_MTU 0x01

#define AFI_IP4 1
#define AFI_IP6 2
#define IF_NAME_BYTES_MAX 64

/* The objects of an extension: empty unless version and checksum are good. */
static struct rd ext_objects(struct rd ext, bool csum_needed) {
    struct rd r = ext;
    uint8_t version = rd_u8(&r) >> 4;
    uint16_t csum;

    rd_skip(&r, 1);
    csum = rd_be16(&r);
    if (r.bad || version != EXT_VERSION || (csum == 0 && csum_needed) ||
        (csum != 0 && !csum_ok(csum_add(0, rd_ptr(&ext), rd_left(&ext))))) {
        return rd_init(NULL, 0);
    }
    return rd_rest(&r);
}

void icmpext_split(struct rd *data, size_t quoted_bytes, bool old, struct rd *ret_objects) {
    struct rd r = *data;
    size_t at = quoted_bytes ? quoted_bytes : old ? ICMPEXT_QUOTE_BYTES : rd_left(data);
    struct rd quote;

    *ret_objects = rd_init(NULL, 0);
    if (at >= rd_left(data) || at < ICMPEXT_QUOTE_BYTES) {
        return;
    }
    quote = rd_sub(&r, at);
    *ret_objects = ext_objects(r, quoted_bytes == 0);
    if (quoted_bytes || rd_left(ret_objects)) {
        *data = quote;
    }
}

bool icmpext_next(struct rd *objects, struct icmpext_object *ret) {
    uint16_t len = rd_be16(objects);

    ret->class = rd_u8(objects);
    ret->type = rd_u8(objects);
    if (objects->bad || len < OBJECT_HDR_BYTES) {
        *objects = rd_init(NULL, 0);
        return false;
    }
    ret->body = rd_sub(objects, len - (size_t)OBJECT_HDR_BYTES);
    return !objects->bad;
}

static bool interface_addr(struct rd *r, struct inl_addr *ret) {
    uint16_t afi = rd_be16(r);

    rd_skip(r, 2);
    if (afi == AFI_IP4) {
        *ret = inl_addr_from4(rd_be32(r));
        return !r->bad;
    }
    return afi == AFI_IP6 && rd_copy(r, ret->b, sizeof(ret->b));
}

/* A length octet that counts itself, and at most 63 octets of name, padded with zeros. */
static bool interface_name(struct rd *r, struct rd *ret) {
    uint8_t len = rd_u8(r);
    size_t n = 0;

    if (len == 0 || len % 4 != 0 || len > IF_NAME_BYTES_MAX) {
        return false;
    }
    *ret = rd_sub(r, len - 1u);
    while (n < rd_left(ret) && rd_ptr(ret)[n] != 0) {
        n++;
    }
    *ret = rd_init(rd_ptr(ret), n);
    return !r->bad;
}

bool icmpext_interface(const struct icmpext_object *o, struct icmpext_interface *ret) {
    struct icmpext_interface i = {.role = o->type >> 6};
    struct rd r = o->body;
    bool ok = o->class == ICMPEXT_INTERFACE;

    if (o->type & IF_INDEX) {
        i.has_index = true;
        i.index = rd_be32(&r);
    }
    if (o->type & IF_ADDR) {
        i.has_addr = true;
        ok = ok && interface_addr(&r, &i.addr);
    }
    if (o->type & IF_NAME) {
        ok = ok && interface_name(&r, &i.name);
    }
    if (o->type & IF_MTU) {
        i.has_mtu = true;
        i.mtu_bytes = rd_be32(&r);
    }
    *ret = i;
    return ok && !r.bad;
}

/* ---- text ---- */

static void mpls_text(struct text *t, struct rd body) {
    for (int i = 0; i < ICMPEXT_OBJECTS_MAX && rd_left(&body) >= 4; i++) {
        uint32_t entry = rd_be32(&body);

        text_str(t, ", MPLS label ");
        text_u64(t, entry >> 12);
        text_str(t, " exp ");
        text_u64(t, entry >> 9 & 7);
        text_str(t, entry & 0x100 ? " [S] ttl " : " ttl ");
        text_u64(t, entry & 0xff);
    }
}

static void interface_text(struct text *t, const struct icmpext_object *o) {
    static const char *const roles[] = {", interface", ", sub-interface", ", outgoing interface",
                                        ", next hop"};
    struct icmpext_interface i;

    if (!icmpext_interface(o, &i)) {
        text_str(t, ", interface [malformed]");
        return;
    }
    text_str(t, roles[i.role]);
    if (i.has_index) {
        text_chr(t, ' ');
        text_u64(t, i.index);
    }
    if (i.has_addr) {
        text_chr(t, ' ');
        text_addr(t, &i.addr);
    }
    if (rd_left(&i.name)) {
        text_chr(t, ' ');
        text_mem(t, rd_ptr(&i.name), rd_left(&i.name));
    }
    if (i.has_mtu) {
        text_str(t, " mtu ");
        text_u64(t, i.mtu_bytes);
    }
}

void icmpext_text(struct text *t, struct rd objects) {
    struct icmpext_object o;

    for (int i = 0; i < ICMPEXT_OBJECTS_MAX && icmpext_next(&objects, &o); i++) {
        if (o.class == ICMPEXT_MPLS) {
            mpls_text(t, o.body);
        } else if (o.class == ICMPEXT_INTERFACE) {
            interface_text(t, &o);
        } else {
            text_str(t, ", extension class ");
            text_u64(t, o.class);
            text_str(t, " type ");
            text_u64(t, o.type);
        }
    }
}
