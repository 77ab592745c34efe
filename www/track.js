/*
 * track: all that is known about one track: its cover, its loudness before and after, its tags and its file.
 */

import * as api from './api.js';
import { attr, clone, cssVar, facts, outward, show, text } from './dom.js';
import { Match } from './match.js';
import { spread } from './spread.js';
import { Wave } from './wave.js';
import { bytes, clock, decibel, plural, stream } from './words.js';

/* The scale of the meter, in dB below full scale. */
const SCALE = { from: -40, to: 0, ticks: [-40, -30, -20, -10, 0] };
const share = (db) => (Math.max(SCALE.from, Math.min(SCALE.to, db)) - SCALE.from) / (SCALE.to - SCALE.from);
const at = (db) => `${share(db) * 100}%`;
const LABEL_GAP_PX = 6;
const has = (n) => typeof n === 'number' && Number.isFinite(n);

export class TrackCard {
    /* take(url, track): submits another recording in place of this one. play(): plays this one, or pauses it. */
    constructor(take, play) {
        const { el, ref } = clone('t-track');
        this.el = el;
        this.ref = ref;
        this.wave = new Wave(ref.wave, play);
        this.match = new Match(ref.match, take);
        ref.cover.addEventListener('error', () => show(ref.cover, false));
        this.loudness = null;
        new ResizeObserver(() => placeLabels(ref, this.loudness)).observe(ref.scale);
    }

    /* url: the link of the job, which need not be told twice. */
    render(track, url) {
        const { ref } = this, cover = api.media(track.cover_url), { file } = track;
        if (cover && ref.cover.getAttribute('src') !== cover) {
            ref.cover.src = cover;
            show(ref.cover, true);
        }
        this.loudness = track.loudness;
        showLoudness(ref, track.loudness);
        this.wave.render(track);
        this.match.render(track);
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
            ['From cache', track.cached ? 'made for an earlier job' : ''],
            ['Source', track.source_url && track.source_url !== url ? outward(track.source_url) : ''],
        ]);
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
    cssVar(ref.markOut, '--x', at(to));
    if (has(peak)) cssVar(ref.markPeak, '--x', at(peak));
    attr(ref.scale, 'aria-label', `Loudness from ${decibel(from)} to ${decibel(to)} LUFS, true peak ${decibel(peak)} dBTP`);
    placeLabels(ref, loudness);
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

/* Each above its mark, or as near to it as the others leave room for. Hidden, the scale has no width. */
function placeLabels(ref, loudness) {
    const width = ref.scale.clientWidth;
    if (!loudness || !width) return;
    const { input_lufs: from, output_lufs: to, output_true_peak_dbtp: peak } = loudness;
    const labels = [[from, ref.markIn], [to, ref.markOut], [peak, ref.markPeak]].filter(([db]) => has(db))
        .map(([db, mark]) => ({ label: mark.firstElementChild, at: share(db) * width }));
    const centres = spread(labels.map(({ label, at: x }) => ({ at: x, width: label.offsetWidth })), width, LABEL_GAP_PX);
    labels.forEach(({ label, at: x }, i) => cssVar(label, '--shift', `${(centres[i] - x).toFixed(1)}px`));
}
