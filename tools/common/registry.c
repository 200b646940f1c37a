/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * registry.c - questions to the registry's tables
 *
 * A bit for each port says whether it has rows. How many bits are set before it, of its word and of
 * the words below, which are counted already, is its place among the ports that have any. So a port
 * costs one step and three loads, and the tables stay a tenth of what a slot for each port takes.
 */
#include "tools/common/registry.h"

#include "tools/common/registry_tables.h"

#include <strings.h>

unsigned registry_count(void) {
    return registry_rows_n;
}

const struct registry_row *registry_at(unsigned i) {
    return &registry_rows[i];
}

unsigned registry_of_port(uint16_t port, const uint16_t **ret_rows) {
    uint64_t word = registry_bitmap[port / 64];
    uint64_t bit = UINT64_C(1) << (port % 64);

    if ((word & bit) == 0) {
        return 0;
    }
    unsigned place = registry_counts[port / 64] + (unsigned)__builtin_popcountll(word & (bit - 1));

    *ret_rows = &registry_members[registry_starts[place]];
    return (unsigned)(registry_starts[place + 1] - registry_starts[place]);
}

static int compare(const char *name, unsigned i) {
    return strcasecmp(name, registry_name(&registry_rows[registry_by_name[i]]));
}

unsigned registry_of_name(const char *name, const uint16_t **ret_rows) {
    unsigned low = 0, high = registry_names_n, n = 0;

    while (low < high) {
        unsigned middle = low + (high - low) / 2;

        if (compare(name, middle) > 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    while (low + n < registry_names_n && compare(name, low + n) == 0) {
        n++;
    }
    *ret_rows = &registry_by_name[low];
    return n;
}

const char *registry_name(const struct registry_row *row) {
    return &registry_texts[row->name];
}

const char *registry_text(const struct registry_row *row) {
    return &registry_texts[row->text];
}

const char *registry_reference(const struct registry_row *row) {
    return &registry_references[row->reference];
}

const char *registry_range(uint16_t port) {
    return port < 1024 ? "system" : port < 49152 ? "user" : "dynamic";
}
