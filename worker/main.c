/*
 * dubplate: the commands, one row each.
 */
#include <cjson/cJSON.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "conf.h"
#include "follow.h"
#include "installation.h"
#include "key.h"
#include "serve.h"
#include "supervisor.h"
#include "task.h"

static int cmd_prepare(const struct conf *conf, int argc, char **argv)
{
    struct err e;

    (void)argc;
    (void)argv;
    if (installation_prepare(conf, &e)) {
        fprintf(stderr, "dubplate: %s\n", e.text);
        return 1;
    }
    return 0;
}

static int cmd_config(const struct conf *conf, int argc, char **argv)
{
    if (argc == 1 && strcmp(argv[0], "--table") == 0)
        conf_print_table(stdout);
    else
        conf_print(conf, stdout);
    return 0;
}

static int cmd_version(const struct conf *conf, int argc, char **argv)
{
    (void)conf;
    (void)argc;
    (void)argv;
    puts("dubplate " DUBPLATE_VERSION);
    return 0;
}

static const struct command {
    const char *name;
    int       (*run)(const struct conf *conf, int argc, char **argv);
    const char *usage, *help;
} commands[] = {
    { "serve",   cmd_serve,   "NGINX_CONF [WORKERS]", "run nginx, handlers and worker, and keep them running" },
    { "worker",  cmd_worker,  "",                     "run a worker: claim tasks, process them, until SIGTERM" },
    { "prepare", cmd_prepare, "",                     "create directories, database and admin key" },
    { "follow",  cmd_follow,  "JOB",                  "show a job's progress until it ends" },
    { "key",     cmd_key,     "add | list | remove",  "API keys with limits; `dubplate key` says more" },
    { "config",  cmd_config,  "[--table]",            "print the settings in force, or their table" },
    { "version", cmd_version, "",                     "print the version" },
    { "task",    cmd_task,    NULL,                   NULL },     /* the worker's own */
    { "probe",   cmd_probe,   NULL,                   NULL },     /* likewise */
};

static int usage(FILE *out)
{
    fputs("usage: dubplate COMMAND\n\n", out);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (commands[i].usage)
            fprintf(out, "  %-8s %-22s %s\n", commands[i].name, commands[i].usage, commands[i].help);
    fputs("\nSettings come from the environment and DATA_DIR/dubplate.env; see `dubplate config`.\n", out);
    return out == stderr ? 2 : 0;
}

int main(int argc, char **argv)
{
    struct conf conf;
    struct err e;

    cJSON_InitHooks(&(cJSON_Hooks){ .malloc_fn = xmalloc, .free_fn = free });
    if (sodium_init() < 0)
        return 1;
    if (argc < 2)
        return usage(stderr);
    if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
        return usage(stdout);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0) {
            if (conf_load(&conf, &e)) {
                fprintf(stderr, "dubplate: %s\n", e.text);
                return 78;
            }
            return commands[i].run(&conf, argc - 2, argv + 2);
        }
    return usage(stderr);
}
