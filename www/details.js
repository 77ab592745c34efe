/*
 * details: what is known about one job, below its row: each track with its loudness before and after, the job's
 * facts, and where the time went.
 */

import * as api from './api.js';
import { attr, clone, cssVar, facts, line, order, outward, show, text } from './dom.js';
import { isDefault } from './submit.js';
import { Timeline } from './timeline.js';
import { bytes, clock, decibel, moment, plural, sentence, setting, span, STAGES, stream } from './words.js';

/* Of a history longer than this the rest is left out; no job that a person wants to read about gets there. */
const EVENT_PAGES = 5;
/* What a job is told about itself, not about its sound: shown as facts of their own. */
const NOT_SOUND = new Set(['url', 'priority', 'scheduled_at']);

/* The scale of the meter, in dB below full scale. */
const SCALE = { from: -40, to: 0, ticks: [-40, -30, -20, -10, 0] };
const at = (db) => `${((Math.max(SCALE.from, Math.min(SCALE.to, db)) - SCALE.from) / (SCALE.to - SCALE.from)) * 100}%`;
const has = (n) => typeof n === 'number' && Number.isFinite(n);

export class Details {
    constructor(host) {
        const { el, ref } = clone('t-details');
        this.ref = ref;
        this.host = host;
        this.empty = true;
        this.stale = false;     /* the row has moved on since these were read */
        this.tracks = new Map();
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

    render(job) {
        this.empty = false;
        show(this.el, true);
        this.showTracks(job.tracks || [], job.url);
        facts(this.ref.facts, [
            ['Link', outward(job.url)],
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
        this.showStages(job.stages || []);
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
        show(this.ref.historyBox, events.length);
        this.timeline.render(events);
    }

    showTracks(tracks, url) {
        order(this.ref.tracks, tracks.map((track) => {
            let made = this.tracks.get(track.track_id);
            if (!made) {
                made = clone('t-track');
                made.ref.cover.addEventListener('error', () => show(made.ref.cover, false));
                this.tracks.set(track.track_id, made);
            }
            this.showTrack(made.ref, track, url);
            return made.el;
        }));
    }

    showTrack(ref, track, url) {
        const cover = api.media(track.cover_url);
        if (cover && ref.cover.getAttribute('src') !== cover) {
            ref.cover.src = cover;
            show(ref.cover, true);
        }
        showLoudness(ref, track.loudness);
        const { file } = track;
        facts(ref.facts, [
            ['Title', track.title],
            ['Artist', track.artist],
            ['Album', track.album],
            ['Date', track.date],
            ['Uploader', track.uploader !== track.artist ? track.uploader : ''],
            ['Length', clock(track.duration_seconds)],
            ['Received', stream(track.input)],
            ['Result', stream(track.output)],
            ['File', file ? file.name : ''],
            ['Size', file ? `${bytes(file.size_bytes)} (${plural(file.size_bytes, 'byte', 'bytes')})` : ''],
            ['SHA-256', file ? file.sha256 : ''],
            ['Source', track.source_url && track.source_url !== url ? outward(track.source_url) : ''],
        ]);
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

function showLoudness(ref, loudness) {
    const known = Boolean(loudness) && has(loudness.output_lufs);
    show(ref.meter, known);
    if (!known) return;
    const { input_lufs: from, output_lufs: to, output_true_peak_dbtp: peak } = loudness;
    if (!ref.ticks.children.length) {
        for (const tick of SCALE.ticks) {
            const li = document.createElement('li');
            text(li, decibel(tick).replace('.0', ''));
            cssVar(li, '--x', at(tick));
            ref.ticks.append(li);
        }
    }
    show(ref.markIn, has(from));
    show(ref.move, has(from));
    show(ref.markPeak, has(peak));
    if (has(from)) {
        cssVar(ref.markIn, '--x', at(from));
        cssVar(ref.move, '--from', at(Math.min(from, to)));
        cssVar(ref.move, '--to', at(Math.max(from, to)));
        attr(ref.move, 'data-way', to >= from ? 'up' : 'down');
    }
    /* Side by side however close the two are. */
    attr(ref.markIn, 'data-side', from <= to ? 'left' : 'right');
    attr(ref.markOut, 'data-side', from <= to ? 'right' : 'left');
    cssVar(ref.markOut, '--x', at(to));
    if (has(peak)) cssVar(ref.markPeak, '--x', at(peak));
    attr(ref.scale, 'aria-label', `Loudness from ${decibel(from)} to ${decibel(to)} LUFS, true peak ${decibel(peak)} dBTP`);
    facts(ref.readout, [
        ['In', has(from) ? `${decibel(from)} LUFS` : 'silence'],
        ['Out', `${decibel(to)} LUFS`],
        ['True peak', has(peak) ? `${decibel(peak)} dBTP` : ''],
        ['Gain', has(loudness.gain_db) ? `${decibel(loudness.gain_db, true)} dB` : ''],
        ['Range', has(loudness.input_lra_lu) ? `${decibel(loudness.input_lra_lu)} LU` : ''],
        ['Peak limiter', loudness.limited === undefined ? '' : loudness.limited ? 'was needed' : 'not needed'],
        ['Note', loudness.note],
    ]);
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
