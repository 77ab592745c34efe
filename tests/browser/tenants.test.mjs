/* Who may be downloaded, and who downloads: the whitelist, what it refuses and how that is allowed, and sessions. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, add, button, chip, overflow, PHONE, reads, rowOf, shot, Stack, until } from './stack.mjs';

const LIMIT_SECONDS = 300;      // read by tests/run
const CLIP = { modes: { clip: 2 } };
let stack;

before(async () => { stack = await Stack.start({ MAX_RETRIES: '1', RETRY_BASE_MS: '20', SOURCE_BUDGETS: '*=0' }); }, { timeout: LIMIT_SECONDS * 1000 });
after(async () => { if (stack) await stack.stop(); });

const entries = async () => (await stack.api('GET', '/whitelist')).entries;
const open = async (page, name) => {
    await page.getByRole('button', { name, exact: true }).click();
    await page.locator(`#${name.toLowerCase()}-body`).waitFor();
};
const by = (handle, name) => ({ ...CLIP, name: 'frontiers', extra: { channel: name, uploader: name, channel_id: null, channel_url: null, uploader_id: handle, uploader_url: `https://www.youtube.com/${handle}` } });

async function clean() {
    const { jobs } = await stack.api('GET', '/jobs?limit=200');
    if (jobs.length) await stack.api('POST', '/jobs/actions', { ids: jobs.map((job) => job.job_id), action: 'delete' });
    for (const entry of await entries()) await stack.api('DELETE', `/whitelist/${entry.id}`);
    await stack.api('PUT', '/whitelist', { enabled: null });
}

test('the whitelist is switched on and off, and says who decided', async () => {
    const { page, quiet } = await stack.open();
    await reads(page.locator('#whitelist-sum'), /^off, 0 entries$/);
    await open(page, 'Whitelist');
    await reads(page.locator('#whitelist-who'), /^By default: on unless nobody but this machine/);
    await page.getByRole('switch').check();
    await reads(page.locator('#whitelist-sum'), /^on, 0 entries$/);
    await reads(page.locator('#whitelist-who'), /^Switched here, .*Nothing is allowed yet: every link is refused\.$/);
    assert.equal((await stack.api('GET', '/whitelist')).enabled, true);
    await button(page, 'Leave it to the settings').click();
    await reads(page.locator('#whitelist-sum'), /^off/);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'whitelist-on');
    await quiet();
    await clean();
});

test('channels are added by handle, address and id, noted, removed and put back', async () => {
    const { page, quiet } = await stack.open({ expected: [422] });
    await open(page, 'Whitelist');
    const channel = page.getByLabel('Channel: handle, address or id');
    await channel.fill('https://www.youtube.com/@fishermusic');
    await page.locator('#whitelist-note').fill('ours <b>');
    await page.keyboard.press('Enter');
    await reads(page.locator('#whitelist-told'), /\(YouTube\) is allowed now\.$/);
    const lines = page.locator('#whitelist-entries .line');
    await until(async () => await lines.count() === 1, 'the entry');
    assert.equal(await lines.first().locator('.line-note').inputValue(), 'ours <b>');
    await channel.fill('fisher');
    await page.getByLabel('Platform').selectOption('soundcloud');
    await button(page, 'Allow').click();
    await until(async () => await lines.count() === 2, 'the second');
    await page.getByLabel('Platform').selectOption('');
    await channel.fill('what is this');
    await page.keyboard.press('Enter');
    await reads(page.locator('#whitelist-problem'), /\w+/);
    assert.equal(await channel.getAttribute('aria-invalid'), 'true');
    await channel.fill('');

    const note = lines.first().locator('.line-note');
    await note.fill('a better note');
    await note.press('Enter');
    await until(async () => (await entries()).some((entry) => entry.note === 'a better note'), 'the note to be kept');
    await shot(page, 'whitelist');
    await accessible(page, 'whitelist');
    await button(lines.first(), 'Remove fisher').click();
    await reads(page.locator('#whitelist-told'), /^fisher is not allowed any more\.$/);
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Undo');
    await until(async () => await lines.count() === 1, 'it to go');
    await page.keyboard.press('Enter');
    await reads(page.locator('#whitelist-told'), /^fisher is back\.$/);
    await until(async () => (await entries()).some((entry) => entry.channel === 'fisher' && entry.note === 'a better note'), 'it to be back');
    await quiet();
    await clean();
});

test('what is refused can be allowed where it says so: a submission, a job, a track of a list', async () => {
    await stack.api('PUT', '/whitelist', { enabled: true });
    const { page, quiet } = await stack.open({ expected: [403] });
    /* The link itself tells whose it is: refused at once. */
    await stack.set('/soundcloud/fisher/one', { name: 'frontiers', ...CLIP });
    await page.locator('#url').fill('https://soundcloud.com/fisher/one');
    await page.locator('#url').press('Enter');
    await reads(page.locator('#url-error'), /channel fisher of soundcloud is not on the whitelist/i);
    await shot(page, 'allow-submit');
    await accessible(page, 'refused');
    await page.getByRole('button', { name: 'Allow fisher' }).click();
    await reads(page.locator('#url-allow'), /fisher is on the whitelist now\./);
    const row = page.locator('.job').first();
    await reads(chip(row), /Done/);
    await clean();

    /* A video tells it on its page: the job fails, and its row offers it. */
    await stack.api('PUT', '/whitelist', { enabled: true });
    await stack.api('POST', '/whitelist', { platform: 'youtube', channel: '@somebodyelse' });
    const url = await stack.youtube('whitelis001', by('@fishertest', 'Fisher "Test" <b>'));
    const { job_id: id } = await stack.api('POST', '/jobs', { url });
    const refused = rowOf(page, id);
    await reads(refused.locator('.job-error'), /is not on the whitelist\. Add the channel/);
    const allow = refused.getByRole('button', { name: /^Allow Fisher/ });
    await shot(page, 'allow-job');
    await allow.focus();
    await page.keyboard.press('Enter');
    await reads(refused.locator('.allow'), /Fisher "Test" <b> is on the whitelist now\. Trying again\./);
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Undo');
    await reads(chip(refused), /Done/);
    await reads(refused.locator('.allow'), /is on the whitelist now/, 'what was done stays to be read');
    await shot(page, 'allow-done');
    await button(refused, 'Undo').click();
    await reads(refused.locator('.allow'), /is off the whitelist again\./);
    assert.equal((await entries()).some((entry) => entry.channel === '@fishertest'), false);

    /* In a list: one of its tracks. */
    await stack.youtube('whitelis002', by('@somebodyelse', 'Somebody Else'));
    await stack.youtube('whitelis003', by('@thirdone', 'The Third'));
    const list = await stack.playlist('PLwhite00001', { title: 'Two of them', entries: ['whitelis002', 'whitelis003'] });
    const { job_id: listId } = await stack.api('POST', '/jobs', { url: list });
    const of = rowOf(page, listId);
    await button(of, 'Details').click();
    await reads(chip(of), /Done with errors|Failed/);
    const track = of.locator('.item', { hasText: 'is not on the whitelist' }).first();
    await track.getByRole('button', { name: /^Allow / }).click();
    await reads(track.locator('.allow'), /is on the whitelist now\. Trying again\./);
    await reads(chip(of), /^Done/);
    await quiet();
    await clean();
});

test('a look is refused and allowed as well', async () => {
    await stack.api('PUT', '/whitelist', { enabled: true });
    await stack.set('/soundcloud/angler/two', { name: 'machine_wars', ...CLIP });
    const { page, quiet } = await stack.open({ expected: [403] });
    await page.locator('#url').fill('https://soundcloud.com/angler/two');
    await page.locator('#look').click();
    await reads(page.locator('#preview-problem'), /whitelist/);
    await accessible(page, 'refused look');
    await shot(page, 'allow-look');
    const allow = page.locator('#preview-allow').getByRole('button', { name: /^Allow/ });
    if (await allow.isVisible()) {
        await allow.click();
        await reads(page.locator('#preview-title'), /Machine Wars/);
    }
    await page.keyboard.press('Escape');
    await quiet();
    await clean();
});

test('sessions are listed with jobs, limits and end; their jobs are shown alone; ending one asks first', async () => {
    const mine = await stack.api('POST', '/sessions', { label: 'guest <i>one', max_jobs: 3, expires_in_seconds: 3000, limits: { max_items: 20, max_duration_seconds: 600 } });
    await stack.api('POST', '/sessions', { label: 'empty' });
    const inside = await fetch(`${stack.base}/api/jobs`, {
        method: 'POST', headers: { 'X-API-Key': stack.key, 'X-Session-ID': mine.session_uuid, 'Content-Type': 'application/json' }, body: JSON.stringify({ url: stack.watch('frontiers', { clip: 3, title: 'In it' }) }),
    });
    assert.equal(inside.status, 201);
    const { page, quiet } = await stack.open();
    await add(page, stack.watch('machine_wars', { clip: 3, title: 'Outside' }));
    await reads(page.locator('#sessions-sum'), /^2 active$/);
    await open(page, 'Sessions');
    const lines = page.locator('#sessions-list .line'), guest = lines.filter({ hasText: 'guest <i>one' });
    await reads(guest, /1 of 3 jobs.*At most 20 entries of a list, 10 min and/s);
    await reads(guest, /ends in (50|49) min/);
    await accessible(page, 'sessions');
    await shot(page, 'sessions');

    await button(guest, 'Show its jobs: guest <i>one').click();
    await reads(page.locator('#session-box'), /^of guest <i>one/);
    await until(async () => await page.locator('.job').count() === 1, 'its jobs alone');
    await reads(page.locator('.job-title').first(), /In it/);
    await page.locator('#filters').getByRole('button', { name: /^Failed/ }).click();
    await reads(page.locator('#none'), /^None of this session\.$/);
    await page.locator('#filters').getByRole('button', { name: /^All/ }).click();
    await page.getByRole('button', { name: 'Show the tracks of all' }).click();
    await until(async () => await page.locator('.job').count() === 2, 'all jobs again');

    await button(guest, 'End guest <i>one').click();
    await reads(guest.locator('.confirm'), /^End guest <i>one, and delete its job with all files\?/);
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Keep');
    await page.keyboard.press('Escape');
    assert.equal(await guest.locator('.confirm').isVisible(), false);
    await button(guest, 'End guest <i>one').click();
    await guest.getByRole('button', { name: 'End it' }).click();
    await reads(page.locator('#sessions-sum'), /^1 active$/);
    await reads(guest, /ended just now/);
    assert.equal(await button(guest, 'Show its jobs: guest <i>one').isVisible(), false, 'they went with it');
    await until(async () => await page.locator('.job').count() === 1, 'its job to go');
    await quiet();
    await clean();
});

test('a session is opened by the form; its id is shown once, to copy; what is refused is said at its field', async () => {
    const { page, quiet } = await stack.open({ expected: [422], permissions: ['clipboard-read', 'clipboard-write'] });
    await open(page, 'Sessions');
    const field = (name) => page.locator('#sessions-add').getByLabel(name, { exact: true });
    await field('Name').fill('guest <b>two');
    await field('Jobs').fill('0');
    await field('Hours').fill('9000');
    await field('Jobs').press('Enter');
    await reads(page.locator('#sessions-problem'), /Jobs: has to be a whole number from 1 to 10/);
    await reads(page.locator('#sessions-problem'), /Hours: has to be more than 0 and at most 24/);
    assert.equal(await field('Jobs').getAttribute('aria-invalid'), 'true');
    assert.equal(await field('Hours').getAttribute('aria-invalid'), 'true');
    assert.equal(await field('Jobs').evaluate((el) => el === document.activeElement), true);
    assert.equal(await field('Name').inputValue(), 'guest <b>two', 'nothing typed is lost');
    await shot(page, 'session-refused');

    await field('Jobs').fill('3');
    await field('Hours').fill('1.5');
    await field('Minutes each').fill('10');
    await page.getByRole('button', { name: 'Open a session' }).click();
    const opened = page.locator('#sessions-opened');
    await reads(opened, /guest <b>two is open until .*shown this once/s);
    await until(() => page.evaluate(() => document.activeElement.textContent === 'Copy'), 'the focus on Copy');
    await accessible(page, 'an open session');
    assert.deepEqual(await overflow(page), []);
    await shot(page, 'session-opened');
    await page.keyboard.press('Enter');
    await reads(opened, /Copied/);
    const id = await page.locator('#sessions-id').textContent();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), id);
    const session = await stack.api('GET', `/sessions/${id}`);
    assert.deepEqual([session.label, session.max_jobs, session.limits.max_duration_seconds], ['guest <b>two', 3, 600]);
    assert.equal(Math.round((Date.parse(session.expires_at) - Date.parse(session.created_at)) / 60000), 90);
    assert.equal(await field('Name').inputValue(), '');

    await page.getByRole('button', { name: 'Done', exact: true }).click();
    assert.equal(await opened.isVisible(), false);
    assert.equal((await page.content()).includes(id), false, 'nowhere else');
    const line = page.locator('#sessions-list .line').filter({ hasText: 'guest <b>two' });
    await button(line, 'End guest <b>two').click();
    await line.getByRole('button', { name: 'End it' }).click();
    await until(async () => (await stack.api('GET', `/sessions/${id}`)).is_active === false, 'its end');
    await quiet();
});

for (const [name, context] of [['light-desk', { colorScheme: 'light' }], ['dark-desk', { colorScheme: 'dark' }], ['light-phone', { colorScheme: 'light', ...PHONE }], ['dark-phone', { colorScheme: 'dark', ...PHONE }]]) {
    test(`the panels fit and are accessible: ${name}`, async () => {
        await stack.api('POST', '/whitelist', { channel: 'https://www.youtube.com/@fishermusic', note: 'what we may' });
        await stack.api('POST', '/whitelist', { platform: 'generic', channel: `${'very-long-'.repeat(5)}.example.org`, note: '' });
        await stack.api('POST', '/sessions', { label: `guest ${'W'.repeat(60)}` });
        const { page, quiet } = await stack.open(context);
        await open(page, 'Whitelist');
        await open(page, 'Sessions');
        await page.locator('#whitelist-entries .line').nth(1).waitFor();
        await page.locator('#sessions-list .line').first().waitFor();
        await page.locator('#sessions-list .line').first().getByRole('button', { name: /^End/ }).click();
        assert.deepEqual(await overflow(page), []);
        await accessible(page, name);
        await shot(page, `panels-${name}`, { fullPage: true });
        await quiet();
    });
}
