/*
 * player: one bar, one <audio>. Rows ask it to play and are told when what plays changes.
 */

import * as api from './api.js';
import { $, attr, cssVar, line, show, text } from './dom.js';
import { setDisc } from './disc.js';
import { clock } from './words.js';

const bar = $('player'), audio = $('audio'), toggleButton = $('player-toggle'), range = $('player-range');
const cover = toggleButton.querySelector('img'), icon = toggleButton.querySelector('use');

let current = null;             /* {id, job, title, artist, file, cover, seconds}; job: of which it is a track */
let dragging = false;
let onChange = () => {};

export const isPlaying = (id) => Boolean(current) && current.id === id && !audio.paused;
export const onPlayerChange = (fn) => { onChange = fn; };

/* Plays a track, or pauses and resumes the one that is in the player. */
export function toggle(track = current) {
    if (!track) return;
    if (!current || current.id !== track.id) load(track);
    if (audio.paused) audio.play().catch((error) => { if (error.name !== 'AbortError') failed(); });
    else audio.pause();
}

function load(track) {
    current = track;
    line($('player-problem'), '');
    text($('player-title'), track.title);
    line($('player-artist'), track.artist);
    show(cover, track.cover);
    if (track.cover) cover.src = track.cover;
    else cover.removeAttribute('src');
    audio.src = track.file;
    length(track.seconds || 0);
    position(0);
    show(bar, true);
    document.body.dataset.player = 'open';
    if ('mediaSession' in navigator) {
        navigator.mediaSession.metadata = new MediaMetadata({
            title: track.title, artist: track.artist || '', artwork: track.cover ? [{ src: track.cover }] : [],
        });
    }
}

/* Where the player is in a file, in seconds; null if it has another one, or none. */
export const where = (file) => (current && current.file === file ? audio.currentTime : null);

export function seek(file, seconds) {
    if (where(file) === null) return;
    audio.currentTime = seconds;
    position(seconds);
}

/* Ends playing; called for the id of a job that is gone, or for whatever plays. */
export function close(id) {
    if (!current || (id !== undefined && current.id !== id && current.job !== id)) return;
    current = null;
    audio.pause();
    audio.removeAttribute('src');
    audio.load();
    show(bar, false);
    delete document.body.dataset.player;
    onChange();
}

function failed() {
    if (!current) return;
    line($('player-problem'), 'This file cannot be played. It may have been deleted on the server.');
    state();
}

function length(seconds) {
    attr(range, 'max', seconds.toFixed(1));
    text($('player-total'), clock(seconds));
}

function position(seconds) {
    const max = Number(range.max) || 0;
    if (!dragging) range.value = seconds;
    const percent = max ? (seconds / max) * 100 : 0;
    cssVar(range, '--at', `${percent.toFixed(2)}%`);
    setDisc(toggleButton, percent, 'cut');
    text($('player-time'), clock(seconds));
    attr(range, 'aria-valuetext', `${clock(seconds)} of ${clock(max)}`);
}

function state() {
    const playing = Boolean(current) && !audio.paused;
    attr(toggleButton, 'aria-label', playing ? 'Pause' : 'Play');
    attr(icon, 'href', playing ? '#i-pause' : '#i-play');
    attr(toggleButton, 'data-spin', playing ? 'yes' : null);
    onChange();
}

toggleButton.addEventListener('click', () => toggle());
$('player-close').addEventListener('click', () => close());
cover.addEventListener('error', () => show(cover, false));
audio.addEventListener('play', state);
audio.addEventListener('pause', state);
audio.addEventListener('ended', state);
audio.addEventListener('error', () => { if (current) failed(); });
audio.addEventListener('loadedmetadata', () => { if (Number.isFinite(audio.duration)) length(audio.duration); });
audio.addEventListener('timeupdate', () => { if (current && !dragging) position(audio.currentTime); });
range.addEventListener('input', () => { dragging = true; position(Number(range.value)); });
range.addEventListener('change', () => { dragging = false; audio.currentTime = Number(range.value); });
/* A tenth of a second per key press would be useless; five seconds are what players do. */
range.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5, PageDown: -30, PageUp: 30 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    audio.currentTime = Math.max(0, Math.min(Number(range.max), audio.currentTime + step));
    position(audio.currentTime);
});

/* What a job that is done offers to the player; null when it has no file. A list offers its tracks, each for itself. */
export function playable(job) {
    const file = job.is_list ? null : api.media(job.file_url);
    return file && { id: job.job_id, title: job.title || job.url, artist: job.artist, file, cover: api.media(job.cover_url), seconds: job.duration_seconds };
}
