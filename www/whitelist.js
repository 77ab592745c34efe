/*
 * whitelist: which channels may be downloaded, and whether that is asked at all. What is removed can be put back.
 */

import { onAllowed } from './allow.js';
import * as api from './api.js';
import { $, attr, clone, line, order, show, text } from './dom.js';
import { Panel } from './panel.js';
import { age, moment, plural, sourceWord } from './words.js';

const DECIDED = {
    switch: 'Switched here, whatever the settings say.', setting: 'By the setting DOWNLOAD_WHITELIST_ENABLED.',
    default: 'By default: on unless nobody but this machine reaches the server.',
};

const panel = new Panel('whitelist', { read, everyMs: 10000, closedMs: 60000 });
const made = new Map();         /* id -> what shows the entry */
const on = $('whitelist-on'), form = $('whitelist-add');
let known = null, later = [], cursor = null;    /* the first page; what was loaded behind it */
let removed = null;             /* what can be put back */

export const poll = () => panel.poll();

export function init() {
    onAllowed(() => panel.now());
    on.addEventListener('change', async () => {
        const wanted = on.checked;
        if (!await panel.change(() => api.switchWhitelist(wanted), `The whitelist is ${wanted ? 'on' : 'off'}.`)) on.checked = !wanted;
    });
    $('whitelist-settings').addEventListener('click', async () => {
        await panel.change(() => api.switchWhitelist(null), 'The settings decide again.');
        on.focus();
    });
    form.addEventListener('submit', async (event) => {
        event.preventDefault();
        await add();
    });
    $('whitelist-undo').addEventListener('click', putBack);
    $('whitelist-more').addEventListener('click', more);
}

export function clear() {
    known = null;
    later = [];
    tell('', null);
    panel.clear();
}

async function read() {
    const { changed, body } = await api.whitelist();
    if (!changed && known) return;
    known = body;
    if (!later.length) cursor = body.next_cursor;
    render();
}

async function more() {
    await panel.change(async () => {
        const { body } = await api.whitelist(cursor);
        later.push(...body.entries);
        cursor = body.next_cursor;
        render();
    });
}

function render() {
    const { enabled, decided_by: by, total, entries } = known;
    text($('whitelist-sum'), `${enabled ? 'on' : 'off'}, ${plural(total, 'entry', 'entries')}`);
    on.checked = enabled;
    text($('whitelist-who'), [DECIDED[by], enabled && !total && 'Nothing is allowed yet: every link is refused.'].filter(Boolean).join(' '));
    const back = $('whitelist-settings'), focused = document.activeElement === back;
    show(back, by === 'switch');
    if (focused && by !== 'switch') on.focus();
    const ids = new Set(entries.map((entry) => entry.id)), all = [...entries, ...later.filter((entry) => !ids.has(entry.id))];
    order($('whitelist-entries'), all.map(entryRow));
    show($('whitelist-more'), cursor !== null);
}

function entryRow(entry) {
    let one = made.get(entry.id);
    if (!one) {
        const mine = one = clone('t-white');
        made.set(entry.id, one);
        one.ref.remove.addEventListener('click', () => remove(mine.entry));
        one.ref.note.addEventListener('change', () => annotate(mine));
        one.ref.note.addEventListener('keydown', (event) => {
            if (event.key === 'Enter') event.target.blur();
            if (event.key === 'Escape') event.target.value = mine.entry.note;
        });
    }
    one.entry = entry;
    const { ref } = one;
    const name = /^https?:/.test(entry.name) ? entry.channel : entry.name || entry.channel;      /* what was pasted is no name */
    text(ref.name, name);
    text(ref.what, [sourceWord(entry.platform), entry.channel !== name && entry.channel].filter(Boolean).join(' · '));
    text(ref.age, age(entry.created_at));
    attr(ref.age, 'title', moment(entry.created_at));
    attr(ref.note, 'aria-label', `Note on ${entry.name || entry.channel}`);
    if (document.activeElement !== ref.note) ref.note.value = entry.note || '';
    attr(ref.remove, 'aria-label', `Remove ${entry.name || entry.channel}`);
    return one.el;
}

async function add() {
    const channel = $('whitelist-channel'), platform = $('whitelist-platform'), note = $('whitelist-note');
    attr(channel, 'aria-invalid', null);
    if (!channel.value.trim()) {
        line($('whitelist-problem'), 'Which channel? A handle, an address or an id.');
        attr(channel, 'aria-invalid', 'true');
        channel.focus();
        return;
    }
    const entry = { channel: channel.value.trim() };
    if (platform.value) entry.platform = platform.value;
    if (note.value.trim()) entry.note = note.value.trim();
    let answer = null;
    if (await panel.change(async () => { answer = await api.allow(entry); })) {
        tell(`${answer.entry.name} (${sourceWord(answer.entry.platform)}) is ${answer.existing ? 'on the list already' : 'allowed now'}.`, null);
        channel.value = note.value = '';
    } else attr(channel, 'aria-invalid', 'true');
    channel.focus();
}

async function annotate({ entry, ref }) {
    const note = ref.note.value.trim();
    if (note !== (entry.note || '')) await panel.change(() => api.annotate(entry.id, note), 'Noted.');
}

async function remove(entry) {
    const gone = async () => {
        try { await api.disallow(entry.id); } catch (error) { if (error.status !== 404) throw error; }
        later = later.filter((one) => one.id !== entry.id);
    };
    if (!await panel.change(gone)) return;
    made.delete(entry.id);
    tell(`${entry.name || entry.channel} is not allowed any more.`, entry);
    $('whitelist-undo').focus();
}

async function putBack() {
    const { platform, channel, name, note } = removed;
    if (await panel.change(() => api.allow({ platform, channel, name, note }))) tell(`${name || channel} is back.`, null);
    $('whitelist-channel').focus();
}

function tell(sentence, entry) {
    removed = entry;
    text($('whitelist-told'), sentence);
    show($('whitelist-undo'), entry);
    show($('whitelist-news'), sentence);
}
