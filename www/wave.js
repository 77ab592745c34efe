/*
 * wave: what a finished track looks like: its outline with the loudness over time, in which a click or a key is a place
 * to play from; and its spectrogram, for whoever opens it.
 */

import * as api from './api.js';
import { $, attr, clone, cssVar, show, text } from './dom.js';
import * as player from './player.js';
import { clock, decibel } from './words.js';

const TOP = 256;                /* units of the drawing from top to bottom: full scale, and SCALE_LUFS */
const SCALE_LUFS = 48;
const STEPS = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5, PageDown: -30, PageUp: 30, Home: -Infinity, End: Infinity };

const waves = new Set();

export class Wave {
    /* play(): plays the track, which is not in the player. */
    constructor(host, play) {
        const { el, ref } = clone('t-wave');
        Object.assign(this, { host, el, ref, play, track: null, drawn: '', seconds: 0, at: 0, lufs: [], step: 1 });
        ref.box.addEventListener('click', (event) => {
            const { left, width } = ref.box.getBoundingClientRect();
            this.go(((event.clientX - left) / width) * this.seconds, true);
        });
        ref.box.addEventListener('keydown', (event) => this.key(event));
        ref.spectrum.addEventListener('toggle', () => { if (ref.spectrum.open) ref.picture.src = api.media(this.track.spectrogram_url); });
        ref.picture.addEventListener('error', () => show(ref.spectrum, false));
        host.append(el);
        waves.add(this);
    }

    render(track) {
        this.track = track;
        const there = api.media(track.waveform_url) && api.media(track.file?.url);
        show(this.host, there && this.drawn === track.waveform_url);
        if (there && this.drawn !== track.waveform_url) this.read(track);
    }

    /* Without a waveform the rest still stands. */
    async read(track) {
        this.drawn = track.waveform_url;
        try {
            this.draw(await api.waveform(track.waveform_url), track.duration_seconds);
            show(this.ref.spectrum, api.media(track.spectrogram_url));
            show(this.host, true);
        } catch {
            this.drawn = '';
        }
    }

    draw({ data, length, sample_rate: rate, samples_per_pixel: width, loudness }, seconds) {
        const { ref } = this, per = (loudness.step_seconds * rate) / width;
        this.seconds = seconds || (length * width) / rate;
        this.lufs = loudness.lufs;
        this.step = loudness.step_seconds;
        attr(ref.picked, 'viewBox', `0 0 ${Math.max(1, (this.seconds * rate) / width)} ${TOP}`);
        for (const svg of [ref.whole, ref.above]) attr(svg, 'viewBox', ref.picked.getAttribute('viewBox'));
        const along = (i) => `L${i + 0.5} ${TOP / 2 - 0.5 - data[2 * i + 1]}`;
        const back = (i) => `L${i + 0.5} ${TOP / 2 + 0.5 - data[2 * i]}`;
        const all = [...Array(length).keys()];
        const outline = length ? `M0 ${TOP / 2}${all.map(along).join('')}L${length} ${TOP / 2}${all.reverse().map(back).join('')}z` : '';
        for (const path of [ref.outline, ref.played]) attr(path, 'd', outline);
        attr(ref.curve, 'd', this.lufs.map((lufs, i) => lufs === null ? ''
            : `${i && this.lufs[i - 1] !== null ? 'L' : 'M'}${((i + 0.5) * per).toFixed(1)} ${(TOP * Math.min(1, Math.max(0, -lufs / SCALE_LUFS))).toFixed(1)}`).join(''));
        text(ref.end, clock(this.seconds));
        attr(ref.box, 'aria-valuemax', this.seconds.toFixed(1));
        this.show();
    }

    /* To a place of the track; `start`: it plays from there if something else is in the player, or nothing. */
    go(seconds, start) {
        this.at = Math.min(this.seconds, Math.max(0, seconds));
        const file = api.media(this.track.file?.url);
        if (start && player.where(file) === null) this.play();
        player.seek(file, this.at);
        this.show();
    }

    key(event) {
        const step = STEPS[event.key], starts = event.key === 'Enter' || event.key === ' ';
        if ((step === undefined && !starts) || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        event.stopPropagation();
        if (starts && player.where(api.media(this.track.file?.url)) !== null) this.play();
        else this.go(starts ? this.at : this.at + step, starts);
    }

    /* Where it is: in the player, or where the hand is. */
    show() {
        const { ref } = this, where = player.where(api.media(this.track?.file?.url));
        if (where !== null) this.at = where;
        const lufs = this.lufs[Math.min(this.lufs.length - 1, Math.floor(this.at / this.step))];
        const loud = typeof lufs === 'number' ? `${decibel(lufs)} LUFS` : 'silence';
        cssVar(this.el, '--at', `${this.seconds ? ((this.at / this.seconds) * 100).toFixed(2) : 0}%`);
        text(ref.told, `${clock(this.at)}, ${loud}`);
        attr(ref.box, 'aria-valuenow', this.at.toFixed(1));
        attr(ref.box, 'aria-valuetext', `${clock(this.at)} of ${clock(this.seconds)}, ${loud}`);
    }
}

/* Those that are in the document follow the player. */
function follow() {
    for (const wave of waves) {
        if (!wave.el.isConnected) waves.delete(wave);
        else if (!wave.host.hidden) wave.show();
    }
}
for (const event of ['timeupdate', 'seeking', 'emptied']) $('audio').addEventListener(event, follow);
