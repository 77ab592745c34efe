/*
 * main: which view is shown, and who tells whom. loading -> login <-> app.
 */

import { curl, forget } from './api.js';
import { drawSpirals, setLathe } from './disc.js';
import { $, copyButton, line, say, show, text } from './dom.js';
import * as health from './health.js';
import * as jobs from './jobs.js';
import { Live } from './live.js';
import * as login from './login.js';
import * as player from './player.js';
import * as queue from './queue.js';
import * as sessions from './sessions.js';
import * as submit from './submit.js';
import * as whitelist from './whitelist.js';

const BUSY_MS = 1000, IDLE_MS = 15000;

let countdown = 0;

function view(name) {
    document.body.dataset.view = name;
    for (const id of ['submit', 'app', 'logout', 'keys']) show($(id), name === 'app');
    show($('login'), name === 'login');
}

async function ask() {
    const [next] = await Promise.all([jobs.poll(), queue.poll(), whitelist.poll(), sessions.poll()]);
    if (document.body.dataset.view !== 'app') {
        view('app');
        submit.loadOptions();
        if (matchMedia('(hover: hover)').matches) submit.focus();
    }
    const percent = jobs.cutting();
    setLathe($('lathe'), percent);
    document.title = percent === null ? 'Dubplate' : `${Math.floor(percent)}% · Dubplate`;
    return Math.min(IDLE_MS, Math.max(BUSY_MS, next));
}

const live = new Live({ ask, onAway, onBack, onRefused: ended });

function onAway(error, inMs) {
    const at = Date.now() + inMs;
    const count = () => {
        const s = Math.ceil((at - Date.now()) / 1000);
        text($('away-when'), s > 0 ? `Trying again in ${s} s.` : 'Trying again…');
    };
    line($('away-what'), error.status === 0 ? 'The server does not answer.' : error.status ? error.message : 'This page stumbled over an answer.');
    show($('away'), true);
    clearInterval(countdown);
    countdown = setInterval(count, 1000);
    count();
    if (document.body.dataset.view === 'loading') document.body.dataset.view = 'away';
}

function onBack() {
    clearInterval(countdown);
    show($('away'), false);
    say('The server answers again.');
    health.watch();
    submit.loadOptions();
}

/* The server no longer knows us: on the first visit, after a month, or because the key was changed. */
function ended() {
    signedOut(document.body.dataset.view === 'app' ? 'Your session has ended. Sign in again.' : '');
}

function signedOut(reason) {
    live.stop();
    clearInterval(countdown);
    show($('away'), false);
    for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close();
    player.close();
    forget();
    jobs.clear();
    queue.clear();
    whitelist.clear();
    sessions.clear();
    setLathe($('lathe'), null);
    document.title = 'Dubplate';
    view('login');
    login.ask(reason);
}

function onSession(session) {
    sessions.mark(session?.id ?? null);
    return jobs.showSession(session);
}

drawSpirals(document);
setLathe($('lathe'), null);
text($('curl'), curl());
copyButton($('curl-copy'), curl);
login.init({ onSignedIn: () => live.start(), onSignedOut: () => signedOut('') });
submit.init({ onAdded: jobs.reveal, onSignedOut: ended });
queue.init({ onPoke: () => live.now(), onCounts: jobs.showCounts });
jobs.init({ onPoke: () => live.now(), onSession });
whitelist.init();
sessions.init({ onShow: onSession });
$('away-now').addEventListener('click', () => live.now());

/* "/" goes to the link, Space plays: only where the key has no other meaning. */
document.addEventListener('keydown', (event) => {
    if (document.body.dataset.view !== 'app' || document.querySelector('dialog[open]') || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest('input, select, textarea, button, a, summary, [contenteditable], pre')) return;
    if (event.key === '/') {
        event.preventDefault();
        submit.focus();
    } else if (event.key === ' ' && document.body.dataset.player) {
        event.preventDefault();
        player.toggle();
    }
});

live.start();
health.watch();
