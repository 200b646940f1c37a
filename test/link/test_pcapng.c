/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_pcapng.c - structure, limits and errors of capture files
 *
 * The file is read back block by block with the bounded reader. That other programs can read
 * it too is for pcapng-tshark.sh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rd.h"
#include "link/pcapng.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file without a name, and its contents at the end. */
struct file {
    int fd; /* stays open when the writer closes its copy */
    uint8_t *bytes;
    size_t len;
};

static struct pcapng *file_begin(struct file *f) {
    FILE *tmp = tmpfile();
    struct pcapng *p;

    assert_non_null(tmp);
    f->fd = dup(fileno(tmp));
    fclose(tmp);
    assert_true(f->fd >= 0);
    assert_int_equal(pcapng_open_fd(dup(f->fd), 0, &p), 0);
    return p;
}

static struct rd file_end(struct file *f) {
    off_t len = lseek(f->fd, 0, SEEK_END);

    assert_true(len > 0);
    f->len = (size_t)len;
    f->bytes = malloc(f->len);
    assert_non_null(f->bytes);
    assert_int_equal(pread(f->fd, f->bytes, f->len, 0), len);
    close(f->fd);
    return rd_init(f->bytes, f->len);
}

/* The body of the next block, after checking both lengths. */
static struct rd next_block(struct rd *r, uint32_t want_type) {
    uint32_t type = rd_be32(r);
    uint32_t len = rd_be32(r);
    struct rd body;

    assert_int_equal(type, want_type);
    assert_int_equal(len % 4, 0);
    assert_true(len >= 12);
    body = rd_sub(r, len - 12);
    assert_int_equal(rd_be32(r), len);
    assert_false(r->bad);
    return body;
}

static void blocks_are_well_formed(void **state) {
    struct file f;
    struct pcapng *p = file_begin(&f);
    uint8_t data[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct rd r;

    (void)state;
    assert_int_equal(pcapng_add_link(p, NULL, INL_LINK_IP), 0);
    for (size_t n = 0; n <= 8; n++) {
        struct pcapng_frame frame = {
            .data = data, .len_bytes = n, .comment = "because", .process = n % 2 == 0 ? "me" : ""};

        assert_int_equal(pcapng_write(p, &frame), 0);
    }
    assert_int_equal(pcapng_close(p), 0);
    r = file_end(&f);
    struct rd section = next_block(&r, 0x0a0d0d0a);
    assert_int_equal(rd_be32(&section), 0x1a2b3c4d);
    struct rd link = next_block(&r, 1);
    assert_int_equal(rd_be16(&link), 101);
    for (size_t n = 0; n <= 8; n++) {
        struct rd body = next_block(&r, 6);

        rd_skip(&body, 12);
        assert_int_equal(rd_be32(&body), n);
        assert_int_equal(rd_be32(&body), n);
        const uint8_t *bytes = rd_take(&body, (n + 3) / 4 * 4);
        assert_true(n == 0 || memcmp(bytes, data, n) == 0);
        assert_int_equal(rd_be16(&body), 1); /* comment */
        assert_int_equal(rd_be16(&body), 7);
        assert_memory_equal(rd_take(&body, 8), "because", 8);
        if (n % 2 == 0) {
            assert_int_equal(rd_be16(&body), 1);
            assert_int_equal(rd_be16(&body), 2);
            assert_memory_equal(rd_take(&body, 4), "me\0", 4);
        }
        assert_int_equal(rd_be32(&body), 0); /* end of options */
        assert_int_equal(rd_left(&body), 0);
        assert_false(body.bad);
    }
    assert_int_equal(rd_left(&r), 0);
    free(f.bytes);
}

static void large_frames_are_cut_and_comments_too(void **state) {
    struct file f;
    struct pcapng *p = file_begin(&f);
    size_t big = 300000;
    uint8_t *data = calloc(1, big);
    char comment[2000];
    struct pcapng_frame frame = {
        .data = data, .len_bytes = big, .comment = comment, .process = comment};
    struct rd r;

    (void)state;
    assert_non_null(data);
    memset(comment, 'c', sizeof(comment) - 1);
    comment[sizeof(comment) - 1] = 0;
    assert_int_equal(pcapng_add_link(p, comment, INL_LINK_ETHERNET), 0);
    for (int i = 0; i < 3; i++) { /* more than the buffer holds */
        assert_int_equal(pcapng_write(p, &frame), 0);
    }
    assert_int_equal(pcapng_close(p), 0);
    r = file_end(&f);
    (void)next_block(&r, 0x0a0d0d0a);
    (void)next_block(&r, 1);
    for (int i = 0; i < 3; i++) {
        struct rd body = next_block(&r, 6);

        rd_skip(&body, 12);
        assert_int_equal(rd_be32(&body), 262144);
        assert_int_equal(rd_be32(&body), big);
        rd_skip(&body, 262144);
        for (int j = 0; j < 2; j++) {
            assert_int_equal(rd_be16(&body), 1);
            assert_int_equal(rd_be16(&body), 1000);
            rd_skip(&body, 1000);
        }
    }
    assert_int_equal(rd_left(&r), 0);
    free(f.bytes);
    free(data);
}

static void frames_need_a_link(void **state) {
    struct file f;
    struct pcapng *p = file_begin(&f);
    struct pcapng_frame frame = {.link = 0};

    (void)state;
    assert_int_equal(pcapng_write(p, &frame), -EINVAL);
    assert_int_equal(pcapng_add_link(p, "a", INL_LINK_IP), 0);
    assert_int_equal(pcapng_write(p, &frame), 0);
    frame.link = 1;
    assert_int_equal(pcapng_write(p, &frame), -EINVAL);
    frame.link = -1;
    assert_int_equal(pcapng_write(p, &frame), -EINVAL);
    assert_int_equal(pcapng_close(p), 0);
    close(f.fd);
}

static void a_full_disk_is_reported_and_sticks(void **state) {
    int fd = open("/dev/full", O_WRONLY);
    struct pcapng_frame frame = {.link = 0};
    struct pcapng *p;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(pcapng_open_fd(fd, 0, &p), 0);
    assert_int_equal(pcapng_add_link(p, "a", INL_LINK_IP), 0);
    assert_int_equal(pcapng_flush(p), -ENOSPC);
    assert_int_equal(pcapng_write(p, &frame), -ENOSPC);
    assert_int_equal(pcapng_add_link(p, "b", INL_LINK_IP), -ENOSPC);
    assert_int_equal(pcapng_close(p), -ENOSPC);
    assert_int_equal(pcapng_close(NULL), 0);
    assert_int_equal(pcapng_open("/nowhere/at/all", 0, &p), -ENOENT);
}

/* A pipe that nobody reads: frames are lost, never in part, and the rest is good once it is read. */
static void a_slow_reader_loses_whole_frames(void **state) {
    (void)state;
    static uint8_t frame[9000], got[2000000];
    enum { FRAMES = 100 };
    struct pcapng *p;
    int fds[2];
    size_t len = 0;
    ssize_t n;

    assert_int_equal(pipe(fds), 0);
    assert_int_equal(pcapng_open_fd(fds[1], 0, &p), 0);
    assert_int_equal(pcapng_add_link(p, "a", INL_LINK_ETHERNET), 0);
    pcapng_may_lose(p);
    for (unsigned i = 0; i < FRAMES; i++) {
        const struct pcapng_frame f = {.data = frame, .len_bytes = sizeof(frame)};

        frame[0] = (uint8_t)i;
        assert_int_equal(pcapng_write(p, &f), 0);
    }
    assert_int_equal(pcapng_flush(p), 0);
    uint64_t lost = pcapng_lost(p);

    assert_true(lost > 10 && lost < FRAMES - 10);
    assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
    while ((n = read(fds[0], got + len, sizeof(got) - len)) > 0) {
        len += (size_t)n;
        assert_int_equal(pcapng_flush(p), 0);
    }
    assert_int_equal(pcapng_close(p), 0);
    close(fds[0]);
    struct rd r = rd_init(got, len);
    unsigned frames = 0;

    for (unsigned at = 0; rd_left(&r) > 0; at++) {
        struct rd body = next_block(&r, at == 0 ? 0x0a0d0d0a : at == 1 ? 1 : 6);

        if (at > 1) {
            assert_true(rd_skip(&body, 20));
            assert_int_equal(rd_u8(&body), frames); /* the first ones, without a gap */
            frames++;
        }
    }
    assert_int_equal(frames + lost, FRAMES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_well_formed),
        cmocka_unit_test(large_frames_are_cut_and_comments_too),
        cmocka_unit_test(frames_need_a_link),
        cmocka_unit_test(a_full_disk_is_reported_and_sticks),
        cmocka_unit_test(a_slow_reader_loses_whole_frames),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
