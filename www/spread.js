/*
 * spread: labels on a line, each as near to its mark as the others leave room for. Pure; pixels in, pixels out.
 */

/* items: [{at, width}], in any order; of two at the same place the earlier goes left. Centres in the order given, so that
 * no two are closer than `gap` and all are within 0 and `length` (if there is room for them). */
export function spread(items, length, gap) {
    const line = items.map((item, i) => ({ ...item, i })).sort((a, b) => a.at - b.at || a.i - b.i);
    if (!line.length) return [];
    /* Where each would be if the first were at 0 and all were as close as they may. */
    let room = 0;
    line.forEach((item, n) => {
        if (n) room += (line[n - 1].width + item.width) / 2 + gap;
        item.offset = room;
    });
    /* What would overlap stands together, its middle where the middle of its marks is. */
    const groups = [];
    for (const item of line) {
        let group = { sum: item.at - item.offset, count: 1 };
        while (groups.length && groups.at(-1).sum / groups.at(-1).count > group.sum / group.count) {
            const before = groups.pop();
            group = { sum: before.sum + group.sum, count: before.count + group.count };
        }
        groups.push(group);
    }
    const least = line[0].width / 2, most = Math.max(least, length - room - line.at(-1).width / 2);
    const starts = groups.flatMap(({ sum, count }) => Array(count).fill(Math.min(most, Math.max(least, sum / count))));
    const centres = [];
    line.forEach((item, n) => { centres[item.i] = starts[n] + item.offset; });
    return centres;
}
