/*
 * progress: how far a job is, below its title. One track: the groove of its stages. A list: one groove for all of its
 * tracks, what failed hatched at the end of it.
 */

import { attr, clone, cssVar, show, text } from './dom.js';
import * as words from './words.js';

export const percentOf = (job) => job.progress_percent ?? job.progress?.percent ?? 0;

export class Progress {
    /* ref: the named nodes of a row. */
    constructor(ref) {
        this.ref = ref;
        this.steps = words.STAGES.map((stage) => {
            const step = clone('t-step');
            text(step.ref.name, stage.label);
            ref.strip.append(step.el);
            return step.el;
        });
    }

    render(job) {
        const { ref } = this, failed = job.state === 'failed', running = job.state === 'running';
        const held = job.state === 'paused' && percentOf(job) > 0;
        const at = words.STAGES.findIndex((stage) => stage.name === job.stage);
        const { total_items: total = 0 } = job.progress || {};
        const shown = running || held || (job.is_list ? total > 0 && job.state !== 'done' && job.state !== 'cancelled' : failed && at >= 0);
        show(ref.run, shown);
        if (!shown) return;
        show(ref.strip, !job.is_list);
        show(ref.whole, job.is_list);
        show(ref.cut, job.is_list || at >= 0);
        text(ref.percent, failed ? '' : `${Math.floor(percentOf(job))}%`);
        if (job.is_list) this.showWhole(job, total);
        else this.showStages(job, at, failed, held);
        this.showFlow(job, running, held);
    }

    showStages(job, at, failed, held) {
        const { ref } = this, progress = job.progress || {};
        const share = progress.total_bytes > 0 ? Math.min(1, progress.downloaded_bytes / progress.total_bytes) : null;
        this.steps.forEach((el, i) => {
            const state = i < at ? 'done' : i > at ? 'todo' : failed ? 'failed' : held ? 'held' : 'now';
            const known = job.stage === 'download' && (state === 'now' || held) && share !== null;
            attr(el, 'data-step', state);
            attr(el, 'data-known', known ? 'yes' : null);
            cssVar(el, '--fill', known && i === at ? share.toFixed(4) : state === 'done' ? 1 : 0);
        });
        attr(ref.strip, 'aria-label', failed ? `Failed at: ${job.stage}` : `${words.statusWord(job)}, ${Math.floor(percentOf(job))} percent`);
    }

    showWhole(job, total) {
        const { ref } = this, { completed_items: done = 0, failed_items: bad = 0 } = job.progress || {};
        const share = (n) => (total ? Math.min(1, n / total) : 0).toFixed(4);
        cssVar(ref.whole, '--done', share(done));
        cssVar(ref.whole, '--bad', share(bad));
        attr(ref.whole, 'aria-label', words.tally(job) || words.statusWord(job));
    }

    showFlow(job, running, held) {
        const { ref } = this, progress = job.progress || {}, moving = running && job.stage === 'download';
        text(ref.bytes, !job.is_list && (moving || held) ? words.transferred(progress.downloaded_bytes, progress.total_bytes) : '');
        text(ref.speed, moving ? words.rate(progress.speed) : '');
        text(ref.eta, moving && !job.is_list ? words.left(progress.eta) : '');
        show(ref.flow, ref.flow.textContent.trim() !== '');
    }
}
