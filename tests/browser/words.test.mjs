/* How numbers, times and states read; pure functions of www/words.js. */

import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import test from 'node:test';

/* Node 18 would take a .js file outside a package for CommonJS. */
const source = await fs.readFile(new URL('../../www/words.js', import.meta.url));
const words = await import(`data:text/javascript;base64,${source.toString('base64')}`);

const table = (name, fn, cases) => test(name, () => {
    for (const [args, want] of cases) assert.equal(fn(...[].concat(args)), want, JSON.stringify(args));
});

table('bytes keep three digits and one unit', words.bytes, [
    [0, '0 B'], [999, '999 B'], [1000, '1 kB'], [999499, '999 kB'], [999600, '1.0 MB'], [12400000, '12.4 MB'],
    [104000000, '104 MB'], [8.6e9, '8.6 GB'], [[null], ''], [[undefined], ''], [NaN, ''],
]);
table('a transfer without a known total shows what has arrived', words.transferred, [
    [[12400000, 31000000], '12.4 MB of 31.0 MB'], [[12400000, null], '12.4 MB'], [[null, 31000000], ''], [[0, 0], '0 B'],
]);
table('lengths read like a clock', words.clock, [
    [0, '0:00'], [59.6, '1:00'], [187, '3:07'], [3765, '1:02:45'], [3599.7, '1:00:00'], [[null], ''], [-1, ''],
]);
table('durations read like a sentence', words.span, [
    [0.42, '0.4 s'], [12.3, '12 s'], [180, '3 min'], [4800, '80 min'], [7200, '2 h'], [8400, '2 h 20 min'], [[null], ''],
]);
table('what is left is never "0 s"', words.left, [[0, '1 s left'], [9, '9 s left'], [61, '61 s left'], [[null], '']]);
table('speed needs to be one', words.rate, [[2100000, '2.1 MB/s'], [0, ''], [[null], '']]);
table('decibels carry a real minus', words.decibel, [[-14, '\u221214.0'], [-0.04, '0.0'], [[5.83, true], '+5.8'], [[null], '–']]);
table('names of options become labels', words.sentence, [
    ['loudness_target_lufs', 'Loudness target (LUFS)'], ['quality', 'Quality'], ['bitrate_kbps', 'Bitrate (kbit/s)'],
]);
table('options read as settings', words.setting, [
    [['bitrate_kbps', 320], 'Bitrate 320 kbit/s'], [['loudness_target_lufs', -14], 'Loudness target \u221214 LUFS'], [['embed_cover', false], 'Embed cover off'],
]);
table('addresses are shown bare', words.bare, [['https://www.youtube.com/watch?v=x', 'youtube.com/watch?v=x'], ['http://a.example/', 'a.example'], [[null], '']]);

table('what a job waits for becomes a sentence', words.waiting, [
    ['its turn', 'Waiting for its turn.'], ['The disk is full.', 'The disk is full.'], [[null], ''],
]);
test('a time inside becomes local, and a countdown while one would wait for it', () => {
    const now = Date.parse('2026-11-20T12:00:00.000Z');
    const says = (text, until) => words.waiting(text, until, now);
    assert.equal(says('another attempt at 2026-11-20T12:00:25.000Z', '2026-11-20T12:00:25.000Z'), 'Waiting for another attempt in 25 s.');
    assert.equal(says('another attempt at 2026-11-20T11:59:59.000Z'), 'Waiting for another attempt any moment now.');
    assert.match(says('another attempt at 2026-11-20T15:00:00.000Z'), /^Waiting for another attempt at [^(]*\d+:\d\d[^(]* \(in 3 h\)\.$/);
    assert.match(says('youtube to rest until 2026-11-20T12:04:00.000Z: it limits this server'), /^Waiting for youtube to rest until [^(]*\d+:\d\d[^(]* \(in 4 min\): it limits this server\.$/);
    assert.match(says('its time, 2026-12-24T18:00:00.000Z'), /^Waiting for its time, .*24.* \(in 34 days\)\.$/);
    assert.equal(says('its turn', '2026-11-20T12:01:00.000Z'), 'Waiting for its turn, in 60 s.');
    assert.equal(words.ahead('2026-11-20T12:20:00.000Z', now), 'in 20 min');
    assert.equal(words.ahead('not a time', now), '');
    assert.equal(words.enumerate(['a', 'b', 'c', 'd']), 'a; b; and 2 more');
});
table('clauses become sentences', words.full, [['not so', 'Not so.'], ['Why?', 'Why?'], ['', '']]);
table('a stream is described in a few words', words.stream, [
    [{ codec: 'opus', bit_rate_bps: 127800, sample_rate_hz: 48000, channels: 2 }, 'Opus, 128 kbit/s, 48 kHz, stereo'],
    [{ codec: 'mp3', bitrate_kbps: 320, sample_rate_hz: 44100, channels: 1 }, 'MP3, 320 kbit/s, 44.1 kHz, mono'],
    [{ codec: 'xyz', bit_rate_bps: null }, 'xyz'], [[null], ''],
]);

test('a running job is named by its stage, any other by its status', () => {
    assert.equal(words.statusWord({ state: 'running', stage: 'master', status: 'extracting_audio' }), 'Mastering');
    assert.equal(words.statusWord({ state: 'running', stage: null, status: 'pending' }), 'Starting');
    assert.equal(words.statusWord({ state: 'queued', stage: null, status: 'pending' }), 'Queued');
    assert.equal(words.statusWord({ state: 'done', stage: 'store', status: 'completed' }), 'Done');
    assert.equal(words.statusWord({ state: 'done', stage: null, status: 'something_new' }), 'Something new');
});

test('ages', () => {
    const now = Date.parse('2026-11-20T12:00:00.000Z');
    const at = (iso) => words.age(iso, now);
    assert.equal(at('2026-11-20T11:59:50.000Z'), 'just now');
    assert.equal(at('2026-11-20T12:00:30.000Z'), 'just now');      /* a clock that runs ahead */
    assert.equal(at('2026-11-20T11:57:00.000Z'), '3 min ago');
    assert.equal(at('2026-11-20T07:00:00.000Z'), '5 h ago');
    assert.equal(at('2026-11-17T12:00:00.000Z'), '3 days ago');
    assert.equal(at('not a time'), '');
});
