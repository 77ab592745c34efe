/*
 * api: the only file that knows URLs.
 *
 * Every call answers with parsed JSON or throws ApiError (status 0: nobody answered). GETs that a page polls are conditional: the last ETag is
 * sent, and a 304 hands back the same object as before, so that `changed` tells the caller whether to touch the page.
 */

import { full } from './words.js';

const BASE = '/api';
const TIMEOUT_MS = 20000;

/* What went wrong, in the words of the server where it had any (RFC 9457). `fields`: [{field, message}] of a
 * refused form. */
export class ApiError extends Error {
    constructor(status, problem = {}, retryAfter = 0) {
        super(full(problem.detail || problem.title || fallback(status)));
        this.name = 'ApiError';
        this.status = status;
        this.kind = problem.kind || 'system';
        this.fields = Array.isArray(problem.errors) ? problem.errors : [];
        this.whitelist = problem.whitelist || null;     /* the entry that would allow what was refused */
        this.requestId = problem.request_id || null;
        this.retryAfter = retryAfter;
    }
}

function fallback(status) {
    if (status === 0) return 'The server does not answer.';
    if (status === 401) return 'Sign in first.';
    if (status === 429) return 'Too many requests; wait a moment.';
    return `The server answered ${status} without saying why.`;
}

/* path -> {etag, body}: what the server said last and how it named that answer. */
const known = new Map();

async function call(method, path, { body, headers = {}, conditional = false } = {}) {
    const init = { method, headers: { Accept: 'application/json', ...headers }, credentials: 'same-origin', signal: AbortSignal.timeout(TIMEOUT_MS) };
    if (body !== undefined) {
        init.headers['Content-Type'] = 'application/json';
        init.body = JSON.stringify(body);
    }
    const before = conditional ? known.get(path) : undefined;
    if (before) init.headers['If-None-Match'] = before.etag;
    /* A header of our own keeps the browser's cache out of it; the first request has none yet. */
    init.cache = 'no-store';

    let answer, text;
    try {
        answer = await fetch(BASE + path, init);
        text = answer.status === 304 || answer.status === 204 ? '' : await answer.text();
    } catch {
        throw new ApiError(0);
    }
    if (answer.status === 304 && before) return { changed: false, body: before.body };

    let json = null;
    try {
        json = text ? JSON.parse(text) : null;
    } catch {
        throw new ApiError(answer.ok ? 502 : answer.status);
    }
    if (!answer.ok) throw new ApiError(answer.status, json || {}, Number(answer.headers.get('Retry-After')) || 0);

    if (conditional) {
        const etag = answer.headers.get('ETag');
        if (etag) known.set(path, { etag, body: json });
        else known.delete(path);
    }
    return { changed: true, body: json, status: answer.status };
}

const jobPath = (id) => `/jobs/${encodeURIComponent(id)}`;

export const login = (key) => call('POST', '/login', { body: { api_key: key } });
export const logout = () => call('POST', '/logout');

export const options = async () => (await call('GET', '/options')).body;
export const health = () => call('GET', '/health', { conditional: true });

/* Only what is said: {a: 1, b: '', c: null} -> "?a=1". */
function queryOf(fields) {
    const said = Object.entries(fields).filter(([, value]) => value !== '' && value !== null && value !== undefined);
    return said.length ? `?${new URLSearchParams(said)}` : '';
}

/* `status`: only those; '' for all. `session`: only what was submitted in it. */
export const jobs = (which) => call('GET', `/jobs${queryOf(which)}`, { conditional: !which.cursor });
export const job = (id) => call('GET', jobPath(id), { conditional: true });
export const events = (id, cursor) => call('GET', `${jobPath(id)}/events${queryOf({ cursor })}`, { conditional: !cursor });
export const tracks = (id, which) => call('GET', `${jobPath(id)}/tracks${queryOf(which)}`, { conditional: true });
export const playlist = (id) => `${BASE}${jobPath(id)}/playlist`;

/* `token` makes a repeated submission after a lost answer the same submission. `existing`: the same work was under way
 * already, and this is its job. `session`: whose it is, or null. */
export async function submit(spec, token, session) {
    const headers = { 'Idempotency-Key': token, ...(session ? { 'X-Session-ID': session } : {}) };
    const { status, body } = await call('POST', '/jobs', { body: spec, headers });
    return { job: body, existing: status === 200 };
}
/* A fresh token. crypto.randomUUID() is there in secure contexts only; a VPS by plain address is none. */
export function newToken() {
    if (crypto.randomUUID) return crypto.randomUUID();
    const b = crypto.getRandomValues(new Uint8Array(16));
    b[6] = (b[6] & 0x0f) | 0x40;
    b[8] = (b[8] & 0x3f) | 0x80;
    const hex = [...b].map((n) => n.toString(16).padStart(2, '0')).join('');
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/* What may be asked of a job: cancel, pause, resume, retry. Answers with the job. */
export const act = async (id, action) => (await call('POST', `${jobPath(id)}/${action}`)).body;
export const change = async (id, fields) => (await call('PATCH', jobPath(id), { body: fields })).body;
export const remove = (id) => call('DELETE', jobPath(id));
/* The same of many: which is {ids} (at most 500) or {status}. */
export const actOnMany = async (which, action) => (await call('POST', '/jobs/actions', { body: { ...which, action } })).body;

export const queue = () => call('GET', '/queue', { conditional: true });
export const steerLane = async (name, action) => (await call('POST', `/queue/${encodeURIComponent(name)}/${action}`)).body;
export const wakeSource = async (name) => (await call('POST', `/queue/sources/${encodeURIComponent(name)}/wake`)).body;

export const preview = async (spec) => (await call('POST', '/preview', { body: spec })).body;
export const previewed = async (id) => (await call('GET', `/preview/${encodeURIComponent(id)}`)).body;

export const whitelist = (cursor) => call('GET', `/whitelist${queryOf({ cursor, limit: 200 })}`, { conditional: !cursor });
export const switchWhitelist = async (enabled) => (await call('PUT', '/whitelist', { body: { enabled } })).body;
export async function allow(entry) {
    const { status, body } = await call('POST', '/whitelist', { body: entry });
    return { entry: body, existing: status === 200 };
}
export const annotate = async (id, note) => (await call('PATCH', `/whitelist/${encodeURIComponent(id)}`, { body: { note } })).body;
export const disallow = (id) => call('DELETE', `/whitelist/${encodeURIComponent(id)}`);

export const sessions = async (cursor) => (await call('GET', `/sessions${queryOf({ cursor, limit: 100 })}`)).body;
export const sessionTotals = async () => (await call('GET', '/sessions/stats/overview')).body;
export const openSession = async (limits) => (await call('POST', '/sessions', { body: limits })).body;
export const endSession = (id) => call('DELETE', `/sessions/${encodeURIComponent(id)}`);

/* Drops what is remembered of one job, or of everything (another person may sign in next). */
export function forget(id) {
    if (id === undefined) known.clear();
    else for (const path of [...known.keys()]) if (path.startsWith(jobPath(id))) known.delete(path);
}

/* Of a track, by the path that it names. */
export const waveform = async (path) => (await call('GET', media(path).slice(BASE.length))).body;

/* Paths of media come from the server; anything that does not lead back to its own API is not followed. */
export function media(path) {
    return typeof path === 'string' && path.startsWith(`${BASE}/`) ? path : null;
}
export function download(path) {
    const own = media(path);
    return own && (own.includes('?') ? own : `${own}?download=1`);
}

/* The submission as a person would type it. */
export function curl() {
    return `curl ${location.origin}${BASE}/jobs \\\n`
        + '  -H "X-API-Key: $(cat data/admin-key)" \\\n'
        + "  -H 'Content-Type: application/json' \\\n"
        + "  -d '{\"url\": \"https://…\"}'";
}
