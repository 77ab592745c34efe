/* What the box takes a line for; pure functions of www/lines.js and www/words.js. */

import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import test from 'node:test';

/* Node 18 would take a .js file outside a package for CommonJS. */
const load = async (name) => import(`data:text/javascript;base64,${(await fs.readFile(new URL(`../../www/${name}.js`, import.meta.url))).toString('base64')}`);
const { readLines } = await load('lines');
const words = await load('words');

const link = (value) => ({ kind: 'link', value }), search = (value) => ({ kind: 'search', value });

for (const [text, want] of [
    ['https://youtu.be/x', [link('https://youtu.be/x')]],
    ['  HTTP://Example.org/a  ', [link('HTTP://Example.org/a')]],
    ['youtu.be/abc', [link('https://youtu.be/abc')]],
    ['www.example.org', [link('https://www.example.org')]],
    ['127.0.0.1/x', [search('127.0.0.1/x')]],
    ['artist.bandcamp.com/track/one', [link('https://artist.bandcamp.com/track/one')]],
    ['localhost.lan:8080/x', [link('https://localhost.lan:8080/x')]],
    ['spotify:track:4uLU6hMCjMI75M1A2tKUQC', [link('https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC')]],
    ['javascript:alert(1)', [link('javascript:alert(1)')]],
    ['file:///etc/passwd', [link('file:///etc/passwd')]],
    ['gopher://example.org/', [link('gopher://example.org/')]],
    ['Never Gonna Give You Up', [search('Never Gonna Give You Up')]],
    ['Mr.Brightside', [search('Mr.Brightside')]],
    ['will.i.am', [search('will.i.am')]],
    ['AC/DC', [search('AC/DC')]],
    ['Re:Stacks', [search('Re:Stacks')]],
    ['S.O.S/Remix', [search('S.O.S/Remix')]],
    ['-o', [search('-o')]],
    ['Data: the song', [search('Data: the song')]],
    ['listen: https://a.example/1 and https://b.example/2', [link('https://a.example/1'), link('https://b.example/2')]],
    ['a  song\t name\r\n\r\nhttps://a.example/\nA Song Name', [search('a song name'), link('https://a.example/')]],
    ['', []], [' \n\t', []],
]) test(`${JSON.stringify(text)} is read`, () => assert.deepEqual(readLines(text), want));

test('what is meant is said in one line', () => {
    assert.equal(words.meaning([search('a')]), 'Looks for: a');
    assert.equal(words.meaning([link('x'), search('a'), link('y')]), '2 links; looks for: a');
    assert.equal(words.meaning([link('x'), link('y')]), '2 links');
    assert.match(words.meaning([search('a'), search('b'), search('c'), search('d')]), /^Looks for: a; b; and 2 more$/);
});

test('a list is told in a few words', () => {
    const tally = (progress) => words.tally({ is_list: true, progress });
    assert.equal(tally({ total_items: 50, completed_items: 12, failed_items: 2, cached_items: 3 }), '12 of 50, 2 failed, 3 from cache');
    assert.equal(tally({ total_items: 5, completed_items: 0, failed_items: 0 }), '0 of 5');
    assert.equal(tally({ total_items: 0 }), '');
    assert.equal(words.tally({ is_list: false, progress: { total_items: 1, completed_items: 1 } }), '');
    assert.equal(words.nameOf({ title: null, search_query: 'a song', url: null }), '“a song”');
    assert.equal(words.scoreWhy({ title: 40, artist: 28, duration: 10, channel: 0, penalty: 20 }), 'title 40, artist 28, duration 10, channel 0, taken off 20');
});
