/* Where labels on a line go; the pure function of www/spread.js. */

import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import test from 'node:test';

/* Node 18 would take a .js file outside a package for CommonJS. */
const source = await fs.readFile(new URL('../../www/spread.js', import.meta.url));
const { spread } = await import(`data:text/javascript;base64,${source.toString('base64')}`);

const of = (...places) => places.map(([at, width]) => ({ at, width }));

test('labels that have room stand above their marks', () => {
    assert.deepEqual(spread(of([50, 20], [100, 20], [200, 30]), 300, 6), [50, 100, 200]);
    assert.deepEqual(spread([], 300, 6), []);
});

test('labels of marks that are near each other stand side by side, their middle where that of the marks is', () => {
    assert.deepEqual(spread(of([100, 20], [100, 20]), 300, 6), [87, 113]);
    assert.deepEqual(spread(of([104, 20], [100, 20]), 300, 6), [115, 89]);
    assert.deepEqual(spread(of([100, 20], [101, 20], [102, 20]), 300, 6), [75, 101, 127]);
    assert.deepEqual(spread(of([100, 20], [104, 20], [250, 20]), 300, 6), [89, 115, 250]);
});

test('labels stay within the line', () => {
    assert.deepEqual(spread(of([0, 20], [300, 40]), 300, 6), [10, 280]);
    assert.deepEqual(spread(of([300, 20], [300, 20]), 300, 6), [264, 290]);
    assert.deepEqual(spread(of([0, 20], [0, 20], [1, 20]), 300, 6), [10, 36, 62]);
});

test('whatever the marks, no two labels touch', () => {
    for (let a = 0; a <= 300; a += 20) {
        for (let b = 0; b <= 300; b += 20) {
            for (let c = 0; c <= 300; c += 20) {
                const widths = [14, 22, 31], centres = spread([a, b, c].map((at, i) => ({ at, width: widths[i] })), 300, 6);
                const sorted = centres.map((centre, i) => ({ centre, width: widths[i] })).sort((x, y) => x.centre - y.centre);
                sorted.forEach((one, i) => {
                    assert.ok(one.centre - one.width / 2 >= -1e-9 && one.centre + one.width / 2 <= 300 + 1e-9, `${[a, b, c]} within`);
                    if (i) assert.ok(one.centre - sorted[i - 1].centre >= (one.width + sorted[i - 1].width) / 2 + 6 - 1e-9, `${[a, b, c]} apart`);
                });
            }
        }
    }
});
