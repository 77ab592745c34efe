/*
 * submit: the box. Links and names of songs, one per line; what it takes them for stands below it before they are sent.
 * What is refused stays in it, with the reason.
 */

import { active } from './actions.js';
import { Allow } from './allow.js';
import { $, attr, clone, line, order, say, show, text } from './dom.js';
import { readLines } from './lines.js';
import * as options from './options.js';
import * as preview from './preview.js';
import { send } from './send.js';
import { full, meaning, nameOf, plural } from './words.js';

const AT_ONCE = 500;            /* links that the server takes in one request */
const ROWS = 8, REFUSED = 20;
const SAY_MS = 1200;

const form = $('submit'), box = $('url'), button = form.querySelector('.primary'), look = $('look');
const allow = new Allow($('url-allow'));
let onAdded = () => {}, onSignedOut = () => {};
let timer = 0, sending = false;

export function init(hooks) {
    ({ onAdded, onSignedOut } = hooks);
    options.init({ el: form.querySelector('[data-field=url]'), input: box });
    preview.init({ submit: sendItems, added: hooks.onAdded, signedOut: onSignedOut, done: takeBack });
    form.addEventListener('submit', (event) => {
        event.preventDefault();
        submit();
    });
    look.addEventListener('click', lookFirst);
    box.addEventListener('keydown', (event) => {
        if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        submit();
    });
    box.addEventListener('input', () => {
        line($('url-told'), '');
        understand();
    });
    document.addEventListener('paste', (event) => {
        if (form.hidden || document.querySelector('dialog[open]') || event.target.closest?.('input, textarea, select, [contenteditable]')) return;
        const pasted = (event.clipboardData?.getData('text/plain') || '').trim();
        if (!pasted) return;
        event.preventDefault();
        fill(pasted);
        box.focus();
    });
    understand();
}

export function focus() {
    box.focus();
    box.select();
}

function fill(words) {
    box.value = words;
    line($('url-told'), '');
    understand();
}

/* Says what the box takes its lines for. */
function understand() {
    const items = readLines(box.value), links = items.filter((item) => item.kind === 'link').length;
    box.rows = Math.max(1, Math.min(ROWS, box.value.split('\n').length));
    text($('url-means'), meaning(items));
    show($('url-means'), $('url-told').hidden);
    text(button, items.length > 1 ? `Add ${items.length.toLocaleString()}` : items.length && !links ? 'Find and add' : 'Add track');
    show($('meant'), links && $('meant-grid').children.length);
    clearTimeout(timer);
    if (items.length > links) timer = setTimeout(() => say($('url-means').textContent), SAY_MS);
}

function told(sentence) {
    line($('url-told'), sentence);
    show($('url-means'), !sentence);
}

function clearProblems() {
    options.clearProblems();
    told('');
    order($('refused'), []);
    allow.render(null);
}

function items() {
    const list = readLines(box.value);
    if (list.length) return list;
    options.problem('url', 'Paste a link first, or type the name of a song.');
    box.focus();
    return null;
}

async function submit() {
    if (sending) return '';
    clearProblems();
    const list = items();
    if (!list) return '';
    const before = box.value, { jobs, existing, same, refused, error } = await sendItems(list, tellProgress);
    if (error?.status === 401) {
        onSignedOut();
        return '';
    }
    if (jobs.length && box.value === before) {
        fill(refused.map((item) => item.value).join('\n'));
        options.nextJob();
    }
    if (list.length === 1) one(jobs[0], existing, error);
    else many(jobs.length, same, refused, error);
    if (jobs.length) onAdded(jobs[0], existing);
    return $('url-told').textContent;
}

const tellProgress = (done, all) => told(all > 1 ? `Sent ${done.toLocaleString()} of ${all.toLocaleString()}…` : '');

function one(job, existing, error) {
    if (error) {
        options.refuse(error);
        allow.render(error.whitelist, submit);
        return;
    }
    box.focus();
    told(!existing ? '' : `${active(job) ? 'Already under way' : job.cached ? 'From cache' : 'Already done'}: ${nameOf(job)}`);
    say(existing ? $('url-told').textContent : 'Added.');
}

function many(added, same, refused, error) {
    told([[added, 'added'], [same, 'the same again'], [refused.length, 'refused']].filter(([count]) => count)
        .map(([count, what]) => `${count.toLocaleString()} ${what}`).join(', '));
    say($('url-told').textContent);
    if (refused.length) options.problem('url', error && !refused.some((item) => item.message) ? error.message : `${plural(refused.length, 'line is', 'lines are')} left:`);
    order($('refused'), refused.filter((item) => item.message).slice(0, REFUSED).map((item) => {
        const { el, ref } = clone('t-refused');
        text(ref.what, item.value);
        text(ref.why, full(item.message));
        new Allow(ref.allow).render(item.whitelist, submit);
        return el;
    }));
    box.focus();
}

/* Submits them with the options of the form: links together, names one by one. Never throws:
 * {jobs, existing, same, refused: [{kind, value, message, whitelist}], error}; same: how many lines meant the job of an
 * earlier one. entries: of a list, each one track. */
async function sendItems(list, progress = () => {}, { entries = false } = {}) {
    const links = list.filter((item) => item.kind === 'link'), names = list.filter((item) => item.kind === 'search');
    const calls = [];
    if (links.length === 1) calls.push([links, { url: links[0].value, ...options.chosen(!entries) }]);
    else for (let i = 0; i < links.length; i += AT_ONCE) {
        const group = links.slice(i, i + AT_ONCE);
        calls.push([group, { urls: group.map((item) => item.value), ...options.chosen(!entries) }]);
    }
    for (const item of names) calls.push([[item], { search_query: item.value, ...options.chosen(false) }]);

    const result = { jobs: [], existing: false, same: 0, refused: [], error: null };
    let done = 0;
    sending = true;
    for (const control of [button, look]) attr(control, 'aria-disabled', 'true');
    for (const [group, spec] of calls) {
        progress(done, list.length);
        try {
            if (fatal(result.error)) throw result.error;
            const answer = await send(spec);
            result.jobs.push(...(answer.job.jobs || [answer.job]));
            result.existing = list.length === 1 && answer.existing;
            result.same += answer.job.same?.length || 0;
            for (const { index, message, whitelist } of answer.job.errors || []) result.refused.push({ ...group[index], message, whitelist });
        } catch (error) {
            result.error = error;
            const said = new Map(error.fields.filter((field) => Number.isInteger(field.index)).map((field) => [field.index, field]));
            const why = group.length === 1 ? error.fields[0]?.message || error.message : '';
            result.refused.push(...group.map((item, i) => ({ ...item, message: said.get(i)?.message || why, whitelist: said.get(i)?.whitelist || error.whitelist })));
        }
        done += group.length;
    }
    sending = false;
    for (const control of [button, look]) attr(control, 'aria-disabled', null);
    return result;
}

/* Nothing that follows would be taken either. */
const fatal = (error) => error && [0, 401, 403, 429, 503, 507].includes(error.status) && !error.whitelist;

async function lookFirst() {
    if (sending) return;
    clearProblems();
    const list = items();
    if (!list) return;
    if (list.length > 1) {
        options.problem('url', 'One link or name at a time can be looked at.');
        box.focus();
        return;
    }
    const [{ kind, value }] = list, { download_type: type, max_items: most } = options.chosen(kind === 'link');
    const spec = kind === 'link' ? { url: value } : { search_query: value };
    if (type !== undefined) spec.download_type = type;
    if (most !== undefined) spec.max_items = most;
    preview.open(spec, { item: list[0] });
}

/* What was looked at has been submitted. */
function takeBack(item, sentence) {
    const list = readLines(box.value);
    if (list.length === 1 && list[0].value === item.value) fill('');
    options.nextJob();
    told(sentence);
    say(sentence);
    box.focus();
}

export const { load: loadOptions } = options;
