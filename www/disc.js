/*
 * disc: records. Progress is a groove, cut from the rim inward along one spiral; the path has pathLength 100,
 * so that a percentage is a dash length.
 */

import { attr, cssVar } from './dom.js';

const FULL = 100;

/* A spiral of quarter arcs around (0,0) or, in a 64-unit box, around its centre. */
function spiral(turns, outer, inner, centre) {
    const steps = turns * 4, fall = (outer - inner) / steps;
    const at = (i) => {
        const r = outer - fall * i, a = Math.PI + (i * Math.PI) / 2;
        return `${(centre + r * Math.cos(a)).toFixed(2)} ${(centre + r * Math.sin(a)).toFixed(2)}`;
    };
    let d = `M${at(0)}`;
    for (let i = 1; i <= steps; i++) {
        const r = (outer - fall * (i - 0.5)).toFixed(2);
        d += `A${r} ${r} 0 0 1 ${at(i)}`;
    }
    return d;
}

const drawn = new Map();

/* Gives every path that asks for it (data-spiral="turns outer inner") its shape. */
export function drawSpirals(root) {
    for (const path of root.querySelectorAll('[data-spiral]')) {
        const key = path.dataset.spiral;
        if (!drawn.has(key)) {
            const [turns, outer, inner] = key.split(' ').map(Number);
            drawn.set(key, spiral(turns, outer, inner, outer > 32 ? 0 : 32));
        }
        path.setAttribute('d', drawn.get(key));
    }
}

/* tone: cut (amber, alive), done, failed, off. */
export function setDisc(disc, percent, tone) {
    const p = Math.max(0, Math.min(FULL, percent || 0));
    attr(disc, 'data-tone', tone);
    /* A dash of length 0 would still draw its cap. */
    cssVar(disc, '--cut', p === 0 ? '0 200' : `${p.toFixed(2)} 200`);
}

/* The lathe in the header follows one job; null parks the head. */
export function setLathe(lathe, percent) {
    const running = percent !== null;
    attr(lathe, 'data-running', running ? 'yes' : null);
    const p = running ? Math.max(0, Math.min(FULL, percent)) : 0;
    /* The spiral is even in radius, not in length: its outer turns are longer. Length share -> radius share. */
    const outer = 290, inner = 118, area = p / FULL * (outer * outer - inner * inner);
    const radius = Math.sqrt(outer * outer - area);
    cssVar(lathe, '--cut', p === 0 ? '0 200' : `${p.toFixed(2)} 200`);
    cssVar(lathe, '--head', running ? `${(-radius).toFixed(1)}px` : '-336px');
}
