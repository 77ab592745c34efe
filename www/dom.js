/*
 * dom: the few verbs with which the page is written. Text enters as text only, and only when it differs:
 * a selection or a focus inside an untouched node survives every poll.
 */

export const $ = (id) => document.getElementById(id);

/* Clones a <template>; returns its first element and the nodes marked data-ref by name. */
export function clone(id) {
    const el = $(id).content.firstElementChild.cloneNode(true);
    const ref = {};
    if (el.dataset.ref) ref[el.dataset.ref] = el;
    for (const node of el.querySelectorAll('[data-ref]')) ref[node.dataset.ref] = node;
    return { el, ref };
}

export function text(node, value) {
    value = value === null || value === undefined ? '' : String(value);
    if (node.textContent !== value) node.textContent = value;
}

export function attr(node, name, value) {
    if (value === null || value === undefined || value === false) {
        if (node.hasAttribute(name)) node.removeAttribute(name);
    } else if (node.getAttribute(name) !== String(value)) {
        node.setAttribute(name, value);
    }
}

export function show(node, visible) {
    if (node.hidden === Boolean(visible)) node.hidden = !visible;
}

/* Shows an element with its text, or hides it when there is none. */
export function line(node, value) {
    text(node, value);
    show(node, Boolean(value));
}

export function cssVar(node, name, value) {
    if (node.style.getPropertyValue(name) !== String(value)) node.style.setProperty(name, value);
}

/* Makes `parent` hold exactly the nodes of `list` in that order. What leaves goes first, so that what stays is not
 * moved: a moved node loses focus and selection. */
export function order(parent, list) {
    const want = new Set(list);
    for (const node of [...parent.children]) if (!want.has(node)) node.remove();
    let at = parent.firstElementChild;
    for (const node of list) {
        if (node === at) at = at.nextElementSibling;
        else parent.insertBefore(node, at);
    }
}

/* Rows of a definition list by name: [[name, value], …]; a value may be a node. Empty values are left out. */
export function facts(dl, rows) {
    const have = new Map([...dl.children].map((el) => [el.dataset.name, el]));
    const want = [];
    for (const [name, value] of rows) {
        if (value === null || value === undefined || value === '') continue;
        let el = have.get(name);
        if (!el) {
            const made = clone('t-fact');
            el = made.el;
            el.dataset.name = name;
            text(made.ref.name, name);
        }
        const dd = el.lastElementChild;
        if (value instanceof Node) { if (dd.textContent !== value.textContent) dd.replaceChildren(value); }
        else text(dd, value);
        want.push(el);
    }
    order(dl, want);
}

/* A link out, if it is one that a browser may follow. */
export function outward(url) {
    let parsed;
    try { parsed = new URL(url); } catch { return document.createTextNode(url || ''); }
    if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') return document.createTextNode(url);
    const a = document.createElement('a');
    a.href = parsed.href;
    a.target = '_blank';
    a.rel = 'noopener noreferrer';
    a.textContent = url;
    return a;
}

/* Says something to those who listen instead of looking. */
export function say(sentence) {
    const region = $('say');
    region.textContent = '';
    requestAnimationFrame(() => { region.textContent = sentence; });
}

/* The clipboard API exists on https and localhost only; a VPS by plain address needs the old way. */
export async function copy(value) {
    try {
        await navigator.clipboard.writeText(value);
        return true;
    } catch { /* fall through */ }
    const box = document.createElement('textarea');
    const focused = document.activeElement;
    box.value = value;
    box.className = 'sr';
    box.readOnly = true;
    document.body.append(box);
    box.select();
    let done = false;
    try { done = document.execCommand('copy'); } catch { /* done stays false */ }
    box.remove();
    if (focused) focused.focus();
    return done;
}

export function copyButton(button, value) {
    const label = button.textContent;
    let timer;
    button.addEventListener('click', async () => {
        const done = await copy(value());
        text(button, done ? 'Copied' : 'Not allowed to copy');
        say(button.textContent);
        clearTimeout(timer);
        timer = setTimeout(() => text(button, label), 2000);
    });
}
