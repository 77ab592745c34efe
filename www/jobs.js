/*
 * jobs: the list. One Row per job, found by id; which of them are shown, in which order, and how much of the past.
 */

import { active } from './actions.js';
import * as api from './api.js';
import { $, attr, order, say, show, text } from './dom.js';
import * as player from './player.js';
import { percentOf } from './progress.js';
import { Row } from './row.js';
import * as select from './select.js';
import * as words from './words.js';

const PAGE = 50, LARGEST = 200;
const SOON_MS = 5000;           /* how long a job that knows when it goes on is left alone */

const list = $('jobs');
const rows = new Map();         /* id -> Row */
const gone = new Set();         /* deleted here: a list that was under way may still name them */
let sequence = [];              /* ids, newest first, as shown */
let pages = 1;                  /* how many the reader asked for */
let cursor = null;              /* behind the last row shown */
let total = 0;
let filter = '';                /* the state that is shown; '' for all */
let session = null;             /* {id, name}: only what was submitted in it */
let shown = null;               /* filter and session of what is on the page */
let poke = () => {};            /* asks the server at once */
let onSession = () => {};       /* whose jobs shall be shown */

const asking = () => `${filter} ${session?.id || ''}`;
const matches = (job) => (!filter || job.state === filter) && (!session || job.session_uuid === session.id);

/* What a row asks of the list. */
const ofRows = {
    poke: () => poke(),
    added: (job, existing) => reveal(job, existing),
    gone(id) {
        if (gone.has(id)) return;
        gone.add(id);
        total = Math.max(0, total - 1);
        arrange(sequence.filter((other) => other !== id));
    },
};

/* Shows exactly these rows in this order. A focus in a row that leaves goes to the one that takes its place. */
function arrange(ids) {
    const keep = new Set(ids);
    const focused = sequence.findIndex((id) => rows.get(id)?.el.contains(document.activeElement));
    const orphaned = focused >= 0 && !keep.has(sequence[focused]);
    const heir = orphaned && (sequence.slice(focused).find((id) => keep.has(id)) || ids.at(-1));
    for (const [id, row] of rows) {
        if (keep.has(id)) continue;
        row.leave(gone.has(id) || !(filter || session));
        rows.delete(id);
    }
    sequence = ids;
    order(list, ids.map((id) => rows.get(id).el));
    if (orphaned) (rows.get(heir)?.ref.title || $('list-title')).focus();
    const narrowed = filter || session;
    show($('empty'), ids.length === 0 && !narrowed);
    show($('none'), ids.length === 0 && narrowed);
    if (session) text($('none'), filter ? 'None of this session.' : 'This session has no jobs.');
    else if (filter) text($('none'), `None is ${{ queued: 'waiting' }[filter] || filter}.`);
    show($('more'), cursor !== null);
    text($('count'), total > ids.length ? `${ids.length} of ${words.plural(total, 'track', 'tracks')}` : total ? words.plural(total, 'track', 'tracks') : '');
    select.follow();
}

function place(jobs) {
    const ids = [];
    for (const job of jobs) {
        if (gone.has(job.job_id)) continue;
        ids.push(job.job_id);
        const row = rows.get(job.job_id);
        if (row) row.update(job);
        else rows.set(job.job_id, new Row(job, ofRows));
    }
    return ids;
}

/* The polled head of the list replaces what it covers; rows further down, loaded on request, stay behind it. */
function takeHead(answer) {
    const ids = place(answer.jobs), seen = new Set(ids);
    let covered = -1;
    sequence.forEach((id, i) => { if (seen.has(id)) covered = i; });
    const tail = answer.next_cursor === null || covered < 0 ? [] : sequence.slice(covered + 1).filter((id) => !seen.has(id) && matches(rows.get(id).job));
    if (tail.length === 0) cursor = answer.next_cursor;
    total = answer.total;
    arrange([...ids, ...tail]);
}

/* One round; the milliseconds until something can be expected to have moved, Infinity if nothing does. */
async function poll() {
    const asked = asking(), limit = Math.min(LARGEST, pages * PAGE);
    const { changed, body } = await api.jobs({ limit, status: filter, session: session?.id });
    if (asked !== asking()) return 0;
    if (changed || shown !== asked) {
        if (shown !== asked) sequence = [];
        shown = asked;
        takeHead(body);
    }
    const head = new Set(body.jobs.map((job) => job.job_id));
    for (const row of [...rows.values()]) {
        const beyond = !head.has(row.job.job_id) && active(row.job);
        if (beyond || (row.details && row.details.stale)) await row.refresh(beyond);
    }
    return Math.min(...[...rows.values()].map(({ job }) => restless(job)), Infinity);
}

function restless(job) {
    if (!active(job)) return Infinity;
    return job.state === 'queued' && job.waiting_until ? Math.min(SOON_MS, Math.max(0, Date.parse(job.waiting_until) - Date.now())) : 0;
}

async function loadMore() {
    const button = $('more'), asked = asking();
    button.disabled = true;
    try {
        const { body } = await api.jobs({ limit: PAGE, cursor, status: filter, session: session?.id });
        if (asked !== asking()) return;
        const first = sequence.length;
        const ids = place(body.jobs).filter((id) => !sequence.includes(id));
        cursor = body.next_cursor;
        pages++;
        arrange([...sequence, ...ids]);
        say(`${ids.length} more tracks`);
        if (ids.length && cursor === null) rows.get(sequence[first]).ref.title.focus();
    } catch (error) {
        say(error.message);
        poke();
    } finally {
        button.disabled = false;
    }
}

function setFilter(state) {
    filter = state;
    pages = 1;
    for (const pill of $('filters').children) attr(pill, 'aria-pressed', String(pill.dataset.status === state));
    select.clear();
}

function choose(state) {
    if (filter === state) return Promise.resolve();
    setFilter(state);
    return poke();
}

/* Only the jobs of {id, name}, or, with null, of everybody. */
async function showSession(wanted) {
    session = wanted;
    pages = 1;
    text($('session-name'), wanted?.name);
    show($('session-box'), wanted);
    for (const span of $('filters').querySelectorAll('span')) show(span, !wanted);
    select.clear();
    await poke();
    if (wanted) $('list-title').scrollIntoView({ block: 'nearest' });
}

/* How many there are of each state, for the filters; counts of GET /api/queue. */
function showCounts(counts) {
    const all = Object.values(counts).reduce((sum, n) => sum + n, 0);
    for (const pill of $('filters').children) {
        const n = pill.dataset.status ? counts[pill.dataset.status] || 0 : all;
        text(pill.querySelector('span'), n.toLocaleString());
        attr(pill, 'data-none', n ? null : 'yes');
    }
    show($('list-tools'), all || filter);
    const { failed } = counts;
    const button = $('retry-failed'), focused = document.activeElement === button;
    text($('retry-failed-text'), failed > 1 ? `Retry all ${failed.toLocaleString()} failed` : 'Retry the failed one');
    show(button, failed);
    if (focused && !failed) $('list-title').focus();
}

/* A job that was just submitted, or found to be under way already: to where one sees it. */
async function reveal(job, existing) {
    if (session && job.session_uuid !== session.id) onSession(null);
    await (matches(job) ? poke() : choose(''));
    if (!existing) return;
    if (!rows.has(job.job_id) && shown === asking()) arrange([...sequence, ...place([job])]);
    rows.get(job.job_id)?.flash();
}

/* The job that the lathe in the header shows, or null. */
function cutting() {
    let best = null;
    for (const { job } of rows.values()) {
        if (job.state === 'running' && (best === null || percentOf(job) > percentOf(best))) best = job;
    }
    return best && percentOf(best);
}

function clear() {
    setFilter('');
    session = null;
    show($('session-box'), false);
    cursor = null;
    total = 0;
    shown = null;
    gone.clear();
    arrange([]);
    show($('empty'), false);
}

export function init(hooks) {
    poke = hooks.onPoke;
    onSession = hooks.onSession;
    $('session-all').addEventListener('click', () => {
        onSession(null);
        $('list-title').focus();
    });
    $('more').addEventListener('click', loadMore);
    for (const pill of $('filters').children) pill.addEventListener('click', () => choose(pill.dataset.status));
    select.init({ ids: () => sequence, row: (id) => rows.get(id), poke: () => poke(), dropped: (ids) => ids.forEach(ofRows.gone) });
    $('retry-failed').addEventListener('click', select.retryFailed);
    player.onPlayerChange(() => { for (const row of rows.values()) row.showPlaying(); });
    let seconds = 0;
    setInterval(() => {
        if (document.hidden) return;
        seconds++;
        for (const row of rows.values()) if (row.job.waiting_until || seconds % 30 === 0) row.tick();
    }, 1000);
}

export { poll, clear, cutting, reveal, showCounts, showSession };
