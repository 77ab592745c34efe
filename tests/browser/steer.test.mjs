/* Steering: pause and resume, retry, order, schedules, many at once, lanes, sources that rest, and what is told of it. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, add, button, chip, overflow, PHONE, reads, rowOf, shot, Stack, until } from './stack.mjs';

const LIMIT_SECONDS = 420;      // read by tests/run
let stack;

before(async () => { stack = await Stack.start({ SOURCE_REST_S: '600', SOURCE_BUDGETS: '' }); }, { timeout: LIMIT_SECONDS * 1000 });
after(async () => { if (stack) await stack.stop(); });

const clip = (title, query = {}) => stack.watch('frontiers', { clip: 6, title, ...query });
const tomorrow = () => new Date(Date.now() + 26 * 3600e3).toISOString();
const submit = (title, options = {}, query = {}) => stack.api('POST', '/jobs', { url: clip(title, query), ...options });
const pick = (row) => row.locator('.pick input');
const pill = (page, name) => page.locator('#filters').getByRole('button', { name: new RegExp(`^${name} [\\d,]+$`) });
const jobs = async () => (await stack.api('GET', '/jobs?limit=200')).jobs;

/* Leaves the queue empty for the next test. */
async function clean() {
    const ids = (await jobs()).map((job) => job.job_id);
    if (ids.length) await stack.api('POST', '/jobs/actions', { ids, action: 'delete' });
}

test('a running download is paused, waits for somebody, goes on, and its history tells all of it', async () => {
    const { page, quiet } = await stack.open();
    const row = await add(page, clip('Halfway', { clip: 20, rate: 60000 }));
    await reads(row.locator('.flow'), /B\/s/);
    await button(row, 'Pause').focus();
    await page.keyboard.press('Enter');
    await reads(chip(row), /^Paus(ing|ed)$/);
    await reads(chip(row), /^Paused$/);
    await reads(row.locator('.job-waits'), /^Waiting for somebody to resume it\.$/);
    assert.equal(await row.locator('.job-waits').getAttribute('title'), 'somebody to resume it');
    assert.equal(await button(row, 'Pause').isVisible(), false);
    assert.equal(await row.evaluate((el) => el.contains(document.activeElement)), true, 'focus stays in the row');
    await shot(page, 'steer-paused');
    await button(row, 'Details').click();
    await button(row, 'Resume').click();
    await reads(chip(row), /Done/);
    for (const name of ['Pause', 'Resume', 'Cancel', 'Retry', 'Order']) assert.equal(await button(row, name).isVisible(), false, `no ${name} for what is done`);

    const story = row.locator('.timeline');
    await reads(story, /Submitted.*Looking up the link.*Started.*Found.*Halfway.*Making the track.*Started.*Paused.*Resumed.*Done/s);
    assert.ok(await story.locator('.attempt').count() >= 3, 'attempts stand apart');
    assert.equal(await story.locator('.event[data-event=done]').getAttribute('data-tone'), 'good');
    assert.match(await story.locator('time').first().getAttribute('title'), /\d{4}-\d\d-\d\dT[\d:.]+Z/);
    await accessible(page, 'timeline');
    await story.scrollIntoViewIfNeeded();
    await shot(page, 'steer-timeline');
    await quiet();
    await clean();
});

test('a failed job is retried, alone and with all others; what is refused says why', async () => {
    const url = `${stack.siteBase}/empty.html`;
    const first = await stack.api('POST', '/jobs', { url });
    const second = await stack.api('POST', '/jobs', { url: `${url}?2` });
    await until(async () => (await jobs()).every((job) => job.state === 'failed'), 'both to fail');
    const { page, quiet } = await stack.open();
    const row = rowOf(page, first.job_id);
    await reads(page.locator('#retry-failed'), /Retry all 2 failed/);
    await button(row, 'Details').click();
    await button(row, 'Retry').click();
    await reads(row.locator('.timeline'), /Failed.*Asked to try again.*Started.*Failed/s);
    await reads(chip(row), /Failed/);

    /* The same work again, and not begun yet: that job has it, and the old one may not. */
    await stack.api('POST', '/queue/default/pause');
    await stack.api('POST', '/jobs', { url: `${url}?2` });
    await page.locator('#retry-failed').click();
    await reads(page.locator('#bulk-what'), /^1 retried, 1 refused: Job .* is doing the same work already\.$/);
    await reads(page.locator('#say'), /1 retried, 1 refused/);
    await shot(page, 'steer-refused');
    await page.getByRole('button', { name: 'Clear the selection' }).click();
    assert.equal(await page.locator('#bulk').isVisible(), false);
    assert.equal((await stack.api('GET', `/jobs/${second.job_id}`)).state, 'failed');
    await stack.api('POST', '/queue/default/resume');
    await quiet();
    await clean();
});

test('a job for later is asked for in the form, says when it begins, and begins when told', async () => {
    const { page, quiet } = await stack.open();
    await page.locator('#options summary').click();
    const when = page.getByLabel('Not before');
    assert.equal(await when.getAttribute('type'), 'datetime-local');
    await when.fill('2999-12-31T23:30');
    await page.getByLabel('Priority').fill('4');
    await shot(page, 'steer-form');
    const row = await add(page, clip('Later'));
    assert.equal(await when.inputValue(), '', 'the next one is not for later');
    await reads(chip(row), /^Scheduled$/);
    await reads(row.locator('.job-waits'), /^Waiting for its time, .*\d+.*11:30.*\(in [\d,]+ days\)\.$/);
    assert.match(await row.locator('.job-waits').getAttribute('title'), /^its time, 2999-12-31T.*Z$/);
    await reads(row.locator('.job-meta'), /goes first/);
    const [job] = await jobs();
    assert.equal(Date.parse(job.scheduled_at), await page.evaluate(() => new Date('2999-12-31T23:30').getTime()));
    assert.equal(job.priority, 4);

    await button(row, 'Order').click();
    await row.getByRole('menuitem', { name: 'Start now' }).click();
    await reads(chip(row), /Done/);
    await button(row, 'Details').click();
    await reads(row.locator('.timeline'), /Scheduled.*Now/s);
    await quiet();
    await clean();
});

test('what waits is moved to the front and to the back, by keyboard', async () => {
    const { job_id: id } = await submit('Mover', { scheduled_at: tomorrow() });
    const { page, quiet } = await stack.open();
    const row = rowOf(page, id), order = button(row, 'Order');
    await order.focus();
    await page.keyboard.press('ArrowDown');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Start now');
    await page.keyboard.press('ArrowDown');
    assert.equal(await row.getByRole('menuitemradio', { name: 'In its turn' }).getAttribute('aria-checked'), 'true');
    await page.keyboard.press('Enter');
    await reads(row.locator('.job-meta'), /goes first/);
    assert.equal((await stack.api('GET', `/jobs/${id}`)).priority, 10);
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Order');
    await page.keyboard.press('ArrowUp');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Move to the back');
    await accessible(page, 'menu');
    await page.keyboard.press('Enter');
    await reads(row.locator('.job-meta'), /goes last/);
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    assert.equal(await row.getByRole('menu').isVisible(), false);
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Order');
    await quiet();
    await clean();
});

test('many are marked by click, range and keyboard, and are cancelled and deleted together', async () => {
    const ids = [];
    for (let i = 0; i < 5; i++) ids.unshift((await submit(`Many ${i}`, { scheduled_at: tomorrow() })).job_id);
    const { page, quiet } = await stack.open();
    const rows = page.locator('.job'), what = page.locator('#bulk-what'), bulk = page.locator('#bulk');
    await until(async () => await rows.count() === 5, 'five rows');
    const tops = () => rows.evaluateAll((all) => all.map((el) => el.getBoundingClientRect().top));
    const before = await tops();
    await pick(rows.nth(1)).click();
    await pick(rows.nth(3)).click({ modifiers: ['Shift'] });
    await reads(what, /^3 selected$/);
    assert.deepEqual(await tops(), before, 'nothing moved');
    assert.equal(await page.locator('#pick-all').evaluate((el) => el.indeterminate), true);
    await accessible(page, 'bulk');
    await shot(page, 'steer-bulk');
    await bulk.getByRole('button', { name: 'Cancel', exact: true }).click();
    await reads(what, /^3 cancelled\.$/);
    await until(async () => (await jobs()).filter((job) => job.state === 'cancelled').length === 3, 'three to be cancelled');
    await reads(chip(rows.nth(2)), /Cancelled/);

    /* Now without a mouse: mark two, go to the bar, delete, be asked. */
    await pick(rows.nth(0)).focus();
    await page.keyboard.press('Shift+ArrowDown');
    await reads(what, /^2 selected$/);
    await reads(bulk, /Cancel 1.*Delete/s);
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.closest('#bulk') !== null), true);
    await bulk.getByRole('button', { name: 'Delete', exact: true }).focus();
    await page.keyboard.press('Enter');
    await reads(what, /^Delete 2 jobs and their files\?$/);
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Keep');
    await page.keyboard.press('Escape');
    await reads(what, /^2 selected$/);
    await page.keyboard.press('Enter');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await until(async () => await rows.count() === 3, 'two rows to go');
    await reads(what, /^2 deleted\.$/);
    assert.notEqual(await page.evaluate(() => document.activeElement.tagName), 'BODY', 'focus is not lost');
    await page.keyboard.press('Escape');

    await page.locator('#pick-all').check();
    await reads(what, /^3 selected$/);
    await page.getByRole('button', { name: 'Clear the selection' }).click();
    assert.equal(await page.locator('#pick-all').isChecked(), false);
    await quiet();
    await clean();
});

test('a paused lane shows on the rows and in the panel, and goes on', async () => {
    const { page, quiet } = await stack.open();
    await stack.api('POST', '/queue/default/pause');
    const row = await add(page, clip('In the lane'));
    await reads(row.locator('.job-waits'), /^Waiting for the lane default to be resumed\.$/);
    const notice = page.locator('.notice', { hasText: 'The lane default is paused since' });
    await reads(notice, /; 1 waits in it\./);
    await reads(page.locator('#queue-sum'), /1 waiting/);
    await page.locator('#queue-toggle').focus();
    await page.keyboard.press('Enter');
    const lane = page.locator('.lane', { hasText: 'links and tracks' });
    await reads(lane.locator('.lane-sum'), /^paused, 1 waiting$/);
    await accessible(page, 'paused lane');
    await shot(page, 'steer-lane');
    await page.getByRole('button', { name: 'Pause the lane slow' }).click();
    await page.locator('.notice', { hasText: 'lane slow' }).waitFor();
    await page.getByRole('button', { name: 'Resume the lane slow' }).last().click();
    await notice.getByRole('button', { name: 'Resume the lane default' }).click();
    await until(async () => await page.locator('.notice').count() === 0, 'the notices to go');
    assert.notEqual(await page.evaluate(() => document.activeElement.tagName), 'BODY', 'focus is not lost');
    await reads(chip(row), /Done/);
    await reads(page.locator('#queue-sum'), /^Nothing waits$/);
    await quiet();
    await clean();
});

test('a source that rests is named with reason and countdown, and can be asked again now', async () => {
    const { page, quiet } = await stack.open();
    const row = await add(page, clip('Too many', { page_status: 429 }));
    const notice = page.locator('.notice', { hasText: 'rests until' });
    await reads(notice, /127\.0\.0\.1.* rests until [^(]*\d+:\d\d[^(]*\(in \d+ min\): it limits this server\./);
    await reads(row.locator('.job-waits'), /^Waiting for 127\.0\.0\.1.* to rest until [^(]*\d+:\d\d[^(]*\(in \d+ min\): it limits this server\. Last try: /);
    const seen = await notice.locator('p').textContent();
    await shot(page, 'steer-rest');
    await accessible(page, 'rest');
    await notice.getByRole('button', { name: /^Ask again now/ }).click();
    await until(async () => await page.locator('.notice p').count() === 0 || await page.locator('.notice p').first().textContent() !== seen, 'the source to be asked again');
    await until(async () => (await stack.api('GET', '/queue')).sources[0]?.refusals > 1, 'another refusal');
    await reads(notice, /2 times in a row/);
    await quiet();
    await clean();
    await stack.api('POST', `/queue/sources/${(await stack.api('GET', '/queue')).sources[0].name}/wake`);
    await stack.finish(clip('It answers again'));
    await clean();
});

test('sending the same twice makes one job, whether by a double click, a lost answer, or on purpose', async () => {
    const { page, quiet } = await stack.open({ expected: [0] });
    const keys = [];
    let lose = false;
    await page.route('**/api/jobs', async (route) => {
        if (route.request().method() !== 'POST') return route.continue();
        keys.push(route.request().headers()['idempotency-key']);
        if (!lose) return route.continue();
        lose = false;
        await route.fetch();        /* it arrived; its answer does not */
        return route.abort();
    });
    await page.locator('#url').fill(clip('Twice', { rate: 15000 }));
    await page.getByRole('button', { name: 'Add track' }).dblclick();
    await until(async () => await page.locator('.job').count() === 1, 'one row');
    await until(async () => await page.locator('#url').inputValue() === '', 'the answer');
    assert.equal(keys.length, 1);
    assert.match(keys[0], /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);

    lose = true;
    await add(page, clip('Lost', { rate: 15000 }));
    assert.equal(keys.length, 3);
    assert.equal(keys[1], keys[2], 'the same submission, sent again');
    assert.notEqual(keys[0], keys[1]);
    assert.equal((await jobs()).length, 2);

    await page.locator('#url').fill(clip('Twice', { rate: 15000 }));
    await page.locator('#url').press('Enter');
    await reads(page.locator('#url-told'), /^Already under way: /);
    await page.locator('.job[data-flash]').waitFor();
    await shot(page, 'steer-already');
    assert.equal((await jobs()).length, 2);
    assert.notEqual(keys[3], keys[0], 'a submission of its own');
    await page.locator('#url').fill('x');
    assert.equal(await page.locator('#url-told').isVisible(), false);
    await quiet();
    await clean();
});

test('without a secure context the key of a submission is a UUID too', async () => {
    const { page, quiet } = await stack.open();
    assert.match(await page.evaluate(async () => {
        Object.defineProperty(crypto, 'randomUUID', { value: undefined });
        return (await import('/api.js')).newToken();
    }), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    await quiet();
});

test('filters count, show what they say, and keep what plays', async () => {
    const done = await stack.finish(clip('Ready'));
    const later = await submit('For later', { scheduled_at: tomorrow() });
    const held = await submit('Held', { scheduled_at: tomorrow() });
    await stack.api('POST', `/jobs/${held.job_id}/pause`);
    const { page, quiet } = await stack.open();
    const ids = () => page.locator('.job .job-title').evaluateAll((all) => all.map((el) => el.id.slice(2)));
    for (const [name, n] of [['All', 3], ['Waiting', 1], ['Paused', 1], ['Done', 1], ['Failed', 0]]) await reads(pill(page, name), new RegExp(`^${name} ${n}$`));
    await button(rowOf(page, done.job_id), 'Play').click();
    await page.locator('#player').waitFor();
    for (const [name, want] of [['Waiting', [later.job_id]], ['Paused', [held.job_id]], ['Done', [done.job_id]], ['Failed', []], ['All', [held.job_id, later.job_id, done.job_id]]]) {
        await pill(page, name).click();
        await until(async () => JSON.stringify(await ids()) === JSON.stringify(want), `only ${name}`);
        assert.equal(await pill(page, name).getAttribute('aria-pressed'), 'true');
        assert.equal(await page.locator('#none').isVisible(), want.length === 0);
    }
    assert.equal(await page.locator('#player').isVisible(), true);

    /* A row that leaves the filter hands its focus on; one that is submitted shows itself. */
    await pill(page, 'Paused').click();
    await until(async () => (await ids()).length === 1, 'the paused one');
    await button(rowOf(page, held.job_id), 'Resume').focus();
    await page.keyboard.press('Enter');
    await until(async () => (await ids()).length === 0, 'it to leave');
    assert.notEqual(await page.evaluate(() => document.activeElement.tagName), 'BODY', 'focus is not lost');
    await page.locator('#url').fill(clip('Fresh'));
    await page.locator('#url').press('Enter');
    await until(async () => (await ids()).length === 4, 'all of them');
    assert.equal(await pill(page, 'All').getAttribute('aria-pressed'), 'true');
    await quiet();
    await clean();
});

test('it fits and is accessible: light and dark, desk and phone', async () => {
    await submit('For later', { scheduled_at: tomorrow(), priority: -5 });
    const held = await submit('Held with a rather long title that does not fit into one line of a phone', {}, { clip: 20, rate: 8000 });
    await until(async () => (await stack.api('GET', `/jobs/${held.job_id}`)).progress_percent > 11, 'a bit of it');
    await stack.api('POST', `/jobs/${held.job_id}/pause`);
    await stack.api('POST', '/jobs', { url: `${stack.siteBase}/empty.html` });
    await until(async () => (await jobs()).some((job) => job.state === 'failed') && (await stack.api('GET', `/jobs/${held.job_id}`)).state === 'paused', 'all of them');
    await stack.api('POST', '/queue/slow/pause');
    for (let i = 0; i < 4; i++) await submit(`Running ${i}`, {}, { clip: 20, rate: 4000 });
    for (const colorScheme of ['light', 'dark']) {
        for (const [size, context] of [['desk', {}], ['phone', PHONE]]) {
            const { page, quiet } = await stack.open({ colorScheme, ...context });
            await page.locator('.job').nth(6).waitFor();
            await page.locator('#queue-toggle').click();
            await pick(page.locator('.job[data-state=paused]')).check();
            await pick(page.locator('.job[data-state=failed]')).check();
            await button(page.locator('.job[data-state=failed]'), 'Details').click();
            await page.locator('.timeline .event').nth(2).waitFor();
            await button(page.locator('.job[data-state=paused]'), 'Order').click();
            await accessible(page, `${colorScheme} ${size}`);
            assert.deepEqual(await overflow(page), []);
            const wrapped = await page.locator('.acts:visible').evaluateAll((all) => all.filter((el) => new Set([...el.children].filter((c) => c.checkVisibility()).map((c) => Math.round(c.getBoundingClientRect().top))).size > 1).length);
            assert.equal(wrapped, 0, 'the buttons of a row fit into one line');
            await shot(page, `steer-${colorScheme}-${size}`);
            await shot(page, `steer-${colorScheme}-${size}-full`, { fullPage: true });
            await quiet();
        }
    }
    await stack.api('POST', '/queue/slow/resume');
    await clean();
});
