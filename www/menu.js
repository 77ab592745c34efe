/*
 * menu: a button and its list of choices, as keyboards and screen readers know it (WAI-ARIA menu button). Arrows move,
 * Escape and Tab leave, a click elsewhere closes.
 */

import { attr, show } from './dom.js';

export function menu(button, list) {
    const items = () => [...list.children].filter((item) => !item.hidden);
    const isOpen = () => !list.hidden;

    function close(refocus) {
        if (!isOpen()) return;
        show(list, false);
        attr(button, 'aria-expanded', 'false');
        document.removeEventListener('pointerdown', outside);
        if (refocus) button.focus();
    }

    function outside(event) {
        if (!list.contains(event.target) && !button.contains(event.target)) close(false);
    }

    function open(last) {
        show(list, true);
        attr(button, 'aria-expanded', 'true');
        /* To the side where there is room. */
        attr(list, 'data-side', null);
        if (list.getBoundingClientRect().left < 4) attr(list, 'data-side', 'start');
        document.addEventListener('pointerdown', outside);
        items().at(last ? -1 : 0)?.focus();
    }

    button.addEventListener('click', () => (isOpen() ? close(true) : open(false)));
    button.addEventListener('keydown', (event) => {
        if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
        event.preventDefault();
        open(event.key === 'ArrowUp');
    });
    list.addEventListener('keydown', (event) => {
        const all = items(), at = all.indexOf(document.activeElement);
        const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
        if (to !== undefined) all.at(to % all.length).focus();
        else if (event.key === 'Escape') close(true);
        else if (event.key === 'Tab') return close(true);
        else return;
        event.preventDefault();
        event.stopPropagation();
    });
    list.addEventListener('click', (event) => { if (event.target.closest('button')) close(true); });
    list.addEventListener('focusout', (event) => { if (event.relatedTarget && !list.contains(event.relatedTarget) && event.relatedTarget !== button) close(false); });
}
