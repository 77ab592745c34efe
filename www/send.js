/*
 * send: a submission is one, however often it has to be sent: the same words have the same token until an answer has
 * come.
 */

import * as api from './api.js';

const REPEAT_MS = 700;
const tokens = new Map();       /* what was sent -> its token, while it is not known whether the server took it */

/* {job, existing} or, of many links, {jobs, errors}. session: whose it shall be; without one it is the library's. Once
 * more when nobody answered. Throws ApiError. */
export async function send(spec, session = null) {
    const words = JSON.stringify([spec, session]);
    if (!tokens.has(words)) tokens.set(words, api.newToken());
    const token = tokens.get(words);
    try {
        const answer = await api.submit(spec, token, session).catch(async (error) => {
            if (error.status !== 0) throw error;
            await new Promise((resolve) => setTimeout(resolve, REPEAT_MS));
            return api.submit(spec, token, session);
        });
        tokens.delete(words);
        return answer;
    } catch (error) {
        if (error.status !== 0 && error.status < 500) tokens.delete(words);
        throw error;
    }
}
