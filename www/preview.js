/*
 * preview: "Look first". What a link or a name would yield, before anything is fetched: one recording, or the entries of
 * a list to choose from. A dialog of its own: Escape closes it, and the focus returns to where it was.
 */

import { Allow } from './allow.js';
import * as api from './api.js';
import { $, attr, clone, line, order, outward, show, text } from './dom.js';
import { Match } from './match.js';
import { clock, full, plural, span } from './words.js';

const FIRST_MS = 250, LATER_MS = 1000, PATIENT_ROUNDS = 12;

const dialog = $('preview'), all = $('preview-all'), get = $('preview-get');
const allow = new Allow($('preview-allow')), match = new Match($('preview-match'), take);
let hooks = {};                 /* submit(items, progress, {entries}), added(job, existing), signedOut(), done(item, sentence) */
let asked = null;               /* {spec, item} */
let result = null;              /* what was found */
let entries = [];               /* those that can be had: {entry, pick, el} */
let anchor = -1;                /* where a range begins */
let round = 0;                  /* which look is the current one; others' answers come too late */
let busy = false;

export function init(given) {
    hooks = given;
    get.addEventListener('click', fetchChosen);
    for (const id of ['preview-close', 'preview-x']) $(id).addEventListener('click', () => dialog.close());
    dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
    dialog.addEventListener('close', () => { round++; });
    $('preview-cover').addEventListener('error', () => show($('preview-cover'), false));
    all.addEventListener('change', () => {
        for (const { pick } of entries) pick.checked = all.checked;
        count();
    });
}

/* spec: as POST /api/preview takes it; item: the line of the box. */
export function open(spec, { item }) {
    asked = { spec, item };
    dialog.showModal();
    lookAgain();
}

function lookAgain() {
    look().catch((error) => { if (error.status === undefined) reportError(error); });
    return 'Looking again.';
}

async function look() {
    const mine = ++round, began = Date.now(), { spec } = asked, closed = () => mine !== round;
    result = null;
    entries = [];
    reset(spec);
    const timer = setInterval(() => { if (!closed()) waits(began); }, 1000);
    try {
        let answer = await api.preview(spec);
        for (let i = 0; !closed() && (answer.status === 'pending' || answer.status === 'running'); i++) {
            attr(dialog, 'data-running', answer.status === 'running' ? 'yes' : null);
            waits(began);
            await new Promise((resolve) => setTimeout(resolve, i < PATIENT_ROUNDS ? FIRST_MS : LATER_MS));
            if (!closed()) answer = await api.previewed(answer.preview_id);
        }
        if (closed()) return;
        if (answer.status === 'completed') render(answer.result);
        else failed(answer.error?.detail || 'It failed, and nothing was recorded about why.', answer.error?.hint, answer.error?.whitelist);
    } catch (error) {
        if (closed()) return;
        if (error.status === 401) {
            dialog.close();
            hooks.signedOut();
            return;
        }
        failed(error.fields?.map((field) => field.message).join('; ') || error.message, '', error.whitelist);
        if (error.status === undefined) throw error;
    } finally {
        clearInterval(timer);
    }
}

/* Nothing of another look stays. */
function reset(spec) {
    text($('preview-title'), spec.search_query ? `“${spec.search_query}”` : 'Looking…');
    $('preview-link').replaceChildren(...(spec.url ? [outward(spec.url)] : []));
    for (const id of ['preview-by', 'preview-problem', 'preview-note']) line($(id), '');
    for (const id of ['preview-cover', 'preview-list', 'preview-get']) show($(id), false);
    $('preview-cover').removeAttribute('src');
    match.render({});
    allow.render(null);
    order($('preview-entries'), []);
    attr(dialog, 'aria-busy', 'true');
    show($('preview-wait'), true);
    waits(Date.now());
    $('preview-title').focus();
}

function waits(began) {
    const s = Math.floor((Date.now() - began) / 1000);
    /* Told once; the seconds are for the eye. */
    text($('preview-wait-text'), dialog.dataset.running ? 'Asking the source' : 'Waiting for a worker');
    text($('preview-wait-for'), s > 1 ? span(s).replace('.0', '') : '');
}

function ended() {
    attr(dialog, 'aria-busy', null);
    attr(dialog, 'data-running', null);
    show($('preview-wait'), false);
}

function failed(why, hint, offer) {
    ended();
    if (!asked.spec.search_query) text($('preview-title'), 'This cannot be had');
    line($('preview-problem'), [full(why), hint && full(hint)].filter(Boolean).join(' '));
    allow.render(offer, lookAgain);
}

function render(found) {
    ended();
    result = found;
    const cover = api.media(found.cover_url), { is_list: isList } = found;
    if (cover) {
        $('preview-cover').src = cover;
        show($('preview-cover'), true);
    }
    text($('preview-title'), found.title || found.url || 'Without a title');
    line($('preview-by'), [found.artist || found.uploader, found.album, isList ? listed(found) : clock(found.duration_seconds)].filter(Boolean).join(' · '));
    line($('preview-note'), found.note && full(found.note));
    match.render(found);
    show(get, true);
    show($('preview-list'), isList);
    if (isList) showEntries(found.entries);
    else offer('Get it', true);
    (isList && entries.length ? entries[0].pick : get).focus();
}

function listed({ entries: list, total, more }) {
    if (total && total > list.length) return `${list.length.toLocaleString()} of ${plural(total, 'entry', 'entries')}`;
    return `${list.length.toLocaleString()}${more ? '+' : ''} ${list.length === 1 ? 'entry' : 'entries'}`;
}

function showEntries(list) {
    entries = [];
    anchor = -1;
    order($('preview-entries'), list.map((entry) => {
        const { el, ref } = clone('t-entry');
        text(ref.index, entry.index);
        text(ref.title, entry.title || entry.url || 'Without a title');
        line(ref.by, [entry.artist || entry.uploader, clock(entry.duration_seconds)].filter(Boolean).join(' · '));
        attr(el, 'data-dead', entry.available ? null : 'yes');
        line(ref.why, entry.available ? '' : full(entry.error?.detail || 'it cannot be had'));
        attr(ref.why, 'title', entry.error?.hint);
        ref.pick.disabled = !entry.available;
        ref.pick.checked = entry.available;
        if (entry.available) watch(ref.pick, entries.push({ entry, pick: ref.pick, el }) - 1);
        return el;
    }));
    count();
}

/* Click marks, with Shift the range since the last; arrows go from box to box, with Shift they mark on the way. */
function watch(pick, i) {
    pick.addEventListener('click', (event) => {
        if (event.shiftKey && anchor >= 0) for (let j = Math.min(anchor, i); j <= Math.max(anchor, i); j++) entries[j].pick.checked = pick.checked;
        anchor = i;
        count();
    });
    pick.addEventListener('keydown', (event) => {
        const to = { ArrowDown: i + 1, ArrowUp: i - 1, Home: 0, End: entries.length - 1 }[event.key];
        if (to === undefined || !entries[to]) return;
        event.preventDefault();
        if (event.shiftKey) for (let j = Math.min(to, i); j <= Math.max(to, i); j++) entries[j].pick.checked = pick.checked;
        entries[to].pick.focus();
        anchor = to;
        count();
    });
}

const chosen = () => entries.filter(({ pick }) => pick.checked).map(({ entry }) => entry);

function count() {
    const list = chosen(), known = list.filter((entry) => typeof entry.duration_seconds === 'number');
    const seconds = known.reduce((sum, entry) => sum + entry.duration_seconds, 0), dead = result.entries.length - entries.length;
    all.checked = list.length > 0 && list.length === entries.length;
    all.indeterminate = list.length > 0 && list.length < entries.length;
    all.disabled = entries.length === 0;
    text($('preview-sum'), [`${list.length.toLocaleString()} of ${entries.length.toLocaleString()} selected`, seconds > 0 && `${known.length < list.length ? 'at least ' : ''}${clock(seconds)}`,
        dead && `${dead.toLocaleString()} cannot be had`].filter(Boolean).join(', '));
    if (!entries.length) offer('Nothing to get', false);
    else if (list.length === entries.length) offer(result.more ? 'Get the whole list' : `Get all ${list.length.toLocaleString()}`, true);
    else offer(list.length ? `Get selected (${list.length.toLocaleString()})` : 'Nothing is selected', list.length > 0);
}

function offer(word, possible) {
    text(get, word);
    attr(get, 'aria-disabled', possible ? null : 'true');
}

/* Another result than the one that fits best. */
async function take(url) {
    const { jobs, existing, refused, error } = await hooks.submit([{ kind: 'link', value: url }]);
    if (refused.length) throw error || new Error(refused[0].message);
    hooks.added(jobs[0], existing);
    return existing ? 'That is in the list already.' : 'Added.';
}

/* All of a list is the list itself: one job, that goes on where it stopped. */
async function fetchChosen() {
    if (busy || !result || get.hasAttribute('aria-disabled')) return;
    const list = chosen(), whole = !result.is_list || list.length === entries.length, { item } = asked, word = get.textContent, mine = round;
    busy = true;
    offer('Adding…', false);
    line($('preview-problem'), '');
    const { jobs, existing, refused, error } = whole ? await hooks.submit([item])
        : await hooks.submit(list.map((entry) => ({ kind: 'link', value: entry.url })), () => {}, { entries: true });
    busy = false;
    if (error?.status === 401) {
        dialog.close();
        hooks.signedOut();
        return;
    }
    if (jobs.length) hooks.added(jobs[0], existing && jobs.length === 1);
    if (mine !== round) return;
    if (!refused.length) {
        dialog.close();
        hooks.done(item, existing ? 'It is in the list already.' : whole ? `Added: ${result.title || item.value}` : `${plural(jobs.length, 'track', 'tracks')} added.`);
        return;
    }
    offer(word, true);
    line($('preview-problem'), `${jobs.length ? `${jobs.length.toLocaleString()} added, ` : ''}${refused.length.toLocaleString()} refused: ${full(refused[0].message || error?.message || '')}`);
    allow.render(refused[0].whitelist, () => { fetchChosen(); });
}
