/*
 * jobs: the list. One Row per job, found by id and updated in place: a row that did not change is not touched,
 * so focus, selection and an open question survive every poll.
 */

import * as api from './api.js';
import { setDisc, drawSpirals } from './disc.js';
import { $, attr, clone, copyButton, cssVar, line, order, say, show, text } from './dom.js';
import { Details } from './details.js';
import * as player from './player.js';
import * as words from './words.js';

const PAGE = 50, LARGEST = 200;

const list = $('jobs');
const rows = new Map();         /* id -> Row */
const gone = new Set();         /* deleted here: a list that was under way may still name them */
let sequence = [];              /* ids, newest first, as shown */
let pages = 1;                  /* how many the reader asked for */
let cursor = null;              /* behind the last row shown */
let total = 0;
let poke = () => {};            /* asks the server at once */

const active = (job) => job.state === 'running' || job.state === 'queued';
const ended = (job) => !active(job) && job.state !== 'paused';

class Row {
    constructor(job) {
        const { el, ref } = clone('t-job');
        this.el = el;
        this.ref = ref;
        this.job = null;
        this.details = null;
        this.started = 0;           /* the attempt whose start was announced */
        this.cancelling = false;    /* asked for and accepted; its programs are still ending */
        drawSpirals(el);
        this.steps = words.STAGES.map((stage) => {
            const step = clone('t-step');
            text(step.ref.name, stage.label);
            ref.strip.append(step.el);
            return step.el;
        });
        const id = job.job_id;
        ref.title.id = `t-${id}`;
        ref.details.id = `d-${id}`;
        ref.more.setAttribute('aria-controls', ref.details.id);
        ref.details.setAttribute('aria-labelledby', ref.title.id);
        for (const name of ['play', 'save', 'cancel', 'more', 'remove']) ref[name].setAttribute('aria-describedby', ref.title.id);

        ref.cover.addEventListener('error', () => show(ref.cover, false));
        for (const button of [ref.disc, ref.play]) button.addEventListener('click', () => player.toggle(player.playable(this.job)));
        ref.cancel.addEventListener('click', () => this.cancel());
        ref.more.addEventListener('click', () => this.toggleDetails());
        ref.remove.addEventListener('click', () => this.ask(true));
        ref.removeNo.addEventListener('click', () => this.ask(false));
        ref.removeYes.addEventListener('click', () => this.remove());
        ref.confirm.addEventListener('keydown', (event) => {
            if (event.key !== 'Escape') return;
            event.stopPropagation();
            this.ask(false);
        });
        copyButton(ref.copy, () => this.report());
        this.update(job);
    }

    /* Writes what differs. An answer older than what is shown (a poll that a click overtook) is ignored. */
    update(job) {
        const before = this.job;
        if (before && job.updated_at < before.updated_at) return;
        this.job = job;
        const { ref } = this;
        const running = job.state === 'running', failed = job.state === 'failed', done = job.state === 'done';
        const track = player.playable(job);

        attr(this.el, 'data-state', job.state);
        text(ref.title, job.title || words.bare(job.url));
        attr(ref.title, 'data-plain', job.title ? null : 'yes');
        if (!active(job)) this.cancelling = false;
        text(ref.chip, this.cancelling ? 'Cancelling' : words.statusWord(job));
        line(ref.artist, job.artist);
        line(ref.source, words.sourceWord(job.source_type));
        line(ref.length, words.clock(job.duration_seconds));
        line(ref.attempt, job.attempt > 1 ? `attempt ${job.attempt}` : '');
        attr(ref.age, 'datetime', job.created_at);
        attr(ref.age, 'title', words.moment(job.created_at));
        this.tick();
        line(ref.waits, active(job) ? [words.waiting(job.waiting_for), job.state === 'queued' && job.error ? `Last try: ${words.full(job.error.detail || job.error.kind)}` : ''].filter(Boolean).join(' ') : '');
        this.showRun(job, running, failed);
        this.showError(job, failed);

        const cover = api.media(job.cover_url);
        if (cover && ref.cover.getAttribute('src') !== cover) ref.cover.src = cover;
        if (!before || api.media(before.cover_url) !== cover) show(ref.cover, cover);
        setDisc(ref.disc, done ? 100 : percentOf(job), done ? 'done' : failed ? 'failed' : job.state === 'cancelled' ? 'off' : 'cut');
        attr(this.el, 'data-cutting', running ? 'yes' : null);
        ref.disc.disabled = !track;
        this.showAction(ref.play, Boolean(track));
        this.showPlaying();

        attr(ref.save, 'href', track ? api.download(job.file_url) : null);
        this.showAction(ref.save, Boolean(track));
        this.showAction(ref.cancel, (active(job) || job.state === 'paused') && !this.cancelling);

        if (before && before.state !== job.state) this.announce();
        if (before && before.updated_at !== job.updated_at && this.details) this.details.stale = true;
    }

    /* An action that vanishes under the reader's focus hands it to the one that always stays. */
    showAction(button, visible) {
        const focused = document.activeElement === button;
        show(button, visible);
        if (focused && !visible) this.ref.more.focus();
    }

    showRun(job, running, failed) {
        const { ref } = this;
        const at = words.STAGES.findIndex((stage) => stage.name === job.stage);
        const shown = running || (failed && at >= 0);
        show(ref.run, shown);
        if (!shown) return;
        const percent = percentOf(job), progress = job.progress || {};
        const share = progress.total_bytes > 0 ? Math.min(1, progress.downloaded_bytes / progress.total_bytes) : null;
        this.steps.forEach((el, i) => {
            const state = i < at ? 'done' : i > at ? 'todo' : failed ? 'failed' : 'now';
            const known = job.stage === 'download' && state === 'now' && share !== null;
            attr(el, 'data-step', state);
            attr(el, 'data-known', known ? 'yes' : null);
            cssVar(el, '--fill', known ? share.toFixed(4) : state === 'done' ? 1 : 0);
        });
        const word = words.statusWord(job);
        attr(ref.strip, 'aria-label', failed ? `Failed at: ${job.stage}` : `${word}, ${Math.floor(percent)} percent`);
        text(ref.percent, failed ? '' : `${Math.floor(percent)}%`);
        const moving = running && job.stage === 'download';
        text(ref.bytes, moving ? words.transferred(progress.downloaded_bytes, progress.total_bytes) : '');
        text(ref.speed, moving ? words.rate(progress.speed) : '');
        text(ref.eta, moving ? words.left(progress.eta) : '');
        text(ref.items, running && progress.total_items > 1 ? `${progress.completed_items} of ${progress.total_items} tracks` : '');
        show(ref.flow, ref.flow.textContent.trim() !== '');
    }

    showError(job, failed) {
        const { ref } = this;
        show(ref.error, failed);
        if (!failed) return;
        text(ref.errorText, words.full(job.error?.detail || 'It failed, and nothing was recorded about why.'));
        text(ref.errorHint, job.error?.hint && words.full(job.error.hint));
    }

    showPlaying() {
        const { ref } = this, playing = player.isPlaying(this.job.job_id);
        attr(ref.disc, 'data-spin', playing ? 'yes' : null);
        for (const icon of [ref.discIcon, ref.playIcon]) attr(icon, 'href', playing ? '#i-pause' : '#i-play');
        text(ref.playWord, playing ? 'Pause' : 'Play');
        const name = this.job.title || words.bare(this.job.url);
        attr(ref.disc, 'aria-label', ref.disc.disabled ? `${name}: nothing to play yet` : `${playing ? 'Pause' : 'Play'} ${name}`);
    }

    tick() {
        text(this.ref.age, words.age(this.job.created_at));
    }

    announce() {
        const { job } = this, name = job.title || words.bare(job.url);
        let news = null;
        if (job.state === 'done') news = `Done: ${name}`;
        else if (job.state === 'failed') news = `Failed: ${name}. ${this.ref.errorText.textContent}`;
        else if (job.state === 'running') news = `Started: ${name}`;
        else if (job.state === 'cancelled') news = `Cancelled: ${name}`;
        /* Between two of its tasks a job is queued for a moment; starting again is no news. */
        if (!news || (job.state === 'running' && job.attempt === this.started)) return;
        if (job.state === 'running') this.started = job.attempt;
        say(news);
    }

    /* For a bug report or a question to a friend: everything that was said about the failure. */
    report() {
        const { job } = this, error = job.error || {};
        return [`Dubplate job ${job.job_id}`, `url: ${job.url}`, `stage: ${job.stage || '-'}  attempt: ${job.attempt}  at: ${job.updated_at}`,
            `kind: ${error.kind || '-'}`, `detail: ${error.detail || '-'}`, `hint: ${error.hint || '-'}`].join('\n');
    }

    async act(work) {
        line(this.ref.problem, '');
        try {
            return await work();
        } catch (error) {
            line(this.ref.problem, error.message);
            return null;
        } finally {
            poke();
        }
    }

    async cancel() {
        if (this.ref.cancel.hasAttribute('aria-disabled')) return;
        attr(this.ref.cancel, 'aria-disabled', 'true');
        const job = await this.act(() => api.cancel(this.job.job_id));
        attr(this.ref.cancel, 'aria-disabled', null);
        if (!job) return;
        this.cancelling = true;
        this.update(job);
    }

    /* Deleting asks first, in place; the safe answer has the focus. */
    ask(open) {
        const { ref, job } = this;
        text(ref.confirmText, active(job) ? 'Stop it and delete the job?' : job.file_url ? 'Delete the job and its audio file?' : 'Delete this job?');
        show(ref.acts, !open);
        show(ref.confirm, open);
        (open ? ref.removeNo : ref.remove).focus();
    }

    async remove() {
        const id = this.job.job_id, name = this.ref.title.textContent;
        this.ref.removeYes.disabled = true;
        const done = await this.act(async () => {
            try { await api.remove(id); } catch (error) { if (error.status !== 404) throw error; }
            return true;
        });
        this.ref.removeYes.disabled = false;
        if (!done) return this.ask(false);
        const at = sequence.indexOf(id);
        gone.add(id);
        total = Math.max(0, total - 1);
        arrange(sequence.filter((other) => other !== id));
        say(`Deleted: ${name}`);
        const next = rows.get(sequence[Math.min(at, sequence.length - 1)]);
        (next ? next.ref.title : $('list-title')).focus();
    }

    async toggleDetails() {
        const open = this.ref.details.hidden;
        show(this.ref.details, open);
        attr(this.ref.more, 'aria-expanded', String(open));
        if (!open) {
            api.forget(this.job.job_id);
            this.ref.details.replaceChildren();
            this.details = null;
            return;
        }
        this.details = new Details(this.ref.details);
        try {
            await this.refresh();
        } catch (error) {
            if (this.details) this.details.problem(error.message);
            poke();
        }
    }

    /* Reads the job itself: for its details, or because the polled part of the list does not reach it. */
    async refresh() {
        const { details } = this;
        try {
            const { changed, body } = await api.job(this.job.job_id);
            if (changed) this.update(body);
            if (details) {
                details.stale = false;
                if (changed || details.empty) details.render(body);
            }
        } catch (error) {
            if (error.status !== 404) throw error;
            gone.add(this.job.job_id);
            arrange(sequence.filter((id) => id !== this.job.job_id));
        }
    }

    leave() {
        player.close(this.job.job_id);
        api.forget(this.job.job_id);
    }
}

const percentOf = (job) => job.progress_percent ?? job.progress?.percent ?? 0;

/* Shows exactly these rows in this order. */
function arrange(ids) {
    const keep = new Set(ids);
    for (const [id, row] of rows) {
        if (keep.has(id)) continue;
        row.leave();
        rows.delete(id);
    }
    sequence = ids;
    order(list, ids.map((id) => rows.get(id).el));
    show($('empty'), ids.length === 0);
    show($('more'), cursor !== null);
    text($('count'), total > ids.length ? `${ids.length} of ${words.plural(total, 'track', 'tracks')}` : total ? words.plural(total, 'track', 'tracks') : '');
}

function place(jobs) {
    const ids = [];
    for (const job of jobs) {
        if (gone.has(job.job_id)) continue;
        ids.push(job.job_id);
        const row = rows.get(job.job_id);
        if (row) row.update(job);
        else rows.set(job.job_id, new Row(job));
    }
    return ids;
}

/* The polled head of the list replaces what it covers; rows further down, loaded on request, stay behind it. */
function takeHead(answer) {
    const ids = place(answer.jobs), seen = new Set(ids);
    let covered = -1;
    sequence.forEach((id, i) => { if (seen.has(id)) covered = i; });
    const tail = answer.next_cursor === null || covered < 0 ? [] : sequence.slice(covered + 1).filter((id) => !seen.has(id));
    if (tail.length === 0) cursor = answer.next_cursor;
    total = answer.total;
    arrange([...ids, ...tail]);
}

/* One round; true while something moves. */
async function poll() {
    const limit = Math.min(LARGEST, pages * PAGE);
    const { changed, body } = await api.jobs({ limit });
    if (changed) takeHead(body);
    const head = new Set(body.jobs.map((job) => job.job_id));
    for (const row of [...rows.values()]) {
        const beyond = !head.has(row.job.job_id) && active(row.job);
        if (beyond || (row.details && row.details.stale)) await row.refresh();
    }
    return [...rows.values()].some((row) => active(row.job));
}

async function loadMore() {
    const button = $('more');
    button.disabled = true;
    try {
        const { body } = await api.jobs({ limit: PAGE, cursor });
        const first = sequence.length;
        const ids = place(body.jobs).filter((id) => !sequence.includes(id));
        cursor = body.next_cursor;
        pages++;
        arrange([...sequence, ...ids]);
        say(`${ids.length} more tracks`);
        if (ids.length && cursor === null) rows.get(sequence[first]).ref.title.focus();
    } catch (error) {
        say(error.message);
        poke();
    } finally {
        button.disabled = false;
    }
}

/* The job that the lathe in the header shows, or null. */
function cutting() {
    let best = null;
    for (const { job } of rows.values()) {
        if (job.state === 'running' && (best === null || percentOf(job) > percentOf(best))) best = job;
    }
    return best && percentOf(best);
}

function clear() {
    pages = 1;
    cursor = null;
    total = 0;
    gone.clear();
    arrange([]);
    show($('empty'), false);
}

export function init({ onPoke }) {
    poke = onPoke;
    $('more').addEventListener('click', loadMore);
    player.onPlayerChange(() => { for (const row of rows.values()) row.showPlaying(); });
    setInterval(() => { if (!document.hidden) for (const row of rows.values()) row.tick(); }, 30000);
}

export { poll, clear, cutting };
