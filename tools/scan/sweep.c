/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sweep.c - in which order, how fast, and how often a job's probes are sent
 *
 * A pass goes through all probes in the order of a permutation and leaves out those that have an
 * answer: nothing is kept of what is under way. What one pass did not hear of may be filtered, or
 * lost. So a second one follows; and then one more for as long as the last one has found something,
 * for that was lost before, and there may be more. Where nothing is lost, a filtered port is asked
 * twice.
 */
#include "tools/scan/sweep.h"

#include "host/loop.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)
#define BURST_NS (10 * INT64_C(1000000)) /* how far behind we may be and still catch up */
#define TELL_NS (NS_PER_S / 2)

void sweep_init(struct sweep *sweep, struct job *job, const struct timing *timing, uint64_t seed) {
    *sweep = (struct sweep){.job = job, .timing = *timing, .seed = seed};
    permute_init(&sweep->order, job_total(job), seed);
}

void sweep_go_on(struct sweep *sweep, unsigned pass, uint64_t at) {
    sweep->pass = pass;
    sweep->at = at;
    sweep->answered_before = sweep->job->answered;
    permute_init(&sweep->order, job_total(sweep->job), sweep->seed + pass);
}

bool sweep_next(struct sweep *sweep, uint64_t *ret_probe) {
    uint64_t total = job_total(sweep->job);

    while (sweep->at < total) {
        uint64_t probe = permute_at(&sweep->order, sweep->at++);

        if (sweep->job->answers[probe] == SCAN_NO_RESPONSE) {
            sweep->sent++;
            *ret_probe = probe;
            return true;
        }
    }
    return false;
}

bool sweep_again(struct sweep *sweep) {
    struct job *job = sweep->job;
    uint64_t found = job->answered - sweep->answered_before;

    if (job->answered == job_total(job) || sweep->pass >= sweep->timing.retries ||
        (sweep->pass > 0 && found == 0 && !sweep->unsure)) {
        sweep->done = true;
        return false;
    }
    sweep->pass++;
    sweep->at = 0;
    sweep->answered_before = job->answered;
    /* another order: what was lost together is not sent together again */
    permute_init(&sweep->order, job_total(job), sweep->seed + sweep->pass);
    return true;
}

unsigned sweep_due(struct sweep *sweep, int64_t now, unsigned max) {
    unsigned n = 0;

    if (sweep->began == 0) {
        sweep->began = sweep->told = now;
        sweep->next = now;
    }
    if (sweep->next < now - BURST_NS && sweep->timing.gap_ns < BURST_NS) {
        sweep->next = now - BURST_NS;
    } else if (sweep->next < now - sweep->timing.gap_ns && sweep->timing.gap_ns >= BURST_NS) {
        sweep->next = now;
    }
    while (n < max && sweep->next <= now) {
        sweep->next += sweep->timing.gap_ns;
        n++;
    }
    return n;
}

void sweep_tell(struct sweep *sweep, int64_t now, bool now_please) {
    uint64_t total = job_total(sweep->job);
    bool terminal = isatty(STDERR_FILENO);

    if (!now_please && (sweep->what == NULL || !terminal || now - sweep->told < TELL_NS)) {
        return;
    }
    sweep->told = now;
    /* what is still without an answer may be asked once more */
    uint64_t left = total - sweep->at;
    uint64_t more =
        sweep->pass == 0 && sweep->timing.retries > 0 ? total - sweep->job->answered : 0;
    uint64_t left_s = (uint64_t)sweep->timing.gap_ns * (left + more) / (uint64_t)NS_PER_S;

    fprintf(stderr,
            "%s%s: pass %u, %.1f%% sent, %" PRIu64 " of %" PRIu64 " answered, about %" PRIu64
            ":%02" PRIu64 " left%s",
            terminal ? "\r\033[K" : "", sweep->what != NULL ? sweep->what : "scan", sweep->pass + 1,
            total > 0 ? 100.0 * (double)sweep->at / (double)total : 100.0, sweep->job->answered,
            total, left_s / 60, left_s % 60, terminal && !now_please ? "" : "\n");
}

void sweep_quiet(struct sweep *sweep) {
    if (sweep->what != NULL && isatty(STDERR_FILENO) && sweep->told != sweep->began) {
        fputs("\r\033[K", stderr);
    }
}
