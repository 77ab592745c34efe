/*
 * stack: the product as its user starts it (nginx/stack) on a port and in a directory of its own, a loopback music
 * site for the real yt-dlp, and real Chromium looking at the page. Everything ends with the test file.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs/promises';
import { createRequire } from 'node:module';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const REPO = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const BUILD = path.resolve(process.env.DUBPLATE_BUILD || path.join(REPO, 'build'));
/* Sanitizer builds and crowded machines are slower. Nothing here measures time; these only end a hopeless wait. */
export const PATIENCE = Number(process.env.DUBPLATE_TEST_PATIENCE || 1);
export const WAIT_MS = 30000 * PATIENCE;

const PASSED_ON = ['ASAN_OPTIONS', 'UBSAN_OPTIONS', 'LSAN_OPTIONS', 'DUBPLATE_TEST_RUN', 'LLVM_PROFILE_FILE', 'GCOV_PREFIX'];

export class Stack {
    /* spotify: with the fake of its Web API, and settings that lead there. */
    static async start(env = {}, { spotify = false } = {}) {
        const stack = new Stack();
        stack.root = await fs.mkdtemp(path.join(os.tmpdir(), 'dubplate-browser-'));
        stack.data = path.join(stack.root, 'data');
        stack.port = await freePort();
        stack.base = `http://127.0.0.1:${stack.port}`;
        try {
            await stack.startSite();
            if (spotify) env = { ...await stack.startSpotify(), ...env };
            stack.env = {
                PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: stack.root, LANG: 'C.UTF-8',
                PORT: String(stack.port), DATA_DIR: stack.data, DUBPLATE_BUILD: BUILD, ALLOW_SOURCE_NETS: '127.0.0.0/8', YTDLP_PATH: stack.wrapper,
                ...Object.fromEntries(PASSED_ON.filter((name) => process.env[name]).map((name) => [name, process.env[name]])),
                ...env,
            };
            await stack.command('start');
            stack.key = (await fs.readFile(path.join(stack.data, 'admin-key'), 'utf8')).trim();
            stack.browser = await chromium.launch({
                executablePath: '/usr/bin/chromium',
                args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
                    '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required'],
            });
        } catch (error) {
            await stack.stop().catch(() => {});
            throw error;
        }
        return stack;
    }

    async startSite() {
        this.wrapper = path.join(this.root, 'yt-dlp');
        this.siteBase = await this.fake('site.py', '--cache', path.join(BUILD, 'fake-media'), '--wrapper', this.wrapper);
    }

    async startSpotify() {
        const base = await this.fake('spotify.py');
        return { SPOTIFY_CLIENT_ID: 'dubplate-id', SPOTIFY_CLIENT_SECRET: 'dubplate-secret', SPOTIFY_API_URL: `${base}/v1`, SPOTIFY_ACCOUNTS_URL: base,
            SPOTIFY_OEMBED_URL: `${base}/oembed` };
    }

    /* A program of tests/fakes, and its address. It ends when our end of its stdin does. */
    async fake(program, ...options) {
        const child = spawn('/usr/bin/python3', [path.join(REPO, 'tests/fakes', program), '--until-eof', ...options], { stdio: ['pipe', 'pipe', 'inherit'] });
        (this.fakes ??= []).push(child);
        const lines = createInterface({ input: child.stdout });
        const first = await new Promise((resolve) => { lines.once('line', resolve); child.once('exit', () => resolve('')); });
        lines.close();
        assert.match(first, /^listening /, `${program} did not start`);
        return first.split(' ')[1];
    }

    /* Runs nginx/stack. Its output goes to a file: what it starts must not hold a pipe of ours. */
    async command(verb) {
        const log = path.join(this.root, `stack-${verb}.log`);
        const out = await fs.open(log, 'a');
        const child = spawn(path.join(REPO, 'nginx/stack'), [verb], { env: this.env, cwd: this.root, stdio: ['ignore', out.fd, out.fd] });
        const code = await new Promise((resolve, reject) => { child.once('exit', resolve); child.once('error', reject); });
        await out.close();
        assert.equal(code, 0, `nginx/stack ${verb} failed:\n${await fs.readFile(log, 'utf8')}`);
    }

    async stop() {
        if (this.browser) await this.browser.close();
        if (this.env) await this.command('stop').catch((error) => { this.trouble = error; });
        for (const fake of this.fakes || []) {
            const ended = new Promise((resolve) => fake.once('exit', resolve));
            fake.stdin.end();
            if (fake.exitCode === null) await ended;
        }
        if (process.env.DUBPLATE_TEST_KEEP) console.error(`kept ${this.root}`);
        else await fs.rm(this.root, { recursive: true, force: true });
        if (this.trouble) throw this.trouble;
    }

    /* A page of the music site that yields a recording; query as in tests/fakes/site.py. */
    watch(name, query = {}) {
        return `${this.siteBase}/watch/${name}?${new URLSearchParams(query)}`;
    }

    /* Says what the site means by a path from now on; settings as in tests/fakes/site_items.py and site_lists.py. */
    async set(where, settings) {
        const answer = await fetch(this.siteBase + encodeURI(where), { method: 'PUT', body: JSON.stringify(settings) });
        assert.ok(answer.ok, `PUT ${where}: ${answer.status}`);
    }

    /* A playlist, a video, the results of a search of YouTube, after telling the site. */
    async playlist(id, settings) {
        await this.set(`/list/youtube/${id}`, settings);
        return `https://www.youtube.com/playlist?list=${id}`;
    }

    async youtube(id, settings) {
        await this.set(`/youtube/${id}`, settings);
        return `https://www.youtube.com/watch?v=${id}`;
    }

    search(query, settings) {
        return this.set(`/list/search/${query.toLowerCase()}`, settings);
    }

    /* The API as curl would use it; throws on anything but success. */
    async api(method, where, body) {
        const answer = await fetch(`${this.base}/api${where}`, {
            method, headers: { 'X-API-Key': this.key, ...(body ? { 'Content-Type': 'application/json' } : {}) }, body: body && JSON.stringify(body),
        });
        const text = await answer.text();
        assert.ok(answer.ok, `${method} ${where}: ${answer.status} ${text}`);
        return text ? JSON.parse(text) : null;
    }

    async finish(url, options = {}) {
        const { job_id: id } = await this.api('POST', '/jobs', { url, ...options });
        return until(async () => {
            const job = await this.api('GET', `/jobs/${id}`);
            assert.notEqual(job.state, 'failed', `job failed: ${JSON.stringify(job.error)}`);
            return job.state === 'done' && job;
        }, `job ${id} to finish`);
    }

    /* What signing in leaves in a browser; done once, because the server counts attempts. */
    async cookies(profile) {
        if (!this.known) {
            const answer = await profile.request.post(`${this.base}/api/login`, { data: { api_key: this.key } });
            assert.ok(answer.ok(), `login: ${answer.status()}`);
            this.known = await profile.cookies();
        }
        return this.known;
    }

    /* A page in a browser profile of its own. `quiet` in the result must be called at the end: it fails the test if the
     * page logged an error, threw, or broke its own Content-Security-Policy. Refused requests are logged by Chromium
     * itself; those that a test provokes are named by status in `expected` (0: nobody answered). */
    async open({ signedIn = true, expected = [], ...context } = {}) {
        const profile = await this.browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: 'light', reducedMotion: 'reduce', ...context });
        profile.setDefaultTimeout(WAIT_MS);
        const page = await profile.newPage();
        const wrong = [], answers = [];
        const allowed = new Set([...(signedIn ? [] : [401]), ...expected]);
        page.on('pageerror', (error) => wrong.push(`threw: ${error.stack || error}`));
        page.on('console', (message) => {
            if (message.type() !== 'error' && message.type() !== 'warning') return;
            const status = /Failed to load resource: (?:the server responded with a status of (\d+)|net::)/.exec(message.text());
            if (status && allowed.has(Number(status[1] || 0))) return;
            wrong.push(`console: ${message.text()}`);
        });
        page.on('response', (response) => {
            const url = new URL(response.url());
            answers.push({ method: response.request().method(), path: url.pathname, status: response.status(), type: response.request().resourceType() });
        });
        page.on('request', (request) => {
            if (!request.url().startsWith(this.base)) wrong.push(`asked a stranger: ${request.url()}`);
        });
        page.on('dialog', (dialog) => { wrong.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
        await page.addInitScript(() => {
            window.violations = [];
            document.addEventListener('securitypolicyviolation', (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
        });
        if (signedIn) await profile.addCookies(await this.cookies(profile));
        await page.goto(this.base);
        await page.locator(signedIn ? '#submit' : '#login').waitFor();
        const quiet = async () => {
            assert.deepEqual(await page.evaluate(() => window.violations), []);
            assert.deepEqual(wrong, []);
            await profile.close();
        };
        return { page, answers, wrong, quiet };
    }
}

/* The row of a job. */
export const rowOf = (page, id) => page.locator('.job', { has: page.locator(`[id="t-${id}"]`) });

const axe = await fs.readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/* Nothing that axe takes for serious. */
export async function accessible(page, where) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
    assert.deepEqual(violations.filter((v) => ['serious', 'critical'].includes(v.impact))
        .map((v) => `${where}: ${v.id} (${v.impact}): ${v.nodes.slice(0, 3).map((n) => `${n.target} ${n.failureSummary}`).join('; ')}`), []);
}

/* Submits by the page, the way a person does, and returns the row of the new job. */
export async function add(page, url) {
    const before = await page.locator('.job').count();
    await page.locator('#url').fill(url);
    await page.locator('#url').press('Enter');
    await until(async () => await page.locator('.job').count() === before + 1, 'the new row');
    const id = await page.locator('.job').first().locator('.job-title').getAttribute('id');
    return page.locator('.job', { has: page.locator(`[id="${id}"]`) });
}

/* Of the job, not of its tracks. */
export const chip = (row) => row.locator('.job-row .chip');
export const button = (row, name) => row.getByRole('button', { name, exact: true });

export async function reads(locator, pattern, what = String(pattern)) {
    let text;
    return until(async () => { text = await locator.textContent(); return pattern.test(text); }, () => `${what}; it reads ${JSON.stringify(text)}`);
}

/* The first true answer of `question`. */
export async function until(question, what, timeout = WAIT_MS * 2) {
    const deadline = Date.now() + timeout;
    for (;;) {
        const answer = await question();
        if (answer) return answer;
        if (Date.now() > deadline) assert.fail(`waited in vain for ${typeof what === 'function' ? what() : what}`);
        await new Promise((resolve) => setTimeout(resolve, 60));
    }
}

export const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

/* What sticks out at the right: of the document, or of a box that cuts it off. The lathe is meant to. */
export const overflow = (page) => page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const out = [...document.querySelectorAll('body *')].filter((el) => !el.closest('.lathe, pre, .sr, .sprite') && el.checkVisibility()
        && el.getBoundingClientRect().right > width + 0.5).map((el) => `${el.tagName}.${el.className} ${Math.round(el.getBoundingClientRect().right)}`);
    if (document.documentElement.scrollWidth > width) out.push(`document ${document.documentElement.scrollWidth}`);
    for (const box of document.querySelectorAll('.options-in, .details, .job-row, .look-in, .entries, .panel-body')) if (box.scrollWidth > box.clientWidth + 1) out.push(`${box.className} holds ${box.scrollWidth} in ${box.clientWidth}`);
    return out;
});

/* Keeps a picture for people, where DUBPLATE_SHOTS says. */
export async function shot(page, name, options = {}) {
    const where = process.env.DUBPLATE_SHOTS;
    if (!where) return;
    await fs.mkdir(where, { recursive: true });
    await page.screenshot({ path: path.join(where, `${name}.png`), ...options });
}

function freePort() {
    return new Promise((resolve, reject) => {
        const server = net.createServer();
        server.once('error', reject);
        server.listen(0, '127.0.0.1', () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
    });
}
