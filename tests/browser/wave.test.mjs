/* What a finished track looks like: its waveform is a place to play from, its spectrogram comes when it is wanted. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, button, overflow, PHONE, reads, rowOf, shot, Stack, until } from './stack.mjs';

const LIMIT_SECONDS = 300;      // read by tests/run
const CLIP_SECONDS = 30;
let stack, job;

before(async () => {
    stack = await Stack.start();
    job = await stack.finish(stack.watch('frontiers', { clip: CLIP_SECONDS, title: 'To look at' }));
}, { timeout: LIMIT_SECONDS * 1000 });
after(async () => { if (stack) await stack.stop(); });

async function opened(page) {
    const row = rowOf(page, job.job_id);
    await button(row, 'Details').click();
    await row.locator('.wave-box').waitFor();
    return row;
}

const asked = (answers, what) => answers.filter((answer) => answer.path.endsWith(what));
const seconds = (page) => page.evaluate(() => document.getElementById('audio').currentTime);

test('it is drawn as the server measured it', async () => {
    const { page, quiet } = await stack.open();
    const row = await opened(page);
    const shown = await stack.api('GET', `/tracks/${job.track_id}/waveform`);
    const outline = await row.locator('.wave-all .wave-outline').getAttribute('d');
    assert.equal(outline.split('L').length - 1, 2 * shown.length + 1);
    assert.equal(outline.match(/L100\.5 (\S+?)L/)[1], String(127.5 - shown.data[201]));
    const curve = await row.locator('.wave-curve').getAttribute('d');
    assert.equal(curve.split(/[ML]/).length - 1, shown.loudness.lufs.filter((lufs) => lufs !== null).length);
    await quiet();
});

test('a click plays from there, another one seeks', async () => {
    const { page, quiet } = await stack.open();
    const row = await opened(page), box = row.locator('.wave-box');
    const { width, height } = await box.boundingBox();
    await box.click({ position: { x: width / 2, y: height / 2 } });
    await page.locator('#player').waitFor();
    await until(async () => await seconds(page) > CLIP_SECONDS / 2 - 1, 'playing from the middle');
    await button(row, 'Pause').first().click();
    await box.click({ position: { x: width / 4, y: height / 2 } });
    await until(async () => Math.abs(await seconds(page) - CLIP_SECONDS / 4) < 1, 'the quarter');
    assert.match(await box.getAttribute('aria-valuetext'), /^0:0[78] of 0:30, −[\d.]+ LUFS$/);
    await reads(row.locator('.wave-told'), /^0:0[78], −[\d.]+ LUFS$/);
    assert.match(await row.locator('.wave').evaluate((el) => el.style.getPropertyValue('--at')), /^2[3-7]\./);
    await quiet();
});

test('the keyboard does the same', async () => {
    const { page, quiet } = await stack.open();
    const row = await opened(page), box = row.locator('.wave-box');
    await box.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    assert.equal(await box.getAttribute('aria-valuenow'), '10.0', 'a place is chosen before anything plays');
    assert.equal(await page.locator('#player').isVisible(), false);
    await page.keyboard.press('Enter');
    await until(async () => await seconds(page) >= 10, 'playing from there');
    await page.keyboard.press('Space');
    await until(() => page.evaluate(() => document.getElementById('audio').paused), 'a pause');
    const before = await seconds(page);
    await page.keyboard.press('ArrowLeft');
    await until(async () => Math.abs(await seconds(page) - (before - 5)) < 0.5, 'five seconds back');
    await page.keyboard.press('Home');
    await until(async () => await seconds(page) === 0, 'the start');
    await quiet();
});

test('the spectrogram is not fetched before it is asked for', async () => {
    const { page, answers, quiet } = await stack.open();
    const row = await opened(page);
    assert.equal(asked(answers, '/waveform').length, 1);
    assert.equal(asked(answers, '/spectrogram').length, 0);
    await row.locator('.spectrum summary').click();
    const picture = row.locator('.spectrum img');
    await until(() => picture.evaluate((img) => img.complete && img.naturalWidth === 1000), 'the picture');
    assert.equal(asked(answers, '/spectrogram').length, 1);
    await quiet();
});

test('it fits and is accessible: light, dark, desk, phone', async () => {
    for (const [name, context] of [['light-desktop', { colorScheme: 'light' }], ['dark-desktop', { colorScheme: 'dark' }],
        ['light-phone', { colorScheme: 'light', ...PHONE }], ['dark-phone', { colorScheme: 'dark', ...PHONE }]]) {
        const { page, quiet } = await stack.open(context);
        const row = await opened(page);
        const { width, height } = await row.locator('.wave-box').boundingBox();
        await row.locator('.wave-box').click({ position: { x: width / 3, y: height / 2 } });
        await page.locator('#player').waitFor();
        await row.locator('.spectrum summary').click();
        await until(() => row.locator('.spectrum img').evaluate((img) => img.complete && img.naturalWidth > 0), 'the picture');
        await accessible(page, name);
        assert.deepEqual(await overflow(page), []);
        await shot(page, `wave-${name}`, { fullPage: true });
        await quiet();
    }
});
