/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * resume.c - a scan that was stopped, in a file, to go on from there
 *
 * The order of the probes follows from a key, so a place in it is one number. The file is JSON: the
 * command line, the key, pass and place, the hosts that were up, and the answers. It may come from
 * anywhere: each number is held against what it may be.
 */
#include "tools/scan/resume.h"

#include "tools/common/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VERSION 1

static json_t *answers_of(const struct job *job) {
    json_t *list = json_array();

    for (uint64_t i = 0; i < job_total(job); i++) {
        if (job->answers[i] != SCAN_NO_RESPONSE) {
            json_array_append_new(list, json_pack("[I, i]", (json_int_t)i, (int)job->answers[i]));
        }
    }
    return list;
}

static json_t *hosts_of(const struct job *job) {
    json_t *list = json_object();

    for (uint32_t i = 0; i < job->targets_n; i++) {
        char text[INL_ADDR_TEXT_MAX] = "";

        inl_addr_format(&job->targets[i].addr, text, sizeof(text));
        json_object_set_new(list, text, json_integer(job->targets[i].up));
    }
    return list;
}

int resume_check(const char *path) {
    char whole[4096];
    struct stat st;
    int n = snprintf(whole, sizeof(whole), "%s.new", path);
    int err = n <= 0 || (size_t)n >= sizeof(whole)               ? ENAMETOOLONG
              : stat(path, &st) == 0 && S_ISDIR(st.st_mode) != 0 ? EISDIR
                                                                 : 0;
    int fd = err == 0 ? open(whole, O_WRONLY | O_CREAT | O_CLOEXEC, 0666) : -1;

    if (fd < 0) {
        err = err != 0 ? err : errno;
        tool_say("%s: %s", path, strerror(err));
        return -err;
    }
    close(fd);
    unlink(whole);
    return 0;
}

int resume_save(const char *path, int argc, char **argv, const struct sweep *sweep) {
    json_t *words = json_array();
    char whole[4096];

    for (int i = 0; i < argc; i++) {
        json_array_append_new(words, json_string(argv[i]));
    }
    json_t *o = json_pack("{s:i, s:o, s:I, s:i, s:I, s:o, s:o}", "version", VERSION, "argv", words,
                          "seed", (json_int_t)(sweep->seed >> 1), "pass", (int)sweep->pass, "at",
                          (json_int_t)sweep->at, "hosts", hosts_of(sweep->job), "answers",
                          answers_of(sweep->job));

    /* first beside it, so that a full disk does not take the old one */
    int n = snprintf(whole, sizeof(whole), "%s.new", path);
    bool fits = n > 0 && (size_t)n < sizeof(whole);
    bool good = o != NULL && fits && json_dump_file(o, whole, JSON_COMPACT) == 0 &&
                rename(whole, path) == 0;

    json_decref(o);
    if (!good) {
        tool_say("%s: the state cannot be written: %s", path, strerror(errno));
        if (fits) {
            unlink(whole);
        }
        return -EIO;
    }
    tool_say("stopped; `inlet scan --resume %s` goes on", path);
    return 0;
}

static bool wrong(const char *what) {
    tool_say("the state does not fit this scan (%s): begin anew", what);
    return false;
}

bool resume_fits(const json_t *o) {
    return json_integer_value(json_object_get(o, "version")) == VERSION &&
           json_is_array(json_object_get(o, "argv")) &&
           json_is_object(json_object_get(o, "hosts")) &&
           json_is_array(json_object_get(o, "answers"));
}

json_t *resume_load(const char *path) {
    json_error_t error;
    errno = 0;
    json_t *o = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

    if (o == NULL) {
        int why = errno;

        tool_say("%s: %s", path, why != 0 ? strerror(why) : "not the state of a scan");
    } else if (!resume_fits(o)) {
        tool_say("%s is not the state of a scan", path);
        json_decref(o);
        o = NULL;
    }
    return o;
}

char **resume_argv(const json_t *saved, int *ret_argc) {
    const json_t *words = json_object_get(saved, "argv");
    size_t n = json_array_size(words);
    char **argv = calloc(n + 1, sizeof(*argv));

    for (size_t i = 0; argv != NULL && i < n; i++) { /* calloc() has put an end behind each */
        const char *word = json_string_value(json_array_get(words, i));

        argv[i] = word != NULL ? strdup(word) : NULL;
        if (argv[i] == NULL) {
            n = 0; /* shorter than it says: not a command line */
        }
    }
    if (argv == NULL || n == 0) {
        wrong("its command line");
        for (char **word = argv; word != NULL && *word != NULL; word++) {
            free(*word);
        }
        free(argv);
        return NULL;
    }
    *ret_argc = (int)n;
    return argv;
}

bool resume_targets(const json_t *saved, struct targets *targets) {
    const json_t *hosts = json_object_get(saved, "hosts");
    uint32_t n = 0;

    for (uint32_t i = 0; i < targets->n; i++) {
        char text[INL_ADDR_TEXT_MAX] = "";

        inl_addr_format(&targets->list[i].addr, text, sizeof(text));
        json_int_t up = json_integer_value(json_object_get(hosts, text));

        if (up > SCAN_NO_RESPONSE && up < SCAN_REASONS) {
            targets->list[n] = targets->list[i];
            targets->list[n++].up = (uint8_t)up;
        }
    }
    targets->n = n;
    return n == json_object_size(hosts) ? true : wrong("its hosts");
}

uint64_t resume_seed(const json_t *saved) {
    return (uint64_t)json_integer_value(json_object_get(saved, "seed")) << 1;
}

bool resume_sweep(const json_t *saved, struct sweep *sweep) {
    const json_t *answers = json_object_get(saved, "answers");
    json_int_t total = (json_int_t)job_total(sweep->job);
    json_int_t at = json_integer_value(json_object_get(saved, "at"));
    json_int_t pass = json_integer_value(json_object_get(saved, "pass"));

    if (at < 0 || at > total || pass < 0 || pass > sweep->timing.retries) {
        return wrong("its place");
    }
    for (size_t i = 0; i < json_array_size(answers); i++) {
        const json_t *pair = json_array_get(answers, i);
        json_int_t probe = json_integer_value(json_array_get(pair, 0));
        json_int_t reason = json_integer_value(json_array_get(pair, 1));

        if (json_array_size(pair) != 2 || probe < 0 || probe >= total ||
            reason <= SCAN_NO_RESPONSE || reason >= SCAN_REASONS) {
            return wrong("its answers");
        }
        job_note(sweep->job, (uint64_t)probe, (enum scan_reason)reason);
    }
    sweep_go_on(sweep, (unsigned)pass, (uint64_t)at);
    return true;
}
