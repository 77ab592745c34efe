/*
 * submit: one field for the link, and the options of a job as the server describes them (JSON Schema of
 * GET /api/options). A new option there is a new field here, without a line of code.
 */

import * as api from './api.js';
import { $, attr, clone, line, order, say, show, text } from './dom.js';
import { bare, plural, sentence } from './words.js';

const form = $('submit'), url = $('url');
/* What a job is about, not how it is made. */
const NOT_OPTIONS = new Set(['url', 'urls', 'search_query']);
/* When and how urgent is asked first, and like tags for one job only. */
const WHEN = ['scheduled_at', 'priority'];
const REPEAT_MS = 700;

const fields = new Map();       /* "metadata.title" -> {el, read(), reset(), oneJob} */
const defaults = new Map();     /* "metadata.title" -> what a job gets that says nothing */
let token = null;               /* of a submission whose answer was lost: the same words get the same token */
let tokenFor = '';

export function init({ onAdded, onSignedOut }) {
    fields.set('url', { el: form.querySelector('[data-field=url]'), input: url });
    form.addEventListener('submit', async (event) => {
        event.preventDefault();
        await send(onAdded, onSignedOut);
    });
    $('options-reset').addEventListener('click', () => {
        for (const field of fields.values()) if (field.reset) field.reset();
        clearProblems();
        summary();
    });
    $('options').addEventListener('input', summary);
    url.addEventListener('input', () => line($('url-told'), ''));
    document.addEventListener('paste', (event) => {
        if (form.hidden || event.target.closest?.('input, textarea, select, [contenteditable]')) return;
        const pasted = (event.clipboardData?.getData('text/plain') || '').trim();
        if (!pasted) return;
        event.preventDefault();
        url.value = pasted.split(/\s+/)[0];
        url.focus();
    });
}

/* Is this what a job gets when nobody chose? Before the options are known, nothing is. */
export const isDefault = (name, value) => defaults.has(name) && defaults.get(name) === value;

export function focus() {
    url.focus();
    url.select();
}

async function send(onAdded, onSignedOut) {
    clearProblems();
    const link = url.value.trim();
    if (!link) {
        problem('url', 'Paste a link first.');
        url.focus();
        return;
    }
    const button = form.querySelector('.primary');
    if (button.disabled) return;
    const spec = { url: link, ...chosen() };
    const words = JSON.stringify(spec);
    if (tokenFor !== words) {
        token = api.newToken();
        tokenFor = words;
    }
    button.disabled = true;
    try {
        const { job, existing } = await post(spec);
        tokenFor = '';
        url.value = '';
        for (const field of fields.values()) if (field.oneJob) field.reset();
        summary();
        url.focus();
        if (existing) line($('url-told'), `Already under way: ${job.title || bare(job.url)}`);
        say(existing ? $('url-told').textContent : 'Added.');
        onAdded(job, existing);
    } catch (error) {
        if (error.status === 401) return onSignedOut();
        /* Where it is not known whether the server took it, the next try is the same submission. */
        if (error.status !== 0 && error.status < 500) tokenFor = '';
        refuse(error);
    } finally {
        button.disabled = false;
    }
}

/* Once more when nobody answered: the token makes it one submission however often it arrives. */
async function post(spec) {
    try {
        return await api.submit(spec, token);
    } catch (error) {
        if (error.status !== 0) throw error;
        await new Promise((resolve) => setTimeout(resolve, REPEAT_MS));
        return api.submit(spec, token);
    }
}

/* Each message at its field; what belongs to no field, or to one that is not here, goes below the link. */
function refuse(error) {
    let first = null;
    const homeless = [];
    for (const { field, message } of error.fields) {
        if (problem(field, message)) first = first || fields.get(field);
        else homeless.push(field ? `${sentence(field)}: ${message}` : message);
    }
    if (!first && !homeless.length) homeless.push(error.message);
    if (homeless.length) problem('url', [$('url-error').textContent, ...homeless].filter(Boolean).join(' '));
    const target = first || fields.get('url');
    if ($('options').contains(target.el)) $('options').open = true;
    target.input.focus();
}

function problem(name, message) {
    const field = fields.get(name);
    if (!field) return false;
    line(field.el.querySelector('.problem'), message);
    attr(field.input, 'aria-invalid', message ? 'true' : null);
    return true;
}

function clearProblems() {
    line($('url-told'), '');
    for (const name of fields.keys()) problem(name, '');
}

/* Only what differs from the default is sent: defaults may change on the server. */
function chosen() {
    const spec = {};
    for (const [name, field] of fields) {
        const value = field.read ? field.read() : undefined;
        if (value === undefined) continue;
        const path = name.split('.');
        const last = path.pop();
        path.reduce((at, key) => (at[key] ??= {}), spec)[last] = value;
    }
    return spec;
}

function summary() {
    const n = [...fields.values()].filter((field) => field.read && field.read() !== undefined).length;
    text($('options-sum'), n ? `${plural(n, 'choice', 'choices')} changed` : '');
    show($('options-reset'), n);
}

/* Draws the form; called after signing in. Without a description there is simply no disclosure. */
export async function loadOptions() {
    if (fields.size > 1) return;
    let schema;
    try { schema = await api.options(); } catch { return; }
    draw($('options-grid'), schema?.properties || {}, '', false);
    order($('options-grid'), [...WHEN.map((name) => fields.get(name)?.el).filter(Boolean), ...$('options-grid').children].filter((el, i, all) => all.indexOf(el) === i));
    summary();
    show($('options'), fields.size > 1);
}

function draw(host, properties, prefix, oneJob) {
    const groups = [];
    for (const [key, schema] of Object.entries(properties)) {
        const name = prefix + key, type = [].concat(schema.type || []).find((t) => t !== 'null');
        defaults.set(name, schema.default ?? (type === 'string' ? '' : undefined));
        if (NOT_OPTIONS.has(name) || schema['x-form'] === 'hidden' || schema.readOnly) continue;
        if (type === 'object' && schema.properties) {
            groups.push([name, schema]);
            continue;
        }
        const made = control(type, schema);
        if (!made) continue;
        host.append(label(made, name, key, schema));
        fields.set(name, { ...made, oneJob: oneJob || WHEN.includes(name) });
    }
    for (const [name, schema] of groups) {
        const { el } = clone('t-group');
        text(el.querySelector('legend'), schema.title || sentence(name));
        line(el.querySelector('.hint'), schema.description);
        draw(el.querySelector('.options-grid'), schema.properties, `${name}.`, true);
        if (el.querySelector('.field')) host.append(el);
    }
}

function label(made, name, key, schema) {
    const { el, input } = made;
    const id = `o-${name.replace(/[^a-z0-9]+/gi, '-')}`;
    input.id = id;
    input.name = name;
    const title = el.querySelector('label');
    text(title.querySelector('span') || title, schema.title || sentence(key));
    title.htmlFor = id;
    const [hint, wrong] = [el.querySelector('.hint'), el.querySelector('.problem')];
    hint.id = `${id}-hint`;
    wrong.id = `${id}-error`;
    line(hint, made.hint || schema.description);
    line(wrong, '');
    input.setAttribute('aria-describedby', `${wrong.id} ${hint.id}`);
    return el;
}

/* A control for one property: {el, input, read, reset}; read() is undefined while it says what the server says. */
function control(type, schema) {
    const fallback = schema.default;
    if (Array.isArray(schema.enum)) {
        if (schema.enum.length < 2) return null;
        const { el } = clone('t-select'), input = el.querySelector('select');
        const standard = Math.max(0, schema.enum.indexOf(fallback));
        schema.enum.forEach((value, i) => {
            const option = new Option(value === null ? 'automatic' : String(value), String(i), i === standard, i === standard);
            input.append(option);
        });
        return {
            el, input,
            read: () => (Number(input.value) === standard ? undefined : schema.enum[Number(input.value)]),
            reset: () => { input.value = String(standard); },
        };
    }
    if (type === 'boolean') {
        const { el } = clone('t-switch'), input = el.querySelector('input');
        input.checked = fallback === true;
        return { el, input, read: () => (input.checked === (fallback === true) ? undefined : input.checked), reset: () => { input.checked = fallback === true; } };
    }
    if (type === 'number' || type === 'integer') {
        const { el } = clone('t-number'), input = el.querySelector('input');
        attr(input, 'min', schema.minimum);
        attr(input, 'max', schema.maximum);
        attr(input, 'step', schema.multipleOf || (type === 'integer' ? 1 : 'any'));
        const standard = typeof fallback === 'number' ? String(fallback) : '';
        input.value = standard;
        /* What is not a number goes to the server as typed: it says what is wrong with it. */
        return {
            el, input,
            read: () => (input.value === standard || (input.value === '' && !input.validity.badInput) ? undefined : input.validity.badInput ? '?' : Number(input.value)),
            reset: () => { input.value = standard; },
        };
    }
    if (type === 'string' && schema.format === 'date-time') {
        const { el } = clone('t-time'), input = el.querySelector('input');
        /* Typed on the reader's clock, sent as the server's. */
        return {
            el, input, hint: 'Your local time; empty is as soon as possible',
            read: () => (input.value ? new Date(input.value).toISOString() : input.validity.badInput ? '?' : undefined),
            reset: () => { input.value = ''; },
        };
    }
    if (type === 'string') {
        const { el } = clone('t-text'), input = el.querySelector('input');
        const standard = typeof fallback === 'string' ? fallback : '';
        input.value = standard;
        attr(input, 'maxlength', schema.maxLength);
        return { el, input, read: () => (input.value.trim() === standard.trim() ? undefined : input.value.trim()), reset: () => { input.value = standard; } };
    }
    return null;
}
