/*
 * live: asks again and again, but no more than it is worth. Quick while something runs, slow when idle, not at all
 * while nobody looks; when the server is away, each attempt waits twice as long as the one before.
 */

const LONGEST_MS = 30000;

export class Live {
    /* ask(): one round; returns the milliseconds until the next. It throws ApiError.
     * onAway(error, inMs) after a round that failed; onBack() after the first that did not again;
     * onRefused(error) when the credential is not (or no longer) good: asking ends until start(). */
    constructor({ ask, onAway, onBack, onRefused }) {
        Object.assign(this, { ask, onAway, onBack, onRefused });
        this.timer = 0;
        this.failures = 0;
        this.asking = false;
        this.again = false;
        this.running = false;
        document.addEventListener('visibilitychange', () => {
            if (!this.running) return;
            if (document.hidden) clearTimeout(this.timer);
            else this.now();
        });
    }

    start() {
        this.running = true;
        this.failures = 0;
        return this.now();
    }

    stop() {
        this.running = false;
        clearTimeout(this.timer);
    }

    /* Asks at once; during a round, once more right after it. */
    async now() {
        clearTimeout(this.timer);
        if (this.asking) {
            this.again = true;
            return;
        }
        this.asking = true;
        let wait = null;
        try {
            wait = await this.ask();
            if (this.failures && this.running) {
                this.failures = 0;
                this.onBack();
            }
        } catch (error) {
            if (!this.running) { /* signed out meanwhile: nobody is waiting for this answer */ }
            else if (error.status === 401) {
                this.stop();
                this.onRefused(error);
            } else {
                if (error.status === undefined) reportError(error);     /* a mistake of ours, not of the server */
                wait = Math.max(Math.min(LONGEST_MS, 1000 * 2 ** this.failures), (error.retryAfter || 0) * 1000);
                this.failures++;
                this.onAway(error, wait);
            }
        }
        this.asking = false;
        if (!this.running) return;
        if (this.again) {
            this.again = false;
            this.now();
        } else if (!document.hidden) {
            this.timer = setTimeout(() => this.now(), wait);
        }
    }
}
