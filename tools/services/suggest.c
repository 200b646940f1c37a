/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * suggest.c - what may have been meant by a name that no service has
 */
#include "tools/services/services.h"

#include "tools/common/near.h"

const char *suggest_name(const struct etc_services *etc, const char *word) {
    struct near near = near_begin(word);

    for (size_t i = 0; i < etc->n; i++) {
        near_try(&near, etc->rows[i].name);
    }
    for (unsigned i = 0; i < registry_count(); i++) {
        near_try(&near, registry_name(registry_at(i)));
    }
    return near.found;
}
