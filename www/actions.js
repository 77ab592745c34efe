/*
 * actions: what may be asked of a job in which state, and in which words. Pure. The server decides; this keeps the page
 * from offering what it would refuse.
 */

/* name -> {word on the button, what was done, icon, states in which it is permitted} */
export const ACTIONS = {
    retry: { word: 'Retry', done: 'retried', icon: '#i-retry', states: ['failed', 'cancelled'] },
    pause: { word: 'Pause', done: 'paused', icon: '#i-pause', states: ['queued', 'running'] },
    resume: { word: 'Resume', done: 'resumed', icon: '#i-play', states: ['paused'] },
    cancel: { word: 'Cancel', done: 'cancelled', icon: '#i-stop', states: ['queued', 'running', 'paused'] },
    delete: { word: 'Delete', done: 'deleted', icon: '#i-bin', states: null },
};

export const active = (job) => job.state === 'running' || job.state === 'queued';

/* Asked to pause or to end; its programs are still at it. */
export const stopping = (job) => Boolean(job.stopping);

export function permits(job, action) {
    if (action === 'pause' && stopping(job)) return false;
    if (action === 'retry' && job.status === 'completed_with_errors') return true;
    const { states } = ACTIONS[action];
    return states === null || states.includes(job.state);
}

/* Its place among those that wait can be changed. */
export const canMove = (job) => job.state === 'queued' || job.state === 'paused';
export const FRONT = 10, BACK = -10;
