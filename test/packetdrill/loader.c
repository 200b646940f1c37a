/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loader.c - scenes that use the packetdrill plug-in as the tool does
 *
 * usage: loader PLUGIN [SCENE]
 *
 * Each scene runs over IPv4, IPv6 and IPv4 on IPv6 sockets, in a new instance of the plug-in. Every
 * function of the interface is called by one scene at least. "preload" is run in a child with
 * LD_PRELOAD set to the plug-in, since that is how the tool reads TCP_INFO.
 */
#include "scenes.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
    const char *name;
    void (*run)(struct tool *t);
    const char *flags;
} scenes[] = {
    {"accept", scene_accept, "sysctl=none,profile=inlet"},
    {"connect", scene_connect, "sysctl=none,profile=inlet"},
    {"fastopen", scene_fastopen, "sysctl=none,profile=inlet"},
    {"read", scene_read, "sysctl=none,profile=inlet"},
    {"write", scene_write, "sysctl=none,profile=inlet"},
    {"buffers", scene_buffers, "sysctl=none,profile=inlet"},
    {"messages", scene_messages, "sysctl=none,profile=inlet"},
    {"flags", scene_flags, "sysctl=none,profile=inlet"},
    {"options", scene_options, "sysctl=none,profile=inlet"},
    {"poll", scene_poll, "sysctl=none,profile=inlet"},
    {"epoll", scene_epoll, "sysctl=none,profile=inlet"},
    {"splice", scene_splice, "sysctl=none,profile=inlet"},
    {"shutdown", scene_shutdown, "sysctl=none,profile=inlet"},
    {"datagrams", scene_datagrams, "sysctl=none,profile=inlet"},
    {"clock", scene_clock, "sysctl=none,timeout=7"},
    {"refuse", scene_refuse, "sysctl=none,profile=inlet"},
    {"closed-behind", scene_closed_behind, "sysctl=none,profile=inlet"},
    {"give-up", scene_give_up, "sysctl=none,profile=inlet"},
    {"free", scene_free, "sysctl=none,profile=inlet"},
    {"sysctls", scene_sysctls, NULL},
    {"flags-given", scene_flags_given, NULL},
};

#define SCENES (sizeof(scenes) / sizeof(scenes[0]))

static void run_scene(size_t i) {
    static const char *const names[] = {"IPv4", "IPv6", "IPv4 on IPv6 sockets"};

    for (int mode = 0; mode < 3; mode++) {
        static struct tool t;

        printf("%s (%s)\n", scenes[i].name, names[mode]);
        fflush(stdout);
        if (scenes[i].flags) {
            tool_begin(&t, (enum mode)mode, scenes[i].flags);
            scenes[i].run(&t);
            tool_end(&t);
        } else { /* begins by itself */
            t.mode = (enum mode)mode;
            scenes[i].run(&t);
        }
    }
}

/* The child: this program with the object preloaded. */
static void run_preloaded(const char *self) {
    char *argv[] = {strdup(self), strdup(tool_plugin), strdup("preload"), NULL};
    pid_t pid;
    int status;

    printf("preload (in a child)\n");
    fflush(stdout);
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        setenv("LD_PRELOAD", tool_plugin, 1);
        setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
        execv("/proc/self/exe", argv);
        _exit(127);
    }
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    for (int i = 0; i < 3; i++) {
        free(argv[i]);
    }
}

int main(int argc, char **argv) {
    bool found = false;

    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: loader PLUGIN [SCENE]\n");
        return 2;
    }
    tool_plugin = argv[1];
    if (argc == 3 && strcmp(argv[2], "preload") == 0) {
        scene_preload();
        return 0;
    }
    for (size_t i = 0; i < SCENES; i++) {
        if (argc == 2 || strcmp(argv[2], scenes[i].name) == 0) {
            run_scene(i);
            found = true;
        }
    }
    CHECK(found);
    if (argc == 2) {
        run_preloaded(argv[0]);
    }
    return 0;
}
