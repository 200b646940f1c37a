/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wire_text.c - fuzz target: the one-line decoder, on whole frames of every kind
 *
 * The first byte chooses the kind of link and the size of the line.
 */
#include "fuzz.h"

#include "wire/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const enum inl_link_kind kinds[] = {INL_LINK_ETHERNET, INL_LINK_IP, INL_LINK_LOOPBACK};
    uint8_t choice = size ? data[0] : 0;
    size_t len = size ? size - 1 : 0;
    uint8_t *in = fuzz_exact(size ? data + 1 : data, len);
    size_t cap = 1 + (size_t)(choice >> 2) * 8;
    char *line = malloc(cap);
    struct text t = fuzz_text(line, cap);

    wire_frame_text(&t, kinds[(choice & 3) % 3], in, len);
    fuzz_text_check(&t);
    FUZZ_CHECK(!memchr(line, '\n', t.len));
    free(line);
    fuzz_exact_free(in, len);
    return 0;
}
