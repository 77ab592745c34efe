/* Links that are lists: how far they are, their tracks page by page, what failed, and all of it without losing one's place. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, button, chip, overflow, PHONE, reads, rowOf, shot, Stack, until } from './stack.mjs';

const LIMIT_SECONDS = 400;      // read by tests/run
const CLIP = { modes: { clip: 2 } };
let stack;

before(async () => { stack = await Stack.start({ MAX_RETRIES: '1', RETRY_BASE_MS: '20', SOURCE_BUDGETS: '*=0' }); }, { timeout: LIMIT_SECONDS * 1000 });
after(async () => { if (stack) await stack.stop(); });

const ended = (id) => until(async () => {
    const job = await stack.api('GET', `/jobs/${id}`);
    return ['done', 'failed', 'cancelled'].includes(job.state) && job;
}, `job ${id} to end`);
const item = (row, n) => row.locator('.item').nth(n);

test('a list says how far it is, shows its tracks with what failed and why, plays and saves each', async () => {
    const url = await stack.playlist('PLbrowser001', { title: 'Songs <b>of</b> a list', each: CLIP, entries: [
        'okokoko0001', { id: 'okokoko0002', kind: 'private' }, 'okokoko0003', { id: 'okokoko0004', title: '<img src=x onerror=owned()>' }] });
    const { page, quiet } = await stack.open();
    await page.locator('#url').fill(url);
    await page.locator('#url').press('Enter');
    const row = page.locator('.job').first();
    await reads(row.locator('.job-title'), /^Songs <b>of<\/b> a list$/);
    await button(row, 'Details').click();
    await reads(chip(row), /Done with errors/);
    await reads(row.locator('.job-meta').first(), /3 of 4, 1 failed/);
    assert.equal(await button(row, 'Play').first().isVisible(), true);
    await until(async () => await row.locator('.item').count() === 4, 'four tracks');
    await reads(item(row, 1), /2.*\[Private video\].*Failed.*This video is private\. .*cookies/s);
    await until(async () => (await row.locator('.item[data-state=done]').count()) === 3, 'three done');
    assert.equal(await row.locator('.item-title *').count(), 0, 'titles are text');

    await button(item(row, 0), 'Play').click();
    await page.locator('#player').waitFor();
    await until(() => page.locator('#audio').evaluate((el) => el.currentTime > 0.2), 'sound');
    await button(item(row, 0), 'Pause').click();
    const [download] = await Promise.all([page.waitForEvent('download'), item(row, 2).getByRole('link', { name: 'Download' }).click()]);
    assert.match(download.suggestedFilename(), /\.mp3$/);
    const [list] = await Promise.all([page.waitForEvent('download'), row.getByRole('link', { name: 'Playlist file' }).click()]);
    assert.match(list.suggestedFilename(), /\.m3u8$/);
    await button(item(row, 0), 'Details').click();
    await reads(item(row, 0), /SHA-256[0-9a-f]{64}/);
    await accessible(page, 'list');
    assert.deepEqual(await overflow(page), []);
    await shot(page, 'list-details', { fullPage: true });

    await row.getByRole('button', { name: /^Failed 1$/ }).click();
    await until(async () => await row.locator('.item').count() === 1, 'the failed one alone');
    await stack.set('/youtube/okokoko0002', { name: 'frontiers', ...CLIP, failure: '' });
    await row.getByRole('button', { name: 'Retry 1 failed' }).click();
    await reads(row.locator('.timeline'), /Asked to try again/);
    await reads(row.locator('.tracks'), /None has failed|Private video/);
    await quiet();
});

test('while a list is made, what is open, focused and scrolled to stays', async () => {
    const url = await stack.playlist('PLbrowser002', { title: 'A slow list', count: 12, each: { modes: { clip: 4, rate: 60000 } } });
    const { job_id: id } = await stack.api('POST', '/jobs', { url });
    const { page, quiet } = await stack.open({ viewport: { width: 1280, height: 700 } });
    const row = rowOf(page, id);
    await button(row, 'Details').click();
    await until(async () => await row.locator('.item').count() === 12, 'its tracks');
    await reads(chip(row), /^Running$/);
    await button(item(row, 9), 'Details').click();
    await item(row, 9).evaluate((el) => { el.marked = true; el.scrollIntoView({ block: 'center' }); });
    await button(item(row, 9), 'Details').focus();
    await page.waitForTimeout(200);
    const place = () => item(row, 9).evaluate((el) => [el.marked, el.querySelector('.item-card').hidden, el.contains(document.activeElement), Math.round(el.getBoundingClientRect().top)]);
    const before = await place();
    await shot(page, 'list-running');
    await until(async () => (await stack.api('GET', `/jobs/${id}`)).progress.completed_items >= 4, 'some of it', 90000);
    await until(async () => /([4-9]|1\d) of 12/.test(await row.locator('.job-meta').first().textContent()), 'the row to follow');
    assert.deepEqual((await place()).slice(0, 3), before.slice(0, 3), 'same node, still open, still focused');
    assert.ok(Math.abs((await place())[3] - before[3]) < 24, `in the same place: ${before[3]} and ${(await place())[3]}`);
    await until(async () => await row.locator('.item[data-state=done]').count() >= 1, 'tracks that turn done by themselves');
    await page.evaluate(() => scrollTo(0, 0));
    assert.match(await row.locator('.whole').getAttribute('aria-label'), /\d+ of 12/);
    await shot(page, 'list-running-top');
    await stack.api('POST', `/jobs/${id}/cancel`);
    await reads(chip(row), /Cancelled/);
    await quiet();
});

test('of many tracks only those are in the document that somebody asked for', async () => {
    await stack.api('POST', '/queue/default/pause');
    const url = await stack.playlist('PLbrowser003', { title: 'Very many', count: 1000, each: CLIP });
    const { job_id: id } = await stack.api('POST', '/jobs', { url, max_items: 1000 });
    await stack.api('POST', '/queue/default/resume');
    await until(async () => (await stack.api('GET', `/jobs/${id}`)).progress.total_items >= 1000, 'a thousand', 90000);
    await stack.api('POST', `/jobs/${id}/pause`);
    const { page, answers, quiet } = await stack.open();
    const row = rowOf(page, id);
    await button(row, 'Details').click();
    await until(async () => await row.locator('.item').count() === 50, 'the first page');
    await reads(row.locator('.job-meta').first(), /of 1,000/);
    await row.getByRole('button', { name: 'Load more' }).click();
    await until(async () => await row.locator('.item').count() === 100, 'the second');
    const numbers = await row.locator('.item-index').allTextContents();
    assert.deepEqual(numbers, Array.from({ length: 100 }, (_, i) => (i + 1).toLocaleString('en')));
    assert.ok(await page.locator('*').count() < 6000);
    assert.ok(answers.filter((a) => a.path.endsWith('/tracks')).length < 12, 'what stands still is not asked for');
    await stack.api('DELETE', `/jobs/${id}`);
    await quiet();
});

for (const [name, context] of [['light-desk', { colorScheme: 'light' }], ['dark-phone', { colorScheme: 'dark', ...PHONE }]]) {
    test(`a list fits and is accessible: ${name}`, async () => {
        const { jobs } = await stack.api('GET', '/jobs?limit=50');
        const job = jobs.find((one) => one.title.startsWith('Songs'));
        await ended(job.job_id);
        const { page, quiet } = await stack.open(context);
        const row = rowOf(page, job.job_id);
        await button(row, 'Details').click();
        await until(async () => await row.locator('.item').count() === 4, 'four tracks');
        await button(item(row, 0), 'Details').click();
        await accessible(page, name);
        assert.deepEqual(await overflow(page), []);
        await shot(page, `list-${name}`, { fullPage: true });
        await quiet();
    });
}
