#include "pages.h"

#include "json.h"
#include "ytdlp/ytdlp.h"

#define MEMORY_MOST_BYTES (512LL << 20)     /* it takes 60 to 80 MB, with 5,000 entries too */
#define OUTPUT_MOST_BYTES (64LL << 20)
#define CPU_LEAST_S       60                /* Python and a JavaScript runtime on a slow machine: ten at the most */
#define ENTRIES_PER_CPU_S 20                /* hundreds, measured */

int pages_read(struct run *r, const struct pages_reading *p, struct err *e)
{
    const int64_t longest_s = p->longest_s < r->conf->task_timeout_s ? p->longest_s : r->conf->task_timeout_s;
    struct ytdlp_complaint complaint;
    struct ytdlp_args args;

    ytdlp_resolve_args(&args, r->conf->ytdlp_path, r->conf->ytdlp_config, &p->pages);
    const struct ytdlp_run run = {
        .argv = args.argv, .dir = r->work, .mark = r->mark, .timeout_ms = longest_s * 1000,
        .cpu_s = CPU_LEAST_S + p->pages.most / ENTRIES_PER_CPU_S, .memory_bytes = MEMORY_MOST_BYTES,
        .max_file_bytes = OUTPUT_MOST_BYTES, .line_bytes = json_limits_tool.max_bytes, .on_line = p->on_line,
        .tick = p->tick, .arg = p->arg,
    };
    return ytdlp_run(&run, &complaint, &r->cpu_ms, e);
}
