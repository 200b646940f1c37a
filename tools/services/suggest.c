/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * suggest.c - what may have been meant by a name that no service has
 *
 * A third of the letters may differ, and at most three: beyond that a suggestion is a guess.
 */
#include "tools/services/services.h"

#include "tools/common/near.h"

const char *suggest_name(const struct etc_services *etc, const char *word) {
    unsigned best = near_enough(word) + 1;
    const char *found = NULL;

    for (size_t i = 0; i < etc->n; i++) {
        unsigned d = near_distance(word, etc->rows[i].name, best);

        if (d < best) {
            best = d;
            found = etc->rows[i].name;
        }
    }
    for (unsigned i = 0; i < registry_count(); i++) {
        const char *name = registry_name(registry_at(i));
        unsigned d = name[0] != '\0' ? near_distance(word, name, best) : best;

        if (d < best) {
            best = d;
            found = name;
        }
    }
    return found;
}
