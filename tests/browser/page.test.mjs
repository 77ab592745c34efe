/* What a person does with the page: sign in, paste a link, watch, listen, take home, cancel, delete. */

import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { add, button, chip, overflow, PHONE, reads, shot, Stack, until } from './stack.mjs';

const LIMIT_SECONDS = 300;      // read by tests/run
const CLIP_SECONDS = 12;
let stack;

before(async () => { stack = await Stack.start(); }, { timeout: LIMIT_SECONDS * 1000 });
after(async () => { if (stack) await stack.stop(); });

const slow = (query = {}) => stack.watch('frontiers', { clip: 20, rate: 60000, ...query });

test('a wrong key is refused, the right one opens the page, signing out closes it', async () => {
    const { page, quiet } = await stack.open({ signedIn: false });
    assert.equal(await page.locator('#app').isVisible(), false);
    await page.keyboard.press('Enter');
    await reads(page.locator('#key-error'), /Paste the admin key/);
    await page.locator('#key').fill('not-the-key');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await reads(page.locator('#key-error'), /not the admin key/);
    await shot(page, 'login-refused');
    assert.equal(await page.locator('#app').isVisible(), false);

    await page.locator('#key').fill(stack.key);
    await page.keyboard.press('Enter');
    await page.locator('#url').waitFor();
    await page.locator('#empty').waitFor();
    await reads(page.locator('#health'), /Dubplate .*Worker running.*yt-dlp \d{4}\.\d+/s);
    assert.match(await page.locator('#curl').textContent(), new RegExp(`curl ${stack.base}/api/jobs`));
    await shot(page, 'empty');
    const [cookie] = await page.context().cookies();
    assert.equal(cookie.httpOnly, true);
    assert.equal(cookie.sameSite, 'Strict');
    assert.equal(await page.evaluate(() => document.cookie + localStorage.length + sessionStorage.length), '00');

    const phone = await stack.open(PHONE);
    await phone.page.locator('#empty').waitFor();
    assert.deepEqual(await overflow(phone.page), []);
    await shot(phone.page, 'empty-phone');
    await phone.quiet();

    await page.reload();
    await page.locator('#url').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.locator('#key').waitFor();
    assert.equal(await page.locator('#app').isVisible(), false);
    await page.reload();
    await page.locator('#key').waitFor();
    await quiet();
});

test('a link is fetched, mastered and stored before one\'s eyes', async () => {
    const { page, quiet } = await stack.open({ reducedMotion: 'no-preference' });
    const row = await add(page, slow());
    assert.equal(await page.locator('#url').inputValue(), '');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'url');

    /* Everything the row says, in the order in which it said it. */
    const percents = [], stages = new Set(), flows = [];
    await until(async () => {
        const seen = await row.evaluate((el) => ({
            chip: el.querySelector('.chip').textContent, state: el.dataset.state, percent: el.querySelector('.percent').textContent,
            stage: el.querySelector('[data-step=now]')?.textContent, flow: [...el.querySelectorAll('.flow span')].map((s) => s.textContent).filter(Boolean),
            running: el.dataset.state === 'running', title: document.title,
        }));
        if (seen.running) {
            stages.add(seen.stage);
            if (seen.percent) percents.push(parseInt(seen.percent, 10));
            if (seen.flow.length) flows.push(seen.flow.join(' | '));
            if (percents.at(-1) > 20 && flows.length > 1) await shot(page, 'running');
        }
        assert.ok(!['failed', 'cancelled'].includes(seen.state), await row.textContent());
        return seen.state === 'done';
    }, 'the job to be done');
    assert.deepEqual(percents, [...percents].sort((a, b) => a - b), 'percent never falls');
    assert.ok(new Set(percents).size >= 3, `percent moves: ${percents}`);
    assert.ok(stages.has('Download'), `stages seen: ${[...stages]}`);
    assert.ok(flows.some((flow) => /^\d[\d.]* [kM]B of \d[\d.]* [kM]B/.test(flow)), `bytes of total: ${flows}`);
    assert.ok(flows.some((flow) => /\d [kM]B\/s/.test(flow)), `speed: ${flows}`);
    assert.ok(flows.some((flow) => /\d s left/.test(flow)), `time left: ${flows}`);

    assert.equal(await chip(row).textContent(), 'Done');
    await reads(row.locator('.job-title'), /^Frontiers$/);
    await reads(row.locator('.job-meta'), /0:20/);
    await reads(page.locator('#say'), /Done: Frontiers/);
    assert.equal(await page.title(), 'Dubplate');

    await button(row, 'Details').click();
    const details = row.locator('.job-details');
    await reads(details, /Out−14\.\d LUFS/);
    await reads(details, /True peak−\d\.\d dBTP/);
    await reads(details, /SHA-256[0-9a-f]{64}/);
    await reads(details, /Resolve.*Download.*Master.*Store/s);
    await reads(details, /\.mp3/);
    await details.locator('.track-cover').waitFor();
    await until(() => details.locator('.track-cover').evaluate((img) => img.complete && img.naturalWidth > 0 && img.naturalWidth === img.naturalHeight), 'a square cover');
    await shot(page, 'details', { fullPage: true });
    await button(row, 'Details').click();
    assert.equal(await details.isVisible(), false);
    await quiet();
});

test('a finished track plays in the page, can be sought in, and is downloaded under a human name', async () => {
    await stack.finish(stack.watch('machine_wars', { clip: CLIP_SECONDS, title: 'Grüße / from “Dub”' }));
    const { page, answers, quiet } = await stack.open();
    const row = page.locator('.job').first();
    await button(row, 'Play').click();
    await page.locator('#player').waitFor();
    await reads(page.locator('#player-title'), /Grüße/);
    await reads(page.locator('#player-total'), new RegExp(`^0:${CLIP_SECONDS}$`));
    const audio = (what) => page.locator('#audio').evaluate((el, name) => el[name], what);
    await until(async () => await audio('currentTime') > 0.5, 'time to pass in the audio');
    assert.ok(Math.abs(await audio('duration') - CLIP_SECONDS) < 0.05, `duration ${await audio('duration')}`);
    await button(row, 'Pause').waitFor();
    await shot(page, 'playing');

    await page.locator('#player-range').focus();
    await page.keyboard.press('ArrowRight');
    await until(async () => await audio('currentTime') > 5, 'the seek');
    assert.match(await page.locator('#player-range').getAttribute('aria-valuetext'), /^0:\d\d of 0:12$/);
    await page.locator('#player-toggle').click();
    await button(row, 'Play').waitFor();
    assert.equal(await audio('paused'), true);
    assert.ok(answers.some((a) => a.path.endsWith('/file') && a.status === 206), 'the file came in ranges');
    await page.getByRole('button', { name: 'Close the player' }).click();
    assert.equal(await page.locator('#player').isVisible(), false);

    const [download] = await Promise.all([page.waitForEvent('download'), row.getByRole('link', { name: 'Download' }).click()]);
    assert.match(download.suggestedFilename(), /Grüße.*Dub.*\.mp3$/);
    const head = (await fs.readFile(await download.path())).subarray(0, 3).toString('latin1');
    assert.equal(head, 'ID3');
    await quiet();
});

test('a running job is cancelled and stays in the list', async () => {
    const { page, quiet } = await stack.open();
    const row = await add(page, slow({ rate: 15000 }));
    await reads(chip(row), /Downloading/);
    await button(row, 'Cancel').click();
    await reads(chip(row), /Cancelled/);
    await until(async () => !(await button(row, 'Cancel').isVisible()), 'Cancel to go');
    assert.equal(await row.locator('.job-run').isVisible(), false);
    await shot(page, 'cancelled');
    await quiet();
});

test('deleting asks in place, can be thought better of, and takes the files along', async () => {
    const job = await stack.finish(stack.watch('frontiers', { clip: CLIP_SECONDS, title: 'Short Lived' }));
    const { page, quiet } = await stack.open({ expected: [404] });
    const row = page.locator('.job').first();
    await button(row, 'Play').click();
    await page.locator('#player').waitFor();
    await button(row, 'Delete').click();
    await reads(row.locator('.confirm'), /Delete the job and its audio file\?/);
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Keep');
    await shot(page, 'delete-confirm');
    await page.keyboard.press('Escape');
    assert.equal(await row.locator('.confirm').isVisible(), false);
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Delete');

    await page.keyboard.press('Enter');
    await row.locator('.confirm').getByRole('button', { name: 'Delete' }).click();
    await until(async () => await page.locator('.job', { hasText: 'Short Lived' }).count() === 0, 'the row to go');
    assert.equal(await page.locator('#player').isVisible(), false);
    assert.equal((await page.request.get(`${stack.base}${job.file_url}`)).status(), 404);
    await page.reload();
    await page.locator('#list-title').waitFor();
    assert.equal(await page.locator('.job', { hasText: 'Short Lived' }).count(), 0);
    await quiet();
});

test('a refused link says why at the field, an option at its own', async () => {
    const { page, quiet } = await stack.open({ expected: [422] });
    const rows = await page.locator('.job').count();
    for (const bad of ['file:///etc/passwd', 'javascript:alert(1)', 'http://10.0.0.1/x', 'ftp://example.org/x', 'nowhere.invalid:99999/x']) {
        await page.locator('#url').fill(bad);
        await page.locator('#url').press('Enter');
        await until(async () => await page.locator('#url').getAttribute('aria-invalid') === 'true' && (await page.locator('#url-error').textContent()).length > 5, `a message for ${bad}`);
        assert.equal(await page.locator('#url').inputValue(), bad);
    }
    await shot(page, 'refused');
    await page.locator('#url').fill('');
    await page.locator('#url').press('Enter');
    await reads(page.locator('#url-error'), /Paste a link first/);

    await page.locator('#options summary').click();
    const target = page.getByLabel('Loudness target (LUFS)');
    await target.fill('-99');
    await reads(page.locator('#options-sum'), /1 choice changed/);
    await page.locator('#url').fill(stack.watch('frontiers', { clip: CLIP_SECONDS }));
    await page.locator('#options summary').click();
    await page.locator('#url').press('Enter');
    await until(async () => await target.getAttribute('aria-invalid') === 'true', 'the option to be refused');
    assert.equal(await target.isVisible(), true, 'the disclosure opens where the problem is');
    await shot(page, 'refused-option');
    await page.getByRole('button', { name: 'Back to defaults' }).click();
    assert.equal(await target.inputValue(), '-14');
    assert.equal(await page.locator('.job').count(), rows);
    await quiet();
});

test('options reach the job, tags of one track do not stick to the next', async () => {
    const { page, quiet } = await stack.open();
    await page.locator('#options summary').click();
    await page.getByLabel(/bit ?rate/i).selectOption({ label: '192' });
    await page.locator('#o-metadata-title').fill('My own title');
    await reads(page.locator('#options-sum'), /2 choices changed/);
    const row = await add(page, stack.watch('frontiers', { clip: CLIP_SECONDS }));
    await reads(chip(row), /Done/);
    assert.equal(await row.locator('.job-title').textContent(), 'My own title');
    await button(row, 'Details').click();
    await reads(row.locator('.job-details'), /Bitrate 192 kbit\/s/);
    assert.equal(await page.locator('#o-metadata-title').inputValue(), '');
    await reads(page.locator('#options-sum'), /1 choice changed/);
    await quiet();
});

test('a job that fails says so in words, with something to copy', async () => {
    const { page, quiet } = await stack.open();
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const row = await add(page, `${stack.siteBase}/empty.html`);
    await reads(chip(row), /Failed/);
    assert.ok((await row.locator('.job-error strong').textContent()).length > 10);
    await shot(page, 'failed');
    await button(row, 'Copy details').click();
    await button(row, 'Copied').waitFor();
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /url: http.*empty\.html.*kind: \w+/s);
    await quiet();
});

test('a job that is tried again says when, and what went wrong', async () => {
    const { page, quiet } = await stack.open();
    const row = await add(page, slow({ status: 403 }));
    await reads(row.locator('.job-waits'), /Waiting for another attempt in \d+ s\. Last try: .*403/);
    await button(row, 'Cancel').click();
    await reads(chip(row), /Cancelled/);
    await quiet();
});

test('a hostile title is text', async () => {
    const title = '<img src=x onerror="window.owned=1"> \u202Eevil \u2066مرحبا';
    await stack.finish(stack.watch('frontiers', { clip: 3, title, artist: title }));
    const { page, quiet } = await stack.open();
    const row = page.locator('.job').first();
    await button(row, 'Details').click();
    await reads(row.locator('.job-title'), /^<img src=x onerror="window.owned=1">.*مرحبا/);
    await reads(row.locator('.job-details'), /<img src=x.*مرحبا/);
    await button(row, 'Play').click();
    assert.equal(await page.locator('.job-title *, .fact dd *:not(a), #player-title *').count(), 0);
    assert.equal(await page.evaluate(() => window.owned), undefined);
    await shot(page, 'hostile');
    await quiet();
});

/* What a site, a file or another client could put into any text of a job. */
const PAYLOADS = ['<img src=x onerror=owned()>', '"><svg onload=owned()>', "'-owned()-'", '<iframe srcdoc="<script>parent.owned()</script>">', '<b>bold</b>',
    'javascript:owned()', 'data:text/html,<script>owned()</script>', '<math><mi xlink:href="javascript:owned()">', '<style>*{display:none}</style>', '<base href=//evil>',
    '<meta http-equiv=refresh content="0;url=//evil">', '<a href=javascript:owned()>x</a>', '{{owned()}}', '${owned()}', '`owned()`', '<!--', ']]>', '</title></template><script>owned()</script>',
    '\u0000\u0001\u001b[31m', '\u202Egnp.exe', '\u2066\u2067\u2068', '\ufeff\u200b', '\ud800 half', 'e\u0301'.repeat(300), 'W'.repeat(2000), '🎛'.repeat(400), '\n\n\t\r', '../../etc/passwd', '%3Cscript%3E', '&lt;script&gt;'];

test('no text of a job becomes markup, wherever it stands', async () => {
    const { page, quiet } = await stack.open(PHONE);
    const id = (i) => `0199f300-0000-7000-8000-${String(i).padStart(12, '0')}`;
    const jobs = ['queued', 'failed', 'done'].flatMap((state, s) => PAYLOADS.map((text, i) => ({
        job_id: id(s * 100 + i), url: text, source_type: text, status: state === 'done' ? text : state, state, stage: state === 'failed' ? 'download' : null, title: i % 2 ? text : null, artist: text,
        duration_seconds: 1, progress_percent: 1, progress: {}, attempt: 2, error: { kind: text, detail: text, hint: text }, waiting_for: text, cover_url: text, file_url: state === 'done' ? text : null,
        created_at: '2026-01-01T00:00:00.000Z', updated_at: '2026-01-01T00:00:00.000Z',
    })));
    const tracks = (text) => [{ track_id: text, title: text, artist: text, album: text, uploader: text, source_url: text, cover_url: text, file: { name: text, size_bytes: 1, sha256: text, url: text, download_url: text },
        input: { codec: text }, loudness: { output_lufs: -14, note: text } }];
    const reply = (route, json) => route.fulfill({ json });
    await page.route('**/api/jobs?*', (route) => reply(route, { jobs, next_cursor: null, total: jobs.length }));
    const events = (text) => ['submitted', 'started', 'failed', text].map((event, i) => ({ seq: i + 1, at: '2026-01-01T00:00:00.000Z', event, task: i ? text : null, attempt: i ? 1 : null, stage: text, kind: text, detail: text }));
    await page.route('**/api/jobs/*/events', (route) => reply(route, { events: events(jobs.find((j) => route.request().url().includes(j.job_id)).artist), next_cursor: null }));
    await page.route('**/api/queue', (route) => reply(route, {
        lanes: PAYLOADS.slice(0, 8).map((name, i) => ({ name, paused: i % 2 === 0, paused_at: '2026-01-01T00:00:00.000Z', served: i > 4, queued: 1200, later: 3, more: true, running: 2 })),
        sources: PAYLOADS.map((name, i) => ({ name, state: ['open', 'half_open', 'closed'][i % 3], until: '2999-01-01T00:00:00.000Z', refusals: 3, kind: i % 2 ? name : 'bot_check', detail: name, budget_per_hour: 240, next_at: '2999-01-01T00:00:00.000Z' })),
        jobs: { queued: 5, running: 1, paused: 1, done: 1e6, failed: 12345, cancelled: 0 }, disk: { free_bytes: 1e8, needed_bytes: 5e8, low: true }, workers: 1, running: [],
    }));
    await page.route('**/api/jobs/*', (route) => {
        const job = jobs.find((j) => route.request().url().endsWith(j.job_id));
        return reply(route, { ...job, options: { [job.artist]: job.artist }, tracks: tracks(job.artist), stages: [{ name: job.artist, state: job.artist, attempt: 1 }] });
    });
    await page.evaluate(() => { window.owned = () => { window.wasOwned = true; }; document.dispatchEvent(new Event('visibilitychange')); });
    await until(async () => await page.locator('.job').count() === jobs.length, 'the hostile list');
    const shapes = await page.locator('.job').evaluateAll((rows) => [...new Set(rows.map((row) => [...row.querySelectorAll('*')].map((el) => el.tagName).join()))]);
    assert.equal(shapes.length, 1, 'every row is made of the same elements');
    assert.deepEqual(await overflow(page), []);
    await page.locator('#queue-toggle').click();
    for (const i of [0, 1, 4, 5, 11, 24, 25]) {
        const row = page.locator('.job').nth(60 + i);
        await button(row, 'Details').click();
        await row.locator('.timeline .event').nth(3).waitFor();
    }
    assert.equal(await page.locator('main :is(script, iframe, style, base, meta, math, b), main a:not([href^="http"]):not([data-ref=save])').count(), 0);
    assert.equal(await page.locator('main :is(img, a)[src]:not([src^="/api/"]), main [href^="javascript:"], main [href^="data:"]').count(), 0);
    assert.deepEqual(await overflow(page), []);
    assert.equal(await page.evaluate(() => window.wasOwned), undefined);
    await shot(page, 'payloads');
    await quiet();
});

test('looking at an idle list costs a 304 every 15 s and touches nothing', async () => {
    const { page, answers, quiet } = await stack.open();
    await until(async () => await page.locator('.job[data-state=running], .job[data-state=queued]').count() === 0, 'nothing to run');
    await page.clock.install();
    await page.reload();
    await page.locator('.job').first().waitFor();
    await button(page.locator('.job').first(), 'Details').click();
    await page.locator('.details').waitFor();
    await page.evaluate(() => {
        window.touched = 0;
        new MutationObserver((all) => { window.touched += all.length; }).observe(document.getElementById('jobs'), { subtree: true, childList: true, characterData: true, attributes: true });
        getSelection().selectAllChildren(document.querySelector('.job-title'));
    });
    const lists = () => answers.filter((a) => a.path === '/api/jobs' && a.method === 'GET');
    const already = lists().length;
    for (let i = 1; i <= 3; i++) {
        const before = lists().length;
        await page.clock.fastForward(14000);
        await page.waitForTimeout(200);
        assert.equal(lists().length, before, 'not before its time');
        await page.clock.fastForward(1500);
        await until(() => lists().length === before + 1, 'the next poll');
    }
    assert.deepEqual(lists().slice(already).map((a) => a.status), [304, 304, 304]);
    assert.deepEqual(answers.filter((a) => a.path === '/api/queue').slice(-3).map((a) => a.status), [304, 304, 304]);
    /* Ages are words that change by themselves. */
    assert.ok(await page.evaluate(() => window.touched - document.querySelectorAll('time').length * 2) <= 0);
    assert.equal(await page.evaluate(() => getSelection().toString()), await page.locator('.job-title').first().textContent());

    await page.evaluate(() => {
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
        document.dispatchEvent(new Event('visibilitychange'));
    });
    const hidden = lists().length;
    await page.clock.fastForward(60000);
    await page.waitForTimeout(300);
    assert.equal(lists().length, hidden, 'nobody looks, nobody asks');
    await page.evaluate(() => {
        delete document.hidden;
        document.dispatchEvent(new Event('visibilitychange'));
    });
    await until(() => lists().length === hidden + 1, 'the poll on return');
    await quiet();
});

test('rows are updated in place: focus, selection and an open question survive', async () => {
    const { page, quiet } = await stack.open();
    const row = await add(page, slow({ clip: CLIP_SECONDS }));
    await reads(chip(row), /Downloading/);
    await row.evaluate((el) => { el.marked = true; getSelection().selectAllChildren(el.querySelector('.job-title')); });
    await button(row, 'Delete').click();
    const keep = row.getByRole('button', { name: 'Keep' });
    await reads(row.locator('.chip'), /Done/);
    assert.equal(await keep.evaluate((el) => el === document.activeElement), true);
    assert.equal(await row.evaluate((el) => el.marked), true);
    await keep.click();

    const other = await add(page, stack.watch('machine_wars', { clip: 3 }));
    await reads(chip(other), /Done/);
    assert.equal(await row.evaluate((el) => el.marked), true, 'a new row above moves nothing');
    await quiet();
});

test('everything works without a mouse', async () => {
    const { page, quiet } = await stack.open({ signedIn: false });
    const tabTo = async (name, limit = 40) => {
        for (let i = 0; i < limit; i++) {
            const at = await page.evaluate(() => {
                const el = document.activeElement, outline = getComputedStyle(el);
                return { name: (el.getAttribute('aria-label') || el.labels?.[0]?.textContent || el.textContent || '').trim(), visible: outline.outlineStyle !== 'none' || el === document.body };
            });
            assert.ok(at.visible, `focus is visible on ${at.name}`);
            if (at.name === name) return;
            await page.keyboard.press('Tab');
        }
        assert.fail(`${name} was not reached by Tab`);
    };
    await tabTo('Admin key');
    await page.keyboard.type(stack.key);
    await page.keyboard.press('Enter');
    await page.locator('#url').waitFor();
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press('/');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'url');
    await page.keyboard.type(stack.watch('frontiers', { clip: CLIP_SECONDS, title: 'By Keyboard' }));
    await page.keyboard.press('Enter');
    const row = page.locator('.job').first();
    await reads(row.locator('.job-title'), /By Keyboard/);
    await reads(chip(row), /Done/);

    await tabTo('Play');
    await page.keyboard.press('Enter');
    await until(() => page.locator('#audio').evaluate((el) => el.currentTime > 0.2), 'sound');
    await page.keyboard.press('Space');
    await until(() => page.locator('#audio').evaluate((el) => el.paused), 'silence');
    await tabTo('Details');
    await page.keyboard.press('Enter');
    await reads(row.locator('.job-details'), /Stages/);
    await tabTo('Delete');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await until(async () => await page.locator('.job', { hasText: 'By Keyboard' }).count() === 0, 'the row to go');
    assert.notEqual(await page.evaluate(() => document.activeElement.tagName), 'BODY', 'focus is not lost');
    await quiet();
});

test('pasting anywhere lands in the field', async () => {
    const { page, quiet } = await stack.open();
    await page.evaluate(() => {
        document.activeElement.blur();
        const data = new DataTransfer();
        data.setData('text/plain', '  https://example.org/track \n');
        document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
    });
    assert.equal(await page.locator('#url').inputValue(), 'https://example.org/track');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'url');
    await quiet();
});
