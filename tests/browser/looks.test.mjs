/* How the page looks and behaves when the world is narrow, dark, full, or not answering. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, add, button, chip, overflow, PHONE, reads, rowOf, shot, Stack, until } from './stack.mjs';

const LIMIT_SECONDS = 300;      // read by tests/run
let stack;

before(async () => {
    stack = await Stack.start();
    await stack.finish(stack.watch('frontiers', { clip: 8, title: `An extraordinarily long title ${'without end '.repeat(12)}${'W'.repeat(60)}` }));
    await stack.finish(stack.watch('machine_wars', { clip: 8 }));
    await stack.api('POST', '/jobs', { url: `${stack.siteBase}/empty.html` });
    await stack.api('POST', '/jobs', { url: `${stack.siteBase}/${'very/'.repeat(30)}long?${'x'.repeat(200)}` });
    await until(async () => (await stack.api('GET', '/jobs')).jobs.every((job) => job.state === 'done' || job.state === 'failed'), 'four jobs');
}, { timeout: LIMIT_SECONDS * 1000 });
after(async () => { if (stack) await stack.stop(); });

/* Opens whatever can be opened. */
async function openEverything(page) {
    await page.locator('#options summary').click();
    const done = page.locator('.job[data-state=done]').first();
    await button(done, 'Details').click();
    await done.locator('.details').waitFor();
    await button(page.locator('.job[data-state=failed]').first(), 'Delete').click();
    await button(done, 'Play').click();
    await page.locator('#player').waitFor();
}

for (const colorScheme of ['light', 'dark']) {
    for (const [size, context] of [['desktop', {}], ['phone', PHONE]]) {
        test(`accessible and without overflow: ${colorScheme}, ${size}`, async () => {
            const login = await stack.open({ signedIn: false, colorScheme, ...context });
            await accessible(login.page, 'sign-in');
            assert.deepEqual(await overflow(login.page), []);
            await shot(login.page, `${colorScheme}-${size}-login`);
            await login.quiet();

            const { page, quiet } = await stack.open({ colorScheme, ...context });
            await page.locator('.job').nth(3).waitFor();
            assert.deepEqual(await overflow(page), []);
            await shot(page, `${colorScheme}-${size}-list`, { fullPage: true });
            await openEverything(page);
            await accessible(page, 'list');
            assert.deepEqual(await overflow(page), []);
            await shot(page, `${colorScheme}-${size}-open`, { fullPage: true });
            await quiet();
        });
    }
}

test('a running job is accessible and fits, in the dark on a phone and in the light on a desk', async () => {
    for (const [name, context] of [['light-desktop', { colorScheme: 'light' }], ['dark-phone', { colorScheme: 'dark', ...PHONE }]]) {
        const { page, quiet } = await stack.open(context);
        const row = await add(page, stack.watch('frontiers', { clip: 20, rate: 30000, title: `Running on a ${name}` }));
        await reads(row.locator('.flow'), /B\/s/);
        await accessible(page, name);
        assert.deepEqual(await overflow(page), []);
        await shot(page, `${name}-running`);
        await button(row, 'Cancel').click();
        await reads(chip(row), /Cancelled/);
        await quiet();
    }
});

test('the labels of the loudness drawing stand apart, however near their values are', async () => {
    const { tracks: [{ loudness }] } = await stack.finish(stack.watch('machine_wars', { clip: 8, title: 'As loud as it is' }));
    for (const by of [0, 0.3, 12]) {
        const target = Math.max(-31, Math.min(-5, Math.round((loudness.input_lufs - by) * 10) / 10));
        const job = await stack.finish(stack.watch('machine_wars', { clip: 8, title: `Quieter by ${by}` }), { loudness_target_lufs: target });
        for (const [name, context] of [['desk', {}], ['phone', PHONE]]) {
            const { page, quiet } = await stack.open(context);
            const row = rowOf(page, job.job_id);
            await button(row, 'Details').click();
            await row.locator('.meter').waitFor();
            const labels = row.locator('.scale-mark:not([hidden]) span');
            assert.deepEqual(await labels.allTextContents(), ['in', 'out', 'peak']);
            /* Once they are placed: that is after the first layout. */
            await until(() => labels.evaluateAll((all) => all.every((el) => el.style.getPropertyValue('--shift'))), 'the labels to be placed');
            const boxes = (await labels.evaluateAll((all) => all.map((el) => el.getBoundingClientRect().toJSON()))).sort((a, b) => a.left - b.left);
            boxes.forEach((box, i) => assert.ok(!i || box.left >= boxes[i - 1].right + 3, `${name}, ${by} dB: ${JSON.stringify(boxes)}`));
            assert.deepEqual(await overflow(page), []);
            await row.locator('.meter').scrollIntoViewIfNeeded();
            await shot(page, `loudness-${by}-${name}`);
            await quiet();
        }
        await stack.api('DELETE', `/jobs/${job.job_id}`);
    }
});

test('with the keyboard alone one sees where one is, everywhere, and gets through', async () => {
    for (const [name, context] of [['light', { colorScheme: 'light' }], ['dark-narrow', { colorScheme: 'dark', viewport: { width: 390, height: 844 } }]]) {
        const { page, quiet } = await stack.open(context);
        for (const title of ['Queue', 'Whitelist', 'Sessions']) await page.getByRole('button', { name: title, exact: true }).click();
        await openEverything(page);
        await page.locator('.skip').focus();
        const unseen = [], names = [];
        for (let i = 0; i < 200; i++) {
            await page.keyboard.press('Tab');
            const at = await page.evaluate(() => {
                const el = document.activeElement, box = el.getBoundingClientRect(), style = getComputedStyle(el);
                const shown = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height, 40) / 2);
                /* The picker inside a time has the focus, and a ring, of its own; the time has neither then. */
                return {
                    name: `${el.tagName} ${el.id} ${el.getAttribute('aria-label') || el.textContent.trim().slice(0, 30)}`, end: el === document.body,
                    ring: !el.matches(':focus') || style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0, free: Boolean(shown) && (el.contains(shown) || shown.contains(el) || shown.closest('label')?.contains(el)),
                };
            });
            if (at.end) break;
            names.push(at.name);
            if (!at.ring) unseen.push(`${at.name}: no ring`);
            if (!at.free) unseen.push(`${at.name}: covered`);
            if (/Details/.test(at.name) && !names.shot) {
                names.shot = true;
                await shot(page, `keyboard-${name}`);
            }
        }
        assert.deepEqual(unseen, []);
        assert.match(names[0], /Sign out/);
        assert.match(names.at(-1), /Close the player/);
        await quiet();
    }
});

test('nothing moves for those who asked for stillness', async () => {
    const { page, quiet } = await stack.open({ reducedMotion: 'reduce' });
    await button(page.locator('.job[data-state=done]').first(), 'Play').click();
    await page.locator('#player').waitFor();
    assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
    await quiet();
});

test('the policy of the page is strict, and the server says so', async () => {
    const answer = await fetch(stack.base);
    const policy = answer.headers.get('content-security-policy');
    for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"]) {
        assert.ok(policy.includes(part), `${part} in ${policy}`);
    }
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
});

test('when the server is away the page says so, waits longer each time, and recovers by itself', async () => {
    const { page, quiet } = await stack.open({ expected: [0, 502, 503, 504] });
    const rows = await page.locator('.job').count();
    await page.locator('.job').first().evaluate((el) => { el.marked = true; });
    await stack.command('stop');
    await page.locator('#url').fill('https://example.org/lost');
    await page.locator('#url').press('Enter');
    await reads(page.locator('#url-error'), /does not answer/);
    assert.equal(await page.locator('#url').inputValue(), 'https://example.org/lost', 'nothing typed is lost');
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await page.locator('#away').waitFor();
    await reads(page.locator('#away'), /does not answer\..*Trying again/s);
    await shot(page, 'away');
    assert.equal(await page.locator('.job').count(), rows, 'what was known stays');
    await reads(page.locator('#away-when'), /in [3-9]|in \d\d/);

    await stack.command('start');
    await page.getByRole('button', { name: 'Try now' }).click();
    await page.locator('#away').waitFor({ state: 'hidden' });
    assert.equal(await page.locator('.job').first().evaluate((el) => el.marked), true);
    assert.equal(await page.locator('#submit').isVisible(), true, 'still signed in');
    await quiet();
});

test('a page opened while the server is away comes up when it is back', async () => {
    const { page, quiet } = await stack.open({ expected: [0, 503] });
    let busy = true;
    await page.route('**/api/**', (route) => (busy
        ? route.fulfill({ status: 503, contentType: 'application/problem+json', path: new URL('../../www/errors/503.json', import.meta.url).pathname })
        : route.continue()));
    await page.reload();
    await reads(page.locator('#away-what'), /busy or being restarted/);
    assert.equal(await page.locator('#login').isVisible(), false, 'away is not signed out');
    busy = false;
    await page.locator('#submit').waitFor();
    await page.locator('#options').waitFor();
    await quiet();
});

test('the errors nginx gives itself are problem+json like all others', async () => {
    const answer = await fetch(`${stack.base}/api/jobs`, { method: 'POST', headers: { 'X-API-Key': stack.key, 'Content-Type': 'application/json' }, body: 'x'.repeat(10 << 20) })
        .catch((error) => error);
    if (answer instanceof Error) return;        /* the connection was closed while the body was still on its way */
    assert.equal(answer.status, 413);
    assert.match(answer.headers.get('content-type'), /application\/problem\+json/);
    assert.equal((await answer.json()).kind, 'too_large');
});
