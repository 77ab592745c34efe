/*
 * tracks: those of a list, page by page. Only what somebody scrolled to is in the document, and of that only what can be
 * seen is asked for again while the list is being worked on; a row is written in place.
 */

import { permits } from './actions.js';
import { Allow } from './allow.js';
import * as api from './api.js';
import { attr, clone, line, order, say, show, text } from './dom.js';
import * as player from './player.js';
import { TrackCard } from './track.js';
import { clock, full, plural, scoreMeans, scoreWord, trackWord } from './words.js';

const PAGE = 50;
const CALM_MS = 2000;           /* what is seen is read again no more often */
const NEAR = '400px';

export class TrackList {
    /* row: {job, retry(), take(url, track), poke()} of the job. */
    constructor(host, row) {
        const { el, ref } = clone('t-tracks');
        Object.assign(this, { ref, row, filter: '', pages: [], cursor: null, job: null, readAt: 0 });
        this.items = new Map();         /* track_id -> made */
        this.seen = new Set();          /* pages near the viewport */
        this.watcher = new IntersectionObserver((entries) => {
            for (const { target, isIntersecting } of entries) {
                const page = this.pages.find((one) => one.el === target);
                if (!page) continue;
                if (isIntersecting) this.seen.add(page);
                else this.seen.delete(page);
                if (isIntersecting && page.stale) this.read(page).catch(() => {});
            }
        }, { rootMargin: NEAR });
        for (const [name, state] of [['all', ''], ['failed', 'failed']]) ref[name].addEventListener('click', () => this.choose(state));
        ref.more.addEventListener('click', () => this.more());
        ref.retry.addEventListener('click', () => row.retry());
        host.append(el);
    }

    close() {
        this.watcher.disconnect();
    }

    /* Whether the job is as it was: what has ended does not change by itself. */
    async follow(job) {
        const before = this.job, { ref } = this, { total_items: total = 0, failed_items: failed = 0 } = job.progress || {};
        this.job = job;
        text(ref.allCount, total.toLocaleString());
        text(ref.failedCount, failed.toLocaleString());
        attr(ref.failed, 'data-none', failed ? null : 'yes');
        text(ref.retryText, failed ? `Retry ${failed.toLocaleString()} failed` : 'Retry');
        this.showLever(ref.retry, failed && permits(job, 'retry'));
        const ended = ['done', 'failed', 'cancelled'].includes(job.state);
        attr(ref.playlist, 'href', ended ? api.playlist(job.job_id) : null);
        show(ref.playlist, ended && job.progress?.completed_items);
        if (before && before.updated_at === job.updated_at) return true;
        for (const page of this.pages) if (!page.settled || before.state !== job.state) page.stale = true;
        if (!this.pages.length) return this.more(false);
        if (!ended && Date.now() - this.readAt < CALM_MS) return false;
        return this.refresh();
    }

    showLever(lever, visible) {
        const focused = document.activeElement === lever;
        show(lever, visible);
        if (focused && !visible) this.ref.all.focus();
    }

    /* Reads again what is stale and can be seen. A page that begins elsewhere than the one before it ends is read too. */
    async refresh() {
        this.readAt = Date.now();
        for (const page of [...this.pages]) {
            const at = this.pages.indexOf(page), after = at > 0 ? this.pages[at - 1].next : null;
            if (at < 0) continue;
            if (at > 0 && after === null) {
                this.drop(page);
                continue;
            }
            const moved = page.after !== after;
            page.after = after;
            if (moved || (page.stale && (this.seen.has(page) || at === this.pages.length - 1))) await this.read(page);
        }
        return true;
    }

    drop(page) {
        this.pages = this.pages.filter((one) => one !== page);
        this.seen.delete(page);
        this.watcher.unobserve(page.el);
        page.el.remove();
    }

    async read(page) {
        const { filter } = this;
        const { body } = await api.tracks(this.row.job.job_id, { status: filter, cursor: page.after, limit: PAGE });
        if (filter !== this.filter) return;
        page.stale = false;
        page.next = body.next_cursor;
        page.settled = body.next_cursor !== null && body.tracks.every((track) => ['completed', 'failed', 'cancelled'].includes(track.status));
        order(page.el, body.tracks.map((track) => this.item(track)));
        const [first, last] = [body.tracks[0], body.tracks.at(-1)];
        attr(page.el, 'aria-label', first ? `Tracks ${first.index} to ${last.index}` : null);
        this.cursor = this.pages.at(-1)?.next ?? null;
        show(this.ref.more, this.cursor !== null);
        line(this.ref.none, this.pages.length === 1 && !first ? (filter ? 'None has failed.' : 'Nothing is found yet.') : '');
    }

    /* The next page; announced when somebody asked for it. */
    async more(asked = true) {
        const { ref } = this;
        if (ref.more.hasAttribute('aria-disabled')) return true;
        attr(ref.more, 'aria-disabled', 'true');
        const page = { after: this.cursor, next: null, el: document.createElement('ol'), stale: true, settled: false };
        page.el.className = 'items';
        attr(page.el, 'role', 'list');
        line(ref.problem, '');
        try {
            this.pages.push(page);
            ref.pages.append(page.el);
            await this.read(page);
            this.watcher.observe(page.el);
            this.readAt = Date.now();
            if (asked) {
                say(plural(page.el.children.length, 'more track', 'more tracks'));
                if (this.cursor === null) page.el.querySelector('.item-title')?.focus();
            }
        } catch (error) {
            this.drop(page);
            line(ref.problem, error.message);
        }
        attr(ref.more, 'aria-disabled', null);
        return true;
    }

    async choose(filter) {
        if (filter === this.filter) return;
        this.filter = filter;
        for (const page of [...this.pages]) this.drop(page);
        this.items.clear();
        this.cursor = null;
        for (const [name, state] of [['all', ''], ['failed', 'failed']]) attr(this.ref[name], 'aria-pressed', String(state === filter));
        attr(this.ref.more, 'aria-disabled', null);
        await this.more(false);
    }

    item(track) {
        let made = this.items.get(track.track_id);
        if (!made) {
            made = clone('t-item');
            const mine = made;
            this.items.set(track.track_id, made);
            made.allow = new Allow(made.ref.allow);
            made.ref.play.addEventListener('click', () => player.toggle(playable(mine.track, this.row.job)));
            made.ref.more.addEventListener('click', () => this.toggle(mine));
            made.ref.choose.addEventListener('click', () => {
                if (mine.ref.card.hidden) this.toggle(mine);
                mine.card.match.focus();
            });
            made.ref.title.id = `i-${track.track_id}`;
            for (const name of ['play', 'save', 'more', 'choose']) attr(made.ref[name], 'aria-describedby', made.ref.title.id);
        }
        made.track = track;
        this.showItem(made);
        return made.el;
    }

    showItem({ el, ref, track, card, allow }) {
        const file = api.media(track.file?.url);
        attr(el, 'data-state', track.status === 'completed' ? 'done' : track.status);
        text(ref.index, track.index);
        text(ref.title, track.title || track.source_url || `Track ${track.index}`);
        line(ref.artist, track.artist || track.uploader);
        line(ref.length, clock(track.duration_seconds));
        line(ref.score, scoreWord(track.match?.score));
        attr(ref.score, 'title', scoreMeans(track.match?.url));
        show(ref.cached, track.cached);
        text(ref.chip, trackWord(track.status));
        const focused = el.contains(document.activeElement) ? document.activeElement : null;
        for (const lever of [ref.play, ref.save]) show(lever, file);
        attr(ref.save, 'href', file ? api.download(track.file.url) : null);
        if (focused && !focused.checkVisibility()) ref.more.focus();
        this.showItemPlaying({ ref, track });
        show(ref.error, track.error);
        text(ref.errorText, track.error && full(track.error.detail || track.error.kind));
        const found = track.error && track.match?.candidates.length > 0;
        if (document.activeElement === ref.choose && !found) ref.more.focus();
        show(ref.choose, found);
        text(ref.errorHint, track.error?.hint && full(track.error.hint));
        allow.render(track.error?.whitelist, () => this.row.retry());
        if (card) card.render(track, this.row.job.url);
    }

    showItemPlaying({ ref, track }) {
        const playing = player.isPlaying(track.track_id);
        attr(ref.playIcon, 'href', playing ? '#i-pause' : '#i-play');
        attr(ref.play, 'aria-label', playing ? 'Pause' : 'Play');
    }

    showPlaying() {
        for (const made of this.items.values()) this.showItemPlaying(made);
    }

    toggle(made) {
        const { ref } = made, open = ref.card.hidden;
        if (open) {
            made.card = new TrackCard((url) => this.row.take(url, made.track), () => player.toggle(playable(made.track, this.row.job)));
            made.card.render(made.track, this.row.job.url);
            ref.card.append(made.card.el);
        } else {
            ref.card.replaceChildren();
            made.card = null;
        }
        show(ref.card, open);
        attr(ref.more, 'aria-expanded', String(open));
    }
}

const playable = (track, job) => ({
    id: track.track_id, job: job.job_id, title: track.title || job.title || '', artist: track.artist, file: api.media(track.file?.url), cover: api.media(track.cover_url),
    seconds: track.duration_seconds,
});
