/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * timer_test.c - the timer wheel against a plain search, and its cost in steps
 */
#include "base_test.h"

#include "base/timer.h"

enum { TIMERS = 60 };

struct model {
    struct timer timer[TIMERS];
    int64_t due[TIMERS];    /* when it has to expire; overdue ones at once */
    uint64_t order[TIMERS]; /* ties expire in the order of arming */
    uint64_t armings;
};

/* The timer that has to expire next, or -1 */
static int model_first(const struct model *m) {
    int best = -1;

    for (int i = 0; i < TIMERS; i++) {
        if (timer_armed(&m->timer[i]) &&
            (best < 0 || m->due[i] < m->due[best] ||
             (m->due[i] == m->due[best] && m->order[i] < m->order[best]))) {
            best = i;
        }
    }
    return best;
}

/* A duration whose magnitude is anything from ns to hours, often on a round boundary */
static int64_t any_span(struct rng *g) {
    int64_t span = (int64_t)(rng_u64(g) >> (22 + rng_below(g, 42)));

    return rng_chance(g, 300000) ? span & ~INT64_C(63) : span;
}

static void model_arm(struct model *m, struct wheel *w, struct rng *g, inl_time now) {
    int i = (int)rng_below(g, TIMERS);
    int64_t due = now.ns + any_span(g);

    if (rng_chance(g, 100000)) {
        due = now.ns - any_span(g); /* the past */
    } else if (rng_chance(g, 200000)) {
        due = m->timer[rng_below(g, TIMERS)].due.ns; /* a tie */
    }
    timer_arm(w, &m->timer[i], (inl_time){due});
    m->due[i] = due < (int64_t)w->cur ? (int64_t)w->cur : due;
    m->order[i] = m->armings++;
}

static void model_expire(struct model *m, struct wheel *w, struct rng *g, inl_time now) {
    struct timer *t;
    int first;

    while ((t = wheel_pop(w, now))) {
        first = model_first(m);
        /* model_first looks at armed timers, and this one is no longer: look at it, too */
        assert_false(timer_armed(t));
        assert_true(m->due[t - m->timer] <= now.ns);
        if (first >= 0) {
            assert_true(m->due[t - m->timer] < m->due[first] ||
                        (m->due[t - m->timer] == m->due[first] &&
                         m->order[t - m->timer] < m->order[first]));
        }
        if (rng_chance(g, 300000)) {
            model_arm(m, w, g, now); /* from within the handler */
        }
    }
    first = model_first(m);
    assert_true(first < 0 || m->due[first] > now.ns);
    assert_true(inl_time_before(now, wheel_next(w)));
}

static void wheel_against_model(void **state) {
    struct model *m = calloc(1, sizeof(*m));
    struct wheel *w = malloc(sizeof(*w));

    (void)state;
    for (uint64_t seed = 0; seed < 1000; seed++) {
        struct rng g = test_rng(seed);
        inl_time now = {(int64_t)(rng_u64(&g) >> (2 + rng_below(&g, 61)))};

        memset(m, 0, sizeof(*m));
        for (int i = 0; i < TIMERS; i++) {
            timer_init(&m->timer[i], TIMER_TCP + 1);
        }
        wheel_init(w, now);
        for (int step = 0; step < 150; step++) {
            int first;

            if (rng_chance(&g, 600000)) {
                model_arm(m, w, &g, now);
            } else if (rng_chance(&g, 300000)) {
                timer_cancel(w, &m->timer[rng_below(&g, TIMERS)]);
            } else {
                now.ns += any_span(&g);
                model_expire(m, w, &g, now);
            }
            first = model_first(m);
            assert_int_equal(first < 0, inl_time_is_never(wheel_next(w)));
            assert_true(first < 0 || wheel_next(w).ns <= m->due[first]);
        }
        /* Driving by wheel_next() alone ends, in a bounded number of rounds. */
        for (int rounds = 0; w->count > 0; rounds++) {
            assert_true(rounds < TIMERS * WHEEL_LEVELS);
            now = inl_time_max(now, wheel_next(w));
            while (wheel_pop(w, now)) {
            }
        }
    }
    free(w);
    free(m);
}

static void timer_basics(void **state) {
    struct wheel *w = malloc(sizeof(*w));
    struct timer a, b;

    (void)state;
    wheel_init(w, (inl_time){0});
    timer_init(&a, TIMER_IP + 2);
    timer_init(&b, TIMER_TCP);
    assert_int_equal(timer_layer(&a), TIMER_IP);
    assert_true(inl_time_is_never(wheel_next(w)));
    assert_null(wheel_pop(w, (inl_time){5}));
    timer_cancel(w, &a);
    timer_arm(w, &a, (inl_time){INL_S});
    timer_arm(w, &b, (inl_time){INL_S + 1});
    assert_true(wheel_next(w).ns == INL_S); /* few timers: exact */
    assert_null(wheel_pop(w, (inl_time){INL_S - 1}));
    assert_ptr_equal(wheel_pop(w, (inl_time){INL_S}), &a);
    assert_null(wheel_pop(w, (inl_time){INL_S}));
    assert_true(a.due.ns == INL_S);
    timer_arm(w, &b, INL_TIME_NEVER);
    assert_false(timer_armed(&b));
    assert_true(inl_time_is_never(wheel_next(w)));
    timer_arm(w, &b, (inl_time){-7}); /* overdue: at once */
    assert_ptr_equal(wheel_pop(w, (inl_time){INL_S}), &b);
    timer_arm(w, &b, (inl_time){INT64_MAX - 1});
    assert_null(wheel_pop(w, (inl_time){INT64_MAX - 2}));
    assert_ptr_equal(wheel_pop(w, (inl_time){INT64_MAX - 1}), &b);
    assert_int_equal(w->count, 0);
    free(w);
}

/* Steps that n timers cost from arming to expiry within an hour, and that re-arming costs */
static void count_steps(size_t n, uint64_t *ret_rearm, uint64_t *ret_life) {
    struct wheel *w = malloc(sizeof(*w));
    struct timer *t = malloc(n * sizeof(*t));
    struct rng g = test_rng(n);
    uint64_t before;
    size_t expired = 0;

    wheel_init(w, (inl_time){INL_S});
    for (size_t i = 0; i < n; i++) {
        timer_init(&t[i], 0);
        timer_arm(w, &t[i], (inl_time){INL_S + (int64_t)rng_below(&g, 3600 * (uint64_t)INL_S)});
    }
    before = w->steps;
    for (int i = 0; i < 1000; i++) {
        timer_arm(w, &t[rng_below(&g, n)],
                  (inl_time){INL_S + (int64_t)rng_below(&g, 3600 * (uint64_t)INL_S)});
    }
    *ret_rearm = w->steps - before;
    for (inl_time now = {0}; expired < n; now.ns += 10 * INL_S) {
        while (wheel_pop(w, now)) {
            expired++;
        }
    }
    *ret_life = w->steps - *ret_rearm;
    free(t);
    free(w);
}

static void cost_is_flat(void **state) {
    uint64_t rearm, life;
    const size_t sizes[] = {10, 1000, 1000000};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        count_steps(sizes[i], &rearm, &life);
        print_message("%zu timers: %.2f steps to re-arm, %.2f from arming to expiry\n", sizes[i],
                      (double)rearm / 1000, (double)life / (double)sizes[i]);
        assert_int_equal(rearm, 1000);
        assert_true(life <= sizes[i] * WHEEL_LEVELS);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timer_basics),
        cmocka_unit_test(wheel_against_model),
        cmocka_unit_test(cost_is_flat),
    };

    return cmocka_run_group_tests_name("timer", tests, NULL, NULL);
}
