/*
 * allow: what the whitelist refused comes with the entry that would allow it. One press adds it and tries again; what
 * was done is said where it was asked for, and can be taken back.
 */

import * as api from './api.js';
import { attr, clone, line, say, show, text } from './dom.js';

export class Allow {
    /* host: an element of its own, outside whatever the retry makes vanish. */
    constructor(host) {
        this.host = host;
        this.made = null;
        this.entry = null;          /* what was added */
        show(host, false);
    }

    /* offer: {platform, channel, name} of an error, or nothing. What was done stays to be read. */
    render(offer, retry) {
        if (!offer && !this.made) return;
        if (!this.made) this.make();
        const { ref } = this.made;
        this.retry = retry;
        if (offer && this.entry && offer.channel !== this.offer.channel) this.entry = null;
        if (offer && !this.entry) this.offer = offer;
        const asks = Boolean(offer) && !this.entry;
        text(ref.add, this.offer ? `Allow ${this.offer.name || this.offer.channel}` : '');
        attr(ref.add, 'title', this.offer && `${this.offer.platform}: ${this.offer.channel}`);
        const focused = document.activeElement === ref.add;
        show(ref.add, asks);
        if (focused && !asks) (ref.undo.hidden ? ref.told : ref.undo).focus();
        show(this.host, asks || !ref.told.hidden);
    }

    make() {
        this.made = clone('t-allow');
        const { el, ref } = this.made;
        ref.add.addEventListener('click', () => this.press(ref.add, () => this.add()));
        ref.undo.addEventListener('click', () => this.press(ref.undo, () => this.undo()));
        this.host.append(el);
    }

    async press(button, work) {
        if (button.hasAttribute('aria-disabled')) return;
        const { ref } = this.made;
        attr(button, 'aria-disabled', 'true');
        try {
            await work();
        } catch (error) {
            line(ref.told, error.message);
        }
        attr(button, 'aria-disabled', null);
        say(ref.told.textContent);
        show(this.host, true);
    }

    async add() {
        const { ref } = this.made, { offer } = this, name = offer.name || offer.channel;
        const { entry, existing } = await api.allow({ platform: offer.platform, channel: offer.channel, name, note: 'allowed from a refused job' });
        this.entry = entry;
        line(ref.told, `${name} is on the whitelist${existing ? ' already' : ' now'}.`);
        show(ref.undo, !existing);
        show(ref.add, false);
        (existing ? ref.told : ref.undo).focus();
        changed();
        /* What is on the whitelist stays there, whatever becomes of the retry. */
        const tried = await Promise.resolve(this.retry()).catch((error) => error.message);
        if (tried) line(ref.told, `${ref.told.textContent} ${tried}`);
    }

    async undo() {
        const { ref } = this.made, { entry } = this;
        try {
            await api.disallow(entry.id);
        } catch (error) {
            if (error.status !== 404) throw error;
        }
        this.entry = null;
        line(ref.told, `${entry.name || entry.channel} is off the whitelist again.`);
        ref.told.focus();
        show(ref.undo, false);
        changed();
    }
}

/* Who else shows the whitelist wants to know. */
let changed = () => {};
export const onAllowed = (fn) => { changed = fn; };
