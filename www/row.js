/*
 * row: one job in the list. Updated in place: what did not change is not touched, so focus, selection and an open
 * question survive every poll.
 */

import { ACTIONS, active, BACK, canMove, FRONT, permits, stopping } from './actions.js';
import { Allow } from './allow.js';
import * as api from './api.js';
import { setDisc, drawSpirals } from './disc.js';
import { attr, clone, copyButton, line, say, show, text } from './dom.js';
import { Details } from './details.js';
import { menu } from './menu.js';
import { differing } from './options.js';
import * as player from './player.js';
import { percentOf, Progress } from './progress.js';
import * as select from './select.js';
import { send } from './send.js';
import * as words from './words.js';

/* The levers of a row, beside Delete, which asks first. */
const LEVERS = ['pause', 'resume', 'retry', 'cancel'];
const ASKED = { cancel: 'Cancelling', pause: 'Pausing', resume: 'Resuming' };

/* Of what a song is known by before it is found: what a job may be told about its tags. */
const KNOWN = ['title', 'artist', 'album', 'album_artist', 'date', 'track_number'];
const known = (wanted) => Object.fromEntries(KNOWN.filter((name) => wanted[name]).map((name) => [name, wanted[name]]));
/* What was said about a list is about each of its tracks, but for these. */
const ofAll = ({ title, track_number: number, ...rest } = {}) => rest;

export class Row {
    /* list: {poke(), gone(id), added(job, existing)}: asks the server at once; a job that is no more; a new one. */
    constructor(job, list) {
        const { el, ref } = clone('t-job');
        this.list = list;
        this.el = el;
        this.ref = ref;
        this.job = null;
        this.details = null;
        this.started = 0;           /* the attempt whose start was announced */
        this.asked = '';            /* what was asked of it while it ran; its programs may still be at it */
        drawSpirals(el);
        this.progress = new Progress(ref);
        this.allow = new Allow(ref.allow);
        const id = job.job_id;
        ref.title.id = `t-${id}`;
        ref.details.id = `d-${id}`;
        ref.more.setAttribute('aria-controls', ref.details.id);
        ref.details.setAttribute('aria-labelledby', ref.title.id);
        for (const name of ['play', 'save', ...LEVERS, 'more', 'turn', 'remove', 'choose']) ref[name].setAttribute('aria-describedby', ref.title.id);

        ref.cover.addEventListener('error', () => show(ref.cover, false));
        for (const button of [ref.disc, ref.play]) button.addEventListener('click', () => player.toggle(player.playable(this.job)));
        for (const name of LEVERS) ref[name].addEventListener('click', () => this.pull(name));
        menu(ref.turn, ref.turnMenu);
        for (const [name, priority] of [['front', FRONT], ['middle', 0], ['back', BACK]]) ref[name].addEventListener('click', () => this.change({ priority }));
        ref.now.addEventListener('click', () => this.change({ scheduled_at: null }));
        select.watch(ref.pick, id);
        ref.more.addEventListener('click', () => this.toggleDetails());
        ref.remove.addEventListener('click', () => this.ask(true));
        ref.removeNo.addEventListener('click', () => this.ask(false));
        ref.removeYes.addEventListener('click', () => this.remove());
        ref.confirm.addEventListener('keydown', (event) => {
            if (event.key !== 'Escape') return;
            event.stopPropagation();
            this.ask(false);
        });
        ref.choose.addEventListener('click', () => this.choose());
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
        attr(this.el, 'data-status', job.status);
        text(ref.title, words.nameOf(job));
        attr(ref.title, 'data-plain', job.title || job.search_query ? null : 'yes');
        attr(ref.pick, 'aria-label', `Select ${ref.title.textContent}`);
        if (!stopping(job)) this.asked = '';
        text(ref.chip, stopping(job) ? ASKED[job.stopping] || 'Stopping' : words.statusWord(job));
        line(ref.artist, job.artist);
        line(ref.source, words.sourceWord(job.source_type));
        line(ref.length, words.clock(job.duration_seconds));
        line(ref.score, words.scoreWord(job.match_score));
        attr(ref.score, 'title', words.scoreMeans(!failed));
        line(ref.tally, words.tally(job));
        show(ref.cached, job.cached && !job.is_list);
        line(ref.attempt, job.attempt > 1 ? `attempt ${job.attempt}` : '');
        attr(ref.age, 'datetime', job.created_at);
        attr(ref.age, 'title', words.moment(job.created_at));
        line(ref.order, canMove(job) && job.priority ? (job.priority > 0 ? 'goes first' : 'goes last') : '');
        this.tick();
        attr(ref.waits, 'title', job.waiting_for);
        this.progress.render(job);
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
        for (const name of LEVERS) this.showAction(ref[name], permits(job, name) && this.asked !== name);
        this.showTurn(job);

        if (before && before.state !== job.state) this.announce();
        if (before && before.updated_at !== job.updated_at && this.details) this.details.stale = true;
    }

    /* For what stands in its details. */
    retry() {
        return api.act(this.job.job_id, 'retry').then((job) => {
            this.update(job);
            this.list.poke();
            return 'Trying again.';
        });
    }

    /* Another recording in place of what was found, or not found: with the options of this job, in its session, and with
     * what is known of what was wanted. */
    async take(url, { wanted }) {
        const { body } = await api.job(this.job.job_id), { metadata: said, ...spec } = { url, ...differing(body.options) };
        const metadata = { ...(wanted?.title ? known(wanted) : {}), ...(body.is_list ? ofAll(said) : said) };
        if (Object.keys(metadata).length) spec.metadata = metadata;
        const { job, existing } = await send(spec, body.session_uuid);
        this.list.added(job, existing);
        return existing ? 'That is in the list already.' : 'Added at the top of the list.';
    }

    /* An action that vanishes under the reader's focus hands it to the one that always stays. */
    showAction(button, visible) {
        const focused = button.contains(document.activeElement);
        show(button, visible);
        if (focused && !visible) this.ref.more.focus();
    }

    showTurn(job) {
        const { ref } = this, priority = job.priority || 0;
        this.showAction(ref.turnBox, canMove(job));
        show(ref.now, job.scheduled_at && job.status === 'scheduled');
        attr(ref.front, 'aria-checked', String(priority > 0));
        attr(ref.middle, 'aria-checked', String(priority === 0));
        attr(ref.back, 'aria-checked', String(priority < 0));
    }

    showError(job, failed) {
        const { ref } = this;
        show(ref.error, failed);
        this.showAction(ref.choose, failed && typeof job.match_score === 'number');
        this.allow.render(failed ? job.error?.whitelist : null, () => this.retry());
        if (!failed) return;
        text(ref.errorText, words.full(job.error?.detail || 'It failed, and nothing was recorded about why.'));
        text(ref.errorHint, job.error?.hint && words.full(job.error.hint));
    }

    showPlaying() {
        const { ref } = this, playing = player.isPlaying(this.job.job_id);
        attr(ref.disc, 'data-spin', playing ? 'yes' : null);
        for (const icon of [ref.discIcon, ref.playIcon]) attr(icon, 'href', playing ? '#i-pause' : '#i-play');
        text(ref.playWord, playing ? 'Pause' : 'Play');
        if (this.details) this.details.showPlaying();
        const name = words.nameOf(this.job);
        attr(ref.disc, 'aria-label', ref.disc.disabled ? `${name}: nothing to play yet` : `${playing ? 'Pause' : 'Play'} ${name}`);
    }

    /* What changes by itself. */
    tick() {
        const { ref, job } = this, last = job.error && (job.state === 'queued' || job.state === 'paused') ? `Last try: ${words.full(job.error.detail || job.error.kind)}` : '';
        text(ref.age, words.age(job.created_at));
        line(ref.waits, [words.waiting(job.waiting_for, job.waiting_until), last].filter(Boolean).join(' '));
    }

    announce() {
        const { job } = this, name = words.nameOf(job);
        let news = null;
        if (job.state === 'done') news = [`Done: ${name}`, words.tally(job)].filter(Boolean).join(', ');
        else if (job.state === 'failed') news = `Failed: ${name}. ${this.ref.errorText.textContent}`;
        else if (job.state === 'running') news = `Started: ${name}`;
        else if (job.state === 'cancelled') news = `Cancelled: ${name}`;
        else if (job.state === 'paused') news = `Paused: ${name}`;
        /* Between two of its tasks a job is queued for a moment; starting again is no news. */
        if (!news || (job.state === 'running' && job.attempt === this.started)) return;
        if (job.state === 'running') this.started = job.attempt;
        say(news);
    }

    /* For a bug report or a question to a friend: everything that was said about the failure. */
    report() {
        const { job } = this, error = job.error || {};
        return [`Dubplate job ${job.job_id}`, job.search_query ? `search: ${job.search_query}` : `url: ${job.url}`, `stage: ${job.stage || '-'}  attempt: ${job.attempt}  at: ${job.updated_at}`,
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
            this.list.poke();
        }
    }

    /* Asks once; the row shows the answer. */
    async pull(name) {
        const { ref } = this, lever = ref[name];
        if (lever.hasAttribute('aria-disabled')) return;
        attr(lever, 'aria-disabled', 'true');
        const job = await this.act(() => api.act(this.job.job_id, name));
        attr(lever, 'aria-disabled', null);
        if (!job) return;
        this.asked = name;
        const focused = document.activeElement === lever;
        this.update(job);
        /* Pause and Resume are two sides of one button. */
        const other = { pause: ref.resume, resume: ref.pause }[name];
        if (focused && other && !other.hidden) other.focus();
        /* Of pausing and ending the row itself tells. */
        if (name === 'resume' || name === 'retry') say(`${words.full(ACTIONS[name].done)} ${ref.title.textContent}`);
    }

    async change(fields) {
        const job = await this.act(() => api.change(this.job.job_id, fields));
        if (!job) return;
        this.update(job);
        say([this.ref.order.textContent, this.ref.waits.textContent].filter(Boolean).join('. '));
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
        const id = this.job.job_id, name = this.ref.title.textContent, { removeYes } = this.ref;
        /* A disabled button would drop the focus, and the row that leaves could not hand it on. */
        if (removeYes.hasAttribute('aria-disabled')) return;
        attr(removeYes, 'aria-disabled', 'true');
        const done = await this.act(async () => {
            try { await api.remove(id); } catch (error) { if (error.status !== 404) throw error; }
            return true;
        });
        attr(removeYes, 'aria-disabled', null);
        if (!done) return this.ask(false);
        this.list.gone(id);
        say(`Deleted: ${name}`);
    }

    async choose() {
        if (this.ref.details.hidden) await this.toggleDetails();
        if (this.details) this.details.choose();
    }

    async toggleDetails() {
        const open = this.ref.details.hidden;
        show(this.ref.details, open);
        attr(this.ref.more, 'aria-expanded', String(open));
        if (!open) {
            api.forget(this.job.job_id);
            this.details.close();
            this.details = null;
            return;
        }
        this.details = new Details(this.ref.details, this);
        try {
            await this.refresh();
        } catch (error) {
            if (this.details) this.details.problem(error.message);
            this.list.poke();
        }
    }

    /* Reads the job itself: for its details, or because the polled part of the list does not reach it. */
    async refresh(beyond = false) {
        const { details } = this;
        try {
            if (details && !details.empty && details.follows && !beyond) {
                await details.follow(this.job);
                return;
            }
            const { changed, body } = await api.job(this.job.job_id);
            if (changed) this.update(body);
            if (details) {
                if (changed || details.empty) await details.render(body);
                else details.stale = false;
                await details.renderHistory(this.job.job_id);
            }
        } catch (error) {
            if (error.status !== 404) throw error;
            this.list.gone(this.job.job_id);
        }
    }

    leave(silence) {
        if (silence) player.close(this.job.job_id);
        if (this.details) this.details.close();
        api.forget(this.job.job_id);
    }

    /* Points the reader to it. */
    flash() {
        this.el.scrollIntoView({ block: 'nearest' });
        attr(this.el, 'data-flash', null);
        requestAnimationFrame(() => attr(this.el, 'data-flash', 'yes'));
    }
}

