/*
 * timeline: what happened to a job, when and why, as a line with one dot per event. The events of one attempt at one of
 * its tasks stand together.
 */

import { attr, clone, order, text } from './dom.js';
import { full, localTime, moment, sentence, span, STAGES } from './words.js';

/* event -> [word, tone]; tones: good, now, warn, bad, off, and none for what is neither. */
const WORDS = {
    submitted: ['Submitted', ''], started: ['Started', 'now'], resolved: ['Found', 'good'], repeated: ['Tried again at once', 'warn'],
    retrying: ['Failed for now', 'warn'], crashed: ['Crashed', 'bad'], put_back: ['Put back into the queue', 'warn'], stopped: ['Stopped', 'off'],
    paused: ['Paused', 'off'], resumed: ['Resumed', 'now'], cancelling: ['Cancelling', 'off'], cancelled: ['Cancelled', 'off'],
    retried: ['Asked to try again', 'now'], priority: ['Priority changed', ''], scheduled: ['Scheduled', ''], done: ['Done', 'good'], failed: ['Failed', 'bad'],
};
const TASKS = { resolve: 'Looking up the link', track: 'Making the track' };
const ISO = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

export class Timeline {
    constructor(host) {
        this.host = host;
        this.events = new Map();        /* seq -> made */
        this.attempts = new Map();      /* "task/attempt" -> made */
    }

    render(events) {
        const top = [], groups = new Map();
        let before = null;
        for (const event of events) {
            const el = this.event(event, before);
            before = event;
            /* What is of the job as a whole stands between the attempts. */
            if (!event.attempt) {
                top.push(el);
                continue;
            }
            const key = `${event.task}/${event.attempt}`;
            if (!groups.has(key)) {
                groups.set(key, []);
                top.push(this.attempt(key, event).el);
            }
            groups.get(key).push(el);
        }
        for (const [key, list] of groups) order(this.attempts.get(key).ref.events, list);
        order(this.host, top);
    }

    attempt(key, event) {
        let made = this.attempts.get(key);
        if (!made) {
            made = clone('t-attempt');
            this.attempts.set(key, made);
        }
        const name = TASKS[event.task] || sentence(event.task || 'work');
        text(made.ref.name, event.attempt > 1 ? `${name}, attempt ${event.attempt}` : name);
        return made;
    }

    event(event, before) {
        let made = this.events.get(event.seq);
        if (!made) {
            made = clone('t-event');
            this.events.set(event.seq, made);
        }
        const { el, ref } = made, known = Object.hasOwn(WORDS, event.event), [word, tone] = known ? WORDS[event.event] : [sentence(event.event), ''];
        const stage = STAGES.find((s) => s.name === event.stage)?.label || event.stage;
        text(ref.what, stage && event.event !== 'started' ? `${word} (${stage})` : word);
        text(ref.why, !event.detail ? '' : ISO.test(event.detail) ? `for ${localTime(event.detail)}` : full(event.detail));
        const since = before ? (Date.parse(event.at) - Date.parse(before.at)) / 1000 : 0;
        text(ref.at, localTime(event.at, Date.now(), true));
        attr(ref.at, 'datetime', event.at);
        attr(ref.at, 'title', [moment(event.at), event.at, since > 0 && `${span(since)} after the one before`].filter(Boolean).join('\n'));
        attr(el, 'data-tone', tone || null);
        attr(el, 'data-event', known ? event.event : null);
        return el;
    }
}
