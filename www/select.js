/*
 * select: which rows are marked, and the bar that acts on all of them. It lies at the bottom, so that nothing moves when
 * it comes. Space marks, with Shift the range since the last mark; arrows go from mark to mark, Enter goes to the bar.
 */

import { ACTIONS, permits } from './actions.js';
import * as api from './api.js';
import { $, attr, order, say, show, text } from './dom.js';
import { enumerate, full, plural } from './words.js';

const AT_ONCE = 500;            /* what the server takes in one request */
const RESULT_MS = 12000;        /* a result without refusals need not be dismissed */

const bar = $('bulk'), all = $('pick-all');
const picked = new Set();       /* ids */
const buttons = new Map();      /* action -> {el, label} */
let anchor = null;              /* the last mark: where a range begins */
let rows = null;                /* {ids(), row(id), poke(), dropped(ids)} of the list */
let busy = false, asking = false;
let result = '', timer = 0;

const jobs = () => [...picked].map((id) => rows.row(id)?.job).filter(Boolean);
const box = (id) => rows.row(id)?.ref.pick;

export function init(list) {
    rows = list;
    for (const [name, action] of Object.entries(ACTIONS)) {
        const el = document.createElement('button'), label = document.createElement('span');
        el.type = 'button';
        el.className = 'btn small';
        el.append($('retry-failed').querySelector('svg').cloneNode(true), label);
        el.querySelector('use').setAttribute('href', action.icon);
        el.addEventListener('click', () => (name === 'delete' ? ask(true) : run(name)));
        $('bulk-acts').append(el);
        buttons.set(name, { el, label });
    }
    all.addEventListener('change', () => {
        result = '';
        for (const id of rows.ids()) mark(id, all.checked);
        render();
    });
    $('bulk-yes').addEventListener('click', () => run('delete'));
    $('bulk-no').addEventListener('click', () => ask(false));
    $('bulk-close').addEventListener('click', clear);
    bar.addEventListener('keydown', (event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        if (asking) ask(false);
        else clear();
    });
}

function mark(id, on) {
    if (on) picked.add(id);
    else picked.delete(id);
    const pick = box(id);
    if (pick) pick.checked = on;
    attr(rows.row(id)?.el, 'data-picked', on ? 'yes' : null);
}

/* Wires the checkbox of a new row. */
export function watch(pick, id) {
    pick.addEventListener('click', (event) => {
        result = '';
        const ids = rows.ids(), from = ids.indexOf(anchor), to = ids.indexOf(id);
        if (event.shiftKey && from >= 0) for (const each of ids.slice(Math.min(from, to), Math.max(from, to) + 1)) mark(each, pick.checked);
        else mark(id, pick.checked);
        anchor = id;
        render();
    });
    pick.addEventListener('keydown', (event) => {
        const ids = rows.ids(), step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (step) {
            const next = ids[ids.indexOf(id) + step];
            if (next && event.shiftKey) {
                mark(id, true);
                mark(next, true);
                anchor = next;
                result = '';
                render();
            }
            if (next) box(next).focus();
        } else if (event.key === 'Enter' && picked.size) focusBar();
        else if (event.key === 'Escape' && picked.size) clear();
        else return;
        event.preventDefault();
    });
}

function focusBar() {
    ([...buttons.values()].find(({ el }) => !el.hidden)?.el || $('bulk-close')).focus();
}

/* Rows that are gone cannot stay marked. Called whenever the list or a job in it has changed. */
export function follow() {
    const here = new Set(rows.ids());
    for (const id of [...picked]) if (!here.has(id)) picked.delete(id);
    render();
}

export function clear() {
    const inside = bar.contains(document.activeElement), last = anchor;
    for (const id of [...picked]) mark(id, false);
    result = '';
    asking = false;
    render();
    if (inside) (box(last) || $('list-title')).focus();
}

function ask(open) {
    asking = open;
    render();
    (open ? $('bulk-no') : buttons.get('delete').el).focus();
}

function render() {
    const marked = jobs(), ids = rows.ids();
    if (!marked.length) asking = false;
    all.checked = ids.length > 0 && marked.length === ids.length;
    all.indeterminate = marked.length > 0 && marked.length < ids.length;
    text($('bulk-what'), result || (asking ? `Delete ${plural(marked.length, 'job', 'jobs')} and their files?` : `${marked.length.toLocaleString()} selected`));
    show($('bulk-acts'), !asking && marked.length);
    show($('bulk-confirm'), asking);
    for (const [name, { el, label }] of buttons) {
        const n = marked.filter((job) => permits(job, name)).length;
        text(label, n && n < marked.length ? `${ACTIONS[name].word} ${n.toLocaleString()}` : ACTIONS[name].word);
        const focused = document.activeElement === el;
        show(el, n);
        attr(el, 'aria-disabled', busy ? 'true' : null);
        if (focused && !n) $('bulk-what').focus();
    }
    show(bar, marked.length || result);
    attr(document.body, 'data-bulk', bar.hidden ? null : 'open');
}

async function run(name) {
    if (busy) return;
    const ids = jobs().filter((job) => permits(job, name)).map((job) => job.job_id);
    const inside = bar.contains(document.activeElement);
    await perform(name, async (tally) => {
        for (let i = 0; i < ids.length; i += AT_ONCE) tally(await api.actOnMany({ ids: ids.slice(i, i + AT_ONCE) }, name));
    });
    if (inside && !bar.contains(document.activeElement)) $('bulk-what').focus();
}

/* All that failed, those that are not in the list included. */
export async function retryFailed() {
    await perform('retry', async (tally) => {
        for (let more = true; more;) {
            const answer = await api.actOnMany({ status: 'failed' }, 'retry');
            tally(answer);
            more = answer.more && answer.done > 0;
        }
    });
}

/* Does it, and says in one line what came of it. What was refused stays marked. */
async function perform(name, work) {
    busy = true;
    asking = false;
    result = '';
    render();
    let done = 0;
    const refused = new Map();      /* id -> why */
    const tally = (answer) => {
        done += answer.done;
        for (const r of answer.results) if (!r.ok) refused.set(r.job_id, r.detail || r.kind);
        const ended = answer.results.filter((r) => r.ok).map((r) => r.job_id);
        for (const id of ended) mark(id, false);
        if (name === 'delete') rows.dropped(ended);
    };
    try {
        await work(tally);
        const why = [...new Set(refused.values())].map((reason) => full(reason).replace(/\.$/, ''));
        result = [`${done.toLocaleString()} ${ACTIONS[name].done}`, refused.size && `${refused.size.toLocaleString()} refused: ${enumerate(why)}`].filter(Boolean).join(', ');
        result = full(result);
    } catch (error) {
        result = done ? `${done.toLocaleString()} ${ACTIONS[name].done}, then: ${error.message}` : error.message;
    }
    busy = false;
    render();
    say(result);
    clearTimeout(timer);
    if (!refused.size) timer = setTimeout(() => { if (!picked.size && !bar.matches(':hover, :focus-within')) clear(); }, RESULT_MS);
    rows.poke();
}
