/*
 * health: the line at the bottom, and one sentence at the top when something is wrong that only the admin can mend.
 */

import * as api from './api.js';
import { $, attr, clone, line, order, show, text } from './dom.js';
import { plural } from './words.js';

const EVERY_MS = 60000;
const YTDLP_OLD_DAYS = 90;

let timer = 0;

/* Reads it now, and once a minute while somebody looks. */
export async function watch() {
    clearTimeout(timer);
    try {
        const { changed, body } = await api.health();
        if (changed) render(body);
    } catch { /* the list's own poll says that the server is away */ }
    clearTimeout(timer);
    timer = setTimeout(watch, document.hidden ? EVERY_MS * 5 : EVERY_MS);
}

const items = new Map();

function render(health) {
    const services = health.services || {}, ytdlp = health.ytdlp || {};
    const old = services.ytdlp === 'outdated' || ytdlp.age_days > YTDLP_OLD_DAYS;
    const rows = [
        ['version', `Dubplate ${health.version || ''}`.trim(), ''],
        ['worker', services.worker === 'ok' ? (health.workers > 1 ? `${health.workers} workers running` : 'Worker running') : 'Worker not running', services.worker === 'ok' ? 'good' : 'bad'],
    ];
    /* Only a worker knows which yt-dlp is run. */
    if (services.ytdlp === 'missing') rows.push(['ytdlp', 'yt-dlp is missing', 'bad']);
    else if (ytdlp.version) {
        const age = Number.isFinite(ytdlp.age_days) ? `, ${plural(ytdlp.age_days, 'day', 'days')} old` : '';
        rows.push(['ytdlp', `yt-dlp ${ytdlp.version}${age}`, old ? 'warn' : 'good']);
    }
    if (services.database && services.database !== 'ok') rows.push(['database', `Database: ${services.database}`, 'bad']);
    order($('health'), rows.map(([name, words, tone]) => {
        let made = items.get(name);
        if (!made) items.set(name, made = clone('t-health'));
        text(made.ref.text, words);
        attr(made.el, 'data-tone', tone || null);
        return made.el;
    }));

    const sentences = [];
    /* That no worker runs, the queue panel says: it is read more often. */
    if (services.ytdlp === 'missing') sentences.push('yt-dlp was not found: nothing can be downloaded. Install it, or set YTDLP_PATH.');
    else if (old) sentences.push('yt-dlp is old: sites change often, and downloads may fail until it is updated.');
    line($('degraded-what'), sentences.join(' '));
    show($('degraded'), sentences.length > 0);
}
