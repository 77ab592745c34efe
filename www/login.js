/*
 * login: the key becomes a cookie that no script can read; the page never keeps the key.
 */

import * as api from './api.js';
import { $, attr, line } from './dom.js';

const form = $('login'), key = $('key'), problem = $('key-error');

export function init({ onSignedIn, onSignedOut }) {
    form.addEventListener('submit', async (event) => {
        event.preventDefault();
        const value = key.value.trim();
        if (!value) return refuse('Paste the admin key first.');
        const button = form.querySelector('button');
        button.disabled = true;
        refuse('');
        try {
            await api.login(value);
            key.value = '';
            onSignedIn();
        } catch (error) {
            refuse(error.status === 401 || error.status === 403 || error.status === 422 ? 'That is not the admin key.' : error.message);
            key.select();
        } finally {
            button.disabled = false;
        }
    });
    $('logout').addEventListener('click', async () => {
        try { await api.logout(); } catch (error) { if (error.status === 0) return; }
        onSignedOut();
    });
}

export function ask(reason) {
    refuse(reason);
    key.focus();
}

function refuse(message) {
    line(problem, message);
    attr(key, 'aria-invalid', message ? 'true' : null);
}
