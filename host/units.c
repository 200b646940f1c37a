/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * units.c - one reader for decimal numbers with a unit, and its tables
 *
 * A number is held in millionths while it is read, so six decimals are exact and no floating
 * point is needed.
 */
#include "host/units.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define MILLION UINT64_C(1000000)

struct unit {
    const char *name;
    uint64_t factor; /* of the base unit */
};

/* Reads "12.5" as 12,500,000. Returns where it ends, or NULL. */
static const char *read_millionths(const char *p, uint64_t *ret) {
    uint64_t v = 0, scale = MILLION;

    if (*p < '0' || *p > '9') {
        return NULL;
    }
    for (; *p >= '0' && *p <= '9'; p++) {
        if (v > UINT64_MAX / MILLION / 100) {
            return NULL;
        }
        v = v * 10 + (uint64_t)(*p - '0');
    }
    v *= MILLION;
    if (*p == '.') {
        p++;
        if (*p < '0' || *p > '9') {
            return NULL;
        }
        for (; *p >= '0' && *p <= '9'; p++) {
            scale /= 10;
            if (scale == 0) {
                return NULL; /* more than six decimals */
            }
            v += (uint64_t)(*p - '0') * scale;
        }
    }
    *ret = v;
    return p;
}

static int read_unit(const char *text, const struct unit *units, uint64_t max, uint64_t *ret) {
    uint64_t millionths;
    const char *end = read_millionths(text, &millionths);

    if (end == NULL) {
        return -EINVAL;
    }
    if (millionths == 0 && *end == '\0') {
        *ret = 0;
        return 0;
    }
    for (; units->name != NULL; units++) {
        if (strcmp(end, units->name) != 0) {
            continue;
        }
        if (millionths / MILLION > max / units->factor) {
            return -ERANGE;
        }
        uint64_t whole = millionths / MILLION * units->factor;
        uint64_t part = millionths % MILLION * units->factor;

        if (part % MILLION != 0) {
            return -EINVAL; /* finer than the base unit */
        }
        whole += part / MILLION;
        if (whole > max) {
            return -ERANGE;
        }
        *ret = whole;
        return 0;
    }
    return -EINVAL;
}

int units_duration(const char *text, inl_dur *ret_ns) {
    return units_duration_to(text, INT64_C(3600) * 1000 * MILLION, ret_ns);
}

int units_duration_to(const char *text, inl_dur max_ns, inl_dur *ret_ns) {
    static const struct unit units[] = {
        {"ns", 1}, {"us", 1000}, {"ms", MILLION}, {"s", 1000 * MILLION}, {NULL, 0}};
    uint64_t v;
    int err = read_unit(text, units, (uint64_t)max_ns, &v);

    if (err == 0) {
        *ret_ns = (inl_dur)v;
    }
    return err;
}

int units_seconds(const char *text, uint32_t *ret_s) {
    static const struct unit units[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {NULL, 0}};
    uint64_t v = UINT32_MAX;
    int err = strcmp(text, "forever") == 0 ? 0 : read_unit(text, units, UINT32_MAX - 1, &v);

    if (err == 0) {
        *ret_s = (uint32_t)v;
    }
    return err;
}

int units_ratio(const char *text, uint32_t *ret_ppm) {
    static const struct unit units[] = {{"%", 10000}, {"ppm", 1}, {NULL, 0}};
    uint64_t v;
    int err = read_unit(text, units, MILLION, &v);

    if (err == 0) {
        *ret_ppm = (uint32_t)v;
    }
    return err;
}

int units_rate(const char *text, uint64_t *ret_bps) {
    static const struct unit units[] = {
        {"bit", 1}, {"kbit", 1000}, {"mbit", MILLION}, {"gbit", 1000 * MILLION}, {NULL, 0}};

    return read_unit(text, units, MILLION * MILLION, ret_bps);
}

int units_bytes(const char *text, uint32_t *ret_bytes) {
    static const struct unit units[] = {{"b", 1}, {"kb", 1024}, {"mb", 1048576}, {NULL, 0}};
    uint64_t v;
    int err = read_unit(text, units, UINT64_C(1) << 30, &v);

    if (err == 0) {
        *ret_bytes = (uint32_t)v;
    }
    return err;
}

int units_number(const char *text, uint64_t max, uint64_t *ret) {
    uint64_t v = 0;

    if (*text == '\0') {
        return -EINVAL;
    }
    for (const char *p = text; *p != '\0'; p++) {
        if (*p < '0' || *p > '9') {
            return -EINVAL;
        }
        uint64_t digit = (uint64_t)(*p - '0');

        if (v > (max - digit) / 10 || digit > max) {
            return -ERANGE;
        }
        v = v * 10 + digit;
    }
    *ret = v;
    return 0;
}

int units_bool(const char *text, bool *ret) {
    bool yes = strcmp(text, "yes") == 0;

    if (!yes && strcmp(text, "no") != 0) {
        return -EINVAL;
    }
    *ret = yes;
    return 0;
}

int units_prefix(const char *text, struct inl_addr *ret_addr, unsigned *ret_len_bits) {
    const char *slash = strchr(text, '/');
    char buf[INL_ADDR_TEXT_MAX];
    struct inl_addr addr;
    uint64_t len;

    if (slash == NULL || (size_t)(slash - text) >= sizeof(buf)) {
        return -EINVAL;
    }
    memcpy(buf, text, (size_t)(slash - text));
    buf[slash - text] = '\0';
    if (inl_addr_parse(buf, &addr) < 0 ||
        units_number(slash + 1, inl_addr_is4(&addr) ? 32 : 128, &len) < 0) {
        return -EINVAL;
    }
    *ret_addr = addr;
    *ret_len_bits = (unsigned)len;
    return 0;
}
