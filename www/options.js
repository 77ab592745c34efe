/*
 * options: the form of a job's options as the server describes them (JSON Schema of GET /api/options). A new option there
 * is a new field here, without a line of code.
 */

import * as api from './api.js';
import { $, attr, clone, line, order, show, text } from './dom.js';
import { DOWNLOADS, plural, sentence } from './words.js';

/* What a job is about, not how it is made. */
const NOT_OPTIONS = new Set(['url', 'urls', 'search_query']);
/* How much of a link is meant: beside the box, and of no matter to a name. */
const MEANT = ['download_type', 'max_items'];
const OF_LINKS = new Set([...MEANT, 'source_type']);
/* When and how urgent is asked first, and like tags for one job only. */
const WHEN = ['scheduled_at', 'priority'];
const CHOICES = { download_type: DOWNLOADS };
/* What is of one job alone, and not of another that is made like it. */
const OF_ONE_JOB = new Set([...NOT_OPTIONS, ...OF_LINKS, ...WHEN, 'client_ref']);

const fields = new Map();       /* "metadata.title" -> {el, input, read(), reset(), oneJob} */
const defaults = new Map();     /* "metadata.title" -> what a job gets that says nothing */
let loaded = false;

/* The box itself is a field without a value of its own here: refusals of it are shown at it. */
export function init(box) {
    fields.set('url', box);
    $('options-reset').addEventListener('click', () => {
        for (const field of fields.values()) if (field.reset) field.reset();
        clearProblems();
        summary();
    });
    for (const host of [$('options'), $('meant')]) host.addEventListener('input', summary);
}

/* Is this what a job gets when nobody chose? Before the options are known, nothing is. */
export const isDefault = (name, value) => defaults.has(name) && defaults.get(name) === value;

/* The options of a job that another like it has to be given. */
export function differing(options, prefix = '') {
    const spec = {};
    for (const [key, value] of Object.entries(options || {})) {
        const name = prefix + key;
        if (value === null || value === '' || OF_ONE_JOB.has(name) || !loaded || isDefault(name, value)) continue;
        if (typeof value !== 'object') spec[key] = value;
        else if (Object.keys(differing(value, `${name}.`)).length) spec[key] = differing(value, `${name}.`);
    }
    return spec;
}

/* Each message at its field; what belongs to no field, or to one that is not here, goes below the box. */
export function refuse(error) {
    let first = null;
    const homeless = [];
    for (const { field, message } of error.fields) {
        if (problem(field, message)) first = first || fields.get(field);
        else homeless.push(!field || field === 'search_query' ? message : `${sentence(field)}: ${message}`);
    }
    if (!first && !homeless.length) homeless.push(error.message);
    if (homeless.length) problem('url', [$('url-error').textContent, ...homeless].filter(Boolean).join(' '));
    const target = first || fields.get('url');
    if ($('options').contains(target.el)) $('options').open = true;
    target.input.focus();
}

export function problem(name, message) {
    const field = fields.get(name);
    if (!field) return false;
    line(field.el.querySelector('.problem'), message);
    attr(field.input, 'aria-invalid', message ? 'true' : null);
    return true;
}

export function clearProblems() {
    for (const name of fields.keys()) problem(name, '');
}

/* What is meant for one job does not stick to the next. */
export function nextJob() {
    for (const field of fields.values()) if (field.oneJob) field.reset();
    summary();
}

/* Only what differs from the default is sent: defaults may change on the server. `link`: of one; a name has no list. */
export function chosen(link = true) {
    const spec = {};
    for (const [name, field] of fields) {
        if (!link && OF_LINKS.has(name)) continue;
        const value = field.read ? field.read() : undefined;
        if (value === undefined) continue;
        const path = name.split('.');
        const last = path.pop();
        path.reduce((at, key) => (at[key] ??= {}), spec)[last] = value;
    }
    return spec;
}

export function summary() {
    const n = [...fields.values()].filter((field) => field.read && field.read() !== undefined).length;
    text($('options-sum'), n ? `${plural(n, 'choice', 'choices')} changed` : '');
    show($('options-reset'), n);
}

/* Draws the form; called after signing in. Without a description there is simply no disclosure. */
export async function load() {
    if (loaded) return;
    let schema;
    try { schema = await api.options(); } catch { return; }
    draw($('options-grid'), schema?.properties || {}, '', false);
    const of = (names) => names.map((name) => fields.get(name)?.el).filter(Boolean);
    loaded = true;
    order($('meant-grid'), of(MEANT));
    order($('options-grid'), [...new Set([...of(WHEN), ...$('options-grid').children])]);
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
        const made = control(type, schema, CHOICES[name]);
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

/* A control for one property: {el, input, read, reset}; read() is undefined while it says what the server says.
 * words: {value: what it means}, where only these are offered. */
function control(type, schema, words) {
    const fallback = schema.default;
    if (Array.isArray(schema.enum)) {
        if (schema.enum.length < 2) return null;
        const { el } = clone('t-select'), input = el.querySelector('select');
        const standard = Math.max(0, schema.enum.indexOf(fallback));
        schema.enum.forEach((value, i) => {
            if (words && !words[value]) return;
            const option = new Option(value === null ? 'automatic' : words?.[value] || String(value), String(i), i === standard, i === standard);
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
