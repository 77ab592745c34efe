/* The box: links and names together; looking first; what was found for a name, and the others; what comes from the cache. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, add, button, chip, overflow, PHONE, reads, rowOf, shot, Stack, until } from './stack.mjs';

const LIMIT_SECONDS = 420;      // read by tests/run
const CLIP = { modes: { clip: 2 } };
let stack;

before(async () => {
    stack = await Stack.start({ MAX_RETRIES: '1', RETRY_BASE_MS: '20', SOURCE_BUDGETS: '*=0', CACHE_DAYS: '30' }, { spotify: true });
    await stack.search('frontiers michael kievernagel', { each: CLIP, entries: [
        { id: 'covrcovr001', title: 'Frontiers (Piano Cover) <b>- Somebody Else', channel: 'Somebody Else' },
        { id: 'rightone001', title: 'Michael Kievernagel - Frontiers', channel: 'Michael Kievernagel - Topic' },
        { id: 'livelive001', title: 'Michael Kievernagel - Frontiers (Live in Berlin)', channel: 'Bootlegs' }] });
    await stack.playlist('PLlook000001', { title: 'A list to look at', each: CLIP, entries: [
        'okokoko0061', { id: 'okokoko0062', kind: 'private' }, 'okokoko0063', 'okokoko0064', { id: 'okokoko0065', kind: 'deleted' }] });
}, { timeout: LIMIT_SECONDS * 1000 });
after(async () => { if (stack) await stack.stop(); });

const LIST = 'https://www.youtube.com/playlist?list=PLlook000001';
const dialog = (page) => page.locator('#preview');
const jobs = async () => (await stack.api('GET', '/jobs?limit=200')).jobs;
const activeName = (page) => page.evaluate(() => (document.activeElement.getAttribute('aria-label') || document.activeElement.textContent || '').trim());

async function clean() {
    const ids = (await jobs()).map((job) => job.job_id);
    if (ids.length) await stack.api('POST', '/jobs/actions', { ids, action: 'delete' });
}

test('the box says what it takes its lines for, and sends links together and names one by one', async () => {
    const { page, quiet } = await stack.open({ expected: [422] });
    const means = page.locator('#url-means'), primary = page.locator('#submit .primary');
    await page.locator('#url').fill('Frontiers Michael Kievernagel');
    await reads(means, /^Looks for: Frontiers Michael Kievernagel$/);
    await reads(primary, /^Find and add$/);
    assert.equal(await page.locator('#meant').isVisible(), false, 'a name is no list');
    await page.locator('#url').press('Shift+Enter');
    await page.keyboard.type(stack.watch('frontiers', { clip: 3, title: 'First' }));
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type(stack.watch('machine_wars', { clip: 3, title: 'Second' }));
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('http://10.0.0.1/x');
    await reads(means, /^3 links; looks for: Frontiers/);
    await reads(primary, /^Add 4$/);
    assert.equal(await page.getByLabel('At most').isVisible(), true);
    await accessible(page, 'box');
    await shot(page, 'box');
    await page.keyboard.press('Enter');
    await reads(page.locator('#url-told'), /^3 added, 1 refused$/);
    await reads(page.locator('#refused'), /^http:\/\/10\.0\.0\.1\/x: \S.*\.$/);
    assert.equal(await page.locator('#url').inputValue(), 'http://10.0.0.1/x', 'what is refused stays');
    await shot(page, 'box-refused');
    await until(async () => (await jobs()).filter((job) => job.state === 'done').length === 3, 'three jobs');
    assert.deepEqual((await jobs()).map((job) => Boolean(job.search_query)).sort(), [false, false, true]);
    await quiet();
    await clean();
});

test('links that mean the same become one job, and the box says so', async () => {
    const { page, quiet } = await stack.open();
    const url = await stack.youtube('samesame001', CLIP);
    await page.locator('#url').fill(`${url}\nhttps://youtu.be/samesame001?si=x`);
    await page.locator('#url').press('Enter');
    await reads(page.locator('#url-told'), /^1 added, 1 the same again$/);
    assert.equal(await page.locator('#url').inputValue(), '');
    assert.equal((await jobs()).length, 1);
    await until(async () => (await jobs())[0].state === 'done', 'the job');
    await quiet();
    await clean();
});

test('how much of a link is meant is chosen beside it', async () => {
    const { page, quiet } = await stack.open();
    await page.locator('#url').fill(LIST);
    await page.getByLabel('Download', { exact: true }).selectOption({ label: 'The whole list' });
    await page.getByLabel('At most').fill('1');
    const row = await add(page, LIST);
    await reads(row.locator('.job-meta').first(), /1 of 1/);
    const [job] = await jobs();
    const { options } = await stack.api('GET', `/jobs/${job.job_id}`);
    assert.deepEqual([options.download_type, options.max_items], ['playlist', 1]);
    await quiet();
    await clean();
});

test('looking first shows a track, and gets it', async () => {
    const url = await stack.youtube('preview0001', { name: 'frontiers', title: 'A <i>song</i> to look at', ...CLIP });
    const { page, quiet } = await stack.open();
    await page.locator('#url').fill(url);
    await page.locator('#look').click();
    await reads(page.locator('#preview-wait-text'), /Waiting for a worker|Asking the source/);
    await shot(page, 'look-waiting');
    await reads(page.locator('#preview-title'), /^A <i>song<\/i> to look at$/);
    await reads(page.locator('#preview-by'), /0:02/);
    await until(() => page.locator('#preview-cover').evaluate((img) => img.complete && img.naturalWidth > 0), 'its cover');
    await accessible(page, 'look');
    await shot(page, 'look-track');
    assert.equal((await jobs()).length, 0, 'nothing is submitted yet');
    await page.locator('#preview-get').click();
    await until(async () => !(await dialog(page).isVisible()), 'the dialog to close');
    await reads(page.locator('#url-told'), /^Added: A <i>song/);
    assert.equal(await page.locator('#url').inputValue(), '');
    await reads(chip(page.locator('.job').first()), /Done/);
    await quiet();
    await clean();
});

test('of a list some are chosen and got, without a mouse', async () => {
    const { page, quiet } = await stack.open();
    await page.locator('#url').focus();
    await page.keyboard.type(LIST);
    await page.keyboard.press('Tab');
    assert.equal(await activeName(page), 'Look first');
    await page.keyboard.press('Enter');
    await reads(page.locator('#preview-title'), /^A list to look at$/);
    const entries = page.locator('.entry');
    await until(async () => await entries.count() === 5, 'five entries');
    await reads(entries.nth(1), /2.*private/is);
    assert.equal(await entries.nth(1).locator('input').isDisabled(), true);
    await reads(page.locator('#preview-sum'), /^3 of 3 selected, 0:06, 2 cannot be had$/);
    await reads(page.locator('#preview-get'), /^Get all 3$/);
    await accessible(page, 'look at a list');
    await shot(page, 'look-list');
    /* The first entry has the focus. */
    await page.keyboard.press('Space');
    await reads(page.locator('#preview-sum'), /^2 of 3 selected, 0:04/);
    assert.equal(await page.locator('#preview-all').evaluate((el) => el.indeterminate), true);
    await page.keyboard.press('Shift+ArrowDown');
    await reads(page.locator('#preview-get'), /^Get selected \(1\)$/);
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Space');
    await reads(page.locator('#preview-get'), /^Get selected \(2\)$/);
    await page.locator('#preview-get').focus();
    await page.keyboard.press('Enter');
    await until(async () => !(await dialog(page).isVisible()), 'the dialog to close');
    await reads(page.locator('#url-told'), /^2 tracks added\.$/);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'url');
    assert.deepEqual((await jobs()).map((job) => job.url.slice(-11)).sort(), ['okokoko0061', 'okokoko0064']);

    /* Escape leaves, and the focus is where it was. */
    await page.keyboard.type(LIST);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('.entry').first().waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await dialog(page).isVisible(), false);
    assert.equal(await activeName(page), 'Look first');
    assert.equal(await page.locator('#url').inputValue(), LIST);
    await quiet();
    await clean();
});

test('all of a list is the list itself; a click with Shift marks a range; none is nothing', async () => {
    const { page, quiet } = await stack.open();
    await page.locator('#url').fill(LIST);
    await page.locator('#look').click();
    const box = (n) => page.locator('.entry input:not([disabled])').nth(n);
    await box(0).click();
    await box(2).click({ modifiers: ['Shift'] });
    await reads(page.locator('#preview-get'), /^Nothing is selected$/);
    assert.equal(await page.locator('#preview-get').getAttribute('aria-disabled'), 'true');
    await page.locator('#preview-all').check();
    await page.getByRole('button', { name: 'Get all 3' }).click();
    await until(async () => !(await dialog(page).isVisible()), 'the dialog to close');
    const [job, ...others] = await jobs();
    assert.equal(others.length, 0);
    assert.equal(job.url, LIST);
    await quiet();
    await clean();
});

test('what cannot be had says so before it is submitted; another look forgets the first', async () => {
    const { page, quiet } = await stack.open({ expected: [422] });
    await page.locator('#url').fill('https://www.youtube.com/watch?v=private0001');
    await page.locator('#look').click();
    await reads(page.locator('#preview-problem'), /private.*cookies/is);
    assert.equal(await page.locator('#preview-get').isVisible(), false);
    await shot(page, 'look-failed');
    await page.getByRole('button', { name: 'Close', exact: true }).last().click();
    await page.locator('#url').fill('http://10.0.0.1/x');
    await page.locator('#look').click();
    await reads(page.locator('#preview-problem'), /\w+.*\./);
    await page.keyboard.press('Escape');
    await page.locator('#url').fill('one\ntwo');
    await page.locator('#look').click();
    await reads(page.locator('#url-error'), /One link or name at a time/);
    await quiet();
});

test('what was found for a name shows its score and the others, and another can be taken', async () => {
    const { page, quiet } = await stack.open();
    await page.locator('#url').fill('Frontiers Michael Kievernagel');
    await page.locator('#look').click();
    await reads(page.locator('#preview-match'), /\d+ of 100.*Frontiers Michael Kievernagel - Topic.*2 other results/s);
    await page.locator('#preview-match summary').click();
    await shot(page, 'look-search');
    await page.getByRole('button', { name: /^Take this one instead: .*Piano Cover/ }).click();
    await reads(page.locator('#preview-match'), /Added\./);
    await page.keyboard.press('Escape');
    await until(async () => (await jobs()).some((job) => job.url?.endsWith('covrcovr001')), 'the cover');

    const row = await add(page, 'Frontiers Michael Kievernagel');
    await reads(chip(row), /Done/);
    await reads(row.locator('.job-meta').first(), /fits \d+ of 100/);
    assert.match(await row.getByText(/^fits \d+ of 100$/).getAttribute('title'), /How well this recording fits/);
    await button(row, 'Details').click();
    const match = row.locator('.match');
    await reads(match, /Looked for: Frontiers Michael Kievernagel.*\d+ of 100.*Frontiers Michael Kievernagel - Topic/s);
    assert.match(await match.locator('.match-taken .score').getAttribute('title'), /title \d+, artist \d+.*70 are needed/);
    await match.locator('summary').click();
    assert.equal(await match.locator('.candidate').count(), 2);
    assert.equal(await match.locator('.candidate b').count(), 0);
    assert.match(await match.locator('.candidate a').first().getAttribute('href'), /^https:\/\/www\.youtube\.com\/watch\?v=livelive001|covrcovr001/);
    await accessible(page, 'match');
    assert.deepEqual(await overflow(page), []);
    await shot(page, 'match', { fullPage: true });
    await match.getByRole('button', { name: /^Take this one instead: .*Live in Berlin/ }).click();
    await reads(match, /Added at the top of the list/);
    await until(async () => (await jobs()).some((job) => job.url?.endsWith('livelive001')), 'the other one');
    await quiet();
    await clean();
});

const NOT_IT = [{ id: 'nearmiss001', title: 'Moonlit <b>Garden', channel: 'Gardeners', duration: 187 }, { id: 'nearmiss002', title: 'How to paint a fence', channel: 'Tools' }];

test('where nothing fits, what was found is offered, and taken with the options and in the session of the job', async () => {
    await stack.search('moonlit harbour nobody knows', { each: CLIP, entries: NOT_IT });
    const { page, quiet } = await stack.open();
    const { session_uuid: session } = await stack.api('POST', '/sessions', { label: 'choosy' });
    const answer = await fetch(`${stack.base}/api/jobs`, {
        method: 'POST', headers: { 'X-API-Key': stack.key, 'X-Session-ID': session, 'Content-Type': 'application/json' },
        body: JSON.stringify({ search_query: 'Moonlit Harbour Nobody Knows', bitrate_kbps: 192, metadata: { genre: 'Dub' } }),
    });
    const row = rowOf(page, (await answer.json()).job_id);
    await reads(chip(row), /Failed/);
    await reads(row.locator('.job-meta').first(), /fits \d+ of 100/);
    assert.match(await row.getByText(/^fits \d+ of 100$/).getAttribute('title'), /the best of what was found/);
    await reads(row.locator('.job-error'), /No result fits well enough/);
    await reads(row.locator('.job-error'), /Say artist and title/);
    await shot(page, 'nothing-fits-row');

    await button(row, 'See what was found').click();
    await reads(row.locator('.match'), /Found, but nothing fits well enough.*Looked for: Moonlit Harbour.*70 of 100 points.*2 results/s);
    await until(() => row.locator('.match h4').evaluate((el) => el === document.activeElement), 'the focus on what was found');
    const [first] = await row.locator('.candidate').all();
    await reads(first, /\d+\s*Moonlit <b>Garden\s*Gardeners, 3:07\s*Take this one/s);
    assert.match(await first.locator('.score').getAttribute('title'), /title \d+, artist \d+/);
    assert.equal(await row.locator('.candidate').count(), 2);
    assert.equal(await row.locator('.match-taken').isVisible(), false);
    await accessible(page, 'nothing fits');
    assert.deepEqual(await overflow(page), []);
    await shot(page, 'nothing-fits', { fullPage: true });
    await row.locator('.match summary').click();
    await button(row, 'Retry').click();
    await reads(row.locator('.timeline'), /Asked to try again/);
    await reads(chip(row), /Failed/);
    await reads(row.locator('.match'), /nothing fits/);
    assert.equal(await row.locator('.match details').evaluate((el) => el.open), false, 'closed stays closed');
    await row.locator('.match summary').click();

    await page.keyboard.press('Tab');
    await until(() => page.evaluate(() => document.activeElement.tagName === 'A'), 'its link');
    await page.keyboard.press('Tab');
    assert.equal(await activeName(page), 'Take this one: Moonlit <b>Garden');
    await page.keyboard.press('Enter');
    await reads(first, /Added at the top of the list/);
    const other = await until(async () => (await jobs()).find((job) => job.url?.endsWith('nearmiss001') && job.state === 'done'), 'the other one');
    assert.equal(other.session_uuid, session);
    const { options } = await stack.api('GET', `/jobs/${other.job_id}`);
    assert.deepEqual([options.bitrate_kbps, options.metadata.genre, options.metadata.title], [192, 'Dub', '']);
    await quiet();
    await stack.api('DELETE', `/sessions/${session}`);
    await clean();
});

for (const [name, context] of [['light-desk', { colorScheme: 'light' }], ['dark-phone', { colorScheme: 'dark', ...PHONE }]]) {
    test(`what was found instead of a song of an album can be chosen, with the song's words: ${name}`, async () => {
        for (const [number, entries] of [[0, NOT_IT], [1, NOT_IT], [2, []]]) await stack.search(`die ersten song ${number}`, { each: CLIP, entries });
        const { page, quiet } = await stack.open(context);
        const row = await add(page, `https://open.spotify.com/album/A${'3'.padStart(21, '0')}`);
        await reads(chip(row), /Failed|Done with errors/);
        await button(row, 'Details').click();
        const first = row.locator('.item').first();
        await reads(first, /fits \d+ of 100.*No result fits well enough/s);
        assert.equal(await button(row.locator('.item').nth(2), 'See what was found').isVisible(), false, 'nothing was');
        await button(first, 'See what was found').click();
        await reads(first.locator('.match'), /Looked for: .*Song 0.*2 results/s);
        await accessible(page, 'an album');
        assert.deepEqual(await overflow(page), []);
        await shot(page, `nothing-fits-album-${name}`, { fullPage: true });
        await first.getByRole('button', { name: /^Take this one: Moonlit/ }).click();
        const other = await until(async () => (await jobs()).find((job) => job.url?.endsWith('nearmiss001') && job.state === 'done'), 'the other one');
        assert.equal(other.title, 'Song 0');
        const { options, is_list: isList } = await stack.api('GET', `/jobs/${other.job_id}`);
        assert.deepEqual([options.metadata.album, options.metadata.track_number, isList], ['Album 3', 1, false]);
        await quiet();
        await clean();
    });
}

test('Spotify is found elsewhere, keeps its words, and so does what is taken instead', async () => {
    const artists = 'Die Ersten, Zweite & Söhne';
    await stack.search('die ersten song 5', { each: CLIP, entries: [
        { id: 'cover000005', title: 'Song 5 (Cover by Nobody)', channel: 'Nobody', duration: 181 },
        { id: 'right000005', title: `${artists} - Song 5`, channel: 'Die Ersten - Topic', duration: 180 }] });
    const { page, quiet } = await stack.open();
    const row = await add(page, `https://open.spotify.com/track/T${'5'.padStart(21, '0')}`);
    await reads(chip(row), /Done/);
    await reads(row.locator('.job-title'), /^Song 5$/);
    await button(row, 'Details').click();
    await reads(row.locator('.match'), /Looked for: Die Ersten.*Song 5.*of 100/s);
    await row.locator('.match summary').click();
    await row.getByRole('button', { name: /Take this one instead/ }).first().click();
    await until(async () => (await jobs()).some((job) => job.url?.endsWith('cover000005') && job.state === 'done'), 'the other one');
    const other = (await jobs()).find((job) => job.url?.endsWith('cover000005'));
    assert.deepEqual([other.title, other.artist], ['Song 5', artists]);
    await quiet();
    await clean();
});

test('what comes from the cache is marked', async () => {
    const url = stack.watch('frontiers', { clip: 4, title: 'Twice' });
    const first = await stack.finish(url);
    await stack.api('DELETE', `/jobs/${first.job_id}`).catch(() => {});
    const again = await stack.finish(url);
    const third = await stack.api('POST', '/jobs', { url });
    const { page, quiet } = await stack.open();
    await page.locator('.job').first().waitFor();
    const cached = (await jobs()).filter((job) => job.cached);
    assert.ok(cached.length, `one of them is cached: ${JSON.stringify([again.cached, third.cached])}`);
    assert.equal(await page.locator('.job-row .mark:visible').count(), cached.length);
    await reads(page.locator('.job-row .mark:visible').first(), /^from cache$/);
    await shot(page, 'cached');
    await quiet();
    await clean();
});

for (const [name, context] of [['light-desk', { colorScheme: 'light' }], ['dark-desk', { colorScheme: 'dark' }], ['light-phone', { colorScheme: 'light', ...PHONE }], ['dark-phone', { colorScheme: 'dark', ...PHONE }]]) {
    test(`the box and a look fit and are accessible: ${name}`, async () => {
        const { page, quiet } = await stack.open(context);
        await page.locator('#url').fill(`${LIST}\n${'W'.repeat(120)}\nA song`);
        assert.deepEqual(await overflow(page), []);
        await accessible(page, name);
        await shot(page, `box-${name}`);
        await page.locator('#url').fill(LIST);
        await page.locator('#look').click();
        await until(async () => await page.locator('.entry').count() === 5, 'five entries');
        assert.deepEqual(await overflow(page), []);
        await accessible(page, name);
        await shot(page, `look-${name}`);
        await quiet();
    });
}
