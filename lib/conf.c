#include "conf.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "net.h"

struct setting {
    const char *name, *help, *text_default;
    size_t      offset;
    enum { WHOLE, NUMBER, TEXT, TRUTH } kind;
    bool        is_secret;
    int64_t     int_default, least, most;
    double      number_default;
    bool        bool_default;
};

static const struct setting settings[] = {
#define INT(field, n, def, lo, hi, h)                                                                           \
    { .name = n, .help = h, .offset = offsetof(struct conf, field), .kind = WHOLE,                              \
      .int_default = def, .least = lo, .most = hi },
#define NUM(field, n, def, lo, hi, h)                                                                           \
    { .name = n, .help = h, .offset = offsetof(struct conf, field), .kind = NUMBER,                             \
      .number_default = def, .least = lo, .most = hi },
#define STR(field, n, def, h)                                                                                   \
    { .name = n, .help = h, .offset = offsetof(struct conf, field), .kind = TEXT, .text_default = def },
#define SECRET(field, n, h)                                                                                     \
    { .name = n, .help = h, .offset = offsetof(struct conf, field), .kind = TEXT, .text_default = "",           \
      .is_secret = true },
#define BOOL(field, n, def, h)                                                                                  \
    { .name = n, .help = h, .offset = offsetof(struct conf, field), .kind = TRUTH, .bool_default = def },
    CONF_TABLE(INT, NUM, STR, SECRET, BOOL)
#undef INT
#undef NUM
#undef STR
#undef SECRET
#undef BOOL
};

/* The words that people and compose files use. */
static int set_truth(bool *to, const struct setting *s, const char *value, const char *where, struct err *e)
{
    static const struct { const char *word; bool means; } words[] = {
        { "true", true }, { "yes", true }, { "on", true }, { "1", true },
        { "false", false }, { "no", false }, { "off", false }, { "0", false },
    };

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcasecmp(words[i].word, value) == 0) {
            *to = words[i].means;
            return 0;
        }
    return err_set(e, ERR_INPUT, "%s: %s=%.60s is neither true nor false", where, s->name, value);
}

static int set_number(double *to, const struct setting *s, const char *value, const char *where, struct err *e)
{
    char *end = NULL;
    const double n = strtod(value, &end);

    if (end == value || *end || value[strspn(value, "+-.0123456789")] || n < (double)s->least || n > (double)s->most)
        return err_set(e, ERR_INPUT, "%s: %s=%.60s is not a number from %lld to %lld", where, s->name, value,
                       (long long)s->least, (long long)s->most);
    *to = n;
    return 0;
}

static int set_value(struct conf *c, const struct setting *s, const char *value, const char *where, struct err *e)
{
    char *at = (char *)c + s->offset, *end = NULL;

    if (s->kind == TRUTH)
        return set_truth((bool *)at, s, value, where, e);
    if (s->kind == NUMBER)
        return set_number((double *)(void *)at, s, value, where, e);
    if (s->kind == TEXT) {
        if (strlen(value) >= CONF_STR_BYTES)
            return err_set(e, ERR_INPUT, "%s: %s is longer than %d bytes", where, s->name, CONF_STR_BYTES - 1);
        copy_text(at, CONF_STR_BYTES, value);
        return 0;
    }
    errno = 0;
    const int64_t n = strtoll(value, &end, 10);
    if (errno || end == value || *end || n < s->least || n > s->most)
        return err_set(e, ERR_INPUT, "%s: %s=%.60s is not a whole number from %lld to %lld", where, s->name, value,
                       (long long)s->least, (long long)s->most);
    memcpy(at, &n, sizeof n);
    return 0;
}

static const struct setting *find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        if (strcmp(settings[i].name, name) == 0)
            return &settings[i];
    return NULL;
}

/* One NAME=value line of the file; comments and blank lines pass. A pair of quotes around the value is dropped. */
static int read_line(struct conf *c, char *line, const char *where, struct err *e)
{
    line += strspn(line, " \t");
    line[strcspn(line, "\r\n")] = '\0';
    if (!*line || *line == '#')
        return 0;
    char *equals = strchr(line, '=');
    if (!equals)
        return err_set(e, ERR_INPUT, "%s: expected NAME=value", where);
    *equals = '\0';
    char *value = equals + 1;
    const size_t n = strlen(value);
    if (n >= 2 && (*value == '"' || *value == '\'') && value[n - 1] == *value) {
        value[n - 1] = '\0';
        value++;
    }
    const struct setting *s = find(line);
    if (!s)
        return err_set(e, ERR_INPUT, "%s: there is no setting %.60s", where, line);
    if (strcmp(line, "DATA_DIR") == 0)
        return err_set(e, ERR_INPUT, "%s: DATA_DIR is where this file was found; set it in the environment", where);
    return set_value(c, s, value, where, e);
}

static int read_file(struct conf *c, struct err *e)
{
    char path[CONF_STR_BYTES + 32], where[CONF_STR_BYTES + 64];
    char *text = NULL, *rest, *line;
    int rc = 0, number = 0;

    snprintf(path, sizeof path, "%s/dubplate.env", c->data_dir);
    if (access(path, F_OK) != 0)
        return 0;
    if (file_read(&text, NULL, path, 64 << 10, e))
        return -1;
    rest = text;
    while (rc == 0 && (line = strsep(&rest, "\n"))) {
        snprintf(where, sizeof where, "%s:%d", path, ++number);
        rc = read_line(c, line, where, e);
    }
    free(text);
    return rc;
}

static int read_environment(struct conf *c, struct err *e)
{
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        const char *value = getenv(settings[i].name);
        if (value && *value && set_value(c, &settings[i], value, "environment", e))
            return -1;
    }
    return 0;
}

static int make_absolute(struct conf *c, struct err *e)
{
    char cwd[PATH_MAX], *full;

    if (c->data_dir[0] != '/') {
        if (!getcwd(cwd, sizeof cwd))
            return err_errno(e, "cannot read the working directory");
        const char *rel = strncmp(c->data_dir, "./", 2) == 0 ? c->data_dir + 2 : c->data_dir;
        full = xasprintf("%s/%s", cwd, rel);
        const bool fits = strlen(full) < sizeof c->data_dir;
        copy_text(c->data_dir, sizeof c->data_dir, full);
        free(full);
        if (!fits)
            return err_set(e, ERR_INPUT, "DATA_DIR is too long");
    }
    for (size_t n = strlen(c->data_dir); n > 1 && c->data_dir[n - 1] == '/'; n--)
        c->data_dir[n - 1] = '\0';
    snprintf(c->db_path, sizeof c->db_path, "%s/dubplate.db", c->data_dir);
    return 0;
}

static int apply_log_level(const struct conf *c, struct err *e)
{
    static const char *const levels[] = { "error", "warn", "info", "debug" };

    for (size_t i = 0; i < ARRAY_LEN(levels); i++)
        if (strcmp(c->log_level, levels[i]) == 0) {
            log_set_level((enum log_level)i);
            return 0;
        }
    return err_set(e, ERR_INPUT, "LOG_LEVEL=%.30s: expected error, warn, info or debug", c->log_level);
}

/* What nginx is to be told; the whitelist's default hangs on it, so no names that somebody else resolves. */
static int check_listen(const struct conf *c, struct err *e)
{
    struct sockaddr_storage address;

    if (strcmp(c->listen, "*") == 0 || (!strchr(c->listen, '%') && net_literal(c->listen, &address)))
        return 0;
    return err_set(e, ERR_INPUT, "LISTEN=%.60s: expected an IPv4 or IPv6 address, or *", c->listen);
}

static int check_whitelist(const struct conf *c, struct err *e)
{
    static const char *const values[] = { "", "true", "false" };

    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        if (strcmp(c->download_whitelist_enabled, values[i]) == 0)
            return 0;
    return err_set(e, ERR_INPUT, "DOWNLOAD_WHITELIST_ENABLED=%.30s: expected true, false, or nothing",
                   c->download_whitelist_enabled);
}

bool conf_listens_on_loopback(const struct conf *c)
{
    struct sockaddr_storage address;

    return net_literal(c->listen, &address) && net_is_loopback((struct sockaddr *)&address);
}

int conf_load(struct conf *c, struct err *e)
{
    memset(c, 0, sizeof *c);
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        char *at = (char *)c + settings[i].offset;
        if (settings[i].kind == WHOLE)
            memcpy(at, &settings[i].int_default, sizeof settings[i].int_default);
        else if (settings[i].kind == NUMBER)
            memcpy(at, &settings[i].number_default, sizeof settings[i].number_default);
        else if (settings[i].kind == TRUTH)
            *(bool *)at = settings[i].bool_default;
        else
            copy_text(at, CONF_STR_BYTES, settings[i].text_default);
    }
    const char *data_dir = getenv("DATA_DIR");
    if (data_dir && *data_dir && set_value(c, find("DATA_DIR"), data_dir, "environment", e))
        return -1;
    if (make_absolute(c, e) || read_file(c, e))
        return -1;
    char absolute[CONF_STR_BYTES];
    copy_text(absolute, sizeof absolute, c->data_dir);
    if (read_environment(c, e))
        return -1;
    copy_text(c->data_dir, sizeof c->data_dir, absolute);
    return check_listen(c, e) || check_whitelist(c, e) || apply_log_level(c, e) ? -1 : 0;
}

void conf_print(const struct conf *c, FILE *out)
{
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        const char *at = (const char *)c + settings[i].offset;
        if (settings[i].kind == WHOLE)
            fprintf(out, "%s=%lld\n", settings[i].name, (long long)*(const int64_t *)(const void *)at);
        else if (settings[i].kind == NUMBER)
            fprintf(out, "%s=%g\n", settings[i].name, *(const double *)(const void *)at);
        else if (settings[i].kind == TRUTH)
            fprintf(out, "%s=%s\n", settings[i].name, *(const bool *)at ? "true" : "false");
        else
            fprintf(out, "%s=%s\n", settings[i].name, settings[i].is_secret && *at ? "(set)" : at);
    }
}

void conf_print_table(FILE *out)
{
    fputs("| setting | default | range | meaning |\n| --- | --- | --- | --- |\n", out);
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        const struct setting *s = &settings[i];
        if (s->kind == WHOLE)
            fprintf(out, "| `%s` | %lld | %lld–%lld | %s |\n", s->name, (long long)s->int_default,
                    (long long)s->least, (long long)s->most, s->help);
        else if (s->kind == NUMBER)
            fprintf(out, "| `%s` | %g | %lld–%lld | %s |\n", s->name, s->number_default, (long long)s->least,
                    (long long)s->most, s->help);
        else if (s->kind == TRUTH)
            fprintf(out, "| `%s` | %s | true, false | %s |\n", s->name, s->bool_default ? "true" : "false", s->help);
        else
            fprintf(out, "| `%s` | %s%s%s | | %s |\n", s->name, *s->text_default ? "`" : "", s->text_default,
                    *s->text_default ? "`" : "", s->help);
    }
}
