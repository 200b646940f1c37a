/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * base_addr.c - fuzz target: addresses from text and back
 */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *in = malloc(size + 1);
    struct inl_addr a, again;
    char out[INL_ADDR_TEXT_MAX];

    if (size) {
        memcpy(in, data, size);
    }
    in[size] = '\0';
    if (inl_addr_parse(in, &a) == 0) {
        FUZZ_CHECK(inl_addr_format(&a, out, sizeof(out)) > 0);
        FUZZ_CHECK(inl_addr_parse(out, &again) == 0);
        FUZZ_CHECK(inl_addr_eq(&a, &again));
    }
    free(in);
    return 0;
}
