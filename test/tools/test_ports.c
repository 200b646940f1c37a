/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_ports.c - the tables of the registry agree with each other, and names with numbers
 */
#include "tools/common/ports.h"
#include "tools/common/registry.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What the index says of each port is what a walk over all rows says. */
static void every_port(void **state) {
    static unsigned expected[65536];

    (void)state;
    for (unsigned i = 0; i < registry_count(); i++) {
        const struct registry_row *row = registry_at(i);

        for (unsigned p = row->low; (row->flags & REGISTRY_NO_PORT) == 0 && p <= row->high; p++) {
            expected[p]++;
        }
    }
    for (unsigned p = 0; p < 65536; p++) {
        const uint16_t *rows = NULL;
        unsigned n = registry_of_port((uint16_t)p, &rows);

        assert_int_equal(n, expected[p]);
        for (unsigned i = 0; i < n; i++) {
            assert_in_range(p, registry_at(rows[i])->low, registry_at(rows[i])->high);
        }
    }
}

static void every_name(void **state) {
    (void)state;
    for (unsigned i = 0; i < registry_count(); i++) {
        const uint16_t *rows = NULL;
        const char *name = registry_name(registry_at(i));
        unsigned n = registry_of_name(name, &rows);
        unsigned hits = 0;

        for (unsigned k = 0; k < n; k++) {
            hits += rows[k] == i;
        }
        assert_int_equal(hits, name[0] != '\0');
    }
}

static void names_and_numbers(void **state) {
    (void)state;
    assert_string_equal(ports_name(22, PORTS_TCP), "ssh");
    assert_string_equal(ports_name(53, PORTS_UDP), "domain");
    assert_null(ports_name(65535, PORTS_TCP));
    assert_int_equal(ports_number("ssh", PORTS_TCP), 22);
    assert_int_equal(ports_number("SSH", PORTS_TCP), 22);
    assert_int_equal(ports_number("65535", PORTS_UDP), 65535);
    assert_int_equal(ports_number("65536", PORTS_UDP), -ENOENT);
    assert_int_equal(ports_number("no-such-service", PORTS_TCP), -ENOENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_port),
        cmocka_unit_test(every_name),
        cmocka_unit_test(names_and_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
