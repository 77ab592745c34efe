/* A long list and no worker: what waits says so, and nothing is fetched before it is asked for. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { button, chip, reads, shot, Stack, until } from './stack.mjs';

const LIMIT_SECONDS = 120;      // read by tests/run
const JOBS = 60, PAGE = 50;
let stack;

before(async () => {
    stack = await Stack.start({ STACK_WORKERS: '0', MIN_FREE_MB: '1048576' });
    for (let i = 1; i <= JOBS; i++) await stack.api('POST', '/jobs', { url: stack.watch('frontiers', { clip: 3, title: `n${i}` }) });
}, { timeout: LIMIT_SECONDS * 1000 });
after(async () => { if (stack) await stack.stop(); });

const number = (row) => row.locator('.job-title').textContent().then((text) => Number(/title=n(\d+)/.exec(text)[1]));

test('a long list comes in pages, newest first, without gaps or repetitions', async () => {
    const { page, quiet } = await stack.open();
    const rows = page.locator('.job');
    await until(async () => await rows.count() === PAGE, 'the first page');
    assert.equal(await page.locator('#count').textContent(), `${PAGE} of ${JOBS} tracks`);
    assert.equal(await number(rows.first()), JOBS);
    await page.getByRole('button', { name: 'Load more' }).click();
    await until(async () => await rows.count() === JOBS, 'the rest');
    assert.equal(await page.getByRole('button', { name: 'Load more' }).isVisible(), false);
    const numbers = (await rows.locator('.job-title').allTextContents()).map((text) => Number(/title=n(\d+)/.exec(text)[1]));
    assert.deepEqual(numbers, Array.from({ length: JOBS }, (_, i) => JOBS - i));

    /* The poll that follows covers all of it, and what others delete goes. */
    const { jobs } = await stack.api('GET', `/jobs?limit=${JOBS}`);
    await stack.api('DELETE', `/jobs/${jobs[JOBS - 5].job_id}`);
    await until(async () => await rows.count() === JOBS - 1, 'a row deleted elsewhere to go');
    await stack.api('POST', '/jobs', { url: stack.watch('frontiers', { clip: 3, title: 'n61' }) });
    await until(async () => await rows.count() === JOBS && await number(rows.first()) === 61, 'a row added elsewhere to come');
    await quiet();
});

test('without a worker the page says what that means, and a waiting job can be cancelled and deleted', async () => {
    const { page, quiet } = await stack.open();
    await reads(page.locator('.notice').first(), /^No worker is running: links are accepted and wait/);
    await reads(page.locator('.notice').nth(1), /^Little disk space is left: [\d.]+ [GT]B are free, 1\.1 TB have to be\./);
    await reads(page.locator('#queue-sum'), /waiting, no worker$/);
    await page.getByRole('button', { name: 'Queue', exact: true }).click();
    await reads(page.locator('.lane', { hasText: 'links and tracks' }).locator('.lane-sum'), /^\d+ waiting$/);
    await reads(page.locator('#health'), /Worker not running/);
    const row = page.locator('.job').first();
    assert.equal(await chip(row).textContent(), 'Queued');
    await reads(row.locator('.job-waits'), /\w+.*\.$/);
    await shot(page, 'no-worker');
    await button(row, 'Cancel').click();
    await reads(chip(row), /Cancelled/);
    await button(row, 'Delete').click();
    const id = await row.locator('.job-title').getAttribute('id');
    await row.locator('.confirm').getByRole('button', { name: 'Delete' }).click();
    await until(async () => await page.locator(`[id="${id}"]`).count() === 0, 'the row to go');
    await quiet();
});
