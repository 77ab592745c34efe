/*
 * sessions: the tenants. Who they are, how much of what they may have they have, when they end; ending one asks first.
 * A new one is opened here; its id, which is its credential, is shown until somebody has taken it.
 */

import * as api from './api.js';
import { $, attr, clone, copyButton, line, order, show, text } from './dom.js';
import { Panel } from './panel.js';
import { age, ahead, bytes, localTime, moment, plural, span } from './words.js';

const panel = new Panel('sessions', { read, everyMs: 5000, closedMs: 60000 });
const made = new Map();         /* id -> what shows it */
let onShow = () => {};          /* shows the jobs of {id, name}; null for all */
let shown = null;               /* whose jobs are shown */
let list = [], later = [], cursor = null;

/* What a session may be given; in the API's unit there are `times` as many. */
const LIMITS = [
    { input: 'sessions-jobs', field: 'max_jobs', times: 1 },
    { input: 'sessions-hours', field: 'expires_in_seconds', times: 3600 },
    { input: 'sessions-items', field: 'limits.max_items', times: 1 },
    { input: 'sessions-minutes', field: 'limits.max_duration_seconds', times: 60 },
    { input: 'sessions-mb', field: 'limits.max_file_size_mb', times: 1 },
];

export const poll = () => panel.poll();

export function init(hooks) {
    onShow = hooks.onShow;
    $('sessions-more').addEventListener('click', () => panel.change(async () => {
        const body = await api.sessions(cursor);
        later.push(...body.sessions);
        cursor = body.next_cursor;
        render();
    }));
    $('sessions-add').addEventListener('submit', (event) => {
        event.preventDefault();
        open();
    });
    copyButton($('sessions-copy'), () => $('sessions-id').textContent);
    $('sessions-done').addEventListener('click', () => {
        putAway();
        $('sessions-label').focus();
    });
    /* Countdowns. */
    setInterval(() => { if (panel.isOpen && !document.hidden) for (const session of [...list, ...later]) tick(session); }, 1000);
}

export function clear() {
    list = [];
    later = [];
    shown = null;
    $('sessions-add').reset();
    putAway();
    panel.clear();
}

/* What the form says; what is not a number goes to the server as typed: it says what is wrong with it. */
function wanted() {
    const session = {}, label = $('sessions-label').value.trim();
    if (label) session.label = label;
    for (const { input, field, times } of LIMITS) {
        const { value, validity } = $(input);
        if (value === '' && !validity.badInput) continue;
        const [name, of] = field.split('.').reverse();
        (of ? session[of] ??= {} : session)[name] = validity.badInput ? '?' : Number((Number(value) * times).toFixed(3));
    }
    return session;
}

/* Each refused number at its field, in the unit in which it was typed. */
function refuse(error) {
    for (const refused of error.fields || []) {
        const limit = LIMITS.find(({ field }) => field === refused.field), input = $(limit ? limit.input : 'sessions-label');
        attr(input, 'aria-invalid', 'true');
        const most = / to (\d+)$/.exec(refused.message)?.[1];
        const why = limit?.times > 1 && most ? `has to be more than 0 and at most ${(Number(most) / limit.times).toLocaleString()}` : refused.message;
        refused.message = `${input.labels[0].textContent}: ${why}`;
    }
    $('sessions-add').querySelector('[aria-invalid]')?.focus();
    throw error;
}

async function open() {
    const form = $('sessions-add'), button = form.querySelector('button');
    if (button.hasAttribute('aria-disabled')) return;
    for (const input of form.querySelectorAll('input')) attr(input, 'aria-invalid', null);
    attr(button, 'aria-disabled', 'true');
    let opened = null;
    const done = await panel.change(async () => { opened = await api.openSession(wanted()).catch(refuse); });
    attr(button, 'aria-disabled', null);
    if (!done) return;
    form.reset();
    text($('sessions-told'), `${nameOf(opened)} is open until ${localTime(opened.expires_at)}. Its id is its key, and is shown this once:`);
    text($('sessions-id'), opened.session_uuid);
    show($('sessions-opened'), true);
    $('sessions-copy').focus();
}

function putAway() {
    show($('sessions-opened'), false);
    text($('sessions-id'), '');
}

/* The list shows the jobs of this one, or of all again. */
export function mark(id) {
    shown = id;
    for (const [other, { ref }] of made) attr(ref.jobs, 'aria-pressed', String(other === id));
}

async function read(open) {
    const [totals, page] = await Promise.all([api.sessionTotals(), open ? api.sessions() : null]);
    text($('sessions-sum'), totals.active ? `${totals.active.toLocaleString()} active` : 'none active');
    text($('sessions-totals'), [plural(totals.total, 'session', 'sessions'), plural(totals.jobs, 'job', 'jobs'), bytes(totals.used_bytes)].join(', '));
    if (!page) return;
    list = page.sessions;
    if (!later.length) cursor = page.next_cursor;
    render();
}

function render() {
    const ids = new Set(list.map((session) => session.session_uuid));
    later = later.filter((session) => !ids.has(session.session_uuid));
    order($('sessions-list'), [...list, ...later].map(one));
    show($('sessions-none'), list.length === 0);
    show($('sessions-more'), cursor !== null);
}

const nameOf = (session) => session.label || `Session ${session.session_uuid.slice(-6)}`;

function one(session) {
    const id = session.session_uuid;
    let row = made.get(id);
    if (!row) {
        const mine = row = clone('t-session');
        made.set(id, row);
        row.ref.jobs.addEventListener('click', () => onShow(shown === id ? null : { id, name: nameOf(mine.session) }));
        row.ref.end.addEventListener('click', () => ask(mine, true));
        row.ref.keep.addEventListener('click', () => ask(mine, false));
        row.ref.yes.addEventListener('click', () => end(mine));
        row.ref.confirm.addEventListener('keydown', (event) => {
            if (event.key !== 'Escape') return;
            event.stopPropagation();
            ask(mine, false);
        });
    }
    row.session = session;
    const { ref, el } = row, { jobs, limits } = session;
    attr(el, 'data-ended', session.is_active ? null : 'yes');
    text(ref.name, nameOf(session));
    text(ref.count, [`${jobs.submitted.toLocaleString()} of ${plural(session.max_jobs, 'job', 'jobs')}`, jobs.open && `${jobs.open.toLocaleString()} open`,
        jobs.completed && `${jobs.completed.toLocaleString()} done`, jobs.failed && `${jobs.failed.toLocaleString()} failed`, session.used_bytes > 0 && bytes(session.used_bytes)].filter(Boolean).join(', '));
    text(ref.limits, `At most ${plural(limits.max_items, 'entry', 'entries')} of a list, ${span(limits.max_duration_seconds)} and ${limits.max_file_size_mb.toLocaleString()} MB each`);
    attr(ref.jobs, 'aria-label', `Show its jobs: ${nameOf(session)}`);
    attr(ref.jobs, 'aria-pressed', String(shown === id));
    show(ref.jobs, session.is_active || shown === id);     /* with it they went */
    attr(ref.end, 'aria-label', `End ${nameOf(session)}`);
    show(ref.end, session.is_active && ref.confirm.hidden);
    tick(session);
    return el;
}

function tick(session) {
    const row = made.get(session.session_uuid);
    if (!row) return;
    text(row.ref.until, session.is_active ? `ends ${ahead(session.expires_at)}` : `ended ${age(session.ended_at || session.expires_at)}`);
    attr(row.ref.until, 'title', moment(session.ended_at || session.expires_at));
}

function ask({ ref, session }, open) {
    const { submitted } = session.jobs, jobs = submitted === 1 ? 'its job' : `its ${plural(submitted, 'job', 'jobs')}`;
    text(ref.question, submitted ? `End ${nameOf(session)}, and delete ${jobs} with all files?` : `End ${nameOf(session)}?`);
    show(ref.confirm, open);
    show(ref.end, !open && session.is_active);
    (open ? ref.keep : ref.end).focus();
}

async function end(row) {
    const { session, ref } = row;
    const gone = async () => {
        try { await api.endSession(session.session_uuid); } catch (error) { if (error.status !== 404) throw error; }
    };
    show(ref.confirm, false);
    if (!await panel.change(gone, `${nameOf(session)} has ended.`)) return;
    if (shown === session.session_uuid) onShow(null);
    line($('sessions-problem'), '');
    $('sessions-toggle').focus();
}
