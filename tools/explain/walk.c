/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * walk.c - how a header's fields get into a struct explain
 */
#include "tools/explain/walk.h"

#include "base/csum.h"

#include <stdarg.h>
#include <string.h>

/* ---- reading ---- */

uint8_t walk_u8(const struct walk *w, size_t at) {
    return at < w->e->captured ? w->e->data[at] : 0;
}

uint16_t walk_u16(const struct walk *w, size_t at) {
    return (uint16_t)(walk_u8(w, at) << 8 | walk_u8(w, at + 1));
}

uint32_t walk_u32(const struct walk *w, size_t at) {
    return (uint32_t)walk_u16(w, at) << 16 | walk_u16(w, at + 2);
}

bool walk_has(const struct walk *w, size_t to) {
    return to <= w->e->captured && to <= w->end;
}

size_t walk_left(const struct walk *w, size_t at) {
    size_t end = w->end < w->e->captured ? w->end : w->e->captured;

    return at < end ? end - at : 0;
}

static uint64_t read_bits(const struct walk *w, size_t bit, size_t bits) {
    uint64_t value = 0;

    for (size_t i = 0; i < bits; i++, bit++) {
        value = value << 1 | ((unsigned)walk_u8(w, bit / 8) >> (7 - bit % 8) & 1);
    }
    return value;
}

/* ---- texts ---- */

static const char *keep(struct walk *w, const char *fmt, va_list args) {
    struct explain *e = w->e;
    size_t room = sizeof(e->texts) - e->texts_n;
    int n = vsnprintf(e->texts + e->texts_n, room, fmt, args);

    if (n < 0 || (size_t)n >= room) {
        e->full = true;
        return "";
    }
    const char *text = e->texts + e->texts_n;

    e->texts_n += (size_t)n + 1;
    return text;
}

__attribute__((format(printf, 2, 3))) static const char *keep_text(struct walk *w, const char *fmt,
                                                                   ...) {
    va_list args;

    va_start(args, fmt);
    const char *text = keep(w, fmt, args);

    va_end(args);
    return text;
}

const char *walk_named(const struct walk_name *names, uint32_t value) {
    for (; names != NULL && names->text != NULL; names++) {
        if (names->value == value) {
            return names->text;
        }
    }
    return "";
}

const char *walk_printable(const uint8_t *p, size_t len, char *buf, size_t cap) {
    size_t n = 0;

    for (size_t i = 0; i < len && n + 5 < cap; i++) {
        if (p[i] >= ' ' && p[i] < 0x7f && p[i] != '\\') {
            buf[n++] = (char)p[i];
        } else {
            n += (size_t)snprintf(buf + n, cap - n, "\\%03o", p[i]);
        }
    }
    buf[n] = '\0';
    return buf;
}

void walk_addr_text(const struct walk *w, size_t at, bool six, char buf[INL_ADDR_TEXT_MAX]) {
    struct inl_addr addr = inl_addr_from4(walk_u32(w, at));
    uint8_t b[16];

    if (six) {
        for (size_t i = 0; i < sizeof(b); i++) {
            b[i] = walk_u8(w, at + i);
        }
        addr = inl_addr_from6(b);
    }
    if (inl_addr_format(&addr, buf, INL_ADDR_TEXT_MAX) < 0) {
        buf[0] = '\0';
    }
}

/* ---- layers and fields ---- */

static struct explain_layer *layer(struct walk *w) {
    return w->e->layers_n > 0 ? &w->e->layers[w->e->layers_n - 1] : NULL;
}

void walk_layer(struct walk *w, const char *name, const char *source) {
    struct explain *e = w->e;

    if (e->layers_n == EXPLAIN_LAYERS_MAX) {
        e->full = true;
        return;
    }
    e->layers[e->layers_n++] =
        (struct explain_layer){.name = name,
                               .source = source,
                               .first = w->at < e->captured ? w->at : e->captured,
                               .field = e->fields_n,
                               .diagram = true,
                               .quoted = w->quoted};
}

static struct explain_field *add(struct walk *w, const char *name, size_t bit, size_t bits) {
    struct explain *e = w->e;
    struct explain_layer *l = layer(w);

    if (e->full || e->fields_n == EXPLAIN_FIELDS_MAX || l == NULL) {
        e->full = true;
        return NULL;
    }
    struct explain_field *f = &e->fields[e->fields_n++];

    *f = (struct explain_field){.name = name, .bit = bit, .bits = bits, .value = "", .meaning = ""};
    l->fields_n++;
    if ((bit + bits + 7) / 8 > l->first + l->len_bytes) {
        l->len_bytes = (bit + bits + 7) / 8 - l->first;
    }
    return f;
}

static const char *value_of(struct walk *w, const struct walk_row *row, size_t bit) {
    size_t at = bit / 8;
    char addr[INL_ADDR_TEXT_MAX];
    uint64_t value = read_bits(w, bit, row->bits <= 64 ? row->bits : 0);

    switch (row->form) {
    case WALK_HEX:
        return keep_text(w, "0x%0*llx", (row->bits + 3) / 4, (unsigned long long)value);
    case WALK_IP4:
    case WALK_IP6:
        walk_addr_text(w, at, row->form == WALK_IP6, addr);
        return keep_text(w, "%s", addr);
    case WALK_MAC:
        return keep_text(w, "%02x:%02x:%02x:%02x:%02x:%02x", walk_u8(w, at), walk_u8(w, at + 1),
                         walk_u8(w, at + 2), walk_u8(w, at + 3), walk_u8(w, at + 4),
                         walk_u8(w, at + 5));
    case WALK_FLAG:
        return value != 0 ? "1" : "0";
    case WALK_BYTES:
        return keep_text(w, "%u bytes", row->bits / 8u);
    case WALK_DEC:
        break;
    }
    return keep_text(w, "%llu", (unsigned long long)value);
}

bool walk_rows(struct walk *w, const struct walk_row *rows, size_t n) {
    size_t bit = w->at * 8;

    for (size_t i = 0; i < n; i++) {
        size_t behind = bit + rows[i].bits;

        if (!walk_has(w, (behind + 7) / 8)) {
            if (layer(w) != NULL) {
                layer(w)->cut = true;
            }
            w->at = w->end;
            return false;
        }
        struct explain_field *f = add(w, rows[i].name, bit, rows[i].bits);

        if (f != NULL) {
            f->value = value_of(w, &rows[i], bit);
            f->meaning = rows[i].form == WALK_FLAG ? f->value[0] == '1' ? "set" : "not set"
                         : rows[i].names != NULL
                             ? walk_named(rows[i].names, (uint32_t)read_bits(w, bit, rows[i].bits))
                             : "";
        }
        bit = behind;
    }
    w->at = bit / 8;
    return true;
}

void walk_field(struct walk *w, const char *name, size_t len, const char *fmt, ...) {
    struct explain_layer *l = layer(w);
    size_t there = walk_left(w, w->at);
    struct explain_field *f =
        len > 0 ? add(w, name, w->at * 8, (there < len ? there : len) * 8) : NULL;

    if (f != NULL) {
        va_list args;

        va_start(args, fmt);
        f->value = keep(w, fmt, args);
        va_end(args);
    }
    if (l != NULL && there < len) {
        l->cut = true;
    }
    w->at = there < len ? w->end : w->at + len;
}

static struct explain_field *find(struct walk *w, const char *name) {
    struct explain_layer *l = layer(w);

    for (size_t i = l != NULL ? l->fields_n : 0; i-- > 0;) {
        struct explain_field *f = &w->e->fields[l->field + i];

        if (strcmp(f->name, name) == 0) {
            return f;
        }
    }
    return NULL;
}

void walk_mean(struct walk *w, const char *name, const char *fmt, ...) {
    struct explain_field *f = find(w, name);
    va_list args;

    if (f != NULL) {
        va_start(args, fmt);
        f->meaning = keep(w, fmt, args);
        va_end(args);
    }
}

void walk_wrong(struct walk *w, const char *name, const char *fmt, ...) {
    struct explain_field *f = find(w, name);
    va_list args;

    if (f != NULL) {
        va_start(args, fmt);
        f->meaning = keep(w, fmt, args);
        f->wrong = true;
        va_end(args);
    }
}

void walk_checksum(struct walk *w, const char *name, uint64_t acc, size_t from, size_t to,
                   size_t at) {
    if (w->quoted) {
        walk_mean(w, name, "not verified: the quoted packet is not whole");
        return;
    }
    if (w->is_fragment) {
        walk_mean(w, name, "not verified: it covers all fragments");
        return;
    }
    if (to > w->e->captured || at < from || at + 2 > to) {
        walk_mean(w, name, "not verified: not all bytes were captured");
        return;
    }
    acc = csum_add(acc, w->e->data + from, at - from);
    acc = csum_add(acc, w->e->data + at + 2, to - at - 2);
    uint16_t expected = csum_fold(acc), found = walk_u16(w, at);

    /* 0xffff and 0 are the same number in one's complement */
    if (found == expected || csum_ok(csum_add16(acc, found))) {
        walk_mean(w, name, "right");
    } else {
        walk_wrong(w, name, "wrong: expected 0x%04x", expected);
    }
}

void walk_data(struct walk *w, const char *name) {
    if (w->at >= w->end) {
        return;
    }
    size_t len = w->end - w->at;

    walk_layer(w, name, "");
    if (layer(w) != NULL) {
        layer(w)->diagram = false;
        layer(w)->len_bytes = walk_left(w, w->at);
        layer(w)->cut = layer(w)->len_bytes < len;
    }
    w->at = w->end;
}
