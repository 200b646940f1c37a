/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * labfile_keys.c - what the keys of a lab file mean
 *
 * Each section has one function, with one line a key; the meanings stand in labfile.h. A mistake is
 * told with what was expected, and reading goes on.
 */
#include "host/labfile_reader.h"

#include "host/dns.h"
#include "host/units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SECTIONS "[lab], [host NAME], [link NAME] or [switch NAME]"

/* ---- [lab] ---- */

static void read_nameserver(struct reader *r, unsigned line, const char *value) {
    r->file->has_dns = true;
    r->file->dns = (struct inl_sockaddr){0};
    if (strcmp(value, "machine") != 0 && dns_parse_server(value, &r->file->dns) < 0) {
        labfile_mistake(r, line, value, "nameserver to be machine, or " DNS_SERVER);
    }
}

static void read_lab(struct reader *r, unsigned line, const char *key, const char *value) {
    if (strcmp(key, "nameserver") == 0) {
        read_nameserver(r, line, value);
        return;
    }
    if (strcmp(key, "wait") == 0) {
        if (units_duration(value, &r->file->wait_ns) < 0) {
            labfile_mistake(r, line, value, "wait to be " UNITS_DURATION);
        }
        return;
    }
    if (strcmp(key, "seed") != 0) {
        labfile_mistake(r, line, key, "one of the keys of [lab]: seed, nameserver, wait");
        return;
    }
    if (units_number(value, UINT64_MAX, &r->file->seed) < 0) {
        labfile_mistake(r, line, value, "seed to be a number from 0 to 18446744073709551615");
    }
    r->file->has_seed = true;
}

/* ---- [link NAME] ---- */

static void read_mtu(struct reader *r, unsigned line, const char *value, uint32_t *ret) {
    uint64_t v = 0;

    if (units_number(value, 65535, &v) < 0 || v < 68) {
        labfile_mistake(r, line, value, "mtu to be a number from 68 to 65535");
        return;
    }
    *ret = (uint32_t)v;
}

static void read_burst(struct reader *r, unsigned line, const char *value, uint32_t *ret) {
    uint64_t v = 0;

    if (units_number(value, 1000, &v) < 0 || v < 1) {
        labfile_mistake(r, line, value, "loss-burst to be a number from 1 to 1000");
        return;
    }
    *ret = (uint32_t)v;
}

static void read_tap(struct reader *r, unsigned line, const char *value, char ret[16]) {
    if (!labfile_is_name(value) || strlen(value) > 15) {
        labfile_mistake(r, line, value,
                        "tap to be the name of a TAP device, at most 15 characters");
        return;
    }
    snprintf(ret, 16, "%s", value);
}

static void read_link(struct reader *r, unsigned line, struct labfile_link *link, const char *key,
                      const char *value) {
    struct inl_impair *im = &link->impair;
    const char *expected = NULL;

    if (strcmp(key, "delay") == 0) {
        expected = units_duration(value, &im->delay_ns) < 0 ? UNITS_DURATION : NULL;
    } else if (strcmp(key, "jitter") == 0) {
        expected = units_duration(value, &im->jitter_ns) < 0 ? UNITS_DURATION : NULL;
    } else if (strcmp(key, "loss") == 0) {
        expected = units_ratio(value, &im->loss_ppm) < 0 ? UNITS_RATIO : NULL;
    } else if (strcmp(key, "loss-burst") == 0) {
        read_burst(r, line, value, &im->loss_burst);
    } else if (strcmp(key, "duplicate") == 0) {
        expected = units_ratio(value, &im->dup_ppm) < 0 ? UNITS_RATIO : NULL;
    } else if (strcmp(key, "reorder") == 0) {
        expected = units_ratio(value, &im->reorder_ppm) < 0 ? UNITS_RATIO : NULL;
    } else if (strcmp(key, "reorder-by") == 0) {
        expected = units_duration(value, &im->reorder_ns) < 0 ? UNITS_DURATION : NULL;
    } else if (strcmp(key, "corrupt") == 0) {
        expected = units_ratio(value, &im->corrupt_ppm) < 0 ? UNITS_RATIO : NULL;
    } else if (strcmp(key, "rate") == 0) {
        expected = units_rate(value, &im->rate_bps) < 0 ? UNITS_RATE : NULL;
    } else if (strcmp(key, "queue") == 0) {
        expected = units_bytes(value, &im->queue_bytes) < 0 ? UNITS_BYTES : NULL;
    } else if (strcmp(key, "ecn-mark") == 0) {
        expected = units_bytes(value, &im->ecn_mark_bytes) < 0 ? UNITS_BYTES : NULL;
    } else if (strcmp(key, "black-hole") == 0) {
        expected = units_bytes(value, &im->black_hole_bytes) < 0 ? UNITS_BYTES : NULL;
    } else if (strcmp(key, "aqm") == 0) {
        im->codel = strcmp(value, "codel") == 0;
        expected = im->codel || strcmp(value, "none") == 0 ? NULL : "codel or none";
    } else if (strcmp(key, "mtu") == 0) {
        read_mtu(r, line, value, &link->mtu_bytes);
    } else if (strcmp(key, "tap") == 0) {
        read_tap(r, line, value, link->tap);
    } else {
        labfile_mistake(
            r, line, key,
            "one of the keys of a [link]: delay, jitter, loss, loss-burst, duplicate, reorder, "
            "reorder-by, corrupt, rate, queue, ecn-mark, black-hole, aqm, mtu, tap");
    }
    if (expected != NULL) {
        char text[128];

        snprintf(text, sizeof(text), "%s to be %s", key, expected);
        labfile_mistake(r, line, value, text);
    }
}

/* ---- [host NAME] ---- */

static void read_port(struct reader *r, unsigned line, int host, const char *key,
                      const char *value) {
    struct labfile_host *h = &r->file->hosts[host];
    char buf[LINE_MAX_BYTES];

    for (unsigned i = 0; i < h->ports_n; i++) {
        if (strcmp(h->ports[i].link, key) == 0) {
            labfile_mistake(r, line, key,
                            "each link once per host (give all addresses on one line)");
            return;
        }
    }
    int port = labfile_port_add(r->file, host, -1);

    if (port < 0) {
        labfile_mistake(r, line, key, "at most 8 links per host");
        return;
    }
    snprintf(h->ports[port].link, sizeof(h->ports[port].link), "%s", key);
    h->ports[port].line = line;
    snprintf(buf, sizeof(buf), "%s", value);
    for (char *rest = buf, *piece; (piece = strsep(&rest, ",")) != NULL;) {
        struct inl_addr addr;
        unsigned len;

        piece = labfile_trim(piece);
        if (labfile_conf_word(&h->ports[port], piece)) {
            continue;
        }
        if (units_prefix(piece, &addr, &len) < 0) {
            labfile_mistake(r, line, piece,
                            UNITS_PREFIX
                            ", auto, dhcp, dhcp6, slaac, link-local or reverse-path-...");
        } else if (labfile_addr_add(r->file, host, port, &addr, len) < 0) {
            labfile_mistake(r, line, piece, "at most 8 addresses per link");
        }
    }
}

/* "default" of either version, or a prefix without bits behind it. */
static int parse_route_dst(const char *text, bool is4, struct labfile_addr *dst) {
    if (strcmp(text, "default") == 0) {
        dst->addr = is4 ? inl_addr_any4() : inl_addr_any6();
        dst->prefix_len_bits = 0;
        return 0;
    }
    if (units_prefix(text, &dst->addr, &dst->prefix_len_bits) < 0) {
        return -EINVAL;
    }
    struct inl_addr net =
        inl_addr_mask(&dst->addr, dst->prefix_len_bits + (inl_addr_is4(&dst->addr) ? 96 : 0));

    return inl_addr_eq(&net, &dst->addr) ? 0 : -EINVAL;
}

/* "PREFIX blackhole", unreachable or prohibit: a route that leads nowhere. */
static int parse_dead_end(char *text, struct labfile_route *route) {
    static const char *const kinds[] = {
        [INL_ROUTE_BLACKHOLE] = "blackhole",
        [INL_ROUTE_UNREACHABLE] = "unreachable",
        [INL_ROUTE_PROHIBIT] = "prohibit",
    };
    char *word = strrchr(text, ' ');

    if (word == NULL) {
        return -EINVAL;
    }
    *word++ = '\0';
    for (unsigned i = INL_ROUTE_BLACKHOLE; i <= INL_ROUTE_PROHIBIT; i++) {
        if (strcmp(word, kinds[i]) == 0) {
            route->kind = (enum inl_route_kind)i;
            return parse_route_dst(labfile_trim(text), true, &route->dst);
        }
    }
    return -EINVAL;
}

/* "PREFIX via ADDRESS" or "default via ADDRESS", "weight N" behind it if there are several. */
static int parse_route(char *text, struct labfile_route *route) {
    char *via = strstr(text, " via ");
    uint64_t weight = 0;

    if (via == NULL) {
        return parse_dead_end(text, route);
    }
    *via = '\0';
    char *dst = labfile_trim(text), *gateway = labfile_trim(via + 5);
    char *after = strstr(gateway, " weight ");

    if (after != NULL) {
        *after = '\0';
        if (units_number(labfile_trim(after + 8), INL_ROUTE_WEIGHT_MAX, &weight) < 0 ||
            weight == 0) {
            return -EINVAL;
        }
    }
    route->weight = (uint32_t)weight;
    if (inl_addr_parse(labfile_trim(gateway), &route->gateway) < 0) {
        return -EINVAL;
    }
    bool is4 = inl_addr_is4(&route->gateway);
    int err = parse_route_dst(dst, is4, &route->dst);

    return err == 0 && inl_addr_is4(&route->dst.addr) == is4 ? 0 : -EINVAL;
}

static void read_route(struct reader *r, unsigned line, struct labfile_host *h, const char *value) {
    char buf[LINE_MAX_BYTES];

    if (h->routes_n == LABFILE_ROUTES_MAX) {
        labfile_mistake(r, line, value, "at most 16 routes per host");
        return;
    }
    struct labfile_route *route = &h->routes[h->routes_n];

    snprintf(buf, sizeof(buf), "%s", value);
    if (parse_route(buf, route) < 0) {
        labfile_mistake(
            r, line, value,
            "route to be like 10.1.0.0/24 via 10.0.0.254, default via fd00::1 weight 2, or "
            "10.2.0.0/24 blackhole, unreachable or prohibit (no bits set behind the prefix)");
        *route = (struct labfile_route){0};
        return;
    }
    route->line = line;
    h->routes_n++;
}

static void read_reverse_path(struct reader *r, unsigned line, struct labfile_host *h,
                              const char *value) {
    if (strcmp(value, "strict") == 0) {
        h->rp_filter = INL_RP_FILTER_STRICT;
    } else if (strcmp(value, "loose") == 0) {
        h->rp_filter = INL_RP_FILTER_LOOSE;
    } else if (strcmp(value, "off") == 0) {
        h->rp_filter = INL_RP_FILTER_OFF;
    } else {
        labfile_mistake(r, line, value, "reverse-path to be strict, loose or off");
    }
}

static void read_host(struct reader *r, unsigned line, int host, const char *key,
                      const char *value) {
    struct labfile_host *h = &r->file->hosts[host];

    if (strcmp(key, "forward") == 0) {
        if (units_bool(value, &h->forward) < 0) {
            labfile_mistake(r, line, value, "forward to be " UNITS_BOOL);
        }
    } else if (strcmp(key, "mss-clamp") == 0) {
        if (units_bool(value, &h->mss_clamp) < 0) {
            labfile_mistake(r, line, value, "mss-clamp to be " UNITS_BOOL);
        }
    } else if (strcmp(key, "name-server") == 0) {
        if (units_bool(value, &h->name_server) < 0) {
            labfile_mistake(r, line, value, "name-server to be " UNITS_BOOL);
        }
    } else if (strcmp(key, "source-routes") == 0) {
        if (units_bool(value, &h->source_routes) < 0) {
            labfile_mistake(r, line, value, "source-routes to be " UNITS_BOOL);
        }
    } else if (strcmp(key, "reverse-path") == 0) {
        read_reverse_path(r, line, h, value);
    } else if (strcmp(key, "route") == 0) {
        read_route(r, line, h, value);
    } else if (labfile_conf_key(r, line, h, key, value)) {
        return;
    } else if (labfile_is_name(key)) {
        read_port(r, line, host, key, value);
    } else {
        labfile_mistake(r, line, key, LABFILE_HOST_KEYS ", or the name of a link");
    }
}

/* ---- any ---- */

/* ---- [switch NAME] ---- */

static void read_switch(struct reader *r, unsigned line, struct labfile_switch *sw, const char *key,
                        const char *value) {
    char buf[LINE_MAX_BYTES];

    if (strcmp(key, "links") != 0) {
        labfile_mistake(r, line, key, "one of the keys of a [switch]: links");
        return;
    }
    sw->line = line;
    snprintf(buf, sizeof(buf), "%s", value);
    for (char *rest = buf, *piece; (piece = strsep(&rest, ",")) != NULL;) {
        piece = labfile_trim(piece);
        if (!labfile_is_name(piece)) {
            labfile_mistake(r, line, piece, "names of links, with commas between");
        } else if (sw->links_n == LABFILE_SWITCH_LINKS_MAX) {
            labfile_mistake(r, line, piece, "at most 32 links per switch");
        } else {
            snprintf(sw->links[sw->links_n++], LABFILE_NAME_MAX, "%s", piece);
        }
    }
}

void labfile_read_key(struct reader *r, unsigned line, const char *key, const char *value) {
    switch (r->section) {
    case SECTION_LAB:
        read_lab(r, line, key, value);
        break;
    case SECTION_HOST:
        read_host(r, line, r->index, key, value);
        break;
    case SECTION_LINK:
        read_link(r, line, &r->file->links[r->index], key, value);
        break;
    case SECTION_SWITCH:
        read_switch(r, line, &r->file->switches[r->index], key, value);
        break;
    case SECTION_NONE:
        labfile_mistake(r, line, key, "a section first: " SECTIONS);
        break;
    case SECTION_BAD:
        break;
    }
}
