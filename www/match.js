/*
 * match: what was taken for a song that was named, how well it fits, and what else was found. The reader may know
 * better: each of the others can be taken instead.
 */

import { attr, clone, line, order, outward, show, text } from './dom.js';
import { clock, plural, scoreWhy } from './words.js';

export class Match {
    /* host: an element of its own; take(url): submits that recording. Without take there is nothing to press. */
    constructor(host, take = null) {
        const { el, ref } = clone('t-match');
        this.host = host;
        this.ref = ref;
        this.take = take;
        this.made = [];
        this.asked = false;             /* whether a choice is asked for */
        this.instead = '';
        host.append(el);
        show(host, false);
    }

    /* track: {match, wanted, status}; of a preview too. */
    render({ match, wanted, status }) {
        const failed = status === 'failed', { ref } = this, list = match?.candidates || [];
        const visible = Boolean(match) && (match.url || list.length > 0);
        show(this.host, visible);
        if (!visible) return;
        const taken = list.find((candidate) => candidate.url === match.url);
        const others = list.filter((candidate) => candidate !== taken).sort((a, b) => b.score - a.score);
        const named = wanted?.query || [wanted?.artist, wanted?.title].filter(Boolean).join(' – ');
        text(ref.head, match.url ? 'Found by its name' : 'Found, but nothing fits well enough');
        line(ref.wanted, named && `Looked for: ${named}`);
        show(ref.takenLine, match.url);
        ref.taken.replaceChildren(outward(match.url));
        if (taken?.title) ref.taken.firstChild.textContent = taken.title;
        text(ref.by, [taken?.channel, clock(taken?.duration_seconds)].filter(Boolean).join(', '));
        text(ref.score, `${match.score} of 100`);
        attr(ref.score, 'title', [taken && scoreWhy(taken.parts), `${match.threshold} are needed`].filter(Boolean).join('; '));
        line(ref.needed, match.url ? '' : `${match.threshold} of 100 points are needed. You may know better:`);
        show(ref.others, others.length);
        text(ref.count, match.url ? plural(others.length, 'other result', 'other results') : plural(others.length, 'result', 'results'));
        /* Opened once for the reader, who may close it again. */
        const asks = failed || !match.url;
        if (asks && !this.asked) ref.others.open = true;
        this.asked = asks;
        this.instead = match.url ? ' instead' : '';
        order(ref.list, others.map((candidate, i) => this.candidate(candidate, i)));
    }

    candidate(candidate, i) {
        let made = this.made[i];
        if (!made) {
            made = clone('t-candidate');
            this.made[i] = made;
            made.ref.take.addEventListener('click', () => this.pick(made));
        }
        const { el, ref } = made;
        if (made.url !== candidate.url) {
            made.url = candidate.url;
            ref.title.replaceChildren(outward(candidate.url));
            ref.title.firstChild.textContent = candidate.title || candidate.url;
            line(ref.told, '');
        }
        text(ref.by, [candidate.channel, clock(candidate.duration_seconds)].filter(Boolean).join(', '));
        text(ref.score, candidate.score);
        attr(ref.score, 'title', scoreWhy(candidate.parts));
        text(ref.take, `Take this one${this.instead}`);
        attr(ref.take, 'aria-label', `Take this one${this.instead}: ${candidate.title || candidate.url}`);
        show(ref.take, this.take);
        return el;
    }

    /* To where one can choose. */
    focus() {
        const { ref } = this;
        if (this.host.hidden) return;
        ref.others.open = true;
        ref.head.focus({ preventScroll: true });
        ref.head.scrollIntoView({ block: 'nearest' });
    }

    async pick({ url, ref }) {
        if (ref.take.hasAttribute('aria-disabled')) return;
        attr(ref.take, 'aria-disabled', 'true');
        try {
            line(ref.told, await this.take(url));
        } catch (error) {
            line(ref.told, error.message);
        }
        attr(ref.take, 'aria-disabled', null);
    }
}
