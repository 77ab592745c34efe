/*
 * queue: the panel above the list. One line while all is well; a notice for whatever holds jobs back, with the button
 * that ends it; below, on request, the lanes and how long they are.
 */

import * as api from './api.js';
import { $, attr, clone, cssVar, line, order, say, show, text } from './dom.js';
import { ahead, bytes, full, localTime, moment, plural } from './words.js';

const LANES = {
    preview: 'looks at links', default: 'links and tracks', slow: 'what takes long', webhook: 'calls to other servers', maintenance: 'clearing up',
};
const REFUSED = { bot_check: 'it takes this server for a bot', rate_limited: 'it limits this server' };
const SHORT = 8;                /* a lane shorter than this does not fill its bar */

let poke = () => {}, onCounts = () => {};
let known = null;               /* the last answer */
const notices = new Map(), lanes = new Map(), budgets = new Map();

export function init(hooks) {
    poke = hooks.onPoke;
    onCounts = hooks.onCounts;
    $('queue-toggle').addEventListener('click', () => {
        const open = $('queue-body').hidden;
        show($('queue-body'), open);
        attr($('queue-toggle'), 'aria-expanded', String(open));
    });
    /* Countdowns. */
    setInterval(() => { if (known && !document.hidden) showNotices(); }, 1000);
}

/* One round. That the server is away or does not know us, the list finds out by itself. */
export async function poll() {
    try {
        const { changed, body } = await api.queue();
        if (changed || !known) render(body);
    } catch (error) {
        if (error.status === undefined) throw error;
    }
}

export function clear() {
    known = null;
    show($('queue'), false);
    show($('queue-body'), false);
    attr($('queue-toggle'), 'aria-expanded', 'false');
}

function render(queue) {
    known = queue;
    onCounts(queue.jobs);
    showSummary();
    showNotices();
    showLanes();
    const any = Object.values(queue.jobs).some((n) => n > 0);
    show($('queue'), any || $('notices').children.length);
}

function showSummary() {
    const { jobs, workers } = known;
    const parts = [jobs.running && `${jobs.running.toLocaleString()} running`, jobs.queued && `${jobs.queued.toLocaleString()} waiting`, jobs.paused && `${jobs.paused.toLocaleString()} paused`].filter(Boolean);
    if (!workers && parts.length) parts.push('no worker');
    text($('queue-sum'), parts.join(', ') || 'Nothing waits');
}

const waitingIn = (lane) => lane.queued + lane.later;
const many = (n, more) => `${n.toLocaleString()}${more ? '+' : ''}`;

/* What holds jobs back, worst first: {key, tone, words, title, act: [word, what it does]}. */
function troubles() {
    const { disk, lanes: all, sources, workers } = known, list = [];
    if (!workers) list.push({ key: 'worker', tone: 'bad', words: 'No worker is running: links are accepted and wait until one is started.' });
    else for (const lane of all) {
        if (!lane.served && waitingIn(lane)) list.push({ key: `served/${lane.name}`, tone: 'bad', words: `No running worker serves the lane ${lane.name}; ${many(waitingIn(lane), lane.more)} wait in it.` });
    }
    if (disk.low) list.push({ key: 'disk', tone: 'bad', words: `Little disk space is left: ${bytes(disk.free_bytes)} are free, ${bytes(disk.needed_bytes)} have to be. Nothing new is begun until there is more.` });
    for (const lane of all) {
        if (!lane.paused) continue;
        const n = waitingIn(lane);
        list.push({
            key: `lane/${lane.name}`, tone: 'warn', title: moment(lane.paused_at), act: ['Resume', () => steer(lane.name, 'resume')], label: `Resume the lane ${lane.name}`,
            words: `The lane ${lane.name} is paused since ${localTime(lane.paused_at)}${n ? `; ${many(n, lane.more)} ${n === 1 ? 'waits' : 'wait'} in it` : ''}.`,
        });
    }
    for (const source of sources) {
        const why = REFUSED[source.kind] || source.detail || 'it refused', often = source.refusals > 1 ? `, ${source.refusals} times in a row` : '';
        if (source.state === 'open' && Date.parse(source.until) > Date.now()) {
            list.push({
                key: `source/${source.name}`, tone: 'warn', title: source.detail, act: ['Ask again now', () => wake(source.name)], label: `Ask again now: ${source.name}`,
                words: `${source.name} rests until ${localTime(source.until)} (${ahead(source.until)}): ${full(`${why}${often}`).replace(/^./u, (c) => c.toLowerCase())}`,
            });
        } else if (source.state !== 'closed') {
            list.push({ key: `source/${source.name}`, tone: 'warn', title: source.detail, words: `${source.name} has rested: one job tries whether it answers again.` });
        }
    }
    return list;
}

function showNotices() {
    order($('notices'), troubles().map(({ key, tone, words, title, act, label }) => {
        let made = notices.get(key);
        if (!made) {
            made = clone('t-notice');
            made.ref.act.addEventListener('click', () => made.act());
            notices.set(key, made);
        }
        attr(made.el, 'data-tone', tone);
        attr(made.ref.text, 'title', title);
        text(made.ref.text, words);
        made.act = act ? act[1] : () => {};
        text(made.ref.act, act ? act[0] : '');
        attr(made.ref.act, 'aria-label', label);
        const focused = document.activeElement === made.ref.act;
        show(made.ref.act, act);
        if (focused && !act) $('queue-toggle').focus();
        return made.el;
    }));
    attr($('queue'), 'data-tone', $('notices').firstElementChild?.dataset.tone);
    showBudgets();
}

function showLanes() {
    const most = Math.max(SHORT, ...known.lanes.map((lane) => lane.running + waitingIn(lane)));
    order($('lanes'), known.lanes.map((lane) => {
        let made = lanes.get(lane.name);
        if (!made) {
            made = clone('t-lane');
            text(made.ref.name, lane.name);
            text(made.ref.about, LANES[lane.name] || '');
            made.ref.act.addEventListener('click', () => steer(lane.name, made.paused ? 'resume' : 'pause'));
            lanes.set(lane.name, made);
        }
        const { el, ref } = made;
        made.paused = lane.paused;
        attr(el, 'data-paused', lane.paused ? 'yes' : null);
        for (const part of el.querySelectorAll('[data-part]')) cssVar(part, '--share', (lane[part.dataset.part] / most).toFixed(4));
        text(ref.sum, [lane.paused && 'paused', lane.running && `${lane.running.toLocaleString()} running`, lane.queued && `${many(lane.queued, lane.more)} waiting`,
            lane.later && `${many(lane.later, lane.more)} for later`].filter(Boolean).join(', ') || 'empty');
        text(ref.word, lane.paused ? 'Resume' : 'Pause');
        attr(ref.icon, 'href', lane.paused ? '#i-play' : '#i-pause');
        attr(ref.act, 'aria-label', `${lane.paused ? 'Resume' : 'Pause'} the lane ${lane.name}`);
        return el;
    }));
}

/* Sources that are asked only so often: no trouble, but worth knowing. */
function showBudgets() {
    order($('budgets'), known.sources.filter((source) => source.state === 'closed' && source.next_at).map((source) => {
        let made = budgets.get(source.name);
        if (!made) {
            made = document.createElement('li');
            budgets.set(source.name, made);
        }
        text(made, `${source.name} is asked ${plural(source.budget_per_hour, 'time', 'times')} an hour at most; next ${ahead(source.next_at)}.`);
        return made;
    }));
}

const steer = (name, action) => change(() => api.steerLane(name, action), `The lane ${name} is ${action}d.`);
const wake = (name) => change(() => api.wakeSource(name), `${name} is asked again.`);

/* The answer is the new state of it all; the rows follow at once. */
async function change(work, news) {
    line($('queue-problem'), '');
    const inside = $('notices').contains(document.activeElement);
    try {
        render(await work());
        say(news);
    } catch (error) {
        line($('queue-problem'), error.message);
    }
    if (inside && !document.activeElement.closest('#notices')) $('queue-toggle').focus();
    poke();
}
