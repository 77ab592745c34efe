/*
 * panel: a line with a summary above the list, and what is behind it on request. What nobody opened is asked for seldom,
 * and only so much of it as the line says.
 */

import { $, attr, line, say, show } from './dom.js';

export class Panel {
    /* name: of the elements NAME, NAME-toggle, NAME-body, NAME-problem. read(open): reads and shows; throws ApiError.
     * everyMs: how often while it is open; closedMs: while it is not. */
    constructor(name, { read, everyMs, closedMs }) {
        Object.assign(this, { name, everyMs, closedMs, readAt: 0, reading: false });
        this.ask = read;
        this.toggle = $(`${name}-toggle`);
        this.body = $(`${name}-body`);
        this.toggle.addEventListener('click', () => this.open(this.body.hidden));
    }

    get isOpen() {
        return !this.body.hidden;
    }

    open(wanted) {
        show(this.body, wanted);
        attr(this.toggle, 'aria-expanded', String(wanted));
        if (wanted) this.now();
    }

    /* Part of each round of the page; most rounds pass it by. That the server is away the list finds out by itself. */
    async poll() {
        if (Date.now() - this.readAt < (this.isOpen ? this.everyMs : this.closedMs)) return;
        try {
            await this.read();
        } catch (error) {
            if (error.status === undefined || error.status === 401) throw error;
        }
    }

    async read() {
        if (this.reading) return;
        this.reading = true;
        this.readAt = Date.now();
        try {
            await this.ask(this.isOpen);
            show($(this.name), true);
        } finally {
            this.reading = false;
        }
    }

    now() {
        return this.read().catch((error) => line($(`${this.name}-problem`), error.message));
    }

    /* Does it and reads again; what went wrong stands in the panel. True if it was done. */
    async change(work, news = '') {
        line($(`${this.name}-problem`), '');
        let done = true;
        try {
            await work();
            if (news) say(news);
        } catch (error) {
            line($(`${this.name}-problem`), error.fields?.map((field) => field.message).join('; ') || error.message);
            done = false;
        }
        await this.now();
        return done;
    }

    clear() {
        this.readAt = 0;
        this.open(false);
        show($(this.name), false);
    }
}
