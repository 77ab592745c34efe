/*
 * details: what is known about one job, below its row: its tracks, the job's facts, and where the time went.
 */

import * as api from './api.js';
import { attr, clone, cssVar, facts, line, order, outward, show, text } from './dom.js';
import { isDefault } from './options.js';
import * as player from './player.js';
import { Timeline } from './timeline.js';
import { TrackCard } from './track.js';
import { TrackList } from './tracks.js';
import { moment, sentence, setting, span, STAGES, tally } from './words.js';

/* Of a history longer than this the rest is left out; no job that a person wants to read about gets there. */
const EVENT_PAGES = 5;
/* What a job is told about itself, not about its sound: shown as facts of their own. */
const NOT_SOUND = new Set(['url', 'priority', 'scheduled_at']);

export class Details {
    /* row: {job, retry(), take(url, track)}. */
    constructor(host, row) {
        const { el, ref } = clone('t-details');
        this.row = row;
        this.ref = ref;
        this.host = host;
        this.empty = true;
        this.stale = false;     /* the row has moved on since these were read */
        this.cards = new Map();         /* track_id -> TrackCard */
        this.list = null;
        this.told = '';                 /* the state of the job when all of it was read */
        this.stages = new Map();
        this.timeline = new Timeline(ref.history);
        show(el, false);
        this.el = el;
        host.append(el);
    }

    problem(message) {
        let p = this.host.querySelector(':scope > .problem');
        if (!p) {
            p = document.createElement('p');
            p.className = 'problem';
            this.host.append(p);
        }
        line(p, message);
    }

    /* Of a list the tracks are read by themselves: they are many, and a job that names them all is long. */
    get follows() {
        return Boolean(this.list) && this.told === this.row.job.state;
    }

    async follow(job) {
        this.stale = !await this.showTracks(job);
    }

    async render(job) {
        this.empty = false;
        this.told = job.state;
        show(this.el, true);
        this.stale = !await this.showTracks(job);
        facts(this.ref.facts, [
            ['Link', job.url && outward(job.url)],
            ['Looked for', job.search_query],
            ['Tracks', tally(job)],
            ['Added', moment(job.created_at)],
            ['Not before', moment(job.scheduled_at)],
            ['Started', moment(job.started_at)],
            ['Finished', moment(job.finished_at)],
            ['Attempt', job.attempt > 1 ? String(job.attempt) : ''],
            ['Error', job.error ? `${job.error.detail} (${job.error.kind})` : ''],
            ['Priority', job.priority ? String(job.priority).replace('-', '\u2212') : ''],
            ['Options', chosen(job.options).join(', ') || 'defaults'],
            ['Job', job.job_id],
        ]);
        this.showStages(job.is_list ? [] : job.stages || []);
    }

    /* Without a history the rest still stands. */
    async renderHistory(id) {
        const first = await api.events(id);
        let { events, next_cursor: cursor } = first.body;
        for (let i = 1; cursor && i < EVENT_PAGES; i++) {
            const { body } = await api.events(id, cursor);
            events = [...events, ...body.events];
            cursor = body.next_cursor;
        }
        /* Of a list: what concerns the whole of it. */
        if (this.list) events = events.filter((event) => event.task !== 'track');
        show(this.ref.historyBox, events.length);
        this.timeline.render(events);
    }

    /* One track as it is; those of a list page by page. */
    async showTracks(job) {
        show(this.ref.tracks, !job.is_list);
        show(this.ref.list, job.is_list);
        if (job.is_list) {
            this.list ??= new TrackList(this.ref.list, this.row);
            return this.list.follow(job);
        }
        order(this.ref.tracks, (job.tracks || []).map((track) => {
            let card = this.cards.get(track.track_id);
            if (!card) {
                card = new TrackCard((url) => this.row.take(url, track), () => player.toggle(player.playable(this.row.job)));
                this.cards.set(track.track_id, card);
            }
            card.render(track, job.url);
            return card.el;
        }));
        return true;
    }

    /* To what was found for a name, where there is something to choose. */
    choose() {
        for (const card of this.cards.values()) card.match.focus();
    }

    showPlaying() {
        if (this.list) this.list.showPlaying();
    }

    close() {
        if (this.list) this.list.close();
        this.host.replaceChildren();
    }

    /* A stage that was tried twice has two rows; the key is both. */
    showStages(stages) {
        show(this.ref.stagesBox, stages.length);
        const slowest = Math.max(0.001, ...stages.map((stage) => stage.wall_seconds || 0));
        order(this.ref.stages, stages.map((stage, i) => {
            const key = `${stage.name}/${stage.attempt}/${i}`;
            let made = this.stages.get(key);
            if (!made) {
                made = clone('t-stage');
                this.stages.set(key, made);
            }
            const { el, ref } = made, known = STAGES.find((s) => s.name === stage.name);
            text(ref.name, (known ? known.label : sentence(stage.name)) + (stage.attempt > 1 ? `, attempt ${stage.attempt}` : ''));
            text(ref.state, stage.state);
            text(ref.wall, span(stage.wall_seconds) || '–');
            text(ref.cpu, span(stage.cpu_seconds) || '–');
            attr(el, 'data-state', stage.state);
            cssVar(el, '--share', ((stage.wall_seconds || 0) / slowest).toFixed(3));
            return el;
        }));
    }
}

/* The options that somebody chose: {"bitrate_kbps":192, "metadata":{"title":""}} -> "Bitrate 192 kbit/s". */
function chosen(options, prefix = '') {
    return Object.entries(options || {}).flatMap(([key, value]) => {
        const name = prefix + key;
        if (value === null || value === '' || NOT_SOUND.has(name) || isDefault(name, value)) return [];
        if (typeof value === 'object') return Array.isArray(value) ? [] : chosen(value, `${name}.`);
        return [setting(key, value)];
    });
}
